//! `butler backup`: the copies that the task BackupDatabase made: listed, checked, restored. Asks no server;
//! one that runs keeps a restore out by its lock on the data folder.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use butler_engine::settings::backup_folder;
use butler_engine::{Clock, Settings, SettingsFile};
use butler_library::{
    BackupContent, BackupError, BackupFault, BackupFile, JudgedBackup, NewestUsable, RestoreError, backups,
    check_backup, newest_usable, pinned_backups, restore_backup, stored_settings,
};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::{self, Exit};
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{bytes, count, time};
use crate::print::{Colour, Out, json};
use crate::settings_file;

#[derive(Subcommand)]
pub(crate) enum Action {
    /// List the copies, newest first, each checked from its first page to its last
    List(Place),
    /// Check one copy, or all of them; exits 1 if one is of no use
    Verify {
        /// The copy, by its path or its name in the folder [default: all in the folder]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Put a copy in the database's place; the server must not run, and the database that is there is kept
    /// beside it
    #[command(after_help = exit::SHORT_HELP, after_long_help = exit::HELP)]
    #[command(group = clap::ArgGroup::new("what").required(true).args(["file", "newest"]))]
    Restore {
        /// The copy, by its path or its name in the folder
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The newest copy that is sound, whatever newer ones are damaged
        #[arg(long)]
        newest: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the copies lie.
#[derive(Args)]
pub(crate) struct Place {
    /// The folder of copies [default: the one that the setting ButlerDatabaseBackupPath names, else `backups`
    /// in the data folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The file of settings with which the server is started [default: butler.toml in the data folder, if it
    /// is there]
    #[arg(long, value_name = "FILE", env = "BUTLER_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
}

impl Place {
    /// The folder that is named, else the one that the settings name, which the server need not run for; a
    /// database that can't tell leaves the data folder's.
    fn folder(self, data_dir: &Path, out: Out) -> Result<PathBuf, Trouble> {
        if let Some(folder) = self.folder {
            return Ok(folder);
        }
        let file = settings_file::Place::choose(self.config.as_deref(), data_dir).read()?;
        // What the file says holds, whatever the database does.
        if let Some(folder) = backup_folder(&Settings::new(file, &BTreeMap::new()).0) {
            return Ok(folder);
        }
        // The database can tell nothing of a folder that is not there, least of all why.
        if !data_dir.exists() {
            let sentence = format!("There is no data folder `{}`.", data_dir.display());
            return Err(Trouble::new(Exit::NotThere, sentence)
                .hint("Name it with --data-dir or BUTLER_DATA_DIR, or the folder of copies with --folder."));
        }
        let fallback = data_dir.join("backups");
        match stored_settings(data_dir) {
            Ok(stored) => {
                let (settings, _) = Settings::new(SettingsFile::default(), &stored);
                Ok(backup_folder(&settings).unwrap_or(fallback))
            }
            Err(error) => {
                out.remark(format!(
                    "The database in {} does not tell whether backups are kept elsewhere ({error}): this is \
                     about {}. --folder names another folder.",
                    data_dir.display(),
                    fallback.display()
                ));
                Ok(fallback)
            }
        }
    }
}

/// One copy, for programs.
#[derive(Serialize)]
struct Shown {
    file: PathBuf,
    /// When it was written last: when it was made.
    made_at: Option<Timestamp>,
    bytes: u64,
    is_sound: bool,
    /// Whether it stays whatever newer ones come that are damaged or much smaller.
    is_pinned: bool,
    /// What is wrong with it.
    fault: Option<String>,
    items: Option<u64>,
    parts: Option<u64>,
    products: Option<u64>,
    /// Files in `blobs` that it does not hold.
    blobs_not_in_it: Option<u64>,
}

impl Shown {
    fn new(file: PathBuf, metadata: &Metadata, checked: Result<BackupContent, BackupFault>) -> Self {
        let (content, fault) = match checked {
            Ok(content) => (Some(content), None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        Self {
            file,
            made_at: metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok()),
            bytes: metadata.len(),
            is_sound: content.is_some(),
            is_pinned: false,
            fault,
            items: content.map(|content| content.items),
            parts: content.map(|content| content.parts),
            products: content.map(|content| content.products),
            blobs_not_in_it: content.map(|content| content.blobs_wanted),
        }
    }
}

/// What was restored, for programs.
#[derive(Serialize)]
struct ShownRestored {
    restored: PathBuf,
    replaced: Option<PathBuf>,
    items: u64,
    /// Runs that worked or waited when it was made, and have ended by this.
    ended_runs: u64,
    /// Whether it holds a pause, which goes on.
    is_paused: bool,
    blobs_not_in_it: u64,
}

pub(crate) fn run(action: Action, global: &Global, out: Out) -> Result<Exit, Trouble> {
    let data_dir = crate::data_dir::choose(global.data_dir.as_deref())?;
    match action {
        Action::List(place) => {
            let folder = place.folder(&data_dir, out)?;
            show(all(&folder)?, &folder, out)?;
            Ok(Exit::Done)
        }
        Action::Verify { file, place } => {
            let folder = place.folder(&data_dir, out)?;
            let shown = match file {
                Some(file) => vec![one(found(file, &folder))?],
                None => all(&folder)?,
            };
            let is_well = shown.iter().all(|shown| shown.is_sound);
            show(shown, &folder, out)?;
            Ok(if is_well { Exit::Done } else { Exit::Failed })
        }
        Action::Restore { file, place, newest: _ } => {
            let file = match file {
                Some(file) if file.exists() => file,
                Some(file) => found(file, &place.folder(&data_dir, out)?),
                None => choose_newest(&place.folder(&data_dir, out)?, out)?,
            };
            restore(&data_dir, file, out)
        }
    }
}

/// The copies of a folder, newest first.
fn all(folder: &Path) -> Result<Vec<Shown>, Trouble> {
    let (mut shown, mut judged) = (Vec::new(), Vec::new());
    for file in backups(folder).map_err(|error| unreadable(folder, &error))? {
        // One that went meanwhile is not listed any more.
        let Ok(metadata) = std::fs::metadata(&file.path) else { continue };
        let checked = check_backup(&file.path, &mut || false);
        judged.push(JudgedBackup::new(file.clone(), checked.as_ref().err()));
        shown.push(Shown::new(file.path, &metadata, checked));
    }
    let pinned: Vec<&BackupFile> = pinned_backups(&judged).map(|one| &one.file).collect();
    for one in &mut shown {
        one.is_pinned = pinned.iter().any(|file| file.path == one.file);
    }
    Ok(shown)
}

fn one(file: PathBuf) -> Result<Shown, Trouble> {
    let metadata = std::fs::metadata(&file).map_err(|error| {
        Trouble::new(Exit::of_file(&error), format!("`{}` can't be read.", file.display())).cause(&error)
    })?;
    let checked = check_backup(&file, &mut || false);
    Ok(Shown::new(file, &metadata, checked))
}

/// A file by its path, or one of the folder by its name alone.
fn found(file: PathBuf, folder: &Path) -> PathBuf {
    let in_folder = folder.join(&file);
    if !file.exists() && in_folder.exists() { in_folder } else { file }
}

fn unreadable(folder: &Path, error: &BackupError) -> Trouble {
    Trouble::new(Exit::Failed, format!("The folder of backups `{}` can't be read.", folder.display()))
        .cause(error)
}

fn show(shown: Vec<Shown>, folder: &Path, out: Out) -> Result<(), Trouble> {
    if out.json {
        return json::print(&shown).map_err(Into::into);
    }
    if shown.is_empty() {
        out.line(format!("There are no backups in {}.", folder.display()))?;
        out.remark("`butler start BackupDatabase --force --wait` makes one.");
        return Ok(());
    }
    let columns = [
        Column::new("BACKUP"),
        Column::new("MADE"),
        Column::new("SIZE").number(),
        Column::new("ITEMS").number().spare(1),
        Column::new("STATE").flexible(),
    ];
    let mut listing = Listing::new(columns);
    for one in &shown {
        let state = match &one.fault {
            None if one.is_pinned => Field::painted("sound, pinned", Colour::Green),
            None => Field::painted("sound", Colour::Green),
            Some(fault) => Field::painted(fault.clone(), Colour::Red),
        };
        let name = one.file.file_name().unwrap_or(one.file.as_os_str()).to_string_lossy();
        listing.row([
            name.into_owned().into(),
            one.made_at.map(time).unwrap_or_default().into(),
            bytes(one.bytes).into(),
            one.items.map_or_else(|| "-".to_owned(), |items| items.to_string()).into(),
            state,
        ]);
    }
    listing.print(out)?;
    let lies_in = shown[0].file.parent().filter(|parent| !parent.as_os_str().is_empty());
    out.remark(format!(
        "They lie in {}. Previews and other files in the folder `blobs` are not part of a backup.",
        lies_in.unwrap_or(Path::new(".")).display()
    ));
    Ok(())
}

/// The newest copy that is sound; names those that were passed over.
fn choose_newest(folder: &Path, out: Out) -> Result<PathBuf, Trouble> {
    let NewestUsable { newest, passed_over } =
        newest_usable(folder).map_err(|error| unreadable(folder, &error))?;
    for (file, fault) in &passed_over {
        out.remark(format!("Passed over {}: {fault}.", file.path.display()));
    }
    newest.map(|(file, _)| file.path).ok_or_else(|| {
        let what = if passed_over.is_empty() { "There is no backup" } else { "No backup is sound" };
        Trouble::new(Exit::NotThere, format!("{what} in `{}`.", folder.display()))
            .hint("Name another folder with --folder, or a FILE.")
    })
}

fn restore(data_dir: &Path, file: PathBuf, out: Out) -> Result<Exit, Trouble> {
    let now = Clock::wall().now();
    let local = TimeZone::system().to_datetime(now);
    let restored = restore_backup(data_dir, &file, now, local).map_err(|error| {
        let hint = match &error {
            RestoreError::DataDir(_) => "Stop the server first, then restore.",
            RestoreError::Copy { .. } => {
                "`butler backup list` says which copies are sound; --newest takes the newest of them."
            }
            RestoreError::Settle { .. } | RestoreError::Io { .. } => {
                "Make room, or check who owns the data folder, and try again."
            }
        };
        Trouble::new(Exit::Failed, "Nothing was restored.").cause(&error).hint(hint)
    })?;
    let content = restored.content;
    if out.json {
        json::print(&ShownRestored {
            restored: file,
            replaced: restored.replaced,
            items: content.items,
            ended_runs: restored.ended_runs,
            is_paused: restored.is_paused,
            blobs_not_in_it: content.blobs_wanted,
        })?;
        return Ok(Exit::Done);
    }
    out.line(format!(
        "Restored {}: {} in {}.",
        file.display(),
        count(content.items, "item"),
        count(content.sections, "section")
    ))?;
    if let Some(replaced) = &restored.replaced {
        out.line(format!("The database that was there is kept as {}.", replaced.display()))?;
    }
    if restored.is_paused {
        out.line("It holds a pause, which goes on: `butler resume` lifts it once the server runs.")?;
    }
    if content.blobs_wanted > 0 {
        out.line(format!(
            "It speaks of {} in the folder `blobs`, which no backup holds.",
            count(content.blobs_wanted, "file")
        ))?;
    }
    Ok(Exit::Done)
}
