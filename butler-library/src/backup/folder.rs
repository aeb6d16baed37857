//! The copies in a folder, by their names: `butler.db-2026-11-24`, a further one of that day
//! `butler.db-2026-11-24.2`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use jiff::civil::Date;

use super::{BackupContent, BackupError, BackupFault, check_backup};

const PREFIX: &str = "butler.db-";

/// One copy in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The date on the server's wall when it was made.
    pub date: Date,
    /// Which one of that date, from 1.
    pub number: u32,
    /// Its size.
    pub bytes: u64,
    /// When it was written, where that is known: of one that is still to come it is not.
    pub modified: Option<SystemTime>,
}

impl BackupFile {
    /// The copy that comes after those that are there.
    pub fn next<'a>(
        folder: &Path,
        date: Date,
        bytes: u64,
        there: impl IntoIterator<Item = &'a Self>,
    ) -> Self {
        let last = there.into_iter().filter(|file| file.date == date).map(|file| file.number).max();
        let number = last.unwrap_or(0) + 1;
        Self { path: folder.join(name(date, number)), date, number, bytes, modified: None }
    }
}

fn name(date: Date, number: u32) -> String {
    if number == 1 { format!("{PREFIX}{date}") } else { format!("{PREFIX}{date}.{number}") }
}

/// The date and number of a name, if it is one of a copy, in the one form in which they are written.
fn parse(text: &str) -> Option<(Date, u32)> {
    let rest = text.strip_prefix(PREFIX)?;
    let (date, number) =
        rest.split_once('.').map_or((rest, Some(1)), |(date, number)| (date, number.parse().ok()));
    let (date, number) = (date.parse().ok()?, number?);
    (name(date, number) == text).then_some((date, number))
}

/// The copies of a folder, newest first; none if there is no folder. Links, folders and other names are left
/// out.
///
/// # Errors
/// If the folder can't be read.
pub fn backups(folder: &Path) -> Result<Vec<BackupFile>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| BackupError::io(folder, error))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| BackupError::io(folder, error))?;
        let Some((date, number)) = entry.file_name().to_str().and_then(parse) else { continue };
        // Of a link this is the link's own.
        let metadata = entry.metadata().map_err(|error| BackupError::io(&entry.path(), error))?;
        if metadata.is_file() {
            let (bytes, modified) = (metadata.len(), metadata.modified().ok());
            files.push(BackupFile { path: entry.path(), date, number, bytes, modified });
        }
    }
    files.sort_by_key(|file| std::cmp::Reverse((file.date, file.number)));
    Ok(files)
}

/// The newest copy of a folder that is of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestUsable {
    /// It, and what it holds; none if there is none.
    pub newest: Option<(BackupFile, BackupContent)>,
    /// Those newer than it, and why each is of no use.
    pub passed_over: Vec<(BackupFile, BackupFault)>,
}

/// The newest copy of a folder that is sound, whatever newer ones are damaged.
///
/// # Errors
/// If the folder can't be read.
pub fn newest_usable(folder: &Path) -> Result<NewestUsable, BackupError> {
    let mut found = NewestUsable { newest: None, passed_over: Vec::new() };
    for file in backups(folder)? {
        match check_backup(&file.path, &mut || false) {
            Ok(content) => {
                found.newest = Some((file, content));
                break;
            }
            Err(fault) => found.passed_over.push((file, fault)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn names_are_read_in_the_one_form_in_which_they_are_written() {
        assert_eq!(parse("butler.db-2026-11-24"), Some((date(2026, 11, 24), 1)));
        assert_eq!(parse("butler.db-2026-11-24.12"), Some((date(2026, 11, 24), 12)));
        for other in [
            "butler.db",
            "butler.db-2026-11-24.1",
            "butler.db-2026-11-24.02",
            "butler.db-20261124",
            "butler.db-2026-11-24.tmp",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
