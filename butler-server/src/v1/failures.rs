//! `/api/v1/failures`: which product could not be made of which file, and the request to try again.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{Failure, Failures, Retried};
use butler_library::{FailureId, FailureRow, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

/// What stands for the product where a scan could not read a file or folder.
const SCAN: &str = "scan";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(retry))
}

/// Lists the failures that stand, newest first.
#[utoipa::path(get, path = "/api/v1/failures", tag = "failures",
    params(
        ("start" = Option<u32>, Query, description = "The place of the first one, from 0."),
        ("size" = Option<u32>, Query, description = "How many, 100 if nothing is said, 10,000 at most."),
    ),
    responses(
        (status = 200, description = "A page of failures, and how many there are in all.", body = Failures),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn list(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let failures = app.library(move |library| library.failures(page.start.into(), page.size.into())).await?;
    accept::json(&Failures { failures: failures.rows.into_iter().map(failure).collect(), total: failures.total })
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
        Some(kind) => format!("The next run that wants {kind} of `{}` tries again.", row.path.display()),
        None => format!("The next scan tries `{}` again.", row.path.display()),
    };
    accept::json(&Retried { id: failure.0, message })
}

pub(super) fn failure(row: FailureRow) -> Failure {
    Failure {
        id: row.id.0,
        product: row.kind.map_or(SCAN, |kind| kind.as_str()).into(),
        part: row.path.to_string_lossy().into_owned(),
        part_id: row.part.map(|part| part.0),
        class: row.class.as_str().into(),
        error: row.sentence,
        tries: row.tries,
        next_try_at: row.next_try_at,
        failed_at: row.failed_at,
        run: row.run.map(|run| run.0),
    }
}
