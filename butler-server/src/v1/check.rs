//! `/api/v1/sections/check`: what a folder would become as a section, found by a dry run of a scan that
//! writes nothing.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::{FilePath, SectionType};
use butler_api::v1::{Check, CheckCounts, CheckItem, CheckNote, CheckVersion};
use butler_library::{CheckError, Checked, CheckedItem, ItemKind, SectionKind, check_folder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::{self, Problem};
use crate::params::Params;

/// Less than a handler has for its answer, so that nothing goes on for nobody.
const WITHIN: Duration = Duration::from_secs(50);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Says what a folder would become as a section: items, versions, extras, and names that leave something
/// open.
#[utoipa::path(get, path = "/api/v1/sections/check", tag = "sections",
    params(
        ("folder" = inline(FilePath), Query, description = "The folder's whole path on the server's machine, \
                                                            under an \
                                                  allowed root."),
        ("type" = inline(Option<SectionType>), Query, description = "`movie`, `show`, `artist` or `photo`; \
                                                                     found out if \
                                                        nothing is said."),
    ),
    responses(
        (status = 200, description = "What it would become. Nothing was written.", body = Check),
        (status = 400, description = "The folder is missing or not allowed, or its type is neither said nor \
                                      clear.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 503, description = "The folder does not answer, or is too large for one \
                                      answer.", body = Errors),
    ))]
async fn check(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let folder = params.paths("folder").into_iter().next();
    let folder =
        folder.ok_or_else(|| Problem::bad_request("`folder` is missing: the whole path of a folder."))?;
    let kind = params.parsed::<SectionKind>("type", "movie, show, artist or photo")?;
    let until = Instant::now() + WITHIN;
    let checked = app
        .library(move |library| check_folder(library, &folder, kind, &mut || Instant::now() > until))
        .await?;
    accept::json(&body(checked))
}

impl From<CheckError> for Problem {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Root(error) => error.into(),
            CheckError::Store(error) => error.into(),
            CheckError::Away(sentence) => Self::unavailable(sentence),
            CheckError::Stopped => Self::unavailable(format!(
                "The folder could not be looked through within {} s. Check the folders in it one by one.",
                WITHIN.as_secs()
            )),
            CheckError::NoMedia(_) | CheckError::Unclear { .. } => Self::bad_request(format!(
                "{} (movie, show, artist or photo).",
                error::sentence(&error).trim_end_matches('.')
            )),
        }
    }
}

fn body(checked: Checked) -> Check {
    let Checked { folder, kind, guessed, mixed, files, items, doubts, ignored, unreadable } = checked;
    let mut counts = CheckCounts { files, ..CheckCounts::default() };
    items.iter().for_each(|item| count(item, &mut counts));
    Check {
        folder: folder.to_string_lossy().into_owned(),
        kind: kind.as_str().into(),
        guessed,
        mixed,
        counts,
        items: items.into_iter().map(item).collect(),
        doubts: notes(doubts),
        ignored: notes(ignored),
        unreadable: notes(unreadable),
    }
}

fn count(item: &CheckedItem, counts: &mut CheckCounts) {
    let counter = match item.kind {
        ItemKind::Movie => &mut counts.movies,
        ItemKind::Show => &mut counts.shows,
        ItemKind::Season => &mut counts.seasons,
        ItemKind::Episode => &mut counts.episodes,
        ItemKind::Artist => &mut counts.artists,
        ItemKind::Album => &mut counts.albums,
        ItemKind::Track => &mut counts.tracks,
        ItemKind::Photo => &mut counts.photos,
        ItemKind::Extra => &mut counts.extras,
    };
    *counter += 1;
    item.children.iter().chain(&item.extras).for_each(|item| count(item, counts));
}

fn item(checked: CheckedItem) -> CheckItem {
    let CheckedItem { kind, title, year, number, aired, edition, ids, extra, versions, children, extras } =
        checked;
    let version = |version: butler_library::CheckedVersion| CheckVersion {
        label: version.label,
        files: version.files.iter().map(|file| file.to_string_lossy().into_owned()).collect(),
    };
    CheckItem {
        kind: kind.as_str().into(),
        title,
        year,
        number,
        aired,
        edition,
        ids,
        extra: extra.map(str::to_owned),
        versions: versions.into_iter().map(version).collect(),
        children: children.into_iter().map(item).collect(),
        extras: extras.into_iter().map(item).collect(),
    }
}

fn notes(notes: Vec<butler_library::CheckNote>) -> Vec<CheckNote> {
    notes
        .into_iter()
        .map(|note| CheckNote { path: note.path.to_string_lossy().into_owned(), message: note.sentence })
        .collect()
}
