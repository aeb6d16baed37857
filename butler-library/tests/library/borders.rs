//! Where sections may lie, and what a link or a mount in them may lead to.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use butler_library::{RootError, SectionEdit, SectionError, SectionKind, check_folder};

use crate::world::{World, at, new_section, write_at};

/// What was not followed, by its name below the section's folder.
fn left_alone(world: &World) -> Vec<(String, String)> {
    let name = |path: &Path| path.strip_prefix(world.media()).unwrap().display().to_string();
    let mut left: Vec<_> =
        world.scan().left_alone.iter().map(|left| (name(&left.path), left.sentence.clone())).collect();
    left.sort();
    left
}

#[test]
fn a_link_into_the_data_folder_or_the_system_is_left_alone_and_told() {
    let world = World::new(SectionKind::Movie);
    world.write("film.mkv", b"film");
    let data = world.library.data_dir().to_owned();
    fs::write(data.join("token"), b"a secret").unwrap();
    write_at(&data.join("blobs/film.mkv"), b"no film", -100);
    for (target, name) in [
        (data.clone(), "data"),
        (data.join("blobs"), "blobs"),
        (data.join("token"), "token.mkv"),
        (PathBuf::from("/proc"), "proc"),
        (PathBuf::from("/proc/self/status"), "status.mkv"),
        // What is behind this one is a folder like any other: that of this test.
        (PathBuf::from("/proc/self/cwd"), "cwd"),
    ] {
        symlink(target, world.media().join(name)).unwrap();
    }
    let told = left_alone(&world);
    let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["blobs", "data", "proc", "status.mkv", "token.mkv"]);
    assert_eq!(told[1].1, "It leads into Butler's own data folder, and is left alone.");
    assert_eq!(told[2].1, "It lies on a file system of the system's own (proc), and is left alone.");
    assert_eq!(world.present(), ["film.mkv"]);
    let checked = check_folder(&world.library, &world.media(), Some(SectionKind::Movie), &mut || false);
    let ignored = checked.unwrap().ignored;
    assert_eq!(ignored.iter().filter(|note| note.sentence.contains("is left alone")).count(), 5);
}

#[test]
fn a_hard_link_to_a_file_of_the_data_folder_is_left_alone_and_told() {
    let world = World::new(SectionKind::Movie);
    world.write("film.mkv", b"film");
    fs::hard_link(world.media().join("film.mkv"), world.media().join("same film.mkv")).unwrap();
    let data = world.library.data_dir().to_owned();
    write_at(&data.join("token"), b"a secret", -100);
    write_at(&data.join("backups/butler.db-2026-11-24"), b"a copy", -100);
    fs::create_dir(world.media().join("Heat")).unwrap();
    for (target, name) in [
        ("token", "Heat/token.mkv"),
        ("butler.db", "butler.mkv"),
        ("butler.db-wal", "log.mkv"),
        ("backups/butler.db-2026-11-24", "copy.mkv"),
    ] {
        fs::hard_link(data.join(target), world.media().join(name)).unwrap();
    }
    let told = left_alone(&world);
    let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Heat/token.mkv", "butler.mkv", "copy.mkv", "log.mkv"]);
    assert!(told.iter().all(|(_, sentence)| sentence.contains("Butler's own data folder")), "{told:?}");
    assert_eq!(world.present(), ["film.mkv", "same film.mkv"]);
}

#[test]
fn links_are_followed_within_the_allowed_roots_and_no_further() {
    let world = World::new(SectionKind::Movie);
    let at_place = |name: &str| world.folder.path().canonicalize().unwrap().join(name);
    write_at(&at_place("shelf/Heat.mkv"), b"heat", -100);
    write_at(&at_place("cellar/Ronin.mkv"), b"ronin", -100);
    symlink(at_place("shelf"), world.media().join("shelf")).unwrap();
    symlink(at_place("cellar"), world.media().join("cellar")).unwrap();
    symlink(at_place("cellar/Ronin.mkv"), world.media().join("Ronin.mkv")).unwrap();
    world.library.allow_roots(vec![world.media(), at_place("shelf")]);
    let told: Vec<_> = left_alone(&world).into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, ["Ronin.mkv", "cellar"]);
    assert_eq!(world.present(), ["shelf/Heat.mkv"]);
    world.library.allow_roots(Vec::new());
    assert_eq!((left_alone(&world), world.present().len()), (Vec::new(), 3));
}

#[test]
fn a_section_that_is_not_allowed_any_more_is_not_read_and_loses_nothing() {
    let world = World::new(SectionKind::Movie);
    world.write("film.mkv", b"film");
    world.scan();
    let section = || world.library.section(world.section).unwrap().unwrap();
    let scanned_at = section().scanned_at;
    assert!(scanned_at.is_some() && world.library.refused_roots(&[section()]).is_empty());
    world.library.allow_roots(vec![world.folder.path().join("elsewhere")]);
    let report = world.scan();
    assert_eq!(section().scanned_at, scanned_at, "nothing was scanned");
    let refused = world.library.refused_roots(&[section()]);
    assert!(refused[&section().roots[0].id].contains("setting ButlerAllowedRoots"), "{refused:?}");
    assert_eq!((report.seen, report.missing, world.present().len()), (0, 0, 1));
    assert!(report.roots_away[0].sentence.contains("under no allowed root"), "{report:?}");
}

#[test]
fn the_systems_own_file_systems_are_no_section_and_no_place_for_backups() {
    let world = World::new(SectionKind::Movie);
    for folder in ["/proc", "/proc/self", "/proc/self/task", "/proc/self/fdinfo"] {
        let folder = Path::new(folder);
        let refused = world.library.add_section(new_section(SectionKind::Movie, &[folder]), at(1));
        assert!(
            matches!(refused, Err(SectionError::Root(RootError::Pseudo { kind: "proc", .. }))),
            "{}: {refused:?}",
            folder.display()
        );
        assert!(matches!(world.library.check_backup_folder(folder), Err(RootError::Pseudo { .. })));
        assert!(matches!(world.library.browse(Some(folder)), Err(RootError::Pseudo { .. })));
    }
    let data = world.library.data_dir();
    assert!(matches!(world.library.browse(Some(data)), Err(RootError::InsideDataFolder(_))));
}

#[test]
fn a_folder_belongs_to_one_section_by_whatever_path() {
    let world = World::new(SectionKind::Movie);
    let name = world.library.sections().unwrap()[0].name.clone();
    let link = world.folder.path().join("link");
    symlink(world.media(), &link).unwrap();
    for path in [world.media(), link.clone(), world.media().join("../media")] {
        let refused = world.library.add_section(new_section(SectionKind::Show, &[&path]), at(1)).unwrap_err();
        assert!(
            matches!(&refused, SectionError::Taken { section, .. } if *section == name),
            "{}: {refused}",
            path.display()
        );
    }
    // Its own folders are no others', also after an edit.
    let edit = SectionEdit { roots: Some(vec![link]), ..SectionEdit::default() };
    world.library.edit_section(world.section, edit, at(2)).unwrap();
}
