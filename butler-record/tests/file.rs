//! Histories in their file: begun, gone on with, read while they are written, and refused where they must be.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use butler_api::plex::{Activity, ActivityContext, ActivityEvent, ActivityNotification, ButlerTask};
use butler_record::night::Ending;
use butler_record::{Known, Observation, RecordChange, RecordError, RecordFile, Recorded, Recorder};
use jiff::Timestamp;
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_831_200 + seconds).unwrap()
}

fn activity(uuid: &str, progress: i8, subtitle: &str) -> Activity {
    Activity {
        context: None,
        cancellable: true,
        progress,
        subtitle: subtitle.into(),
        title: format!("Work {uuid}"),
        kind: "butler".into(),
        user_id: 1,
        uuid: uuid.into(),
    }
}

fn notified(event: ActivityEvent, activity: Activity) -> Observation {
    Observation::Notice(ActivityNotification { event, uuid: activity.uuid.clone(), activity })
}

fn all(file: &RecordFile) -> Recorded {
    file.between(at(-1_000_000), at(1_000_000)).unwrap()
}

#[test]
fn a_history_is_gone_on_with_after_a_watch_that_was_killed() {
    let folder = butler_fixtures::tempdir().unwrap();
    let path = folder.path().join("night.db");
    {
        let mut file = RecordFile::open(&path, "den").unwrap();
        assert_eq!(file.known().unwrap(), Known::default());
        let mut recorder = Recorder::new(file.known().unwrap());
        for (observation, second) in [
            (Observation::Look(vec![activity("old", 5, "")]), 0),
            (notified(ActivityEvent::Started, activity("a", 0, "S01 E01")), 1),
            (notified(ActivityEvent::Updated, activity("a", 40, "S01 E02")), 2),
            (notified(ActivityEvent::Started, activity("b", 0, "")), 3),
            (notified(ActivityEvent::Ended, activity("b", 100, "")), 4),
        ] {
            file.store(&recorder.observe(observation, at(second))).unwrap();
        }
        // Whoever reads it meanwhile sees what was stored.
        let reading = RecordFile::read_only(&path).unwrap();
        assert_eq!((all(&reading).spans.len(), reading.is_watched()), (3, true));
    }
    assert!(!RecordFile::read_only(&path).unwrap().is_watched());
    let mut file = RecordFile::open(&path, "den").unwrap();
    let known = file.known().unwrap();
    let open: Vec<_> =
        known.open.iter().map(|span| (span.uuid.as_str(), span.thing.as_str(), span.things)).collect();
    assert_eq!((open, known.watched_until), (vec![("old", "", 0), ("a", "S01 E02", 2)], Some(at(4))));
    let mut recorder = Recorder::new(known);
    file.store(&recorder.observe(Observation::Look(vec![activity("a", 60, "S01 E03")]), at(100))).unwrap();
    let context = Some(ActivityContext { key: None, library_section_id: Some("12".into()) });
    let located = Activity { context, ..activity("a", 60, "") };
    file.store(&recorder.observe(notified(ActivityEvent::Updated, located), at(150))).unwrap();
    assert_eq!(file.known().unwrap().open[0].section.as_deref(), Some("12"));
    file.store(&recorder.observe(notified(ActivityEvent::Ended, activity("a", 60, "")), at(200))).unwrap();

    let recorded = all(&RecordFile::read_only(&path).unwrap());
    let spans: Vec<_> = recorded
        .spans
        .iter()
        .map(|span| (span.title.as_str(), span.saw_begin, span.ending(), span.thing_count))
        .collect();
    assert_eq!(
        spans,
        [
            ("Work old", false, Ending::Unseen, 0),
            ("Work a", true, Ending::Short, 3),
            ("Work b", true, Ending::Complete, 0)
        ]
    );
    assert_eq!(recorded.spans[1].section.as_deref(), Some("12"));
    assert_eq!(recorded.spans[1].things, ["S01 E01", "S01 E02", "S01 E03"]);
    assert_eq!(recorded.gaps, [(at(4), at(100))]);
}

#[test]
fn what_a_clock_that_ran_ahead_put_into_a_file_goes_once_it_is_set_back() {
    let folder = butler_fixtures::tempdir().unwrap();
    let path = folder.path().join("night.db");
    let mut file = RecordFile::open(&path, "den").unwrap();
    let mut recorder = Recorder::new(Known::default());
    let ahead = 900_000;
    let look = |progress| Observation::Look(vec![activity("a", progress, "Heat")]);
    let task = |enabled| ButlerTask {
        name: "BackupDatabase".into(),
        interval: 3,
        schedule_randomized: false,
        enabled,
        title: String::new(),
        description: String::new(),
    };
    for (observation, second) in [
        (look(5), ahead),
        (Observation::Tasks(vec![task(true)]), ahead + 1),
        (Observation::Lost, ahead + 2),
        (look(6), ahead + 60),
        (Observation::Tasks(vec![task(false)]), ahead + 61),
        (look(7), 100),
        (notified(ActivityEvent::Ended, activity("a", 100, "")), 200),
    ] {
        file.store(&recorder.observe(observation, at(second))).unwrap();
    }
    let recorded = all(&file);
    let span = &recorded.spans[0];
    assert_eq!((span.began_at, span.ended_at, recorded.spans.len()), (at(100), Some(at(200)), 1));
    assert_eq!(recorded.gaps, []);
    let tasks: Vec<_> = recorded.tasks.iter().map(|change| (change.enabled, change.at)).collect();
    assert_eq!(tasks, [(false, at(100))], "what was found last holds");
    assert_eq!(file.known().unwrap().watched_until, Some(at(200)));
}

#[test]
fn a_file_of_another_server_or_of_another_watch_is_refused_and_not_touched() {
    let folder = butler_fixtures::tempdir().unwrap();
    let path = folder.path().join("night.db");
    let file = RecordFile::open(&path, "den").unwrap();
    assert!(matches!(RecordFile::open(&path, "den"), Err(RecordError::InUse)));
    drop(file);
    assert!(matches!(RecordFile::open(&path, "attic"), Err(RecordError::OtherServer)));
    RecordFile::open(&path, "den").unwrap();

    let other = folder.path().join("letter.txt");
    std::fs::write(&other, "Dear Sir or Madam, this is no database at all.").unwrap();
    RecordFile::open(&other, "den").unwrap_err();
    RecordFile::read_only(&other).unwrap_err();
    assert!(std::fs::read_to_string(&other).unwrap().starts_with("Dear Sir"));
    assert!(matches!(RecordFile::read_only(&folder.path().join("none.db")), Err(RecordError::Open(_))));
    assert!(!folder.path().join("none.db").exists());
}

#[test]
fn another_programs_database_is_refused_and_not_touched() {
    let folder = butler_fixtures::tempdir().unwrap();
    let path = folder.path().join("photos.db");
    let theirs = rusqlite::Connection::open(&path).unwrap();
    theirs.execute_batch("CREATE TABLE photos (id INTEGER PRIMARY KEY)").unwrap();
    drop(theirs);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(RecordFile::open(&path, "attic"), Err(RecordError::Foreign)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_stored_by_name_is_bounded_and_the_rest_is_counted() {
    let folder = butler_fixtures::tempdir().unwrap();
    let mut file = RecordFile::open(&folder.path().join("night.db"), "den").unwrap();
    let mut recorder = Recorder::new(Known::default());
    let mut changes: Vec<RecordChange> = Vec::new();
    for number in 0..1_500 {
        changes.extend(
            recorder.observe(notified(ActivityEvent::Updated, activity("a", 0, &number.to_string())), at(0)),
        );
    }
    file.store(&changes).unwrap();
    let span = all(&file).spans.remove(0);
    assert_eq!((span.thing_count, span.things.len()), (1_500, 1_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is told in whatever order, with watches that are killed in between: no span ends before it
    /// began, none is open twice, and after a look exactly what is there is open.
    #[test]
    fn any_night_leaves_a_sound_history(
        steps in prop::collection::vec((0..5_u8, 0..4_usize, -1..=100_i8, -50..200_i64), 1..60)
    ) {
        let folder = butler_fixtures::tempdir().unwrap();
        let path = folder.path().join("night.db");
        let mut file = RecordFile::open(&path, "den").unwrap();
        let mut recorder = Recorder::new(Known::default());
        let mut now = 0;
        for (step, which, progress, passes) in steps {
            now += passes;
            let uuid = ["a", "b", "c", "d"][which];
            let observation = match step {
                0 => notified(ActivityEvent::Started, activity(uuid, progress, uuid)),
                1 => notified(ActivityEvent::Updated, activity(uuid, progress, "thing")),
                2 => notified(ActivityEvent::Ended, activity(uuid, progress, "")),
                3 => Observation::Lost,
                _ => {
                    drop(file);
                    file = RecordFile::open(&path, "den").unwrap();
                    recorder = Recorder::new(file.known().unwrap());
                    Observation::Look(vec![activity(uuid, progress, "")])
                }
            };
            let is_look = matches!(observation, Observation::Look(_));
            file.store(&recorder.observe(observation, at(now))).unwrap();
            let open = file.known().unwrap().open;
            if is_look {
                prop_assert_eq!(open.iter().map(|span| span.uuid.as_str()).collect::<Vec<_>>(), [uuid]);
            }
            let distinct: std::collections::BTreeSet<_> = open.iter().map(|span| &span.uuid).collect();
            prop_assert_eq!(distinct.len(), open.len());
        }
        let recorded = file.between(at(-1_000_000), at(1_000_000)).unwrap();
        for span in recorded.spans {
            prop_assert!(span.lasted() >= jiff::SignedDuration::ZERO);
            prop_assert!(span.ended_at.is_none_or(|end| end >= span.began_at));
        }
        for (from, until) in recorded.gaps {
            prop_assert!(from < until);
        }
    }
}
