//! `butler runs --record FILE`: the nights of a history that `butler watch --record FILE` keeps, each as a time
//! line. No server is asked.

use std::path::Path;

use butler_engine::Clock;
use butler_record::night::{Ending, Night, Stretch, bounds, night_of, nights, places, stretches};
use butler_record::{RecordError, RecordFile, RecordedSpan};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{count, duration, exact_time, time_of_day};
use crate::print::{Colour, Out, Text, json};

/// Nights that are shown, unless told otherwise.
const NIGHTS: usize = 7;
/// Places of a time line.
const LINE: usize = 32;

/// What went wrong with a record, for a person.
pub(crate) fn trouble(path: &Path, error: &RecordError) -> Trouble {
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
    if nights.is_empty() {
        out.remark("Nothing was seen in that time.");
    }
    for (index, night) in nights.into_iter().enumerate() {
        if index > 0 {
            out.line("")?;
        }
        print_night(night, out)?;
    }
    Ok(Exit::Done)
}

fn print_night(night: Night, out: Out) -> Result<(), Trouble> {
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
        table(&night.spans, (first, last)).print(out)?;
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

fn table(spans: &[RecordedSpan], night: (Timestamp, Timestamp)) -> Listing {
    let mut listing = Listing::new([
        Column::new("FROM").number(),
        Column::new("TO").number(),
        Column::new("TOOK").number().spare(1),
        Column::new("TIME LINE").spare(3),
        Column::new("WHAT").flexible(),
        Column::new("HOW").spare(2),
        Column::new("ON").flexible().spare(4),
    ]);
    for stretch in stretches(spans) {
        let before = if stretch.saw_begin { "" } else { "<" };
        let after = if stretch.unseen > 0 && stretch.open == 0 { ">" } else { "" };
        let to = if stretch.open > 0 { String::new() } else { time_of_day(stretch.until) };
        let (begin, end) = places(night, (stretch.from, stretch.until), LINE);
        let line = format!("{}{}", "·".repeat(begin), "█".repeat(end - begin));
        listing.row([
            format!("{before}{}", time_of_day(stretch.from)).into(),
            format!("{after}{to}").into(),
            duration(stretch.until.duration_since(stretch.from)).into(),
            format!("{line}{}", "·".repeat(LINE - end)).into(),
            stretch.title.as_str().into(),
            how(&stretch),
            things(&stretch).into(),
        ]);
    }
    listing.without_empty_columns()
}

/// How the activities of a stretch ended, what matters most first.
fn how(stretch: &Stretch) -> Field {
    let several = stretch.activities > 1;
    let at =
        if stretch.progress >= 0 && !several { format!(" at {} %", stretch.progress) } else { String::new() };
    let number = |number: usize| if several { format!("{number} ") } else { String::new() };
    let (text, colour) = match stretch {
        Stretch { open: 1.., .. } => (format!("goes on{at}"), Colour::Cyan),
        Stretch { short: 1.., .. } => (format!("{}stopped{at}", number(stretch.short)), Colour::Yellow),
        Stretch { unseen: 1.., .. } => (format!("{}unseen{at}", number(stretch.unseen)), Colour::Grey),
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
