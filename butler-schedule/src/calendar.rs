//! The present moment on the calendar: its day, the window that is open, and the one that opens next. Looked
//! up once for as long as it stays the same, for the rules ask it many times an event. It holds no rule: see
//! `day.rs` and `window.rs`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Settings, Window, day, window};

/// A moment, and what the calendar says of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present {
    pub(crate) now: Timestamp,
    /// The maintenance day.
    pub(crate) day: Date,
    /// The window that contains it.
    pub(crate) window: Option<Window>,
    /// The window that opens next.
    pub(crate) next: Option<Window>,
}

/// The stretch of time around the last moment that was looked up, in which the calendar says the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    from: Timestamp,
    until: Timestamp,
    pub(crate) present: Present,
}

impl Stretch {
    pub(crate) fn around(settings: &Settings, now: Timestamp) -> Self {
        let Settings { zone, window: hours, .. } = settings;
        let day = day::of(hours, zone, now);
        let open = window::at(hours, zone, now);
        let next = window::next(hours, zone, now);
        let next_day = day::next_start(hours, zone, day);
        let (from, until) = match open {
            Some(open) => (open.from, open.until),
            None => (now, next.map_or(next_day, |next| next.from.min(next_day))),
        };
        Self { from, until, present: Present { now, day, window: open, next } }
    }

    /// What the calendar says at `now`, if that lies within.
    pub(crate) fn at(&self, now: Timestamp) -> Option<Present> {
        (self.from <= now && now < self.until).then_some(Present { now, ..self.present })
    }
}
