//! The night as one picture: a row a task, from what ran to what is planned. Places are per cent of the
//! window, so that a track fits any width and no style stands in the markup.

use butler_api::v1::{PlannedRun, Run, Task};
use butler_api::{Origin, RunState, TaskName};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use crate::page::words::{Clock, count, length, mark, seconds, worded};

/// The window that is drawn, and the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Night {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

/// What a bar stands for; each is told in words too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Done,
    Works,
    Planned,
    Left,
    Failed,
    Held,
}

#[derive(Debug, Clone, PartialEq)]
struct Bar {
    from: f64,
    width: f64,
    mark: Mark,
    /// With its moments as [`Clock::told`] finds them.
    words: String,
    /// What stands beside it: `3 min`.
    label: String,
}

/// One task's row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    name: TaskName,
    title: String,
    bars: Vec<Bar>,
    /// What does not fit, or why it waits.
    note: Option<String>,
}

/// One night of the picture; two stand side by side, with the names of their tasks before both.
pub(super) struct Panel {
    pub(super) night: Night,
    pub(super) rows: Vec<Row>,
    pub(super) head: Markup,
}

/// A bar that lasts no time is seen all the same.
const NARROWEST: f64 = 1.6;
/// About how much of a track a letter takes.
const LETTER: f64 = 1.9;

/// The rows of a night: those that begin first stand first.
pub(super) fn rows(night: &Night, tasks: &[Task], past: &[Run], ahead: &[PlannedRun]) -> Vec<Row> {
    let mut rows: Vec<Row> = tasks
        .iter()
        .map(|task| {
            let ran = past.iter().rev().filter(|run| run.task == task.name);
            let planned = ahead.iter().filter(|run| run.task == task.name);
            let note = planned
                .clone()
                .find(|run| ["cut", "missed", "waits", "goes-on", "overruns"].contains(&run.how.as_str()))
                .map(|run| run.message.clone());
            Row {
                name: task.name.clone(),
                title: task.title.clone(),
                bars: ran
                    .filter_map(|run| night.ran(run))
                    .chain(planned.filter_map(|run| night.planned(run)))
                    .collect(),
                note,
            }
        })
        .filter(|row| !row.bars.is_empty() || row.note.is_some())
        .collect();
    let start = |row: &Row| row.bars.first().map_or(f64::INFINITY, |bar| bar.from);
    rows.sort_by(|one, other| start(one).total_cmp(&start(other)));
    rows
}

impl Night {
    /// Where an instant is, in per cent of the window.
    fn place(&self, at: Timestamp) -> f64 {
        let whole = self.until.duration_since(self.from).as_secs_f64().max(1.0);
        (at.duration_since(self.from).as_secs_f64() / whole * 100.0).clamp(0.0, 100.0)
    }

    /// The night of another day by the same hours, and by those of its runs, should the hours have been
    /// others.
    pub(super) fn of_day(&self, day: Date, runs: &[Run]) -> Option<Self> {
        let time = |at: Timestamp| self.zone.to_datetime(at).time();
        let (from, until) = (time(self.from), time(self.until));
        let last = if until <= from { day.tomorrow().ok()? } else { day };
        let at = |day: Date, time| self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok();
        let of_window = || runs.iter().filter(|run| run.origin == Origin::Window);
        let begun = of_window().filter_map(|run| run.started_at).min();
        let ended = of_window().filter_map(|run| run.ended_at).max();
        let (from, until) = (at(day, from)?, at(last, until)?);
        Some(Self {
            from: begun.map_or(from, |begun| begun.min(from)),
            until: ended.map_or(until, |ended| ended.max(until)),
            now: self.now,
            zone: self.zone.clone(),
        })
    }

    fn bar(
        &self,
        from: Timestamp,
        until: Timestamp,
        mark: Mark,
        words: String,
        label: String,
    ) -> Option<Bar> {
        if until < self.from || from > self.until {
            return None;
        }
        let (from, until) = (self.place(from), self.place(until));
        let from = from.min(100.0 - NARROWEST);
        Some(Bar { from, width: (until - from).max(NARROWEST), mark, words, label })
    }

    fn ran(&self, run: &Run) -> Option<Bar> {
        let from = run.started_at?;
        let until = run.ended_at.unwrap_or(self.now);
        let (bar, word) = match run.state {
            RunState::Completed => (Mark::Done, "done"),
            RunState::Failed => (Mark::Failed, "failed"),
            RunState::Running | RunState::Stopping => (Mark::Works, "works"),
            RunState::Paused => (Mark::Held, "held"),
            _ => (Mark::Left, "not finished"),
        };
        let took = length(u64::try_from(until.duration_since(from).as_secs()).unwrap_or(0));
        let mut words = format!("{} to {}, {took}, {word}", mark(from), mark(until));
        let mut label = if bar == Mark::Done { took } else { format!("{took}, {word}") };
        if let Some(failed) = run.failed() {
            words.push_str(&format!(", {failed}"));
            label.push_str(&format!(", {} failed", count(run.failed_files)));
        }
        self.bar(from, until, bar, words, label)
    }

    fn planned(&self, run: &PlannedRun) -> Option<Bar> {
        let start = run.start?.at().max(self.now);
        let end = run.end.map_or(self.until, |end| end.at());
        if end <= start && run.start.is_some_and(|start| start.at() < self.now) {
            return None;
        }
        let bar = if ["cut", "goes-on"].contains(&run.how.as_str()) { Mark::Left } else { Mark::Planned };
        // A guess has a question mark, as the plan's sentence explains.
        let guess = if run.is_guess { "?" } else { "" };
        let words = format!("planned, about {} to {}{guess}", mark(start), mark(end));
        // Of what works already the rest is planned.
        let begun = run.start.is_some_and(|start| start.at() < self.now);
        let more = if begun { " more" } else { "" };
        let label = format!("{}{more}{guess}", worded("about", seconds(start, end)));
        self.bar(start, end, bar, words, label)
    }

    fn clock(&self, at: Timestamp) -> String {
        self.zone.to_datetime(at).strftime("%H:%M").to_string()
    }

    /// The hours that are named on the axis: both ends, and between them as many as are easily read.
    fn hours(&self) -> Vec<Timestamp> {
        let lasts = self.until.duration_since(self.from);
        let every = match lasts.as_hours() {
            0..5 => 1,
            5..10 => 2,
            _ => 4,
        };
        // A name needs its room: about a twelfth of the window.
        let room = SignedDuration::from_secs(lasts.as_secs() / 12);
        let begun = self.zone.to_datetime(self.from);
        let past_the_hour = i64::from(begun.minute()) * 60 + i64::from(begun.second());
        let mut at = self.from + SignedDuration::from_secs((3600 - past_the_hour) % 3600);
        let mut hours = vec![self.from];
        while at < self.until {
            let is_apart = at.duration_since(self.from) >= room && self.until.duration_since(at) >= room;
            if self.zone.to_datetime(at).hour() % every == 0 && is_apart {
                hours.push(at);
            }
            at += SignedDuration::from_hours(1);
        }
        hours.push(self.until);
        hours
    }

    /// Where the present is, while it is in this night.
    fn present(&self) -> Option<f64> {
        (self.from <= self.now && self.now < self.until).then(|| self.place(self.now))
    }
}

/// The picture: a row a task, in the order of the first night that has it.
pub(super) fn picture(panels: &[&Panel], clock: &Clock, at: impl Fn(&str) -> String) -> Markup {
    let mut names: Vec<&Row> = Vec::new();
    for row in panels.iter().flat_map(|panel| &panel.rows) {
        if !names.iter().any(|known| known.name == row.name) {
            names.push(row);
        }
    }
    html! {
        (hatches())
        div.night.two[panels.len() > 1] {
            span.name {}
            @for panel in panels { h2 { (panel.head) } }
            @if !names.is_empty() {
                span.name {}
                @for panel in panels { (axis(&panel.night)) }
            }
            @for named in &names {
                a.name href=(at(&format!("/tasks/{}", named.name))) { (named.title) (lasted(panels, named)) }
                @for panel in panels {
                    @let row = panel.rows.iter().find(|row| row.name == named.name);
                    (track(&panel.night, &named.title, row.map_or(&[], |row| &row.bars), clock))
                }
                @for note in panels.iter().flat_map(|panel| &panel.rows).filter(|row| row.name == named.name).filter_map(|row| row.note.as_ref()) {
                    p.note { (note) }
                }
            }
        }
        @if !names.is_empty() {
            div.key aria-hidden="true" {
                span.done { i.dot {} "done" } span.run { i.dot {} "works" } span.plan { i.dot {} "planned, by past nights" }
                span.hold { i.dot {} "held" } span.miss { i.dot {} "left for another night" } span.fail { i.dot {} "failed" }
            }
        }
    }
}

/// What a task's bars say beside them, where a narrow screen has no room there.
fn lasted(panels: &[&Panel], named: &Row) -> Markup {
    let rows = panels.iter().map(|panel| panel.rows.iter().find(|row| row.name == named.name));
    let labels: Vec<&str> =
        rows.map(|row| row.and_then(|row| row.bars.last()).map_or("–", |bar| &bar.label)).collect();
    html! { span.lasted aria-hidden="true" { (labels.join(" | ")) } }
}

fn axis(night: &Night) -> Markup {
    let (hours, present) = (night.hours(), night.present());
    let last = hours.len().saturating_sub(1);
    html! {
        svg.track.axis height="18" aria-hidden="true" {
            @for (nth, hour) in hours.iter().enumerate() {
                @let place = night.place(*hour);
                @let anchor = if nth == 0 { "start" } else if nth == last { "end" } else { "middle" };
                // The present stands over an hour that is near to it.
                @if present.is_none_or(|present| (present - place).abs() > 7.0) {
                    text.inner[anchor == "middle"] x=(per_cent(place)) y="12" text-anchor=(anchor) data-at=(format!("{hour:.0}")) data-as="short" { (night.clock(*hour)) }
                }
            }
            @if let Some(present) = present {
                @let anchor = if present < 4.0 { "start" } else if present > 96.0 { "end" } else { "middle" };
                text.nowtext x=(per_cent(present)) y="12" text-anchor=(anchor) { "now" }
            }
        }
    }
}

fn track(night: &Night, title: &str, bars: &[Bar], clock: &Clock) -> Markup {
    let words: Vec<&str> = bars.iter().map(|bar| bar.words.as_str()).collect();
    let words = if words.is_empty() { "nothing in this window".to_owned() } else { words.join("; ") };
    let label = format!("{title}: {words}");
    let hours = night.hours();
    html! {
        svg.track height="18" role="img" aria-label=(clock.told(&label)) data-told=(label) {
            rect.ground width="100%" height="18" rx="5" {}
            @for hour in hours.iter().skip(1).take(hours.len().saturating_sub(2)) {
                @let place = per_cent(night.place(*hour));
                line.grid x1=(place) x2=(place) y1="0" y2="18" {}
            }
            @for bar in bars {
                rect class=(class(bar.mark)) x=(per_cent(bar.from)) y="1.5" width=(per_cent(bar.width)) height="15" rx="4" {
                    title data-told=(bar.words) { (clock.told(&bar.words)) }
                }
            }
            @if let Some((x, anchor, label)) = beside(bars) {
                text.told x=(per_cent(x)) y="13" text-anchor=(anchor) { (label) }
            }
            @if let Some(present) = night.present() {
                line.now x1=(per_cent(present)) x2=(per_cent(present)) y1="-5" y2="23" {}
            }
        }
    }
}

/// Where the last bar's label has room: behind it, else before the first one.
fn beside(bars: &[Bar]) -> Option<(f64, &'static str, &str)> {
    const GAP: f64 = 1.0;
    let (first, last) = (bars.first()?, bars.last()?);
    let needs = last.label.chars().count() as f64 * LETTER + GAP;
    let (before, behind) = (first.from, last.from + last.width);
    if behind + needs <= 100.0 {
        Some((behind + GAP, "start", &last.label))
    } else {
        (before >= needs).then_some((before - GAP, "end", &last.label))
    }
}

/// What is planned is hatched: colour alone says nothing.
fn hatches() -> Markup {
    let hatch = |id: &str| {
        html! {
            pattern id=(id) width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect class=(id) width="2.2" height="6" {}
            }
        }
    };
    html! { svg.defs width="0" height="0" aria-hidden="true" { defs { (hatch("hatch")) (hatch("hatchmiss")) } } }
}

const fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Done => "done",
        Mark::Works => "run",
        Mark::Planned => "planned",
        Mark::Left => "left",
        Mark::Failed => "fail",
        Mark::Held => "hold",
    }
}

fn per_cent(place: f64) -> String {
    format!("{place:.2}%")
}

#[cfg(test)]
mod tests {
    use butler_api::RunId;
    use butler_api::v1::LocalTime;

    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-28T{time}:00Z").parse().unwrap()
    }

    fn night(now: &str) -> Night {
        Night { from: at("02:00"), until: at("05:00"), now: at(now), zone: TimeZone::UTC }
    }

    fn task(name: &str) -> Task {
        Task {
            name: name.into(),
            title: name.to_lowercase(),
            description: String::new(),
            every_days: 1,
            randomized: false,
            enabled: true,
            due: true,
            usual_seconds: 300,
            usual_is_guess: false,
            waits_for: None,
            next_at: None,
        }
    }

    fn run(task: &str, state: RunState, from: &str, until: Option<&str>) -> Run {
        Run {
            id: RunId(1),
            task: task.into(),
            state,
            reason: None,
            reason_code: None,
            origin: Origin::Window,
            forced: false,
            section: None,
            paths: Vec::new(),
            files: None,
            first_files: Vec::new(),
            log: Vec::new(),
            asked_at: at(from),
            started_at: Some(at(from)),
            ended_at: until.map(at),
            day: None,
            ended_day: None,
            done: 0,
            total: 0,
            failures: 0,
            failed_files: 0,
            bytes_read: 0,
            report: Vec::new(),
            live: None,
        }
    }

    fn planned(task: &str, start: &str, end: &str, how: &str) -> PlannedRun {
        let local = |time| LocalTime::of(at(time), &TimeZone::UTC);
        PlannedRun {
            task: task.into(),
            origin: Origin::Window,
            start: Some(local(start)),
            end: Some(local(end)),
            how: how.into(),
            left_seconds: None,
            is_guess: false,
            due: None,
            message: format!("{how}."),
        }
    }

    #[test]
    fn what_works_goes_on_as_planned_from_the_present() {
        let rows = rows(
            &night("03:30"),
            &[task("A")],
            &[run("A", RunState::Running, "02:00", None)],
            &[planned("A", "02:00", "04:15", "fits")],
        );
        let bars: Vec<_> = rows[0].bars.iter().map(|bar| (bar.mark, bar.from, bar.width)).collect();
        assert_eq!(bars, [(Mark::Works, 0.0, 50.0), (Mark::Planned, 50.0, 25.0)]);
        assert_eq!(rows[0].note, None);
    }

    #[test]
    fn what_does_not_fit_says_so_and_what_rests_has_no_row() {
        let rows = rows(
            &night("01:00"),
            &[task("A"), task("B"), task("C")],
            &[],
            &[planned("B", "03:30", "05:00", "cut"), planned("C", "02:00", "02:30", "fits")],
        );
        let shown: Vec<_> = rows.iter().map(|row| (row.title.as_str(), row.note.as_deref())).collect();
        assert_eq!(shown, [("c", None), ("b", Some("cut."))]);
        assert_eq!(rows[1].bars[0].mark, Mark::Left);
    }

    #[test]
    fn a_run_of_an_instant_is_seen_and_one_of_another_night_is_not() {
        let done = |from, until| run("A", RunState::Completed, from, Some(until));
        let shown = |past: &[Run]| rows(&night("04:00"), &[task("A")], past, &[]);
        assert_eq!(shown(&[done("02:00", "02:00")])[0].bars[0].width, NARROWEST);
        let last = &shown(&[done("05:00", "05:00")])[0].bars[0];
        assert!(last.from + last.width <= 100.0);
        assert!(shown(&[done("00:10", "00:20")]).is_empty());
    }

    #[test]
    fn a_short_run_has_its_length_beside_it_where_there_is_room() {
        let beside_of = |from, until| {
            let past = [run("A", RunState::Completed, from, Some(until))];
            let rows = rows(&night("04:00"), &[task("A")], &past, &[]);
            beside(&rows[0].bars).map(|(_, anchor, label)| (anchor, label.to_owned()))
        };
        assert_eq!(beside_of("02:10", "02:13"), Some(("start", "3 min".to_owned())));
        assert_eq!(beside_of("04:50", "04:55"), Some(("end", "5 min".to_owned())));
        assert_eq!(beside_of("02:00", "04:59"), None);
    }

    #[test]
    fn a_night_that_was_has_the_hours_of_today_and_all_of_its_runs() {
        let day = "2026-11-27".parse().unwrap();
        let at = |time: &str| format!("2026-11-27T{time}:00Z").parse().unwrap();
        let before = night("12:00").of_day(day, &[]).unwrap();
        assert_eq!((before.from, before.until), (at("02:00"), at("05:00")));
        let early = Run {
            started_at: Some(at("01:00")),
            ended_at: Some(at("01:20")),
            ..run("A", RunState::Completed, "02:00", None)
        };
        let before = night("12:00").of_day(day, std::slice::from_ref(&early)).unwrap();
        assert_eq!(before.from, at("01:00"));
        // What a person started later is no part of the night.
        let before = night("12:00").of_day(day, &[Run { origin: Origin::Person, ..early }]).unwrap();
        assert_eq!(before.from, at("02:00"));
    }

    #[test]
    fn the_axis_names_both_ends_and_full_hours_between() {
        let named = |night: &Night| night.hours().iter().map(|hour| night.clock(*hour)).collect::<Vec<_>>();
        assert_eq!(named(&night("03:00")), ["02:00", "03:00", "04:00", "05:00"]);
        let odd = Night { from: at("01:50"), until: at("05:10"), ..night("03:00") };
        assert_eq!(named(&odd), ["01:50", "03:00", "04:00", "05:10"]);
    }
}
