//! The settings, from the typed table: each with what it takes, its default and who gave its value, changed one
//! at a time and checked by the server's own sentences. The hours are drawn.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::plex::SettingValue;
use butler_api::v1::Setting;
use maud::{Markup, html};

use super::act::told;
use super::form::Form;
use super::frame::{Site, Tab, Viewer, coded};
use super::session::Signed;
use crate::app::App;
use crate::error::Problem;
use crate::view;

/// The window's settings, which have a form of their own.
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
/// Names the field that takes a person's word back.
const RESET: &str = "reset";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(show).post(change))
        .route("/settings/hours", axum::routing::post(change_hours))
}

async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let all = view::settings::list(&app).settings;
    let is_of_window = |setting: &&Setting| HOURS.contains(&setting.id.as_str()) || setting.id == DAYS;
    let group = |group: &str| -> Vec<&Setting> {
        all.iter().filter(|setting| setting.group == group && !is_of_window(setting)).collect()
    };
    let body = html! {
        section.wide { h1 { "Settings" } p.sub { "A change counts at once." } }
        section.card.wide #hours data-live { (hours(&site, &all)) }
        @for (id, name) in [("butler", "When tasks run, and which"), ("library", "What is made of the library"), ("general", "The server")] {
            section.card.wide id=(id) data-live { h2 { (name) } @for setting in group(id) { (row(&site, setting)) } }
        }
        section.card.wide {
            h2 { "Backups" }
            p { "Backups lie in the folder " code { "backups" } " of the data folder, or where the settings say. A backup is brought back while the server is stopped:" }
            pre { code { "butler backup restore --newest" } }
            p.sub { "It takes the newest copy that is sound, and keeps the database that was there beside it. What a copy does not hold is made again by itself." }
        }
    };
    Ok(site.page(Tab::Settings, "Settings", body))
}

fn text_of(value: &SettingValue) -> String {
    match value {
        SettingValue::Bool(value) => if *value { "1" } else { "0" }.to_owned(),
        SettingValue::Int(value) => value.to_string(),
        SettingValue::Text(value) => value.clone(),
    }
}

/// A value as a person reads it.
fn words_of(setting: &Setting, value: &SettingValue) -> String {
    let text = text_of(value);
    let label = setting.values.iter().find(|known| known.value == text).map(|known| known.label.clone());
    match (value, label) {
        (_, Some(label)) => label,
        (SettingValue::Bool(true), None) => "on".to_owned(),
        (SettingValue::Bool(false), None) => "off".to_owned(),
        (_, None) if text.is_empty() => "empty".to_owned(),
        (_, None) => text,
    }
}

/// One setting with its field.
pub(super) fn row(site: &Site, setting: &Setting) -> Markup {
    let is_fixed = setting.file.is_some();
    let is_changed = setting.value != setting.default;
    let field = format!("set-{}", setting.id);
    let about = format!("about-{}", setting.id);
    html! {
        div.setting #(setting.id) {
            div {
                label for=(field) { strong { (setting.label) } @if is_changed { " " span.changed { "changed" } } }
                p.quiet id=(about) {
                    (coded(&setting.summary))
                    @if setting.kind != "bool" && setting.values.is_empty() { " It takes " (coded(&setting.allowed)) "." }
                    " Default: " (words_of(setting, &setting.default)) "."
                }
                @if let Some(file) = &setting.file { p.quiet { "Fixed by " span.file { (file) } } }
            }
            form.set method="post" action=(site.at("/settings")) {
                input type="hidden" name="back" value=(site.here);
                (control(setting, &field, &about))
                @if !is_fixed {
                    button.small aria-label={ "Save " (setting.label) } { "Save" }
                    @if is_changed { button.small.plain name=(RESET) value=(setting.id) formnovalidate aria-label={ "Reset " (setting.label) } { "Reset" } }
                }
            }
        }
    }
}

fn control(setting: &Setting, field: &str, about: &str) -> Markup {
    let now = text_of(&setting.value);
    let is_fixed = setting.file.is_some();
    html! {
        @if setting.kind == "bool" {
            select id=(field) name=(setting.id) aria-describedby=(about) disabled[is_fixed] data-save {
                option value="1" selected[now == "1"] { "on" }
                option value="0" selected[now == "0"] { "off" }
            }
        } @else if !setting.values.is_empty() {
            select id=(field) name=(setting.id) aria-describedby=(about) disabled[is_fixed] data-save {
                @for known in &setting.values { option value=(known.value) selected[known.value == now] { (known.label) } }
            }
        } @else if setting.kind == "int" {
            input.number id=(field) name=(setting.id) type="number" value=(now) aria-describedby=(about) disabled[is_fixed] required;
        } @else {
            input id=(field) name=(setting.id) type="text" value=(now) aria-describedby=(about) disabled[is_fixed];
        }
    }
}

fn hours(site: &Site, all: &[Setting]) -> Markup {
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
        (day_line(from, until))
        form.hours method="post" action=(site.at("/settings/hours")) {
            input type="hidden" name="back" value={ (site.here) "#hours" };
            label { span { "From" } input type="time" name="from" value=(time(from)) required disabled[is_fixed]; }
            label { span { "Until" } input type="time" name="until" value=(time(until)) required disabled[is_fixed]; }
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

/// The day with its window: two pieces where it crosses midnight.
fn day_line(from: u64, until: u64) -> Markup {
    let place = |minutes: u64| minutes as f64 / 14.4;
    let pieces: Vec<(u64, u64)> = match from.cmp(&until) {
        std::cmp::Ordering::Less => vec![(from, until)],
        std::cmp::Ordering::Equal => vec![(0, 1440)],
        std::cmp::Ordering::Greater => vec![(0, until), (from, 1440)],
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
    }
}

/// Changes a setting, or takes a person's word back.
async fn change(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let changes = match form.get(RESET) {
        Some(id) => vec![(id.to_owned(), None)],
        None => form.fields().into_iter().map(|(id, text)| (id, Some(text))).collect(),
    };
    told(&app, &session, form.back(), apply(&app, changes).await)
}

async fn apply(app: &App, changes: Vec<(String, Option<String>)>) -> Result<String, Problem> {
    let changed = view::settings::change(app, changes).await?.settings;
    let told =
        changed.iter().map(|setting| format!("{}: {}", setting.label, words_of(setting, &setting.value)));
    let told: Vec<String> = told.collect();
    Ok(if told.is_empty() { "It was so already.".to_owned() } else { format!("{}.", told.join("; ")) })
}

async fn change_hours(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let done = match hours_of(&form) {
        Ok(changes) => apply(&app, changes).await.map(|_| "The hours are changed.".to_owned()),
        Err(problem) => Err(problem),
    };
    told(&app, &session, form.back(), done)
}

/// What the form of the hours asks for.
fn hours_of(form: &Form) -> Result<Vec<(String, Option<String>)>, Problem> {
    let time = |name: &str| {
        let text = form.get(name).unwrap_or_default();
        let time: Option<jiff::civil::Time> = text.parse().ok();
        time.ok_or_else(|| Problem::bad_request(format!("`{text}` is no time of day, as 02:30 is.")))
    };
    let (from, until) = (time("from")?, time("until")?);
    let days: Vec<&str> =
        WEEK.iter().map(|(word, _)| *word).filter(|word| form.get(word).is_some()).collect();
    if days.is_empty() {
        return Err(Problem::bad_request(
            "At least one day of the week must be chosen; to let nothing start by itself, switch the tasks off.",
        ));
    }
    let days = if days.len() == WEEK.len() { "all".to_owned() } else { days.join(",") };
    let numbers = [from.hour(), from.minute(), until.hour(), until.minute()];
    let mut changes: Vec<_> =
        HOURS.iter().zip(numbers).map(|(id, number)| ((*id).to_owned(), Some(number.to_string()))).collect();
    changes.push((DAYS.to_owned(), Some(days)));
    Ok(changes)
}
