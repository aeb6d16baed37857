//! What was made of files that nobody holds any more: kept for a while, since a file that comes back has all
//! of it at once, and then removed. Two tasks share it; each removes what was noted before it began.

use butler_library::{Library, Orphan, Orphans};
use jiff::Timestamp;

use crate::deeds::{self, Deeds, Undone, days_before, unreadable};
use crate::plan::{Action, Deed};
use crate::work::{TaskError, Work};

/// The sources without a file, as a plan has them.
pub(crate) struct OrphansPlan {
    found: Orphans,
    noted_before: Timestamp,
    days: i64,
}

impl OrphansPlan {
    pub(crate) fn new(library: &Library, now: Timestamp, days: i64) -> Result<Self, TaskError> {
        let noted_before = days_before(now, days);
        let found = library.orphans(noted_before).map_err(|error| unreadable(&error))?;
        Ok(Self { found, noted_before, days })
    }

    fn planned(&self) -> impl Iterator<Item = (Action, Orphan)> {
        let days = self.days;
        self.found.overdue.iter().map(move |orphan| {
            let Orphan { path, products, bytes, .. } = orphan.clone();
            let reason = format!(
                "What was made of a file that no library has had for {days} days ({products} products)."
            );
            (Action { deed: Deed::Forget, path, bytes, reason }, orphan.clone())
        })
    }

    pub(crate) fn actions(&self) -> impl Iterator<Item = Action> {
        self.planned().map(|(action, _)| action)
    }

    pub(crate) fn remarks(&self, remarks: &mut Vec<String>) {
        remarks.push(format!(
            "What was made of a file is kept for {} days after the file has left the libraries.",
            self.days
        ));
        let waiting = self.found.waiting + self.found.new.len() as u64;
        if waiting > 0 {
            remarks.push(format!("Of {waiting} files that have left them it is still kept."));
        }
    }

    /// Does it; whether the run is not to stop.
    pub(crate) fn carry_out(self, work: &mut Work<'_>, deeds: &mut Deeds) -> Result<bool, TaskError> {
        let planned = self.planned().collect();
        let noted_before = self.noted_before;
        let is_whole = deeds::each(work, deeds, planned, |library, orphan| {
            library
                .remove_orphan(orphan.source, noted_before)
                .map_err(|error| Undone::by("What was made of this file can't be removed", &error))
        });
        work.library.note_orphans(&self.found.new, (work.now)()).map_err(|error| unreadable(&error))?;
        Ok(is_whole)
    }
}
