//! Windows and days the plain way: the zone's offsets as a list, and every night around as another. Shares
//! nothing with the machine's; an instant of a local time is the first one at which a clock on the wall shows
//! that time or a later one, which is a gap's end and a fold's first pass (docs/scheduling.md, rules 1 and
//! 10).

use butler_schedule::WindowSettings;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, civil};

/// How many nights before and after an instant are looked at.
const NIGHTS_AROUND: i32 = 45;

/// One date's window, or the instant at which it would start. Times are in seconds since 1970, dates in days
/// since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Night {
    pub(crate) day: i32,
    pub(crate) from: i64,
    /// None: no window on that date.
    pub(crate) until: Option<i64>,
    pub(crate) whole_day: bool,
}

/// The nights of one zone and one setting.
pub(crate) struct Calendar {
    /// From when on, and how many seconds the wall is ahead of UTC then.
    offsets: Vec<(i64, i64)>,
    window: WindowSettings,
    nights: Vec<Night>,
}

impl Calendar {
    pub(crate) fn new(zone: &TimeZone, window: WindowSettings, around: i64) -> Self {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let first = around - 800 * 86_400;
        let mut offsets = vec![(first, i64::from(zone.to_offset(at(first)).seconds()))];
        for change in zone
            .following(at(first))
            .take_while(|change| change.timestamp().as_second() < around + 30 * 366 * 86_400)
        {
            offsets.push((change.timestamp().as_second(), i64::from(change.offset().seconds())));
        }
        let mut calendar = Self { offsets, window, nights: Vec::new() };
        calendar.look_around(around);
        calendar
    }

    /// Makes sure that the nights around an instant are known.
    pub(crate) fn look_around(&mut self, now: i64) {
        let near = NIGHTS_AROUND as i64 / 2 * 86_400;
        if self.nights.first().is_some_and(|night| night.from + near < now)
            && self.nights.last().is_some_and(|night| night.from - near > now)
        {
            return;
        }
        let today = i32::try_from(now.div_euclid(86_400)).unwrap();
        self.nights = (today - NIGHTS_AROUND..=today + NIGHTS_AROUND)
            .filter(|day| self.has(*day))
            .map(|day| self.night(day))
            .collect();
    }

    /// Whether the wall ever shows this date: a zone may leave one out, as Samoa did on 30 December 2011.
    fn has(&self, day: i32) -> bool {
        let first = self.first_showing(i64::from(day) * 86_400);
        let ahead = self.offsets.iter().rfind(|(since, _)| *since <= first).map_or(0, |(_, ahead)| *ahead);
        (first + ahead).div_euclid(86_400) == i64::from(day)
    }

    fn night(&self, day: i32) -> Night {
        let midnight = i64::from(day) * 86_400;
        let clock = |time: civil::Time| i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60;
        let (start, end) = (clock(self.window.start), clock(self.window.end));
        let from = self.first_showing(midnight + start);
        let until = self.first_showing(midnight + if end > start { end } else { end + 86_400 });
        let opens = self.window.days.contains(date(day).weekday()) && from < until;
        Night { day, from, until: opens.then_some(until), whole_day: start == end }
    }

    /// The first instant at which the wall shows this local time or a later one.
    fn first_showing(&self, local: i64) -> i64 {
        for (index, (since, offset)) in self.offsets.iter().enumerate() {
            let ends = self.offsets.get(index + 1).map_or(i64::MAX, |next| next.0);
            let instant = (local - offset).max(*since);
            if instant < ends {
                return instant;
            }
        }
        unreachable!("the last offset lasts for ever")
    }

    fn last_started(&self, now: i64) -> usize {
        self.nights.partition_point(|night| night.from <= now) - 1
    }

    /// The maintenance day of an instant.
    pub(crate) fn day(&self, now: i64) -> i32 {
        self.nights[self.last_started(now)].day
    }

    /// The window that is open.
    pub(crate) fn open(&self, now: i64) -> Option<Night> {
        let night = self.nights[self.last_started(now)];
        night.until.is_some_and(|until| now < until).then_some(night)
    }

    /// The window that opens next, after an instant.
    pub(crate) fn next(&self, now: i64) -> Option<Night> {
        self.nights[self.last_started(now) + 1..].iter().copied().find(|night| night.until.is_some())
    }

    /// The last window that has any part between two instants.
    pub(crate) fn last_between(&self, after: i64, before: i64) -> Option<Night> {
        self.nights
            .iter()
            .copied()
            .rfind(|night| night.from < before && night.until.is_some_and(|until| until > after))
    }

    /// The window of a date.
    pub(crate) fn of_day(&self, day: i32) -> Option<Night> {
        self.nights.iter().copied().find(|night| night.day == day && night.until.is_some())
    }

    /// Whether a window opened after one instant, and not after another.
    pub(crate) fn opened_between(&self, after: i64, to: i64) -> bool {
        self.nights.iter().any(|night| night.until.is_some() && after < night.from && night.from <= to)
    }
}

/// The date of a day number.
pub(crate) fn date(day: i32) -> civil::Date {
    civil::date(1970, 1, 1).checked_add(day.days()).unwrap()
}

/// The day number of a date.
pub(crate) fn day_number(date: civil::Date) -> i32 {
    civil::date(1970, 1, 1).until(date).unwrap().get_days()
}
