//! Tables that fit the terminal: what doesn't fit is wrapped where text can be, and less needed columns are
//! left out. A pipe gets all columns, unwrapped.

use std::io;

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};

use crate::print::{Colour, Out, Text, send};

/// A column that wraps is never narrower.
const MIN_FLEXIBLE: usize = 24;
/// Blank columns between two columns.
const GAP: usize = 2;

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    is_number: bool,
    is_flexible: bool,
    /// The higher, the earlier it is left out; 0 stays.
    spare: u8,
}

impl Column {
    pub(crate) const fn new(title: &'static str) -> Self {
        Self { title, is_number: false, is_flexible: false, spare: 0 }
    }

    /// Set flush right.
    pub(crate) const fn number(mut self) -> Self {
        self.is_number = true;
        self
    }

    /// Wrapped where the terminal is narrow.
    pub(crate) const fn flexible(mut self) -> Self {
        self.is_flexible = true;
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
    colour: Option<Colour>,
}

impl Field {
    pub(crate) fn painted(text: impl Into<String>, colour: Colour) -> Self {
        Self { colour: Some(colour), ..Self::from(text.into()) }
    }
}

impl<T: Into<String>> From<T> for Field {
    fn from(text: T) -> Self {
        Self { text: Text::from(text.into()).plain(), colour: None }
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
        let width = Table::new().width().map(usize::from);
        send(&self.text(width, out.colours))
    }

    fn text(mut self, width: Option<usize>, colours: bool) -> String {
        if let Some(width) = width {
            self.leave_out(width);
        }
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
        let last = self.columns.len().saturating_sub(1);
        for (index, column) in self.columns.iter().enumerate() {
            let Some(cells) = table.column_mut(index) else { continue };
            cells.set_padding((0, if index == last { 0 } else { 2 }));
            if column.is_number {
                cells.set_cell_alignment(CellAlignment::Right);
            }
            cells.set_constraint(if column.is_flexible {
                ColumnConstraint::LowerBoundary(Width::Fixed(10))
            } else {
                ColumnConstraint::ContentWidth
            });
        }
        table.trim_fmt()
    }

    /// Leaves out the most spare columns until the rest fits.
    fn leave_out(&mut self, width: usize) {
        while self.least_width() > width {
            let spares = self.columns.iter().enumerate().filter(|(_, column)| column.spare > 0);
            let Some((index, _)) = spares.max_by_key(|(_, column)| column.spare) else { return };
            self.remove_column(index);
        }
    }

    fn remove_column(&mut self, index: usize) {
        self.columns.remove(index);
        for row in &mut self.rows {
            row.remove(index);
        }
    }

    /// The width below which columns get unreadable.
    fn least_width(&self) -> usize {
        let natural = |index: usize| {
            let cells = self.rows.iter().map(|row| row[index].text.chars().count());
            cells.chain([self.columns[index].title.len()]).max().unwrap_or(0)
        };
        let least = |(index, column): (usize, &Column)| {
            if column.is_flexible { natural(index).min(MIN_FLEXIBLE) } else { natural(index) }
        };
        self.columns.iter().enumerate().map(least).sum::<usize>() + GAP * self.columns.len().saturating_sub(1)
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
            Column::new("READ").number().spare(1),
            Column::new("REASON").flexible(),
        ]);
        let done = Field::painted("completed", Colour::Green);
        listing.row(["7".into(), done, "1.2 GB".into(), "Everything it found to do is done.".into()]);
        listing.row(["12".into(), "queued".into(), "".into(), "".into()]);
        listing
    }

    #[test]
    fn a_pipe_gets_everything_without_colours() {
        assert_eq!(
            listing().text(None, false),
            "ID  STATE        READ  REASON\n \
             7  completed  1.2 GB  Everything it found to do is done.\n\
             12  queued"
        );
    }

    #[test]
    fn a_narrow_terminal_loses_spare_columns_and_wraps_sentences() {
        let text = listing().text(Some(42), false);
        assert!(!text.contains("READ"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 42), "{text}");
        assert!(text.contains("Everything it found to do"), "{text}");
    }

    #[test]
    fn colours_are_for_those_who_want_them() {
        assert!(listing().text(Some(100), true).contains('\u{1b}'));
        assert!(!listing().text(Some(100), false).contains('\u{1b}'));
    }
}
