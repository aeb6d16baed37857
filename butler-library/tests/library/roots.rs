//! Roots that are away: nothing of theirs is missing, and nothing else waits for them.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use butler_library::{
    ItemKind, OpenMedia, RealFiles, RootThreads, ScanObserver, ScanPhase, ScanProgress, ScanWorld,
    SectionEdit, SectionKind, scan_section,
};

use crate::world::{Watcher, World, at, content, write_at};

fn two_films() -> World {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/film.mkv", b"heat");
    world.write("Ronin (1998)/film.mkv", b"ronin");
    world.scan();
    world
}

#[test]
fn a_vanished_root_removes_nothing() {
    let world = two_films();
    fs::rename(world.media(), world.folder.path().join("unmounted")).unwrap();
    let report = world.scan();
    assert_eq!((report.missing, world.present().len()), (0, 2));
    assert_eq!(report.roots_away.len(), 1);
    assert!(report.roots_away[0].sentence.contains("is not there"), "{}", report.roots_away[0].sentence);
    fs::rename(world.folder.path().join("unmounted"), world.media()).unwrap();
    assert_eq!(world.scan().unchanged, 2);
}

#[test]
fn a_root_that_is_suddenly_empty_removes_nothing() {
    let world = two_films();
    fs::rename(world.media(), world.folder.path().join("unmounted")).unwrap();
    fs::create_dir(world.media()).unwrap();
    fs::create_dir(world.media().join("lost+found")).unwrap();
    let report = world.scan();
    assert_eq!((report.missing, world.present().len()), (0, 2));
    assert!(report.roots_away[0].sentence.contains("empty"), "{}", report.roots_away[0].sentence);
}

#[test]
fn a_root_that_is_a_file_now_removes_nothing() {
    let world = two_films();
    fs::rename(world.media(), world.folder.path().join("unmounted")).unwrap();
    fs::write(world.media(), b"").unwrap();
    assert_eq!((world.scan().roots_away.len(), world.present().len()), (1, 2));
}

#[test]
fn another_root_of_the_section_is_scanned_all_the_same() {
    let world = two_films();
    let second = world.folder.path().join("second");
    write_at(&second.join("a.mkv"), b"a", -100);
    write_at(&second.join("b.mkv"), b"b", -100);
    let edit = SectionEdit { roots: Some(vec![world.media(), second.clone()]), ..SectionEdit::default() };
    world.library.edit_section(world.section, edit, at(1)).unwrap();
    world.scan();
    fs::rename(world.media(), world.folder.path().join("unmounted")).unwrap();
    fs::remove_file(second.join("a.mkv")).unwrap();
    let report = world.scan();
    assert_eq!((report.missing, report.roots_away.len(), world.present().len()), (1, 1, 3));
}

#[test]
fn a_stopped_scan_marks_nothing_missing_and_keeps_what_it_read() {
    let world = two_films();
    world.remove("Heat (1995)/film.mkv");
    for index in 0..5 {
        world.write(format!("new {index}.mkv"), &content(&index.to_string(), 100));
    }
    for stop_in in [ScanPhase::Walking, ScanPhase::Reading] {
        let report = world.scan_with(&mut Watcher { stop_in: Some(stop_in), ..Watcher::default() }, &|_| {});
        assert!(report.stopped);
        assert_eq!(report.missing, 0);
    }
    assert_eq!(world.present().len(), 3, "the film that is gone, the other, and the one that was read");
    let report = world.scan();
    assert_eq!((report.missing, report.added, report.stopped), (1, 4, false));
}

/// Files that hang below one root until they are let go.
struct HungFiles {
    root: PathBuf,
    hang: Mutex<mpsc::Receiver<()>>,
}

impl OpenMedia for HungFiles {
    fn open(&self, path: &Path) -> io::Result<File> {
        if path.starts_with(&self.root) {
            // Ends with the test: its sender is dropped.
            let _let_go = self.hang.lock().unwrap().recv();
        }
        RealFiles.open(path)
    }
}

#[test]
fn a_root_that_hangs_is_away_and_the_others_are_scanned() {
    let world = World::with_threads(SectionKind::Movie, RootThreads::new(Duration::from_secs(3)));
    let second = world.folder.path().join("second");
    world.write("hung.mkv", b"hung");
    world.write("hung too.mkv", b"hung too");
    write_at(&second.join("fine.mkv"), b"fine", -100);
    let edit = SectionEdit { roots: Some(vec![world.media(), second]), ..SectionEdit::default() };
    world.library.edit_section(world.section, edit, at(1)).unwrap();
    let (let_go, hang) = mpsc::channel();
    let files = HungFiles { root: world.media(), hang: Mutex::new(hang) };
    let scan = ScanWorld {
        root_threads: world.library.root_threads(),
        files: Arc::new(files),
        now: &|| at(9),
        settle: &|_| {},
        run: None,
    };
    let report = scan_section(&world.library, world.section, &scan, &mut Watcher::default()).unwrap();
    drop(let_go);
    assert_eq!((report.added, report.roots_away.len()), (1, 1));
    assert!(report.failures.is_empty(), "a root that is away counts against no file");
    assert!(report.roots_away[0].sentence.contains("did not answer"));
}

#[test]
fn links_that_go_round_in_circles_end_and_multiply_nothing() {
    let world = World::new(SectionKind::Movie);
    world.write("a/film.mkv", b"film");
    symlink(world.media(), world.media().join("a/up")).unwrap();
    symlink("../a", world.media().join("a/self")).unwrap();
    symlink("loop", world.media().join("loop")).unwrap();
    symlink(world.folder.path(), world.media().join("above")).unwrap();
    for index in 0..6 {
        for other in 0..6 {
            fs::create_dir_all(world.media().join(format!("bomb/{index}"))).unwrap();
            symlink(format!("../{other}"), world.media().join(format!("bomb/{index}/{other}"))).unwrap();
        }
    }
    let report = world.scan();
    assert_eq!(report.seen, 1);
    assert_eq!(world.present(), ["a/film.mkv"]);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}

#[test]
fn linked_files_and_folders_from_outside_are_followed_once() {
    let world = World::new(SectionKind::Movie);
    let outside = world.folder.path().join("outside");
    write_at(&outside.join("folder/film.mkv"), b"film", -100);
    write_at(&outside.join("single.mkv"), b"single", -100);
    symlink(outside.join("folder"), world.media().join("linked")).unwrap();
    for again in 0..8 {
        symlink(outside.join("folder"), world.media().join(format!("linked {again}"))).unwrap();
    }
    symlink(outside.join("single.mkv"), world.media().join("single.mkv")).unwrap();
    symlink(outside.join("nowhere.mkv"), world.media().join("dangling.mkv")).unwrap();
    let report = world.scan();
    assert_eq!((report.seen, report.added, report.failures.len()), (2, 2, 0));
    assert_eq!(
        world.part("linked/film.mkv").missing_since,
        None,
        "the first of the links by name is followed, however they are listed"
    );
    assert_eq!(world.scan().unchanged, 2);
    // A link whose target's disk is away: it can't be told whether the file is.
    fs::rename(&outside, world.folder.path().join("unmounted")).unwrap();
    let report = world.scan();
    assert_eq!(world.part("single.mkv").missing_since, None, "{report:?}");
}

/// Changes the section's roots in the middle of a scan, as a person may at any moment.
struct Editor<'a> {
    world: &'a World,
    when: ScanPhase,
    roots: Option<Vec<PathBuf>>,
}

impl ScanObserver for Editor<'_> {
    fn progress(&mut self, progress: ScanProgress) {
        if progress.phase == self.when
            && let Some(roots) = self.roots.take()
        {
            let edit = SectionEdit { roots: Some(roots), ..SectionEdit::default() };
            self.world.library.edit_section(self.world.section, edit, at(2)).unwrap();
        }
    }

    fn should_stop(&mut self) -> bool {
        false
    }
}

#[test]
fn a_root_that_is_taken_out_during_its_scan_is_let_go_by_the_next_which_finds_where_its_files_went() {
    for when in [ScanPhase::Walking, ScanPhase::Ending] {
        let world = two_films();
        let before: Vec<_> = world.items(ItemKind::Movie).iter().map(|item| item.id).collect();
        let elsewhere = world.folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        world.write("new.mkv", b"new");
        let mut editor = Editor { world: &world, when, roots: Some(vec![elsewhere.clone()]) };
        let (threads, files) = (world.library.root_threads(), Arc::new(RealFiles));
        let scan = ScanWorld { root_threads: threads, files, now: &|| at(9), settle: &|_| {}, run: None };
        scan_section(&world.library, world.section, &scan, &mut editor).unwrap();
        world.library.assert_sound();
        assert!(world.present().is_empty(), "{:?}", world.present());

        fs::rename(world.media().join("Heat (1995)"), elsewhere.join("Heat (1995)")).unwrap();
        fs::rename(world.media().join("Ronin (1998)"), elsewhere.join("Ronin (1998)")).unwrap();
        assert_eq!(world.scan().moved, 2);
        assert_eq!(world.items(ItemKind::Movie).iter().map(|item| item.id).collect::<Vec<_>>(), before);
    }
}
