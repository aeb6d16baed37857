//! Text for a terminal. What a `Text` is made of may come from anybody, a file's name or a hostile server;
//! what it gives the terminal are letters on one line, and colours of ours. Never trusts, so that no caller
//! has to clean anything.

use std::borrow::Cow;
use std::fmt;

use crate::print::Colour;

/// One line, clean by construction; parts of it may be painted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    spans: Vec<Span>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    colour: Option<Colour>,
}

impl Text {
    /// A text in a colour, where the stream has colours.
    pub(crate) fn painted(text: impl AsRef<str>, colour: Colour) -> Self {
        Self { spans: vec![Span { text: clean(text.as_ref()).into_owned(), colour: Some(colour) }] }
    }

    /// The same with more behind it.
    #[must_use]
    pub(crate) fn then(mut self, more: impl Into<Self>) -> Self {
        self.spans.extend(more.into().spans);
        self
    }

    /// The letters alone.
    pub(crate) fn plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// The same on lines of at most so many places, which end between words; a word that is longer goes
    /// beyond. What follows stands below what it goes on with: behind a label and two blanks, or behind the
    /// first blanks.
    pub(super) fn wrapped(self, width: usize) -> Vec<Self> {
        let letters: Vec<(char, Option<Colour>)> = self
            .spans
            .iter()
            .flat_map(|span| span.text.chars().map(|letter| (letter, span.colour)))
            .collect();
        let indent = indent(&letters, width);
        let (mut lines, mut rest) = (Vec::new(), letters.as_slice());
        while rest.len() > room(width, indent, lines.len()) {
            let most = room(width, indent, lines.len());
            let is_blank =
                |at: &usize| rest[*at].0 == ' ' && rest[..*at].iter().any(|letter| letter.0 != ' ');
            let start = if lines.is_empty() { indent } else { 0 };
            let within = (start..=most).rev().find(is_blank);
            let Some(end) = within.or_else(|| (most..rest.len()).find(is_blank)) else { break };
            lines.push(&rest[..end]);
            let behind = &rest[end..];
            rest = &behind[behind.iter().take_while(|letter| letter.0 == ' ').count()..];
        }
        if !rest.is_empty() || lines.is_empty() {
            lines.push(rest);
        }
        let line = |(number, letters): (usize, &&[(char, Option<Colour>)])| {
            let blanks = if number == 0 { 0 } else { indent };
            let mut spans = vec![Span { text: " ".repeat(blanks), colour: None }];
            for (letter, colour) in *letters {
                match spans.last_mut() {
                    Some(span) if span.colour == *colour => span.text.push(*letter),
                    _ => spans.push(Span { text: letter.to_string(), colour: *colour }),
                }
            }
            Self { spans }
        };
        lines.iter().enumerate().map(line).collect()
    }

    /// As a stream takes it that has colours, or has none.
    pub(super) fn rendered(&self, colours: bool) -> String {
        let span = |span: &Span| match span.colour {
            Some(colour) if colours => format!("\u{1b}[{}m{}\u{1b}[0m", colour as u8, span.text),
            _ => span.text.clone(),
        };
        self.spans.iter().map(span).collect()
    }
}

/// The places that a line has for text.
const fn room(width: usize, indent: usize, lines_before: usize) -> usize {
    if lines_before == 0 { width } else { width - indent }
}

/// How far the further lines of a text are moved in: below what stands behind its label, if it has one.
fn indent(letters: &[(char, Option<Colour>)], width: usize) -> usize {
    let is_blank = |at: usize| letters.get(at).is_some_and(|letter| letter.0 == ' ');
    let first = letters.iter().take_while(|letter| letter.0 == ' ').count();
    let begins = |at: usize| at >= 2 && !is_blank(at) && is_blank(at - 1) && is_blank(at - 2);
    let label = (first + 1..letters.len().min(width / 2)).rev().find(|at| begins(*at));
    let indent = label.unwrap_or(first);
    if indent < width / 2 { indent } else { 0 }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { spans: vec![Span { text: clean(text).into_owned(), colour: None }] }
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        text.as_ref().into()
    }
}

impl From<fmt::Arguments<'_>> for Text {
    fn from(text: fmt::Arguments<'_>) -> Self {
        text.to_string().into()
    }
}

/// Whether a character is an order to whoever shows it: a terminal's command, the end of a line, or to show
/// the line backwards.
pub(crate) fn is_order(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without orders.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(is_order) { text.replace(is_order, "\u{fffd}").into() } else { text.into() }
}

/// A text in which each order is shown by its number, as Rust and JSON write it: `\u{1b}` and `\u001b`.
pub(crate) fn escaped(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(is_order) {
        return text.into();
    }
    text.chars().map(|c| if is_order(c) { escape(c) } else { c.to_string() }).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_the_terminal_no_orders() {
        let check = |text: &str, expect: &str| assert_eq!(Text::from(text).rendered(true), expect);
        check("Heat\u{1b}[2J\n", "Heat\u{fffd}[2J\u{fffd}");
        check("C1 \u{9b}31m", "C1 \u{fffd}31m");
        check("evil\u{202e}vkm.exe \u{2066}x", "evil\u{fffd}vkm.exe \u{fffd}x");
        check("Сталкер فيلم", "Сталкер فيلم");
    }

    #[test]
    fn a_line_ends_between_words_and_goes_on_below_what_it_belongs_to() {
        let wrapped = |text: &str, width| {
            let lines = Text::from(text).wrapped(width);
            lines.iter().map(Text::plain).collect::<Vec<_>>()
        };
        assert_eq!(wrapped("one two three", 20), ["one two three"]);
        assert_eq!(wrapped("one two three", 13), ["one two three"]);
        assert_eq!(wrapped("one two three", 12), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(
            wrapped("  bif     7 pictures, made today", 24),
            ["  bif     7 pictures,", "          made today"]
        );
        assert_eq!(
            wrapped("see http://127.0.0.1:32500/sign-in now", 10),
            ["see", "http://127.0.0.1:32500/sign-in", "now"]
        );
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("    ", 2), ["    "]);
        let painted = Text::from("run ").then(Text::painted("failed badly", Colour::Red)).wrapped(10);
        let painted: Vec<_> = painted.iter().map(|line| line.rendered(true)).collect();
        assert_eq!(painted, ["run \u{1b}[31mfailed\u{1b}[0m", "\u{1b}[31mbadly\u{1b}[0m"]);
    }

    #[test]
    fn only_paint_of_ours_reaches_a_stream_and_only_one_that_has_colours() {
        let text = Text::from("run: ").then(Text::painted("failed\u{1b}[0m", Colour::Red)).then(".\r");
        assert_eq!(text.rendered(true), "run: \u{1b}[31mfailed\u{fffd}[0m\u{1b}[0m.\u{fffd}");
        assert_eq!(text.rendered(false), "run: failed\u{fffd}[0m.\u{fffd}");
        assert_eq!(text.plain(), text.rendered(false));
    }
}
