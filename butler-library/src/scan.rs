//! The scan: one walk of a section's folders, and what it means for parts and items.
//!
//! It deletes nothing and opens only what is new or was written since. Start with [`scan_section`]: `walk`
//! (I/O) → `compare` (pure) → `read` (fingerprints) → `plan` (pure: a value) → `apply` (one transaction a
//! plan).
//! [`plan_scan`] stops at the plan and shows it.

mod ahead;
mod albums;
mod apply;
mod artwork;
mod by_content;
mod check;
mod compare;
mod content;
mod dry_run;
mod extent;
mod extras;
mod forget;
mod ignore;
mod known;
mod list;
mod location;
mod media_names;
mod merge;
mod pictures;
mod place;
mod place_of_path;
mod plan;
mod read;
mod samplers;
mod section_scan;
mod settle;
mod sources_at;
mod walk;
mod watch;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use butler_api::RunId;
use jiff::Timestamp;

pub use check::{CheckError, CheckNote, Checked, CheckedItem, CheckedVersion, check_folder};

pub use dry_run::{Becomes, PlannedFile, ScanPlan, plan_scan};
pub use media_names::traits_of_name;
pub use watch::{Pending, RootWatch, Unwatched, Watched};

pub(crate) use by_content::place_by_content;
pub(crate) use forget::forget;

use section_scan::Sink;

use crate::store::failures::ScanFailure;
use crate::{Library, RootThreads, SectionId, StoreError};

/// Opens media files for their fingerprints.
pub trait OpenMedia: Send + Sync {
    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// If it can't be opened or is no regular file.
    fn open(&self, path: &Path) -> io::Result<File>;
}

/// Files as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealFiles;

impl OpenMedia for RealFiles {
    fn open(&self, path: &Path) -> io::Result<File> {
        crate::open_regular(path)
    }
}

/// What a scan needs of the world.
pub struct ScanWorld<'a> {
    /// The threads on which folders are touched.
    pub root_threads: &'a RootThreads,
    /// Opens files.
    pub files: Arc<dyn OpenMedia>,
    /// What time it is.
    pub now: &'a dyn Fn() -> Timestamp,
    /// Waits this long, at most half a second, for young files to stand still.
    pub settle: &'a dyn Fn(Duration),
    /// The run for which the section is scanned.
    pub run: Option<RunId>,
}

/// What a scan is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanPhase {
    /// Lists folders.
    Walking,
    /// Reads new and changed files.
    Reading,
    /// Waits for files that were written a moment ago.
    Settling,
    /// Keeps what it found.
    Ending,
}

/// How far a scan came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanProgress {
    /// What it is doing.
    pub phase: ScanPhase,
    /// Media files seen.
    pub seen: u64,
    /// New and changed files read.
    pub read: u64,
    /// New and changed files in all; 0 while it walks.
    pub to_read: u64,
    /// Files that are waited for.
    pub settling: u64,
}

/// Who is told how a scan goes, and may end it.
pub trait ScanObserver {
    /// Told at each folder, at each file that was read, and while it waits.
    fn progress(&mut self, progress: ScanProgress);
    /// Whether the scan shall end now: asked at least twice a second.
    fn should_stop(&mut self) -> bool;
    /// Whether a file that is seen to grow is waited for: not where a further scan is sure to come when it is
    /// done.
    fn waits_for_growing(&self) -> bool {
        true
    }
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// Folders read.
    pub folders: u64,
    /// Media files seen.
    pub seen: u64,
    /// Files that were not known.
    pub added: u64,
    /// Those of `added` whose content another file that is there holds too.
    pub doubled: u64,
    /// Files that were written since.
    pub changed: u64,
    /// Files that were known elsewhere.
    pub moved: u64,
    /// Files that were missing and are there again.
    pub back: u64,
    /// Files that are missing since this scan.
    pub missing: u64,
    /// Files that are as they were.
    pub unchanged: u64,
    /// Files that were still being written after a minute, or that nobody waits for: left for the next scan.
    pub unsettled: u64,
    /// The first of these, each below its root's folder.
    pub unsettled_files: Vec<PathBuf>,
    /// Files and folders that could not be read.
    pub failures: Vec<ScanFailure>,
    /// Links and mounts that lead to where no media may lie.
    pub left_alone: Vec<LeftAlone>,
    /// Root folders that are away, whole or in part: nothing of theirs is missing.
    pub roots_away: Vec<RootReport>,
    /// Whether it was stopped before its end: then nothing was marked missing.
    pub stopped: bool,
}

/// A link or mount that was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// Its whole path.
    pub path: PathBuf,
    /// One English sentence that says where it leads.
    pub sentence: String,
}

/// A root folder that was away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootReport {
    /// The folder.
    pub path: PathBuf,
    /// One English sentence that says why it is taken to be away and what to do.
    pub sentence: String,
}

/// Why a scan could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is no such section, or no more.
    #[error("there is no section {0}")]
    UnknownSection(SectionId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Scans a section: its items and parts follow what is in its folders.
///
/// # Errors
/// If there is no such section, or the database fails. What can't be read is no error: the report names it.
pub fn scan_section(
    library: &Library,
    section: SectionId,
    world: &ScanWorld<'_>,
    observer: &mut dyn ScanObserver,
) -> Result<ScanReport, ScanError> {
    let section = library.section(section)?.ok_or(ScanError::UnknownSection(section))?;
    section_scan::run(library, &section, None, world, observer, Sink::Library)
}

/// Scans only these files and folders of a section, by their whole paths. Above them nothing is looked at but
/// the ignore files on the way; what lies elsewhere stays as it is, and the section does not count as
/// scanned.
///
/// # Errors
/// As [`scan_section`].
pub fn scan_paths(
    library: &Library,
    section: SectionId,
    paths: &[PathBuf],
    world: &ScanWorld<'_>,
    observer: &mut dyn ScanObserver,
) -> Result<ScanReport, ScanError> {
    let section = library.section(section)?.ok_or(ScanError::UnknownSection(section))?;
    section_scan::run(library, &section, Some(paths), world, observer, Sink::Library)
}
