//! Removes files of the folder of blobs that no row has spoken of for some days, and makes lacks again of
//! products whose file is lost.
//!
//! It never removes a file that a row speaks of, that is younger than this process, or that lies behind a
//! link; and nothing at all while the disk of the blobs is away. What is found is the library's business.

use butler_api::{TaskName, sizes};
use butler_library::{BlobGarbage, Library, LostBlob, Removal, Stray};
use butler_schedule::Timing;
use jiff::Timestamp;

use crate::deeds::{self, Deeds, days_before, unreadable, words};
use crate::plan::{Action, Deed, Ground, Plan, Prepared};
use crate::report::Report;
use crate::settings::{Group, Ints, Kind, Setting};
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::GarbageCollectBlobs,
    title: "Garbage Collect Blobs",
    description: "Remove files of the data folder that nothing needs, and have lost ones made anew",
    timing: Timing { rank: 60, ..Timing::HOUSEKEEPING },
    switch: &SWITCH,
    settings: &[&GRACE_DAYS],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskGarbageCollectBlobs",
    "Remove files that nothing needs every week",
    "Remove previews and other files in the folder `blobs` that belong to nothing any more, and have those \
     made anew that are lost.",
    true,
);

static GRACE_DAYS: Setting = Setting {
    id: "ButlerBlobGraceDays",
    label: "Days for which files that nothing needs are kept",
    summary: "So long a file in the folder `blobs` is kept once nothing needs it: a database that was put \
              back from a backup does not know what a newer one does.",
    group: Group::Butler,
    kind: Kind::Int { default: 5, allowed: Ints::Range { min: 0, max: 365, step: 1 }, unit: "days" },
    hidden: false,
    advanced: true,
};

/// How often it is looked whether the disk is still there while rows are given up.
const LOOK_EVERY: usize = 50;

struct Garbage {
    found: BlobGarbage,
    days: i64,
}

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    let days = ground.settings.int(&GRACE_DAYS);
    let found = find(ground.library, ground.now, days, ground.is_stopping)?;
    Ok(Box::new(Garbage { found, days }))
}

fn find(
    library: &Library,
    now: Timestamp,
    days: i64,
    is_stopping: &mut dyn FnMut() -> bool,
) -> Result<BlobGarbage, TaskError> {
    is_there(library)?;
    let mut found =
        library.blob_garbage(days_before(now, days), is_stopping).map_err(|error| unreadable(&error))?;
    if found.is_cut {
        return Err(TaskError::Stopped);
    }
    if days == 0 {
        found.overdue.append(&mut found.new);
    }
    Ok(found)
}

/// Nothing is done while the disk is away.
fn is_there(library: &Library) -> Result<(), TaskError> {
    match library.blobs_away().map_err(|error| unreadable(&error))? {
        Some(sentence) => Err(TaskError::Failed(format!("{sentence} Nothing was removed."))),
        None => Ok(()),
    }
}

impl Garbage {
    fn lost(&self) -> Vec<(Action, LostBlob)> {
        let action = |lost: &LostBlob| Action {
            deed: Deed::Remake,
            path: lost.path.clone(),
            bytes: lost.bytes,
            reason: "Its file is gone or another; its task makes it anew.".to_owned(),
        };
        self.found.lost.iter().map(|lost| (action(lost), lost.clone())).collect()
    }

    fn overdue(&self) -> Vec<(Action, Stray)> {
        let reason = format!("Nothing has needed it for {} days.", self.days);
        let action = |stray: &Stray| Action {
            deed: Deed::Remove,
            path: stray.path.clone(),
            bytes: stray.bytes,
            reason: reason.clone(),
        };
        self.found.overdue.iter().map(|stray| (action(stray), stray.clone())).collect()
    }

    fn remarks(&self) -> Vec<String> {
        let BlobGarbage { new, waiting, waiting_bytes, behind_links, is_more, .. } = &self.found;
        let mut remarks = vec![format!("A file that nothing needs is kept for {} days.", self.days)];
        let (files, bytes) = new
            .iter()
            .fold((*waiting, *waiting_bytes), |(files, bytes), stray| (files + 1, bytes + stray.bytes));
        if files > 0 {
            remarks.push(format!("{files} such files ({}) are kept until then.", sizes::bytes(bytes)));
        }
        if *behind_links > 0 {
            remarks.push(format!(
                "{behind_links} files that nothing needs lie behind a link out of the data folder, where \
                 nothing is removed."
            ));
        }
        if *is_more {
            remarks.push(
                "There is more than this list names; the run goes on until nothing is left.".to_owned(),
            );
        }
        remarks
    }
}

impl Prepared for Garbage {
    fn plan(&self) -> Plan {
        let lost = self.lost().into_iter().map(|(action, _)| action);
        let overdue = self.overdue().into_iter().map(|(action, _)| action);
        Plan { actions: lost.chain(overdue).collect(), waits: None, remarks: self.remarks() }
    }

    fn carry_out(mut self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let mut deeds = Deeds::default();
        let mut report = Report::default();
        report.count("files that are as they were made", self.found.whole);
        let remarks = self.remarks();
        loop {
            let mut is_going_on = give_up(work, &mut deeds, self.lost())?;
            is_going_on = is_going_on
                && deeds::each(work, &mut deeds, self.overdue(), |library, stray| {
                    match library.remove_stray(&stray) {
                        Ok(removal) => Ok(removal == Removal::Removed),
                        Err(error) => Err(format!("This file can't be removed: {}.", words(&error))),
                    }
                });
            let now = (work.now)();
            work.library.note_strays(&self.found.new, now).map_err(|error| unreadable(&error))?;
            let before = self.found.overdue.len() + self.found.lost.len() + self.found.new.len();
            if !is_going_on || !self.found.is_more {
                break;
            }
            self.found = find(work.library, now, self.days, &mut || (work.is_stopping)())?;
            // What can't be removed must not be tried for ever.
            if self.found.overdue.len() + self.found.lost.len() + self.found.new.len() >= before {
                break;
            }
        }
        work.library.note_blob_folders().map_err(|error| unreadable(&error))?;
        deeds.tell(&mut report);
        remarks.into_iter().skip(1).for_each(|remark| report.text("to know", remark));
        Ok(report)
    }
}

/// Makes lacks of what is lost, as long as the disk is there.
fn give_up(
    work: &mut Work<'_>,
    deeds: &mut Deeds,
    mut lost: Vec<(Action, LostBlob)>,
) -> Result<bool, TaskError> {
    while !lost.is_empty() {
        is_there(work.library)?;
        let rest = lost.split_off(lost.len().min(LOOK_EVERY));
        let is_whole = deeds::each(work, deeds, std::mem::replace(&mut lost, rest), |library, lost| {
            library
                .give_up_lost_blob(&lost)
                .map_err(|error| format!("Its row can't be given up: {}.", words(&error)))
        });
        if !is_whole {
            return Ok(false);
        }
    }
    Ok(true)
}
