//! Results for programs: one JSON value a command. A list that comes in pages is printed page by page, so that
//! whoever wants its beginning has it at once, and none is held whole.

use std::io;

use serde::Serialize;

use crate::print::send;
use crate::print::text::escaped;

/// Prints a value over several lines.
pub(crate) fn print(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
    // A line's end is JSON's own: within a value it is escaped already.
    let lines: Vec<String> = text.lines().map(ascii_orders).collect();
    send(&lines.join("\n"))
}

/// Prints a value on one line, for streams of values.
pub(crate) fn print_line(value: &impl Serialize) -> io::Result<()> {
    send(&ascii_orders(&serde_json::to_string(value).map_err(io::Error::from)?))
}

/// A list of values that is printed as it comes, as [`print`] would print it whole.
#[derive(Default)]
pub(crate) struct List {
    /// The last value, which a comma follows if another comes.
    last: Option<String>,
}

impl List {
    /// Prints values that follow those before, but for the last of them.
    pub(crate) fn add<T: Serialize>(&mut self, values: impl IntoIterator<Item = T>) -> io::Result<()> {
        let mut lines = Vec::new();
        for value in values {
            let text = serde_json::to_string_pretty(&value).map_err(io::Error::from)?;
            let text: Vec<String> = text.lines().map(|line| format!("  {}", ascii_orders(line))).collect();
            lines.push(match self.last.replace(text.join("\n")) {
                Some(before) => before + ",",
                None => "[".to_owned(),
            });
        }
        if lines.is_empty() { Ok(()) } else { send(&lines.join("\n")) }
    }

    /// Prints the rest.
    pub(crate) fn end(self) -> io::Result<()> {
        send(&self.last.map_or_else(|| "[]".to_owned(), |last| last + "\n]"))
    }
}

/// JSON leaves characters in its texts that a terminal takes as orders: as `\u009b` they mean the same to a
/// program.
fn ascii_orders(line: &str) -> String {
    escaped(line, |c| format!("\\u{:04x}", u32::from(c))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_characters_and_gives_a_terminal_no_orders() {
        let text = "a\u{1b}[2J\n\u{9b}31m\u{7f}\u{202e}b";
        let line = ascii_orders(&serde_json::to_string(text).unwrap());
        assert_eq!(line, r#""a\u001b[2J\n\u009b31m\u007f\u202eb""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
