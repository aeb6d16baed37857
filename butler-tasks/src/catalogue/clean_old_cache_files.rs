//! Removes cache files that nobody used for some days, and the oldest ones while the cache is over its size.
//!
//! It reads and removes only below the folder `cache`, and follows no link out of it.

use butler_api::TaskName;
use butler_library::{OwnFile, OwnFolder, Removal};
use butler_schedule::Timing;
use jiff::{SignedDuration, Timestamp};

use crate::deeds::{self, Deeds, Undone, days_before};
use crate::plan::{Action, Deed, Ground, Plan, Prepared};
use crate::report::Report;
use crate::settings::{Group, Ints, Kind, Setting};
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::CleanOldCacheFiles,
    title: "Clean Old Cache Files",
    description: "Remove files of the cache that nobody used for long, or that are too many",
    timing: Timing { rank: 58, ..Timing::HOUSEKEEPING },
    switch: &SWITCH,
    settings: &[&DAYS, &MEGABYTES],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskCleanOldCacheFiles",
    "Remove old cache files every week",
    "Remove files of the folder `cache` that nobody used for long, and the oldest ones while it is over its \
     size.",
    true,
);

static DAYS: Setting = Setting {
    id: "ButlerCacheMaxAgeDays",
    label: "Days for which cache files are kept without use",
    summary: "A file of the folder `cache` that was neither written nor read for so long is removed.",
    group: Group::Butler,
    kind: Kind::Int { default: 30, allowed: Ints::Range { min: 1, max: 365, step: 1 }, unit: "days" },
    hidden: false,
    advanced: true,
};

static MEGABYTES: Setting = Setting {
    id: "ButlerCacheMaxMegabytes",
    label: "Size of the cache",
    summary: "While the folder `cache` holds more, the files that were used least lately are removed.",
    group: Group::Butler,
    kind: Kind::Int {
        default: 1_024,
        allowed: Ints::Range { min: 0, max: 1_000_000, step: 1 },
        unit: "megabytes",
    },
    hidden: false,
    advanced: true,
};

/// What was used that lately is in use: it stays, however full the cache is.
const IN_USE: SignedDuration = SignedDuration::from_hours(1);

struct Cache {
    folder: Option<OwnFolder>,
    removals: Vec<(Action, OwnFile)>,
    remarks: Vec<String>,
}

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    let (days, megabytes) = (ground.settings.int(&DAYS), ground.settings.int(&MEGABYTES));
    let rule =
        format!("A cache file is kept for {days} days after its last use, all of them up to {megabytes} MB.");
    let mut cache = Cache { folder: None, removals: Vec::new(), remarks: vec![rule] };
    let path = ground.library.data_dir().join("cache");
    let opened = ground.library.own_folder("cache").and_then(|folder| {
        let found = folder.list(ground.is_stopping)?;
        Ok((folder, found))
    });
    match opened {
        Ok((folder, found)) => {
            if (ground.is_stopping)() {
                return Err(TaskError::Stopped);
            }
            let left = |(name, why): &(std::path::PathBuf, &str)| {
                format!("{} is left alone: {why}.", path.join(name).display())
            };
            cache.remarks.extend(found.left_alone.iter().take(20).map(left));
            cache.removals = removals(&path, found.files, ground.now, days, megabytes);
            cache.folder = Some(folder);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => cache.remarks.push(format!("The folder {} is left alone: {error}.", path.display())),
    }
    Ok(Box::new(cache))
}

/// Which files go, those that were used longest ago first.
fn removals(
    folder: &std::path::Path,
    mut files: Vec<OwnFile>,
    now: Timestamp,
    days: i64,
    megabytes: i64,
) -> Vec<(Action, OwnFile)> {
    files.sort_by(|one, other| one.used_at.cmp(&other.used_at).then_with(|| one.name.cmp(&other.name)));
    let most = u64::try_from(megabytes).unwrap_or(0) * 1_000_000;
    let mut left: u64 = files.iter().map(|file| file.bytes).sum();
    let (too_old, in_use) = (days_before(now, days), now.checked_sub(IN_USE).unwrap_or(now));
    let mut removals = Vec::new();
    for file in files {
        let reason = if file.used_at < too_old {
            format!("Nobody has used it for {days} days.")
        } else if left > most && file.used_at < in_use {
            format!("The cache holds more than {megabytes} MB, and this was not used for the longest time.")
        } else {
            continue;
        };
        left -= file.bytes;
        let path = folder.join(&file.name);
        removals.push((Action { deed: Deed::Remove, path, bytes: file.bytes, reason }, file));
    }
    removals
}

impl Prepared for Cache {
    fn plan(&self) -> Plan {
        let actions = self.removals.iter().map(|(action, _)| action.clone()).collect();
        Plan { actions, waits: None, remarks: self.remarks.clone() }
    }

    fn carry_out(self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let (mut deeds, mut report) = (Deeds::default(), Report::default());
        if let Some(folder) = self.folder {
            deeds::each(work, &mut deeds, self.removals, |_, file| match folder.remove(&file) {
                Ok(removal) => Ok(removal == Removal::Removed),
                Err(error) => Err(Undone::by("This cache file can't be removed", &error)),
            });
        }
        deeds.tell(&mut report);
        self.remarks.into_iter().skip(1).for_each(|remark| report.text("to know", remark));
        Ok(report)
    }
}
