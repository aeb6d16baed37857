//! Reads what is new or was written: opens the file on its root's thread and takes its prints.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType};

use super::walk::{Stat, sentence};
use super::{OpenMedia, ScanWorld};
use crate::CallError;
use crate::fingerprint::{self, Prints};

/// What reading a file gave.
pub(super) enum Reading {
    /// It stood still while it was read.
    Prints(Prints, Stat),
    /// It was written while it was read.
    Moving(Stat),
    /// It can't be read.
    Unreadable(String),
    /// It is gone, or no file any more.
    Gone,
    /// Its root does not answer.
    Away(String),
    /// The scan was stopped.
    Stopped,
}

/// Takes the prints of a file below a root.
pub(super) fn read(world: &ScanWorld<'_>, root: &Path, path: &[u8], stop: &mut dyn FnMut() -> bool) -> Reading {
    let path = root.join(OsStr::from_bytes(path));
    let files = Arc::clone(&world.files);
    let reading = world.root_threads.call_unless(root, stop, move |beat| read_now(files.as_ref(), &path, &mut || beat.tap()));
    settle_error(reading.map(|reading| reading.unwrap_or_else(|error| unreadable(&error))))
}

/// Looks at a file without opening it.
pub(super) fn look(world: &ScanWorld<'_>, root: &Path, path: &[u8], stop: &mut dyn FnMut() -> bool) -> Reading {
    let path = root.join(OsStr::from_bytes(path));
    let looking = world.root_threads.call_unless(root, stop, move |_| rustix::fs::statat(CWD, &path, AtFlags::empty()));
    settle_error(looking.map(|raw| match raw {
        Ok(raw) if FileType::from_raw_mode(raw.st_mode) == FileType::RegularFile => Reading::Moving(Stat::of(&raw)),
        Ok(_) => Reading::Gone,
        Err(errno) => unreadable(&errno.into()),
    }))
}

/// Whether a root's own folder is still the one that was walked.
pub(super) fn is_still_there(world: &ScanWorld<'_>, root: &Path, identity: (u64, u64)) -> bool {
    let folder = root.to_owned();
    let found = world.root_threads.call(root, move |_| rustix::fs::statat(CWD, &folder, AtFlags::empty()));
    matches!(found, Ok(Ok(raw)) if (raw.st_dev, raw.st_ino) == identity)
}

fn read_now(files: &dyn OpenMedia, path: &Path, go_on: &mut dyn FnMut() -> bool) -> io::Result<Reading> {
    let file = files.open(path)?;
    let before = Stat::of(&rustix::fs::fstat(&file)?);
    let prints = fingerprint::take(&file, before.size, go_on);
    let after = Stat::of(&rustix::fs::fstat(&file)?);
    // One that got shorter under the reader's hands is being written, not broken.
    if !before.same_content(&after) {
        return Ok(Reading::Moving(after));
    }
    Ok(Reading::Prints(prints?, after))
}

fn settle_error(reading: Result<Reading, CallError>) -> Reading {
    match reading {
        Ok(reading) => reading,
        Err(CallError::Stopped) => Reading::Stopped,
        Err(CallError::Away(away)) => Reading::Away(format!("{away}.")),
    }
}

fn unreadable(error: &io::Error) -> Reading {
    match error.kind() {
        io::ErrorKind::InvalidInput => Reading::Gone,
        _ => sentence("file", error).map_or(Reading::Gone, Reading::Unreadable),
    }
}
