//! `butler runs --record FILE`: the nights of a history that `butler watch --record FILE` keeps, each as a
//! time line. No server is asked.

use std::path::Path;

use butler_engine::Clock;
use butler_record::night::{Ending, Night, Stretch, bounds, night_of, nights, places, stretches};
use butler_record::{RecordError, RecordFile, RecordedSpan};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{count, duration, exact_time, short_time_of_day, time_of_day};
use crate::print::{Colour, Out, Text, json};

/// Nights that are shown, unless told otherwise.
const NIGHTS: usize = 7;
/// Places of a time line, and where the terminal is narrow.
const LINE: usize = 32;
const SHORT_LINE: usize = 12;
/// So narrow a column may get that wraps.
const NARROW: usize = 12;
/// So long ago at most a watch that goes on has noted that it does; it does so every minute.
const WATCHED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// What went wrong with a record, for a person.
pub(crate) fn trouble(path: &Path, error: &RecordError) -> Trouble {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let path = path.display();
    match error {
        RecordError::InUse => {
            Trouble::new(Exit::Failed, format!("Another `butler watch` writes into `{path}`."))
                .hint("One watch a file; end the other, or name another file.")
        }
        RecordError::OtherServer => {
            Trouble::new(Exit::Failed, format!("`{path}` is the history of another server."))
                .hint("One file a server: name another file.")
        }
        RecordError::Version(_) | RecordError::Foreign => {
            Trouble::new(Exit::Failed, format!("`{path}` is no history that this version reads."))
                .hint("`butler watch --record FILE` keeps one, and makes the file.")
        }
        RecordError::Open(source) if source.kind() == std::io::ErrorKind::NotFound => {
            // A watch makes the file, but no folder for it.
            if let Some(folder) = folder.filter(|folder| !folder.exists()) {
                return Trouble::new(Exit::NotThere, format!("There is no folder `{}`.", folder.display()))
                    .hint("Make it, or name a file in another one.");
            }
            Trouble::new(Exit::NotThere, format!("There is no file `{path}`."))
                .hint("`butler watch --record FILE` keeps a history, and makes the file.")
        }
        other => Trouble::new(Exit::Failed, format!("The history `{path}` can't be used.")).cause(other),
    }
}

/// Shows a night, or the latest ones.
pub(super) fn run(path: &Path, day: Option<Date>, limit: Option<usize>, out: Out) -> Result<Exit, Trouble> {
    let zone = TimeZone::system();
    let file = RecordFile::read_only(path).map_err(|error| trouble(path, &error))?;
    let (from, until) = match day {
        Some(day) => bounds(day, &zone),
        None => {
            let tonight = night_of(Clock::wall().now(), &zone);
            let since = limit.unwrap_or(NIGHTS).saturating_sub(1).min(36_500);
            let first = tonight.saturating_sub(i64::try_from(since).unwrap_or(0).days());
            (bounds(first, &zone).0, bounds(tonight, &zone).1)
        }
    };
    let recorded = file.between(from, until).map_err(|error| trouble(path, &error))?;
    let nights: Vec<Night> =
        nights(recorded, &zone).into_iter().filter(|night| bounds(night.day, &zone).0 >= from).collect();
    if out.json {
        json::print(&nights)?;
        return Ok(Exit::Done);
    }
    let until = file.watched_until().map_err(|error| trouble(path, &error))?;
    let now = Clock::wall().now();
    let is_recent = until.is_some_and(|until| now.duration_since(until) <= WATCHED_WITHIN);
    let is_watched = file.is_watched() && is_recent;
    if nights.is_empty() {
        out.remark("Nothing was seen in that time.");
    }
    for (index, night) in nights.into_iter().enumerate() {
        if index > 0 {
            out.line("")?;
        }
        print_night(night, is_watched, out)?;
    }
    Ok(Exit::Done)
}

fn print_night(night: Night, is_watched: bool, out: Out) -> Result<(), Trouble> {
    let short = night.spans.iter().filter(|span| span.ending() == Ending::Short).count() as u64;
    let stops = if short == 0 { String::new() } else { format!(", {short} stopped before the end") };
    let number = night.spans.len() as u64;
    let activities = if number == 1 { "1 activity".to_owned() } else { format!("{number} activities") };
    out.line(
        Text::painted(format!("Night to {}", night.day), Colour::Cyan).then(format!(": {activities}{stops}")),
    )?;
    let begins = night.spans.iter().map(|span| span.began_at);
    let ends = night.spans.iter().map(RecordedSpan::known_until);
    if let (Some(first), Some(last)) = (begins.min(), ends.max()) {
        table(&night.spans, (first, last), is_watched).print(out)?;
    }
    for gap in &night.gaps {
        // With their days: it may have begun long before this night, or last into another.
        out.line(format!("Nothing is known from {} to {}.", exact_time(gap.from), exact_time(gap.until)))?;
    }
    for change in &night.changes {
        let state = if change.enabled { "on" } else { "off" };
        let every = count(change.interval.into(), "day");
        out.line(format!("{}: {} was found {state}, every {every}.", time_of_day(change.at), change.task))?;
    }
    Ok(())
}

fn table(spans: &[RecordedSpan], night: (Timestamp, Timestamp), is_watched: bool) -> Listing {
    let mut listing = Listing::new([
        Column::new("FROM").number(),
        Column::new("TO").number(),
        Column::new("TOOK").number().spare(5),
        Column::new("TIME LINE").spare(1),
        Column::new("WHAT").flexible_to(NARROW),
        Column::new("HOW").flexible_to(NARROW).spare(2),
        Column::new("SECTION").spare(4),
        Column::new("ON").flexible_to(NARROW).spare(3),
    ]);
    for stretch in stretches(spans) {
        let before = if stretch.saw_begin { "" } else { "<" };
        let goes_on = is_watched && stretch.open > 0;
        let after = if stretch.unseen + stretch.open > 0 { ">" } else { "" };
        let to = |words: fn(Timestamp) -> String| {
            if goes_on { String::new() } else { format!("{after}{}", words(stretch.until)) }
        };
        let from = |words: fn(Timestamp) -> String| format!("{before}{}", words(stretch.from));
        let line = |width| {
            let mut line = vec!['·'; width];
            for piece in &stretch.pieces {
                let (begin, end) = places(night, *piece, width);
                line[begin..end].fill('█');
            }
            line.into_iter().collect::<String>()
        };
        listing.row([
            Field::from(from(time_of_day)).or_short(from(short_time_of_day)),
            Field::from(to(time_of_day)).or_short(to(short_time_of_day)),
            duration(stretch.took()).into(),
            Field::from(line(LINE)).or_short(line(SHORT_LINE)),
            stretch.title.as_str().into(),
            how(&stretch, goes_on),
            stretch.sections.join(", ").into(),
            things(&stretch).into(),
        ]);
    }
    listing.without_empty_columns()
}

/// How the activities of a stretch ended, what matters most first.
fn how(stretch: &Stretch, goes_on: bool) -> Field {
    let several = stretch.activities > 1;
    let at =
        if stretch.progress >= 0 && !several { format!(" at {} %", stretch.progress) } else { String::new() };
    let number = |number: usize| if several { format!("{number} ") } else { String::new() };
    let (text, colour) = match stretch {
        _ if goes_on => (format!("goes on{at}"), Colour::Cyan),
        Stretch { short: 1.., .. } => (format!("{}stopped{at}", number(stretch.short)), Colour::Yellow),
        // What was open when the watch ended came to an end that nobody saw, or will.
        Stretch { unseen, open, .. } if unseen + open > 0 => {
            (format!("{}unseen{at}", number(unseen + open)), Colour::Grey)
        }
        _ => ("ended".to_owned(), Colour::Green),
    };
    let times = if several { format!("{} times, ", stretch.activities) } else { String::new() };
    Field::painted(format!("{times}{text}"), colour)
}

fn things(stretch: &Stretch) -> String {
    match (&stretch.first_thing, stretch.things) {
        (None, _) => String::new(),
        (Some(first), ..=1) => first.clone(),
        (Some(first), more) => format!("{first} and {} more", more - 1),
    }
}
