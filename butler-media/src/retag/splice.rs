//! Collects changes of a file's bytes: pieces that go, and what comes in their place.

use std::ops::Range;

use butler_product::gain_tags::Edit;

/// Changes of a file, in any order, none over another.
#[derive(Debug, Default)]
pub(super) struct Splice {
    edits: Vec<Edit>,
}

impl Splice {
    /// These bytes stand in place of a range.
    pub(super) fn replace(&mut self, range: Range<u64>, bytes: Vec<u8>) {
        self.edits.push(Edit { from: range.start, until: range.end, bytes });
    }

    /// These bytes come in at a place.
    pub(super) fn put(&mut self, at: u64, bytes: Vec<u8>) {
        self.replace(at..at, bytes);
    }

    /// By how much the file becomes longer.
    pub(super) fn grown(&self) -> i64 {
        self.edits.iter().map(|edit| edit.bytes.len() as i64 - (edit.until - edit.from) as i64).sum()
    }

    /// The changes from the front of the file to its end; those that change nothing are none.
    pub(super) fn edits(mut self) -> Vec<Edit> {
        self.edits.retain(|edit| edit.from < edit.until || !edit.bytes.is_empty());
        self.edits.sort_by_key(|edit| (edit.from, edit.until));
        self.edits
    }
}
