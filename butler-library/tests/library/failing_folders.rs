//! What can't be read is an error on the report, not its end, and nothing below it is missing.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use butler_library::{OpenMedia, SectionKind};
use rustix::fs::{CWD, FileType, Mode};
use rustix::thread::CapabilitySet;

use crate::world::{World, write_at};

/// Runs on a thread that permission bits bind even if the tests run as root: capabilities are a thread's own,
/// and the threads it starts have no more.
pub(crate) fn as_nobody_special(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let mut sets = rustix::thread::capabilities(None).unwrap();
        sets.effective.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
        sets.permitted.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
        rustix::thread::set_capabilities(None, sets).unwrap();
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn set_mode(world: &World, path: &str, mode: u32) {
    fs::set_permissions(world.media().join(path), Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_unreadable_folder_is_a_failure_and_nothing_below_it_is_missing() {
    as_nobody_special(|| {
        let world = World::new(SectionKind::Movie);
        world.write("locked/deep/film.mkv", b"film");
        world.write("open/film.mkv", b"other");
        world.scan();
        set_mode(&world, "locked", 0);
        world.remove("open/film.mkv");
        let report = world.scan();
        set_mode(&world, "locked", 0o755);
        assert_eq!((report.missing, report.roots_away.len()), (1, 0), "the file that is gone, and no other");
        assert_eq!(world.present(), ["locked/deep/film.mkv"]);
        let failures = world.library.failures(0, 10).unwrap().rows;
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].path, world.media().join("locked"));
        assert_eq!(failures[0].sentence, "Butler may not read this folder: give its user the right to.");
        assert_eq!((failures[0].part, failures[0].kind), (None, None));

        world.scan();
        assert_eq!(world.library.failures(0, 10).unwrap().total, 0, "what reads again is listed no more");
    });
}

#[test]
fn an_unreadable_file_is_a_failure_of_its_own() {
    as_nobody_special(|| {
        let world = World::new(SectionKind::Movie);
        world.write("locked.mkv", b"film");
        world.write("open.mkv", b"other");
        set_mode(&world, "locked.mkv", 0);
        let report = world.scan();
        assert_eq!((report.added, report.failures.len()), (1, 1));
        assert_eq!(world.present(), ["open.mkv"]);
        set_mode(&world, "locked.mkv", 0o644);
        assert_eq!(world.scan().added, 1);
        assert_eq!(world.library.failures(0, 10).unwrap().total, 0);
    });
}

#[test]
fn what_lies_behind_a_link_that_may_not_be_followed_is_not_missing() {
    as_nobody_special(|| {
        let world = World::new(SectionKind::Movie);
        let outside = world.folder.path().join("private");
        write_at(&outside.join("films/film.mkv"), b"film", -100);
        world.write("open/film.mkv", b"other");
        symlink(outside.join("films"), world.media().join("linked")).unwrap();
        world.scan();
        fs::set_permissions(&outside, Permissions::from_mode(0o0)).unwrap();
        let report = world.scan();
        fs::set_permissions(&outside, Permissions::from_mode(0o755)).unwrap();
        assert_eq!((report.missing, report.failures.len()), (0, 1), "{report:?}");
        assert_eq!(world.present().len(), 2);
    });
}

#[test]
fn an_unreadable_root_removes_nothing() {
    as_nobody_special(|| {
        let world = World::new(SectionKind::Movie);
        world.write("film.mkv", b"film");
        world.scan();
        set_mode(&world, "", 0);
        let report = world.scan();
        set_mode(&world, "", 0o755);
        assert_eq!((report.missing, report.roots_away.len(), world.present().len()), (0, 1, 1));
    });
}

#[test]
fn a_pipe_with_a_film_s_name_is_not_opened() {
    let world = World::new(SectionKind::Movie);
    world.write("real.mkv", b"film");
    rustix::fs::mknodat(CWD, world.media().join("film.mkv"), FileType::Fifo, Mode::from_raw_mode(0o644), 0)
        .unwrap();
    fs::create_dir(world.media().join("folder.mkv")).unwrap();
    let report = world.scan();
    assert_eq!((report.seen, report.added, report.failures.len()), (1, 1, 0));
    assert_eq!(world.files.take(), [world.media().join("real.mkv")]);
    assert!(world.files.open(&world.media().join("film.mkv")).is_err());
}

#[test]
fn empty_files_are_parts_like_others() {
    let world = World::new(SectionKind::Movie);
    world.write("empty.mkv", b"");
    assert_eq!(world.scan().added, 1);
    assert_eq!(world.part("empty.mkv").size, 0);
}
