//! What no event brings about from outside: two rules that contradict each other.

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::*;
use crate::{CatchUp, SecondRun, Timing, WindowSettings};

fn row(name: TaskName) -> Row {
    Row { name, timing: Timing { rank: 1, ..Timing::MEDIA }, switch: "ItsSwitch" }
}

/// Seven in the morning of a whole-day window, on a day on which the only task was given up.
fn given_up() -> (Schedule, Timestamp) {
    let now: Timestamp = "2026-11-23T07:00:00Z".parse().unwrap();
    let settings = Settings {
        zone: TimeZone::UTC,
        window: WindowSettings::from_hours((4, 0), (4, 0), crate::WindowDays::ALL).unwrap(),
        switched_off: BTreeSet::new(),
        as_soon_as_possible: BTreeSet::new(),
        catch_up: CatchUp::Off,
        server_id: "3f1c".into(),
    };
    let past = Past { given_up: Some(jiff::civil::date(2026, 11, 23)), ..Past::default() };
    let past = BTreeMap::from([(TaskName::LoudnessAnalysis, past)]);
    let remembered =
        Remembered { unfinished: Vec::new(), past, next_run: RunId(1), attendance: None, pauses: Vec::new() };
    (Schedule::restore(vec![row(TaskName::LoudnessAnalysis)], settings, remembered, now).0, now)
}

#[test]
fn a_task_that_ends_at_once_and_stays_due_gets_one_run_an_event_and_an_error_is_logged() {
    let (mut schedule, now) = given_up();
    // By the window's day it is due, by the present one it is not: each run that it gets is skipped at its
    // turn.
    let mut stretch = Stretch::around(&schedule.settings, now);
    let window = stretch.present.window.as_mut().unwrap();
    window.day = window.day.checked_add(1.day()).unwrap();
    schedule.stretch = Some(stretch);
    for _ in 0..3 {
        let effects = schedule.handle(now, Event::Woke).effects;
        assert_eq!(
            effects.iter().filter(|effect| matches!(effect, Effect::Save(_))).count(),
            1,
            "{effects:?}"
        );
        assert!(
            effects.contains(&Effect::LogError(SecondRun { task: TaskName::LoudnessAnalysis })),
            "{effects:?}"
        );
        assert_eq!(schedule.live(), []);
    }
}
