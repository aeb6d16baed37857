//! The maintenance hours: a form of two times and seven days, and the day as a line with the window on it,
//! which follows what is typed.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::plex::SettingValue;
use butler_api::v1::Setting;
use maud::{Markup, html};

use super::{Changes, apply, text_of};
use crate::app::App;
use crate::error::Problem;
use crate::page::act::told;
use crate::page::form::Form;
use crate::page::frame::{Site, coded, fragment};
use crate::page::session::Signed;
use crate::page::words::length;
use crate::params::Params;

/// The settings that this form has in place of fields of their own.
const HOURS: [&str; 4] = ["ButlerStartHour", "ButlerStartMinute", "ButlerEndHour", "ButlerEndMinute"];
const DAYS: &str = "ButlerWindowDays";
const WEEK: [(&str, &str); 7] = [
    ("mon", "Mon"),
    ("tue", "Tue"),
    ("wed", "Wed"),
    ("thu", "Thu"),
    ("fri", "Fri"),
    ("sat", "Sat"),
    ("sun", "Sun"),
];
const PATH: &str = "/settings/hours";
/// What a browser takes for a time of day; with its own field the form of the time would be the browser's
/// choice.
const TIME: &str = "([01]?[0-9]|2[0-3]):[0-5][0-9]";

pub(super) fn routes() -> Router<App> {
    Router::new().route(PATH, get(draw).post(change))
}

/// Whether a setting is one of the hours'.
pub(super) fn has(setting: &Setting) -> bool {
    HOURS.contains(&setting.id.as_str()) || setting.id == DAYS
}

/// The form with the line above it.
pub(super) fn form(site: &Site, all: &[Setting]) -> Markup {
    let find = |id: &str| all.iter().find(|setting| setting.id == id);
    let number = |id: &str| match find(id).map(|setting| &setting.value) {
        Some(SettingValue::Int(value)) => u64::try_from(*value).unwrap_or(0),
        _ => 0,
    };
    let [from_hour, from_minute, until_hour, until_minute] = HOURS.map(number);
    let (from, until) = (from_hour * 60 + from_minute, until_hour * 60 + until_minute);
    let days = find(DAYS).map_or_else(String::new, |setting| text_of(&setting.value));
    let is_fixed = HOURS.iter().any(|id| find(id).is_some_and(|setting| setting.file.is_some()));
    let time = |minutes: u64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    html! {
        h2 { "The hours" }
        p.sub { "Maintenance begins at the first time and ends at the second, in the server's zone (" (site.zone) "). The same twice is the whole day." }
        form.hours method="post" action=(site.at(PATH)) data-ask=(site.at(PATH)) {
            output { (day_line(from, until)) }
            input type="hidden" name="back" value={ (site.here) "#hours" };
            @for (name, label, at) in [("from", "From", from), ("until", "Until", until)] {
                label { span { (label) }
                    input.time type="text" inputmode="numeric" name=(name) value=(time(at)) required pattern=(TIME) maxlength="5"
                        title="A time of day, as 02:30 is" autocomplete="off" disabled[is_fixed];
                }
            }
            fieldset.days {
                legend { "On" }
                @for (word, name) in WEEK {
                    @let is_on = days == "all" || days.split(',').any(|day| day == word);
                    label.check { input type="checkbox" name=(word) value="1" checked[is_on] disabled[is_fixed]; (name) }
                }
            }
            @if !is_fixed { button.main { "Save the hours" } }
        }
    }
}

/// The day with its window, two pieces where it crosses midnight, and how long that is.
fn day_line(from: u64, until: u64) -> Markup {
    let place = |minutes: u64| minutes as f64 / 14.4;
    let (pieces, lasts): (Vec<(u64, u64)>, u64) = match from.cmp(&until) {
        std::cmp::Ordering::Less => (vec![(from, until)], until - from),
        std::cmp::Ordering::Equal => (vec![(0, 1440)], 1440),
        std::cmp::Ordering::Greater => (vec![(0, until), (from, 1440)], 1440 - from + until),
    };
    html! {
        svg.day height="34" aria-hidden="true" {
            rect.ground y="0" width="100%" height="14" rx="5" {}
            @for (from, until) in pieces {
                rect.run x=(format!("{:.2}%", place(from))) width=(format!("{:.2}%", place(until - from))) y="0" height="14" rx="5" {}
            }
            @for hour in (0..=24).step_by(6) {
                @let anchor = match hour { 0 => "start", 24 => "end", _ => "middle" };
                text x=(format!("{:.2}%", place(hour * 60))) y="30" text-anchor=(anchor) { (format!("{hour:02}:00")) }
            }
        }
        span.quiet { @if lasts == 1440 { "The whole day" } @else { (length(lasts * 60)) } @if from > until { ", over midnight" } }
    }
}

/// The line of what is typed, or why it can't be.
async fn draw(params: Params) -> Response {
    let get = |name: &str| params.get(name).map(str::trim);
    fragment(match times_of(get).and_then(|times| days_of(get).map(|_| times)) {
        Ok((from, until)) => day_line(from, until),
        Err(problem) => html! { span.fail { (coded(problem.sentence())) } },
    })
}

async fn change(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let done = match changes(|name| form.get(name)) {
        Ok(changes) => apply(&app, changes).await.map(|_| "The hours are changed.".to_owned()),
        Err(problem) => Err(problem),
    };
    told(&app, &session, form.back(), done)
}

/// What the form asks for.
fn changes<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Changes, Problem> {
    let (from, until) = times_of(&get)?;
    let days = days_of(&get)?;
    let numbers = [from / 60, from % 60, until / 60, until % 60];
    let mut changes: Changes =
        HOURS.iter().zip(numbers).map(|(id, number)| ((*id).to_owned(), Some(number.to_string()))).collect();
    changes.push((DAYS.to_owned(), Some(days)));
    Ok(changes)
}

/// Both times, minutes of the day.
fn times_of<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<(u64, u64), Problem> {
    let time = |name: &str| {
        let text = get(name).unwrap_or_default();
        let time = text.split_once(':').and_then(|(hour, minute)| {
            let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        });
        time.ok_or_else(|| Problem::bad_request(format!("`{text}` is no time of day, as 02:30 is.")))
    };
    Ok((time("from")?, time("until")?))
}

/// The days as their setting takes them.
fn days_of<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<String, Problem> {
    let days: Vec<&str> = WEEK.iter().map(|(word, _)| *word).filter(|word| get(word).is_some()).collect();
    if days.is_empty() {
        return Err(Problem::bad_request(
            "At least one day of the week must be chosen; to let nothing start by itself, switch the tasks off.",
        ));
    }
    Ok(if days.len() == WEEK.len() { "all".to_owned() } else { days.join(",") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_and_what_is_none_says_so() {
        let of = |from: &'static str, until: &'static str| {
            times_of(move |name| Some(if name == "from" { from } else { until }))
        };
        assert_eq!(of("02:00", "5:30").unwrap(), (120, 330));
        for wrong in ["24:00", "2", "02:60", "a:b", ""] {
            let sentence = of(wrong, "05:00").unwrap_err().sentence().to_owned();
            assert_eq!(sentence, format!("`{wrong}` is no time of day, as 02:30 is."));
        }
    }

    #[test]
    fn a_window_over_midnight_has_two_pieces_and_its_length_is_told() {
        let line = day_line(23 * 60, 2 * 60).into_string();
        assert_eq!(line.matches("class=\"run\"").count(), 2);
        assert!(line.contains("3 h, over midnight"), "{line}");
        assert!(day_line(60, 60).into_string().contains("The whole day"));
    }
}
