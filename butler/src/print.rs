//! Where a command's words go: its result to the standard output, remarks to the standard error. Here alone
//! the two streams are written to (`clippy.toml` bans them elsewhere), and what goes there is a [`Text`],
//! clean by construction, or laid out of such.
//!
//! Never decides what is said. One file a form: tables, bars, JSON, errors, pictures, and the words for
//! numbers and times.

pub(crate) mod bars;
pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod picture;
pub(crate) mod product;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod words;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use butler_client::RunState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) use text::Text;

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
        Self { json, colours: may_colour(Stream::Result) }
    }

    /// Prints a line of the result.
    pub(crate) fn line(self, text: impl Into<Text>) -> io::Result<()> {
        send(&laid_out(text.into(), Stream::Result, self.colours))
    }

    /// Prints a remark that is no part of the result, unless the result is for programs.
    pub(crate) fn remark(self, text: impl Into<Text>) {
        if !self.json {
            send_aside(&laid_out(text.into(), Stream::Aside, may_colour(Stream::Aside)));
        }
    }

    /// Prints a remark that several parts of a result may call for, the first time only.
    pub(crate) fn remark_once(self, text: String) {
        static PRINTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let is_new = PRINTED.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone());
        if is_new {
            self.remark(text);
        }
    }
}

/// One of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// The standard output.
    Result,
    /// The standard error.
    Aside,
}

impl Stream {
    /// The places of a line, where it is a terminal that says so.
    pub(crate) fn width(self) -> Option<usize> {
        let mut table = comfy_table::Table::new();
        if self == Self::Aside {
            table.use_stderr();
        }
        table.width().map(usize::from).filter(|width| *width > 0)
    }

    #[expect(clippy::disallowed_methods, reason = "this file is the way out")]
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Result => io::stdout().is_terminal(),
            Self::Aside => io::stderr().is_terminal(),
        }
    }
}

/// A text for a stream: on a terminal its lines end between words.
pub(crate) fn laid_out(text: Text, stream: Stream, colours: bool) -> String {
    let lines = match stream.width() {
        Some(width) => text.wrapped(width),
        None => vec![text],
    };
    lines.iter().map(|line| line.rendered(colours)).collect::<Vec<_>>().join("\n")
}

/// So often it is looked whether somebody still reads.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends once nobody reads the result any more, as `head` does that has what it wants: whoever has nothing to
/// print for hours would not find out by printing. Never ends where the result goes to a terminal or a file.
pub(crate) async fn reader_is_gone() {
    while !is_reader_gone() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "this file is the way out")]
fn is_reader_gone() -> bool {
    let stdout = io::stdout();
    // Asked for nothing, a pipe without a reader says so all the same (poll(2), POLLERR).
    let mut pipe = [PollFd::new(&stdout, PollFlags::empty())];
    poll(&mut pipe, Some(&Timespec::default())).is_ok_and(|_| pipe[0].revents().contains(PollFlags::ERR))
}

/// Prints what was laid out of clean texts, or is a program of ours.
#[expect(clippy::disallowed_methods, reason = "this file is the way out")]
fn send(laid_out: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{laid_out}")?;
    stdout.flush()
}

/// The same beside the result.
#[expect(clippy::disallowed_methods, reason = "this file is the way out")]
fn send_aside(laid_out: &str) {
    // A remark that nobody can hear is no failure.
    let _ = writeln!(io::stderr().lock(), "{laid_out}");
}

/// Prints a script of ours for a shell, as it is.
pub(crate) fn script(script: &str) -> io::Result<()> {
    send(script.trim_end())
}

/// Whether colours may go to a stream: it is a terminal that knows them, and nobody asked for none
/// (<https://no-color.org>).
pub(crate) fn may_colour(stream: Stream) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !unwanted && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
