//! `cargo bench -p butler --bench pages`: every page of a server with a large library and a long past:
//! 100,000 items (`BUTLER_BENCH_ITEMS`), a season of 366 episodes beside them, and 300 nights of 200 tasks' worth
//! of runs (`BUTLER_BENCH_NIGHTS`).
//! Each is to take at most 50 ms at the server and 60 kB without its pictures.
//!
//! The rows are written straight into the database; no file of theirs exists, and nothing is scanned.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/pages/season.rs"]
mod season;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use butler_fixtures::{Request, Server, Stage};
use jiff::civil::date;
use rusqlite::Connection;

/// Measurements of each page.
const TURNS: usize = 9;
const TIME_AIM: Duration = Duration::from_millis(50);
const BYTES_AIM: usize = 60_000;
/// Tasks of which there is a past; the first ones are the catalogue's.
const TASKS: usize = 200;
const ZONE: &str = "Europe/Berlin";

fn main() -> Result<()> {
    // The worker has to be of the same build as the server, which cargo made for this bench.
    ensure!(
        butler_fixtures::command(env!("CARGO"))
            .args(["build", "--quiet", "--release", "-p", "butler-worker"])
            .status()?
            .success()
    );
    let (items, nights) = (number("BUTLER_BENCH_ITEMS", 100_000)?, number("BUTLER_BENCH_NIGHTS", 300)?);
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR"))?;
    let begun = Instant::now();
    let tasks = ["RefreshLibraries", "GenerateMediaIndexFiles", "DeepMediaAnalysis", "BackupDatabase"];
    let names: Vec<String> = (0..TASKS)
        .map(|place| tasks.get(place).map_or_else(|| format!("Task{place:03}"), ToString::to_string))
        .collect();
    season::write(&stage.data_dir(), &names, nights, date(2026, 11, 23), ZONE)?;
    fill(&stage.data_dir(), items)?;
    println!(
        "{items} items, {nights} nights of {TASKS} tasks, written in {:.1} s",
        begun.elapsed().as_secs_f64()
    );

    let server = stage.server_at("2026-11-23T12:00:00+01:00", ZONE)?;
    let cookie = signed_in(&server)?;
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    let last = items.saturating_sub(30);
    for page in [
        "/".to_owned(),
        "/tasks".to_owned(),
        "/tasks/GenerateMediaIndexFiles".to_owned(),
        "/runs".to_owned(),
        "/runs?task=GenerateMediaIndexFiles".to_owned(),
        "/runs?night=2026-08-01".to_owned(),
        "/runs?state=failed".to_owned(),
        "/runs/1".to_owned(),
        "/failures".to_owned(),
        "/sections".to_owned(),
        "/sections/1".to_owned(),
        format!("/sections/1?start={}", items / 2),
        format!("/sections/1?start={last}"),
        "/sections/1?title=99".to_owned(),
        format!("/items/{}", items / 2),
        "/sections/2".to_owned(),
        format!("/items/{}", items + 1),
        format!("/items/{}", items + 2),
        "/tasks/BackupDatabase/plan".to_owned(),
        "/tasks/GenerateMediaIndexFiles/plan".to_owned(),
        "/failures?run=1".to_owned(),
        "/settings".to_owned(),
        "/health".to_owned(),
    ] {
        let (time, bytes) = measured(&server, &cookie, &page)?;
        println!("  {page}: {:.1} ms, {bytes} bytes", time.as_secs_f64() * 1e3);
        (slowest, largest) = (slowest.max(time), largest.max(bytes));
    }
    println!("slowest page: {:.1} ms (aim {})", slowest.as_secs_f64() * 1e3, TIME_AIM.as_millis());
    println!("largest page: {largest} bytes (aim {BYTES_AIM})");
    ensure!(slowest <= TIME_AIM && largest <= BYTES_AIM, "a page is over its aim");
    Ok(())
}

fn number(name: &str, usual: i64) -> Result<i64> {
    std::env::var(name)
        .map_or(Ok(usual), |value| value.parse().with_context(|| format!("{name} is no number")))
}

/// The cookie of a browser that opened the address that the server made for it.
fn signed_in(server: &Server) -> Result<String> {
    let path = server.post("/api/v1/sign-in")?.json()?["path"].as_str().context("a path")?.to_owned();
    let opened = Request::new(server.address(), "GET", &path).header("Accept", "text/html").send()?;
    let cookie = opened.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    ensure!(!cookie.is_empty(), "no cookie: {}", opened.text());
    Ok(cookie)
}

/// The median time of a page, and its bytes.
fn measured(server: &Server, cookie: &str, page: &str) -> Result<(Duration, usize)> {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..=TURNS {
        let asked = Request::new(server.address(), "GET", page)
            .header("Accept", "text/html")
            .header("Cookie", cookie);
        let begun = Instant::now();
        let answer = asked.send()?;
        times.push(begun.elapsed());
        ensure!(answer.status == 200, "{page}: {}", answer.text());
        bytes = answer.text().len();
    }
    // The first one has statements to prepare.
    times.remove(0);
    times.sort_unstable();
    Ok((times[times.len() / 2], bytes))
}

/// A section of so many films, each with its file and preview pictures, as rows alone.
fn fill(data_dir: &Path, items: i64) -> Result<()> {
    let mut connection = Connection::open(data_dir.join("butler.db"))?;
    let tx = connection.transaction()?;
    tx.execute_batch(&format!(
        "INSERT INTO sections (id, name, kind, language, agent, scanner, uuid, created_at, updated_at) \
         VALUES (1, 'Films', 'movie', 'en-US', '', '', 'a', 0, 0);
         INSERT INTO roots (id, section, path) VALUES (1, 1, CAST('/nowhere/films' AS BLOB));
         CREATE TEMP TABLE numbers AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {items}) \
             SELECT x FROM n;
         INSERT INTO items (id, section, kind, key, title, sort_title, year, home, added_at, updated_at) \
             SELECT x, 1, 'movie', CAST(x AS BLOB), printf('Film Number %06d', x), printf('Film Number %06d', x), \
             1920 + x % 100, CAST(x AS BLOB), x, x FROM numbers;
         INSERT INTO media (id, item) SELECT x, x FROM numbers;
         INSERT INTO sources (id, fingerprint, sampled, deep, size, traits) \
             SELECT x, CAST(printf('%032d', x) AS BLOB), CAST(printf('%032d', x) AS BLOB), CAST(printf('%032d', x) AS BLOB), \
             9000000, 131 FROM numbers;
         INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at) \
             SELECT x, x, 1, CAST(printf('Film %06d.mkv', x) AS BLOB), 'video', 9000000, 0, x, 1, x, x FROM numbers;
         INSERT INTO products (source, kind, version, params, value, made_from, made_at) \
             SELECT x, 'bif', 2, '', '{{\"value\":\"bif\",\"pictures\":720,\"interval_ms\":10000,\"width\":320,\"height\":180}}', \
             zeroblob(32), 0 FROM numbers;"
    ))?;
    // A season that is as long as one can be: each of its episodes shows the preview of a film.
    tx.execute_batch(&format!(
        "INSERT INTO sections (id, name, kind, language, agent, scanner, uuid, created_at, updated_at) \
         VALUES (2, 'Shows', 'show', 'en-US', '', '', 'b', 0, 0);
         INSERT INTO items (id, section, kind, parent, key, title, sort_title, number, home, added_at, updated_at) VALUES \
             ({items} + 1, 2, 'show', NULL, x'01', 'Daily', 'Daily', NULL, x'01', 0, 0), \
             ({items} + 2, 2, 'season', {items} + 1, x'01', 'Season 1', 'Season 1', 1, x'01', 0, 0);
         INSERT INTO items (id, section, kind, parent, key, title, sort_title, number, added_at, updated_at) \
             SELECT {items} + 2 + x, 2, 'episode', {items} + 2, CAST(x AS BLOB), printf('Episode %03d', x), \
             printf('Episode %03d', x), x, x, x FROM numbers WHERE x <= 366;
         UPDATE media SET item = {items} + 2 + id WHERE id <= 366;"
    ))?;
    Ok(tx.commit()?)
}
