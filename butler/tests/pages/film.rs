//! An item's page: what was made of a film stands on one time axis, whichever lane it is in; and what is
//! missing says when it will come.

use butler_fixtures::{Codec, Container, Film, Sound};

use super::{open, signed_in, small_film, stage, with_films};

/// Both ends of what a selector finds, pixels from the left: `[[left, right], ...]`.
fn ends(selector: &str) -> String {
    format!(
        "[...document.querySelectorAll('{selector}')].map(e => e.getBoundingClientRect()) \
         .map(b => [Math.round(b.left), Math.round(b.right)])"
    )
}

#[test]
fn pictures_curves_speech_and_chapters_stand_on_one_time_axis() {
    let stage = stage();
    let film =
        Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(45).sound(Sound::Aac).chapters(3);
    let server = with_films(&stage, &[("Parts (1999)".to_owned(), film)]);
    for task in [
        "GenerateMediaIndexFiles",
        "DeepMediaAnalysis",
        "LoudnessAnalysis",
        "ButlerTaskGenerateVoiceActivity",
    ] {
        server.run_task(task).unwrap();
    }
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/sections/1");
    browser
        .evaluate(
            "[...document.querySelectorAll('#items a')].find(a => a.innerText.includes('Parts')).click()",
        )
        .unwrap();
    browser.until("the strip is there", "document.querySelector('.strip img')?.naturalWidth > 0").unwrap();
    for (width, is_phone) in [(1280, false), (390, true)] {
        browser.size(width, 900, is_phone).unwrap();
        let lanes = browser.evaluate(&ends(".film .lane > :last-child")).unwrap();
        let lanes = lanes.as_array().unwrap();
        // Pictures, data, loudness, speech, chapters and the names of moments.
        assert_eq!(lanes.len(), 6, "{lanes:?}");
        assert!(lanes.iter().all(|lane| *lane == lanes[0]), "on {width}: {lanes:?}");
        let (left, right) = (lanes[0][0].as_f64().unwrap(), lanes[0][1].as_f64().unwrap());
        let at = |ms: f64, lasts: f64| left + ms / lasts * (right - left);
        let lasts: f64 = browser
            .evaluate("Number(document.querySelector('.film').dataset.film)")
            .unwrap()
            .as_f64()
            .unwrap();
        // The second picture is of the tenth second, and the second chapter begins with the fifteenth.
        for (what, selector, ms) in
            [("a picture", ".strip img", 10_000.0), ("a chapter", ".thin .chapter", 15_000.0)]
        {
            let found = browser.evaluate(&ends(selector)).unwrap()[1][0].as_f64().unwrap();
            assert!((found - at(ms, lasts)).abs() < 3.0, "{what} on {width}: {found} for {}", at(ms, lasts));
        }
    }
    // A line goes through all of it, from the hand over any lane.
    browser.size(1280, 900, false).unwrap();
    browser.hover(".film .lane:nth-child(3) svg", 0.5).unwrap();
    browser.until("the line is there", "document.querySelector('.scrub-line')").unwrap();
    let is_whole = "(() => { const film = document.querySelector('.film').getBoundingClientRect(), \
                    line = document.querySelector('.scrub-line').getBoundingClientRect(); \
                    return line.top <= film.top + 1 && line.bottom >= film.bottom - 1; })()";
    assert_eq!(browser.evaluate(is_whole).unwrap(), true);
    browser
        .until("a large picture is shown", "document.querySelector('.scrub-big img')?.naturalWidth > 0")
        .unwrap();
}

#[test]
fn an_upright_films_strip_is_filled() {
    let stage = stage();
    let film = Film::new(Codec::H264, Container::Mp4).size(640, 360).seconds(40).rotation(90);
    let server = with_films(&stage, &[("Upright (2020)".to_owned(), film)]);
    server.run_task("GenerateMediaIndexFiles").unwrap();
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/items/2");
    browser
        .until("its pictures are there", "document.querySelector('.strip img')?.naturalWidth > 0")
        .unwrap();
    let drawn = browser
        .evaluate(
            "(() => { const i = document.querySelector('.strip img'), b = i.getBoundingClientRect(); \
             return [i.naturalWidth < i.naturalHeight, getComputedStyle(i).objectFit, b.height <= 141]; })()",
        )
        .unwrap();
    assert_eq!(drawn, serde_json::json!([true, "cover", true]));
}

#[test]
fn a_broken_files_products_wait_for_it_and_those_to_be_made_anew_are_told_apart() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    server.run_task("GenerateMediaIndexFiles").unwrap();
    let mut browser = signed_in(&server);
    let open_item = |browser: &mut super::Browser, title: &str| {
        open(&server, browser, "/sections/1");
        browser
            .evaluate(&format!(
                "[...document.querySelectorAll('#items a')].find(a => a.innerText.includes('{title}')).click()"
            ))
            .unwrap();
        browser.until("its page is there", "location.pathname.startsWith('/items/')").unwrap();
        browser.until("it is whole", "document.querySelector('#open')").unwrap();
    };
    open_item(&mut browser, "Broken");
    browser.until_shown("its headers could not be read").unwrap();
    let told = browser.evaluate("document.querySelector('#open').innerText").unwrap();
    assert!(!told.as_str().unwrap().contains("with the next run of its task"), "{told}");
    open_item(&mut browser, "Film 01");
    browser.click("main details.menu summary").unwrap();
    browser.click("form[action$='/remake'] button").unwrap();
    browser.until_shown("Until then what is there serves.").unwrap();
    browser.until_shown("To be made anew").unwrap();
    let missing = "document.querySelector('#open ul').innerText";
    assert_eq!(browser.evaluate(&format!("{missing}.includes('preview thumbnails')")).unwrap(), false);
}

#[test]
fn a_task_names_its_failures_with_file_reason_and_retry() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/tasks/RefreshLibraries");
    browser.until_shown("Broken (2000).mkv").unwrap();
    browser.click("#failures button").unwrap();
    browser.until_shown("is tried again").unwrap();
    // And another has none of its own.
    open(&server, &mut browser, "/failures?task=BackupDatabase");
    browser.until_shown("What could not be made by Backup Database").unwrap();
    browser.until_shown("Everything that was tried could be made.").unwrap();
    open(&server, &mut browser, "/failures?task=RefreshLibraries");
    browser.until_shown("Broken (2000).mkv").unwrap();
}
