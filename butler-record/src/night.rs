//! Histories laid out by nights. A night goes from noon to noon, and is called by the day on which it ends.
//! Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;

use crate::file::{Recorded, RecordedSpan, TaskChange};

/// What one night held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Night {
    /// The day on which it ends.
    pub day: Date,
    /// What ran, in the order of its begin.
    pub spans: Vec<RecordedSpan>,
    /// When nobody watched or the server was away.
    pub gaps: Vec<Gap>,
    /// What was found changed of the list of tasks.
    pub changes: Vec<TaskChange>,
}

/// A time of which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// How a span ended, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It goes on, as far as is known.
    Open,
    /// It came to its end.
    Complete,
    /// It ended before it had come to all of its work.
    Short,
    /// It ended, and nobody saw how.
    Unseen,
}

/// The day by which a night is called, of an instant in it.
pub fn night_of(at: Timestamp, zone: &TimeZone) -> Date {
    let local = zone.to_datetime(at);
    if local.hour() < 12 { local.date() } else { local.date().saturating_add(1.day()) }
}

/// From when to when a night goes.
pub fn bounds(day: Date, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let noon = |day: Date| {
        let noon = zone.to_ambiguous_timestamp(day.at(12, 0, 0, 0)).compatible();
        noon.unwrap_or(Timestamp::UNIX_EPOCH)
    };
    (noon(day.saturating_sub(1.day())), noon(day))
}

/// The nights of a history in which there was anything, the latest last. A span is of the night in which it
/// began; a gap is of the nights in which it began and ended, for it says of both what is not known.
pub fn nights(recorded: Recorded, zone: &TimeZone) -> Vec<Night> {
    let mut nights: Vec<Night> = Vec::new();
    let mut of = |at: Timestamp, put: &mut dyn FnMut(&mut Night)| {
        let day = night_of(at, zone);
        let place = match nights.binary_search_by_key(&day, |night| night.day) {
            Ok(place) => place,
            Err(place) => {
                let night = Night { day, spans: Vec::new(), gaps: Vec::new(), changes: Vec::new() };
                nights.insert(place, night);
                place
            }
        };
        put(&mut nights[place]);
    };
    for span in recorded.spans {
        of(span.began_at, &mut |night| night.spans.push(span.clone()));
    }
    for (from, until) in recorded.gaps {
        let put = &mut |night: &mut Night| night.gaps.push(Gap { from, until });
        of(from, put);
        // At noon itself the night before is over, and the next one lacks nothing.
        let last = until.checked_sub(SignedDuration::from_millis(1)).map_or(from, |last| last.max(from));
        if night_of(last, zone) != night_of(from, zone) {
            of(last, put);
        }
    }
    for change in recorded.tasks.into_iter().filter(|change| !change.is_first) {
        of(change.at, &mut |night| night.changes.push(change.clone()));
    }
    nights
}

impl RecordedSpan {
    /// How it ended.
    pub const fn ending(&self) -> Ending {
        match (self.ended_at, self.saw_end, self.progress) {
            (None, ..) => Ending::Open,
            (Some(_), false, _) => Ending::Unseen,
            (Some(_), true, 0..=99) => Ending::Short,
            (Some(_), true, _) => Ending::Complete,
        }
    }

    /// The last instant at which it was known to be there.
    pub fn known_until(&self) -> Timestamp {
        self.ended_at.filter(|_| self.saw_end).unwrap_or(self.seen_at)
    }

    /// How long it was known to be there.
    pub fn lasted(&self) -> SignedDuration {
        self.known_until().duration_since(self.began_at)
    }
}

/// So near to one another are activities of one kind that they are shown as one stretch.
const NEAR: SignedDuration = SignedDuration::from_mins(5);

/// Activities of one kind that came one after the other: a server has one for each film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// What they were, for people.
    pub title: String,
    /// When the first began, or was found.
    pub from: Timestamp,
    /// Until when the last was known to be there.
    pub until: Timestamp,
    /// When any of them was known to be there, from and until: what lies between two pieces is not known to
    /// be anything of theirs.
    pub pieces: Vec<(Timestamp, Timestamp)>,
    /// Whether the first one's begin was seen.
    pub saw_begin: bool,
    /// How many they were.
    pub activities: usize,
    /// How many of them ended before they were complete.
    pub short: usize,
    /// How many of them ended while nobody saw it.
    pub unseen: usize,
    /// How many of them go on.
    pub open: usize,
    /// How far the last one came in whole percent; -1 where nobody knows.
    pub progress: i8,
    /// The sections that they were about.
    pub sections: Vec<String>,
    /// What they were on first.
    pub first_thing: Option<String>,
    /// On how many things they were.
    pub things: u32,
}

/// The stretches of spans, which stand in the order of their begins.
pub fn stretches(spans: &[RecordedSpan]) -> Vec<Stretch> {
    let mut stretches: Vec<(&str, Stretch)> = Vec::new();
    for span in spans {
        let near = stretches.iter_mut().rev().find(|(kind, stretch)| {
            *kind == span.kind
                && stretch.title == span.title
                && span.began_at.duration_since(stretch.until) <= NEAR
        });
        let stretch = match near {
            Some((_, stretch)) => stretch,
            None => {
                stretches.push((&span.kind, Stretch::at(span)));
                let Some((_, stretch)) = stretches.last_mut() else { continue };
                stretch
            }
        };
        stretch.add(span);
    }
    stretches.into_iter().map(|(_, stretch)| stretch).collect()
}

impl Stretch {
    fn at(span: &RecordedSpan) -> Self {
        Self {
            title: span.title.clone(),
            from: span.began_at,
            until: span.began_at,
            pieces: Vec::new(),
            saw_begin: span.saw_begin,
            activities: 0,
            short: 0,
            unseen: 0,
            open: 0,
            progress: -1,
            sections: Vec::new(),
            first_thing: None,
            things: 0,
        }
    }

    /// How long any of them was known to be there, without the time between them.
    pub fn took(&self) -> SignedDuration {
        self.pieces.iter().map(|(from, until)| until.duration_since(*from)).sum()
    }

    fn add(&mut self, span: &RecordedSpan) {
        self.until = self.until.max(span.known_until());
        // Spans come in the order of their begins: one that overlaps does so with the last piece.
        match self.pieces.last_mut().filter(|(_, until)| span.began_at <= *until) {
            Some((_, until)) => *until = span.known_until().max(*until),
            None => self.pieces.push((span.began_at, span.known_until().max(span.began_at))),
        }
        self.activities += 1;
        match span.ending() {
            Ending::Open => self.open += 1,
            Ending::Short => self.short += 1,
            Ending::Unseen => self.unseen += 1,
            Ending::Complete => {}
        }
        self.progress = span.progress;
        self.sections.extend(span.section.clone().filter(|section| !self.sections.contains(section)));
        self.first_thing = self.first_thing.take().or_else(|| span.things.first().cloned());
        self.things = self.things.saturating_add(span.thing_count);
    }
}

/// Where a span lies on a line of so many places between two instants: the place of its begin, and behind its
/// end. It has one place at least.
pub fn places(
    (from, until): (Timestamp, Timestamp),
    (begin, end): (Timestamp, Timestamp),
    width: usize,
) -> (usize, usize) {
    let whole = until.duration_since(from).as_millis().max(1);
    let place = |at: Timestamp| {
        let part = at.duration_since(from).as_millis().clamp(0, whole);
        usize::try_from(part * width as i128 / whole).unwrap_or(0)
    };
    let begin = place(begin).min(width.saturating_sub(1));
    (begin, place(end).clamp(begin + 1, width.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}+01:00").parse().unwrap()
    }

    fn span(began: &str, ended: Option<&str>, saw_end: bool, progress: i8) -> RecordedSpan {
        RecordedSpan {
            kind: "butler".into(),
            title: "Backup".into(),
            section: None,
            began_at: at(began),
            saw_begin: true,
            seen_at: at(began),
            ended_at: ended.map(at),
            saw_end,
            progress,
            thing_count: 0,
            things: Vec::new(),
        }
    }

    #[test]
    fn a_night_goes_from_noon_to_noon() {
        for (text, day) in [
            ("2026-11-27T12:00", "2026-11-28"),
            ("2026-11-28T02:00", "2026-11-28"),
            ("2026-11-28T11:59", "2026-11-28"),
            ("2026-11-28T12:00", "2026-11-29"),
        ] {
            let day = day.parse().unwrap();
            assert_eq!(night_of(at(text), &zone()), day, "{text}");
            let (from, until) = bounds(day, &zone());
            assert!(from <= at(text) && at(text) < until, "{text}");
        }
    }

    #[test]
    fn what_a_history_holds_is_laid_into_its_nights() {
        let change = |is_first| TaskChange {
            task: "BackupDatabase".into(),
            enabled: false,
            interval: 3,
            at: at("2026-11-28T03:00"),
            is_first,
        };
        let recorded = Recorded {
            spans: ["2026-11-27T02:00", "2026-11-27T23:00", "2026-11-28T02:00"]
                .map(|began| span(began, None, false, 0))
                .into(),
            gaps: vec![
                (at("2026-11-25T02:00"), at("2026-11-26T02:00")),
                (at("2026-11-28T01:00"), at("2026-11-28T12:00")),
            ],
            tasks: vec![change(true), change(false)],
        };
        let counts: Vec<_> = nights(recorded, &zone())
            .iter()
            .map(|night| (night.day.day(), night.spans.len(), night.gaps.len(), night.changes.len()))
            .collect();
        assert_eq!(counts, [(25, 0, 1, 0), (26, 0, 1, 0), (27, 1, 0, 0), (28, 2, 1, 1)]);
    }

    #[test]
    fn how_a_span_ended_is_said_as_far_as_it_is_known() {
        let ending = |ended, saw_end, progress| span("2026-11-28T02:00", ended, saw_end, progress).ending();
        let end = Some("2026-11-28T03:00");
        assert_eq!(ending(None, false, 40), Ending::Open);
        assert_eq!(ending(end, true, 100), Ending::Complete);
        assert_eq!(ending(end, true, -1), Ending::Complete);
        assert_eq!(ending(end, true, 40), Ending::Short);
        assert_eq!(ending(end, false, 100), Ending::Unseen);
    }

    #[test]
    fn activities_of_one_kind_that_follow_one_another_are_one_stretch() {
        let end = |clock: &str| format!("2026-11-28T{clock}");
        let spans: Vec<RecordedSpan> = [
            ("02:00", "02:10", "Loudness", 100),
            ("02:05", "02:06", "Backup", 100),
            ("02:14", "02:20", "Loudness", 40),
            ("03:00", "03:10", "Loudness", 100),
        ]
        .into_iter()
        .enumerate()
        .map(|(number, (began, ended, title, progress))| RecordedSpan {
            title: title.into(),
            thing_count: 1,
            things: vec![format!("film {number}")],
            ..span(&end(began), Some(&end(ended)), true, progress)
        })
        .collect();
        let shown: Vec<_> = stretches(&spans)
            .into_iter()
            .map(|one| (one.title, one.activities, one.short, one.things, one.first_thing, one.until))
            .collect();
        let stretch = |title: &str, activities, short, things, first: &str, until: &str| {
            (title.to_owned(), activities, short, things, Some(first.to_owned()), at(&end(until)))
        };
        assert_eq!(
            shown,
            [
                stretch("Loudness", 2, 1, 2, "film 0", "02:20"),
                stretch("Backup", 1, 0, 1, "film 1", "02:06"),
                stretch("Loudness", 1, 0, 1, "film 3", "03:10"),
            ]
        );
    }

    #[test]
    fn a_stretch_takes_no_longer_than_its_activities() {
        let at_second = |second: u32| at(&format!("2026-11-28T02:00:{second:02}"));
        let activity = |from: u32, until: u32| RecordedSpan {
            began_at: at_second(from),
            ended_at: Some(at_second(until)),
            ..span("2026-11-28T02:00", None, true, 100)
        };
        for (seconds, pieces, took) in [
            (vec![(0, 4), (8, 12)], vec![(0, 4), (8, 12)], 8),
            (vec![(0, 4), (4, 6), (5, 9)], vec![(0, 9)], 9),
            (vec![(0, 9), (1, 2), (11, 11)], vec![(0, 9), (11, 11)], 9),
        ] {
            let spans: Vec<_> = seconds.iter().map(|(from, until)| activity(*from, *until)).collect();
            let [stretch] = stretches(&spans).try_into().unwrap();
            let expect: Vec<_> =
                pieces.into_iter().map(|(from, until)| (at_second(from), at_second(until))).collect();
            assert_eq!((stretch.took().as_secs(), stretch.pieces), (took, expect), "{seconds:?}");
        }
    }

    #[test]
    fn every_span_has_a_place_on_the_line() {
        let night = (at("2026-11-28T02:00"), at("2026-11-28T06:00"));
        for (begin, end, expect) in [
            ("02:00", "06:00", (0, 8)),
            ("02:00", "02:00", (0, 1)),
            ("06:00", "06:00", (7, 8)),
            ("03:00", "04:00", (2, 4)),
            ("01:00", "02:30", (0, 1)),
        ] {
            let instant = |clock: &str| at(&format!("2026-11-28T{clock}"));
            assert_eq!(places(night, (instant(begin), instant(end)), 8), expect, "{begin} {end}");
        }
        assert_eq!(places((night.0, night.0), night, 8), (0, 8));
    }
}
