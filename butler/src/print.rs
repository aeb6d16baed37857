//! Where a command's words go: its result to the standard output, remarks to the standard error.
//!
//! Never decides what is said. One file a form: tables, bars, JSON, errors, and the words for numbers and times.

pub(crate) mod bars;
pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod table;
pub(crate) mod words;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use butler_client::RunState;

/// A colour of a terminal, by its number in SGR sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
    Grey = 90,
}

/// The colour of a run's state.
pub(crate) const fn state_colour(state: RunState) -> Colour {
    match state {
        RunState::Completed => Colour::Green,
        RunState::Failed | RunState::Missed => Colour::Red,
        RunState::Running => Colour::Cyan,
        RunState::Queued | RunState::Scheduled | RunState::Skipped => Colour::Grey,
        RunState::Paused | RunState::Stopping | RunState::Stopped | RunState::Interrupted => Colour::Yellow,
    }
}

/// The two streams of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    /// Whether the result is wanted as JSON.
    pub(crate) json: bool,
    /// Whether the result may have colours.
    pub(crate) colours: bool,
}

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, colours: may_colour(&io::stdout()) }
    }

    /// Prints a line of the result.
    pub(crate) fn line(self, text: impl Display) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{text}")
    }

    /// Prints a remark that is no part of the result, unless the result is for programs.
    pub(crate) fn remark(self, text: impl Display) {
        if !self.json {
            // A remark that nobody can hear is no failure.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// A text in a colour, if colours are wanted.
    pub(crate) fn paint(self, text: &str, colour: Colour) -> String {
        paint(self.colours, text, colour)
    }
}

pub(crate) fn paint(colours: bool, text: &str, colour: Colour) -> String {
    if colours { format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8) } else { text.to_owned() }
}

/// Whether colours may go to a stream: it is a terminal that knows them, and nobody asked for none (<https://no-color.org>).
pub(crate) fn may_colour(stream: &impl IsTerminal) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !unwanted && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
