//! Scans of some paths of a section: they find what a whole scan finds there, touch nothing else, and never
//! take for missing what may be away.

use std::fs;
use std::os::unix::fs::symlink;

use butler_library::{ItemKind, SectionKind};

use crate::world::{World, content, write_at};

fn films(world: &World, numbers: std::ops::Range<u32>) {
    for number in numbers {
        world.write(format!("Film {number} (2000)/film.mkv"), &content(&number.to_string(), 1_000));
    }
}

#[test]
fn only_the_folder_and_those_above_it_are_read() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..40);
    assert_eq!(world.scan().folders, 41);
    films(&world, 40..42);
    world.files.take();
    let report = world.scan_paths(&["Film 40 (2000)"]);
    assert_eq!((report.folders, report.seen, report.added, report.missing), (2, 1, 1, 0));
    assert_eq!(world.files.take(), [world.media().join("Film 40 (2000)/film.mkv")]);
    assert_eq!(world.present().len(), 41, "the other new one is for another scan");
    assert_eq!(world.scan().added, 1);
}

#[test]
fn a_section_is_not_scanned_by_a_scan_of_some_of_its_paths() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..2);
    world.scan_paths(&["Film 0 (2000)"]);
    let scanned_at = || world.library.section(world.section).unwrap().unwrap().scanned_at;
    assert_eq!((world.present().len(), scanned_at()), (1, None));
    world.scan();
    let before = scanned_at();
    films(&world, 2..3);
    world.scan_paths(&["Film 2 (2000)"]);
    assert_eq!((world.present().len(), scanned_at()), (3, before));
}

#[test]
fn a_file_or_folder_that_is_gone_is_missing_and_nothing_else_is() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..6);
    world.write("loose (2001).mkv", b"loose");
    world.scan();
    for path in ["Film 1 (2000)", "Film 2 (2000)", "Film 3 (2000)"] {
        fs::remove_dir_all(world.media().join(path)).unwrap();
    }
    world.remove("loose (2001).mkv");
    let report = world.scan_paths(&["Film 1 (2000)", "Film 2 (2000)/film.mkv", "loose (2001).mkv"]);
    assert_eq!((report.missing, report.folders), (3, 1));
    let there = [
        "Film 0 (2000)/film.mkv",
        "Film 3 (2000)/film.mkv",
        "Film 4 (2000)/film.mkv",
        "Film 5 (2000)/film.mkv",
    ];
    assert_eq!(world.present(), there, "the third that is gone was not asked about");
    films(&world, 1..2);
    assert_eq!(world.scan_paths(&["Film 1 (2000)"]).back, 1);
}

#[test]
fn a_file_in_the_roots_own_folder_is_scanned_without_what_lies_beside_it() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..3);
    world.write("one (2001).mkv", b"one");
    world.write("two (2002).mkv", b"two");
    let report = world.scan_paths(&["one (2001).mkv"]);
    assert_eq!((report.folders, report.added), (1, 1));
    assert_eq!(world.present(), ["one (2001).mkv"]);
}

#[test]
fn a_name_that_begins_like_another_is_another() {
    let world = World::new(SectionKind::Movie);
    for path in ["a/film.mkv", "a b/film.mkv", "a.b/film.mkv", "ab/film.mkv"] {
        world.write(path, &content(path, 100));
    }
    world.scan();
    for path in ["a", "a b", "a.b", "ab"] {
        fs::remove_dir_all(world.media().join(path)).unwrap();
    }
    world.write("other.mkv", b"other");
    assert_eq!(world.scan_paths(&["a"]).missing, 1);
    assert_eq!(world.present(), ["a b/film.mkv", "a.b/film.mkv", "ab/film.mkv"]);
    assert_eq!(world.scan_paths(&["ab", "a b"]).missing, 2);
    assert_eq!(world.present(), ["a.b/film.mkv"]);
}

#[test]
fn an_empty_root_has_nothing_missing() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..2);
    world.scan();
    for number in 0..2 {
        fs::remove_dir_all(world.media().join(format!("Film {number} (2000)"))).unwrap();
    }
    let report = world.scan_paths(&["Film 0 (2000)"]);
    assert_eq!((report.missing, report.roots_away.len()), (0, 1), "an unmounted disk looks like that");
    fs::remove_dir(world.media()).unwrap();
    let report = world.scan_paths(&["Film 0 (2000)"]);
    assert_eq!((report.missing, report.roots_away.len(), world.present().len()), (0, 1, 2));
}

#[test]
fn the_rules_of_the_folders_above_hold() {
    let world = World::new(SectionKind::Movie);
    world.write("Films/Heat (1995)/Heat (1995).mkv", b"heat");
    world.write("Films/Heat (1995)/sample.mkv", b"sample");
    world.write("other.mkv", b"other");
    fs::write(world.media().join(".plexignore"), "sample*\n").unwrap();
    world.scan_paths(&["Films/Heat (1995)"]);
    assert_eq!(world.present(), ["Films/Heat (1995)/Heat (1995).mkv"]);
    fs::write(world.media().join("Films/.nomedia"), "").unwrap();
    assert_eq!(world.scan_paths(&["Films/Heat (1995)"]).missing, 1, "as a whole scan has it");
}

#[test]
fn a_season_becomes_part_of_its_show_and_an_extra_of_its_film() {
    let world = World::new(SectionKind::Show);
    world.write("Lost (2004)/Season 1/S01E01.mkv", b"one");
    world.scan();
    world.write("Lost (2004)/Season 2/S02E01.mkv", b"two");
    world.scan_paths(&["Lost (2004)/Season 2"]);
    assert_eq!((world.items(ItemKind::Show).len(), world.items(ItemKind::Season).len()), (1, 2));
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995).mkv", b"heat");
    world.scan();
    world.write("Heat (1995)/Trailers/Teaser.mkv", b"teaser");
    world.scan_paths(&["Heat (1995)/Trailers"]);
    assert_eq!(
        world.only(ItemKind::Extra).row.parent.map(|film| film.id),
        Some(world.only(ItemKind::Movie).row.id)
    );
}

#[test]
fn what_moved_into_the_folder_from_elsewhere_keeps_its_item() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..3);
    world.scan();
    let before = world.part("Film 1 (2000)/film.mkv");
    world.rename("Film 1 (2000)", "Heat (1995)");
    let report = world.scan_paths(&["Heat (1995)"]);
    assert_eq!((report.moved, report.added, report.missing), (1, 0, 0));
    assert_eq!(world.part("Heat (1995)/film.mkv").id, before.id);
    let dump = world.dump();
    world.scan();
    assert_eq!(world.dump(), dump, "a whole scan has nothing to add");
}

#[test]
fn a_copy_of_what_lies_elsewhere_is_no_move() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..2);
    world.scan();
    write_at(&world.media().join("Copy (2000)/film.mkv"), &content("1", 1_000), -3_600);
    let report = world.scan_paths(&["Copy (2000)"]);
    assert_eq!((report.added, report.doubled, report.moved), (1, 1, 0));
    assert_eq!(world.present().len(), 3);
}

#[test]
fn a_link_to_a_folder_is_followed_as_a_whole_scan_follows_it() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..3);
    fs::create_dir(world.media().join("Favourites")).unwrap();
    symlink("../Film 1 (2000)", world.media().join("Favourites/One")).unwrap();
    let elsewhere = world.folder.path().join("elsewhere");
    write_at(&elsewhere.join("film.mkv"), b"elsewhere", -3_600);
    symlink(&elsewhere, world.media().join("Favourites/Two")).unwrap();
    let report = world.scan_paths(&["Favourites"]);
    assert_eq!(
        (report.seen, world.present()),
        (1, vec!["Favourites/Two/film.mkv".to_owned()]),
        "the real folder goes first"
    );
    world.scan();
    assert_eq!(world.present().len(), 4);
}

#[test]
fn what_could_not_be_read_stays_listed_until_it_is_looked_at_again() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..2);
    for name in ["one", "two"] {
        symlink(format!("{name}.mkv"), world.media().join(format!("{name}.mkv"))).unwrap();
    }
    world.scan();
    let failures = || world.library.failures(0, 10).unwrap().rows.len();
    assert_eq!(failures(), 2);
    fs::remove_file(world.media().join("one.mkv")).unwrap();
    fs::remove_file(world.media().join("two.mkv")).unwrap();
    world.scan_paths(&["Film 0 (2000)", "one.mkv"]);
    assert_eq!(failures(), 1);
}

#[test]
fn a_path_is_found_in_a_section_through_links_and_never_outside_of_it() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..1);
    let section = world.library.section(world.section).unwrap().unwrap();
    let root = section.roots[0].path.clone();
    symlink(&root, world.folder.path().join("link")).unwrap();
    let find = |path: &std::path::Path| world.library.path_in_section(&section, path);
    assert_eq!(find(&root.join("Film 0 (2000)/")), Some(root.join("Film 0 (2000)")));
    assert_eq!(find(&root.join("gone")), Some(root.join("gone")));
    assert_eq!(find(&root), Some(root.clone()));
    assert_eq!(find(&world.folder.path().join("link/Film 0 (2000)")), Some(root.join("Film 0 (2000)")));
    assert_eq!(find(&world.folder.path().join("link/gone/too")), Some(root.join("gone/too")));
    assert_eq!(find(&root.join("../data")), None);
    assert_eq!(find(&root.join("gone/../../data")), None);
    assert_eq!(find(std::path::Path::new("Film 0 (2000)")), None);
    assert_eq!(find(std::path::Path::new("/")), None);
}

#[test]
fn the_contents_at_some_paths_are_those_of_the_files_and_pictures_there_and_below() {
    let world = World::new(SectionKind::Movie);
    films(&world, 0..3);
    world.write("Film 10 (2000)/film.mkv", b"ten");
    world.write("Film 1 (2000)/poster.jpg", b"a picture");
    world.scan();
    let of = |paths: &[&str]| {
        let paths: Vec<_> =
            paths.iter().map(|path| world.media().canonicalize().unwrap().join(path)).collect();
        world.library.sources_at(world.section, &paths).unwrap()
    };
    let film = |name: &str| world.part(name).source;
    let one = of(&["Film 1 (2000)"]);
    assert_eq!(one.len(), 2, "the film and its poster");
    assert!(one.contains(&film("Film 1 (2000)/film.mkv")));
    assert_eq!(of(&["Film 2 (2000)/film.mkv", "Film 2 (2000)"]), [film("Film 2 (2000)/film.mkv")]);
    assert_eq!(of(&[""]).len(), 5);
    assert_eq!((of(&[]), of(&["nowhere"]), of(&["Film"])), (vec![], vec![], vec![]));
}
