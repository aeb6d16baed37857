//! Puts the server's log of the days before away, compresses what was put away, and removes what is old or
//! too much; and forgets runs that ended long ago.
//!
//! It touches only files in the folder `logs` that are the server's own by their names, and follows no link.
//! The server notices by itself that its file has another name, and begins a new one.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use butler_api::TaskName;
use butler_library::{OwnFile, OwnFolder, Removal, compress_own, with_suffix};
use butler_schedule::Timing;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::deeds::{self, Deeds, Undone, days_before, unreadable};
use crate::plan::{Action, Deed, Ground, Plan, Prepared};
use crate::report::Report;
use crate::settings::{Group, Ints, Kind, Setting};
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::ButlerTaskCleanSupplementalLogFiles,
    title: "Clean Supplemental Log Files",
    description: "Compress the server's log, and remove what of it and of the history of runs is old",
    timing: Timing { every_days: 1, rank: 59, ..Timing::HOUSEKEEPING },
    switch: &SWITCH,
    settings: &[&DAYS, &MEGABYTES, &RUN_DAYS],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskCleanSupplementalLogFiles",
    "Clean old log files every day",
    "Begin the server's log anew each day, compress what was written before, and remove what is old or too \
     much of it; forget runs that ended long ago.",
    true,
);

static DAYS: Setting = Setting {
    id: "ButlerLogMaxAgeDays",
    label: "Days for which log files are kept",
    summary: "Log files of the server that were written last before so many days are removed.",
    group: Group::Butler,
    kind: Kind::Int { default: 30, allowed: Ints::Range { min: 1, max: 3_650, step: 1 }, unit: "days" },
    hidden: false,
    advanced: true,
};

static MEGABYTES: Setting = Setting {
    id: "ButlerLogMaxMegabytes",
    label: "Size of all log files",
    summary: "While the server's log files take more, the oldest ones are removed.",
    group: Group::Butler,
    kind: Kind::Int {
        default: 200,
        allowed: Ints::Range { min: 1, max: 1_000_000, step: 1 },
        unit: "megabytes",
    },
    hidden: false,
    advanced: true,
};

static RUN_DAYS: Setting = Setting {
    id: "ButlerRunHistoryDays",
    label: "Days for which runs are remembered",
    summary: "Runs that ended before so many days are forgotten, but for the last ones of each task.",
    group: Group::Butler,
    kind: Kind::Int { default: 365, allowed: Ints::Range { min: 7, max: 36_500, step: 1 }, unit: "days" },
    hidden: false,
    advanced: true,
};

/// The file that the server writes.
const LIVE: &str = "butler.log";
/// What names of files begin with that were put away.
const PUT_AWAY: &str = "butler.log-";
const COMPRESSED: &str = ".gz";

/// What becomes of one log file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It gets this name.
    PutAway(OsString),
    Compress,
    Remove,
}

struct Logs {
    folder: Option<OwnFolder>,
    fates: Vec<(Action, (OwnFile, Fate))>,
    /// Runs to be forgotten, and those that ended before which instant.
    runs: (u64, Timestamp),
    database: PathBuf,
    remarks: Vec<String>,
}

/// By what it is judged.
struct Rule {
    now: Timestamp,
    today: Date,
    zone: TimeZone,
    days: i64,
    megabytes: i64,
}

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    let settings = ground.settings;
    let (days, megabytes, run_days) =
        (settings.int(&DAYS), settings.int(&MEGABYTES), settings.int(&RUN_DAYS));
    let rule = Rule { now: ground.now, today: ground.today, zone: TimeZone::system(), days, megabytes };
    let ended_before = days_before(ground.now, run_days);
    let runs = ground.library.count_old_runs(ended_before).map_err(|error| unreadable(&error))?;
    let mut logs = Logs {
        folder: None,
        fates: Vec::new(),
        runs: (runs, ended_before),
        database: ground.library.data_dir().join("butler.db"),
        remarks: vec![format!(
            "Log files are kept for {days} days, all of them up to {megabytes} MB; runs for {run_days} days."
        )],
    };
    let path = ground.library.data_dir().join("logs");
    let opened = ground.library.own_folder("logs").and_then(|folder| {
        let found = folder.list(ground.is_stopping)?;
        Ok((folder, found))
    });
    match opened {
        Ok((folder, found)) => {
            if (ground.is_stopping)() {
                return Err(TaskError::Stopped);
            }
            logs.fates = fates(found.files, &rule)
                .into_iter()
                .map(|(file, fate, reason)| (action(&path, &file, &fate, reason), (file, fate)))
                .collect();
            logs.folder = Some(folder);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => logs.remarks.push(format!("The folder {} is left alone: {error}.", path.display())),
    }
    Ok(Box::new(logs))
}

fn action(folder: &std::path::Path, file: &OwnFile, fate: &Fate, reason: String) -> Action {
    let deed = match fate {
        Fate::PutAway(_) => Deed::Rename,
        Fate::Compress => Deed::Compress,
        Fate::Remove => Deed::Remove,
    };
    Action { deed, path: folder.join(&file.name), bytes: file.bytes, reason }
}

/// What becomes of the log files, the oldest first.
fn fates(mut files: Vec<OwnFile>, rule: &Rule) -> Vec<(OwnFile, Fate, String)> {
    let Rule { now, today, zone, days, megabytes } = rule;
    let is_put_away = |file: &OwnFile| {
        file.name.to_str().is_some_and(|name| name.starts_with(PUT_AWAY) && !name.contains('/'))
    };
    let taken: BTreeSet<PathBuf> = files.iter().map(|file| file.name.clone()).collect();
    files.retain(|file| file.name.as_os_str() == LIVE || is_put_away(file));
    files.sort_by(|one, other| {
        one.modified_at.cmp(&other.modified_at).then_with(|| one.name.cmp(&other.name))
    });
    let most = u64::try_from(*megabytes).unwrap_or(0) * 1_000_000;
    let mut left: u64 = files.iter().map(|file| file.bytes).sum();
    let too_old = days_before(*now, *days);
    let mut fates = Vec::new();
    for file in files {
        if file.name.as_os_str() == LIVE {
            let day = zone.to_datetime(file.modified_at).date();
            // It may have been begun on an earlier day and be written on this one: its name says the day
            // before today on which it was put away.
            if file.bytes > 0 {
                let name = free_name(&taken, day.min(*today));
                let reason = format!("It becomes {}, and a new one is begun.", name.display());
                fates.push((file, Fate::PutAway(name), reason));
            }
            continue;
        }
        let (fate, reason) = if file.modified_at < too_old {
            (Fate::Remove, format!("It was written last more than {days} days ago."))
        } else if left > most {
            (Fate::Remove, format!("All log files take more than {megabytes} MB, and this is the oldest."))
        } else if file.name.to_str().is_some_and(|name| !name.ends_with(COMPRESSED)) {
            (Fate::Compress, "Nobody writes it any more.".to_owned())
        } else {
            continue;
        };
        if fate == Fate::Remove {
            left -= file.bytes;
        }
        fates.push((file, fate, reason));
    }
    fates
}

/// `butler.log-2026-11-24`, or with a number behind it.
fn free_name(taken: &BTreeSet<PathBuf>, day: Date) -> OsString {
    let is_free = |name: &OsString| {
        !taken.contains(&PathBuf::from(name))
            && !taken.contains(&PathBuf::from(with_suffix(name, COMPRESSED)))
    };
    let first = OsString::from(format!("{PUT_AWAY}{day}"));
    let further = (2..).map(|number| with_suffix(&first, &format!(".{number}")));
    let mut names = std::iter::once(first.clone()).chain(further);
    names.find(is_free).unwrap_or(first)
}

impl Prepared for Logs {
    fn plan(&self) -> Plan {
        let mut actions: Vec<Action> = self.fates.iter().map(|(action, _)| action.clone()).collect();
        actions.extend(self.old_runs());
        Plan { actions, waits: None, remarks: self.remarks.clone() }
    }

    fn carry_out(mut self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let (mut deeds, mut report) = (Deeds::default(), Report::default());
        let mut is_going_on = true;
        if let Some(folder) = self.folder.take() {
            let fates = std::mem::take(&mut self.fates);
            is_going_on = deeds::each(work, &mut deeds, fates, |_, (file, fate)| match fate {
                Fate::PutAway(name) => match folder.rename(file.name.as_os_str(), &name) {
                    Ok(()) => Ok(true),
                    Err(error) => Err(Undone::alone("This log file can't be put away", &error)),
                },
                Fate::Compress => match compress_own(&folder, &file, COMPRESSED) {
                    Ok(removal) => Ok(removal == Removal::Removed),
                    Err(error) => Err(Undone::alone("This log file can't be compressed", &error)),
                },
                Fate::Remove => match folder.remove(&file) {
                    Ok(removal) => Ok(removal == Removal::Removed),
                    Err(error) => Err(Undone::by("This log file can't be removed", &error)),
                },
            });
        }
        if let Some(action) = self.old_runs().filter(|_| is_going_on) {
            let forgotten = work.library.forget_old_runs(self.runs.1).map_err(|error| unreadable(&error))?;
            report.count("runs forgotten", forgotten);
            deeds.done(&action);
        }
        deeds.tell(&mut report);
        self.remarks.into_iter().skip(1).for_each(|remark| report.text("to know", remark));
        Ok(report)
    }
}

impl Logs {
    fn old_runs(&self) -> Option<Action> {
        let (runs, before) = self.runs;
        let reason = format!("{runs} runs ended before {before}.");
        (runs > 0).then(|| Action { deed: Deed::Forget, path: self.database.clone(), bytes: 0, reason })
    }
}
