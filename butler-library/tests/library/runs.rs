//! Runs: kept whole, found again after a restart.

use std::path::PathBuf;

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use butler_library::{Library, ReportFact, RunFilter, RunProgress, RunRow, SectionId};
use jiff::SignedDuration;
use jiff::civil::date;

use crate::world::{at, not_utf8};

pub(crate) fn run(id: u64) -> RunRow {
    RunRow {
        id: RunId(id),
        task: TaskName::GenerateMediaIndexFiles,
        state: RunState::Running,
        reason: None,
        origin: Origin::Person,
        forced: false,
        section: None,
        paths: Vec::new(),
        asked_at: at(0),
        scheduled_at: None,
        started_at: Some(at(1)),
        ended_at: None,
        worked: SignedDuration::ZERO,
        works_since: Some(at(1)),
        bound_until: None,
        day: Some(date(2027, 1, 15)),
        ended_day: None,
        crashes: None,
        progress: RunProgress::default(),
        report: Vec::new(),
    }
}

fn library() -> (tempfile::TempDir, Library) {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    (folder, library)
}

#[test]
fn a_run_is_found_again_after_a_restart() {
    let (folder, library) = library();
    let mut kept = RunRow {
        section: Some(SectionId(4)),
        paths: vec!["/films/Heat (1995)".into(), PathBuf::from(not_utf8(b"/films/Caf\xe9, 1999"))],
        scheduled_at: Some(at(5)),
        bound_until: Some(at(99)),
        progress: RunProgress { total: 9, ..RunProgress::default() },
        report: vec![ReportFact::count("new files", 3), ReportFact::text("away", "/films")],
        ..run(1)
    };
    library.save_run(&kept).unwrap();
    drop(library);
    let library = Library::open(folder.path()).unwrap();
    assert_eq!(library.unfinished_runs().unwrap(), [kept.clone()]);

    // Saving again leaves progress and report alone.
    library
        .set_run_progress(RunId(1), RunProgress { done: 4, total: 9, failures: 1, bytes_read: 7 })
        .unwrap();
    kept.state = RunState::Stopped;
    kept.reason = Some(Reason::StoppedByPerson);
    kept.ended_at = Some(at(60));
    (kept.worked, kept.works_since) = (SignedDuration::from_millis(41_500), None);
    library
        .save_run(&RunRow { report: Vec::new(), progress: RunProgress::default(), ..kept.clone() })
        .unwrap();
    kept.progress = RunProgress { done: 4, total: 9, failures: 1, bytes_read: 7 };
    assert_eq!(library.run(RunId(1)).unwrap(), Some(kept));
    assert!(library.unfinished_runs().unwrap().is_empty());
    library.assert_sound();
}

#[test]
fn runs_are_listed_newest_first_and_ids_are_never_used_twice() {
    let (_folder, library) = library();
    assert_eq!(library.next_run_id().unwrap(), RunId(1));
    for id in 1..=5 {
        let task = if id == 3 { TaskName::RefreshLibraries } else { TaskName::GenerateMediaIndexFiles };
        library.save_run(&RunRow { task, ..run(id) }).unwrap();
    }
    assert_eq!(library.next_run_id().unwrap(), RunId(6));
    let page = library.runs(&RunFilter::default(), 1, 2).unwrap();
    assert_eq!((page.rows.iter().map(|run| run.id.0).collect::<Vec<_>>(), page.total), (vec![4, 3], 5));
    let scans = RunFilter {
        task: Some(TaskName::RefreshLibraries),
        state: Some(RunState::Running),
        ..RunFilter::default()
    };
    assert_eq!(library.runs(&scans, 0, 10).unwrap().total, 1);
    assert!(library.set_run_total(RunId(99), 1).is_err());
}

#[test]
fn a_task_s_past_counts_whole_completed_runs_by_the_time_they_worked() {
    let (_folder, library) = library();
    let ended = |id: u64, day: i8, state| {
        let (day, worked) = (Some(date(2027, 1, day)), SignedDuration::from_secs(i64::from(day)));
        RunRow { state, day, worked, ended_at: Some(at(9_000)), ..run(id) }
    };
    library.save_run(&ended(1, 1, RunState::Completed)).unwrap();
    library.save_run(&ended(2, 2, RunState::Completed)).unwrap();
    library.save_run(&RunRow { section: Some(SectionId(1)), ..ended(3, 3, RunState::Completed) }).unwrap();
    library.save_run(&RunRow { origin: Origin::Asap, ..ended(4, 4, RunState::Completed) }).unwrap();
    library.save_run(&ended(5, 5, RunState::Stopped)).unwrap();
    let pasts = library.task_pasts().unwrap();
    assert_eq!(pasts.len(), 1);
    assert_eq!(pasts[0].completed, Some(date(2027, 1, 2)));
    assert_eq!(pasts[0].durations.iter().map(|took| took.as_secs()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_section_is_offline_from_a_run_that_found_its_folder_away_to_the_next_scan_that_found_it() {
    let world = crate::world::World::new(butler_library::SectionKind::Movie);
    let root = world.library.section(world.section).unwrap().unwrap().roots[0].path.display().to_string();
    let (scan, media) = (TaskName::RefreshLibraries, TaskName::GenerateMediaIndexFiles);
    let away = || Reason::RootsAway { roots: vec!["/elsewhere".into(), root.clone()], failures: 0 };
    let other = Reason::RootsAway { roots: vec!["/elsewhere".into()], failures: 0 };
    let mut id = 0;
    let mut end =
        |task: &TaskName, section: Option<SectionId>, state: RunState, reason: Reason, expect: bool| {
            id += 1;
            let told = format!("{task} {section:?} {state} {reason}");
            let ended = RunRow {
                task: task.clone(),
                section,
                state,
                reason: Some(reason),
                ended_at: Some(at(60)),
                ..run(id)
            };
            world.library.save_run(&ended).unwrap();
            assert_eq!(
                world.library.figures().unwrap().offline,
                [(world.section, expect)].into(),
                "after {told}"
            );
        };
    let done = RunState::Completed;
    end(&scan, None, done, Reason::AllDone, false);
    end(&scan, None, done, other, false);
    end(&media, None, done, away(), true);
    end(&media, None, done, Reason::AllDone, true);
    end(&scan, None, RunState::Stopped, Reason::StoppedByPerson, true);
    end(&scan, Some(SectionId(99)), done, Reason::AllDone, true);
    end(&scan, Some(world.section), done, Reason::AllDone, false);
    end(&scan, None, done, away(), true);
    end(&scan, None, done, Reason::NothingToDo, false);
}
