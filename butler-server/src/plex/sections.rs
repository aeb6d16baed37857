//! `/library` and `/library/sections`: sections listed, added, edited and removed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use butler_api::plex::{
    Container, Directory, Errors, LIBRARY_IDENTIFIER, LibraryDirectory, LibraryRoot, Location, Sections,
};
use butler_api::schema::{SectionName, SectionType, Switch};
use butler_api::{RunRecord, RunState, TaskName};
use butler_engine::StartReply;
use butler_library::{
    Library, NewSection, RootId, Section, SectionEdit, SectionError, SectionId, SectionKind, StoreError,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::{self, Wants};
use crate::app::App;
use crate::error::Problem;
use crate::params::{Extent, Params};
use crate::plex::{prefs, refresh};
use crate::view;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(library))
        .routes(routes!(list, add))
        .routes(routes!(list_all))
        .routes(routes!(section, edit, remove))
}

/// What a client that names no agent gets to see as one.
const NO_AGENT: &str = "com.plexapp.agents.none";
/// What a client that names no scanner gets to see as one.
const SCANNER: &str = "Butler";

/// Why no scan of a section that was stored could be asked for: one sentence.
const NOT_SCANNED: HeaderName = HeaderName::from_static("x-butler-not-scanned");

/// Says what is below the library.
#[utoipa::path(get, path = "/library", tag = "library", responses(
    (status = 200, description = "What can be asked next.", content((Container<LibraryRoot> = "application/json"), (Container<LibraryRoot> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn library(wants: Wants) -> Result<Response, Problem> {
    wants.answer(&directories("Plex Library", &[("sections", "Library Sections")]))
}

/// Lists the sections.
#[utoipa::path(get, path = "/library/sections", tag = "library",
    params(
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
    (status = 200, description = "The sections.", content((Container<Sections> = "application/json"), (Container<Sections> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let runs = view::runs::unfinished(&app).await?;
    let (sections, refused) = app.library(listed).await?;
    wants.answer(&container(params.container()?.cut(sections), &runs, &refused))
}

/// Lists the sections; the address that newer clients use.
#[utoipa::path(get, path = "/library/sections/all", tag = "library",
    params(
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
    (status = 200, description = "The sections.", content((Container<Sections> = "application/json"), (Container<Sections> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list_all(app: State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    list(app, wants, params).await
}

/// Adds a section, and has it scanned.
#[utoipa::path(post, path = "/library/sections", tag = "library",
    params(
        ("name" = inline(SectionName), Query,
            description = "Its name: one line of at most 100 characters."),
        ("type" = inline(SectionType), Query, description = "`movie`, `show`, `artist` or `photo`."),
        ("location" = Vec<String>, Query, description = "A root folder's whole path; may be given several \
                                                         times."),
        ("agent" = Option<String>, Query, description = "The metadata agent; shown, not used."),
        ("scanner" = Option<String>, Query, description = "The scanner; shown, not used."),
        ("language" = Option<String>, Query, description = "`en-US`, if nothing is said."),
        ("scan" = inline(Option<Switch>), Query, description = "0 leaves it unscanned for now. An \
                                                                extension."),
    ),
    responses(
        (status = 201, description = "The new section; the header says what became of its scan.",
            headers(
                ("X-Butler-Outcome" = String, description = "`started; run=7`"),
                ("X-Butler-Not-Scanned" = String, description = "Why its scan could not be asked for."),
            ),
            content((Container<Sections> = "application/json"), (Container<Sections> = "text/xml"))),
        (status = 400, description = "A parameter is missing or wrong, or a folder is not there or not \
                                      allowed; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn add(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let kind = params
        .get("type")
        .ok_or_else(|| Problem::bad_request("`type` is missing: movie, show, artist or photo."))?;
    let kind: SectionKind = kind.parse().map_err(|_| {
        Problem::bad_request(format!("`type` is `{kind}`, and takes movie, show, artist or photo."))
    })?;
    let word = |name: &str, default: &str| {
        params.get(name).filter(|word| !word.trim().is_empty()).unwrap_or(default).to_owned()
    };
    let new = NewSection {
        name: params.get("name").unwrap_or_default().to_owned(),
        kind,
        roots: locations(&params),
        agent: word("agent", NO_AGENT),
        scanner: word("scanner", SCANNER),
        language: word("language", "en-US"),
    };
    let (id, scan) = view::sections::add(&app, new, params.flag_on("scan")?).await?;
    let (section, runs) = (known(&app, id.0).await?, view::runs::unfinished(&app).await?);
    let extent = Extent { size: 1, total_size: None, offset: None };
    let mut response = wants.answer(&container((vec![section], extent), &runs, &Refused::new()))?;
    *response.status_mut() = StatusCode::CREATED;
    if let Some(scan) = scan {
        say_scan(&mut response, scan);
    }
    Ok(response)
}

/// Says what can be asked of a section.
#[utoipa::path(get, path = "/library/sections/{id}", tag = "library",
    params(("id" = i64, Path, description = "The section's id.")),
    responses(
        (status = 200, description = "What can be asked next.", content((Container<LibraryRoot> = "application/json"), (Container<LibraryRoot> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn section(State(app): State<App>, wants: Wants, Path(id): Path<String>) -> Result<Response, Problem> {
    let section = known(&app, parse(&id)?).await?;
    wants.answer(&directories(&section.name, &[("all", "All"), ("recentlyAdded", "Recently Added")]))
}

/// Edits a section; what is not named stays as it is.
#[utoipa::path(put, path = "/library/sections/{id}", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("name" = inline(Option<SectionName>), Query,
            description = "Its name: one line of at most 100 characters."),
        ("location" = Option<Vec<String>>, Query, description = "All its root folders, if any is given."),
        ("agent" = Option<String>, Query, description = "The metadata agent; shown, not used."),
        ("scanner" = Option<String>, Query, description = "The scanner; shown, not used."),
        ("language" = Option<String>, Query, description = "Its language."),
        ("prefs[enableBIFGeneration]" = inline(Option<Switch>), Query,
            description = "A preference of the section, as `/library/sections/{id}/prefs` has it."),
        ("prefs[enableChapterThumbGeneration]" = inline(Option<Switch>), Query,
            description = "Another of them."),
        ("prefs[enableLoudnessAnalysis]" = inline(Option<Switch>), Query, description = "Another of them."),
        ("prefs[enableVoiceActivityGeneration]" = inline(Option<Switch>), Query,
            description = "Another of them."),
        ("prefs[musicAnalysis]" = inline(Option<Switch>), Query, description = "Another of them."),
        ("prefs[writeGainTags]" = inline(Option<Switch>), Query, description = "Another of them."),
    ),
    responses(
        (status = 200, description = "Done; the body is empty. Where its folders are others now, the header \
                                      says what became of their scan.",
            headers(
                ("X-Butler-Outcome" = String, description = "`started; run=7`"),
                ("X-Butler-Not-Scanned" = String, description = "Why its scan could not be asked for."),
            )),
        (status = 400, description = "A folder is not there or not allowed, or the name is blank, too long or \
                                      not one line.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn edit(State(app): State<App>, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = SectionId(parse(&id)?);
    let word = |name: &str| params.get(name).filter(|word| !word.trim().is_empty()).map(str::to_owned);
    let roots = locations(&params);
    let edit = SectionEdit {
        name: params.get("name").map(str::to_owned),
        roots: (!roots.is_empty()).then_some(roots),
        agent: word("agent"),
        scanner: word("scanner"),
        language: word("language"),
    };
    let section = known(&app, id.0).await?;
    let switches = prefs::of_edit(&params, section.kind)?;
    let now = app.now();
    app.library(move |library| {
        library.edit_section(id, edit, now)?;
        Ok::<_, SectionError>(library.set_section_switches(id, switches)?)
    })
    .await?;
    app.handle.sections_changed();
    let edited = known(&app, id.0).await?;
    let mut response = accept::empty().into_response();
    if edited.roots != section.roots {
        say_scan(&mut response, view::sections::scan(&app, id.0).await);
    }
    Ok(response)
}

/// Says what became of the scan of a section that was stored: that it is stored stands, whatever became of
/// its scan.
fn say_scan(response: &mut Response, scan: Result<StartReply, Problem>) {
    match scan {
        Ok(reply) => refresh::say_outcome(response, &reply),
        Err(problem) => {
            tracing::warn!(sentence = problem.sentence(), "a section is stored and its scan was not begun");
            if let Ok(sentence) = HeaderValue::from_str(problem.sentence()) {
                response.headers_mut().insert(NOT_SCANNED, sentence);
            }
        }
    }
}

/// Removes a section. The files stay as they are.
#[utoipa::path(delete, path = "/library/sections/{id}", tag = "library",
    params(("id" = i64, Path, description = "The section's id.")),
    responses(
        (status = 200, description = "Done; the body is empty."),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = SectionId(parse(&id)?);
    app.library(move |library| library.remove_section(id)).await?;
    app.handle.sections_changed();
    Ok(accept::empty().into_response())
}

/// The id of a section in an address; what is no number is no section's.
pub(crate) fn parse(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| unknown(id))
}

/// A section that there is.
pub(crate) async fn known(app: &App, id: i64) -> Result<Section, Problem> {
    let section = app.library(move |library| library.section(SectionId(id))).await?;
    section.ok_or_else(|| unknown(&id.to_string()))
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("There is no section {id}."))
}

/// When a section was changed last, in Unix seconds; 0 while there is none.
pub(crate) fn last_change(library: &Library) -> Result<i64, StoreError> {
    Ok(library.sections()?.iter().map(|section| section.updated_at.as_second()).max().unwrap_or(0))
}

/// Whether a run scans a section: all of them, or just this one.
pub(crate) fn scans(run: &RunRecord, section: SectionId) -> bool {
    let is_under_way = run.state != RunState::Scheduled && !run.state.is_terminal();
    // One of some contents looks at no folder.
    run.task == TaskName::RefreshLibraries
        && is_under_way
        && run.ask.sources.is_empty()
        && run.ask.section.is_none_or(|only| only == section.0)
}

fn locations(params: &Params) -> Vec<PathBuf> {
    let mut locations = params.paths("location");
    locations.extend(params.paths("locations"));
    locations
}

/// Folders that lie under no allowed root any more, each with a sentence.
pub(crate) type Refused = BTreeMap<RootId, String>;

/// The sections, and which of their folders are refused.
pub(crate) fn listed(library: &Library) -> Result<(Vec<Section>, Refused), StoreError> {
    let sections = library.sections()?;
    let refused = library.refused_roots(&sections);
    Ok((sections, refused))
}

fn container(
    (sections, extent): (Vec<Section>, Extent),
    runs: &[RunRecord],
    refused: &Refused,
) -> Container<Sections> {
    let directories = sections.into_iter().map(|section| directory(section, runs, refused)).collect();
    let Extent { size, total_size, offset } = extent;
    Container::new(Sections {
        size,
        total_size,
        offset,
        allow_sync: true,
        title1: "Plex Library".into(),
        directories,
    })
}

/// A section as clients see it.
pub(crate) fn directory(section: Section, runs: &[RunRecord], refused: &Refused) -> Directory {
    Directory {
        allow_sync: true,
        filters: true,
        refreshing: runs.iter().any(|run| scans(run, section.id)),
        key: section.id.to_string(),
        kind: section.kind.as_str().into(),
        title: section.name,
        agent: section.agent,
        scanner: section.scanner,
        language: section.language,
        uuid: section.uuid,
        updated_at: section.updated_at.as_second(),
        created_at: section.created_at.as_second(),
        scanned_at: section.scanned_at.map_or(0, |at| at.as_second()),
        content: true,
        directory: true,
        content_changed_at: i64::try_from(section.content_changed_at).unwrap_or(i64::MAX),
        hidden: 0,
        locations: section
            .roots
            .into_iter()
            .map(|root| Location {
                id: Some(root.id.0),
                path: root.path.to_string_lossy().into_owned(),
                refused: refused.get(&root.id).cloned(),
            })
            .collect(),
    }
}

fn directories(title: &str, entries: &[(&str, &str)]) -> Container<LibraryRoot> {
    let directories: Vec<_> = entries
        .iter()
        .map(|(key, title)| LibraryDirectory { key: (*key).into(), title: (*title).into() })
        .collect();
    Container::new(LibraryRoot {
        size: directories.len() as u64,
        allow_sync: true,
        identifier: LIBRARY_IDENTIFIER.into(),
        media_tag_prefix: "/system/bundle/media/flags/".into(),
        media_tag_version: 0,
        title1: title.into(),
        title2: String::new(),
        directories,
    })
}
