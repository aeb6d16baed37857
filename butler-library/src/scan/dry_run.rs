//! A scan that stops at its plans and shows them: which files would be new, moved, changed, back or missing,
//! and where each would stand. It reads new and changed files as a scan does, so that moves are found; it
//! waits for none that is still being written, and writes nothing.

use std::collections::HashMap;
use std::path::PathBuf;

use super::compare::Known;
use super::location::Location;
use super::plan::{Placed, Plan};
use super::section_scan::{self, Sink};
use super::walk::Seen;
use super::{ScanError, ScanObserver, ScanReport, ScanWorld};
use crate::store::path_from_bytes;
use crate::{Library, RootId, Section, SectionId, StoreError};

/// What a scan would do to a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPlan {
    /// Each file that something would happen to, in the order in which it would.
    pub files: Vec<PlannedFile>,
    /// What the scan would report.
    pub report: ScanReport,
}

/// A file that something would happen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its whole path; of one that would be missing, where it lay.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// What would happen.
    pub becomes: Becomes,
    /// Where it would stand: the titles of its items from the top down, by what is known of it before workers
    /// have read it. Empty where it stays where it stands.
    pub place: Vec<String>,
}

/// What would happen to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    /// It would be added.
    Added,
    /// It lay elsewhere, and would keep what was made of it.
    Moved {
        /// Its whole path until now.
        from: PathBuf,
    },
    /// It was written since; what was made of it would be made anew.
    Changed,
    /// It was missing and would be there again.
    Back,
    /// It would be missing.
    Missing,
}

/// Says what [`super::scan_section`] would do, or with `paths` what [`super::scan_paths`] would.
///
/// # Errors
/// As [`super::scan_section`].
pub fn plan_scan(
    library: &Library,
    section: SectionId,
    paths: Option<&[PathBuf]>,
    world: &ScanWorld<'_>,
    observer: &mut dyn ScanObserver,
) -> Result<ScanPlan, ScanError> {
    let section = library.section(section)?.ok_or(ScanError::UnknownSection(section))?;
    let roots = folders(library, &section)?;
    let mut plans = Vec::new();
    let report = section_scan::run(library, &section, paths, world, observer, Sink::Shown(&mut plans))?;
    let whole = |root: RootId, path: &[u8]| {
        roots.get(&root).map_or_else(|| path_from_bytes(path), |folder| folder.join(path_from_bytes(path)))
    };
    Ok(ScanPlan { files: plans.iter().flat_map(|plan| shown(plan, &whole)).collect(), report })
}

fn shown(plan: &Plan<Placed>, whole: &dyn Fn(RootId, &[u8]) -> PathBuf) -> Vec<PlannedFile> {
    let Plan { there, gone, moved, added, changed, end: _ } = plan;
    let lay = |known: &Known| whole(known.root, &known.path);
    let stays = |known: &Known, becomes| PlannedFile {
        path: lay(known),
        size: known.stat.size,
        becomes,
        place: Vec::new(),
    };
    let stands = |Placed { file, location, .. }: &Placed, becomes| {
        let Seen { root, path, stat, .. } = &file.seen;
        PlannedFile { path: whole(*root, path), size: stat.size, becomes, place: titles(location) }
    };
    let back = there.iter().filter(|(known, _)| known.missing).map(|(known, _)| stays(known, Becomes::Back));
    back.chain(gone.iter().map(|known| stays(known, Becomes::Missing)))
        .chain(moved.iter().map(|(known, file)| stands(file, Becomes::Moved { from: lay(known) })))
        .chain(added.iter().map(|file| stands(file, Becomes::Added)))
        .chain(changed.iter().map(|(_, file)| stands(file, Becomes::Changed)))
        .collect()
}

fn titles(location: &Location) -> Vec<String> {
    let further = location.further.iter();
    let mut titles: Vec<String> = location.steps.iter().map(|step| step.title.clone()).collect();
    if let Some(last) = titles.last_mut() {
        further.for_each(|step| *last = format!("{last}, {}", step.title));
    }
    titles
}

/// The section's folders, those that were taken out of it included.
fn folders(library: &Library, section: &Section) -> Result<HashMap<RootId, PathBuf>, StoreError> {
    library.db().read(|tx| {
        let mut statement = tx.prepare_cached("SELECT id, path FROM roots WHERE section = ?1")?;
        let folder = |row: &rusqlite::Row<'_>| {
            Ok((row.get(0)?, path_from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)))
        };
        Ok(statement.query_map([section.id], folder)?.collect::<Result<_, _>>()?)
    })
}
