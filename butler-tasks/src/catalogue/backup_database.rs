//! Copies the database while it is in use, checks the copy, and lets go of the oldest ones.
//!
//! A damaged database is never copied over anything: the run fails and all copies stay. How a copy is made,
//! checked and counted is the library's business.

use std::ops::ControlFlow;
use std::path::PathBuf;

use butler_api::{TaskName, sizes};
use butler_library::{
    BackupError, BackupFault, BackupFile, JudgedBackup, KEPT_BACKUPS, Library, backups, backups_to_remove,
    check_backup,
};
use butler_schedule::{AtWindowEnd, Timing};
use jiff::civil::Date;

use crate::deeds::Deeds;
use crate::plan::{Action, Deed, Ground, Plan, Prepared};
use crate::report::Report;
use crate::settings::{Group, Kind, Setting, Settings, Texts};
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::BackupDatabase,
    title: "Backup Database",
    description: "Create a checked backup copy of the server's database in the configured backup directory",
    timing: Timing {
        every_days: 3,
        rank: 90,
        at_window_end: AtWindowEnd::Finish,
        never_starves: true,
        ..Timing::HOUSEKEEPING
    },
    switch: &SWITCH,
    settings: &[&FOLDER],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskBackupDatabase",
    "Backup database every three days",
    "Copy the database to the backup directory, check the copy, and keep the newest sound ones of four days. \
     Previews and other files in the folder `blobs` are not part of it: they are made again.",
    true,
);

static FOLDER: Setting = Setting {
    id: "ButlerDatabaseBackupPath",
    label: "Backup directory",
    summary: "The directory in which backups of the database are kept, under an allowed root and in no \
              section's folder. Left empty, it is `backups` in the data folder.",
    group: Group::Butler,
    kind: Kind::Text {
        default: "",
        allowed: Texts::Form { words: "an absolute path, or nothing", read: folder_path },
    },
    hidden: false,
    advanced: true,
};

fn folder_path(text: &str) -> Option<String> {
    let path = text.trim();
    ((path.is_empty() || path.starts_with('/')) && !path.chars().any(char::is_control))
        .then(|| path.to_owned())
}

/// The folder that the settings name for backups; none where they lie in the data folder.
pub fn backup_folder(settings: &Settings) -> Option<PathBuf> {
    let path = settings.text(&FOLDER);
    (!path.is_empty()).then(|| PathBuf::from(&*path))
}

fn folder(library: &Library, settings: &Settings) -> Result<PathBuf, TaskError> {
    let Some(path) = backup_folder(settings) else { return Ok(library.backups_folder()) };
    library.check_backup_folder(&path).map_err(|error| {
        TaskError::Failed(format!("The backup directory (setting {}) can't be used: {error}.", FOLDER.id))
    })
}

/// A copy that is to be made, and those that are there.
struct Backup {
    folder: PathBuf,
    date: Date,
    database_bytes: u64,
    judged: Vec<JudgedBackup>,
    /// What is wrong with those that are not sound.
    faults: Vec<(PathBuf, String)>,
}

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    let folder = folder(ground.library, ground.settings)?;
    let database_bytes = ground.library.database_bytes().map_err(|error| failed(&error.into()))?;
    let (mut judged, mut faults) = (Vec::new(), Vec::new());
    for file in backups(&folder).map_err(|error| failed(&error))? {
        let fault = check_backup(&file.path, ground.is_stopping).err();
        if fault == Some(BackupFault::Stopped) {
            return Err(TaskError::Stopped);
        }
        let one = JudgedBackup::new(file, fault.as_ref());
        if let (false, Some(fault)) = (one.is_sound, fault) {
            faults.push((one.file.path.clone(), format!("This copy is of no use: {fault}.")));
        }
        judged.push(one);
    }
    Ok(Box::new(Backup { folder, date: ground.today, database_bytes, judged, faults }))
}

impl Backup {
    /// What goes once this copy is there too.
    fn goes(&self, new: BackupFile) -> Vec<Action> {
        let new = JudgedBackup { file: new, is_sound: true };
        let judged: Vec<JudgedBackup> = std::iter::once(new).chain(self.judged.iter().cloned()).collect();
        let removal = |removal: butler_library::BackupRemoval| {
            let BackupFile { path, bytes, .. } = removal.file;
            Action { deed: Deed::Remove, path, bytes, reason: removal.reason }
        };
        backups_to_remove(&judged).into_iter().map(removal).collect()
    }

    /// The copy as it will be.
    fn to_come(&self) -> BackupFile {
        BackupFile::next(
            &self.folder,
            self.date,
            self.database_bytes,
            self.judged.iter().map(|judged| &judged.file),
        )
    }
}

impl Prepared for Backup {
    fn plan(&self) -> Plan {
        let new = self.to_come();
        let reason =
            format!("A copy of the database; the newest sound ones of {KEPT_BACKUPS} days are kept.");
        let write = Action { deed: Deed::Write, path: new.path.clone(), bytes: new.bytes, reason };
        let remarks =
            self.faults.iter().map(|(path, fault)| format!("{}: {fault}", path.display())).collect();
        let actions = std::iter::once(write).chain(self.goes(new)).collect();
        Plan { actions, waits: None, remarks }
    }

    fn carry_out(self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let mut deeds = Deeds::default();
        for (path, fault) in &self.faults {
            deeds.failed(work.news, path, fault);
        }
        work.library.check_database(&mut || (work.is_stopping)()).map_err(|error| failed(&error))?;
        let made = work.library.back_up(&self.folder, self.date, &mut |done, total| {
            work.news.progress(done, total, None);
            if (work.is_stopping)() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let (file, content) = made.map_err(|error| failed(&error))?;
        let mut report = Report::default();
        report.text("backup", file.path.display().to_string());
        report.bytes("size", file.bytes);
        report.count("items in it", content.items);
        if content.blobs_wanted > 0 {
            report.count("files in `blobs` that it does not hold", content.blobs_wanted);
        }
        for action in self.goes(file) {
            match std::fs::remove_file(&action.path) {
                Ok(()) => report.text(
                    "removed",
                    format!("{} ({}): {}", action.path.display(), sizes::bytes(action.bytes), action.reason),
                ),
                Err(error) => {
                    let sentence = format!("This old copy can't be removed: {error}.");
                    deeds.failed(work.news, &action.path, &sentence);
                }
            }
        }
        deeds.tell(&mut report);
        Ok(report)
    }
}

fn failed(error: &BackupError) -> TaskError {
    match error {
        BackupError::Stopped => TaskError::Stopped,
        BackupError::Damaged(_) => TaskError::Failed(format!(
            "{error}. No backup was made and all earlier ones are kept: stop the server and run `butler \
             backup restore --newest`."
        )),
        _ => {
            let mut sentence = error.to_string();
            let mut cause = std::error::Error::source(error);
            while let Some(error) = cause {
                sentence = format!("{sentence}: {error}");
                cause = error.source();
            }
            TaskError::Failed(format!("No backup was made, and all earlier ones are kept: {sentence}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_directory_is_an_absolute_path_or_nothing() {
        assert_eq!(folder_path(" /mnt/backups "), Some("/mnt/backups".to_owned()));
        assert_eq!(folder_path(""), Some(String::new()));
        assert_eq!(folder_path("backups"), None);
        assert_eq!(folder_path("/mnt/\nback"), None);
    }
}
