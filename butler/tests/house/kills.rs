//! SIGKILL in the middle of each task that keeps house, and of a restore: the database is sound after it,
//! nothing is lost that the plan did not name, and the run goes on at the next start and does the rest.
//!
//! Each moment has a data folder of its own: the third crash of a task on one day is a failure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use butler_fixtures::{Server, Signal, Stage, send};

use super::{
    BEFORE, LATER, assert_sound, completed, copy_folder, count, database, empty_trash, ended, forced,
    held_at, make_free_pages, names, of_day, old_file, on_folder, planned, small_films, stage,
    unreadable_films, until_in_the_middle,
};

/// At which parts of the work it is killed, of a hundred.
const MOMENTS: [usize; 3] = [0, 40, 80];

/// Kills a server that [`held_at`] holds.
fn kill(server: Server) {
    send(server.pid(), Signal::KILL).unwrap();
    server.kill().unwrap();
}

/// Has a task that removes the files of its plan killed when a part of them is gone, and holds that all but
/// these stay, and that the run does the rest by itself. `lay` makes the data folder anew.
fn killed_while_files_go(task: &str, stage: &Stage, lay: impl Fn(&Path), kept: &[PathBuf]) {
    let data = stage.data_dir();
    for moment in MOMENTS {
        let (run, plan) = until_in_the_middle(|| {
            lay(&data);
            let server = stage.server().unwrap();
            let plan = planned(&server, task);
            let (nth, last) = (&plan[plan.len() * moment / 100].1, &plan.last().unwrap().1);
            let run = forced(&server, task);
            if held_at(server.pid(), || !nth.exists(), || !last.exists()) {
                kill(server);
                return Some((run, plan));
            }
            None
        });
        let left = plan.iter().filter(|(_, path)| path.exists()).count() as u64;
        assert!(0 < left && left < plan.len() as u64, "{left} of {}", plan.len());
        assert_sound(&data);
        let server = stage.server().unwrap();
        assert!(kept.iter().all(|path| path.exists()));
        let run = ended(&server, &run);
        assert_eq!((&run["state"], super::counted(&run, "removed")), (&"completed".into(), left), "{run:#}");
        assert!(plan.iter().all(|(_, path)| !path.exists()));
        assert!(kept.iter().all(|path| path.exists()));
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
    }
}

#[test]
fn a_kill_while_cache_files_go_costs_no_other_and_the_rest_goes_after_it() {
    let stage = stage();
    let used = stage.data_dir().join("cache/in use");
    let lay = |data: &Path| {
        let _before = fs::remove_dir_all(data);
        (0..2_000)
            .for_each(|number| old_file(&data.join(format!("cache/{:02}/{number}", number % 50)), b"x"));
        fs::write(&used, b"used").unwrap();
    };
    killed_while_files_go("CleanOldCacheFiles", &stage, lay, std::slice::from_ref(&used));
}

#[test]
fn a_kill_while_blobs_go_costs_none_that_is_needed_and_the_rest_goes_after_it() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let server = stage.server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(server.put("/api/v1/settings?ButlerBlobGraceDays=0").unwrap().status, 200);
    server.stop(Signal::TERM).unwrap();
    let blobs = files_below(&stage.data_dir().join("blobs"));
    assert_eq!(blobs.len(), 2);
    let template = template(&stage);
    let lay = |data: &Path| {
        anew(&template, data);
        (0..1_000).for_each(|number| old_file(&data.join(format!("blobs/bif/zz/{number}.bif")), b"nobody's"));
    };
    killed_while_files_go("GarbageCollectBlobs", &stage, lay, &blobs);
    // However small the cache is to be: what was made of films is none of it.
    let server = stage.server().unwrap();
    assert_eq!(server.put("/api/v1/settings?ButlerCacheMaxMegabytes=0").unwrap().status, 200);
    completed(&server, "CleanOldCacheFiles");
    assert!(server.parts(&section).unwrap().iter().all(|part| part.has_preview));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn a_kill_while_logs_are_compressed_and_removed_leaves_each_whole_in_one_form_and_goes_on() {
    let task = "ButlerTaskCleanSupplementalLogFiles";
    let stage = stage();
    let data = stage.data_dir();
    let logs = data.join("logs");
    let content = |number: usize| format!("line {number} of the log of an earlier day\n").repeat(40_000);
    for moment in MOMENTS {
        let (run, plan) = until_in_the_middle(|| {
            let _before = fs::remove_dir_all(&data);
            (0..200).for_each(|number| old_file(&logs.join(format!("butler.log-2001-09-09.{number}")), b"x"));
            for number in 0..10 {
                fs::write(logs.join(format!("butler.log-2026-11-01.{number}")), content(number)).unwrap();
            }
            let server = stage.server().unwrap();
            let plan = planned(&server, task);
            let is_ours = |path: &Path| path.to_str().unwrap().contains("butler.log-2026-11-01.");
            let packed: Vec<_> = plan
                .iter()
                .filter(|(deed, path)| deed == "compress" && is_ours(path))
                .map(|(_, path)| path.clone())
                .collect();
            assert_eq!((packed.len(), plan.len() >= 210), (10, true), "{plan:#?}");
            let (nth, last) = (packed[packed.len() * moment / 100].clone(), packed[9].clone());
            let draft = nth.with_file_name(format!(".part-{}", nth.file_name().unwrap().to_str().unwrap()));
            let run = forced(&server, task);
            if held_at(server.pid(), || draft.exists() || !nth.exists(), || !last.exists()) {
                kill(server);
                return Some((run, packed));
            }
            None
        });
        let whole = |number: usize| {
            let (plain, packed) = (
                logs.join(format!("butler.log-2026-11-01.{number}")),
                logs.join(format!("butler.log-2026-11-01.{number}.gz")),
            );
            let unpacked = || butler_fixtures::command("zcat").arg(&packed).output().unwrap().stdout;
            let plain_is = plain.exists().then(|| fs::read_to_string(&plain).unwrap() == content(number));
            let packed_is = packed.exists().then(|| unpacked() == content(number).as_bytes());
            assert!(plain_is != Some(false) && packed_is != Some(false), "{number}");
            assert!(plain_is.is_some() || packed_is.is_some(), "{number} is lost");
        };
        (0..10).for_each(whole);
        let server = stage.server().unwrap();
        let run = ended(&server, &run);
        assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
        assert!(plan.iter().all(|path| !path.exists()));
        (0..10).for_each(whole);
        assert!(names(&logs).iter().all(|name| !name.starts_with(".part-")), "{:?}", names(&logs));
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
    }
}

/// A data folder whose section has so many films, all of them gone but one, as a scan has found; by a driven
/// clock.
fn all_gone(stage: &Stage, films: u32) -> (PathBuf, String) {
    let template = stage.spare_dir().join("template");
    let files = unreadable_films(&stage.folders.movies(), films + 1);
    let server = Server::start_at(super::butler(), &template, BEFORE, "UTC", &[]).unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    assert_eq!(server.parts(&section).unwrap().len(), films as usize + 1);
    files[1..].iter().for_each(|file| fs::remove_file(file).unwrap());
    completed(&server, "RefreshLibraries");
    server.stop(Signal::TERM).unwrap();
    (template, section)
}

/// A copy of a stage's data folder as it is now.
fn template(stage: &Stage) -> PathBuf {
    let template = stage.spare_dir().join("template");
    copy_folder(&stage.data_dir(), &template);
    template
}

fn anew(template: &Path, data: &Path) {
    let _before = fs::remove_dir_all(data);
    copy_folder(template, data);
}

#[test]
fn a_kill_while_films_that_are_gone_are_forgotten_costs_no_other_and_the_rest_goes_after_it() {
    const FILMS: u32 = 600;
    let stage = stage();
    let (template, section) = all_gone(&stage, FILMS);
    let data = stage.data_dir();
    // They are forgotten by the hundred.
    for left in [u64::from(FILMS) + 1, u64::from(FILMS), 400] {
        let run = until_in_the_middle(|| {
            anew(&template, &data);
            let server = Server::start_at(super::butler(), &data, LATER, "UTC", &[]).unwrap();
            let seen = database(&data);
            let parts = || count(&seen, "parts");
            let run = empty_trash(&server, &section);
            if held_at(server.pid(), || parts() <= left, || parts() == 1) {
                kill(server);
                return Some(run);
            }
            None
        });
        assert_sound(&data);
        let before = count(&database(&data), "parts");
        let server = Server::start_at(super::butler(), &data, LATER, "UTC", &[]).unwrap();
        let run = ended(&server, &run);
        assert_eq!(run["state"], "completed", "{run:#}");
        assert!(super::counted(&run, "forgotten") < before, "{run:#}");
        let parts = server.parts(&section).unwrap();
        assert!(parts.len() == 1 && parts[0].file.contains("Film 0001"), "{parts:?}");
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
    }
}

#[test]
fn a_kill_while_old_bundles_go_costs_no_other_and_the_rest_goes_after_it() {
    const FILMS: u32 = 400;
    let task = "CleanOldBundles";
    let stage = stage();
    let (template, section) = all_gone(&stage, FILMS);
    let server = Server::start_at(super::butler(), &template, "2027-01-20T12:00:00Z", "UTC", &[]).unwrap();
    ended(&server, &empty_trash(&server, &section));
    assert_eq!(server.parts(&section).unwrap().len(), 1);
    server.stop(Signal::TERM).unwrap();
    let data = stage.data_dir();
    for moment in MOMENTS {
        let run = until_in_the_middle(|| {
            anew(&template, &data);
            let server = Server::start_at(super::butler(), &data, LATER, "UTC", &[]).unwrap();
            assert_eq!(planned(&server, task).len(), FILMS as usize);
            let seen = database(&data);
            let sources = || count(&seen, "sources");
            let left = u64::from(FILMS) - u64::from(FILMS) * moment as u64 / 100;
            let run = forced(&server, task);
            if held_at(server.pid(), || sources() <= left, || sources() == 1) {
                kill(server);
                return Some(run);
            }
            None
        });
        assert_sound(&data);
        let server = Server::start_at(super::butler(), &data, LATER, "UTC", &[]).unwrap();
        let run = ended(&server, &run);
        assert_eq!(run["state"], "completed", "{run:#}");
        assert_eq!((count(&database(&data), "sources"), planned(&server, task)), (1, vec![]));
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
    }
}

/// A data folder with a section, and so many megabytes of free pages in its database.
fn with_free_pages(stage: &Stage, megabytes: u32) {
    fs::create_dir_all(stage.folders.movies()).unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Before", &stage.folders.movies()).unwrap();
    server.stop(Signal::TERM).unwrap();
    make_free_pages(&stage.data_dir(), megabytes);
}

#[test]
fn a_kill_while_the_database_gives_back_its_room_leaves_it_sound_and_the_rest_is_given_back_after_it() {
    let stage = stage();
    let data = stage.data_dir();
    with_free_pages(&stage, 40);
    let template = template(&stage);
    for moment in MOMENTS {
        let run = until_in_the_middle(|| {
            anew(&template, &data);
            let server = stage.server().unwrap();
            let seen = database(&data);
            let free = || seen.query_row("PRAGMA freelist_count", [], |row| row.get::<_, u64>(0)).unwrap();
            let all = free();
            let left = all - all * moment as u64 / 100;
            let run = forced(&server, "OptimizeDatabase");
            if held_at(server.pid(), || free() < left, || free() == 0) {
                kill(server);
                return Some(run);
            }
            None
        });
        assert_sound(&data);
        let server = stage.server().unwrap();
        let run = ended(&server, &run);
        assert_eq!(run["state"], "completed", "{run:#}");
        assert_eq!(server.butler_json(&["sections", "list"]).unwrap()[0]["name"], "Before");
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
        let bytes = fs::metadata(data.join("butler.db")).unwrap().len();
        assert!(bytes < 5_000_000, "{bytes}");
    }
}

#[test]
fn a_kill_while_a_backup_is_made_leaves_no_half_file_and_the_backup_is_made_after_it() {
    let stage = stage();
    let data = stage.data_dir();
    let folder = data.join("backups");
    with_free_pages(&stage, 40);
    let server = stage.server().unwrap();
    completed(&server, "BackupDatabase");
    of_day(&folder.join(&names(&folder)[0]), "2001-01-01");
    server.stop(Signal::TERM).unwrap();
    let template = template(&stage);
    let bytes = fs::metadata(data.join("butler.db")).unwrap().len();
    let draft_bytes = || {
        let entries = fs::read_dir(&folder).unwrap().filter_map(|entry| {
            let entry = entry.ok()?;
            let is_draft = entry.file_name().to_str()?.starts_with(".butler.db.part-");
            is_draft.then(|| entry.metadata().ok()).flatten()
        });
        entries.map(|metadata| metadata.len()).max()
    };
    let finals = || names(&folder).into_iter().filter(|name| name.starts_with("butler.db-")).count();
    for moment in MOMENTS {
        let (run, before) = until_in_the_middle(|| {
            anew(&template, &data);
            let server = stage.server().unwrap();
            let before = finals();
            let run = forced(&server, "BackupDatabase");
            let has_come = || draft_bytes().is_some_and(|draft| draft >= bytes * moment as u64 / 100);
            if held_at(server.pid(), has_come, || finals() > before) {
                kill(server);
                return Some((run, before));
            }
            None
        });
        assert_eq!(finals(), before, "what has a final name was whole before");
        assert_eq!((before, on_folder(&data, &["backup", "verify"]).0), (1, Some(0)));
        assert_sound(&data);
        let server = stage.server().unwrap();
        let run = ended(&server, &run);
        assert_eq!(run["state"], "completed", "{run:#}");
        server.stop(Signal::TERM).unwrap();
        assert!(draft_bytes().is_none(), "{:?}", names(&folder));
        assert_eq!(finals(), before + 1);
        let (code, words) = on_folder(&data, &["backup", "verify"]);
        assert_eq!(code, Some(0), "{words}");
    }
}

#[test]
fn a_kill_while_a_backup_is_restored_leaves_the_one_database_or_the_other() {
    let stage = stage();
    let data = stage.data_dir();
    with_free_pages(&stage, 40);
    let server = stage.server().unwrap();
    completed(&server, "BackupDatabase");
    let more = stage.spare_dir().join("more");
    fs::create_dir(&more).unwrap();
    server.add_section("movie", "After", &more).unwrap();
    server.stop(Signal::TERM).unwrap();
    let copy = data.join("backups").join(&names(&data.join("backups"))[0]);
    let template = template(&stage);
    let draft = data.join("staging/restored.db");
    let bytes = fs::metadata(&copy).unwrap().len();
    let is_replaced = || names(&data).iter().any(|name| name.starts_with("butler.db-replaced-"));
    for moment in [0, 50, 100] {
        let is_whole = until_in_the_middle(|| {
            anew(&template, &data);
            let mut restore = butler_fixtures::command(super::butler());
            restore.arg("--data-dir").arg(&data).args(["backup", "restore"]).arg(&copy);
            let mut restore = restore.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let has_come = || {
                let draft = fs::metadata(&draft).map(|draft| draft.len());
                draft.is_ok_and(|draft| draft >= bytes * moment / 100) || is_replaced()
            };
            let is_held = held_at(restore.id(), has_come, || is_replaced() && !draft.exists());
            restore.kill().unwrap();
            restore.wait().unwrap();
            is_held.then(&is_replaced)
        });
        let server = stage.server().unwrap();
        let sections = server.butler_json(&["sections", "list"]).unwrap();
        let sections = sections.as_array().unwrap().len();
        // It has the copy's content only once that has the database's name.
        assert_eq!(sections, 2, "{is_whole}");
        assert!(!draft.exists(), "what is left of it is swept");
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);

        let (code, words) = on_folder(&data, &["backup", "restore", copy.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{words}");
        let server = stage.server().unwrap();
        let sections = server.butler_json(&["sections", "list"]).unwrap();
        assert_eq!(sections.as_array().unwrap().len(), 1, "{sections:#}");
        server.stop(Signal::TERM).unwrap();
        assert_sound(&data);
    }
}
