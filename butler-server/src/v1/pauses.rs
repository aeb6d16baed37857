//! `/api/v1/pauses`: holds everything and lets it go on. What a pause does is the schedule's and the
//! engine's.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::Pauses;
use butler_api::{Pause, PauseEnd, PauseOwner};
use jiff::SignedDuration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

/// The longest pause that ends by itself.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Characters of a note.
const LONGEST_NOTE: usize = 500;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, resume_all)).routes(routes!(pause, resume))
}

/// Lists what holds everything.
#[utoipa::path(get, path = "/api/v1/pauses", tag = "pauses", responses(
    (status = 200, description = "The pauses, one an owner at most; while there is one, \
                                  nothing begins.", body = Pauses),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list(State(app): State<App>) -> Result<Response, Problem> {
    answer(app.handle.pauses().await?)
}

/// Holds everything, in place of an earlier pause of the same owner.
#[utoipa::path(put, path = "/api/v1/pauses/{owner}", tag = "pauses",
    params(
        ("owner" = String, Path, description = "`person`, `playback`, `load` or `window`; the last ends when \
                                                the window opens."),
        ("for" = Option<String>, Query, description = "`30m`, `1h30m`, or `until-window`; without it, until \
                                                       it is lifted."),
        ("drain" = Option<u8>, Query, description = "1 lets what is in hand come to its end; else it is \
                                                     frozen where it is."),
        ("note" = Option<String>, Query, description = "Why, for people; 500 characters at most."),
    ),
    responses(
        (status = 200, description = "All pauses that there are then.", body = Pauses),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 507, description = "It can't be stored, for the disk is full; nothing was changed.", body = Errors),
    ))]
async fn pause(
    State(app): State<App>,
    Path(owner): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let owner = known(&owner)?;
    let since = app.handle.clock().now();
    let until = match params.get("for") {
        None | Some("") if owner == PauseOwner::Window => PauseEnd::WindowOpens,
        None | Some("") => PauseEnd::Lifted,
        Some("until-window") => PauseEnd::WindowOpens,
        Some(time) => since.checked_add(duration(time)?).map_or(PauseEnd::Lifted, PauseEnd::At),
    };
    let note = params.get("note").map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(Problem::bad_request(format!("`note` is longer than {LONGEST_NOTE} characters.")));
    }
    let (note, drains) = (note.map(str::to_owned), params.flag("drain")?);
    answer(app.handle.pause(Pause { owner, note, since, until, drains }).await??)
}

/// Lifts one owner's pause.
#[utoipa::path(delete, path = "/api/v1/pauses/{owner}", tag = "pauses",
    params(("owner" = String, Path, description = "`person`, `playback`, `load` or `window`.")),
    responses(
        (status = 200, description = "The pause that was lifted; none if there was none.", body = Pauses),
        (status = 400, description = "There is no such owner.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 507, description = "It can't be stored, for the disk is full; nothing was changed.", body = Errors),
    ))]
async fn resume(State(app): State<App>, Path(owner): Path<String>) -> Result<Response, Problem> {
    answer(app.handle.resume(Some(known(&owner)?)).await??)
}

/// Lifts every pause.
#[utoipa::path(delete, path = "/api/v1/pauses", tag = "pauses", responses(
    (status = 200, description = "The pauses that were lifted.", body = Pauses),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
    (status = 507, description = "It can't be stored, for the disk is full; nothing was changed.", body = Errors),
))]
async fn resume_all(State(app): State<App>) -> Result<Response, Problem> {
    answer(app.handle.resume(None).await??)
}

fn known(owner: &str) -> Result<PauseOwner, Problem> {
    owner.parse().map_err(|error| Problem::bad_request(format!("{error}.")))
}

fn duration(time: &str) -> Result<SignedDuration, Problem> {
    let wrong = || {
        Problem::bad_request(format!(
            "`for` is `{time}`, and takes a time as in `30m` or `1h30m`, a year at most, or `until-window`."
        ))
    };
    time.parse()
        .ok()
        .filter(|time: &SignedDuration| *time > SignedDuration::ZERO && *time <= LONGEST)
        .ok_or_else(wrong)
}

fn answer(pauses: Vec<Pause>) -> Result<Response, Problem> {
    accept::json(&Pauses { pauses: pauses.into_iter().map(Into::into).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_lasts_as_long_as_a_person_says_and_no_nonsense() {
        assert_eq!(duration("30m").ok(), Some(SignedDuration::from_mins(30)));
        assert_eq!(duration("1h30m").ok(), Some(SignedDuration::from_mins(90)));
        for wrong in ["", "0s", "-5m", "30", "soon", "400d", "100000h"] {
            assert!(duration(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
