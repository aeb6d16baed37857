//! Numbers, sizes and times as people write them. Pure.
//!
//! A moment is told in the server's zone and marked, by an element or (in a title or label) by
//! [`Clock::told`], so that the script tells it in the viewer's, day word and all. A night's day is a name,
//! the same in all zones.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use crate::view::nights::Sentence;
pub(super) use butler_api::sizes::bytes;

pub(super) use crate::view::words::{count, many};

/// Bits a second: `6.2 Mbit/s`.
pub(super) fn rate(bits: u64) -> String {
    match bits {
        0..1_000_000 => format!("{:.0} kbit/s", bits as f64 / 1e3),
        _ => format!("{:.1} Mbit/s", bits as f64 / 1e6),
    }
}

/// A length of time: `under 1 s`, `40 s`, `3 min`, `2 h 10 min`, `3 days`.
pub(super) fn length(seconds: u64) -> String {
    match seconds {
        0 => "under 1 s".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", (seconds + 30) / 60),
        3600..172_800 => match ((seconds + 30) / 3600, (seconds + 30) % 3600 / 60) {
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        },
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A length of time behind a word: `about 3 min`, `up to 2 h`; of what takes no second only that.
pub(super) fn worded(word: &str, seconds: u64) -> String {
    if seconds == 0 { length(0) } else { format!("{word} {}", length(seconds)) }
}

/// A path on one line, which loses its middle where it has no room: paths differ at their ends. The whole of
/// it is its title.
pub(super) fn path(path: &str) -> Markup {
    /// So many letters of the end are kept, or the last name, if that is shorter.
    const KEPT: usize = 34;
    let name = path.trim_end_matches('/').rfind('/').unwrap_or(0);
    let letter = path.char_indices().rev().nth(KEPT - 1).map_or(0, |(place, _)| place);
    let (begin, end) = path.split_at(name.max(letter));
    html! { span.file.path title=(path) { span { (begin) } span { (end) } } }
}

/// The length between two instants, seconds.
pub(super) fn seconds(from: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(until.duration_since(from).as_secs()).unwrap_or(0)
}

/// The length between two instants.
pub(super) fn between(from: Timestamp, until: Timestamp) -> String {
    length(seconds(from, until))
}

/// A place in a film: `1:02:03`, `4:05`.
pub(super) fn place(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Where and when times are told.
#[derive(Clone)]
pub(super) struct Clock {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Clock {
    /// `03:41`.
    pub(super) fn time(&self, at: Timestamp) -> Markup {
        let text = self.civil(at).strftime("%H:%M").to_string();
        html! { time datetime=(whole(at)) data-as="short" { (text) } }
    }

    /// `03:41:07`, for what happens in quick succession.
    pub(super) fn second(&self, at: Timestamp) -> Markup {
        let text = self.civil(at).strftime("%H:%M:%S").to_string();
        html! { time datetime=(whole(at)) data-as="medium" { (text) } }
    }

    /// `today 03:41`, `yesterday 23:05`, `Sat 28 Nov 02:00`.
    pub(super) fn moment(&self, at: Timestamp) -> Markup {
        html! { time datetime=(whole(at)) data-as="moment" { (self.moment_text(at)) } }
    }

    fn moment_text(&self, at: Timestamp) -> String {
        let civil = self.civil(at);
        format!("{} {}", day_text(civil.date(), self.civil(self.now).date()), civil.strftime("%H:%M"))
    }

    /// The time where the server is, for viewers of all zones.
    pub(super) fn own_time(&self) -> Markup {
        html! { time datetime=(whole(self.now)) { (self.civil(self.now).strftime("%H:%M").to_string()) } }
    }

    /// A text with the moments in it that stand between braces, `{2026-11-28T02:00:00Z}`, told as times.
    pub(super) fn told(&self, text: &str) -> String {
        let mut pieces = text.split('{');
        let mut told = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (at, rest) = piece.split_once('}').unwrap_or(("", piece));
            let clock = at.parse().map(|at| self.civil(at).strftime("%H:%M").to_string());
            told.push_str(&clock.unwrap_or_default());
            told.push_str(rest);
        }
        told
    }

    /// A sentence with what stands between backticks set as code, and with the moments in it that stand
    /// between braces; what else braces hold is the sentence's own.
    pub(super) fn sentence(&self, text: &str) -> Markup {
        html! {
            @for (place, piece) in text.split('`').enumerate() {
                @if place % 2 == 1 { code { (piece) } } @else { (self.moments(piece)) }
            }
        }
    }

    fn moments(&self, text: &str) -> Markup {
        let mut pieces = text.split('{');
        html! {
            (pieces.next().unwrap_or_default())
            @for piece in pieces {
                @match piece.split_once('}').and_then(|(at, rest)| Some((at.parse().ok()?, rest))) {
                    Some((at, rest)) => { (self.moment(at)) (rest) }
                    None => { "{" (piece) }
                }
            }
        }
    }

    /// What a clock on the server's wall shows.
    pub(super) fn civil(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(at)
    }

    /// How long ago: `5 min ago`, `3 days ago`.
    pub(super) fn ago(&self, at: Timestamp) -> String {
        let passed = self.now.duration_since(at);
        if passed < SignedDuration::from_secs(45) {
            return "just now".to_owned();
        }
        let seconds = u64::try_from(passed.as_secs()).unwrap_or(0);
        match seconds {
            0..3600 => format!("{} min ago", seconds.div_ceil(60)),
            3600..86_400 => format!("{} h ago", seconds / 3600),
            86_400..172_800 => "yesterday".to_owned(),
            _ => format!("{} days ago", seconds / 86_400),
        }
    }
}

fn whole(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// A sentence with its moment in it.
pub(super) fn sentence(sentence: &Sentence, clock: &Clock) -> Markup {
    html! { (sentence.before) @if let Some(at) = sentence.at { (clock.time(at)) } (sentence.after) }
}

/// A moment as [`Clock::told`] finds it.
pub(super) fn mark(at: Timestamp) -> String {
    format!("{{{at:.0}}}")
}

/// A night's day: `Fri 27 Nov`; with the year, if it is another than this one.
pub(super) fn night(day: Date, today: Date) -> String {
    let form = if day.year() == today.year() { "%a %-d %b" } else { "%-d %b %Y" };
    day.strftime(form).to_string()
}

fn day_text(day: Date, today: Date) -> String {
    if day == today {
        return "today".to_owned();
    }
    if day.tomorrow().is_ok_and(|next| next == today) {
        return "yesterday".to_owned();
    }
    if today.tomorrow().is_ok_and(|next| next == day) {
        return "tomorrow".to_owned();
    }
    night(day, today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_lengths_are_those_of_people() {
        assert_eq!(
            [0, 999, 1_400, 999_600, 12_000_000, 812_400_000_000].map(bytes),
            ["0 B", "999 B", "1.4 kB", "1.0 MB", "12.0 MB", "812 GB"]
        );
        assert_eq!(
            [0, 59, 60, 95, 3_600, 7_800, 200_000].map(length),
            ["under 1 s", "59 s", "1 min", "2 min", "1 h", "2 h 10 min", "2 days"]
        );
        assert_eq!([0, 65_000, 3_723_000].map(place), ["0:00", "1:05", "1:02:03"]);
    }

    #[test]
    fn a_path_keeps_its_end_and_a_length_of_nothing_has_no_word_before_it() {
        let halves = |of: &str| {
            let html = path(of).into_string();
            html.split("<span>")
                .skip(1)
                .map(|half| half.split('<').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(halves("/films/Heat/Heat.mkv"), ["/films/Heat", "/Heat.mkv"]);
        assert_eq!(halves("Heat.mkv"), ["", "Heat.mkv"]);
        let long = halves(&format!("/films/{}", "ü".repeat(60)));
        assert_eq!(long[1].chars().count(), 34);
        assert_eq!([0, 40].map(|seconds| worded("about", seconds)), ["under 1 s", "about 40 s"]);
    }

    #[test]
    fn a_sentence_has_its_moments_and_keeps_other_braces() {
        let clock = Clock { now: "2026-11-28T12:00:00Z".parse().unwrap(), zone: TimeZone::UTC };
        let told =
            clock.sentence("It goes on {2026-11-29T02:00:00Z} with `Heat {imdb-1}.mkv`.").into_string();
        assert!(told.contains(">tomorrow 02:00</time> with "), "{told}");
        assert!(told.contains("{imdb-1}.mkv"), "{told}");
    }

    #[test]
    fn days_near_by_have_names() {
        let clock = Clock { now: "2026-11-28T12:00:00Z".parse().unwrap(), zone: TimeZone::UTC };
        let moment = |at: &str| clock.moment_text(at.parse().unwrap());
        assert_eq!(moment("2026-11-28T02:06:00Z"), "today 02:06");
        assert_eq!(moment("2026-11-27T23:59:00Z"), "yesterday 23:59");
        assert_eq!(moment("2026-11-29T02:00:00Z"), "tomorrow 02:00");
        assert_eq!(moment("2026-11-02T02:00:00Z"), "Mon 2 Nov 02:00");
        assert_eq!(moment("2025-11-02T02:00:00Z"), "2 Nov 2025 02:00");
        assert_eq!(
            clock.told("from {2026-11-28T02:00:00Z} to {2026-11-28T03:00:00Z}"),
            "from 02:00 to 03:00"
        );
        assert_eq!(clock.ago("2026-11-28T11:59:50Z".parse().unwrap()), "just now");
        assert_eq!(clock.ago("2026-11-28T11:30:00Z".parse().unwrap()), "30 min ago");
    }
}
