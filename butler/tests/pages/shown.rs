//! The two pictures that README and docs/page.md show, of the sample library after a month of nights. Not run
//! by itself: `cargo nextest run -p butler --test pages --run-ignored only shown` writes them into
//! `docs/images`.

use std::fs;
use std::path::Path;

use butler_fixtures::{Folders, Server, Stage, command};

use super::{nights, open, season, signed_in, stage};
use jiff::civil::date;

/// A page has room for so much.
const LARGEST_BYTES: u64 = 80_000;

fn sample(stage: &Stage) -> Server {
    let made = command(Path::new(env!("CARGO_BIN_EXE_butler")).with_file_name("sample-library"))
        .arg(stage.spare_dir().join("sample"))
        .status()
        .unwrap();
    assert!(made.success(), "`cargo build -p butler-fixtures` makes `sample-library`");
    let zone = "Europe/Berlin";
    let tasks = nights::TASKS.map(ToString::to_string);
    season::write(&stage.data_dir(), &tasks, 31, date(2026, 11, 23), zone).unwrap();
    let server = stage.server_at("2026-11-23T12:00:00+01:00", zone).unwrap();
    let folders = Folders::new(&stage.spare_dir().join("sample"));
    for (kind, name, folder) in [
        ("movie", "Films", folders.movies()),
        ("show", "Shows", folders.shows()),
        ("artist", "Music", folders.music()),
    ] {
        server.add_section(kind, name, &folder).unwrap();
    }
    for task in [
        "RefreshLibraries",
        "GenerateMediaIndexFiles",
        "DeepMediaAnalysis",
        "GenerateChapterThumbs",
        "LoudnessAnalysis",
        "ButlerTaskGenerateVoiceActivity",
        "BackupDatabase",
    ] {
        server.run_task(task).unwrap();
    }
    server
}

#[test]
#[ignore = "writes the pictures of the docs"]
fn shown_are_the_first_page_and_a_film() {
    let stage = stage();
    let server = sample(&stage);
    let mut browser = signed_in(&server);
    browser.dark(true).unwrap();
    browser.size(1120, 900, false).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    let film = server.get_json("/library/sections/1/all").unwrap()["MediaContainer"]["Metadata"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["title"].as_str().is_some_and(|title| !title.is_empty()))
        .unwrap()["ratingKey"]
        .as_str()
        .unwrap()
        .to_owned();
    for (name, path) in [("tonight.webp", "/".to_owned()), ("item.webp", format!("/items/{film}"))] {
        open(&server, &mut browser, &path);
        browser
            .until("its pictures are there", "[...document.images].every(i => i.complete || !i.offsetParent)")
            .unwrap();
        // Where its file lies is of no interest.
        browser.evaluate("document.querySelector('main:has(.strip) aside')?.remove()").unwrap();
        let file = folder.join(name);
        browser.picture(&file).unwrap();
        assert!(fs::metadata(&file).unwrap().len() < LARGEST_BYTES, "{name} is too large");
    }
}
