//! Every page of a server that has something of each kind, and those of a server that has nothing yet: dark
//! and light, on a desk and on a phone, accessible, and nothing too wide or broken.

use butler_fixtures::{Piece, Server, Stage, age};

use super::browser::Browser;
use super::{kept, long_film, open, sign_in, signed_in, small_film, stage, states, with_films};
use crate::pictures::picture;

/// A show, an album and photos beside the films.
fn add_other_kinds(stage: &Stage, server: &Server) {
    for episode in 1..=3 {
        stage.add_episode("Parts", 1, episode, "Part", &small_film(10 + episode).1).unwrap();
    }
    for (number, piece) in (1..).zip(Piece::ALL.into_iter().take(3)) {
        let title = format!("Track {number}");
        let path = stage.folders.track("Nena", "99", number, &title, "flac").unwrap();
        let track = number.to_string();
        let tags = [("title", &*title), ("artist", "Nena"), ("album", "99"), ("track", &*track)];
        piece.make(&path, number, 12, &tags, &[]).unwrap();
        age(&path).unwrap();
    }
    picture(&stage.folders.music().join("Nena/99/cover.jpg"), 300, 300);
    picture(&stage.folders.photos().join("2024/a.jpg"), 640, 480);
    picture(&stage.folders.movies().join("Film 03 (2003)/poster.jpg"), 400, 600);
    for (kind, name, folder) in [
        ("show", "Shows", stage.folders.shows()),
        ("artist", "Music", stage.folders.music()),
        ("photo", "Photos", stage.folders.photos()),
    ] {
        server.add_section(kind, name, &folder).unwrap();
    }
}

/// Every page with something on it, by a name for its picture.
fn all_pages(server: &Server, stage: &Stage) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = [
        ("tonight", "/"),
        ("tasks", "/tasks"),
        ("task", "/tasks/GenerateMediaIndexFiles"),
        ("dry-run", "/tasks/BackupDatabase/plan"),
        ("dry-run-media", "/tasks/LoudnessAnalysis/plan"),
        ("runs", "/runs"),
        ("night", "/runs?night=2026-11-23"),
        ("run", "/runs/1"),
        ("failures", "/failures"),
        ("library", "/sections"),
        ("add", "/sections/add"),
        ("settings", "/settings"),
        ("health", "/health"),
        ("lost", "/nowhere"),
    ]
    .map(|(name, path)| (name.to_owned(), path.to_owned()))
    .into();
    let folder = stage.folders.movies().display().to_string();
    pages.push(("add-folder".to_owned(), format!("/sections/add?folder={folder}")));
    pages.push(("add-look".to_owned(), format!("/sections/add?folder={folder}&look=1")));
    for section in 1..=4 {
        pages.push((format!("section-{section}"), format!("/sections/{section}")));
    }
    // The newest item of each kind; of films one with a poster.
    for (kind, number) in [
        ("movie", 1),
        ("show", 2),
        ("season", 3),
        ("episode", 4),
        ("artist", 8),
        ("album", 9),
        ("track", 10),
        ("photo", 13),
    ] {
        let found = server.get_json(&format!("/library/all?type={number}")).unwrap();
        let items = found["MediaContainer"]["Metadata"].as_array().unwrap();
        let item = items.iter().find(|item| item["title"] == "Film 03").unwrap_or(&items[0]);
        pages.push((kind.to_owned(), format!("/items/{}", item["ratingKey"].as_str().unwrap())));
    }
    pages
}

/// What is wrong with the page that is shown; a picture of it is kept.
fn look_at(browser: &mut Browser, name: &str, on: &str) -> Vec<String> {
    browser
        .until("its pictures are there", "[...document.images].every(i => i.complete || !i.offsetParent)")
        .unwrap();
    browser.picture(&kept().join(format!("{name}-{on}.png"))).unwrap();
    // Where `./test` puts it.
    let axe_core = kept().join("../../browser-tools/node_modules/axe-core/axe.min.js");
    let axe = browser.axe(&axe_core).unwrap();
    axe.into_iter().chain(states::unfit(browser)).map(|found| format!("{name} on a {on}: {found}")).collect()
}

/// Does something for a desk and a phone, light and dark.
fn everywhere(browser: &mut Browser, mut look: impl FnMut(&mut Browser, &str)) {
    for (width, height, is_phone, on) in [(1280, 900, false, "desk"), (390, 844, true, "phone")] {
        browser.size(width, height, is_phone).unwrap();
        for (is_dark, light) in [(false, "light"), (true, "dark")] {
            browser.dark(is_dark).unwrap();
            look(browser, &format!("{on}-{light}"));
        }
    }
}

#[test]
fn every_page_is_accessible_and_fits_dark_and_light_on_a_desk_and_on_a_phone() {
    let stage = stage();
    let server = with_films(&stage, &[long_film(1), long_film(2), small_film(3), small_film(4)]);
    add_other_kinds(&stage, &server);
    for task in [
        "RefreshLibraries",
        "BackupDatabase",
        "GenerateMediaIndexFiles",
        "DeepMediaAnalysis",
        "ButlerTaskGenerateVoiceActivity",
        "MusicAnalysis",
        "GenerateBlurHashes",
    ] {
        server.run_task(task).unwrap();
    }
    let pages = all_pages(&server, &stage);
    let mut browser = signed_in(&server);
    let mut wrong = Vec::new();
    everywhere(&mut browser, |browser, on| {
        for (name, path) in &pages {
            open(&server, browser, path);
            wrong.extend(look_at(browser, name, on));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn first_steps_work_that_goes_on_and_work_that_is_held_are_accessible_and_fit() {
    let stage = stage();
    let films: Vec<_> = (1..=8).map(long_film).collect();
    stage.add_movies(&films).unwrap();
    let server = stage.server().unwrap();
    let mut browser = Browser::start().unwrap();
    let mut wrong = Vec::new();
    everywhere(&mut browser, |browser, on| {
        open(&server, browser, "/sign-in");
        wrong.extend(look_at(browser, "sign-in", on));
    });
    sign_in(&server, &mut browser);
    everywhere(&mut browser, |browser, on| {
        for (name, path) in [("first-run", "/"), ("first-library", "/sections"), ("first-runs", "/runs")] {
            open(&server, browser, path);
            wrong.extend(look_at(browser, name, on));
        }
    });
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    server.run_task("RefreshLibraries").unwrap();
    server.start_task("GenerateMediaIndexFiles").unwrap();
    open(&server, &mut browser, "/");
    browser.until("the run is shown", "document.querySelector('.work progress')").unwrap();
    wrong.extend(look_at(&mut browser, "at-work", "phone-dark"));
    server.butler(&["pause", "--for", "30m", "--note", "while the children watch"]).unwrap();
    everywhere(&mut browser, |browser, on| {
        open(&server, browser, "/");
        browser.until("it is held", "document.querySelector('.work.held')").unwrap();
        // What is held has no pace that would run down.
        let shown = browser.evaluate("document.querySelector('.work.held').innerText").unwrap();
        assert!(!shown.as_str().unwrap().contains("/min"), "{shown}");
        wrong.extend(look_at(browser, "held", on));
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
