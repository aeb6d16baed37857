//! Plex's calls that have the server keep house, plans that wait for a person, and a task that failed.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use butler_api::v1::{DryRun, Started, Tasks};
use butler_library::{RealFiles, ScanObserver, ScanProgress, ScanWorld, SectionId, scan_section};

use crate::rig::{JSON, Rig, noon, wait_until};

/// Waits until a task's newest run has ended; gives its state and reason's code.
async fn ended(rig: &Rig, task: &str) -> serde_json::Value {
    let mut run = serde_json::Value::Null;
    wait_until(&format!("{task} has ended"), async || {
        run = rig.get_json(format!("/api/v1/runs?task={task}&size=1")).await["runs"][0].clone();
        run["ended_at"].is_string()
    })
    .await;
    run
}

struct Patient;

impl ScanObserver for Patient {
    fn progress(&mut self, _: ScanProgress) {}

    fn should_stop(&mut self) -> bool {
        false
    }
}

/// A section of so many films, scanned; of these the first are gone and a scan has seen it.
async fn films_gone(rig: &Rig, films: u32, gone: u32) {
    let (section, folder) = rig.add_films("Films").await;
    let path = |number: u32| folder.join(format!("Film {number} (2001).mkv"));
    for number in 1..=films {
        std::fs::write(path(number), format!("film {number}").repeat(50)).unwrap();
        let file = std::fs::File::options().write(true).open(path(number)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    // No worker reads headers here, so the scan is none of the engine's.
    let scan = || {
        let root_threads = rig.library.root_threads();
        let files = Arc::new(RealFiles);
        let world = ScanWorld { root_threads, files, now: &noon, settle: &|_| {}, run: None };
        scan_section(&rig.library, SectionId(section), &world, &mut Patient).unwrap()
    };
    assert_eq!(scan().added, u64::from(films));
    (1..=gone).for_each(|number| std::fs::remove_file(path(number)).unwrap());
    assert_eq!(scan().missing, u64::from(gone));
}

#[tokio::test]
async fn each_call_is_a_forced_run_and_with_async_names_its_activity() {
    let rig = Rig::new();
    for (method, uri, task) in [
        (Method::PUT, "/library/optimize", "OptimizeDatabase"),
        (Method::PUT, "/library/clean/bundles", "CleanOldBundles"),
        (Method::DELETE, "/library/caches", "CleanOldCacheFiles"),
    ] {
        let answer = rig.ask(method.clone(), uri).send().await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, ""), "{uri}");
        assert_eq!(answer.header("x-plex-activity"), "");
        let run = ended(&rig, task).await;
        assert_eq!((&run["state"], &run["forced"]), (&"completed".into(), &true.into()), "{run:#}");
        assert!(answer.header("x-butler-outcome").contains(&format!("run={}", run["id"])));
        let answer = rig.ask(method.clone(), format!("{uri}?async=1")).send().await;
        assert_eq!((answer.status, answer.header("x-plex-activity").len()), (StatusCode::OK, 36), "{uri}");
        ended(&rig, task).await;
        let wrong = rig.ask(method, format!("{uri}?async=perhaps")).send().await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{uri}");
        let without = rig.ask_without_token(Method::PUT, uri).send().await;
        assert_ne!(without.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_trash_of_a_section_is_emptied_by_a_run_limited_to_it() {
    let rig = Rig::new();
    let (section, _) = rig.add_films("Films").await;
    let uri = format!("/library/sections/{section}/emptyTrash");
    let answer = rig.ask(Method::PUT, &uri).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let run = ended(&rig, "GarbageCollectLibraryMedia").await;
    assert_eq!((&run["state"], &run["section"]), (&"completed".into(), &section.into()), "{run:#}");
    let unknown = rig.ask(Method::PUT, "/library/sections/99/emptyTrash").send().await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_waits_is_shown_and_confirmed_by_its_digest_and_no_other() {
    let rig = Rig::new();
    films_gone(&rig, 10, 3).await;
    rig.set_clock("2027-02-01T12:00:00");
    let task = "GarbageCollectLibraryMedia";
    let uri = format!("/api/v1/tasks/{task}/plan");
    let plan: DryRun = serde_json::from_value(rig.get_json(&uri).await).unwrap();
    let waits = plan.waits.unwrap();
    assert_eq!((plan.actions.len(), waits.actions.len(), waits.actions[0].deed.as_str()), (0, 3, "forget"));
    rig.ask(Method::POST, format!("/butler/{task}?force=1")).send().await;
    ended(&rig, task).await;
    let tasks: Tasks = serde_json::from_value(rig.get_json("/api/v1/tasks").await).unwrap();
    let shown = tasks.tasks.into_iter().find(|shown| shown.name.as_str() == task).unwrap();
    assert_eq!(shown.waits_for, Some(waits.sentence));

    for (query, status) in [("", StatusCode::BAD_REQUEST), ("?digest=0123456789abcdef", StatusCode::CONFLICT)]
    {
        let refused = rig.ask(Method::PUT, format!("{uri}{query}")).header("Accept", JSON).send().await;
        assert_eq!(refused.status, status, "{}", refused.text());
    }
    let confirmed = rig.ask(Method::PUT, format!("{uri}?digest={}", waits.digest)).send().await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text());
    let started: Started = serde_json::from_value(confirmed.json()).unwrap();
    assert!(started.outcome.run().is_some());
    let run = ended(&rig, task).await;
    assert!(run["report"].to_string().contains("Film 1 (2001)"), "{run:#}");
    let left = rig.get_json("/library/sections/1/all").await;
    assert_eq!(left["MediaContainer"]["size"], 7);
    let again = rig.ask(Method::PUT, format!("{uri}?digest={}", waits.digest)).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let tasks: Tasks = serde_json::from_value(rig.get_json("/api/v1/tasks").await).unwrap();
    assert!(tasks.tasks.iter().all(|task| task.waits_for.is_none()));
}

#[tokio::test]
async fn a_damaged_database_is_a_failed_run_with_a_sentence_and_shown_by_healthz() {
    use std::os::unix::fs::FileExt;
    let rig = Rig::new();
    for number in 0..40 {
        let value = Some("x".repeat(100_000));
        rig.library.set_settings(vec![(format!("filling-{number}"), value)]).unwrap();
    }
    let is_told = async || {
        let health = rig.get_json("/healthz").await;
        health["checks"].as_array().unwrap().iter().any(|check| check["name"] == "database")
    };
    rig.ask(Method::PUT, "/library/optimize").send().await;
    assert_eq!(ended(&rig, "OptimizeDatabase").await["state"], "completed");
    assert!(!is_told().await);
    // All is in the file by now. The middle of it are pages that hold nothing but such values.
    let file = std::fs::File::options().write(true).open(rig.library.data_dir().join("butler.db")).unwrap();
    let pages = file.metadata().unwrap().len() / 4_096;
    file.write_all_at(&[0xA5; 4_096], pages / 2 * 4_096).unwrap();
    rig.ask(Method::PUT, "/library/optimize").send().await;
    let run = ended(&rig, "OptimizeDatabase").await;
    assert_eq!(run["state"], "failed", "{run:#}");
    assert!(run["reason"].as_str().unwrap().contains("butler backup restore --newest"), "{run:#}");
    assert!(is_told().await);
}
