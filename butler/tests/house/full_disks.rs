//! A disk that fills up in the middle of each: what was there stays as it was, no half file is left under a
//! name that counts, the run says so, and with room again it is done.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use butler_fixtures::{Server, Signal, SmallDisk, send};
use serde_json::Value;

use super::kills::{all_gone, anew};
use super::{
    LATER, assert_sound, completed, count, counted, database, empty_trash, ended, forced, held_at,
    make_free_pages, names, of_day, old_file, on_folder, said, stage, unreadable_films, until_in_the_middle,
};

/// A server whose data are on the disk; its log is not.
fn server_on(disk: &SmallDisk) -> Server {
    let log = File::options().append(true).create(true).open(disk.path().with_extension("log")).unwrap();
    let started = Server::start_by(super::butler(), &disk.path().join("data"), |command| {
        command.stderr(log).arg("--no-log-file");
    });
    started.unwrap()
}

/// The same by a driven clock, two months after a data folder of `all_gone` was laid.
fn server_later(disk: &SmallDisk) -> Server {
    let log = File::options().append(true).create(true).open(disk.path().with_extension("log")).unwrap();
    let started = Server::start_by(super::butler(), &disk.path().join("data"), |command| {
        command.stderr(log).args(["--no-log-file", "--drive-clock", LATER]).env("TZ", "UTC");
    });
    started.unwrap()
}

/// What can't be compressed.
fn noise(path: &Path, bytes: u64) {
    let mut random = File::open("/dev/urandom").unwrap().take(bytes);
    std::io::copy(&mut random, &mut File::create(path).unwrap()).unwrap();
}

fn free_bytes(disk: &SmallDisk) -> u64 {
    let free = rustix::fs::statvfs(disk.path()).unwrap();
    free.f_bavail * free.f_frsize
}

#[test]
fn a_backup_whose_disk_fills_up_leaves_the_earlier_ones_and_is_made_with_room_again() {
    let Some(disk) = SmallDisk::if_possible(96 << 20).unwrap() else { return };
    let stage = stage();
    let data = stage.data_dir();
    let server = stage.server().unwrap();
    let folder = disk.path().join("copies");
    fs::create_dir(&folder).unwrap();
    let setting = format!("/api/v1/settings?ButlerDatabaseBackupPath={}", folder.display());
    assert_eq!(server.put(&setting).unwrap().status, 200);
    completed(&server, "BackupDatabase");
    of_day(&folder.join(&names(&folder)[0]), "2001-01-01");
    let earlier = names(&folder);
    server.stop(Signal::TERM).unwrap();
    make_free_pages(&data, 40);
    let server = stage.server().unwrap();
    let draft = || -> Option<u64> {
        let name = names(&folder).into_iter().find(|name| name.starts_with(".butler.db.part-"))?;
        fs::metadata(folder.join(name)).ok().map(|draft| draft.len())
    };
    let has_come = || draft().is_some_and(|bytes| bytes > 2 << 20);
    let run = until_in_the_middle(|| {
        let before = names(&folder).into_iter().filter(|name| name.starts_with("butler.db-")).count();
        let run = forced(&server, "BackupDatabase");
        let is_over = || {
            let now = names(&folder).into_iter().filter(|name| name.starts_with("butler.db-")).count();
            now > before || draft().is_some_and(|bytes| bytes > 30 << 20)
        };
        if held_at(server.pid(), has_come, is_over) {
            disk.fill().unwrap();
            send(server.pid(), Signal::CONT).unwrap();
            return Some(run);
        }
        ended(&server, &run);
        // It was over too soon: as if it had not been.
        let news = names(&folder).into_iter().filter(|name| !earlier.contains(name));
        news.for_each(|name| fs::remove_file(folder.join(name)).unwrap());
        None
    });
    let run = ended(&server, &run);
    let reason = run["reason"].as_str().unwrap();
    assert!(run["state"] == "failed" && reason.contains("No backup was made"), "{run:#}");
    assert!(reason.contains("full") || reason.contains("No space"), "{reason}");
    assert_eq!(names(&folder), earlier, "no half file, and all that was there");
    // With no room from the beginning it is known before anything is written.
    let run = ended(&server, &forced(&server, "BackupDatabase"));
    assert!(run["reason"].as_str().unwrap().contains("make room"), "{run:#}");
    disk.make_room().unwrap();
    completed(&server, "BackupDatabase");
    let (code, words) = on_folder(&data, &["backup", "verify", "--folder", folder.to_str().unwrap()]);
    assert_eq!((code, names(&folder).len()), (Some(0), 2), "{words}");
}

#[test]
fn a_restore_whose_disk_fills_up_leaves_the_database_and_takes_no_room() {
    let Some(disk) = SmallDisk::if_possible(96 << 20).unwrap() else { return };
    let stage = stage();
    let data = disk.path().join("data");
    server_on(&disk).stop(Signal::TERM).unwrap();
    make_free_pages(&data, 28);
    let server = server_on(&disk);
    let folder = stage.spare_dir().join("copies");
    fs::create_dir(&folder).unwrap();
    let setting = format!("/api/v1/settings?ButlerDatabaseBackupPath={}", folder.display());
    assert_eq!(server.put(&setting).unwrap().status, 200);
    completed(&server, "BackupDatabase");
    let copy = folder.join(&names(&folder)[0]);
    fs::create_dir_all(stage.folders.movies()).unwrap();
    server.add_section("movie", "After", &stage.folders.movies()).unwrap();
    server.stop(Signal::TERM).unwrap();
    // Room for half of it.
    let half = fs::metadata(&copy).unwrap().len() / 2;
    noise(&disk.path().join("filling"), free_bytes(&disk).saturating_sub(half));
    let before = free_bytes(&disk);
    let (code, words) = on_folder(&data, &["backup", "restore", copy.to_str().unwrap()]);
    assert!(code == Some(1) && words.contains("Nothing was restored"), "{words}");
    assert!(!data.join("staging/restored.db").exists());
    assert!(free_bytes(&disk) + (1 << 20) > before, "the half copy takes no room");
    assert_sound(&data);
    fs::remove_file(disk.path().join("filling")).unwrap();
    let server = server_on(&disk);
    assert_eq!(server.butler_json(&["sections", "list"]).unwrap()[0]["name"], "After");
    server.stop(Signal::TERM).unwrap();
    let (code, words) = on_folder(&data, &["backup", "restore", copy.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{words}");
    assert_sound(&data);
}

#[test]
fn a_database_that_gives_back_its_room_on_a_disk_that_fills_up_loses_nothing() {
    let Some(disk) = SmallDisk::if_possible(128 << 20).unwrap() else { return };
    let data = disk.path().join("data");
    server_on(&disk).stop(Signal::TERM).unwrap();
    let run = until_in_the_middle(|| {
        make_free_pages(&data, 40);
        let server = server_on(&disk);
        let seen = database(&data);
        let free = || seen.query_row("PRAGMA freelist_count", [], |row| row.get::<_, u64>(0)).unwrap();
        let all = free();
        let run = forced(&server, "OptimizeDatabase");
        if held_at(server.pid(), || free() < all, || free() < all / 10) {
            disk.fill().unwrap();
            send(server.pid(), Signal::CONT).unwrap();
            return Some((server, run));
        }
        ended(&server, &run);
        server.stop(Signal::TERM).unwrap();
        None
    });
    let (server, run) = run;
    // What it gives back makes room by itself; until then it may find none.
    let run = ended(&server, &run);
    let reason = run["reason"].as_str().unwrap_or_default();
    assert!(run["state"] == "completed" || (run["state"] == "failed" && reason.contains("full")), "{run:#}");
    disk.make_room().unwrap();
    completed(&server, "OptimizeDatabase");
    server.stop(Signal::TERM).unwrap();
    assert_sound(&data);
    assert!(fs::metadata(data.join("butler.db")).unwrap().len() < 8 << 20);
}

#[test]
fn a_log_that_finds_no_room_to_be_compressed_stays_and_is_compressed_with_room_again() {
    let Some(disk) = SmallDisk::if_possible(64 << 20).unwrap() else { return };
    let task = "ButlerTaskCleanSupplementalLogFiles";
    let server = server_on(&disk);
    let logs = disk.path().join("data/logs");
    let log = logs.join("butler.log-2026-11-01");
    noise(&log, free_bytes(&disk) * 6 / 10);
    let content = fs::read(&log).unwrap();
    let run = completed(&server, task);
    assert_eq!((&run["failures"], counted(&run, "compressed")), (&1.into(), 0), "{run:#}");
    let (_, words) = said(&server, &["runs", &run["id"].to_string()]);
    assert!(words.contains("This log file can't be compressed"), "{words}");
    assert!(fs::read(&log).unwrap() == content);
    assert!(names(&logs).iter().all(|name| !name.starts_with(".part-")), "{:?}", names(&logs));
    File::options().write(true).open(&log).unwrap().set_len(1 << 20).unwrap();
    let run = completed(&server, task);
    assert_eq!((&run["failures"], counted(&run, "compressed")), (&0.into(), 1), "{run:#}");
    assert!(!log.exists() && logs.join("butler.log-2026-11-01.gz").exists());
}

#[test]
fn clean_ups_on_a_disk_that_is_full_do_nothing_by_halves_and_all_of_it_with_room_again() {
    let Some(disk) = SmallDisk::if_possible(48 << 20).unwrap() else { return };
    let stage = stage();
    let server = server_on(&disk);
    let data = disk.path().join("data");
    let files = unreadable_films(&stage.folders.movies(), 300);
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    files[1..].iter().for_each(|file| fs::remove_file(file).unwrap());
    completed(&server, "RefreshLibraries");
    assert_eq!(server.put("/api/v1/settings?ButlerBlobGraceDays=0").unwrap().status, 200);
    // It has noted by then on which disk the blobs lie.
    old_file(&data.join("blobs/bif/zz/first.bif"), b"");
    completed(&server, "GarbageCollectBlobs");
    (0..20).for_each(|number| old_file(&data.join(format!("blobs/bif/zz/{number}.bif")), b""));
    (0..20).for_each(|number| old_file(&data.join(format!("cache/{number}")), b""));
    disk.fill().unwrap();
    // Also the room that the database has within its own files.
    let is_refused = |hour: u32| {
        let answer = server.put(&format!("/api/v1/settings?ButlerStartHour={}", hour % 2)).unwrap();
        answer.status == 507
    };
    assert!((0..10_000).any(is_refused), "there is room without end");
    let run = ended(&server, &empty_trash(&server, &section));
    let left = server.parts(&section).unwrap().len();
    assert!(run["state"] == "failed" && run["reason"].as_str().unwrap().contains("full"), "{run:#}");
    assert!(left == 300 || left == 100, "two hundred go at once, or none: {left}");
    // What only removes needs no room.
    let removes_all = |task: &str| {
        let run = completed(&server, task);
        assert_eq!(counted(&run, "removed"), 20, "{run:#}");
    };
    removes_all("CleanOldCacheFiles");
    removes_all("GarbageCollectBlobs");
    let bundles = ended(&server, &forced(&server, "CleanOldBundles"));
    assert!(matches!(bundles["state"].as_str(), Some("completed" | "failed")), "{bundles:#}");

    disk.make_room().unwrap();
    ended(&server, &empty_trash(&server, &section));
    assert_eq!(server.parts(&section).unwrap().len(), 1);
    completed(&server, "CleanOldBundles");
    server.stop(Signal::TERM).unwrap();
    assert_sound(&data);
}

/// Has a run of a server, which is started anew for each try, stand in the middle of its work, and fills the
/// disk under it; gives both once the run has ended: it did all the same, or says that the disk is full.
fn filled_midway(
    disk: &SmallDisk,
    start: impl Fn() -> Server,
    begin: impl Fn(&Server) -> Value,
    has_come: impl Fn() -> bool,
    is_over: impl Fn() -> bool,
) -> (Server, Value) {
    let (server, run) = until_in_the_middle(|| {
        let server = start();
        let run = begin(&server);
        if held_at(server.pid(), &has_come, &is_over) {
            disk.fill().unwrap();
            send(server.pid(), Signal::CONT).unwrap();
            return Some((server, run));
        }
        ended(&server, &run);
        server.stop(Signal::TERM).unwrap();
        None
    });
    let run = ended(&server, &run);
    let reason = run["reason"].as_str().unwrap_or_default();
    assert!(run["state"] == "completed" || (run["state"] == "failed" && reason.contains("full")), "{run:#}");
    (server, run)
}

#[test]
fn files_that_go_while_the_disk_fills_up_go_all_the_same_or_with_the_next_run() {
    let Some(disk) = SmallDisk::if_possible(64 << 20).unwrap() else { return };
    let data = disk.path().join("data");
    let server = server_on(&disk);
    assert_eq!(server.put("/api/v1/settings?ButlerBlobGraceDays=0").unwrap().status, 200);
    // It has noted by then on which disk the blobs lie.
    old_file(&data.join("blobs/bif/zz/first.bif"), b"");
    completed(&server, "GarbageCollectBlobs");
    server.stop(Signal::TERM).unwrap();
    let used = data.join("cache/in use");
    fs::write(&used, b"used").unwrap();
    for (task, folder) in [("CleanOldCacheFiles", "cache/old"), ("GarbageCollectBlobs", "blobs/bif/zz")] {
        let folder = data.join(folder);
        let start = || {
            (0..2_000).for_each(|number| old_file(&folder.join(format!("{number}.bif")), b"x"));
            server_on(&disk)
        };
        let left = || names(&folder).len();
        let begin = |server: &Server| forced(server, task);
        let (server, run) = filled_midway(&disk, start, begin, || left() < 2_000, || left() == 0);
        // What fails since a note of it finds no room has no report.
        let removed = counted(&run, "removed") + left() as u64;
        assert!(run["state"] == "failed" || removed == 2_000, "each is named: {run:#}");
        disk.make_room().unwrap();
        completed(&server, task);
        assert_eq!((left(), used.exists()), (0, true), "{task}");
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
    }
}

#[test]
fn films_that_are_forgotten_while_the_disk_fills_up_are_so_by_the_hundred_or_with_the_next_run() {
    const FILMS: u32 = 600;
    let Some(disk) = SmallDisk::if_possible(64 << 20).unwrap() else { return };
    let stage = stage();
    let data = disk.path().join("data");
    let (template, section) = all_gone(&stage, FILMS);
    let parts = || count(&database(&data), "parts");
    let start = || {
        anew(&template, &data);
        server_later(&disk)
    };
    let begin = |server: &Server| empty_trash(server, &section);
    let has_come = || parts() <= u64::from(FILMS);
    let (server, run) = filled_midway(&disk, start, begin, has_come, || parts() == 1);
    let left = server.parts(&section).unwrap().len();
    assert_eq!(left % 200, 1, "they go two hundred at once: {left}");
    assert!(run["state"] == "failed" || left == 1, "{left}: {run:#}");
    disk.make_room().unwrap();
    ended(&server, &empty_trash(&server, &section));
    assert_eq!(server.parts(&section).unwrap().len(), 1);
    server.stop(Signal::TERM).unwrap();
    assert_sound(&data);
}

#[test]
fn bundles_that_go_while_the_disk_fills_up_go_whole_or_with_the_next_run() {
    const FILMS: u32 = 400;
    let Some(disk) = SmallDisk::if_possible(64 << 20).unwrap() else { return };
    let (stage, task) = (stage(), "CleanOldBundles");
    let data = disk.path().join("data");
    let (template, section) = all_gone(&stage, FILMS);
    let server = Server::start_at(super::butler(), &template, "2027-01-20T12:00:00Z", "UTC", &[]).unwrap();
    ended(&server, &empty_trash(&server, &section));
    server.stop(Signal::TERM).unwrap();
    let sources = || count(&database(&data), "sources");
    let start = || {
        anew(&template, &data);
        server_later(&disk)
    };
    let begin = |server: &Server| forced(server, task);
    let has_come = || sources() <= u64::from(FILMS);
    let (server, run) = filled_midway(&disk, start, begin, has_come, || sources() == 1);
    assert!(run["state"] == "failed" || run["failures"].as_u64() > Some(0) || sources() == 1, "{run:#}");
    disk.make_room().unwrap();
    completed(&server, task);
    assert_eq!(sources(), 1);
    server.stop(Signal::TERM).unwrap();
    assert_sound(&data);
}

#[test]
fn a_log_that_is_compressed_while_the_disk_fills_up_stays_whole() {
    let Some(disk) = SmallDisk::if_possible(64 << 20).unwrap() else { return };
    let task = "ButlerTaskCleanSupplementalLogFiles";
    let logs = disk.path().join("data/logs");
    let log = logs.join("butler.log-2026-11-01");
    let start = || {
        let server = server_on(&disk);
        let _packed = fs::remove_file(logs.join("butler.log-2026-11-01.gz"));
        noise(&log, 16 << 20);
        server
    };
    let draft = logs.join(".part-butler.log-2026-11-01");
    let begin = |server: &Server| forced(server, task);
    let has_come = || fs::metadata(&draft).is_ok_and(|draft| draft.len() > 0);
    let (server, run) = filled_midway(&disk, start, begin, has_come, || !log.exists());
    assert_eq!((&run["failures"], counted(&run, "compressed")), (&1.into(), 0), "{run:#}");
    assert_eq!(fs::metadata(&log).unwrap().len(), 16 << 20);
    assert!(names(&logs).iter().all(|name| !name.starts_with(".part-")), "{:?}", names(&logs));
    disk.make_room().unwrap();
    let run = completed(&server, task);
    assert_eq!((&run["failures"], counted(&run, "compressed")), (&0.into(), 1), "{run:#}");
    assert!(!log.exists() && logs.join("butler.log-2026-11-01.gz").exists());
}
