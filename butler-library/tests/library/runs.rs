//! Runs: kept whole, found again after a restart.

use std::path::PathBuf;

use butler_api::{Ask, Origin, Reason, RunId, RunRecord, RunState, TaskName};
use butler_library::{
    FileMark, Library, MOST_RUN_LINES, ReportFact, RunFilter, RunLine, RunProgress, RunRow, SectionId,
};
use jiff::SignedDuration;
use jiff::civil::date;

use crate::world::{at, not_utf8};

pub(crate) fn run(id: u64) -> RunRecord {
    let task = TaskName::GenerateMediaIndexFiles;
    RunRecord {
        state: RunState::Running,
        started_at: Some(at(1)),
        works_since: Some(at(1)),
        day: Some(date(2027, 1, 15)),
        ..RunRecord::new(RunId(id), task, Origin::Person, Ask::default(), at(0))
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
    let paths = vec!["/films/Heat (1995)".into(), PathBuf::from(not_utf8(b"/films/Caf\xe9, 1999"))];
    let mut record = RunRecord {
        ask: Ask { force: false, section: Some(4), paths, sources: vec![7, 9] },
        scheduled_at: Some(at(5)),
        bound_until: Some(at(99)),
        ..run(1)
    };
    let report = vec![ReportFact::count("new files", 3), ReportFact::text("away", "/films")];
    library.save_run(&record).unwrap();
    library.set_run_total(RunId(1), 9).unwrap();
    library.set_run_report(RunId(1), report.clone()).unwrap();
    drop(library);
    let library = Library::open(folder.path()).unwrap();
    let progress = RunProgress { total: 9, ..RunProgress::default() };
    let kept = RunRow { files: Some(0), record: record.clone(), progress, report: report.clone() };
    assert_eq!(library.unfinished_runs().unwrap(), [kept]);

    // Saving again leaves progress and report alone.
    let progress = RunProgress { done: 4, total: 9, failures: 1, failed_files: 1, bytes_read: 7 };
    library.set_run_progress(RunId(1), progress, Vec::new()).unwrap();
    record.state = RunState::Stopped;
    record.reason = Some(Reason::StoppedByPerson);
    record.ended_at = Some(at(60));
    (record.worked, record.works_since) = (SignedDuration::from_millis(41_500), None);
    library.save_run(&record).unwrap();
    let listed = library.runs_between(&RunFilter::default(), 0, 9).unwrap().remove(0);
    assert_eq!((listed.files, listed.record.ask.sources), (Some(0), Vec::new()), "no file holds them");
    assert_eq!(library.run(RunId(1)).unwrap(), Some(RunRow { files: Some(0), record, progress, report }));
    assert!(library.unfinished_runs().unwrap().is_empty());
    library.assert_sound();
}

#[test]
fn runs_are_listed_newest_first_and_ids_are_never_used_twice() {
    let (_folder, library) = library();
    assert_eq!(library.next_run_id().unwrap(), RunId(1));
    for id in 1..=5 {
        let task = if id == 3 { TaskName::RefreshLibraries } else { TaskName::GenerateMediaIndexFiles };
        library.save_run(&RunRecord { task, ..run(id) }).unwrap();
    }
    assert_eq!(library.next_run_id().unwrap(), RunId(6));
    let page = library.runs(&RunFilter::default(), 1, 2).unwrap();
    assert_eq!(
        (page.rows.iter().map(|run| run.record.id.0).collect::<Vec<_>>(), page.total),
        (vec![4, 3], 5)
    );
    let scans = RunFilter {
        task: Some(TaskName::RefreshLibraries),
        state: Some(RunState::Running),
        ..RunFilter::default()
    };
    assert_eq!(library.runs(&scans, 0, 10).unwrap().total, 1);
    assert!(library.set_run_total(RunId(99), 1).is_err());
}

#[test]
fn the_runs_of_a_night_are_those_that_it_brought() {
    let (_folder, library) = library();
    let origins = [Origin::Window, Origin::Person, Origin::CatchUp, Origin::Asap, Origin::Window];
    for (id, origin) in (1..).zip(origins) {
        // The last one is of the next night.
        let day = Some(date(2027, 1, if id == 5 { 2 } else { 1 }));
        library.save_run(&RunRecord { origin, day, ..run(id) }).unwrap();
    }
    let night = RunFilter { night: Some(date(2027, 1, 1)), ..RunFilter::default() };
    let found = library.runs(&night, 0, 10).unwrap();
    assert_eq!(
        (found.rows.iter().map(|run| run.record.id.0).collect::<Vec<_>>(), found.total),
        (vec![3, 1], 2)
    );
}

#[test]
fn a_task_s_past_counts_whole_completed_runs_by_the_time_they_worked() {
    let (_folder, library) = library();
    let ended = |id: u64, day: i8, state| {
        let (day, worked) = (Some(date(2027, 1, day)), SignedDuration::from_secs(i64::from(day)));
        RunRecord { state, day, worked, ended_at: Some(at(9_000)), ..run(id) }
    };
    library.save_run(&ended(1, 1, RunState::Completed)).unwrap();
    library.save_run(&ended(2, 2, RunState::Completed)).unwrap();
    let limited = RunRecord { ask: Ask::of_section(1, Vec::new()), ..ended(3, 3, RunState::Completed) };
    library.save_run(&limited).unwrap();
    library.save_run(&RunRecord { origin: Origin::Asap, ..ended(4, 4, RunState::Completed) }).unwrap();
    library.save_run(&ended(5, 5, RunState::Stopped)).unwrap();
    let pasts = library.task_pasts().unwrap();
    assert_eq!(pasts.len(), 1);
    let past = &pasts[&TaskName::GenerateMediaIndexFiles];
    assert_eq!(past.last_completed, Some(date(2027, 1, 2)));
    assert_eq!(past.durations.iter().map(|took| took.as_secs()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_section_is_offline_from_a_run_that_found_its_folder_away_to_the_next_scan_that_found_it() {
    let world = crate::world::World::new(butler_library::SectionKind::Movie);
    let root = world.library.section(world.section).unwrap().unwrap().roots[0].path.display().to_string();
    let (scan, media) = (TaskName::RefreshLibraries, TaskName::GenerateMediaIndexFiles);
    let away = || Reason::RootsAway { roots: vec!["/elsewhere".into(), root.clone()], failures: 0, files: 0 };
    let other = Reason::RootsAway { roots: vec!["/elsewhere".into()], failures: 0, files: 0 };
    let mut id = 0;
    let mut end =
        |task: &TaskName, section: Option<SectionId>, state: RunState, reason: Reason, expect: bool| {
            id += 1;
            let told = format!("{task} {section:?} {state} {reason}");
            let section = section.map(|section| section.0);
            let ended = RunRecord {
                task: task.clone(),
                ask: Ask { section, ..Ask::default() },
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

#[test]
fn the_newest_nights_have_their_runs_and_no_other() {
    let (_folder, library) = library();
    let mut id = 0;
    let mut ran = |day: i8, origin: Origin| {
        id += 1;
        let day = Some(date(2027, 1, day));
        library.save_run(&RunRecord { day, origin, state: RunState::Completed, ..run(id) }).unwrap();
    };
    for day in 1..=9 {
        (0..60).for_each(|_| ran(day, Origin::Window));
        ran(day, Origin::Person);
    }
    ran(8, Origin::CatchUp);
    let nights = library.night_runs(3).unwrap();
    let of = |day: i8| nights.iter().filter(|run| run.day == date(2027, 1, day)).count();
    assert_eq!((of(9), of(8), of(7), nights.len()), (60, 61, 60, 181));
    assert!(nights.is_sorted_by(|one, next| one.id > next.id));
    assert_eq!(library.night_runs(99).unwrap().len(), 541);
}

#[test]
fn a_file_that_failed_counts_once_in_a_run_and_once_in_a_night() {
    let (_folder, library) = library();
    let mark = |file: &str| FileMark::of_path(std::path::Path::new(file));
    let failed = |run: u64, files: &[&str]| {
        let progress = RunProgress {
            failures: 2 * files.len() as u64,
            failed_files: files.len() as u64,
            ..RunProgress::default()
        };
        let marks: Vec<FileMark> = files.iter().map(|file| mark(file)).collect();
        // What is stored again, after a restart say, is there once.
        (0..2).for_each(|_| library.set_run_progress(RunId(run), progress, marks.clone()).unwrap());
        assert_eq!(library.failed_files(RunId(run)).unwrap().len(), files.len());
    };
    let days = ["2026-11-23", "2026-11-23", "2026-11-24"];
    for (day, id) in days.iter().zip(1..) {
        let day = Some(day.parse().unwrap());
        library.save_run(&RunRecord { day, origin: Origin::Window, ..run(id) }).unwrap();
    }
    failed(1, &["/a.mkv", "/b.mkv"]);
    failed(2, &["/b.mkv", "/c.mkv"]);
    failed(3, &["/c.mkv"]);
    let of_days = library.failed_files_by_day(&[1, 2, 3].map(RunId)).unwrap();
    assert_eq!(of_days.into_values().collect::<Vec<_>>(), [3, 1]);
    assert_eq!(library.run(RunId(2)).unwrap().unwrap().progress.failed_files, 2);
}

#[test]
fn a_run_s_lines_are_kept_as_long_as_the_run_and_the_last_ones_stay() {
    let (folder, library) = library();
    let line = |nth: i64, words: &str| RunLine::new(at(nth), words, nth % 2 == 1);
    let lines = vec![line(1, "running"), line(2, "Films is begun")];
    library.save_run_and_lines(&run(1), lines.clone()).unwrap();
    library.save_run_and_lines(&run(2), vec![line(1, "running")]).unwrap();
    drop(library);
    let library = Library::open(folder.path()).unwrap();
    assert_eq!(library.run_lines(RunId(1)).unwrap(), lines);
    let flood: Vec<RunLine> = (3..500).map(|nth| line(nth, &format!("/films/{nth}"))).collect();
    for part in flood.chunks(250) {
        // One of a run that is gone is nobody's loss.
        library.add_run_lines(vec![(RunId(1), part.to_vec()), (RunId(9), part.to_vec())]).unwrap();
    }
    assert_eq!(library.run_lines(RunId(1)).unwrap(), flood[flood.len() - MOST_RUN_LINES..]);
    assert_eq!(library.run_lines(RunId(9)).unwrap(), []);
    let done = (3..=12).map(|id| RunRecord { state: RunState::Completed, ended_at: Some(at(60)), ..run(id) });
    let ended = RunRecord { state: RunState::Completed, ended_at: Some(at(60)), ..run(1) };
    std::iter::once(ended).chain(done).for_each(|record| library.save_run(&record).unwrap());
    assert_eq!(library.forget_old_runs(at(61)).unwrap(), 1);
    assert_eq!((library.run_lines(RunId(1)).unwrap(), library.run(RunId(1)).unwrap()), (vec![], None));
    assert_eq!(library.run_lines(RunId(2)).unwrap(), [line(1, "running")]);
}
