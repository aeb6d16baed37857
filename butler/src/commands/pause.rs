//! `butler pause`: holds everything, and says of the other commands' lists that it does.

use butler_client::{Client, Error, Pause, PauseEnd, PauseOrder, PauseOwner};
use clap::Args;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::words::time;
use crate::print::{Out, json};

#[derive(Args)]
pub(crate) struct Arguments {
    /// End the pause by itself after a time, as in 30m or 1h30m
    #[arg(long = "for", value_name = "TIME", conflicts_with = "until_window", value_parser = lasting)]
    time: Option<String>,

    /// End the pause by itself when the maintenance window opens
    #[arg(long)]
    until_window: bool,

    /// Let what is in hand come to its end, and begin nothing new
    #[arg(long)]
    drain: bool,

    /// Why, for whoever wonders
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let Arguments { time: lasts, until_window, drain, note } = arguments;
    let owner = if until_window { PauseOwner::Window } else { PauseOwner::Person };
    let until = match lasts {
        Some(lasts) => PauseEnd::After(lasts),
        None if until_window => PauseEnd::WindowOpens,
        None => PauseEnd::Lifted,
    };
    let pauses = client.pause(owner, &PauseOrder { until, drains: drain, note }).await?;
    if out.json {
        json::print(&pauses)?;
    } else if pauses.pauses.is_empty() {
        out.line("The maintenance window is open: nothing is paused.")?;
    } else {
        pauses.pauses.iter().try_for_each(|pause| out.line(sentence(pause)))?;
    }
    Ok(Exit::Done)
}

/// A time as the server takes it, which knows the longest one.
fn lasting(text: &str) -> Result<String, String> {
    let is_time = text.parse().is_ok_and(|time: jiff::SignedDuration| time.is_positive());
    if is_time {
        Ok(text.to_owned())
    } else {
        Err("it takes a time as in 30m or 1h30m, a year at most".to_owned())
    }
}

/// Says on top of a list what holds everything, if anything does. A server that tells of no pauses, a Plex
/// Media Server say, is shown without.
pub(crate) async fn tell(client: &Client, out: Out) -> Result<(), Trouble> {
    let said = sentences(client).await.unwrap_or_default();
    said.into_iter().try_for_each(|sentence| out.line(sentence)).map_err(Trouble::from)
}

/// A line for each pause.
pub(crate) async fn sentences(client: &Client) -> Result<Vec<String>, Error> {
    Ok(client.pauses().await?.pauses.iter().map(sentence).collect())
}

/// `Everything is paused by a person since 21:04 until 21:34: guests`.
pub(crate) fn sentence(pause: &Pause) -> String {
    let who = match pause.owner {
        PauseOwner::Person | PauseOwner::Window => "by a person",
        PauseOwner::Playback => "while something plays",
        PauseOwner::Load => "while the machine is busy",
    };
    let until = match pause.until {
        Some(until) => format!(" until {}", time(until)),
        None if pause.until_window => " until the maintenance window opens".to_owned(),
        None => String::new(),
    };
    let drains = if pause.drains { "; what is in hand comes to its end" } else { "" };
    let note = pause.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("Everything is paused {who} since {}{until}{drains}{note}", time(pause.since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_lasts_for_a_time_and_nothing_is_no_time() {
        assert_eq!(lasting("1h30m").as_deref(), Ok("1h30m"));
        for wrong in ["", "3x", "0s", "-5m", "30"] {
            assert!(lasting(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_pause_says_whose_it_is_how_long_it_lasts_and_why() {
        let since = "2026-11-23T21:04:00Z".parse().unwrap();
        let pause = |owner, until_window, note: Option<&str>| Pause {
            owner,
            note: note.map(str::to_owned),
            since,
            until: None,
            until_window,
            drains: until_window,
            message: String::new(),
        };
        let said = sentence(&pause(PauseOwner::Person, false, Some("guests")));
        assert_eq!(said, format!("Everything is paused by a person since {}: guests", time(since)));
        let said = sentence(&pause(PauseOwner::Load, false, Some("the disk is busy")));
        let expect =
            format!("Everything is paused while the machine is busy since {}: the disk is busy", time(since));
        assert_eq!(said, expect);
        let said = sentence(&pause(PauseOwner::Window, true, None));
        assert!(
            said.ends_with(" until the maintenance window opens; what is in hand comes to its end"),
            "{said}"
        );
    }
}
