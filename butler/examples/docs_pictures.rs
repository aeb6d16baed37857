//! Writes the two pictures that README and docs/page.md show, of the sample library after a month of nights,
//! into `docs/images`. By hand, whenever a page looks different:
//!
//! `cargo build --workspace && cargo run -p butler --example docs_pictures`
//!
//! Of Debian it needs `chromium` and what makes the sample library, which `./test` installs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use browser::Browser;
use butler_fixtures::{Folders, Server, Stage, command};
use jiff::civil::date;

#[path = "../tests/pages/browser.rs"]
#[expect(dead_code, reason = "the tests of the pages do more with it")]
mod browser;
#[path = "../tests/pages/season.rs"]
mod season;

/// A page has room for so much.
const LARGEST_BYTES: u64 = 80_000;
const ZONE: &str = "Europe/Berlin";
/// The tasks of the nights that have passed.
const NIGHTLY: [&str; 5] = [
    "RefreshLibraries",
    "GenerateMediaIndexFiles",
    "DeepMediaAnalysis",
    "GenerateChapterThumbs",
    "BackupDatabase",
];
/// Those that make what the pictures show.
const MADE_BY: [&str; 7] = [
    "RefreshLibraries",
    "GenerateMediaIndexFiles",
    "DeepMediaAnalysis",
    "GenerateChapterThumbs",
    "LoudnessAnalysis",
    "ButlerTaskGenerateVoiceActivity",
    "BackupDatabase",
];

fn main() -> Result<()> {
    let here = std::env::current_exe()?;
    let programs = here.ancestors().nth(2).context("an example lies in a folder of the build's")?;
    let program = |name: &str| programs.join(name);
    let stage = Stage::new(&program("butler").display().to_string(), &program("tmp").display().to_string())?;
    let server = sample(&stage, &program("sample-library"))?;

    let mut browser = Browser::start()?;
    let printed = server.butler(&["page"])?;
    browser.open(String::from_utf8(printed.stdout)?.trim())?;
    browser.until("the first page is there", "document.querySelector('nav') && location.pathname === '/'")?;
    browser.dark(true)?;
    browser.size(1120, 900, false)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    for (name, path) in
        [("tonight.webp", "/".to_owned()), ("item.webp", format!("/items/{}", film(&server)?))]
    {
        browser.open(&format!("{}{path}", server.url()))?;
        browser.until(
            "its pictures are there",
            "[...document.images].every(i => i.complete || !i.offsetParent)",
        )?;
        // Where its file lies is of no interest.
        browser.evaluate("document.querySelector('main:has(.strip) aside')?.remove()")?;
        let file = folder.join(name);
        browser.picture(&file)?;
        ensure!(fs::metadata(&file)?.len() < LARGEST_BYTES, "{name} is too large");
    }
    Ok(())
}

/// A server with the sample library, whose nights went well and which has made what there is to make.
fn sample(stage: &Stage, sample_library: &Path) -> Result<Server> {
    let library = stage.spare_dir().join("sample");
    let made =
        command(sample_library).arg(&library).status().context("`cargo build --workspace` builds it")?;
    ensure!(made.success(), "the sample library could not be made");
    let tasks = NIGHTLY.map(ToString::to_string);
    season::write(&stage.data_dir(), &tasks, 31, date(2026, 11, 23), ZONE)?;
    let server = stage.server_at("2026-11-23T12:00:00+01:00", ZONE)?;
    let folders = Folders::new(&library);
    for (kind, name, folder) in [
        ("movie", "Films", folders.movies()),
        ("show", "Shows", folders.shows()),
        ("artist", "Music", folders.music()),
    ] {
        server.add_section(kind, name, &folder)?;
    }
    for task in MADE_BY {
        server.run_task(task)?;
    }
    Ok(server)
}

/// The id of the first film.
fn film(server: &Server) -> Result<String> {
    let listed = server.get_json("/library/sections/1/all")?;
    let items = listed["MediaContainer"]["Metadata"].as_array().context("no films")?;
    let titled = items.iter().find(|item| item["title"].as_str().is_some_and(|title| !title.is_empty()));
    Ok(titled.and_then(|item| item["ratingKey"].as_str()).context("no film has a title")?.to_owned())
}
