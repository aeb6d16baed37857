//! Pages when things are not as usual: a folder is away, the disk is full, a thousand things failed, there
//! are many sections, and names are as long as they can be.

use std::path::Path;

use butler_fixtures::{Server, SmallDisk, wait_until};
use rusqlite::{Connection, params};

use super::browser::Browser;
use super::{kept, open, signed_in, small_film, stage, with_films};

/// What of the page that is shown does not fit: it is too wide, or a short word is broken. Paths may be broken, and
/// lines of a run's log begin with them.
pub(super) fn unfit(browser: &mut Browser) -> Vec<String> {
    let found = browser
        .evaluate(
            "(() => { const found = []; \
             const wide = document.documentElement.scrollWidth - innerWidth; \
             if (wide > 0) found.push(wide + ' pixels too wide'); \
             const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
             for (let text; text = texts.nextNode();) { \
               if (text.parentElement.closest('.file, .log, code, pre, script, select, .unseen, .title, .pic')) continue; \
               for (const word of text.data.matchAll(/(?<![\\p{L}\\p{N}])[\\p{L}\\p{N}.,:]{2,14}(?![\\p{L}\\p{N}])/gu)) { \
                 const range = document.createRange(); \
                 range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length); \
                 const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top))); \
                 if (lines.size > 1) found.push(word[0] + ' is broken into ' + lines.size + ' lines'); } } \
             return found.slice(0, 6); })()",
        )
        .unwrap();
    found.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Looks at a page on a desk, on a tablet and on a phone, and keeps pictures of it.
fn fits(browser: &mut Browser, server: &Server, path: &str, name: &str) {
    for (width, is_phone, on) in [(1280, false, "desk"), (900, false, "tablet"), (390, true, "phone")] {
        browser.size(width, 900, is_phone).unwrap();
        open(server, browser, path);
        let found = unfit(browser);
        browser.picture(&kept().join(format!("{name}-{on}.png"))).unwrap();
        assert!(found.is_empty(), "{path} on a {on}: {found:?}");
    }
}

#[test]
fn a_folder_that_is_away_is_told_with_what_to_do() {
    let stage = stage();
    let server = with_films(&stage, &[small_film(1)]);
    let movies = stage.folders.movies();
    std::fs::rename(&movies, movies.with_extension("away")).unwrap();
    let mut browser = signed_in(&server);
    // Wherever somebody looks first, and before any scan has found out.
    for path in ["/", "/sections", "/sections/1", "/health"] {
        open(&server, &mut browser, path);
        browser.until_shown("It is not there. What it held is kept until it is back.").unwrap();
    }
    server.run_task("RefreshLibraries").unwrap();
    open(&server, &mut browser, "/health");
    browser.until_shown("A folder does not answer.").unwrap();
    browser
        .until("the folder is marked", "document.querySelector('main .fail')?.innerText.includes('away')")
        .unwrap();
    fits(&mut browser, &server, "/health", "state-away");
    // Nothing of it is taken for gone.
    open(&server, &mut browser, "/sections/1");
    browser.until_shown("Film 01").unwrap();
    assert_eq!(browser.evaluate("document.querySelectorAll('.tiles .fail').length").unwrap(), 1);
    fits(&mut browser, &server, "/runs/2", "state-away-run");
}

#[test]
fn a_full_disk_is_told_on_the_first_page() {
    let Some(disk) = SmallDisk::if_possible(32 << 20).unwrap() else { return };
    let server = Server::start(Path::new(env!("CARGO_BIN_EXE_butler")), &disk.path().join("data")).unwrap();
    // While there is room: who signs in is kept.
    let mut browser = signed_in(&server);
    disk.fill().unwrap();
    wait_until("nothing can be stored", || {
        server.put("/api/v1/settings?ButlerStartHour=1").unwrap();
        server.put("/api/v1/settings?ButlerStartHour=2").unwrap();
        server.get_json("/healthz").unwrap()["checks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|check| check["name"] == "database")
    })
    .unwrap();
    let health = server.get_json("/healthz").unwrap();
    let checks = health["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "database").unwrap();
    let told = check["message"].as_str().unwrap().replace('`', "");
    open(&server, &mut browser, "/");
    browser.until_shown(&told).unwrap();
    fits(&mut browser, &server, "/health", "state-full");
    browser.until_shown("Something keeps Butler from its work.").unwrap();
    // A change that can't be kept says so on its page.
    browser.size(1280, 900, false).unwrap();
    open(&server, &mut browser, "/");
    browser.click("header summary").unwrap();
    browser.click("header .menu button[value='30m']").unwrap();
    browser.until("the refusal is told", "document.querySelector('#flash .bad')").unwrap();
}

#[test]
fn a_thousand_failures_many_sections_and_the_longest_names_fit() {
    let stage = stage();
    let long = format!(
        "{} {}",
        "Nebukadnezar".repeat(9),
        "und wie er auszog das Fürchten zu lernen ".repeat(2).trim()
    );
    stage.add_movies(&[small_film(1), (format!("{long} (1999)"), small_film(2).1)]).unwrap();
    let server = stage.server().unwrap();
    server
        .add_section("movie", &long.chars().take(100).collect::<String>(), &stage.folders.movies())
        .unwrap();
    for number in 2..=60 {
        let folder = stage.spare_dir().join(format!("media/more/{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        server.add_section("movie", &format!("Section {number}"), &folder).unwrap();
    }
    server.run_task("RefreshLibraries").unwrap();
    let database = stage.data_dir().join("butler.db");
    let server = server
        .restarted(|| {
            let connection = Connection::open(database)?;
            for number in 0..1_000 {
                connection.execute(
                    "INSERT INTO failures (root, path, class, sentence, tries, failed_at, run) \
                     VALUES (1, CAST(?1 AS BLOB), 'content', ?2, 1, 1800000000000, 1)",
                    params![
                        format!("{long}/{number:04}.mkv"),
                        format!("The file ends in the middle of a frame, {} of it are there.", number % 9)
                    ],
                )?;
            }
            Ok(())
        })
        .unwrap();
    let mut browser = signed_in(&server);
    for (path, name) in [
        ("/", "state-many-tonight"),
        ("/failures", "state-many-failures"),
        ("/sections", "state-many-sections"),
        ("/sections/1", "state-long-section"),
        ("/items/1", "state-long-item-1"),
        ("/items/2", "state-long-item-2"),
        ("/runs/1", "state-many-run"),
        ("/health", "state-many-health"),
    ] {
        fits(&mut browser, &server, path, name);
        let size = browser.evaluate("fetch(location.href).then(a => a.text()).then(t => t.length)").unwrap();
        assert!(size.as_u64().unwrap() < 60_000, "{path}: {size} bytes");
    }
    // From page to page all of them are read.
    open(&server, &mut browser, "/failures");
    let mut seen = 0;
    loop {
        seen += browser
            .evaluate("document.querySelectorAll('#failures tbody tr').length")
            .unwrap()
            .as_u64()
            .unwrap();
        let further = "document.querySelector('.pages a:last-of-type')";
        let is_last = format!("!{further} || /first|newest/i.test({further}.innerText)");
        if browser.evaluate(&is_last).unwrap() == true {
            break;
        }
        let to = browser.evaluate(&format!("{further}.href")).unwrap();
        browser.open(to.as_str().unwrap()).unwrap();
    }
    assert_eq!(seen, 1_000);
}
