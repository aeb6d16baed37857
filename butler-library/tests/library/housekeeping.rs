//! What keeps house: files that nobody needs, files that are gone, and room that is given back. What is away
//! is never taken for gone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use butler_library::{
    GoneFiles, ItemKind, Library, Look, Removal, RootThreads, SectionKind, Stray, backups, digest,
    restore_backup,
};
use butler_product::ProductKind;
use jiff::Timestamp;
use jiff::civil::date;

use crate::kills::kill_child;
use crate::world::{World, at, content, new_section};

const DAY: i64 = 86_400;

/// A world with films, each with a preview.
fn films(names: &[&str]) -> World {
    let world = World::new(SectionKind::Movie);
    for name in names {
        world.write(name, &content(name, 500));
    }
    world.scan();
    for name in names {
        world.make_bif(world.part(name).source);
    }
    world
}

fn ten() -> Vec<String> {
    (1..=10).map(|number| format!("Film {number:02} ({}).mkv", 2000 + number)).collect()
}

fn ten_films() -> World {
    films(&ten().iter().map(String::as_str).collect::<Vec<_>>())
}

fn sql(world: &World, words: &str) {
    rusqlite::Connection::open(world.library.data_dir().join("butler.db"))
        .unwrap()
        .execute_batch(words)
        .unwrap();
}

/// A file among the blobs that an older process wrote and no row knows.
fn stray(library: &Library, name: &str) -> PathBuf {
    let path = library.data_dir().join("blobs").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"12345").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    path
}

fn overdue(library: &Library, noted_before: Timestamp) -> Vec<Stray> {
    library.blob_garbage(noted_before, &mut || false).unwrap().overdue
}

/// What is gone of a world's section, looked for at its root.
fn look(world: &World) -> (GoneFiles, Look) {
    let gone = world.library.gone_files(Some(world.section), Timestamp::MAX).unwrap().remove(0);
    let look = world.library.look_for(&gone, &mut || false).unwrap();
    (gone, look)
}

fn forget_all(world: &World) -> usize {
    match look(world) {
        (gone, Look::There(files)) => world.library.forget_files(gone.section, &files).unwrap().len(),
        (_, other) => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_no_row_knows_is_noted_first_and_goes_only_after_its_time() {
    let world = films(&["a.mkv"]);
    let path = stray(&world.library, "bif/zz/stray.bif");
    let found = world.library.blob_garbage(at(0), &mut || false).unwrap();
    assert_eq!((found.new.len(), found.overdue.len(), found.whole), (1, 0, 1));
    world.library.note_strays(&found.new, at(DAY)).unwrap();
    assert_eq!(overdue(&world.library, at(DAY - 1)), []);
    let overdue = overdue(&world.library, at(DAY));
    assert_eq!(overdue.len(), 1);
    assert_eq!(world.library.remove_stray(&overdue[0]).unwrap(), Removal::Removed);
    assert!(!path.exists());
    assert_eq!(world.library.remove_stray(&overdue[0]).unwrap(), Removal::Gone);
    world.library.assert_sound();
}

#[test]
fn a_file_that_a_row_speaks_of_by_now_or_that_is_new_stays() {
    let world = films(&["a.mkv"]);
    let source = world.part("a.mkv").source;
    let blob = world.library.open_product(source, ProductKind::Bif).unwrap().unwrap().blob;
    let path = world.library.data_dir().join("blobs").join(&blob.name);
    let known =
        Stray { name: (&blob.name).into(), path: path.clone(), bytes: blob.bytes, since: Some(at(0)) };
    assert_eq!(world.library.remove_stray(&known).unwrap(), Removal::Changed);
    sql(&world, "DELETE FROM products WHERE kind = 'bif'");
    // No row speaks of it, and it is younger than this process: its row may be on its way.
    assert_eq!(world.library.remove_stray(&known).unwrap(), Removal::Changed);
    assert!(path.exists());
}

#[test]
fn a_database_that_was_put_back_costs_no_blob_that_a_newer_one_knows() {
    let world = films(&["a.mkv"]);
    let day = date(2026, 11, 24);
    let folder = world.library.backups_folder();
    let make =
        |library: &Library| library.back_up(&folder, day, &mut |_, _| std::ops::ControlFlow::Continue(()));
    make(&world.library).unwrap();
    world.write("b.mkv", &content("b.mkv", 500));
    world.scan();
    let b = world.part("b.mkv").source;
    world.make_bif(b);
    make(&world.library).unwrap();
    let copies: Vec<PathBuf> = backups(&folder).unwrap().into_iter().map(|file| file.path).collect();
    let World { folder: _folder, library, .. } = world;
    let data_dir = library.data_dir().to_owned();
    drop(library);
    let now = date(2026, 11, 25).at(8, 0, 0, 0);
    restore_backup(&data_dir, &copies[1], at(DAY), now).unwrap();
    let library = Library::open(&data_dir).unwrap();
    // As at each start.
    library.check_blobs(None, &|| false).unwrap();
    let found = library.blob_garbage(at(100 * DAY), &mut || false).unwrap();
    assert_eq!((found.new.len(), found.overdue.len()), (1, 0), "however old the file is");
    library.note_strays(&found.new, at(0)).unwrap();
    drop(library);
    restore_backup(&data_dir, &copies[0], at(DAY), now).unwrap();
    let library = Library::open(&data_dir).unwrap();
    assert!(library.open_product(b, ProductKind::Bif).unwrap().is_some());
    assert_eq!(library.blob_garbage(at(100 * DAY), &mut || false).unwrap().whole, 2);
    library.assert_sound();
}

#[test]
fn what_lies_behind_a_link_out_of_the_data_folder_is_never_removed() {
    let world = films(&["a.mkv"]);
    let (kind, elsewhere) =
        (world.library.data_dir().join("blobs/bif"), world.folder.path().join("elsewhere"));
    fs::rename(&kind, &elsewhere).unwrap();
    symlink(elsewhere.canonicalize().unwrap(), &kind).unwrap();
    let path = stray(&world.library, "bif/zz/stray.bif");
    let found = world.library.blob_garbage(Timestamp::MAX, &mut || false).unwrap();
    assert_eq!((found.new.len(), found.behind_links, found.whole), (0, 1, 1));
    let by_name = Stray { name: "bif/zz/stray.bif".into(), path: path.clone(), bytes: 5, since: Some(at(0)) };
    assert!(world.library.remove_stray(&by_name).is_err());
    assert!(path.exists());
}

#[test]
fn a_folder_of_blobs_that_is_empty_or_on_another_disk_is_away_and_one_with_its_files_is_not() {
    let world = films(&["a.mkv", "b.mkv"]);
    let library = &world.library;
    library.note_blob_folders().unwrap();
    assert_eq!(library.blobs_away().unwrap(), None);
    // A restart of the machine may give the disk another number.
    sql(&world, "UPDATE blob_folders SET dev = dev + 1");
    assert_eq!(library.blobs_away().unwrap(), None);
    // Another disk in its place, with other files.
    let (kind, elsewhere) = (library.data_dir().join("blobs/bif"), world.folder.path().join("elsewhere"));
    fs::rename(&kind, &elsewhere).unwrap();
    fs::create_dir(&kind).unwrap();
    fs::write(kind.join("other"), b"").unwrap();
    let away = library.blobs_away().unwrap().unwrap();
    assert!(away.contains("on another disk") && away.contains("mount it"), "{away}");
    fs::remove_file(kind.join("other")).unwrap();
    assert!(library.blobs_away().unwrap().is_some(), "it is empty");
    let check = library.check_blobs(None, &|| false).unwrap();
    assert!(check.is_away && check.lost == 0, "{check:?}");
    fs::remove_dir(&kind).unwrap();
    fs::rename(&elsewhere, &kind).unwrap();
    assert_eq!(library.check_blobs(None, &|| false).unwrap().whole, 2);
}

#[test]
fn a_film_that_is_gone_leaves_its_library_and_what_was_made_of_it_waits_for_its_return() {
    let world = ten_films();
    let name = &ten()[0];
    let source = world.part(name).source;
    world.remove(name);
    world.scan();
    let missing_at = at(world.clock.get());
    assert_eq!(forget_all(&world), 1);
    world.library.assert_sound();
    assert_eq!(world.items(ItemKind::Movie).len(), 9);
    assert!(world.library.open_product(source, ProductKind::Bif).unwrap().is_some());
    let orphans = world.library.orphans(missing_at).unwrap();
    assert_eq!((orphans.overdue.len(), orphans.overdue[0].products, orphans.overdue[0].bytes), (1, 1, 8));
    assert_eq!(world.library.orphans(missing_at - Duration::from_secs(1)).unwrap().waiting, 1);

    // It comes back under another name: all of it is there at once, and it is nobody's orphan.
    world.write("Back (1999).mkv", &content(name, 500));
    world.scan();
    assert_eq!(world.part("Back (1999).mkv").source, source);
    assert!(!world.library.remove_orphan(source, Timestamp::MAX).unwrap());
    world.library.note_orphans(&[], at(0)).unwrap();
    assert_eq!(world.library.orphans(Timestamp::MAX).unwrap(), butler_library::Orphans::default());

    // It goes for good.
    world.remove("Back (1999).mkv");
    world.scan();
    assert_eq!(forget_all(&world), 1);
    assert!(world.library.remove_orphan(source, Timestamp::MAX).unwrap());
    assert!(world.library.open_product(source, ProductKind::Bif).unwrap().is_none());
    world.library.assert_sound();
    let found = world.library.blob_garbage(at(0), &mut || false).unwrap();
    assert_eq!((found.new.len(), found.whole), (1, 9), "its blob is nobody's now");
}

#[test]
fn what_was_made_of_the_files_of_a_section_that_is_removed_is_noted_and_kept_for_its_time() {
    let world = films(&["a.mkv", "b.mkv"]);
    world.library.remove_section(world.section).unwrap();
    let found = world.library.orphans(Timestamp::MAX).unwrap();
    assert_eq!((found.new.len(), found.overdue.len()), (2, 0));
    world.library.note_orphans(&found.new, at(0)).unwrap();
    assert_eq!(world.library.orphans(at(-1)).unwrap().waiting, 2);
    assert_eq!(world.library.orphans(at(0)).unwrap().overdue.len(), 2);
    world.library.assert_sound();
}

#[test]
fn an_episode_takes_its_season_and_show_along_only_if_nothing_else_is_in_them() {
    let world = World::new(SectionKind::Show);
    let one = "Show/Season 1/Show S01E01.mkv";
    for name in [one, "Show/Season 2/Show S02E01.mkv", "Show/Season 2/Show S02E02.mkv"] {
        world.write(name, &content(name, 500));
    }
    world.scan();
    world.remove(one);
    world.scan();
    assert_eq!(forget_all(&world), 1);
    world.library.assert_sound();
    let left = [ItemKind::Show, ItemKind::Season, ItemKind::Episode].map(|kind| world.items(kind).len());
    assert_eq!(left, [1, 1, 2]);
}

#[test]
fn a_root_that_is_gone_empty_or_another_disk_is_away_and_nothing_of_it_is_forgotten() {
    let world = ten_films();
    world.remove(&ten()[0]);
    world.scan();
    let (media, elsewhere) = (world.media(), world.folder.path().join("elsewhere"));
    fs::rename(&media, &elsewhere).unwrap();
    let is_away = |why: &str| match look(&world).1 {
        Look::Away(sentence) => assert!(sentence.contains(why), "{sentence}"),
        other => panic!("{other:?}"),
    };
    is_away("can't be read");
    fs::create_dir(&media).unwrap();
    is_away("is empty");
    // Another disk, on which none of the films is.
    fs::write(media.join("other.mkv"), b"other").unwrap();
    is_away("on another disk");
    fs::remove_dir_all(&media).unwrap();
    fs::rename(&elsewhere, &media).unwrap();
    // The films are there, on a disk of another number: a copy perhaps. The next scan tells.
    sql(&world, "UPDATE parts SET dev = dev + 1");
    is_away("on another disk");
    sql(&world, "UPDATE parts SET dev = dev - 1");
    assert!(matches!(look(&world).1, Look::There(files) if files.len() == 1));
    world.library.assert_sound();
}

#[test]
fn a_root_of_which_every_file_is_gone_is_there_only_while_it_holds_something_on_its_disk() {
    let world = films(&["a.mkv"]);
    fs::write(world.media().join("notes.txt"), b"").unwrap();
    world.remove("a.mkv");
    world.scan();
    sql(&world, "UPDATE parts SET dev = dev + 1");
    assert!(matches!(look(&world).1, Look::Away(_)));
    sql(&world, "UPDATE parts SET dev = dev - 1");
    assert!(matches!(look(&world).1, Look::There(files) if files.len() == 1));
}

#[test]
fn files_below_the_empty_place_of_another_disk_are_not_gone() {
    let world = ten_films();
    world.write("disk/Far (1980).mkv", &content("far", 500));
    world.scan();
    world.remove("disk/Far (1980).mkv");
    world.scan();
    sql(&world, "UPDATE parts SET dev = dev + 1 WHERE missing_since IS NOT NULL");
    assert!(matches!(look(&world).1, Look::There(files) if files.is_empty()), "it may be a place to mount");
    fs::write(world.media().join("disk/notes.txt"), b"").unwrap();
    assert!(matches!(look(&world).1, Look::There(files) if files.len() == 1));
}

#[test]
fn a_file_that_is_back_since_the_look_is_not_forgotten() {
    let world = ten_films();
    let name = &ten()[0];
    world.remove(name);
    world.scan();
    let (gone, found) = look(&world);
    let Look::There(files) = found else { panic!("{found:?}") };
    let (before, other) = (digest(&files), digest(&[]));
    assert_ne!(before, other);
    world.write(name, &content(name, 500));
    assert!(matches!(look(&world).1, Look::There(files) if files.is_empty()), "before any scan saw it");
    world.scan();
    assert_eq!(world.library.forget_files(gone.section, &files).unwrap(), []);
    assert_eq!(world.items(ItemKind::Movie).len(), 10);
}

/// Fills the database with some 8 MB and frees most of it.
fn make_room(library: &Library) {
    for number in 0..80 {
        let value = Some("x".repeat(100_000));
        library.set_settings(vec![(format!("filling-{number}"), value)]).unwrap();
    }
    for number in 0..80 {
        library.set_settings(vec![(format!("filling-{number}"), None)]).unwrap();
    }
}

#[test]
fn room_is_given_back_in_steps_while_others_write() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    make_room(&library);
    let before = library.database_room().unwrap();
    assert!(before.can_shrink && before.free_pages > 1_000, "{before:?}");
    let (is_over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let compacted = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                let number = written.fetch_add(1, Ordering::SeqCst).to_string();
                library.set_settings(vec![("meanwhile".into(), Some(number))]).unwrap();
            }
        });
        let mut seen = 0;
        let compacted = library.compact(&mut |_, _| {
            // Each step waits for a write that came after the one before.
            while written.load(Ordering::SeqCst) <= seen {
                std::thread::yield_now();
            }
            seen = written.load(Ordering::SeqCst);
            false
        });
        is_over.store(true, Ordering::SeqCst);
        compacted.unwrap()
    });
    let after = library.database_room().unwrap();
    assert!(compacted.steps > 10 && !compacted.is_cut, "{compacted:?}");
    assert!(
        compacted.bytes_won > 1_000 * before.page_bytes && after.free_pages < 100,
        "{compacted:?} {after:?}"
    );
    library.check_database(&mut || false).unwrap();
    library.assert_sound();

    make_room(&library);
    let mut steps = 0;
    let cut = library.compact(&mut |_, _| {
        steps += 1;
        steps > 2
    });
    assert!(cut.unwrap().is_cut && library.database_room().unwrap().free_pages > 0);
}

const CHILD: &str = "BUTLER_TEST_KEEP_HOUSE_IN";

/// Keeps house over and over: makes room and gives it back, forgets and removes. Only a child process does.
#[test]
fn child_that_keeps_house() {
    let Ok(data_dir) = std::env::var(CHILD) else { return };
    let library = Library::open(Path::new(&data_dir)).unwrap();
    println!("ready");
    loop {
        for gone in library.gone_files(None, Timestamp::MAX).unwrap() {
            if let Look::There(files) = library.look_for(&gone, &mut || false).unwrap() {
                library.forget_files(gone.section, &files[..1.min(files.len())]).unwrap();
            }
        }
        for orphan in library.orphans(Timestamp::MAX).unwrap().overdue.iter().take(1) {
            library.remove_orphan(orphan.source, Timestamp::MAX).unwrap();
        }
        let garbage = library.blob_garbage(Timestamp::MAX, &mut || false).unwrap();
        library.note_strays(&garbage.new, at(0)).unwrap();
        garbage.overdue.iter().for_each(|stray| _ = library.remove_stray(stray).unwrap());
        make_room(&library);
        library.compact(&mut |_, _| false).unwrap();
    }
}

#[test]
fn a_kill_at_any_moment_of_keeping_house_leaves_a_sound_library() {
    let world = ten_films();
    ten().iter().skip(1).for_each(|name| world.remove(name));
    world.scan();
    let World { folder, library, .. } = world;
    let data_dir = library.data_dir().to_owned();
    drop(library);
    for moment in 0..12u64 {
        let delay = Duration::from_millis(3 + moment * moment * 5);
        kill_child("housekeeping::child_that_keeps_house", CHILD, &data_dir, delay);
        Library::open(&data_dir).unwrap().assert_sound();
    }
    drop(folder);
}

const MOUNTS: &str = "BUTLER_TEST_MOUNTS_IN";

fn mount(arguments: &[&str]) {
    let (command, arguments) = arguments.split_first().unwrap();
    assert!(butler_fixtures::command(command).args(arguments).status().unwrap().success(), "{arguments:?}");
}

/// Only a child process does, which has mounts of its own.
#[test]
fn child_with_mounts_of_its_own() {
    let Ok(folder) = std::env::var(MOUNTS) else { return };
    let folder = Path::new(&folder);
    let media = folder.join("media");
    fs::create_dir(&media).unwrap();
    let tmpfs = |at: &Path, size: &str| {
        mount(&["mount", "-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", at.to_str().unwrap()]);
    };
    tmpfs(&media, "8m");
    let library = Library::open_with(&folder.join("data"), RootThreads::default()).unwrap();
    let section = library.add_section(new_section(SectionKind::Movie, &[&media]), at(0)).unwrap();
    let world = World::over(library, section);
    for name in ten() {
        crate::world::write_at(&media.join(&name), &content(&name, 500), -3_600);
    }
    world.scan();
    fs::remove_file(media.join(&ten()[0])).unwrap();
    world.scan();
    assert!(matches!(look(&world).1, Look::There(files) if files.len() == 1));
    // The disk goes, and another comes in its place, with a file; then the disk is back.
    let kept = folder.join("kept");
    fs::create_dir(&kept).unwrap();
    mount(&["mount", "--move", media.to_str().unwrap(), kept.to_str().unwrap()]);
    assert!(matches!(look(&world).1, Look::Away(why) if why.contains("is empty")));
    tmpfs(&media, "1m");
    fs::write(media.join("lost+found"), b"").unwrap();
    assert!(matches!(look(&world).1, Look::Away(why) if why.contains("on another disk")));
    mount(&["umount", media.to_str().unwrap()]);
    mount(&["mount", "--move", kept.to_str().unwrap(), media.to_str().unwrap()]);
    assert_eq!(forget_all(&world), 1);
    world.library.assert_sound();

    // A data folder that fills up in the middle.
    let small = folder.join("small");
    fs::create_dir(&small).unwrap();
    tmpfs(&small, "24m");
    let library = Library::open(&small.join("data")).unwrap();
    make_room(&library);
    let filler = fs::File::create(small.join("filler")).unwrap();
    let mut steps = 0;
    let full = library.compact(&mut |_, _| {
        steps += 1;
        if steps == 3 {
            let mut size = 1 << 20;
            while size > 4_096 {
                let end = filler.metadata().unwrap().len();
                if rustix::fs::fallocate(&filler, rustix::fs::FallocateFlags::empty(), end, size).is_err() {
                    size /= 2;
                }
            }
        }
        false
    });
    drop(filler);
    fs::remove_file(small.join("filler")).unwrap();
    println!("a full disk: {full:?}");
    drop(library);
    let library = Library::open(&small.join("data")).unwrap();
    library.check_database(&mut || false).unwrap();
    library.compact(&mut |_, _| false).unwrap();
    library.assert_sound();
}

#[test]
fn real_mounts_that_go_come_back_and_fill_up_cost_nothing() {
    let folder = butler_fixtures::tempdir().unwrap();
    let own_mounts = |arguments: &[&str]| {
        let mut command = butler_fixtures::command("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--propagation", "private"]).args(arguments);
        command
    };
    let able = own_mounts(&["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output().unwrap();
    if !able.status.success() {
        eprintln!("left out: it needs mounts of its own ({})", String::from_utf8_lossy(&able.stderr));
        return;
    }
    let this = std::env::current_exe().unwrap();
    let child = own_mounts(&[
        this.to_str().unwrap(),
        "--exact",
        "housekeeping::child_with_mounts_of_its_own",
        "--nocapture",
    ])
    .env(MOUNTS, folder.path())
    .output()
    .unwrap();
    let words = [child.stdout, child.stderr].concat();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&words));
}
