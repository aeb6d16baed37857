//! What a page answers to a person: it is seen wherever the page stands, the focus stays where it was, and
//! what failed or is away is told on the first page.

use super::browser::Browser;
use super::{open, signed_in, small_film, stage, with_films};

/// Whether what became of a form is to be seen without scrolling.
const IS_SEEN: &str = "(() => { const told = document.querySelector('#flash p'); if (!told) return false; \
                       const box = told.getBoundingClientRect(); \
                       return box.top >= 0 && box.bottom <= innerHeight; })()";

/// The words and the label of what has the focus.
const FOCUSED: &str =
    "document.activeElement.innerText + '|' + (document.activeElement.getAttribute('aria-label') || '')";

#[test]
fn what_became_of_a_click_is_seen_far_down_the_page_and_closed() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let mut browser = signed_in(&server);
    for is_phone in [false, true] {
        browser.size(if is_phone { 390 } else { 1280 }, 700, is_phone).unwrap();
        open(&server, &mut browser, "/tasks");
        browser.click("#tasks tbody tr:last-child td:last-child button").unwrap();
        browser.until("the answer is seen", IS_SEEN).unwrap();
        assert!(browser.evaluate("scrollY").unwrap().as_f64().unwrap() > 0.0, "the page was not long enough");
        browser.click("#flash button").unwrap();
        browser.until("it is closed", "!document.querySelector('#flash p')").unwrap();
    }
}

#[test]
fn by_keyboard_the_focus_stays_where_a_button_becomes_another() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let mut browser = signed_in(&server);
    browser.evaluate("window.stays = true").unwrap();
    // Everything is held and goes on without the focus being lost.
    tab_to(&mut browser, "Hold everything|");
    browser.press("Enter").unwrap();
    tab_to(&mut browser, "For 30 minutes|");
    browser.press("Enter").unwrap();
    browser.until("the focus is on what lifts it", &format!("{FOCUSED} === 'Go on|'")).unwrap();
    // What is started waits while everything is held.
    open(&server, &mut browser, "/tasks");
    tab_to(&mut browser, "Start|Start Backup Database");
    browser.press("Enter").unwrap();
    browser
        .until("the focus is on what stops it", &format!("{FOCUSED} === 'Stop|Stop Backup Database'"))
        .unwrap();
    browser.press("Enter").unwrap();
    browser.until("and on what starts it", &format!("{FOCUSED} === 'Start|Start Backup Database'")).unwrap();
    browser.evaluate("document.querySelector('header #hold button').focus()").unwrap();
    browser.press("Enter").unwrap();
    browser.until("it goes on", &format!("{FOCUSED} === 'Hold everything|'")).unwrap();
}

/// Presses the tab key until this has the focus.
fn tab_to(browser: &mut Browser, wanted: &str) {
    let mut seen = Vec::new();
    while seen.len() < 120 {
        browser.press("Tab").unwrap();
        let focused = browser.evaluate(FOCUSED).unwrap().as_str().unwrap().trim().to_owned();
        if focused == wanted {
            return;
        }
        seen.push(focused);
    }
    panic!("the tab key leads to no `{wanted}`, but to {seen:?}");
}

#[test]
fn what_failed_and_what_is_gone_is_told_on_the_first_page() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    server.run_task("BackupDatabase").unwrap();
    let mut browser = signed_in(&server);
    browser.until("a run's failures stand beside it", "document.querySelector('#now .lines .fail')").unwrap();
    let told = "document.querySelector('#now .lines .fail').innerText";
    assert_eq!(browser.evaluate(told).unwrap(), "1 file failed");
    open(&server, &mut browser, "/tasks");
    browser.until("and in the catalogue", "document.querySelector('#tasks a.plain .fail')").unwrap();
    // A copy that was made and is gone is no backup.
    let newest = "[...document.querySelectorAll('#aside .lines .row')].find(r => r.innerText.includes('Newest backup')).innerText";
    open(&server, &mut browser, "/");
    browser.until("the copy is there", &format!("{newest}.includes('today')")).unwrap();
    for copy in std::fs::read_dir(stage.data_dir().join("backups")).unwrap() {
        std::fs::remove_file(copy.unwrap().path()).unwrap();
    }
    open(&server, &mut browser, "/");
    browser.until("it is gone", &format!("{newest}.includes('none')")).unwrap();
}

#[test]
fn any_one_task_is_started_from_the_first_page_also_where_it_is_not_due() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    server.run_task("BackupDatabase").unwrap();
    let mut browser = signed_in(&server);
    browser.click("#now details.menu summary").unwrap();
    browser.evaluate("document.querySelector('#now select').value = 'BackupDatabase'").unwrap();
    browser.click("#now details input[type=checkbox]").unwrap();
    browser.click("#now details button.main").unwrap();
    browser.until_shown("Backup Database was started.").unwrap();
    let runs = server.get_json("/api/v1/runs?task=BackupDatabase").unwrap();
    assert_eq!((&runs["total"], &runs["runs"][0]["forced"]), (&2.into(), &true.into()), "{runs:#}");
}

#[test]
fn a_tap_shows_a_picture_until_one_taps_elsewhere() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    server.run_task("GenerateMediaIndexFiles").unwrap();
    let mut browser = signed_in(&server);
    browser.size(390, 844, true).unwrap();
    open(&server, &mut browser, "/sections/1");
    browser
        .evaluate(
            "[...document.querySelectorAll('#items a')].find(a => a.innerText.includes('Film 01')).click()",
        )
        .unwrap();
    browser.until("the strip is there", "document.querySelector('.strip img')?.naturalWidth > 0").unwrap();
    browser.until_shown("or tap it, to look into it").unwrap();
    let big = "document.querySelector('.scrub-big img')?.naturalWidth > 0";
    browser.tap(".strip", 0.6).unwrap();
    browser.until("a large picture is shown", big).unwrap();
    browser.tap("h1", 0.1).unwrap();
    browser.until("it is gone", &format!("!({big})")).unwrap();
}
