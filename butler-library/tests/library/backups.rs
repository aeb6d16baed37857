//! Copies of the database: made under writes, checked, passed over when damaged, restored with nothing lost.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use butler_library::{
    BackupError, BackupFault, Library, NewestUsable, RestoreError, backups, newest_usable, restore_backup,
};
use jiff::civil::{Date, date};
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

    let restored = restore_backup(folder.path(), &copy.path, date(2026, 11, 25).at(8, 0, 0, 0)).unwrap();
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
    let now = date(2026, 11, 25).at(8, 0, 0, 0);
    let held = restore_backup(folder.path(), &copy, now);
    assert!(matches!(held, Err(RestoreError::DataDir(_))), "{held:?}");
    drop(library);
    let bad = folder.path().join("bad");
    fs::write(&bad, &fs::read(&copy).unwrap()[..5_000]).unwrap();
    let refused = restore_backup(folder.path(), &bad, now);
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
    let restored = restore_backup(killed.path(), &copy, date(2026, 11, 25).at(8, 0, 0, 0)).unwrap();
    let kept = rows(&restored.replaced.unwrap());
    assert!(kept.iter().any(|row| row.contains("in-the-log")), "{kept:?}");
    assert!(!Library::open(killed.path()).unwrap().settings().unwrap().contains_key("in-the-log"));
}
