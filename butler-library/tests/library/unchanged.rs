//! A tree that did not change costs one walk: no file is opened, no row written.

use std::fs;

use butler_library::SectionKind;

use crate::world::{World, content, set_mtime};

#[test]
fn an_unchanged_tree_opens_no_file_and_writes_no_row() {
    let world = World::new(SectionKind::Movie);
    for index in 0..30 {
        world.write(format!("Film {index} (2000)/film.mkv"), &content(&index.to_string(), 300_000));
    }
    world.scan();
    assert_eq!(world.files.take().len(), 30);
    let before = world.dump();

    let report = world.scan();
    assert_eq!((report.seen, report.unchanged, report.added, report.changed), (30, 30, 0, 0));
    assert_eq!(world.files.take(), Vec::<std::path::PathBuf>::new());
    assert_eq!(world.dump(), before);
}

#[test]
fn only_what_was_written_is_opened() {
    let world = World::new(SectionKind::Movie);
    world.write("a.mkv", b"one");
    let path = world.write("b.mkv", b"two");
    world.scan();
    world.files.take();
    fs::write(&path, b"three").unwrap();
    set_mtime(&path, -60);
    let report = world.scan();
    assert_eq!((report.changed, report.unchanged), (1, 1));
    assert_eq!(world.files.take(), [path]);
}

#[test]
fn a_file_that_was_only_touched_keeps_its_products() {
    let world = World::new(SectionKind::Movie);
    let path = world.write("film.mkv", &content("film", 3_000_000));
    world.scan();
    let source = world.part("film.mkv").source;
    world.make_bif(source);
    set_mtime(&path, -60);
    assert_eq!(world.scan().changed, 1);
    let part = world.part("film.mkv");
    assert_eq!((part.source, part.products.len()), (source, 1));
}

#[test]
fn a_file_that_changed_between_the_samples_is_other_content() {
    let world = World::new(SectionKind::Movie);
    let mut film = content("film", 8_000_000);
    let path = world.write("film.mkv", &film);
    world.scan();
    let before = world.part("film.mkv");
    world.make_bif(before.source);
    film[1_000_000..1_200_000].fill(0);
    fs::write(&path, &film).unwrap();
    set_mtime(&path, -60);
    world.scan();
    let after = world.part("film.mkv");
    assert_ne!(before.fingerprint, after.fingerprint);
    assert!(after.products.is_empty());
    assert_eq!(before.id, after.id);
}

#[test]
fn a_second_file_that_differs_between_the_samples_is_no_double() {
    let world = World::new(SectionKind::Movie);
    let mut film = content("film", 8_000_000);
    world.write("a.mkv", &film);
    film[5_000_000..5_200_000].fill(0);
    world.write("b.mkv", &film);
    world.write("c.mkv", &film);
    let report = world.scan();
    assert_eq!(report.doubled, 1);
    assert_ne!(world.part("a.mkv").source, world.part("b.mkv").source);
    assert_eq!(world.part("b.mkv").source, world.part("c.mkv").source);
}
