//! Results for programs: one JSON value a command.

use std::io::{self, Write};

use serde::Serialize;

/// Prints a value over several lines.
pub(crate) fn print(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
    writeln!(io::stdout().lock(), "{text}")
}

/// Prints a value on one line, for streams of values.
pub(crate) fn print_line(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(value).map_err(io::Error::from)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}
