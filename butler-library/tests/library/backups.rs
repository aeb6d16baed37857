//! Copies of the database: made under writes, checked, passed over when damaged, restored with nothing lost.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use butler_api::{
    Ask, Attendance, Origin, Pause, PauseEnd, PauseOwner, Reason, RunId, RunRecord, RunState, TaskName,
};
use butler_library::{
    BackupError, BackupFault, Library, NewestUsable, RestoreError, Restored, Token, backups, newest_usable,
    restore_backup, stored_settings,
};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

const DAY: Date = date(2026, 11, 24);

fn set(library: &Library, id: &str, value: &str) {
    library.set_settings(vec![(id.to_owned(), Some(value.to_owned()))]).unwrap();
}

/// Some 5 MB, so that a copy takes several steps.
fn fill(library: &Library) {
    for number in 0..50 {
        set(library, &format!("filling-{number}"), &"x".repeat(100_000));
    }
}

fn back_up(library: &Library, day: Date) -> Result<std::path::PathBuf, BackupError> {
    library
        .back_up(&library.backups_folder(), day, &mut |_, _| ControlFlow::Continue(()))
        .map(|(file, _)| file.path)
}

fn restore(data_dir: &Path, copy: &Path) -> Result<Restored, RestoreError> {
    let local = date(2026, 11, 25).at(8, 0, 0, 0);
    restore_backup(data_dir, copy, TimeZone::UTC.to_timestamp(local).unwrap(), local)
}

/// Every row of every table.
fn rows(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<_> = (0..columns)
                .map(|column| row.get_ref(column).unwrap())
                .map(|value| match value {
                    ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
                    other => format!("{other:?}"),
                })
                .collect();
            rows.push(format!("{table}: {}", values.join(", ")));
        }
    }
    rows.sort();
    rows
}

#[test]
fn a_copy_made_while_others_write_holds_one_moment_and_comes_back_row_by_row() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    fill(&library);
    set(&library, "one", "0");
    set(&library, "other", "0");
    let (is_over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let copy = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Two rows that are always alike, and one more each time: a copy of two moments would hold a pair
            // that is not, or a row too few or too many.
            for number in 0.. {
                let rows = ["one".to_owned(), "other".to_owned(), format!("write-{number:06}")];
                library.set_settings(rows.map(|id| (id, Some(number.to_string()))).to_vec()).unwrap();
                written.store(number + 1, Ordering::SeqCst);
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        while written.load(Ordering::SeqCst) < 100 {
            std::thread::yield_now();
        }
        // Each step waits for a write that came after the one before: so writers are not blocked, and many
        // fall into the copy.
        let mut seen = 0;
        let copy = library.back_up(&library.backups_folder(), DAY, &mut |_, _| {
            while written.load(Ordering::SeqCst) < seen + 20 {
                std::thread::yield_now();
            }
            seen = written.load(Ordering::SeqCst);
            ControlFlow::Continue(())
        });
        is_over.store(true, Ordering::SeqCst);
        copy.unwrap().0
    });
    let held = rows(&copy.path);
    let connection = Connection::open(&copy.path).unwrap();
    let alike: bool = connection
        .query_row("SELECT count(DISTINCT value) = 1 FROM settings WHERE id IN ('one', 'other')", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(alike, "the copy holds two moments");
    let last: u64 = connection
        .query_row("SELECT CAST(value AS INTEGER) FROM settings WHERE id = 'one'", [], |row| row.get(0))
        .unwrap();
    assert!(100 <= last + 1 && last + 50 < written.load(Ordering::SeqCst), "the writes went on beside it");
    drop((connection, library));
    // All that was there at that moment, row by row, and nothing that came after it.
    let then: Vec<String> = rows(&folder.path().join("butler.db"))
        .into_iter()
        .filter(|row| {
            let later = row.split_once("write-").map(|(_, rest)| rest[..6].parse::<u64>().unwrap() > last);
            later != Some(true) && !row.contains("\"one\"") && !row.contains("\"other\"")
        })
        .collect();
    let held_then: Vec<_> =
        held.iter().filter(|row| !row.contains("\"one\"") && !row.contains("\"other\"")).collect();
    for (held, then) in held_then.iter().zip(&then) {
        assert!(*held == then, "{:.300} was {then:.300}", held);
    }
    assert_eq!(held_then.len(), then.len());

    let restored = restore(folder.path(), &copy.path).unwrap();
    assert_eq!(rows(&folder.path().join("butler.db")), held);
    let replaced = restored.replaced.unwrap();
    assert!(
        replaced.ends_with("butler.db-replaced-2026-11-25T080000") && rows(&replaced).len() >= held.len()
    );
    assert!(Library::open(folder.path()).unwrap().settings().unwrap().contains_key("one"));
}

#[test]
fn the_newest_usable_copy_is_found_behind_four_damaged_ones() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    fill(&library);
    let good = back_up(&library, date(2026, 11, 1)).unwrap();
    let bytes = fs::read(&good).unwrap();
    let mut holed = bytes.clone();
    holed[bytes.len() / 2..bytes.len() / 2 + 4_096 * 8].fill(0xA5);
    let damaged = [bytes[..bytes.len() / 3].to_vec(), holed, Vec::new(), b"no database at all".repeat(1_000)];
    for (day, content) in (2..).zip(&damaged) {
        fs::write(library.backups_folder().join(format!("butler.db-2026-11-{day:02}")), content).unwrap();
    }
    let NewestUsable { newest, passed_over } = newest_usable(&library.backups_folder()).unwrap();
    assert_eq!(newest.unwrap().0.path, good);
    assert_eq!(passed_over.len(), 4, "{passed_over:?}");
    for (file, fault) in passed_over {
        assert!(matches!(fault, BackupFault::Damaged(_)), "{}: {fault}", file.path.display());
    }
}

#[test]
fn a_copy_that_is_stopped_or_finds_no_room_leaves_nothing_behind() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    fill(&library);
    let backup_folder = library.backups_folder();
    fs::write(backup_folder.join(".butler.db.part-0123456789abcdef"), b"of a process that was killed")
        .unwrap();
    let mut steps = 0;
    let stopped = library.back_up(&backup_folder, DAY, &mut |done, total| {
        assert!(done <= total);
        steps += 1;
        if steps == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(BackupError::Stopped)), "{stopped:?}");
    assert_eq!(fs::read_dir(&backup_folder).unwrap().count(), 0);

    let nowhere =
        library.back_up(Path::new("/proc/no such folder"), DAY, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(nowhere, Err(BackupError::Io { .. })), "{nowhere:?}");
}

#[test]
fn copies_of_one_day_are_numbered_and_replace_nothing() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let first = back_up(&library, DAY).unwrap();
    let before = fs::read(&first).unwrap();
    set(&library, "later", "1");
    let second = back_up(&library, DAY).unwrap();
    assert!(second.ends_with("butler.db-2026-11-24.2") && fs::read(&first).unwrap() == before);
    let listed: Vec<_> =
        backups(&library.backups_folder()).unwrap().into_iter().map(|file| file.path).collect();
    assert_eq!(listed, [second, first]);
}

#[test]
fn a_damaged_database_is_told_and_a_sound_one_passes() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    fill(&library);
    library.check_database(&mut || false).unwrap();
    drop(library);
    let database = folder.path().join("butler.db");
    let file = fs::File::options().write(true).open(&database).unwrap();
    let pages = file.metadata().unwrap().len() / 4_096;
    for page in pages / 2..pages / 2 + 4 {
        file.write_all_at(&[0xA5; 4_096], page * 4_096).unwrap();
    }
    let library = Library::open(folder.path()).unwrap();
    let found = library.check_database(&mut || false);
    assert!(matches!(found, Err(BackupError::Damaged(_))), "{found:?}");
}

#[test]
fn a_restore_is_refused_while_the_folder_is_held_and_for_a_damaged_copy_and_changes_nothing_then() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let copy = back_up(&library, DAY).unwrap();
    set(&library, "after", "1");
    let held = restore(folder.path(), &copy);
    assert!(matches!(held, Err(RestoreError::DataDir(_))), "{held:?}");
    drop(library);
    let bad = folder.path().join("bad");
    fs::write(&bad, &fs::read(&copy).unwrap()[..5_000]).unwrap();
    let refused = restore(folder.path(), &bad);
    assert!(matches!(refused, Err(RestoreError::Copy { .. })), "{refused:?}");
    assert_eq!(Library::open(folder.path()).unwrap().settings().unwrap()["after"], "1");
}

#[test]
fn the_log_of_a_killed_process_is_folded_into_the_database_that_is_kept() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let copy = back_up(&library, DAY).unwrap();
    set(&library, "in-the-log", "1");
    // As a killed process leaves it: the database with its log.
    let killed = butler_fixtures::tempdir().unwrap();
    for name in ["butler.db", "butler.db-wal"] {
        fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    let restored = restore(killed.path(), &copy).unwrap();
    let kept = rows(&restored.replaced.unwrap());
    assert!(kept.iter().any(|row| row.contains("in-the-log")), "{kept:?}");
    assert!(!Library::open(killed.path()).unwrap().settings().unwrap().contains_key("in-the-log"));
}

#[test]
fn what_was_written_into_music_files_since_is_known_after_a_restore() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let write = |path: &str, old: &str| {
        let connection = Connection::open(folder.path().join("butler.db")).unwrap();
        let row = "INSERT INTO gain_tags (section, part, source, content, root, path, old, new, old_mtime_ns, \
                   new_mtime_ns, written_at) VALUES (1, 1, 1, zeroblob(32), x'2f', cast(?1 AS BLOB), ?2, '[]', \
                   0, 0, 0)";
        connection.execute(row, [path, old]).unwrap();
    };
    let old = r#"[{"name":"REPLAYGAIN_TRACK_GAIN","value":"-1.23 dB"}]"#;
    write("/before", "[]");
    let copy = back_up(&library, DAY).unwrap();
    write("/after", old);
    drop(library);
    let listed = || {
        let library = Library::open(folder.path()).unwrap();
        let rows = library.written_gain_tags(butler_library::SectionId(1), 0, 10).unwrap().rows;
        rows.into_iter().map(|row| (row.place.path, row.old.len())).collect::<Vec<_>>()
    };
    restore(folder.path(), &copy).unwrap();
    assert_eq!(listed(), [("/after".into(), 1), ("/before".into(), 0)]);
    // One that knows nothing takes nothing away: of another machine, say.
    let elsewhere = butler_fixtures::tempdir().unwrap();
    drop(Library::open(elsewhere.path()).unwrap());
    restore(elsewhere.path(), &copy).unwrap();
    let library = Library::open(elsewhere.path()).unwrap();
    assert_eq!(library.written_gain_tags(butler_library::SectionId(1), 0, 10).unwrap().total, 1);
    // Of a database that can't be read nothing is known, and the copy's own journal holds.
    fs::write(folder.path().join("butler.db"), b"no database").unwrap();
    restore(folder.path(), &copy).unwrap();
    assert_eq!(listed(), [("/before".into(), 0)]);
}

#[test]
fn what_worked_or_waited_when_a_copy_was_made_has_ended_once_it_is_restored() {
    use RunState::{Completed, Interrupted, Paused, Queued, Running, Scheduled, Stopping};
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let then = Timestamp::from_second(1_700_000_000).unwrap();
    let run = |id: u64, state| RunRecord {
        state,
        day: Some(DAY),
        ended_at: (state == Completed).then_some(then),
        works_since: (state == Running).then_some(then),
        ..RunRecord::new(RunId(id), TaskName::BackupDatabase, Origin::Person, Ask::default(), then)
    };
    let states = [Completed, Running, Paused, Stopping, Interrupted, Queued, Scheduled];
    states.into_iter().zip(1..).for_each(|(state, id)| library.save_run(&run(id, state)).unwrap());
    library.attend(Attendance { seen_at: then, away_on: None }).unwrap();
    let secret = Token::new("a-secret-of-somebodys-browser").unwrap();
    library.begin_web_session(&secret, "Firefox", then).unwrap();
    library.confirm_plan(&TaskName::GarbageCollectLibraryMedia, "digest", "Much goes.", then).unwrap();
    let pause = Pause {
        owner: PauseOwner::Person,
        note: Some("guests".into()),
        since: then,
        until: PauseEnd::Lifted,
        drains: false,
    };
    library.keep_pauses(vec![pause.clone()]).unwrap();
    let copy = back_up(&library, DAY).unwrap();
    drop(library);

    let restored = restore(folder.path(), &copy).unwrap();
    assert_eq!((restored.ended_runs, restored.is_paused), (6, true));
    let library = Library::open(folder.path()).unwrap();
    assert_eq!(library.unfinished_runs().unwrap(), [], "nothing begins by them");
    let first = library.run(RunId(1)).unwrap().unwrap().record;
    assert_eq!((first.state, first.ended_at), (Completed, Some(then)), "what had ended stays as it was");
    for id in 2..8 {
        let record = library.run(RunId(id)).unwrap().unwrap().record;
        assert_eq!(
            (record.state, record.reason, record.works_since),
            (Interrupted, Some(Reason::Restored), None)
        );
        assert!(record.ended_at > Some(then) && record.ended_day == Some(DAY));
    }
    assert_eq!(library.attendance().unwrap(), None, "it owes no night of which it knows nothing");
    assert_eq!(library.web_session(&secret, then).unwrap(), None, "who has signed out since stays so");
    assert_eq!(library.waiting_plans().unwrap(), [], "a person's word was for what was there then");
    assert_eq!(library.pauses().unwrap(), [pause]);
    assert_eq!(library.next_run_id().unwrap(), RunId(8));
}

#[test]
fn what_was_set_in_a_data_folder_is_read_while_a_process_holds_it_and_nothing_is_left_beside_it() {
    let folder = butler_fixtures::tempdir().unwrap();
    assert!(stored_settings(folder.path()).is_err(), "there is no database");
    let library = Library::open(folder.path()).unwrap();
    set(&library, "one", "1");
    assert_eq!(stored_settings(folder.path()).unwrap()["one"], "1", "out of the log");
    drop(library);
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    assert_eq!(stored_settings(folder.path()).unwrap()["one"], "1");
    assert_eq!(names(), before);
    fs::write(folder.path().join("butler.db"), b"no database at all".repeat(1_000)).unwrap();
    assert!(stored_settings(folder.path()).is_err());
}
