//! `butler backup`: the copies that the task BackupDatabase made: listed, checked, restored. Asks no server;
//! one that runs keeps a restore out by its lock on the data folder.

use std::path::{Path, PathBuf};

use butler_engine::Clock;
use butler_library::{
    BackupContent, BackupError, BackupFault, BackupFile, NewestUsable, RestoreError, backups, check_backup,
    newest_usable, restore_backup,
};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::{self, Exit};
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{bytes, count};
use crate::print::{Colour, Out, json};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// List the copies, newest first, each checked from its first page to its last
    List(Place),
    /// Check one copy, or all of them; exits 1 if one is of no use
    Verify {
        /// The copy [default: all in the folder]
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
        /// The copy
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
    /// The folder of copies, as the setting ButlerDatabaseBackupPath names it [default: `backups` in the data
    /// folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Place {
    fn folder(self, data_dir: &Path) -> PathBuf {
        self.folder.unwrap_or_else(|| data_dir.join("backups"))
    }
}

/// One copy, for programs.
#[derive(Serialize)]
struct Shown {
    file: PathBuf,
    bytes: u64,
    is_sound: bool,
    /// What is wrong with it.
    fault: Option<String>,
    items: Option<u64>,
    parts: Option<u64>,
    products: Option<u64>,
    /// Files in `blobs` that it does not hold.
    blobs_not_in_it: Option<u64>,
}

impl Shown {
    fn new(file: PathBuf, bytes: u64, checked: Result<BackupContent, BackupFault>) -> Self {
        let (content, fault) = match checked {
            Ok(content) => (Some(content), None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        Self {
            file,
            bytes,
            is_sound: content.is_some(),
            fault,
            items: content.map(|content| content.items),
            parts: content.map(|content| content.parts),
            products: content.map(|content| content.products),
            blobs_not_in_it: content.map(|content| content.blobs_wanted),
        }
    }

    fn of(file: BackupFile) -> Self {
        let checked = check_backup(&file.path, &mut || false);
        Self::new(file.path, file.bytes, checked)
    }
}

/// What was restored, for programs.
#[derive(Serialize)]
struct ShownRestored {
    restored: PathBuf,
    replaced: Option<PathBuf>,
    items: u64,
    blobs_not_in_it: u64,
}

pub(crate) fn run(action: Action, global: &Global, out: Out) -> Result<Exit, Trouble> {
    let data_dir = crate::data_dir::choose(global.data_dir.as_deref())?;
    match action {
        Action::List(place) => {
            let folder = place.folder(&data_dir);
            show(all(&folder)?, &folder, out)?;
            Ok(Exit::Done)
        }
        Action::Verify { file, place } => {
            let folder = place.folder(&data_dir);
            let shown = match file {
                Some(file) => vec![one(file)?],
                None => all(&folder)?,
            };
            let is_well = shown.iter().all(|shown| shown.is_sound);
            show(shown, &folder, out)?;
            Ok(if is_well { Exit::Done } else { Exit::Failed })
        }
        Action::Restore { file, place, newest: _ } => {
            let file = match file {
                Some(file) => file,
                None => choose_newest(&place.folder(&data_dir), out)?,
            };
            restore(&data_dir, file, out)
        }
    }
}

fn all(folder: &Path) -> Result<Vec<Shown>, Trouble> {
    Ok(backups(folder).map_err(|error| unreadable(folder, &error))?.into_iter().map(Shown::of).collect())
}

fn one(file: PathBuf) -> Result<Shown, Trouble> {
    let metadata = std::fs::metadata(&file).map_err(|error| {
        Trouble::new(Exit::NotThere, format!("`{}` can't be read.", file.display())).cause(&error)
    })?;
    let checked = check_backup(&file, &mut || false);
    Ok(Shown::new(file, metadata.len(), checked))
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
        Column::new("SIZE").number(),
        Column::new("ITEMS").number(),
        Column::new("STATE").flexible(),
    ];
    let mut listing = Listing::new(columns);
    for one in &shown {
        let state = match &one.fault {
            None => Field::painted("sound", Colour::Green),
            Some(fault) => Field::painted(fault.clone(), Colour::Red),
        };
        let items = one.items.map_or_else(|| "-".to_owned(), |items| items.to_string());
        listing.row([one.file.display().to_string().into(), bytes(one.bytes).into(), items.into(), state]);
    }
    listing.print(out)?;
    out.remark("Previews and other files in the folder `blobs` are not part of a backup.");
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
    let now = TimeZone::system().to_datetime(Clock::wall().now());
    let restored = restore_backup(data_dir, &file, now).map_err(|error| {
        let hint = match &error {
            RestoreError::DataDir(_) => "Stop the server first, then restore.",
            RestoreError::Copy { .. } => {
                "`butler backup list` says which copies are sound; --newest takes the newest of them."
            }
            RestoreError::Io { .. } => "Make room, or check who owns the data folder, and try again.",
        };
        Trouble::new(Exit::Failed, "Nothing was restored.").cause(&error).hint(hint)
    })?;
    let content = restored.content;
    if out.json {
        let (items, blobs_not_in_it) = (content.items, content.blobs_wanted);
        json::print(&ShownRestored { restored: file, replaced: restored.replaced, items, blobs_not_in_it })?;
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
    if content.blobs_wanted > 0 {
        out.line(format!(
            "It speaks of {} in the folder `blobs`, which no backup holds.",
            count(content.blobs_wanted, "file")
        ))?;
    }
    Ok(Exit::Done)
}
