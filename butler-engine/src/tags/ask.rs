//! What can be asked of the tags of music files, and what comes of it: words only.

use std::path::{Path, PathBuf};

use butler_library::{SectionId, StoreError};
use butler_product::gain_tags::GainTag;

/// What is asked of the tags of a section's music files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagsAsk {
    /// The section.
    pub section: SectionId,
    /// What.
    pub way: TagsWay,
    /// Whether it is only to be shown.
    pub is_dry: bool,
    /// Where a step before ended; 0 to begin.
    pub after: i64,
}

/// Whether tags are written or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagsWay {
    /// What was measured is written.
    Write,
    /// What was written is taken back.
    Undo,
}

/// What a step came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagsStep {
    /// The files that were written, would be, or are left alone.
    pub files: Vec<FileTags>,
    /// Files that are already as they shall be.
    pub same: u64,
    /// Where the next step goes on; none at the end.
    pub next: Option<i64>,
}

/// What becomes of the tags of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTags {
    /// The file.
    pub path: PathBuf,
    /// Bytes, as far as it was looked at: all of them are written anew where one tag is.
    pub bytes: u64,
    /// Its gain tags before, as far as they were read.
    pub old: Vec<GainTag>,
    /// Those that it has now, or would have.
    pub new: Vec<GainTag>,
    /// What became of it.
    pub became: Became,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It was written.
    Written,
    /// It would be.
    WouldBe,
    /// It is as it shall be.
    Same,
    /// It was left alone: one sentence says why.
    Left(String),
}

/// What a run wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TagsTally {
    /// Files that were written.
    pub written: u64,
    /// Files that were left alone.
    pub left: u64,
}

/// Why tags can't be written or taken back at all.
#[derive(Debug, thiserror::Error)]
pub enum TagsError {
    /// There is no such section.
    #[error("there is no section {}", .0.0)]
    NoSection(SectionId),
    /// The section is none of music.
    #[error("section {} holds no music", .0.0)]
    NoMusic(SectionId),
    /// Nobody asked for it.
    #[error("the setting `{switch}` of section {} is off, and without it no file of it is changed", section.0)]
    SwitchedOff {
        /// The section.
        section: SectionId,
        /// Its setting.
        switch: &'static str,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TagsStep {
    pub(super) fn add(&mut self, file: FileTags) {
        if file.became == Became::Same {
            self.same += 1;
        } else {
            self.files.push(file);
        }
    }
}

pub(super) fn left(path: &Path, why: String) -> FileTags {
    FileTags { path: path.to_owned(), bytes: 0, old: Vec::new(), new: Vec::new(), became: Became::Left(why) }
}
