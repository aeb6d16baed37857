//! What holds everything, how it is asked for and how it is lifted. What a pause does is the schedule's and
//! the engine's.

use butler_api::v1::Pauses;
use butler_api::{Pause, PauseEnd, PauseOwner};
use jiff::SignedDuration;

use crate::app::App;
use crate::error::Problem;

/// The longest pause that ends by itself.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Characters of a note.
const LONGEST_NOTE: usize = 500;

/// A pause as it is asked for.
#[derive(Default)]
pub(crate) struct Hold<'a> {
    /// `30m`, `1h30m` or `until-window`; without it, until it is lifted.
    pub(crate) time: Option<&'a str>,
    /// Why, for people.
    pub(crate) note: Option<&'a str>,
    /// Whether what is in hand comes to its end; else it is frozen where it is.
    pub(crate) drains: bool,
}

/// The pauses that there are.
pub(crate) async fn list(app: &App) -> Result<Pauses, Problem> {
    Ok(shown(app.handle.pauses().await?))
}

/// Holds everything, in place of an earlier pause of the same owner; all pauses that there are then.
pub(crate) async fn hold(app: &App, owner: &str, hold: Hold<'_>) -> Result<Pauses, Problem> {
    let owner = known(owner)?;
    let since = app.handle.clock().now();
    let until = match hold.time {
        None | Some("") if owner == PauseOwner::Window => PauseEnd::WindowOpens,
        None | Some("") => PauseEnd::Lifted,
        Some("until-window") => PauseEnd::WindowOpens,
        Some(time) => since.checked_add(duration(time)?).map_or(PauseEnd::Lifted, PauseEnd::At),
    };
    let note = hold.note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(Problem::bad_request(format!("`note` is longer than {LONGEST_NOTE} characters.")));
    }
    let pause = Pause { owner, note: note.map(str::to_owned), since, until, drains: hold.drains };
    Ok(shown(app.handle.pause(pause).await??))
}

/// Lifts an owner's pause, or (none) all of them; those that were lifted.
pub(crate) async fn lift(app: &App, owner: Option<&str>) -> Result<Pauses, Problem> {
    Ok(shown(app.handle.resume(owner.map(known).transpose()?).await??))
}

fn shown(pauses: Vec<Pause>) -> Pauses {
    Pauses { pauses: pauses.into_iter().map(Into::into).collect() }
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
