//! The page of settings: what is typed is checked and drawn by the server, settings are found, and backups
//! are listed and checked.

use super::{open, signed_in, stage};

const TYPED: &str = "e.dispatchEvent(new Event('input', {bubbles: true}))";

fn type_into(browser: &mut super::Browser, selector: &str, value: &str) {
    let typed =
        format!("{{ const e = document.querySelector('{selector}'); e.value = '{value}'; {TYPED}; }}");
    browser.evaluate(&typed).unwrap();
}

#[test]
fn what_is_typed_is_judged_by_the_server_and_a_refusal_names_the_label() {
    let stage = stage();
    let server = stage.server().unwrap();
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/settings");
    let field = "#set-GenerateBIFWidth";
    let limits =
        browser.evaluate(&format!("(e => [e.min, e.max, e.step])(document.querySelector('{field}'))"));
    let limits = limits.unwrap();
    assert!(limits.as_array().unwrap().iter().all(|limit| limit != ""), "{limits}");
    let label = server.get_json("/api/v1/settings/GenerateBIFWidth").unwrap()["label"].clone();
    type_into(&mut browser, field, "3");
    browser.until_shown(&format!("{} can't be 3: it takes a whole number", label.as_str().unwrap())).unwrap();
    assert_eq!(
        browser.evaluate(&format!("document.querySelector('{field}').validity.customError")).unwrap(),
        true
    );
    type_into(&mut browser, field, "320");
    browser.until("it is taken", "!document.querySelector('#GenerateBIFWidth output .fail')").unwrap();
    // Without the script's check the same sentence comes with the answer.
    browser
        .evaluate(
            "{ const e = document.querySelector('#set-ButlerPathPrefix'); e.value = 'no path'; \
             e.form.requestSubmit(); }",
        )
        .unwrap();
    browser.until("it is refused", "document.querySelector('#flash .bad')").unwrap();
    let told = browser.evaluate("document.querySelector('#flash').innerText").unwrap();
    assert!(!told.as_str().unwrap().contains("ButlerPathPrefix"), "{told}");
}

#[test]
fn the_window_is_drawn_as_it_is_typed_and_settings_are_found() {
    let stage = stage();
    let server = stage.server().unwrap();
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/settings");
    browser.until_shown("3 h").unwrap();
    type_into(&mut browser, "input[name=from]", "23:00");
    browser.until_shown("6 h, over midnight").unwrap();
    assert_eq!(browser.evaluate("document.querySelectorAll('svg.day rect.run').length").unwrap(), 2);
    type_into(&mut browser, "input[name=from]", "25:00");
    browser.until_shown("25:00 is no time of day").unwrap();
    assert_eq!(server.get_json("/api/v1/settings/ButlerStartHour").unwrap()["value"], 2, "nothing was saved");
    type_into(&mut browser, "[data-filter]", "under an allowed root");
    browser
        .until(
            "one is found",
            "[...document.querySelectorAll('.setting')].filter(s => s.offsetParent).length === 1",
        )
        .unwrap();
    // What is found has an address, so that it can be linked.
    assert_eq!(
        browser.evaluate("new URLSearchParams(location.search).get('find')").unwrap(),
        "under an allowed root"
    );
    open(&server, &mut browser, "/settings?find=catch");
    let found = browser.evaluate("document.querySelectorAll('.setting').length").unwrap();
    assert!((1..4).contains(&found.as_u64().unwrap()), "{found}");
}

#[test]
fn backups_are_listed_and_checked() {
    let stage = stage();
    let server = stage.server().unwrap();
    server.run_task("BackupDatabase").unwrap();
    let mut browser = signed_in(&server);
    open(&server, &mut browser, "/settings");
    browser.until_shown("butler.db-").unwrap();
    browser.click("#backups table button").unwrap();
    browser.until_shown("is sound").unwrap();
    browser.until_shown("How to bring one back").unwrap();
}
