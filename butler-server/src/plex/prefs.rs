//! `/:/prefs` and `/library/sections/{id}/prefs`: preferences in Plex's form. What they are and take is the
//! settings' table's.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::{Container, Errors, Preference, Preferences, SettingValue};
use butler_api::schema::Switch;
use butler_engine::settings::{
    Group, SectionSwitch, Setting, Settings, all, find, section_switch, section_switches,
};
use butler_engine::{ChangeError, SettingError};
use butler_library::{SectionId, SectionKind, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::{self, Wants};
use crate::app::App;
use crate::error::Problem;
use crate::params::{Extent, Params};
use crate::plex::sections;
use crate::view;
use crate::view::settings::value;

/// The routes that hold a colon.
pub(crate) fn routes_with_colons() -> OpenApiRouter<App> {
    super::colon_router()
        .routes(routes!(list_preferences, change_preferences))
        .routes(routes!(one_preference))
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_of_section, change_of_section))
}

/// Lists the preferences, hidden ones too.
#[utoipa::path(get, path = "/:/prefs", tag = "settings",
    params(
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "The preferences.", content((Container<Preferences> = "application/json"), (Container<Preferences> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn list_preferences(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let settings = app.handle.settings();
    let listed = all().iter().map(|setting| preference(setting, &settings)).collect();
    wants.answer(&preferences(listed, &params)?)
}

/// Changes preferences, all that are named or none: `?ButlerStartHour=1&ButlerEndHour=4`.
#[utoipa::path(put, path = "/:/prefs", tag = "settings",
    params(("ButlerStartHour" = Option<String>, Query, description = "A new value, by the preference's id; so \
                                                                      for each of them.")),
    responses(
        (status = 200, description = "Done; the body is empty."),
        (status = 400, description = "There is no such preference, or it does not take this value; the \
                                      sentence says what it takes.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 403, description = "The settings' file fixes one of them.", body = Errors),
    ))]
async fn change_preferences(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let changes = params.words().map(|(id, text)| (id.to_owned(), Some(text.to_owned()))).collect();
    view::settings::change(&app, changes).await?;
    Ok(accept::empty())
}

/// Shows one preference.
#[utoipa::path(get, path = "/:/prefs/get", tag = "settings",
    params(("id" = String, Query, description = "The preference's id.", example = "ButlerStartHour")),
    responses(
        (status = 200, description = "The preference.", content((Container<Preferences> = "application/json"), (Container<Preferences> = "text/xml"))),
        (status = 400, description = "`id` is missing.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such preference.", body = Errors),
    ))]
async fn one_preference(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let id = params.get("id").ok_or_else(|| Problem::bad_request("`id` is missing: the preference's id."))?;
    let setting = find(id).ok_or_else(|| Problem::not_found(format!("There is no setting `{id}`.")))?;
    let one = vec![preference(setting, &app.handle.settings())];
    wants.answer(&preferences(one, &params)?)
}

/// Lists the preferences of a section.
#[utoipa::path(get, path = "/library/sections/{id}/prefs", tag = "settings",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "The preferences that a section of its type has.",
            content((Container<Preferences> = "application/json"), (Container<Preferences> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn list_of_section(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = sections::parse(&id)?;
    let section = sections::known(&app, id).await?;
    let set = app.library(move |library| library.section_switches(SectionId(id))).await?;
    let listed = section_switches(section.kind).map(|switch| of_switch(switch, switch.is_on(&set))).collect();
    wants.answer(&preferences(listed, &params)?)
}

/// Changes preferences of a section, all that are named or none: `?enableBIFGeneration=0`.
#[utoipa::path(put, path = "/library/sections/{id}/prefs", tag = "settings",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("enableBIFGeneration" = inline(Option<Switch>), Query,
            description = "Whether preview thumbnails are made."),
        ("enableChapterThumbGeneration" = inline(Option<Switch>), Query,
            description = "Whether chapter thumbnails are made."),
        ("enableLoudnessAnalysis" = inline(Option<Switch>), Query,
            description = "Whether loudness is measured."),
        ("enableVoiceActivityGeneration" = inline(Option<Switch>), Query,
            description = "Whether speech is detected."),
        ("musicAnalysis" = inline(Option<Switch>), Query,
            description = "Whether it is found out what tracks sound like."),
        ("writeGainTags" = inline(Option<Switch>), Query,
            description = "Whether gains are written into the tags of music files; it changes these files, \
                           and is off unless it is asked for."),
    ),
    responses(
        (status = 200, description = "Done; the body is empty."),
        (status = 400, description = "A section of this type has no such preference, or it does not take this \
                                      value.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn change_of_section(
    State(app): State<App>,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = sections::parse(&id)?;
    let section = sections::known(&app, id).await?;
    let named = params.words().map(|(id, text)| (bare(id).unwrap_or(id), text));
    let switches = named.map(|(id, text)| read(section.kind, id, text)).collect::<Result<_, _>>()?;
    app.library(move |library| library.set_section_switches(SectionId(id), switches)).await?;
    Ok(accept::empty())
}

/// The switches that stand in the query of a section's edit as `prefs[enableBIFGeneration]`: so
/// python-plexapi sends them.
pub(crate) fn of_edit(params: &Params, kind: SectionKind) -> Result<Vec<(String, bool)>, Problem> {
    params.words().filter_map(|(id, text)| Some(read(kind, bare(id)?, text))).collect()
}

fn bare(id: &str) -> Option<&str> {
    id.strip_prefix("prefs[")?.strip_suffix(']')
}

fn read(kind: SectionKind, id: &str, text: &str) -> Result<(String, bool), Problem> {
    let switch = section_switch(kind, id).ok_or_else(|| {
        let there: Vec<_> = section_switches(kind).map(|switch| switch.id).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        Problem::bad_request(format!("A section of type {kind} has no setting `{id}`; it has {there}."))
    })?;
    Ok((switch.id.to_owned(), switch.read(text)?))
}

/// The page of preferences that is asked for.
fn preferences(listed: Vec<Preference>, params: &Params) -> Result<Container<Preferences>, Problem> {
    let (settings, Extent { size, total_size, offset }) = params.container()?.cut(listed);
    Ok(Container::new(Preferences { size, total_size, offset, settings }))
}

fn preference(setting: &Setting, settings: &Settings) -> Preference {
    let labelled = setting.kind.labelled();
    Preference {
        id: setting.id.into(),
        label: setting.label.into(),
        summary: setting.summary.into(),
        kind: setting.kind.as_str().into(),
        default: value(setting.kind.default()),
        value: value(settings.value(setting)),
        hidden: setting.hidden,
        advanced: setting.advanced,
        group: setting.group.as_str().into(),
        enum_values: labelled.map(|values| {
            values.iter().map(|(value, label)| format!("{value}:{label}")).collect::<Vec<_>>().join("|")
        }),
    }
}

fn of_switch(switch: &SectionSwitch, is_on: bool) -> Preference {
    Preference {
        id: switch.id.into(),
        label: switch.label.into(),
        summary: switch.summary.into(),
        kind: "bool".into(),
        default: SettingValue::Bool(switch.default),
        value: SettingValue::Bool(is_on),
        hidden: false,
        advanced: false,
        group: Group::Library.as_str().into(),
        enum_values: None,
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Setting(error) => error.into(),
            ChangeError::Folder(error) => error.into(),
            ChangeError::Store(error) => StoreError::into(error),
        }
    }
}

impl From<SettingError> for Problem {
    fn from(error: SettingError) -> Self {
        let sentence = crate::error::sentence(&error);
        match error {
            SettingError::Fixed { .. } => Self::forbidden(sentence),
            // The near name is a question.
            SettingError::Unknown { near: Some(_), .. } => Self::bad_request(sentence.trim_end_matches('.')),
            SettingError::Unknown { .. } | SettingError::Bad { .. } => Self::bad_request(sentence),
        }
    }
}
