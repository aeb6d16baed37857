//! What a dry run shows is what the run then does: for each of the tasks, with something to do for each.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use butler_fixtures::{Server, Signal};

use super::{
    BEFORE, LATER, TASKS, completed, counted, empty_trash, ended, make_free_pages, names, of_day, old_file,
    planned, stage, unreadable_films,
};

/// The word of a plan, as a report has it once it is done.
fn done(deed: &str) -> &'static str {
    match deed {
        "write" => "written",
        "remove" => "removed",
        "forget" => "forgotten",
        "rename" => "renamed",
        "compress" => "compressed",
        "compact" => "compacted",
        "analyze" => "analyzed",
        other => panic!("{other}"),
    }
}

#[test]
fn each_task_does_what_its_dry_run_shows_and_no_more() {
    let stage = stage();
    let data = stage.data_dir();
    let files = unreadable_films(&stage.folders.movies(), 24);
    let server = Server::start_at(super::butler(), &data, BEFORE, "UTC", &[]).unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    // One is taken out of the library by a person, for CleanOldBundles; two more are gone for long later.
    fs::remove_file(&files[0]).unwrap();
    completed(&server, "RefreshLibraries");
    ended(&server, &empty_trash(&server, &section));
    assert_eq!(server.parts(&section).unwrap().len(), 23);
    files[1..3].iter().for_each(|file| fs::remove_file(file).unwrap());
    completed(&server, "RefreshLibraries");
    server.stop(Signal::TERM).unwrap();
    make_free_pages(&data, 8);
    for number in 0..30 {
        old_file(&data.join(format!("cache/sub/{number}")), b"old");
        old_file(&data.join(format!("blobs/bif/zz/{number}.bif")), b"nobody's");
    }
    old_file(&data.join("logs/butler.log-2001-09-09"), b"old");
    let yesterday = data.join("logs/butler.log-2027-03-14");
    fs::write(&yesterday, "a line\n".repeat(10_000)).unwrap();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_805_025_600);
    File::options().write(true).open(&yesterday).unwrap().set_modified(at).unwrap();
    let server = Server::start_at(super::butler(), &data, LATER, "UTC", &[]).unwrap();
    assert_eq!(server.put("/api/v1/settings?ButlerBlobGraceDays=0&ButlerTrashDays=30").unwrap().status, 200);
    // Copies of four days, so that another has the oldest removed.
    for day in 1..5 {
        let run = completed(&server, "BackupDatabase");
        of_day(Path::new(run["report"][0]["value"].as_str().unwrap()), &format!("2027-03-0{day}"));
    }

    for task in TASKS {
        let plan = planned(&server, task);
        assert_eq!(plan, planned(&server, task), "a dry run of {task} changes nothing");
        assert!(!plan.is_empty(), "{task} has nothing to do");
        let run = completed(&server, task);
        let report = run["report"].as_array().unwrap();
        let is_named =
            |label: &str| report.iter().any(|fact| fact["label"] == label && fact["value"].is_string());
        let mut shown: Vec<_> = plan
            .iter()
            .map(|(deed, path)| {
                // A backup is named by itself, with its size behind it.
                let label = if deed == "write" { "backup" } else { done(deed) };
                (label.to_owned(), path.display().to_string())
            })
            .collect();
        // A path and its size: `.../Film 0002 (2001).mkv (420 B): It is gone.`
        let path = |value: &str| {
            let sized = value.split_once("): ").and_then(|(sized, _)| sized.rsplit_once(" ("));
            sized.map_or(value, |(path, _)| path).to_owned()
        };
        let mut told: Vec<_> = report
            .iter()
            .filter_map(|fact| Some((fact["label"].as_str()?.to_owned(), fact["value"].as_str()?.to_owned())))
            .filter(|(_, value)| value.starts_with('/'))
            .map(|(label, value)| (label, path(&value)))
            .collect();
        shown.sort();
        told.sort();
        assert_eq!(shown, told, "{task}: {run:#}");
        for (deed, _) in &plan {
            let all = plan.iter().filter(|(other, _)| other == deed).count() as u64;
            // The backup names its files and counts none.
            assert!(task == "BackupDatabase" || counted(&run, done(deed)) == all, "{task} {deed}: {run:#}");
            assert!(deed == "write" || is_named(done(deed)), "{task} {deed}: {run:#}");
        }
        for (deed, path) in plan {
            assert!(!matches!(deed.as_str(), "remove" | "compress") || !path.exists(), "{}", path.display());
        }
        let rest = planned(&server, task);
        let is_done = |(deed, _): &&(String, _)| !matches!(deed.as_str(), "write" | "analyze" | "compact");
        let rest: Vec<_> = rest.iter().filter(is_done).collect();
        match task {
            // Another copy of that day takes this one's place.
            "BackupDatabase" => assert_eq!(rest.len(), 1),
            // What was made of the two films goes at the next run.
            "GarbageCollectLibraryMedia" => assert_eq!(rest.len(), 2),
            // What was put away now was written on the machine's day, and is old by the driven clock.
            "ButlerTaskCleanSupplementalLogFiles" => {}
            _ => assert!(rest.is_empty(), "{task} {rest:?}"),
        }
    }
    assert_eq!(names(&data.join("backups")).len(), 4);
    assert_eq!(server.parts(&section).unwrap().len(), 21);
}
