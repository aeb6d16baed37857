//! What was: last night told alike everywhere, a season of nights on one page, and moments in the viewer's
//! zone.

use butler_fixtures::{Server, Stage};
use jiff::civil::date;

use super::browser::Browser;
use super::{open, season, sign_in, signed_in, small_film, stage};

const TASKS: [&str; 5] = [
    "RefreshLibraries",
    "GenerateMediaIndexFiles",
    "DeepMediaAnalysis",
    "GenerateChapterThumbs",
    "BackupDatabase",
];

/// A server where it is noon in `zone`, after so many nights.
fn after(stage: &Stage, nights: i64, zone: &str) -> Server {
    let tasks = TASKS.map(ToString::to_string);
    season::write(&stage.data_dir(), &tasks, nights, date(2026, 11, 23), zone).unwrap();
    let noon = date(2026, 11, 23).at(12, 0, 0, 0).in_tz(zone).unwrap().timestamp();
    let server = stage.server_at(&noon.to_string(), zone).unwrap();
    std::fs::create_dir_all(stage.folders.movies()).unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    server
}

#[test]
fn page_api_and_command_line_tell_last_night_in_one_sentence() {
    let stage = stage();
    stage.add_movies(&[small_film(1)]).unwrap();
    let server = after(&stage, 41, "Europe/Berlin");
    let told = server.get_json("/api/v1/nights/last").unwrap()["sentence"].as_str().unwrap().to_owned();
    assert!(
        told.starts_with("Last night: 4 of 5 tasks done by 0") && told.contains("1 task failed"),
        "{told}"
    );
    let printed = String::from_utf8(server.butler(&["night"]).unwrap().stdout).unwrap();
    assert_eq!(printed.trim(), told);
    let mut browser = Browser::start().unwrap();
    browser.zone("Europe/Berlin").unwrap();
    sign_in(&server, &mut browser);
    assert_eq!(browser.evaluate("document.querySelector('h1').innerText").unwrap(), told.as_str());
    // And each of the nights before it leads to its runs.
    let squares = browser.evaluate("document.querySelectorAll('.nights a').length").unwrap();
    assert_eq!(squares, 30);
    browser.click(".nights li:last-child a").unwrap();
    browser.until("its runs are there", "location.search === '?night=2026-11-23'").unwrap();
    browser.until_shown("5 runs like this").unwrap();
    // What a person starts by day is no run of the night; and from it one comes to the night before.
    server.butler(&["start", "BackupDatabase", "--force", "--wait"]).unwrap();
    open(&server, &mut browser, "/runs?night=2026-11-23");
    browser.until_shown("5 runs like this").unwrap();
    let of_night = server.get_json("/api/v1/runs?night=2026-11-23").unwrap();
    assert_eq!(of_night["total"], 5, "{of_night:#}");
    browser.click("main .row .buttons a").unwrap();
    browser.until("the night before", "location.search === '?night=2026-11-22'").unwrap();
    // The whole strip is one stop of the tab key.
    open(&server, &mut browser, "/");
    let stops = "[...document.querySelectorAll('.nights a')].filter(a => a.tabIndex === 0).length";
    assert_eq!(browser.evaluate(stops).unwrap(), 1);
}

#[test]
fn by_day_what_ran_last_night_is_drawn_beside_what_is_planned() {
    let stage = stage();
    stage.add_movies(&[small_film(1)]).unwrap();
    let server = after(&stage, 3, "Europe/Berlin");
    let mut browser = Browser::start().unwrap();
    browser.zone("Europe/Berlin").unwrap();
    sign_in(&server, &mut browser);
    browser.until_shown("Last night, 02:00 to 05:00").unwrap();
    browser.until_shown("The next night, tomorrow 02:00 to 05:00").unwrap();
    let ran = "document.querySelectorAll('#night rect.done[x]').length";
    assert!(browser.evaluate(ran).unwrap().as_u64().unwrap() >= 4);
    let beside =
        browser.evaluate("[...document.querySelectorAll('#night .told')].map(t => t.textContent)").unwrap();
    assert!(
        beside.as_array().unwrap().iter().any(|label| label.as_str().unwrap().ends_with(" s")),
        "{beside}"
    );
    // The next time of what is not daily is a night, not a riddle.
    open(&server, &mut browser, "/tasks");
    let next = "[...document.querySelectorAll('#tasks td[data-label=Next]')].map(t => t.innerText)";
    let next = browser.evaluate(next).unwrap();
    assert!(!next.as_array().unwrap().iter().any(|next| next == "when it is due"), "{next}");
    // One clock, so nothing is to be said of zones.
    let foot = browser.evaluate("document.querySelector('footer').innerText").unwrap();
    assert!(foot.as_str().unwrap().starts_with("It is 12:"), "{foot}");
}

#[test]
fn zones_of_two_names_and_one_clock_are_one() {
    let stage = stage();
    let server = after(&stage, 1, "Asia/Kolkata");
    let mut browser = Browser::start().unwrap();
    browser.zone("Asia/Calcutta").unwrap();
    sign_in(&server, &mut browser);
    browser
        .until("nothing is said", "document.querySelector('footer').innerText.startsWith('It is 12:')")
        .unwrap();
    for (zone, is_told) in [("Asia/Colombo", false), ("Asia/Kathmandu", true)] {
        browser.zone(zone).unwrap();
        open(&server, &mut browser, "/tasks");
        let told =
            browser.evaluate("document.querySelector('footer').innerText.includes('Times are those of')");
        assert_eq!(told.unwrap(), is_told, "{zone}");
    }
}

#[test]
fn a_season_of_a_task_is_read_under_a_hand_by_keys_and_as_a_table() {
    let stage = stage();
    stage.add_movies(&[small_film(1)]).unwrap();
    let server = after(&stage, 300, "Europe/Berlin");
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/tasks/BackupDatabase");
    let words = "document.querySelector('.bars-words').innerText";
    assert_eq!(browser.evaluate(words).unwrap(), "300 nights, the newest on the right.");
    let rows = browser.evaluate("document.querySelectorAll('#chart tbody tr').length").unwrap();
    assert_eq!(rows, 300);
    browser.hover(".bars svg", 0.9999).unwrap();
    browser.until("the last night is told", &format!("{words}.startsWith('Mon 23 Nov · ')")).unwrap();
    browser.hover("h1", 0.5).unwrap();
    browser.evaluate("document.querySelector('.bars').focus()").unwrap();
    browser.press("ArrowLeft").unwrap();
    browser.until("the night before is told", &format!("{words}.startsWith('Sun 22 Nov')")).unwrap();
    let size = browser.evaluate("fetch(location.href).then(a => a.text()).then(t => t.length)").unwrap();
    assert!(size.as_u64().unwrap() < 60_000, "{size} bytes");
}

#[test]
fn moments_are_the_viewers_everywhere_and_the_servers_clock_stays_its_own() {
    let stage = stage();
    stage.add_movies(&[small_film(1)]).unwrap();
    let server = after(&stage, 3, "Asia/Tokyo");
    let mut browser = Browser::start().unwrap();
    // It is three at night there, and the next window opens at 17:00, which is two in the night in Tokyo.
    browser.zone("Europe/London").unwrap();
    sign_in(&server, &mut browser);
    browser.until_shown("Times are those of Europe/London; the server's are those of Asia/Tokyo").unwrap();
    let holds = |browser: &mut Browser, what: &str, expression: &str| {
        assert_eq!(browser.evaluate(expression).unwrap(), true, "{what}");
    };
    holds(&mut browser, "its clock", "/^12:\\d\\d$/.test(document.querySelector('#clock').innerText)");
    holds(
        &mut browser,
        "the window",
        "[...document.querySelectorAll('#night h2')].at(-1).innerText.includes('today 17:00 to 20:00')",
    );
    holds(
        &mut browser,
        "a bar",
        "/17:\\d\\d/.test(document.querySelector('#night svg[role=img]').getAttribute('aria-label'))",
    );
    holds(
        &mut browser,
        "last night's end",
        "/done by 17:\\d\\d/.test(document.querySelector('h1').innerText)",
    );
    open(&server, &mut browser, "/tasks");
    holds(&mut browser, "the tasks", "document.body.innerText.includes('today 17:00')");
    holds(&mut browser, "no other day", "!document.body.innerText.includes('tomorrow')");
    // Without a script all of it is the server's, by one rule too.
    browser.scripts(false).unwrap();
    open(&server, &mut browser, "/");
    browser.until_shown("The next night, tomorrow 02:00 to 05:00").unwrap();
    browser.until_shown("Times are those of Asia/Tokyo, where it is 12:").unwrap();
}
