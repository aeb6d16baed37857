//! Results for programs: one JSON value a command.

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
