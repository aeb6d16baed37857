//! A dry run of a scan: what a folder would become as a section, what in its names is doubtful, and what
//! would be left alone. It opens no media file and writes nothing.
//!
//! Start with [`check_folder`]: it walks as a scan does, and `tree` puts what it saw together by the same
//! rules.

mod guess;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::plan::{named, placement};
use super::walk::{RootState, Seen, Walk, Walked, walk};
use crate::allowed_roots::{self, RootError};
use crate::store::path_from_bytes;
use crate::{Library, RootId, SectionKind, StoreError};

use butler_names::{Doubt, Named};
use tree::Tree;
pub use tree::{CheckedItem, CheckedVersion};

/// So many media files are looked at: they stand in memory until the answer is given.
const MOST_FILES: u64 = 500_000;

/// What a folder would become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The folder, without links.
    pub folder: PathBuf,
    /// What it would be a section of.
    pub kind: SectionKind,
    /// Whether the kind was found out rather than said.
    pub guessed: bool,
    /// What else is in it, one sentence, where it holds more than one kind.
    pub mixed: Option<String>,
    /// Media files seen.
    pub files: u64,
    /// The items that stand at the top, by sort title; extras below what they belong to.
    pub items: Vec<CheckedItem>,
    /// Files whose names leave something open.
    pub doubts: Vec<CheckNote>,
    /// Files and folders that would be left alone.
    pub ignored: Vec<CheckNote>,
    /// Files and folders that can't be read.
    pub unreadable: Vec<CheckNote>,
}

/// A file or folder, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckNote {
    /// Below the folder that was checked.
    pub path: PathBuf,
    /// One English sentence.
    pub sentence: String,
}

/// Why a folder could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It will not do as a section's folder.
    #[error(transparent)]
    Root(#[from] RootError),
    /// It could not be read; the sentence says why.
    #[error("{0}")]
    Away(String),
    /// Nobody said what it holds, and nothing in it tells.
    #[error("nothing in `{0}` tells what it holds: say its type")]
    NoMedia(String),
    /// Nobody said what it holds, and it could be several things.
    #[error("`{folder}` could hold several things ({found}): say its type")]
    Unclear {
        /// The folder.
        folder: String,
        /// What was found: `12 videos, 3 of them named like episodes, 40 sound files`.
        found: String,
    },
    /// It holds more than [`MOST_FILES`].
    #[error("it holds more than {MOST_FILES} media files")]
    TooLarge,
    /// It was told to stop.
    #[error("the check was stopped")]
    Stopped,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says what a folder would become as a section of a kind, or of the kind that it looks like. `stop` is asked
/// at least twice a second.
///
/// # Errors
/// If no section may have the folder, it can't be read, its kind is neither said nor clear, or it was
/// stopped.
pub fn check_folder(
    library: &Library,
    folder: &Path,
    kind: Option<SectionKind>,
    stop: &mut dyn FnMut() -> bool,
) -> Result<Checked, CheckError> {
    let folder = allowed_roots::check(library, folder)?.path;
    let guessed = kind.is_none();
    let looked = guess::Looked::at(library, &folder, stop)?;
    let kind = match kind {
        Some(kind) => kind,
        None => looked.kind(library, &folder)?,
    };
    let mixed = looked.beside(kind);
    let walked = looked.of(kind);
    let Walked { seen, unsure, ignored, .. } = walked;
    let (mut tree, mut doubts) = (Tree::default(), Vec::new());
    for file in &seen {
        let (named, doubt) = name(kind, file);
        doubts.extend(doubt.map(|doubt| note(&file.path, doubt.sentence())));
        // As a scan places what nobody has read yet.
        let (location, _) = placement(named, None, file.root, &file.path, file.stat.mtime_ns);
        tree.add(&location, &file.path);
    }
    let (items, waiting) = tree.finish();
    doubts.extend(waiting.into_iter().map(|path| note(&path, WAITS)));
    doubts.sort_by(|a, b| a.path.cmp(&b.path));
    let unreadable = unsure
        .into_iter()
        .filter_map(|unsure| Some(note(&unsure.path, unsure.sentence.as_deref()?)))
        .collect();
    let ignored = ignored.into_iter().map(|ignored| note(&ignored.path, &ignored.why.sentence())).collect();
    Ok(Checked { folder, kind, guessed, mixed, files: seen.len() as u64, items, doubts, ignored, unreadable })
}

const WAITS: &str = "This extra's film or show is not there, or its folder holds several and the name tells \
                     none; it is kept and shown nowhere.";

fn note(path: &[u8], sentence: &str) -> CheckNote {
    CheckNote { path: path_from_bytes(path), sentence: sentence.to_owned() }
}

/// What a file is by its name, and what its name leaves open.
fn name(kind: SectionKind, file: &Seen) -> (Named, Option<Doubt>) {
    let named = named(kind, &file.path, file.stat.size);
    let not_utf8 = std::str::from_utf8(&file.path).is_err().then_some(Doubt::NotUtf8);
    let doubt = named.doubt().or(not_utf8);
    (named, doubt)
}

/// Walks the folder as a scan of this kind would.
fn look(
    library: &Library,
    folder: &Path,
    kind: SectionKind,
    stop: &mut dyn FnMut() -> bool,
) -> Result<Walked, CheckError> {
    // No part is compared with what this walk sees, so it needs no root of the database.
    let asked = Walk {
        threads: library.root_threads(),
        root: RootId(0),
        folder,
        kind,
        extent: &Arc::default(),
        tell_ignored: true,
        borders: &library.borders(),
    };
    let mut is_too_large = false;
    let walked = walk(&asked, &mut |seen| {
        is_too_large |= seen > MOST_FILES;
        is_too_large || stop()
    });
    let walked = walked.map_err(|_| if is_too_large { CheckError::TooLarge } else { CheckError::Stopped })?;
    match walked.state {
        RootState::Away(sentence) => Err(CheckError::Away(sentence)),
        RootState::Read { .. } => Ok(walked),
    }
}
