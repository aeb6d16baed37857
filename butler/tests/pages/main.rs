//! The pages in a real browser, over the real server with its real workers: what a person does with a mouse,
//! by keyboard, on a phone, without a script, and with another server behind it.
//!
//! Pictures of every page, dark and light, on a desk and on a phone, are kept in `target/tmp/pages`.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod answers;
mod browser;
mod everywhere;
mod film;
mod nights;
mod pictures;
mod proxy;
mod season;
mod settings;
mod states;

use std::path::{Path, PathBuf};

use butler_fixtures::{Codec, Container, Film, Picture, Server, Stage};

use browser::Browser;

fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A film that takes a worker a while.
fn long_film(number: u32) -> (String, Film) {
    let film = Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(10).repeats(90).seed(number);
    (format!("Long {number:02} ({})", 1950 + number), film)
}

fn small_film(number: u32) -> (String, Film) {
    let film = Film::new(Codec::H264, Container::Mkv).picture(Picture::TestCard).seconds(24).seed(number);
    (format!("Film {number:02} ({})", 2000 + number), film)
}

/// A server whose films are scanned, and one file that is none.
fn with_films(stage: &Stage, films: &[(String, Film)]) -> Server {
    stage.add_movies(films).unwrap();
    stage.folders.add_bytes("Movies/Broken (2000)/Broken (2000).mkv", b"this is no film").unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    server.run_task("RefreshLibraries").unwrap();
    server
}

/// A browser that is signed in by the address that `butler page` prints.
fn signed_in(server: &Server) -> Browser {
    let mut browser = Browser::start().unwrap();
    sign_in(server, &mut browser);
    browser
}

fn sign_in(server: &Server, browser: &mut Browser) {
    let printed = server.butler(&["page"]).unwrap();
    let address = String::from_utf8(printed.stdout).unwrap();
    assert!(!address.contains(server.token()), "the token itself is in the address");
    browser.open(address.trim()).unwrap();
    browser
        .until("the first page is there", "document.querySelector('nav') && location.pathname === '/'")
        .unwrap();
}

fn open(server: &Server, browser: &mut Browser, path: &str) {
    browser.open(&format!("{}{path}", server.url())).unwrap();
}

#[test]
fn a_task_is_started_watched_held_and_stopped_without_a_page_being_loaded_again() {
    let stage = stage();
    // So many that the run is still at work when the browser has come to its last click.
    let films: Vec<_> = (1..=12).map(long_film).collect();
    let server = with_films(&stage, &films);
    let mut browser = signed_in(&server);
    // What a page that is loaded again would forget.
    browser.evaluate("window.stays = true").unwrap();
    browser.until_shown("Nothing runs, and nothing waits.").unwrap();
    server.start_task("GenerateMediaIndexFiles").unwrap();
    browser.until("the run is shown", "document.querySelector('.work progress')").unwrap();
    browser.click("header summary").unwrap();
    browser.click("header .menu button[value='30m']").unwrap();
    browser.until_shown("Go on now").unwrap();
    browser.until("the run is held", "document.querySelector('.work.held')").unwrap();
    assert_eq!(server.get_json("/api/v1/pauses").unwrap()["pauses"][0]["owner"], "person");
    browser.click("#held button").unwrap();
    browser.until("nothing is held", "!document.querySelector('#held button')").unwrap();
    browser.until("the run works again", "document.querySelector('.work:not(.held) button')").unwrap();
    browser.click(".work button").unwrap();
    browser.until_shown("Nothing runs, and nothing waits.").unwrap();
    let run = server.get_json("/api/v1/runs?task=GenerateMediaIndexFiles").unwrap()["runs"][0].clone();
    assert_eq!(run["state"], "stopped");
    assert_eq!(browser.evaluate("window.stays").unwrap(), true, "the page was loaded again");
}

#[test]
fn progress_moves_by_itself() {
    let stage = stage();
    let films: Vec<_> = (1..=12).map(small_film).collect();
    let server = with_films(&stage, &films);
    let mut browser = signed_in(&server);
    browser.evaluate("window.stays = true").unwrap();
    server.butler(&["start", "GenerateMediaIndexFiles"]).unwrap();
    browser
        .until(
            "it is told as done",
            "document.querySelector('#now .lines')?.innerText.match(/preview|thumbnail|index/i)",
        )
        .unwrap();
    let run = server.get_json("/api/v1/runs?task=GenerateMediaIndexFiles").unwrap()["runs"][0].clone();
    assert_eq!(run["state"], "completed");
    assert_eq!(browser.evaluate("window.stays").unwrap(), true, "the page was loaded again");
    // And what was made is there to be scrubbed.
    open(&server, &mut browser, "/sections");
    browser.click("#sections a.strong").unwrap();
    browser.until_shown("Film 01").unwrap();
    browser
        .evaluate(
            "[...document.querySelectorAll('#items a')].find(a => a.innerText.includes('Film 01')).click()",
        )
        .unwrap();
    browser.until("the strip is there", "document.querySelector('.strip img')?.naturalWidth > 0").unwrap();
    browser.hover(".strip", 0.5).unwrap();
    browser
        .until("a large picture is shown", "document.querySelector('.scrub-big img')?.naturalWidth > 0")
        .unwrap();
    let at = "document.querySelector('.strip').getAttribute('aria-valuenow')";
    let before = browser.evaluate(at).unwrap();
    browser.evaluate("document.querySelector('.strip').focus()").unwrap();
    browser.hover("h1", 0.5).unwrap();
    browser.press("ArrowRight").unwrap();
    browser.until("the key moved it", &format!("{at} !== {before}")).unwrap();
}

#[test]
fn a_lost_server_is_found_again() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let mut browser = signed_in(&server);
    browser.evaluate("window.stays = true").unwrap();
    browser.until("the page listens", "document.getElementById('lost').hidden").unwrap();
    let mut seen = Ok(());
    let server = server
        .restarted(|| {
            seen = browser.until("the loss is told", "!document.getElementById('lost').hidden");
            Ok(())
        })
        .unwrap();
    seen.unwrap();
    browser.until("it is found again", "document.getElementById('lost').hidden").unwrap();
    // The session outlived the restart, and the page is as live as before.
    server.butler(&["pause", "--for", "30m"]).unwrap();
    browser.until_shown("Go on now").unwrap();
    assert_eq!(browser.evaluate("window.stays").unwrap(), true, "the page was loaded again");
}

#[test]
fn the_hours_are_changed_and_a_failure_is_found_and_retried() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/settings");
    browser.evaluate("document.querySelector('input[name=from]').value = '23:30'").unwrap();
    browser.click("form.hours button").unwrap();
    browser.until_shown("The hours are changed.").unwrap();
    assert_eq!(server.get_json("/api/v1/settings/ButlerStartHour").unwrap()["value"], 23);
    // A switch is turned as on the page of tasks.
    browser.click("#set-ButlerTaskBackupDatabase").unwrap();
    browser
        .until("it is marked as changed", "document.querySelector('#ButlerTaskBackupDatabase .changed')")
        .unwrap();
    assert_eq!(server.get_json("/api/v1/settings/ButlerTaskBackupDatabase").unwrap()["value"], false);
    browser.click("#ButlerTaskBackupDatabase button[name=reset]").unwrap();
    browser.until("it is reset", "!document.querySelector('#ButlerTaskBackupDatabase .changed')").unwrap();
    open(&server, &mut browser, "/");
    browser.click("aside a[href='/failures']").unwrap();
    browser.until_shown("Broken (2000).mkv").unwrap();
    browser.click("#failures button").unwrap();
    browser.until_shown("is tried again").unwrap();
    browser.until_shown("as you asked").unwrap();
}

#[test]
fn a_library_is_added_from_the_first_page_and_a_dry_run_shows_its_plan() {
    let stage = stage();
    stage.add_movies(&[small_film(1)]).unwrap();
    let server = stage.server().unwrap();
    let mut browser = signed_in(&server);
    browser.click("#headline a.main").unwrap();
    browser.until_shown("Add a library").unwrap();
    browser.click("input[name=folder]").unwrap();
    browser.write(&stage.folders.movies().display().to_string()).unwrap();
    browser.press("Enter").unwrap();
    browser.until_shown("Show what a scan would find").unwrap();
    browser.click("aside button.main").unwrap();
    browser.until_shown("1 film in 1 file").unwrap();
    browser.click("aside form[method=post] button").unwrap();
    browser.until("its page is there", "location.pathname.match(/^\\/sections\\/\\d+$/)").unwrap();
    browser.until_shown("Film 01").unwrap();
    open(&server, &mut browser, "/tasks/BackupDatabase");
    browser.click("a[href='/tasks/BackupDatabase/plan']").unwrap();
    browser.until_shown("It would write").unwrap();
}

#[test]
fn without_a_script_and_by_keyboard_alone_a_person_gets_as_far() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let mut browser = Browser::start().unwrap();
    browser.scripts(false).unwrap();
    open(&server, &mut browser, "/tasks");
    browser.until("the form is there", "location.pathname === '/sign-in'").unwrap();
    browser.click("#token").unwrap();
    browser.write(server.token()).unwrap();
    browser.press("Enter").unwrap();
    browser.until("the tasks are there", "location.pathname === '/tasks'").unwrap();
    // The first stop of the tab key leads past the navigation.
    browser.press("Tab").unwrap();
    browser.until("the way to the content is in focus", "document.activeElement.matches('a.skip')").unwrap();
    browser.press("Enter").unwrap();
    for _ in 0..60 {
        let found = "document.activeElement.getAttribute('aria-label') || ''";
        if browser.evaluate(found).unwrap().as_str().unwrap().starts_with("Start ") {
            break;
        }
        browser.press("Tab").unwrap();
    }
    browser.press("Enter").unwrap();
    browser.until("it is told", "document.querySelector('#flash p')").unwrap();
    let runs = server.get_json("/api/v1/runs?origin=person").unwrap();
    assert!(runs["total"].as_u64().unwrap() >= 2, "{runs}");
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages")
}
