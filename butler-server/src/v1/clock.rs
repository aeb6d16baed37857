//! `/api/v1/clock`: reads and sets a clock that a test drives. There only where the server was started with
//! one, and in no description of the API.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_engine::FASTEST_RATE;
use jiff::Timestamp;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/v1/clock", get(show).put(set))
}

/// The present moment of the driven clock.
async fn show(State(app): State<App>) -> Result<Response, Problem> {
    answer(app.now())
}

/// Sets the clock to the moment `at`, to run `rate` times as fast as the machine's, or both; or at that rate
/// `until` a moment, and from there as fast as the machine's.
async fn set(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let at = params.parsed("at", "an instant, as in 2027-03-27T20:00:00Z")?;
    let rate = params.parsed::<u32>("rate", "a number of seconds a second")?;
    if rate.is_some_and(|rate| rate > FASTEST_RATE) {
        return Err(Problem::bad_request(format!("`rate` is at most {FASTEST_RATE}.")));
    }
    let now = match (at, rate, params.parsed("until", "an instant, as in 2027-03-27T20:00:00Z")?) {
        (at, rate, None) => app.handle.drive_clock(at, rate),
        (None, Some(rate), Some(until)) => app.handle.hurry_clock(until, rate),
        _ => return Err(Problem::bad_request("`until` goes with `rate` alone.".to_owned())),
    };
    answer(now.unwrap_or_else(|| app.now()))
}

fn answer(now: Timestamp) -> Result<Response, Problem> {
    accept::json(&serde_json::json!({ "now": now }))
}
