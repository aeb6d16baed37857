//! Nights as a person would reckon them on paper.

use butler_api::{PauseOwner, RunId};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::*;
use crate::{
    Ask, AtWindowEnd, CatchUp, Event, Lane, Past, Pause, PauseEnd, Remembered, Row, Timing, WindowDays,
    WindowSettings,
};

const SCAN: TaskName = TaskName::RefreshLibraries;
const BIF: TaskName = TaskName::GenerateMediaIndexFiles;
const DEEP: TaskName = TaskName::DeepMediaAnalysis;
const CACHE: TaskName = TaskName::CleanOldCacheFiles;
const BACKUP: TaskName = TaskName::BackupDatabase;

fn row(name: TaskName, every_days: u32, lane: Lane, rank: u8) -> Row {
    let backup = name == BACKUP;
    let at_window_end = if backup { AtWindowEnd::Finish } else { AtWindowEnd::Stop };
    let timing = Timing { every_days, randomized: false, lane, rank, at_window_end, never_starves: backup };
    Row { name, timing, switch: "ItsSwitch" }
}

struct Night {
    settings: Settings,
    past: BTreeMap<TaskName, Past>,
    expected: Expected,
    now: Timestamp,
}

/// A server in Berlin with a window from 02:00 to 05:00, two units at once and every task never run, at a
/// local time.
fn night(local: &str) -> Night {
    let settings = Settings {
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        window: WindowSettings::default(),
        switched_off: std::iter::empty().collect(),
        as_soon_as_possible: std::iter::empty().collect(),
        catch_up: CatchUp::default(),
        server_id: "3f1c".into(),
    };
    let local: DateTime = local.parse().unwrap();
    let now = settings.zone.to_ambiguous_timestamp(local).compatible().unwrap();
    Night {
        settings,
        past: BTreeMap::new(),
        expected: Expected { units_at_once: 2, work: BTreeMap::new() },
        now,
    }
}

impl Night {
    fn work(mut self, task: TaskName, work: Work) -> Self {
        self.expected.work.insert(task, work);
        self
    }

    fn minutes(self, task: TaskName, minutes: i64) -> Self {
        self.past(task, None, minutes)
    }

    fn backlog(self, task: TaskName, hours: i64) -> Self {
        self.work(task, Work::Backlog(SignedDuration::from_hours(hours)))
    }

    fn past(mut self, task: TaskName, last: Option<&str>, minutes: i64) -> Self {
        let past = self.past.entry(task).or_default();
        past.last_completed = last.map(|last| last.parse().unwrap());
        past.durations = vec![SignedDuration::from_mins(minutes)];
        self
    }

    fn schedule(&self, rows: &[Row]) -> Schedule {
        let remembered = Remembered {
            unfinished: Vec::new(),
            past: self.past.clone(),
            next_run: RunId(1),
            attendance: None,
            pauses: Vec::new(),
        };
        Schedule::restore(rows.to_vec(), self.settings.clone(), remembered, self.now).0
    }

    fn forecast(&self, nights: usize, rows: &[Row]) -> Forecast {
        self.schedule(rows).forecast(self.now, nights, &self.expected)
    }
}

/// A line a run: `2026-11-24 GenerateMediaIndexFiles 02:05-05:00 cut 3h`.
fn show(forecast: &Forecast, zone: &TimeZone) -> Vec<String> {
    let mut lines = Vec::new();
    for night in &forecast.nights {
        for run in &night.runs {
            let clock = |at: Option<Timestamp>| {
                at.map_or_else(String::new, |at| zone.to_datetime(at).strftime("%H:%M").to_string())
            };
            let how = match &run.how {
                How::Fits => "fits".to_owned(),
                How::Overruns => "overruns".to_owned(),
                How::Cut { left } => format!("cut {:#}", left.round(jiff::Unit::Minute).unwrap()),
                How::GoesOn { .. } => "goes on".to_owned(),
                How::Missed(reason) => format!("missed {}", reason.code()),
                How::Skipped(reason) => format!("skipped {}", reason.code()),
                How::Waits(reason) => format!("waits {}", reason.code()),
                How::Done { until } => format!("done, due on {until}"),
                How::NotDue { until } => format!("not due until {until}"),
                How::GivenUp => "given up".to_owned(),
                How::SwitchedOff { .. } => "off".to_owned(),
            };
            lines.push(format!(
                "{} {} {}-{} {how}",
                night.window.day,
                run.task,
                clock(run.start),
                clock(run.end)
            ));
        }
    }
    lines
}

fn check(night: &Night, nights: usize, rows: &[Row], expected: &[&str]) -> Forecast {
    let forecast = night.forecast(nights, rows);
    assert_eq!(show(&forecast, &night.settings.zone), expected);
    assert_eq!(forecast, night.forecast(nights, rows), "twice the same");
    forecast
}

fn media() -> Vec<Row> {
    vec![row(BIF, 1, Lane::Media, 10), row(DEEP, 1, Lane::Media, 10)]
}

#[test]
fn the_scan_goes_first_and_what_fits_fits() {
    let rows =
        [row(CACHE, 7, Lane::Housekeeping, 50), row(BIF, 1, Lane::Media, 10), row(SCAN, 1, Lane::Scan, 0)];
    let night = night("2026-11-23T12:00").minutes(SCAN, 10).minutes(CACHE, 20).backlog(BIF, 2);
    let expected = [
        "2026-11-24 RefreshLibraries 02:00-02:10 fits",
        "2026-11-24 CleanOldCacheFiles 02:10-02:30 fits",
        "2026-11-24 GenerateMediaIndexFiles 02:10-03:10 fits",
    ];
    let forecast = check(&night, 1, &rows, &expected);
    assert_eq!(forecast.backlogs[0].nights, Some(1));
    assert_eq!(forecast.between, []);
}

#[test]
fn a_backlog_is_cut_by_the_windows_end_and_carried_on() {
    let night = night("2026-11-23T12:00").backlog(BIF, 8);
    let expected = [
        "2026-11-24 GenerateMediaIndexFiles 02:00-05:00 cut 2h",
        "2026-11-25 GenerateMediaIndexFiles 02:00-03:00 fits",
    ];
    let forecast = check(&night, 2, &[row(BIF, 1, Lane::Media, 10)], &expected);
    assert_eq!(forecast.backlogs[0].nights, Some(2));
    // How many nights it takes is told by the plan of one night too, and the second night is not shown.
    let first = night.forecast(1, &[row(BIF, 1, Lane::Media, 10)]);
    assert_eq!((first.backlogs[0].nights, first.nights.len(), first.between), (Some(2), 1, Vec::new()));
}

#[test]
fn media_tasks_share_the_machine_and_who_is_done_leaves_its_share() {
    let night = night("2026-11-23T12:00").backlog(BIF, 1).backlog(DEEP, 3);
    let expected = [
        "2026-11-24 GenerateMediaIndexFiles 02:00-03:00 fits",
        "2026-11-24 DeepMediaAnalysis 02:00-04:00 fits",
    ];
    check(&night, 1, &media(), &expected);
}

#[test]
fn a_backlog_of_many_nights_is_reckoned_from_the_last_ones_that_were_driven() {
    let night = night("2026-11-23T12:00").backlog(BIF, 6 * 100);
    assert_eq!(night.forecast(1, &[row(BIF, 1, Lane::Media, 10)]).backlogs[0].nights, Some(100));
}

#[test]
fn housekeeping_that_does_not_fit_is_missed_and_the_backup_goes_first() {
    let rows = [row(BACKUP, 3, Lane::Housekeeping, 90), row(CACHE, 7, Lane::Housekeeping, 50)];
    let night = night("2026-11-23T12:00").minutes(CACHE, 170).minutes(BACKUP, 30);
    let forecast = night.forecast(1, &rows);
    let runs = &forecast.nights[0].runs;
    assert_eq!(
        (&runs[0].task, &runs[0].how),
        (&BACKUP, &How::Fits),
        "{:?}",
        show(&forecast, &night.settings.zone)
    );
    assert!(matches!(runs[1].how, How::Cut { .. }), "{:?}", show(&forecast, &night.settings.zone));
}

#[test]
fn what_runs_weekly_says_from_when_it_is_due_and_what_is_off_says_so() {
    let mut night = night("2026-11-23T12:00").past(CACHE, Some("2026-11-19"), 5);
    night.settings.switched_off.insert(BIF);
    let rows = [row(CACHE, 7, Lane::Housekeeping, 50), row(BIF, 1, Lane::Media, 10)];
    let expected = [
        "2026-11-24 CleanOldCacheFiles - not due until 2026-11-26",
        "2026-11-24 GenerateMediaIndexFiles - off",
        "2026-11-25 CleanOldCacheFiles - not due until 2026-11-26",
        "2026-11-25 GenerateMediaIndexFiles - off",
        "2026-11-26 CleanOldCacheFiles 02:00-02:05 fits",
        "2026-11-26 GenerateMediaIndexFiles - off",
    ];
    check(&night, 3, &rows, &expected);
}

#[test]
fn a_window_on_sundays_over_midnight_and_with_a_clock_change() {
    let mut night = night("2026-10-20T12:00").backlog(BIF, 100);
    night.settings.window.days = [jiff::civil::Weekday::Sunday].into_iter().collect();
    // The first Sunday goes back an hour: four hours from two to five.
    let expected = [
        "2026-10-25 GenerateMediaIndexFiles 02:00-05:00 cut 92h",
        "2026-11-01 GenerateMediaIndexFiles 02:00-05:00 cut 86h",
    ];
    check(&night, 2, &[row(BIF, 1, Lane::Media, 10)], &expected);
    night.settings.window = WindowSettings::from_hours((23, 0), (1, 0), WindowDays::ALL).unwrap();
    let expected = ["2026-10-20 GenerateMediaIndexFiles 23:00-01:00 cut 96h"];
    check(&night, 1, &[row(BIF, 1, Lane::Media, 10)], &expected);
}

#[test]
fn a_night_that_has_begun_goes_on_from_where_it_is() {
    let night = night("2026-11-24T04:00").backlog(BIF, 100);
    check(
        &night,
        1,
        &[row(BIF, 1, Lane::Media, 10)],
        &["2026-11-24 GenerateMediaIndexFiles 04:00-05:00 cut 98h"],
    );
}

#[test]
fn what_is_done_tonight_says_so_and_the_end_of_a_whole_day_shows_nothing_of_the_next() {
    let rows = [row(BIF, 1, Lane::Media, 10), row(SCAN, 1, Lane::Scan, 0)];
    let mut night =
        night("2026-11-24T06:00").past(SCAN, Some("2026-11-24"), 10).past(BIF, Some("2026-11-24"), 10);
    night.settings.window = WindowSettings::from_hours((5, 0), (5, 0), WindowDays::ALL).unwrap();
    let expected = [
        "2026-11-24 GenerateMediaIndexFiles - done, due on 2026-11-25",
        "2026-11-24 RefreshLibraries - done, due on 2026-11-25",
        "2026-11-25 RefreshLibraries 05:00-05:10 fits",
        "2026-11-25 GenerateMediaIndexFiles 05:10-05:20 fits",
    ];
    check(&night, 2, &rows, &expected);
}

#[test]
fn what_a_person_stopped_or_what_failed_tonight_is_given_up_for_tonight_alone() {
    let mut night = night("2026-11-24T04:00").past(BIF, Some("2026-11-23"), 10);
    night.past.get_mut(&BIF).unwrap().given_up = Some(jiff::civil::date(2026, 11, 24));
    let expected = [
        "2026-11-24 GenerateMediaIndexFiles - given up",
        "2026-11-25 GenerateMediaIndexFiles 02:00-02:10 fits",
    ];
    check(&night, 2, &[row(BIF, 1, Lane::Media, 10)], &expected);
}

#[test]
fn a_pause_that_nobody_lifts_misses_everything_and_one_that_ends_only_delays() {
    let rows = [row(BIF, 1, Lane::Media, 10)];
    let night = night("2026-11-23T12:00").backlog(BIF, 2);
    let with = |until: PauseEnd| {
        let mut schedule = night.schedule(&rows);
        let pause = Pause { owner: PauseOwner::Person, note: None, since: night.now, until, drains: false };
        let _ = schedule.handle(night.now, Event::PauseAsked(pause));
        schedule.forecast(night.now, 1, &night.expected)
    };
    let forecast = with(PauseEnd::Lifted);
    assert_eq!(show(&forecast, &night.settings.zone), ["2026-11-24 GenerateMediaIndexFiles - missed held"]);
    assert_eq!(forecast.backlogs[0].nights, None);
    let three: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
    let forecast = with(PauseEnd::At(three));
    assert_eq!(
        show(&forecast, &night.settings.zone),
        ["2026-11-24 GenerateMediaIndexFiles 03:00-04:00 fits"]
    );
}

#[test]
fn a_backup_ends_after_the_last_window_and_one_that_is_held_goes_on() {
    let rows = [row(BACKUP, 3, Lane::Housekeeping, 90)];
    check(
        &night("2026-11-23T12:00").minutes(BACKUP, 200),
        1,
        &rows,
        &["2026-11-24 BackupDatabase 02:00-05:20 overruns"],
    );
    let night = night("2026-11-24T02:00").minutes(BACKUP, 200);
    let mut schedule = night.schedule(&rows);
    let until = PauseEnd::Lifted;
    let pause = Pause { owner: PauseOwner::Person, note: None, since: night.now, until, drains: false };
    let _ = schedule.handle(night.now, Event::PauseAsked(pause));
    let forecast = schedule.forecast(night.now, 1, &night.expected);
    assert_eq!(show(&forecast, &night.settings.zone), ["2026-11-24 BackupDatabase 02:00- goes on"]);
}

#[test]
fn without_any_window_there_are_no_nights() {
    let mut night = night("2026-11-23T12:00").backlog(BIF, 2);
    night.settings.window.days = std::iter::empty().collect();
    let forecast = night.forecast(3, &[row(BIF, 1, Lane::Media, 10)]);
    assert_eq!((forecast.nights.len(), forecast.backlogs[0].nights), (0, None));
}

/// When the only run of a night ends, in seconds from its window's start.
fn ends_after(night: &Night, rows: &[Row]) -> i64 {
    let forecast = night.forecast(1, rows);
    let [run] = &forecast.nights[0].runs[..] else { panic!("{:?}", show(&forecast, &night.settings.zone)) };
    assert_eq!(run.start, Some(forecast.nights[0].window.from));
    run.start.unwrap().duration_until(run.end.unwrap()).as_secs()
}

#[test]
fn an_end_is_reckoned_to_the_second() {
    let rows = [row(BIF, 1, Lane::Media, 10)];
    let with =
        |seconds: i64| night("2026-11-23T12:00").work(BIF, Work::Backlog(SignedDuration::from_secs(seconds)));
    assert_eq!(ends_after(&with(3_650), &rows), 1_825, "two units at once");
    assert_eq!(ends_after(&with(0), &rows), 2, "a look, and nothing to do");
    let each = night("2026-11-23T12:00").work(BIF, Work::Each(SignedDuration::from_secs(95)));
    assert_eq!(ends_after(&each, &rows), 95);
    assert_eq!(ends_after(&night("2026-11-23T12:00"), &rows), 300, "nothing is known of it");
}

#[test]
fn a_randomised_run_begins_at_the_moment_that_the_night_will_place_it_at() {
    let mut rows = [row(CACHE, 1, Lane::Housekeeping, 50)];
    rows[0].timing.randomized = true;
    let placed = night("2026-11-24T02:00").schedule(&rows).live()[0].scheduled_at;
    let forecast = night("2026-11-23T12:00").forecast(1, &rows);
    assert_eq!(forecast.nights[0].runs[0].start, placed);
}

#[test]
fn a_pause_that_freezes_holds_all_and_one_that_drains_lets_housekeeping_end() {
    let rows = [row(CACHE, 7, Lane::Housekeeping, 50), row(BIF, 1, Lane::Media, 10)];
    let night = night("2026-11-24T02:00").minutes(CACHE, 30).backlog(BIF, 2);
    let until = PauseEnd::At("2026-11-24T02:00:00Z".parse().unwrap());
    for (drains, cache) in [(true, "02:00-02:30"), (false, "02:00-03:30")] {
        let mut schedule = night.schedule(&rows);
        let pause = Pause { owner: PauseOwner::Person, note: None, since: night.now, until, drains };
        let _ = schedule.handle(night.now, Event::PauseAsked(pause));
        let lines = show(&schedule.forecast(night.now, 1, &night.expected), &night.settings.zone);
        let expected = [
            format!("2026-11-24 CleanOldCacheFiles {cache} fits"),
            "2026-11-24 GenerateMediaIndexFiles 02:00-04:00 fits".to_owned(),
        ];
        assert_eq!(lines, expected, "drains: {drains}");
    }
}

#[test]
fn what_works_already_has_the_rest_of_its_usual_time_to_go() {
    let rows = [row(CACHE, 7, Lane::Housekeeping, 50)];
    let night = night("2026-11-24T02:00").minutes(CACHE, 30);
    let mut schedule = night.schedule(&rows);
    let later = night.now.checked_add(SignedDuration::from_mins(1)).unwrap();
    let _ = schedule.handle(later, Event::Woke);
    let forecast = schedule.forecast(later, 1, &night.expected);
    assert_eq!(show(&forecast, &night.settings.zone), ["2026-11-24 CleanOldCacheFiles 02:00-02:30 fits"]);
}

#[test]
fn what_is_caught_up_on_begins_between_the_windows() {
    let rows = [row(CACHE, 7, Lane::Housekeeping, 50)];
    let night = night("2026-11-22T20:00").minutes(CACHE, 30);
    let mut schedule = night.schedule(&rows);
    let morning: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    let _ = schedule.handle(morning, Event::Woke);
    let forecast = schedule.forecast(morning, 1, &night.expected);
    let [run] = &forecast.between[..] else { panic!("{forecast:?}") };
    let at = |minutes| morning.checked_add(SignedDuration::from_mins(minutes)).ok();
    assert_eq!((run.origin, run.start, run.end), (Origin::CatchUp, at(10), at(40)));
    assert_eq!(
        show(&forecast, &night.settings.zone),
        ["2026-11-24 CleanOldCacheFiles - not due until 2026-11-30"]
    );
}

#[test]
fn a_run_of_one_section_takes_nothing_of_the_backlogs_share() {
    let night = night("2026-11-23T12:00").backlog(BIF, 1).backlog(DEEP, 1);
    let mut schedule = night.schedule(&media());
    for (task, section) in [(DEEP, Some(1)), (BIF, None)] {
        let _ =
            schedule.handle(night.now, Event::StartAsked { task, ask: Ask { section, ..Ask::all(true) } });
    }
    let forecast = schedule.forecast(night.now, 1, &night.expected);
    let bif = forecast.between.iter().find(|run| run.task == BIF).unwrap();
    assert_eq!(night.now.duration_until(bif.end.unwrap()), SignedDuration::from_mins(30));
}
