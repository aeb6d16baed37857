//! Tables that fit the terminal: what doesn't fit is shortened where it has a shorter form, wrapped where
//! text can be, and less needed columns are left out, which is told. A pipe gets all columns, unwrapped.

use std::io;

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use unicode_width::UnicodeWidthStr;

use crate::print::{Colour, Out, Stream, Text, send};

/// A column that wraps is narrower only if its own limit says so.
const MIN_FLEXIBLE: usize = 24;
/// The narrowest one, for what has to be wrapped since nothing else is left.
const NARROWEST: usize = 10;
/// Blank columns between two columns.
const GAP: usize = 2;

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    is_number: bool,
    /// How narrow it may get by wrapping; none if it never wraps.
    wraps_at: Option<usize>,
    /// The higher, the earlier it is left out; 0 stays.
    spare: u8,
}

impl Column {
    pub(crate) const fn new(title: &'static str) -> Self {
        Self { title, is_number: false, wraps_at: None, spare: 0 }
    }

    /// Set flush right.
    pub(crate) const fn number(mut self) -> Self {
        self.is_number = true;
        self
    }

    /// Wrapped where the terminal is narrow.
    pub(crate) const fn flexible(self) -> Self {
        self.flexible_to(MIN_FLEXIBLE)
    }

    /// Wrapped where the terminal is narrow, down to so many places.
    pub(crate) const fn flexible_to(mut self, places: usize) -> Self {
        self.wraps_at = Some(places);
        self
    }

    /// Left out where the terminal is narrow, the higher the earlier.
    pub(crate) const fn spare(mut self, spare: u8) -> Self {
        self.spare = spare;
        self
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    text: String,
    /// What says the same in fewer places.
    short: Option<String>,
    colour: Option<Colour>,
}

impl Field {
    /// What stands there where the terminal is narrow.
    #[must_use]
    pub(crate) fn or_short(mut self, short: impl Into<String>) -> Self {
        self.short = Some(Text::from(short.into()).plain());
        self
    }

    pub(crate) fn painted(text: impl Into<String>, colour: Colour) -> Self {
        Self { colour: Some(colour), ..Self::from(text.into()) }
    }
}

impl<T: Into<String>> From<T> for Field {
    fn from(text: T) -> Self {
        Self { text: Text::from(text.into()).plain(), short: None, colour: None }
    }
}

/// A table, as yet unprinted.
#[derive(Debug)]
pub(crate) struct Listing {
    columns: Vec<Column>,
    rows: Vec<Vec<Field>>,
}

impl Listing {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row, which has as many fields as there are columns.
    pub(crate) fn row(&mut self, fields: impl Into<Vec<Field>>) {
        let fields = fields.into();
        debug_assert_eq!(fields.len(), self.columns.len());
        self.rows.push(fields);
    }

    /// Leaves out the spare columns in which nothing stands.
    pub(crate) fn without_empty_columns(mut self) -> Self {
        for index in (0..self.columns.len()).rev() {
            if self.columns[index].spare > 0 && self.rows.iter().all(|row| row[index].text.is_empty()) {
                self.remove_column(index);
            }
        }
        self
    }

    /// Prints it for the terminal or pipe that the output is.
    pub(crate) fn print(self, out: Out) -> io::Result<()> {
        let (text, left_out) = self.text(Stream::Result.width(), out.colours);
        send(&text)?;
        if !left_out.is_empty() {
            out.remark_once(format!(
                "Left out: {}. A wider terminal or --json shows all.",
                left_out.join(", ")
            ));
        }
        Ok(())
    }

    /// The table for a width, and the columns that are left out of it.
    fn text(mut self, width: Option<usize>, colours: bool) -> (String, Vec<&'static str>) {
        let left_out = width.map(|width| self.fit(width)).unwrap_or_default();
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        match width {
            Some(width) => table
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(u16::try_from(width).unwrap_or(u16::MAX)),
            None => table.force_no_tty(),
        };
        if colours {
            table.enforce_styling();
        }
        table.set_header(self.columns.iter().map(|column| {
            let cell = Cell::new(column.title);
            if colours { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
        for row in &self.rows {
            table.add_row(row.iter().map(|field| {
                let cell = Cell::new(&field.text);
                match field.colour {
                    Some(colour) if colours => cell.fg(colour.into()),
                    _ => cell,
                }
            }));
        }
        // A column that is short by nature is not stretched to where others stop to wrap: `fit` counts on that.
        let least = |index: usize| u16::try_from(self.natural_of(index).min(NARROWEST)).unwrap_or(u16::MAX);
        let last = self.columns.len().saturating_sub(1);
        for (index, column) in self.columns.iter().enumerate() {
            let Some(cells) = table.column_mut(index) else { continue };
            cells.set_padding((0, if index == last { 0 } else { 2 }));
            if column.is_number {
                cells.set_cell_alignment(CellAlignment::Right);
            }
            cells.set_constraint(match column.wraps_at {
                Some(_) => ColumnConstraint::LowerBoundary(Width::Fixed(least(index))),
                None => ColumnConstraint::ContentWidth,
            });
        }
        (table.trim_fmt(), left_out)
    }

    /// Makes it fit: by short forms, then without the most spare columns, which it gives by their titles,
    /// then by wrapping what is widest.
    fn fit(&mut self, width: usize) -> Vec<&'static str> {
        let mut left_out = Vec::new();
        if self.least_width() > width {
            for field in self.rows.iter_mut().flatten() {
                field.text = field.short.take().unwrap_or_else(|| std::mem::take(&mut field.text));
            }
        }
        while self.least_width() > width {
            let spares = self.columns.iter().enumerate().filter(|(_, column)| column.spare > 0);
            if let Some((index, column)) = spares.max_by_key(|(_, column)| column.spare) {
                left_out.push(column.title);
                self.remove_column(index);
                continue;
            }
            let stiff = |index: &usize| {
                let column = self.columns[*index];
                !column.is_number && column.wraps_at.is_none_or(|places| places > NARROWEST)
            };
            let widest = (0..self.columns.len()).filter(stiff).max_by_key(|index| self.least_of(*index));
            match widest.filter(|index| self.least_of(*index) > NARROWEST) {
                Some(index) => self.columns[index].wraps_at = Some(NARROWEST),
                None => break,
            }
        }
        left_out.reverse();
        left_out
    }

    fn remove_column(&mut self, index: usize) {
        self.columns.remove(index);
        for row in &mut self.rows {
            row.remove(index);
        }
    }

    /// The width below which columns get unreadable.
    fn least_width(&self) -> usize {
        let columns = self.columns.len();
        (0..columns).map(|index| self.least_of(index)).sum::<usize>() + GAP * columns.saturating_sub(1)
    }

    /// The width of a column that neither wraps nor is shortened.
    fn natural_of(&self, index: usize) -> usize {
        // In a terminal's places: what is written in China, Japan and Korea takes two a letter, and so do
        // emoji.
        let cells = self.rows.iter().map(|row| row[index].text.width());
        cells.chain([self.columns[index].title.len()]).max().unwrap_or(0)
    }

    fn least_of(&self, index: usize) -> usize {
        let natural = self.natural_of(index);
        natural.min(self.columns[index].wraps_at.unwrap_or(natural))
    }
}

impl From<Colour> for Color {
    fn from(colour: Colour) -> Self {
        match colour {
            Colour::Red => Self::DarkRed,
            Colour::Green => Self::DarkGreen,
            Colour::Yellow => Self::DarkYellow,
            Colour::Cyan => Self::DarkCyan,
            Colour::Grey => Self::DarkGrey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let mut listing = Listing::new([
            Column::new("ID").number(),
            Column::new("STATE"),
            Column::new("STARTED").spare(1),
            Column::new("READ").number().spare(2),
            Column::new("REASON").flexible(),
        ]);
        let done = Field::painted("completed", Colour::Green);
        let started = Field::from("2026-11-23 02:00").or_short("11-23 02:00");
        let reason = "Everything it found to do is done.";
        listing.row(["7".into(), done, started, "1.2 GB".into(), reason.into()]);
        listing.row(["12".into(), "queued".into(), "".into(), "".into(), "".into()]);
        listing
    }

    #[test]
    fn a_pipe_gets_everything_without_colours() {
        let (text, left_out) = listing().text(None, false);
        assert_eq!(
            text,
            "ID  STATE      STARTED             READ  REASON\n \
             7  completed  2026-11-23 02:00  1.2 GB  Everything it found to do is done.\n\
             12  queued"
        );
        assert!(left_out.is_empty());
    }

    #[test]
    fn a_narrow_terminal_loses_spare_columns_which_is_told_and_wraps_sentences() {
        let at = |width: usize| {
            let (text, left_out) = listing().text(Some(width), false);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
            (text, left_out)
        };
        let (text, left_out) = at(70);
        assert!(text.contains("2026-11-23 02:00") && left_out.is_empty(), "{text}");
        // A short form costs nothing, so it goes first.
        let (text, left_out) = at(63);
        assert!(text.contains("11-23 02:00") && text.contains("1.2 GB") && left_out.is_empty(), "{text}");
        let (text, left_out) = at(54);
        assert!(text.contains("11-23 02:00") && text.contains("Everything it found to do"), "{text}");
        assert_eq!(left_out, ["READ"]);
        assert_eq!(at(42).1, ["STARTED", "READ"]);
        // Where nothing is left to leave out, all that is text wraps.
        let (text, _) = at(28);
        assert!(text.contains("completed") && text.contains("Everything"), "{text}");
    }

    #[test]
    fn letters_that_take_two_places_are_counted_so() {
        let mut listing = Listing::new([
            Column::new("TITLE").flexible(),
            Column::new("YEAR").number().spare(1),
            Column::new("STATE"),
        ]);
        listing.row(["千と千尋の神隠し".into(), "2001".into(), "completed".into()]);
        listing.row(["🎬🍿 Heat".into(), "1995".into(), "queued".into()]);
        // 16, 4 and 9 places, and two blanks between each.
        let (text, left_out) = listing.text(Some(33), false);
        assert_eq!(
            text,
            "TITLE             YEAR  STATE\n\
             千と千尋の神隠し  2001  completed\n\
             🎬🍿 Heat         1995  queued"
        );
        assert!(left_out.is_empty());
        let mut listing = Listing::new([Column::new("TITLE"), Column::new("YEAR").number().spare(1)]);
        listing.row(["千と千尋の神隠し".into(), "2001".into()]);
        let (text, left_out) = listing.text(Some(21), false);
        // One place is missing.
        assert_eq!((text.as_str(), left_out), ("TITLE\n千と千尋の神隠し", vec!["YEAR"]));
    }

    #[test]
    fn no_width_that_holds_the_columns_is_overrun() {
        let plan = |remark: &str| {
            let mut listing = Listing::new([
                Column::new("BEGINS"),
                Column::new("ENDS"),
                Column::new("TASK"),
                Column::new("TAKES").number().spare(1),
                Column::new("REMARK").flexible(),
            ]);
            for task in ["ButlerTaskCleanSupplementalLogFiles", "BackupDatabase"] {
                listing.row(["02:00".into(), "02:00".into(), task.into(), "< 5 s?".into(), remark.into()]);
            }
            listing
        };
        for remark in
            ["", "cut", "It is due again.", "The window's end stops it; 2 h of work is left for later."]
        {
            for width in 52..=120 {
                let (text, _) = plan(remark).text(Some(width), false);
                let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
                assert!(widest <= width, "`{remark}` on {width}: {widest}\n{text}");
            }
        }
    }

    #[test]
    fn colours_are_for_those_who_want_them() {
        assert!(listing().text(Some(100), true).0.contains('\u{1b}'));
        assert!(!listing().text(Some(100), false).0.contains('\u{1b}'));
    }
}
