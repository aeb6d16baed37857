//! What became of a request to start a task, and its form in the header `X-Butler-Outcome`.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::RunId;

/// The response header that says what became of a start, since Plex's bodies are empty.
pub const OUTCOME_HEADER: &str = "x-butler-outcome";

/// What became of a request to start a task.
///
/// Its text is the header's value: `started; run=7`, `started; run=7; waits=behind-scan`, `scheduled; run=7;
/// at=2026-11-24T02:31:00Z`, `running; run=7`, `skipped; reason=not-its-day; due=2026-11-29`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A run was made. It works, or waits in its lane with the reason given.
    Started {
        /// The new run.
        run: RunId,
        /// The code of the [`crate::Reason`] for which it waits, if it does.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        waits: Option<String>,
    },
    /// It was placed at a moment inside the maintenance window.
    Scheduled {
        /// The run.
        run: RunId,
        /// When it will start.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        at: Timestamp,
    },
    /// It was running or queued already; nothing was changed.
    Running {
        /// The run that is there.
        run: RunId,
    },
    /// It was not started.
    Skipped {
        /// The code of the [`crate::Reason`].
        reason: String,
        /// The day from which it is due, where its interval is the reason.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
        due: Option<Date>,
    },
}

impl Outcome {
    /// The run that was made or found, if any.
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Started { run, .. } | Self::Scheduled { run, .. } | Self::Running { run } => Some(*run),
            Self::Skipped { .. } => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { run, waits: None } => write!(f, "started; run={run}"),
            Self::Started { run, waits: Some(code) } => write!(f, "started; run={run}; waits={code}"),
            // Whole seconds: a moment of a night is not meant finer.
            Self::Scheduled { run, at } => write!(f, "scheduled; run={run}; at={at:.0}"),
            Self::Running { run } => write!(f, "running; run={run}"),
            Self::Skipped { reason, due: None } => write!(f, "skipped; reason={reason}"),
            Self::Skipped { reason, due: Some(due) } => write!(f, "skipped; reason={reason}; due={due}"),
        }
    }
}

/// A header value that is no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no outcome of a start")]
pub struct OutcomeParseError(String);

impl FromStr for Outcome {
    type Err = OutcomeParseError;

    fn from_str(text: &str) -> Result<Self, OutcomeParseError> {
        let wrong = || OutcomeParseError(text.to_owned());
        let mut pieces = text.split(';').map(str::trim);
        let word = pieces.next().ok_or_else(wrong)?;
        let fields: Vec<(&str, &str)> = pieces.filter_map(|piece| piece.split_once('=')).collect();
        let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let run = || field("run").and_then(|run| run.parse().ok()).ok_or_else(wrong);
        Ok(match word {
            "started" => Self::Started { run: run()?, waits: field("waits").map(str::to_owned) },
            "scheduled" => Self::Scheduled {
                run: run()?,
                at: field("at").and_then(|at| at.parse().ok()).ok_or_else(wrong)?,
            },
            "running" => Self::Running { run: run()? },
            "skipped" => Self::Skipped {
                reason: field("reason").ok_or_else(wrong)?.to_owned(),
                due: field("due").map(|due| due.parse().map_err(|_| wrong())).transpose()?,
            },
            _ => return Err(wrong()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_the_header() {
        let all = [
            Outcome::Started { run: RunId(7), waits: None },
            Outcome::Started { run: RunId(8), waits: Some("behind-scan".into()) },
            Outcome::Scheduled { run: RunId(9), at: "2026-11-24T02:31:00Z".parse().unwrap() },
            Outcome::Running { run: RunId(1) },
            Outcome::Skipped { reason: "switched-off".into(), due: None },
            Outcome::Skipped { reason: "not-its-day".into(), due: Some(jiff::civil::date(2026, 11, 29)) },
        ];
        for outcome in all {
            assert_eq!(outcome.to_string().parse(), Ok(outcome));
        }
    }

    #[test]
    fn the_moment_in_the_header_is_one_of_whole_seconds() {
        let outcome =
            Outcome::Scheduled { run: RunId(9), at: "2026-11-24T02:31:07.123456789Z".parse().unwrap() };
        assert_eq!(outcome.to_string(), "scheduled; run=9; at=2026-11-24T02:31:07Z");
    }

    #[test]
    fn a_header_of_something_else_is_refused() {
        for text in ["", "started", "started; run=x", "brewing; run=1", "skipped"] {
            assert!(text.parse::<Outcome>().is_err(), "{text:?} was taken");
        }
    }
}
