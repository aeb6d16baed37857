use butler_api::Origin;

use super::*;

const RUN: RunId = RunId(7);

fn changed(task: TaskName, state: RunState, reason: Option<Reason>) -> What {
    What::RunChanged { run: RUN, task, title: "A task", section: None, origin: Origin::Window, state, reason }
}

fn progressed(done: u64, total: u64, file: Option<&str>) -> What {
    What::RunProgressed {
        run: RUN,
        task: TaskName::GenerateMediaIndexFiles,
        done,
        total,
        is_counted: total > 0,
        failures: 0,
        file: file.map(str::to_owned),
        waits: None,
    }
}

fn scan(section: i64, stage: Stage) -> What {
    What::SectionStep { run: RUN, section, title: format!("Films {section}"), stage }
}

/// A board, and what it told: one line each.
struct Night {
    board: Board,
    now: Instant,
}

impl Night {
    fn new() -> Self {
        Self { board: Board::new("server"), now: Instant::now() }
    }

    fn later(&mut self, ms: u64) -> &mut Self {
        self.now += Duration::from_millis(ms);
        self
    }

    fn hear(&mut self, what: &What) -> Vec<String> {
        shown(self.board.hear(self.now, what))
    }
}

fn shown(news: Vec<Notification>) -> Vec<String> {
    let show = |notification| match notification {
        Notification::Activity(ActivityNotification { event, activity, .. }) => {
            let Activity { title, subtitle, progress, kind, context, .. } = activity;
            let section = context
                .and_then(|context| context.library_section_id)
                .map(|id| format!(" in {id}"))
                .unwrap_or_default();
            format!("{event:?}: {kind}{section}, {title}, {progress}, {subtitle:?}").to_lowercase()
        }
        Notification::Status(StatusNotification { title, .. }) => title,
    };
    news.into_iter().map(show).collect()
}

#[test]
fn a_run_is_one_activity_from_its_start_to_its_end() {
    use RunState::{Completed, Queued, Running};
    let mut night = Night::new();
    let bif = TaskName::GenerateMediaIndexFiles;
    let nothing: [&str; 0] = [];
    assert_eq!(night.hear(&changed(bif.clone(), Queued, None)), nothing);
    assert_eq!(
        night.hear(&changed(bif.clone(), Running, None)),
        ["started: media.generate.bif, a task, -1, \"\""]
    );
    assert_eq!(
        night.later(1_000).hear(&progressed(1, 3, Some("/films/Heat.mkv"))),
        ["updated: media.generate.bif, a task, 33, \"heat.mkv\""]
    );
    assert_eq!(
        night.hear(&changed(bif, Completed, Some(Reason::AllDone))),
        ["ended: media.generate.bif, a task, 100, \"heat.mkv\""]
    );
    assert_eq!(night.board.list().count(), 0);
    assert!(night.board.runs.is_empty() && night.board.told.is_empty());
}

#[test]
fn news_are_told_once_a_second_the_last_of_them_late_and_what_is_the_same_never() {
    let mut night = Night::new();
    night.hear(&changed(TaskName::GenerateMediaIndexFiles, RunState::Running, None));
    let nothing: [&str; 0] = [];
    assert_eq!(night.later(300).hear(&progressed(1, 1_000, None)), nothing);
    assert_eq!(night.later(300).hear(&progressed(20, 1_000, None)), nothing);
    assert_eq!(night.board.due(), Some(night.now + Duration::from_millis(400)));
    night.later(400);
    assert_eq!(shown(night.board.tell_late(night.now)), ["updated: media.generate.bif, a task, 2, \"\""]);
    assert_eq!(night.board.due(), None);
    // Still two percent.
    assert_eq!(night.later(5_000).hear(&progressed(25, 1_000, None)), nothing);
    assert_eq!(
        night.later(5_000).hear(&progressed(30, 1_000, None)),
        ["updated: media.generate.bif, a task, 3, \"\""]
    );
}

#[test]
fn a_pause_and_a_stop_say_why() {
    let mut night = Night::new();
    let task = TaskName::LoudnessAnalysis;
    night.hear(&changed(task.clone(), RunState::Running, None));
    let held = Reason::Held { owner: butler_api::PauseOwner::Playback, note: None };
    assert_eq!(
        night.later(2_000).hear(&changed(task.clone(), RunState::Paused, Some(held))),
        ["updated: media.generate.loudness, a task, -1, \"everything is paused while something plays.\""]
    );
    assert!(night.board.list().all(|activity| activity.cancellable));
    let stopping = changed(task.clone(), RunState::Stopping, Some(Reason::StoppedByPerson));
    assert_eq!(
        night.later(2_000).hear(&stopping),
        ["updated: media.generate.loudness, a task, -1, \"a person stopped it.\""]
    );
    assert!(night.board.list().all(|activity| !activity.cancellable));
    let uuid = night.board.list().next().unwrap().uuid.clone();
    assert_eq!(night.board.find(&uuid), Some((RUN, RunState::Stopping)));
    assert_eq!(
        night.hear(&changed(task, RunState::Stopped, Some(Reason::StoppedByPerson))),
        ["ended: media.generate.loudness, a task, -1, \"a person stopped it.\""]
    );
}

#[test]
fn each_section_that_is_scanned_is_an_activity_beside_its_run() {
    let mut night = Night::new();
    let task = TaskName::RefreshLibraries;
    assert_eq!(
        night.hear(&changed(task.clone(), RunState::Running, None)),
        ["started: butler, a task, -1, \"\""]
    );
    assert_eq!(
        night.hear(&scan(1, Stage::Begun)),
        ["started: library.update.section in 1, scanning films 1, -1, \"\""]
    );
    let stage = Stage::Under { done: 1, total: Some(2) };
    assert_eq!(
        night.later(1_000).hear(&scan(1, stage)),
        ["updated: library.update.section in 1, scanning films 1, 50, \"\""]
    );
    assert_eq!(
        night.hear(&scan(1, Stage::Ended)),
        ["ended: library.update.section in 1, scanning films 1, 100, \"\"", "Library scan complete"]
    );
    night.hear(&scan(2, Stage::Begun));
    assert_eq!(
        night.hear(&changed(task, RunState::Failed, None)),
        ["ended: library.update.section in 2, scanning films 2, -1, \"\"", "ended: butler, a task, -1, \"\""]
    );
}

#[test]
fn who_missed_facts_is_told_the_difference() {
    let mut night = Night::new();
    night.hear(&changed(TaskName::GenerateMediaIndexFiles, RunState::Running, None));
    let other = What::RunChanged {
        run: RunId(8),
        task: TaskName::RefreshLibraries,
        title: "Scan",
        section: Some(3),
        origin: Origin::Person,
        state: RunState::Running,
        reason: None,
    };
    assert_eq!(
        shown(night.board.follow(night.now, std::slice::from_ref(&other))),
        ["ended: media.generate.bif, a task, -1, \"\"", "started: butler in 3, scan, -1, \"\""]
    );
    assert!(night.board.follow(night.now, &[other]).is_empty());
}

#[test]
fn the_id_of_an_activity_is_the_same_after_a_restart_and_another_for_all_else() {
    let one = uuid("server", (RUN, None));
    assert_eq!(one, uuid("server", (RUN, None)));
    let others =
        [uuid("other", (RUN, None)), uuid("server", (RunId(8), None)), uuid("server", (RUN, Some(8)))];
    assert!(others.iter().all(|other| *other != one));
    assert_eq!((one.len(), one.as_bytes()[14], one.matches('-').count()), (36, b'8', 4));
}

#[test]
fn percent_is_whole_and_unknown_without_a_total() {
    let shown = [
        (0, None),
        (0, Some(0)),
        (0, Some(3)),
        (2, Some(3)),
        (3, Some(3)),
        (9, Some(3)),
        (u64::MAX / 2, Some(u64::MAX)),
    ];
    assert_eq!(shown.map(|(done, total)| percent(done, total)), [-1, 100, 0, 66, 100, 100, 49]);
}
