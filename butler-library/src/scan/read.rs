//! Reads what is new or was written: opens the file on a thread of its root's and takes its prints.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType};

use super::walk::{Stat, sentence};
use super::{OpenMedia, ScanWorld};
use crate::disks;
use crate::fingerprint::{self, Prints};
use crate::root_threads::crew::Next;
use crate::{CallError, Heartbeat};

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

/// So many files may be read before the first of them is taken in.
const AHEAD: usize = 1024;
/// So many files are read at once where that is no burden: who plays a film from the same disk shall not
/// notice.
const READERS: usize = 8;

/// Takes the prints of files below a root, several at a time, and hands them over in the files' order; asked
/// ten times a second, and with each, whether to go on.
pub(super) fn read_in_order(
    world: &ScanWorld<'_>,
    root: &Path,
    paths: &[&[u8]],
    take: &mut dyn FnMut(Option<(usize, Reading)>) -> bool,
) -> Result<(), CallError> {
    let readers = if world.root_threads.call(root, is_on_spinning_disk(root))? { 1 } else { READERS };
    let (files, folder) = (Arc::clone(&world.files), root.to_owned());
    let read = move |(index, path): (usize, PathBuf), beat: &Heartbeat| {
        let reading = read_now(files.as_ref(), &folder.join(path), &mut || beat.tap());
        (index, reading.unwrap_or_else(|error| unreadable(&error)))
    };
    let call = |index: usize| (index, PathBuf::from(OsStr::from_bytes(paths[index])));
    // The last of those that wait goes first.
    let mut asked = paths.len().min(AHEAD);
    let first = (0..asked).rev().map(call).collect();
    let mut taken = 0;
    let mut early = BTreeMap::new();
    world.root_threads.crew(root, readers, first, read, &mut |done| {
        if done.is_none() && !take(None) {
            return Next::Stop;
        }
        early.extend(done);
        while let Some(reading) = early.remove(&taken) {
            if !take(Some((taken, reading))) {
                return Next::Stop;
            }
            taken += 1;
        }
        if asked < paths.len() && asked - taken <= AHEAD / 2 {
            let from = asked;
            asked = paths.len().min(taken + AHEAD);
            return Next::Go((from..asked).rev().map(call).collect());
        }
        Next::Go(Vec::new())
    })
}

/// Whether the system says that a folder's disk spins: then two readers only take its heads from one another.
/// Of a disk of which it says nothing, a network's for example, it is taken that it does not, and so of a
/// virtual one.
fn is_on_spinning_disk(folder: &Path) -> impl FnOnce(&Heartbeat) -> bool + Send + 'static {
    let folder = folder.to_owned();
    move |_| {
        let Ok(raw) = rustix::fs::statat(CWD, &folder, AtFlags::empty()) else { return false };
        disks::spins((rustix::fs::major(raw.st_dev), rustix::fs::minor(raw.st_dev)))
    }
}

/// Looks at a file without opening it.
pub(super) fn look(
    world: &ScanWorld<'_>,
    root: &Path,
    path: &[u8],
    stop: &mut dyn FnMut() -> bool,
) -> Reading {
    let path = root.join(OsStr::from_bytes(path));
    let looking =
        world.root_threads.call_unless(root, stop, move |_| rustix::fs::statat(CWD, &path, AtFlags::empty()));
    settle_error(looking.map(|raw| match raw {
        Ok(raw) if FileType::from_raw_mode(raw.st_mode) == FileType::RegularFile => {
            Reading::Moving(Stat::of(&raw))
        }
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
