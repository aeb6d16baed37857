//! Files that are being written are waited for, a minute at most.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::Write;

use butler_library::{ScanPhase, SectionKind};

use crate::world::{Watcher, World, set_mtime, write_at};

/// Seconds at which the next scan begins.
fn next_scan(world: &World) -> i64 {
    world.clock.get() + 86_400
}

#[test]
fn a_young_file_is_read_once_it_has_stood_still_for_ten_seconds() {
    let world = World::new(SectionKind::Movie);
    world.write("old.mkv", b"old");
    write_at(&world.media().join("young.mkv"), b"young", next_scan(&world) - 4);
    let waited = Cell::new(0);
    let mut watcher = Watcher::default();
    let report = world.scan_with(&mut watcher, &|ms| waited.set(ms));
    assert_eq!((report.added, report.unsettled), (2, 0));
    assert_eq!(waited.get(), 6_000);
    assert!(
        watcher.told.iter().any(|progress| progress.phase == ScanPhase::Settling && progress.settling == 1)
    );
}

#[test]
fn a_file_that_keeps_growing_is_left_for_the_next_scan() {
    let world = World::new(SectionKind::Movie);
    let path = world.media().join("growing.mkv");
    let begin = next_scan(&world);
    write_at(&path, b"", begin);
    let grow = |ms: i64| {
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        set_mtime(&path, begin + ms / 1_000);
    };
    let report = world.scan_with(&mut Watcher::default(), &grow);
    assert_eq!((report.added, report.unsettled), (0, 1));
    assert!(world.files.take().is_empty());
    assert_eq!(world.scan().added, 1);
}

#[test]
fn where_another_scan_will_come_only_what_stands_still_is_waited_for() {
    let world = World::new(SectionKind::Movie);
    let begin = Cell::new(next_scan(&world));
    let growing = world.media().join("growing.mkv");
    write_at(&growing, b"", begin.get());
    write_at(&world.media().join("young.mkv"), b"young", begin.get() - 4);
    let waited = Cell::new(0);
    let grow = |ms: i64| {
        waited.set(ms);
        OpenOptions::new().append(true).open(&growing).unwrap().write_all(b"more").unwrap();
        set_mtime(&growing, begin.get() + ms / 1_000);
    };
    let report = world.scan_with(&mut Watcher { leaves_growing: true, ..Watcher::default() }, &grow);
    assert_eq!((report.added, report.unsettled, waited.get()), (1, 1, 6_000));
    assert_eq!(report.unsettled_files, [std::path::PathBuf::from("growing.mkv")]);
    begin.set(next_scan(&world));
    set_mtime(&growing, begin.get());
    let alone = world.scan_with(&mut Watcher { leaves_growing: true, ..Watcher::default() }, &grow);
    assert_eq!((alone.unchanged, alone.unsettled, waited.get()), (1, 1, 500), "one look is enough");
}

#[test]
fn a_stop_ends_the_wait() {
    let world = World::new(SectionKind::Movie);
    write_at(&world.media().join("young.mkv"), b"young", next_scan(&world));
    let report =
        world.scan_with(&mut Watcher { stop_in: Some(ScanPhase::Settling), ..Watcher::default() }, &|_| {});
    assert!(report.stopped);
}
