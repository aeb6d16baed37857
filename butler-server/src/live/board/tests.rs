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
        Self { board: Board::default(), now: Instant::now() }
    }

    fn later(&mut self, ms: u64) -> &mut Self {
        self.now += Duration::from_millis(ms);
        self
    }

    fn hear(&mut self, what: &What) -> Vec<String> {
        shown(self.board.hear(self.now, what))
    }
}

fn shown(news: Vec<News>) -> Vec<String> {
    let show = |doing: &Doing| {
        let Doing { task, is_scan, section, title, progress, subtitle, .. } = doing;
        let what = if *is_scan { "scan" } else { task.as_str() };
        let section = section.map(|id| format!(" in {id}")).unwrap_or_default();
        let progress = progress.map_or("?".to_owned(), |percent| percent.to_string());
        format!("{what}{section}, {title}, {progress}, {subtitle:?}")
    };
    let show = |news| match news {
        News::Started(doing) => format!("started: {}", show(&doing)),
        News::Updated(doing) => format!("updated: {}", show(&doing)),
        News::Ended(doing) => format!("ended: {}", show(&doing)),
        News::ScanEnded(title) => format!("scanned: {title}"),
        News::Failed { title, why } => format!("failed: {title}: {why}"),
        News::Changed => "changed".to_owned(),
    };
    news.into_iter().map(show).collect()
}

#[test]
fn a_run_is_one_activity_from_its_start_to_its_end() {
    use RunState::{Completed, Queued, Running};
    let mut night = Night::new();
    let bif = TaskName::GenerateMediaIndexFiles;
    assert_eq!(night.hear(&changed(bif.clone(), Queued, None)), ["changed"]);
    assert_eq!(
        night.hear(&changed(bif.clone(), Running, None)),
        ["started: GenerateMediaIndexFiles, A task, ?, \"\""]
    );
    assert_eq!(
        night.later(1_000).hear(&progressed(1, 3, Some("/films/Heat.mkv"))),
        ["updated: GenerateMediaIndexFiles, A task, 33, \"Heat.mkv\""]
    );
    assert_eq!(
        night.hear(&changed(bif, Completed, Some(Reason::AllDone))),
        ["ended: GenerateMediaIndexFiles, A task, 100, \"Heat.mkv\""]
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
    assert_eq!(
        shown(night.board.tell_late(night.now)),
        ["updated: GenerateMediaIndexFiles, A task, 2, \"\""]
    );
    assert_eq!(night.board.due(), None);
    // Still two percent.
    assert_eq!(night.later(5_000).hear(&progressed(25, 1_000, None)), nothing);
    assert_eq!(
        night.later(5_000).hear(&progressed(30, 1_000, None)),
        ["updated: GenerateMediaIndexFiles, A task, 3, \"\""]
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
        ["updated: LoudnessAnalysis, A task, ?, \"Everything is paused while something plays.\""]
    );
    assert!(night.board.list().all(|doing| doing.state == RunState::Paused));
    let stopping = changed(task.clone(), RunState::Stopping, Some(Reason::StoppedByPerson));
    assert_eq!(
        night.later(2_000).hear(&stopping),
        ["updated: LoudnessAnalysis, A task, ?, \"A person stopped it.\""]
    );
    assert!(night.board.list().all(|doing| doing.state == RunState::Stopping));
    assert_eq!(
        night.hear(&changed(task, RunState::Stopped, Some(Reason::StoppedByPerson))),
        ["ended: LoudnessAnalysis, A task, ?, \"A person stopped it.\""]
    );
}

#[test]
fn each_section_that_is_scanned_is_an_activity_beside_its_run() {
    let mut night = Night::new();
    let task = TaskName::RefreshLibraries;
    assert_eq!(
        night.hear(&changed(task.clone(), RunState::Running, None)),
        ["started: RefreshLibraries, A task, ?, \"\""]
    );
    assert_eq!(night.hear(&scan(1, Stage::Begun)), ["started: scan in 1, Scanning Films 1, ?, \"\""]);
    let stage = Stage::Under { done: 1, total: Some(2) };
    assert_eq!(night.later(1_000).hear(&scan(1, stage)), ["updated: scan in 1, Scanning Films 1, 50, \"\""]);
    assert_eq!(
        night.hear(&scan(1, Stage::Ended)),
        ["ended: scan in 1, Scanning Films 1, 100, \"\"", "scanned: Films 1"]
    );
    night.hear(&scan(2, Stage::Begun));
    assert_eq!(
        night.hear(&changed(task, RunState::Failed, None)),
        [
            "ended: scan in 2, Scanning Films 2, ?, \"\"",
            "ended: RefreshLibraries, A task, ?, \"\"",
            "failed: A task: "
        ]
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
        ["ended: GenerateMediaIndexFiles, A task, ?, \"\"", "started: RefreshLibraries in 3, Scan, ?, \"\""]
    );
    assert!(night.board.follow(night.now, &[other]).is_empty());
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
    assert_eq!(
        shown.map(|(done, total)| percent(done, total)),
        [None, Some(100), Some(0), Some(66), Some(100), Some(100), Some(49)]
    );
}

#[test]
fn what_is_about_no_run_is_told_without_a_word_of_what() {
    let mut night = Night::new();
    assert_eq!(night.hear(&What::PausesChanged { pauses: Vec::new() }), ["changed"]);
    assert_eq!(night.hear(&What::SettingsChanged { ids: vec!["ButlerStartHour"] }), ["changed"]);
    assert_eq!(night.hear(&What::SectionChanged { section: 1 }), ["changed"]);
}

#[test]
fn a_run_that_fails_is_told_to_people_with_its_sentence() {
    use RunState::{Failed, Running};
    let mut night = Night::new();
    night.hear(&changed(TaskName::OptimizeDatabase, Running, None));
    let why = Reason::TaskFailed { sentence: "The database is damaged.".to_owned() };
    let news = night.hear(&changed(TaskName::OptimizeDatabase, Failed, Some(why)));
    assert!(news.last().unwrap().starts_with("failed: A task: "), "{news:?}");
    assert!(news.last().unwrap().contains("The database is damaged."), "{news:?}");
}
