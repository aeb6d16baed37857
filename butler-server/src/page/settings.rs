//! The settings, from the typed table: each with what it takes, its default and who gave its value, changed
//! one at a time and checked by the server's own sentences, as it is typed. The hours have a form of their
//! own.

mod hours;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::plex::SettingValue;
use butler_api::v1::Setting;
use maud::{Markup, html};

use super::act::told;
use super::backups;
use super::form::Form;
use super::frame::{Site, Tab, Viewer, coded, fragment};
use super::session::Signed;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view;

/// Names the field that takes a person's word back.
const RESET: &str = "reset";

/// Where what is typed is checked.
const CHECK: &str = "/settings/check";
/// The groups of the table, each with the name of its card.
const GROUPS: [(&str, &str); 3] = [
    ("butler", "When tasks run, and which"),
    ("library", "What is made of the library"),
    ("general", "The server"),
];

/// Changes of settings: id and text, no text for the default.
type Changes = Vec<(String, Option<String>)>;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/settings", get(show).post(change)).route(CHECK, get(check)).merge(hours::routes())
}

async fn show(State(app): State<App>, viewer: Viewer, params: Params) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let all = view::settings::list(&app).settings;
    let backups = view::backups::list(&app).await?;
    let find = params.get("find").unwrap_or_default().trim().to_lowercase();
    let group = |group: &str| -> Vec<&Setting> {
        let of_group = all.iter().filter(|setting| setting.group == group && !hours::has(setting));
        of_group.filter(|setting| is_found(setting, &find)).collect()
    };
    let body = html! {
        section.wide {
            h1 { "Settings" }
            p.sub { "A change counts at once." }
            div.row {
                nav.jump aria-label="Groups" {
                    a href="#hours" { "The hours" }
                    @for (id, name) in GROUPS { a href={ "#" (id) } { (name) } }
                    a href="#backups" { "Backups" }
                }
                form.filters method="get" action=(site.at("/settings")) role="search" {
                    input type="search" name="find" value=(find) placeholder="Find a setting" aria-label="Find a setting" data-filter;
                    button { "Find" }
                }
            }
        }
        section.card.wide #hours data-live { (hours::form(&site, &all)) }
        @for (id, name) in GROUPS {
            @let found = group(id);
            section.card.wide id=(id) data-live hidden[found.is_empty()] { h2 { (name) } @for setting in found { (row(&site, setting)) } }
        }
        section.card.wide #backups data-live { (backups::card(&site, &backups)) }
    };
    Ok(site.page(Tab::Settings, "Settings", body))
}

/// Whether a setting's words have what somebody looks for.
fn is_found(setting: &Setting, find: &str) -> bool {
    [&setting.label, &setting.summary, &setting.id].iter().any(|words| words.to_lowercase().contains(find))
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
            form.set method="post" action=(site.at("/settings")) data-ask=(site.at(CHECK)) {
                input type="hidden" name="back" value=(site.here);
                (control(setting, &field, &about))
                @if !is_fixed {
                    @if setting.kind != "bool" { button.small aria-label={ "Save " (setting.label) } { "Save" } }
                    @if is_changed { button.small.plain name=(RESET) value=(setting.id) formnovalidate aria-label={ "Reset " (setting.label) } { "Reset" } }
                }
                output for=(field) {}
            }
        }
    }
}

fn control(setting: &Setting, field: &str, about: &str) -> Markup {
    let now = text_of(&setting.value);
    let is_fixed = setting.file.is_some();
    html! {
        @if setting.kind == "bool" {
            @let is_on = now == "1";
            input type="hidden" name=(setting.id) value=(if is_on { "0" } else { "1" });
            span.quiet aria-hidden="true" { (words_of(setting, &setting.value)) }
            button.switch.on[is_on] id=(field) role="switch" aria-checked=(if is_on { "true" } else { "false" }) aria-describedby=(about) disabled[is_fixed] { span {} }
        } @else if !setting.values.is_empty() {
            select id=(field) name=(setting.id) aria-describedby=(about) disabled[is_fixed] data-save {
                @for known in &setting.values { option value=(known.value) selected[known.value == now] { (known.label) } }
            }
        } @else if setting.kind == "int" {
            @let range = view::settings::range(&setting.id);
            input.number id=(field) name=(setting.id) type="number" value=(now) aria-describedby=(about) disabled[is_fixed] required
                min=[range.map(|range| range.0)] max=[range.map(|range| range.1)] step=[range.map(|range| range.2)];
        } @else {
            input id=(field) name=(setting.id) type="text" value=(now) aria-describedby=(about) disabled[is_fixed];
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

async fn apply(app: &App, changes: Changes) -> Result<String, Problem> {
    if let Some(refusal) = view::settings::refusal(app, &changes) {
        return Err(Problem::bad_request(refusal));
    }
    let changed = view::settings::change(app, changes).await?.settings;
    let told =
        changed.iter().map(|setting| format!("{}: {}", setting.label, words_of(setting, &setting.value)));
    let told: Vec<String> = told.collect();
    Ok(if told.is_empty() { "It was so already.".to_owned() } else { format!("{}.", told.join("; ")) })
}

/// What the server would say to what is typed; nothing if it would take it.
async fn check(State(app): State<App>, params: Params) -> Response {
    let typed = params.words().filter(|(id, _)| *id != "back");
    let typed: Changes = typed.map(|(id, text)| (id.to_owned(), Some(text.to_owned()))).collect();
    let refusal = view::settings::refusal(&app, &typed);
    fragment(html! { @if let Some(refusal) = refusal { span.fail { (coded(&refusal)) } } })
}
