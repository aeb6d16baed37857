//! Makes a copy while the database is in use: writers are never blocked, and a copy has no name before it is
//! whole and checked.

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{CWD, RenameFlags};

use super::check::{content, sound};
use super::{BackupContent, BackupError, BackupFault, BackupFile, backups, check_backup};
use crate::{Library, StoreError};

/// Pages that are copied from one look at whether to go on to the next: 1 MB of them.
const STEP_PAGES: i32 = 256;
/// After so many steps what was copied is put on the disk: all of it at the end would keep the disk from
/// those who write meanwhile.
const SYNC_EVERY: u32 = 16;
/// The beginning of a draft's name. Only one process holds a data folder, and makes one copy at a time.
const DRAFT: &str = ".butler.db.part-";

impl Library {
    /// Where backups lie unless a setting names another folder.
    pub fn backups_folder(&self) -> PathBuf {
        self.data_dir().join("backups")
    }

    /// Bytes of the database: what a copy takes.
    ///
    /// # Errors
    /// If the database fails.
    pub fn database_bytes(&self) -> Result<u64, StoreError> {
        self.db().read(|tx| {
            let pragma = |name: &str| tx.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
            Ok(pragma("page_count")? * pragma("page_size")?)
        })
    }

    /// Checks the database from its first page to its last while it is in use.
    ///
    /// # Errors
    /// If it is damaged, can't be read, or `stop` said so.
    pub fn check_database(&self, stop: &mut (dyn FnMut() -> bool + Send)) -> Result<(), BackupError> {
        let connection = self.reader_of_its_own()?;
        let found = sound(&connection, stop);
        if !matches!(found, Err(BackupFault::Stopped)) {
            self.note_damage(found.is_err());
        }
        found.map_err(|fault| match fault {
            BackupFault::Stopped => BackupError::Stopped,
            BackupFault::Damaged(finding) => BackupError::Damaged(finding),
            other => BackupError::Damaged(other.to_string()),
        })
    }

    /// Copies the database into a folder; `came` is told pages done of all, and may end it. The copy is
    /// checked, compared by its counts with what the database held, and on the disk before it has its name.
    ///
    /// # Errors
    /// If there is no room, a file can't be written, the copy is not sound, or `came` ended it; then nothing
    /// is left.
    pub fn back_up(
        &self,
        folder: &Path,
        date: Date,
        came: &mut (dyn FnMut(u64, u64) -> ControlFlow<()> + Send),
    ) -> Result<(BackupFile, BackupContent), BackupError> {
        fs::create_dir_all(folder).map_err(|error| BackupError::io(folder, error))?;
        sweep_drafts(folder)?;
        let needed = needed_bytes(self.database_bytes()?);
        let free = free_bytes(folder)?;
        if free < needed {
            return Err(BackupError::NoRoom { folder: folder.display().to_string(), needed, free });
        }
        let draft = Draft::new(folder)?;
        let held = self.copy_pages(&draft.path, came)?;
        let found =
            check_backup(&draft.path, &mut || came(1, 1).is_break()).map_err(|fault| match fault {
                BackupFault::Stopped => BackupError::Stopped,
                fault => BackupError::BadCopy(fault),
            })?;
        if found != held {
            return Err(BackupError::Differs);
        }
        draft.publish(folder, date).map(|file| (file, found))
    }

    /// Copies page by page what the database holds at one moment, and counts it.
    fn copy_pages(
        &self,
        draft: &Path,
        came: &mut (dyn FnMut(u64, u64) -> ControlFlow<()> + Send),
    ) -> Result<BackupContent, BackupError> {
        let source = self.reader_of_its_own()?;
        // One read transaction holds the moment: without it each write elsewhere would begin the copy anew.
        source.execute_batch("BEGIN")?;
        let held = content(&source)?;
        let mut target = Connection::open(draft)?;
        let written = File::open(draft).map_err(|error| BackupError::io(draft, error))?;
        {
            let backup = Backup::new(&source, &mut target)?;
            for steps in 1u32.. {
                let step = backup.step(STEP_PAGES)?;
                if steps.is_multiple_of(SYNC_EVERY) {
                    written.sync_data().map_err(|error| BackupError::io(draft, error))?;
                }
                let progress = backup.progress();
                let total = u64::try_from(progress.pagecount).unwrap_or(0);
                let left = u64::try_from(progress.remaining).unwrap_or(0);
                if came(total.saturating_sub(left), total).is_break() {
                    return Err(BackupError::Stopped);
                }
                match step {
                    StepResult::Done => break,
                    StepResult::More => {}
                    // Nobody else has the draft open, and readers wait for nobody in WAL mode.
                    _ => std::thread::sleep(std::time::Duration::from_millis(5)),
                }
            }
        }
        // It shall stand alone: in WAL mode it could not be read where nothing can be made beside it.
        target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        target.close().map_err(|(_, error)| error)?;
        Ok(held)
    }

    /// A connection outside the pool: who holds it for minutes keeps no short read waiting.
    fn reader_of_its_own(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(self.data_dir().join("butler.db"), flags)?)
    }
}

/// What must be free: the copy, and a twentieth more for what is written meanwhile.
const fn needed_bytes(database: u64) -> u64 {
    database.saturating_add(database / 20)
}

fn free_bytes(folder: &Path) -> Result<u64, BackupError> {
    let free = rustix::fs::statvfs(folder).map_err(|error| BackupError::io(folder, error))?;
    Ok(free.f_bavail.saturating_mul(free.f_frsize))
}

/// Removes drafts that a killed process left.
fn sweep_drafts(folder: &Path) -> Result<(), BackupError> {
    let entries = fs::read_dir(folder).map_err(|error| BackupError::io(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| BackupError::io(folder, error))?;
        let is_draft = entry.file_name().to_str().is_some_and(|name| name.starts_with(DRAFT));
        if is_draft && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            fs::remove_file(entry.path()).map_err(|error| BackupError::io(&entry.path(), error))?;
        }
    }
    Ok(())
}

/// A copy that is being made under a hidden name; dropped before it is published, it is gone.
struct Draft {
    path: PathBuf,
}

impl Draft {
    fn new(folder: &Path) -> Result<Self, BackupError> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut bits = [0; 8];
        getrandom::fill(&mut bits)
            .map_err(|error| BackupError::io(folder, io::Error::other(error.to_string())))?;
        let path = folder.join(format!("{DRAFT}{:016x}", u64::from_le_bytes(bits)));
        File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| BackupError::io(&path, error))?;
        Ok(Self { path })
    }

    /// Gives it the first free name of its date, once it is on the disk.
    fn publish(self, folder: &Path, date: Date) -> Result<BackupFile, BackupError> {
        let fail = |error: io::Error| BackupError::io(&self.path, error);
        let file = File::open(&self.path).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        let bytes = file.metadata().map_err(fail)?.len();
        let named = BackupFile::next(folder, date, bytes, &backups(folder)?);
        match rustix::fs::renameat_with(CWD, &self.path, CWD, &named.path, RenameFlags::NOREPLACE) {
            // File systems that can't rename so can at least link.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
                fs::hard_link(&self.path, &named.path)
                    .map_err(|error| BackupError::io(&named.path, error))?;
            }
            renamed => renamed.map_err(|error| BackupError::io(&named.path, error))?,
        }
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| BackupError::io(folder, error))?;
        Ok(named)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing of these; what can't be removed is swept before the next copy.
        for beside in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(beside);
            let _gone = fs::remove_file(path);
        }
    }
}
