//! Gives back the room of a large database while others write and read, and measures how long they wait:
//! `cargo bench -p butler-library --bench optimize`.
//!
//! `BUTLER_BENCH_MEGABYTES` says how large the database is (2,000); half of it is free before it begins.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench tells a person, and ends where something is wrong"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use butler_library::Library;

/// Bytes of a row; so many rows go into one transaction.
const ROW: usize = 20_000;
const GROUP: usize = 250;

fn main() {
    let megabytes: usize =
        std::env::var("BUTLER_BENCH_MEGABYTES").map_or(2_000, |megabytes| megabytes.parse().unwrap());
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let rows = megabytes * 1_000_000 / ROW;
    for group in 0..rows / GROUP {
        let value = |row: usize| (format!("row-{:08}", group * GROUP + row), Some("x".repeat(ROW)));
        library.set_settings((0..GROUP).map(value).collect()).unwrap();
    }
    for group in 0..rows / GROUP {
        // Every other row, so that what is free lies everywhere.
        let gone = |row: usize| (format!("row-{:08}", group * GROUP + row), None);
        library.set_settings((0..GROUP).step_by(2).map(gone).collect()).unwrap();
    }
    let before = library.database_room().unwrap();
    let bytes = |pages: u64| pages * before.page_bytes / 1_000_000;
    println!("a database of {} MB, {} MB of it free", bytes(before.pages), bytes(before.free_pages));

    let is_over = AtomicBool::new(false);
    let (compacted, writes, reads, took) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            waits(&is_over, &|number| {
                library.set_settings(vec![("a client's".into(), Some(number.to_string()))]).unwrap();
            })
        });
        let reader = scope.spawn(|| waits(&is_over, &|_| drop(library.sections().unwrap())));
        let begun = Instant::now();
        let compacted = library.compact(&mut |_, _| false).unwrap();
        let took = begun.elapsed();
        is_over.store(true, Ordering::SeqCst);
        (compacted, writer.join().unwrap(), reader.join().unwrap(), took)
    });
    println!(
        "{} MB given back in {:.1} s and {} steps; the longest step took {} ms",
        compacted.bytes_won / 1_000_000,
        took.as_secs_f64(),
        compacted.steps,
        compacted.longest.as_millis()
    );
    for (what, waits) in [("write", writes), ("read", reads)] {
        println!(
            "a client's {what}: {} of them, median {:.1} ms, 99 % below {:.1} ms, the longest {:.1} ms",
            waits.len(),
            ms(waits[waits.len() / 2]),
            ms(waits[waits.len() * 99 / 100]),
            ms(*waits.last().unwrap())
        );
    }
    library.assert_sound();
}

/// How long each of a client's calls took, in order of length; one every five milliseconds.
fn waits(is_over: &AtomicBool, call: &dyn Fn(u64)) -> Vec<Duration> {
    let mut waits = Vec::new();
    while !is_over.load(Ordering::SeqCst) {
        let begun = Instant::now();
        call(waits.len() as u64);
        waits.push(begun.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    waits.sort_unstable();
    waits
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
