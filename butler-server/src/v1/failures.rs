//! `/api/v1/failures`: which product could not be made of which file, when it is tried again, and the request
//! to try at once.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{Failure, FailureGroup, FailureSummary, Failures, LocalTime, Retried};
use butler_engine::PlanBasis;
use butler_library::{FailureId, FailurePlace, FailureRow, Library, StoreError};
use butler_product::ProductKind;
use jiff::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

/// What stands for the product where a file or folder itself could not be read.
const OF_PATH: &str = "scan";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(summary)).routes(routes!(retry))
}

/// Lists the failures that stand, newest first.
///
/// From mark to mark (`before`) the whole list is read once and in order, whatever fails
/// meanwhile.
#[utoipa::path(get, path = "/api/v1/failures", tag = "failures",
    params(
        ("before" = Option<String>, Query, description = "A mark, as `next` of a page: only those behind it, \
                                                          the older ones."),
        ("after" = Option<String>, Query, description = "A mark: only those before it, the newer ones."),
        ("start" = Option<u32>, Query, description = "The place of the first one, from 0."),
        ("size" = Option<u32>, Query, description = "How many, 100 if nothing is said, 10,000 at most."),
    ),
    responses(
        (status = 200, description = "A page of failures, and without a mark how many \
                                      there are in all.", body = Failures),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn list(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let mark = "a mark as `next` of a page of failures gives it";
    let before = params.parsed::<FailurePlace>("before", mark)?;
    let after = params.parsed::<FailurePlace>("after", mark)?;
    let is_marked = before.is_some() || after.is_some();
    let (rows, total) = app
        .library(move |library| {
            let rows = library.failures_between(before, after, page.start.into(), page.size.into())?;
            let total = if is_marked { None } else { Some(library.count_failures()?) };
            Ok::<_, StoreError>((rows, total))
        })
        .await?;
    let next = rows.last().filter(|_| rows.len() == page.size as usize).map(|last| last.place().to_string());
    let mut nights = Nights::new(app.handle.plan_basis().await?);
    accept::json(&Failures {
        failures: rows.into_iter().map(|row| failure(row, &mut nights)).collect(),
        total,
        next,
    })
}

/// Counts the failures that stand by product and sentence.
#[utoipa::path(get, path = "/api/v1/failures/summary", tag = "failures",
    responses(
        (status = 200, description = "The largest groups first.", body = FailureSummary),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn summary(State(app): State<App>) -> Result<Response, Problem> {
    let summary = app.library(Library::failure_summary).await?;
    let group = |group: butler_library::FailureGroup| FailureGroup {
        product: group.kind.map_or(OF_PATH, ProductKind::as_str).into(),
        tasks: app.handle.makers(group.kind).into_iter().cloned().collect(),
        class: group.class.as_str().into(),
        error: group.sentence,
        failures: group.failures,
        files: group.files,
        resting: group.resting,
        newest: group.newest,
    };
    let butler_library::FailureSummary { failures, files, groups, group_count } = summary;
    accept::json(&FailureSummary {
        failures,
        files,
        groups: groups.into_iter().map(group).collect(),
        group_count,
    })
}

/// Lifts a failure's back-off: the next run that wants the product tries again.
#[utoipa::path(post, path = "/api/v1/failures/{id}/retry", tag = "failures",
    params(("id" = i64, Path, description = "The failure's id.")),
    responses(
        (status = 200, description = "Lifted.", body = Retried),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such failure.", body = Errors),
    ))]
async fn retry(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let unknown = || Problem::not_found(format!("There is no failure {id}."));
    let failure: FailureId = id.parse().map_err(|_| unknown())?;
    let now = app.now();
    let row = app
        .library(move |library| {
            let row = library.failure(failure)?;
            library.retry_failure(failure, now)?;
            Ok::<_, StoreError>(row)
        })
        .await?;
    let row = row.ok_or_else(unknown)?;
    let message = match row.kind {
        Some(kind) if row.file_count > 1 => {
            format!(
                "The next run that wants {kind} of `{}`, which {} files hold, tries again.",
                row.path.display(),
                row.file_count
            )
        }
        Some(kind) => format!("The next run that wants {kind} of `{}` tries again.", row.path.display()),
        None => format!("The next scan tries `{}` again.", row.path.display()),
    };
    accept::json(&Retried { id: failure.0, message })
}

/// The nights in which failures are tried again, each reckoned once.
pub(super) struct Nights {
    basis: PlanBasis,
    known: HashMap<(Option<ProductKind>, Timestamp), Option<LocalTime>>,
}

impl Nights {
    pub(super) fn new(basis: PlanBasis) -> Self {
        Self { basis, known: HashMap::new() }
    }

    fn of(&mut self, row: &FailureRow) -> Option<LocalTime> {
        let at = row.next_try_at?;
        let Self { basis, known } = self;
        *known.entry((row.kind, at)).or_insert_with(|| {
            basis.next_try(row.kind, at).map(|night| LocalTime::of(night.from, basis.zone()))
        })
    }
}

pub(super) fn failure(row: FailureRow, nights: &mut Nights) -> Failure {
    Failure {
        id: row.id.0,
        next_try: nights.of(&row),
        product: row.kind.map_or(OF_PATH, |kind| kind.as_str()).into(),
        part: row.path.to_string_lossy().into_owned(),
        files: row.files.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        file_count: row.file_count,
        part_id: row.part.map(|part| part.0),
        class: row.class.as_str().into(),
        error: row.sentence,
        tries: row.tries,
        next_try_at: row.next_try_at,
        failed_at: row.failed_at,
        run: row.run.map(|run| run.0),
    }
}
