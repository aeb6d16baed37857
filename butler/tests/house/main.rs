//! What keeps house, through the executable: what it shows first and then does, and what it costs when things
//! go wrong in the middle of it.
//!
//! Never waits for a time: a moment is a state that is seen (a file that is gone, pages that are free), and
//! the server is held there (SIGSTOP) while the test looks at it. One file a subject: `backups` (made,
//! listed, restored), `words` (the log's files, the trash, a person's word), `dry_runs` (each list, and what
//! then is done), `kills` (SIGKILL in the middle of each), `full_disks` (a disk that fills up in the middle
//! of each), `roots` (one that is unmounted, and comes back), `damage` (a damaged page, and how it is told),
//! `rights` (taken away).
//!
//! What users of other servers lost (`docs/housekeeping.md`, last table) is answered by these, row by row:
//! - a share that is not mounted: `roots::an_unmounted_root_costs_no_film_...`, and in the library's tests
//!   `housekeeping::real_mounts_that_go_come_back_and_fill_up_cost_nothing`;
//! - files that come back: `housekeeping::a_film_that_is_gone_leaves_its_library_and_what_was_made_of_it_...`;
//! - damaged backups: `damage::the_one_good_copy_is_found_...`, and the tables in `backup/rotation.rs`;
//! - half a backup: `kills::a_kill_while_a_backup_is_made_...`, `full_disks::a_backup_whose_disk_fills_up_...`;
//! - backups that nobody had switched on: `by_itself::the_night_runs_by_itself_...` in `butler/tests/nights`, and
//!   `a_backup_that_would_starve_goes_first` of the schedule;
//! - damage that nobody tells: `damage::a_damaged_page_is_refused_...`;
//! - a locked server: `housekeeping::room_is_given_back_in_steps_while_others_write`, and `benches/optimize.rs`;
//! - a log without end: `db::writer::tests::a_log_that_is_written_all_the_time_is_begun_anew_all_the_same`;
//! - room that nobody gives back: `kills::a_kill_while_the_database_gives_back_its_room_...`, and of the history
//!   `files::runs_are_forgotten_after_their_days_...` in the tasks' tests;
//! - a clean-up of the cache that costs products: `kills::a_kill_while_blobs_go_...`, at its end;
//! - previews that stay: `dry_runs::each_task_does_what_its_dry_run_shows_and_no_more`, and
//!   `housekeeping::what_was_made_of_the_files_of_a_section_that_is_removed_...`;
//! - temporary files: `kills` here and `butler/tests/kills.rs`, which both look for drafts;
//! - rows of files that are not there: `blobs::what_nothing_needs_goes_after_its_days_and_what_is_lost_is_made_anew`;
//! - what could not be stopped: `media::a_run_that_is_stopped_tells_what_it_did_and_the_next_goes_on`,
//!   `backups::a_copy_that_is_stopped_or_finds_no_room_leaves_nothing_behind`, and `stopTask` in
//!   `butler/tests/plex_clients/plexjs.mjs`;
//! - more than was meant: `words::what_waits_is_shown_confirmed_and_done`,
//!   `words::a_word_for_a_plan_that_has_changed_since_is_refused_and_nothing_goes`;
//! - calls that say nothing: `housekeeping::each_call_is_a_forced_run_and_with_async_names_its_activity` of the
//!   server's tests.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod backups;
mod damage;
mod dry_runs;
mod full_disks;
mod kills;
mod rights;
mod roots;
mod words;

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use butler_fixtures::{Codec, Container, Film, Picture, Server, Signal, Stage, send};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// The tasks that keep house by a plan.
const TASKS: [&str; 7] = [
    "CleanOldBundles",
    "GarbageCollectLibraryMedia",
    "CleanOldCacheFiles",
    "ButlerTaskCleanSupplementalLogFiles",
    "GarbageCollectBlobs",
    "OptimizeDatabase",
    "BackupDatabase",
];
/// The moment at which a driven clock begins, and one two months later: neither is in a window.
const BEFORE: &str = "2027-01-15T12:00:00Z";
const LATER: &str = "2027-03-15T12:00:00Z";
/// How long a moment is looked for.
const PATIENCE: Duration = Duration::from_secs(60);
/// So often it is tried to be there in the middle of something.
const TRIES: u32 = 20;

/// An empty world of a test's own.
fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn butler() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_butler"))
}

/// So many small films that differ: `Film 01 (2001)` and so on.
fn small_films(count: u32) -> Vec<(String, Film)> {
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).picture(Picture::TestCard).seconds(24).seed(number);
    (1..=count).map(|number| (format!("Film {number:02} ({})", 2000 + number), film(number))).collect()
}

/// Puts so many files by the names of films into a folder that no worker can read anything of: enough for
/// what goes by files alone.
fn unreadable_films(folder: &Path, count: u32) -> Vec<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let film = |number: u32| {
        let path = folder.join(format!("Film {number:04} (2001).mkv"));
        fs::write(&path, format!("film {number}, which is none").repeat(20)).unwrap();
        butler_fixtures::age(&path).unwrap();
        path
    };
    (1..=count).map(film).collect()
}

/// A file of a data folder that was used last long ago.
fn old_file(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let times = FileTimes::new().set_accessed(then).set_modified(then);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

/// Runs a task to its end whatever the day, which has to be a good one; gives the run.
fn completed(server: &Server, task: &str) -> Value {
    let run = ended(server, &forced(server, task));
    assert_eq!(run["state"], "completed", "{run:#}\n{}", server.log_tail());
    run
}

/// Starts a task whatever the day; gives the run's id.
fn forced(server: &Server, task: &str) -> Value {
    server.start_task(&format!("{task}?force=1")).unwrap()
}

/// Has a section's trash emptied by the call that clients make; gives the run's id.
fn empty_trash(server: &Server, section: &str) -> Value {
    let asked = server.put(&format!("/library/sections/{section}/emptyTrash?async=1")).unwrap();
    let outcome = asked.header("x-butler-outcome");
    let id = outcome.split("run=").nth(1).and_then(|rest| rest.split(';').next());
    id.unwrap_or_else(|| panic!("{outcome}")).parse::<u64>().unwrap().into()
}

fn ended(server: &Server, run: &Value) -> Value {
    server.wait_for_run(run, |run| run["ended_at"].is_string()).unwrap()
}

/// What a task would do: each with the word for it and the file.
fn planned(server: &Server, task: &str) -> Vec<(String, PathBuf)> {
    let plan = server.get_json(&format!("/api/v1/tasks/{task}/plan")).unwrap();
    let word = |action: &Value, name: &str| action[name].as_str().unwrap().to_owned();
    let action = |action: &Value| (word(action, "deed"), PathBuf::from(word(action, "path")));
    plan["actions"].as_array().unwrap().iter().map(action).collect()
}

/// What a run's report counts by this label.
fn counted(run: &Value, label: &str) -> u64 {
    let facts = run["report"].as_array().unwrap();
    facts.iter().find(|fact| fact["label"] == label).and_then(|fact| fact["value"].as_u64()).unwrap_or(0)
}

/// The exit code and all that was said.
fn said(server: &Server, arguments: &[&str]) -> (Option<i32>, String) {
    let output = server.butler(arguments).unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// The command line on a data folder, whether or not a server holds it.
fn on_folder(data_dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = butler_fixtures::command(butler());
    let output = command.arg("--data-dir").arg(data_dir).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Sees a moment come as soon as it is there, and holds a process in it (SIGSTOP). Whether it stands in the
/// middle: it goes on if all is over by then.
fn held_at(pid: u32, has_come: impl Fn() -> bool, is_over: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !has_come() && !is_over() {
        assert!(begun.elapsed() < PATIENCE, "the moment never came");
        std::thread::yield_now();
    }
    send(pid, Signal::STOP).unwrap();
    let stands = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        matches!(stat.rsplit_once(") ").map(|(_, rest)| &rest[..1]), Some("T" | "Z"))
    };
    butler_fixtures::wait_until("it stands still", stands).unwrap();
    let is_in_the_middle = !is_over();
    if !is_in_the_middle {
        send(pid, Signal::CONT).unwrap();
    }
    is_in_the_middle
}

/// Tries until it was there in the middle.
fn until_in_the_middle<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    (0..TRIES).find_map(|_| attempt()).unwrap_or_else(|| panic!("{TRIES} times it was over too soon"))
}

/// A connection to a server's database that reads it from outside.
fn database(data_dir: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(data_dir.join("butler.db"), flags).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    connection
}

fn count(connection: &Connection, of: &str) -> u64 {
    connection.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get(0)).unwrap()
}

fn assert_sound(data_dir: &Path) {
    let connection = database(data_dir);
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut broken = connection.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!broken.exists([]).unwrap(), "a foreign key points nowhere");
}

/// Makes the database of a server that does not run larger by so many megabytes, which are free.
fn make_free_pages(data_dir: &Path, megabytes: u32) {
    let connection = Connection::open(data_dir.join("butler.db")).unwrap();
    let fill = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 10) \
                INSERT INTO settings (id, value) \
                SELECT 'filling-' || ?1 || '-' || n, hex(randomblob(50000)) FROM many";
    // One after the other, so that the log stays short.
    (0..megabytes).for_each(|megabyte| _ = connection.execute(fill, [megabyte]).unwrap());
    connection.execute("DELETE FROM settings WHERE id LIKE 'filling-%'", []).unwrap();
}

/// Has a copy be one of an earlier day, so that one of today counts beside it. Where it lies then.
fn of_day(copy: &Path, day: &str) -> PathBuf {
    let earlier = copy.with_file_name(format!("butler.db-{day}"));
    fs::rename(copy, &earlier).unwrap();
    earlier
}

/// The names of a folder's files, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Copies a folder with all that lies in it.
fn copy_folder(from: &Path, to: &Path) {
    let copied = butler_fixtures::command("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}
