//! Asks a library of a million parts what is left to do, and what asking costs: `cargo bench -p
//! butler-library --bench plan`.
//!
//! The library is made of rows alone, no file is read; a tenth of it is films, a quarter episodes, nearly
//! half tracks, the rest photos. `BUTLER_BENCH_PARTS` says how many parts; `BUTLER_BENCH_DATA` names a data
//! folder to make and leave there, for a look with a server.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench tells a person, and ends where something is wrong"
)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use butler_library::{Library, Scope, Versions};
use butler_product::{ProductKind, Spec, Traits, bif};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use rustix::time::{ClockId, clock_gettime};

/// The parts of a library, and how long `/api/v1/plan` may ask of it right after a setting was changed.
const AIM: (i64, Duration) = (100_000, Duration::from_millis(100));

fn main() {
    let parts: i64 = std::env::var("BUTLER_BENCH_PARTS").map_or(1_000_000, |parts| parts.parse().unwrap());
    let temporary = butler_fixtures::tempdir().unwrap();
    let data = std::env::var("BUTLER_BENCH_DATA").map_or(temporary.path().to_owned(), PathBuf::from);
    drop(Library::open(&data).unwrap());
    let ((), built) = timed(|| build(&data, parts));
    println!(
        "{parts} parts made of rows in {built:.1} s of CPU, {} MB",
        std::fs::metadata(data.join("butler.db")).unwrap().len() >> 20
    );

    let library = Library::open(&data).unwrap();
    library.keep_lacks(&[]).unwrap();
    let (_, first) = timed(|| count(&library));
    let (found, naive) = timed(|| count(&library));
    println!(
        "nothing to do, asked of the whole library: {naive:.3} s of CPU ({first:.3} s the first time), \
         {found} lacks"
    );
    let ((), kept) = timed(|| library.keep_lacks(&demands()).unwrap());
    println!("the lacks of all demands counted for the first time: {kept:.3} s of CPU");
    let (found, quick) = timed(|| count(&library));
    println!(
        "nothing to do, asked of what is kept: {quick:.4} s of CPU, {found} lacks; {:.0} times less",
        naive / quick
    );

    let db = Connection::open(data.join("butler.db")).unwrap();
    let ((), gone) = timed(|| {
        db.execute(
            "DELETE FROM products \
             WHERE kind = 'bif' AND source IN (SELECT id FROM sources WHERE traits & 2 LIMIT 1000)",
            [],
        )
        .map(|_| ())
        .unwrap();
    });
    let (found, some) = timed(|| count(&library));
    println!("with 1,000 lacks: {some:.4} s of CPU, {found} lacks; their products went in {gone:.3} s");
    let ((), rebuilt) = timed(|| library.rebuild_lacks().unwrap());
    println!("all counted anew: {rebuilt:.3} s of CPU");
    let mut other = demands();
    other[1].0 = Spec::Bif(bif::Params { interval_ms: 5_000, width: 320 });
    let ((waited, ()), changed) =
        timed(|| while_others_write(&library, || library.keep_lacks(&other).unwrap()));
    let (found, many) = timed(|| count_of(&library, &other));
    println!("with another interval: counted in {changed:.3} s of CPU, asked in {many:.3} s, {found} lacks");
    let (left, ()) = while_others_write(&library, || library.keep_lacks(&demands()).unwrap());
    println!(
        "the longest that another writer waited meanwhile: {waited:?}; while those lacks went again: {left:?}"
    );

    let (parts, aim) = AIM;
    let longest = longest_after_a_change(parts);
    println!(
        "what a plan asks of {parts} parts after a setting's change, the longest: {longest:?} (aim {aim:?})"
    );
    assert!(longest <= aim, "a plan asks for longer than its aim");
}

/// Asks what a plan asks, over and over while the lacks of another interval are counted and once more behind
/// it; the longest that one of these took, by the clock on the wall.
fn longest_after_a_change(parts: i64) -> Duration {
    let folder = butler_fixtures::tempdir().unwrap();
    drop(Library::open(folder.path()).unwrap());
    build(folder.path(), parts);
    let library = Library::open(folder.path()).unwrap();
    library.keep_lacks(&demands()).unwrap();
    count(&library);
    let mut other = demands();
    other[1].0 = Spec::Bif(bif::Params { interval_ms: 5_000, width: 320 });
    let is_counted = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            library.keep_lacks(&other).unwrap();
            is_counted.store(true, Ordering::Release);
        });
        let mut longest = Duration::ZERO;
        loop {
            let is_last = is_counted.load(Ordering::Acquire);
            let begun = Instant::now();
            count_of(&library, &other);
            longest = longest.max(begun.elapsed());
            if is_last {
                return longest;
            }
        }
    })
}

/// Does it while another thread writes one row after the other; the longest that one of them took, by the
/// clock on the wall.
fn while_others_write<T>(library: &Library, work: impl FnOnce() -> T) -> (Duration, T) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut longest = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                library.set_settings(vec![("Bench".to_owned(), Some("1".to_owned()))]).unwrap();
                longest = longest.max(begun.elapsed());
            }
            longest
        });
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        (writer.join().unwrap(), done)
    })
}

/// What a task's wishes are today, all together.
fn demands() -> Vec<(Spec, Traits)> {
    ProductKind::ALL.map(|kind| (Spec::of(kind), kind.needs())).to_vec()
}

fn count(library: &Library) -> u64 {
    count_of(library, &demands())
}

/// What a plan asks: of each demand how much is left, and how much of it is held back.
fn count_of(library: &Library, demands: &[(Spec, Traits)]) -> u64 {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let lacks = demands.iter().map(|(spec, needs)| {
        let scope = Scope { needs: *needs, ..SCOPE };
        library.backlog(spec, &scope, now).unwrap().sources
            + library.held_back(&[(spec.clone(), scope)], &[], now).unwrap().all.products
    });
    lacks.sum()
}

const SCOPE: Scope<'_> =
    Scope { section: None, needs: Traits::CONTENT, switch: None, only: None, versions: Versions::Usable };

/// Does it, and says how many seconds of CPU time the process took for it.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let cpu = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let before = cpu();
    let done = work();
    (done, cpu() - before)
}

/// Four sections, an item, a version, a part and a source each, every product made, in one transaction.
fn build(data: &Path, parts: i64) {
    let db = Connection::open(data.join("butler.db")).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    db.execute_batch("BEGIN").unwrap();
    // Section, kind of its items, medium, share of the whole.
    let kinds = [
        ("movie", "movie", "video", 10),
        ("show", "episode", "video", 25),
        ("artist", "track", "audio", 45),
        ("photo", "photo", "photo", 20),
    ];
    let mut from = 0;
    for (section, (kind, item, medium, share)) in (1i64..).zip(kinds) {
        db.execute(
            "INSERT INTO sections (id, uuid, name, kind, agent, scanner, language, created_at, updated_at, \
             scanned_at) \
             VALUES (?1, ?1, ?2, ?2, '', '', 'en', 1, 1, 1)",
            params![section, kind],
        )
        .unwrap();
        db.execute(
            "INSERT INTO roots (id, section, path) VALUES (?1, ?1, CAST('/no/where/' || ?1 AS BLOB))",
            [section],
        )
        .unwrap();
        let parent = parents(&db, section, item);
        let to = from + parts * share / 100;
        let numbers = "WITH RECURSIVE n (id) AS (SELECT ?1 + 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?2)";
        let home = if item == "movie" { "CAST(id AS BLOB)" } else { "NULL" };
        db.execute(
            &format!(
                "{numbers} INSERT INTO items (id, section, kind, parent, key, title, sort_title, number, \
                 home, added_at, updated_at) \
                 SELECT id + 10, ?3, ?4, ?5, CAST(id AS BLOB), 'Title ' || id, 'Title ' || id, id, {home}, \
                 id, id FROM n"
            ),
            params![from, to, section, item, parent],
        )
        .unwrap();
        db.execute(&format!("{numbers} INSERT INTO media (id, item) SELECT id, id + 10 FROM n"), [from, to])
            .unwrap();
        let traits = match medium {
            "video" => Traits::OF_VIDEO_FILE,
            "audio" => Traits::OF_AUDIO_FILE | Traits::TAGGED,
            _ => Traits::OF_PHOTO_FILE,
        };
        db.execute(
            &format!(
                "{numbers} INSERT INTO sources (id, fingerprint, sampled, deep, size, traits, headers) \
                 SELECT id, randomblob(32), randomblob(32), randomblob(32), 1000000 + id, ?3, ?4 FROM n"
            ),
            params![from, to, (traits | Traits::HEADERS).bits(), ProductKind::MediaInfo.version()],
        )
        .unwrap();
        db.execute(
            &format!(
                "{numbers} INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, \
                 source, tagged, added_at) \
                 SELECT id, id, ?3, CAST('Some Folder/Title ' || id || '.file' AS BLOB), ?4, 1000000 + id, \
                 id, id, 1, id, id, id FROM n"
            ),
            params![from, to, section, medium],
        )
        .unwrap();
        for (spec, needs) in demands() {
            if !traits.contains(needs) {
                continue;
            }
            // As long as such values are.
            let bytes = if spec.kind() == ProductKind::MediaInfo { 600 } else { 200 };
            let value = format!("{{\"value\":\"nothing\",\"why\":\"{}\"}}", "x".repeat(bytes));
            db.execute(
                &format!(
                    "{numbers} INSERT INTO products (source, kind, version, params, value, made_from, \
                     made_at) \
                     SELECT id, ?3, ?4, ?5, ?6, fingerprint, id FROM n JOIN sources USING (id)"
                ),
                params![from, to, spec.kind().as_str(), spec.kind().version(), spec.params(), value],
            )
            .unwrap();
        }
        from = to;
    }
    db.execute_batch("COMMIT").unwrap();
}

/// The one item above all others of a section, if such items stand below one.
fn parents(db: &Connection, section: i64, item: &str) -> Option<i64> {
    let line: &[(&str, i64)] = match item {
        "episode" => &[("show", 1), ("season", 2)],
        "track" => &[("artist", 3), ("album", 4)],
        _ => &[],
    };
    let mut parent = None;
    for (kind, id) in line {
        let home = matches!(*kind, "show" | "season").then(|| id.to_string().into_bytes());
        db.execute(
            "INSERT INTO items (id, section, kind, parent, key, title, sort_title, home, added_at, \
             updated_at) \
             VALUES (?1, ?2, ?3, ?4, x'00', 'A', 'A', ?5, 1, 1)",
            params![id, section, kind, parent, home],
        )
        .unwrap();
        parent = Some(*id);
    }
    parent
}
