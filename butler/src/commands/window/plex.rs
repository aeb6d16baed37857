//! The maintenance window of a Plex Media Server: its two settings. It says by no clock of its own whether
//! the window is open, so this machine's is taken.

use butler_client::{Client, Error, SettingValue};
use butler_engine::Clock;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, json};

/// The window, for programs.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Hours {
    /// By the clock of the machine that asks.
    open: bool,
    start_hour: i64,
    end_hour: i64,
    sentence: String,
}

/// Shows it; `lacking` is what the server answered to Butler's own question.
pub(super) async fn run(client: &Client, lacking: Error, out: Out) -> Result<Exit, Trouble> {
    let preferences = client.preferences().await?;
    let hour = |id: &str| {
        preferences.iter().find(|one| one.id == id).and_then(|one| match one.value {
            SettingValue::Int(hour @ 0..=23) => Some(hour),
            _ => None,
        })
    };
    let (Some(start), Some(end)) = (hour("ButlerStartHour"), hour("ButlerEndHour")) else {
        return Err(lacking.into());
    };
    let now = TimeZone::system().to_datetime(Clock::wall().now()).hour();
    let hours = hours(start, end, now.into());
    if out.json {
        json::print(&hours)?;
    } else {
        out.line(hours.sentence.as_str())?;
    }
    Ok(if hours.open { Exit::Done } else { Exit::Skipped })
}

/// The window at an hour. One that begins in the evening ends on the next day; one that ends where it begins
/// is the whole day.
fn hours(start_hour: i64, end_hour: i64, now: i64) -> Hours {
    let open = (now - start_hour).rem_euclid(24) < (end_hour - start_hour - 1).rem_euclid(24) + 1;
    let state = if open { "open" } else { "closed" };
    let sentence = format!(
        "Maintenance from {start_hour:02}:00 to {end_hour:02}:00 by the server's own clock; by this machine's \
         it is {state} now."
    );
    Hours { open, start_hour, end_hour, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_from_its_start_to_its_end_over_midnight_too() {
        let open = |start, end| (0..24).filter(|now| hours(start, end, *now).open).collect::<Vec<_>>();
        assert_eq!(open(2, 5), [2, 3, 4]);
        assert_eq!(open(22, 1), [0, 22, 23]);
        assert_eq!(open(3, 3).len(), 24);
        assert!(
            hours(2, 5, 5).sentence.starts_with("Maintenance from 02:00 to 05:00 by the server's own clock;")
        );
    }
}
