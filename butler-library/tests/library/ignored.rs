//! What a person told scans to leave alone is left alone, and what a scan finds does not hang on which thread
//! is first.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use butler_library::SectionKind;

use crate::failing_folders::as_nobody_special;
use crate::world::{World, content, write_at};

#[test]
fn ignore_files_hold_for_their_folder_and_all_below() {
    let world = World::new(SectionKind::Movie);
    for path in [
        "Heat (1995)/Heat.mkv",
        "Heat (1995)/Extras/interview.mkv",
        "Heat (1995)/Heat.sample.mkv",
        "Ronin (1998)/Ronin.mkv",
        "Ronin (1998)/deep/down/Ronin.sample.mkv",
        "Ronin (1998)/old/a.avi",
        "Old/a.mkv",
        "Old/deep/b.mkv",
        "Phone/c.mkv",
        "Phone/deep/d.mkv",
        "Git/keep.mkv",
        "Git/drop.mkv",
        "Git/deep/drop too.mkv",
        "@eaDir/e.mkv",
        "Film.trickplay/f.mkv",
        ".hidden/g.mkv",
    ] {
        world.write(path, &content(path, 100));
    }
    fs::write(world.media().join(".plexignore"), "# Not for the library\n*.sample.mkv\nHeat*/Extras/*\n")
        .unwrap();
    fs::write(world.media().join("Ronin (1998)/.plexignore"), "old/*.avi\n").unwrap();
    fs::write(world.media().join("Old/.ignore"), "").unwrap();
    fs::write(world.media().join("Phone/.nomedia"), "anything").unwrap();
    fs::write(world.media().join("Git/.ignore"), "*.mkv\n!keep.mkv\n").unwrap();
    assert_eq!(world.scan().seen, 3);
    assert_eq!(world.present(), ["Git/keep.mkv", "Heat (1995)/Heat.mkv", "Ronin (1998)/Ronin.mkv"]);

    // One that is taken back brings its files.
    fs::remove_file(world.media().join("Old/.ignore")).unwrap();
    assert_eq!(world.scan().added, 2);
    // And one that comes takes out what is known.
    fs::write(world.media().join("Old/.ignore"), "deep/\n").unwrap();
    assert_eq!(world.scan().missing, 1);
    assert_eq!(world.part("Old/a.mkv").missing_since, None);
}

#[test]
fn a_section_that_is_ignored_as_a_whole_is_not_taken_for_an_unmounted_disk() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat.mkv", b"heat");
    world.scan();
    fs::write(world.media().join(".nomedia"), "").unwrap();
    fs::remove_dir_all(world.media().join("Heat (1995)")).unwrap();
    let report = world.scan();
    assert_eq!((report.missing, report.roots_away.len()), (1, 0));
}

#[test]
fn of_a_folder_whose_ignore_file_can_t_be_read_nothing_is_said() {
    as_nobody_special(|| {
        let world = World::new(SectionKind::Movie);
        world.write("shelf/deep/film.mkv", b"film");
        world.write("other.mkv", b"other");
        world.scan();
        let rules = world.media().join("shelf/.plexignore");
        fs::write(&rules, "*.avi\n").unwrap();
        fs::set_permissions(&rules, Permissions::from_mode(0o0)).unwrap();
        world.write("shelf/new.avi", b"new");
        let report = world.scan();
        assert_eq!((report.missing, report.added, report.failures.len()), (0, 0, 1));
        let failures = world.library.failures(0, 10).unwrap().rows;
        assert_eq!(
            failures[0].sentence,
            "Butler may not read this folder's ignore file: give its user the right to."
        );

        // The same at the root's own level.
        fs::rename(&rules, world.media().join(".ignore")).unwrap();
        let report = world.scan();
        assert_eq!(
            (report.missing, report.added, report.roots_away.len(), report.failures.len()),
            (0, 0, 0, 1)
        );
        assert_eq!(world.present().len(), 2);
    });
}

#[test]
fn a_link_leads_to_an_ignore_file_and_a_pipe_of_that_name_to_nothing() {
    let world = World::new(SectionKind::Movie);
    world.write("linked/a.avi", b"a");
    world.write("linked/a.mkv", b"b");
    world.write("pipe/a.avi", b"c");
    write_at(&world.folder.path().join("rules"), b"*.avi", -100);
    symlink(world.folder.path().join("rules"), world.media().join("linked/.ignore")).unwrap();
    let pipe = world.media().join("pipe/.plexignore");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    world.scan();
    assert_eq!(world.present(), ["linked/a.mkv", "pipe/a.avi"]);
}

#[test]
fn two_scans_of_one_tree_give_the_same_parts_under_the_same_ids() {
    let worlds = [World::new(SectionKind::Movie), World::new(SectionKind::Movie)];
    let found = worlds.map(|world| {
        for folder in 0..12 {
            // More files than one thread looks at in one go, and links among them.
            for file in 0..[3, 150][folder % 2] {
                let name = format!("Shelf {folder}/Film {file} (2000).mkv");
                world.write(&name, name.as_bytes());
            }
            symlink(
                format!("../Shelf {}", (folder + 5) % 12),
                world.media().join(format!("Shelf {folder}/next")),
            )
            .unwrap();
            symlink(world.folder.path().join("outside"), world.media().join(format!("Shelf {folder}/out")))
                .unwrap();
        }
        write_at(&world.folder.path().join("outside/deep/Film (1999).mkv"), b"outside", -100);
        symlink(".", world.folder.path().join("outside/deep/round")).unwrap();
        let report = world.scan();
        assert_eq!((report.seen, report.added, report.failures.len()), (6 * 153 + 1, 6 * 153 + 1, 0));
        let mut parts: Vec<_> =
            world.parts().into_iter().map(|(path, part)| (path, part.id, part.source)).collect();
        parts.sort();
        parts
    });
    assert_eq!(found[0], found[1]);
    assert!(
        found[0].iter().any(|(path, ..)| path == "Shelf 0/out/deep/Film (1999).mkv"),
        "the first of the links by path is followed"
    );
}
