//! Keeps house over a large database while others write and read, and measures how long they wait: while it
//! is checked, while it is copied, and while it gives back its room. `cargo bench -p butler-library --bench
//! optimize`.
//!
//! `BUTLER_BENCH_MEGABYTES` says how large the database is (2,000); half of it is free before it begins.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench tells a person, and ends where something is wrong"
)]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use butler_library::Library;
use jiff::civil::date;

/// Bytes of a large row, and of a small one; so many rows go into one transaction.
const LARGE: usize = 20_000;
const SMALL: usize = 200;
const GROUP: usize = 250;

fn main() {
    let megabytes: usize =
        std::env::var("BUTLER_BENCH_MEGABYTES").map_or(2_000, |megabytes| megabytes.parse().unwrap());
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    // Nine tenths are large rows, the rest small ones: both kinds of pages are moved.
    fill(&library, "large", megabytes * 900_000 / LARGE, LARGE);
    fill(&library, "small", megabytes * 100_000 / SMALL, SMALL);
    let before = library.database_room().unwrap();
    let bytes = |pages: u64| pages * before.page_bytes / 1_000_000;
    println!("a database of {} MB, {} MB of it free", bytes(before.pages), bytes(before.free_pages));

    beside(&library, "it is checked", || library.check_database(&mut || false).unwrap());
    beside(&library, "it is copied", || {
        let go_on = &mut |_, _| ControlFlow::Continue(());
        library.back_up(&library.backups_folder(), date(2027, 1, 15), go_on).unwrap();
    });
    let compacted =
        beside(&library, "it gives back its room", || library.compact(&mut |_, _| false).unwrap());
    println!(
        "{} MB given back in {} steps; the longest step kept writers waiting for {} ms",
        compacted.bytes_won / 1_000_000,
        compacted.steps,
        compacted.longest.as_millis()
    );
    library.assert_sound();
}

/// Writes rows of a kind and removes every other one, so that what is free lies everywhere.
fn fill(library: &Library, kind: &str, rows: usize, bytes: usize) {
    for value in [Some("x".repeat(bytes)), None] {
        let every = if value.is_some() { 1 } else { 2 };
        for group in 0..rows / GROUP {
            let row = |row: usize| (format!("{kind}-{:08}", group * GROUP + row), value.clone());
            library.set_settings((0..GROUP).step_by(every).map(row).collect()).unwrap();
        }
    }
}

/// Does something while a client writes and another reads, and tells how long these waited.
fn beside<T>(library: &Library, what: &str, work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    let (done, writes, reads, took) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            waits(&is_over, &|number| {
                library.set_settings(vec![("a client's".into(), Some(number.to_string()))]).unwrap();
            })
        });
        let reader = scope.spawn(|| waits(&is_over, &|_| drop(library.sections().unwrap())));
        let begun = Instant::now();
        let done = work();
        let took = begun.elapsed();
        is_over.store(true, Ordering::SeqCst);
        (done, writer.join().unwrap(), reader.join().unwrap(), took)
    });
    println!("while {what} ({:.1} s):", took.as_secs_f64());
    for (kind, waits) in [("write", writes), ("read", reads)] {
        println!(
            "  a client's {kind}: {} of them, median {:.1} ms, 99 % below {:.1} ms, the longest {:.1} ms",
            waits.len(),
            ms(waits[waits.len() / 2]),
            ms(waits[waits.len() * 99 / 100]),
            ms(*waits.last().unwrap())
        );
    }
    done
}

/// How long each of a client's calls took, in order of length; one every two milliseconds.
fn waits(is_over: &AtomicBool, call: &dyn Fn(u64)) -> Vec<Duration> {
    let mut waits = Vec::new();
    while !is_over.load(Ordering::SeqCst) {
        let begun = Instant::now();
        call(waits.len() as u64);
        waits.push(begun.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    waits.sort_unstable();
    waits
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
