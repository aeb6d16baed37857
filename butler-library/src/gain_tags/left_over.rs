//! What an intent left that nobody settled: the two names are looked at, and the files themselves say whether
//! they were swapped.
//!
//! Files are known by all of their bytes. Only the draft, and the old file where the new one stands in its
//! place, are ever removed; where it is in doubt, the journal keeps the old tags. Start with [`look`].

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::draft::{Digest, Hash, pieces};
use super::not_replaced::NotReplaced;
use super::open_track::{OpenTrack, open_folder, size};
use super::swap::Replaced;

/// The two files of an intent, by all of their bytes, and the name that the new one had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) draft: &'a OsStr,
    pub(crate) old: Digest,
    pub(crate) new: Digest,
}

/// What becomes of an intent.
#[derive(Debug)]
pub(crate) struct Settled {
    /// Whether the journal is to keep the old tags: the file was replaced, or nobody can tell.
    pub(crate) is_noted: bool,
    /// The new file, where it stands in the old one's place.
    pub(crate) replaced: Option<Replaced>,
    /// Whether a file of somebody's is left under the draft's name.
    pub(crate) is_left: bool,
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Nothing,
    Old,
    New,
    Other,
}

/// What follows of what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    is_noted: bool,
    /// What becomes of the draft's name.
    draft: Draft,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Draft {
    Nothing,
    Goes,
    Stays,
}

/// By what stands under the file's name and under the draft's.
const fn verdict(file: Stands, draft: Stands) -> Verdict {
    use Stands::{New, Nothing, Old, Other};
    let (is_noted, draft) = match (file, draft) {
        (New, Nothing) => (true, Draft::Nothing),
        (New, Old | New) => (true, Draft::Goes),
        (Old, Nothing) => (false, Draft::Nothing),
        (Old, Old | New) => (false, Draft::Goes),
        (Other | Nothing, New) => (false, Draft::Goes),
        // It was swapped, and the new file is gone or was written since: this is the only one of the old bytes.
        (Other | Nothing, Old) => (true, Draft::Stays),
        (Other | Nothing, Nothing) => (true, Draft::Nothing),
        (Old, Other) => (false, Draft::Stays),
        (_, Other) => (true, Draft::Stays),
    };
    Verdict { is_noted, draft }
}

/// Looks at what an intent left at a path, and removes what is the draft's.
///
/// # Errors
/// If it can't be seen; then nothing is settled.
pub(crate) fn look(
    path: &Path,
    pair: Pair<'_>,
    beat: &mut dyn FnMut() -> bool,
) -> Result<Settled, NotReplaced> {
    // A folder that is not there, or empty, is one that is not mounted, most often.
    let folder = open_folder(path).map_err(unreadable)?;
    if is_empty(&folder).map_err(unreadable)? {
        return Err(unreadable(Errno::NOENT));
    }
    let name = path.file_name().ok_or(NotReplaced::NoFile)?;
    let file = stands(&folder, name, pair, beat)?;
    let verdict = verdict(file, stands(&folder, pair.draft, pair, beat)?);
    let replaced = if file == Stands::New {
        let track = OpenTrack::open(path, None)?;
        Some(Replaced::of(&track.stat, track.prints(beat)?))
    } else {
        None
    };
    if verdict.draft == Draft::Goes {
        // Both stay until it is on the disk which is which.
        rustix::fs::fsync(&folder).map_err(unreadable)?;
        rustix::fs::unlinkat(&folder, pair.draft, AtFlags::empty())
            .map_err(|errno| NotReplaced::Failed(errno.into()))?;
        rustix::fs::fsync(&folder).map_err(unreadable)?;
    }
    Ok(Settled { is_noted: verdict.is_noted, replaced, is_left: verdict.draft == Draft::Stays })
}

fn unreadable(errno: Errno) -> NotReplaced {
    NotReplaced::Unreadable(errno.into())
}

fn is_empty(folder: &OwnedFd) -> rustix::io::Result<bool> {
    for entry in Dir::read_from(folder)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Ok(false);
        }
    }
    Ok(true)
}

fn stands(
    folder: &OwnedFd,
    name: &OsStr,
    pair: Pair<'_>,
    beat: &mut dyn FnMut() -> bool,
) -> Result<Stands, NotReplaced> {
    let there = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(there) => there,
        Err(Errno::NOENT) => return Ok(Stands::Nothing),
        Err(errno) => return Err(unreadable(errno)),
    };
    let may_be = [pair.old.size, pair.new.size].contains(&size(&there));
    if FileType::from_raw_mode(there.st_mode) != FileType::RegularFile || !may_be {
        return Ok(Stands::Other);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(folder, name, flags, Mode::empty()).map_err(unreadable)?);
    let mut hash = Hash::default();
    pieces(&file, 0..size(&there), beat, &mut |piece| hash.add(piece))?;
    Ok(match hash.digest() {
        digest if digest == pair.new => Stands::New,
        digest if digest == pair.old => Stands::Old,
        _ => Stands::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::Stands::{New, Nothing, Old, Other};
    use super::*;

    const ALL: [Stands; 4] = [Nothing, Old, New, Other];

    #[test]
    fn old_tags_are_kept_unless_the_old_file_stands_there_or_the_new_one_never_did() {
        for file in ALL {
            for draft in ALL {
                let is_sure = file == Old || (file != New && draft == New);
                assert_eq!(verdict(file, draft).is_noted, !is_sure, "{file:?} {draft:?}");
            }
        }
    }

    #[test]
    fn nothing_is_removed_of_which_no_other_file_has_the_sound() {
        for file in ALL {
            for draft in ALL {
                let goes = verdict(file, draft).draft == Draft::Goes;
                let is_a_copy = matches!((file, draft), (Old | New, Old | New));
                // The draft alone was never anybody's.
                assert_eq!(goes, is_a_copy || draft == New, "{file:?} {draft:?}");
                assert_eq!(verdict(file, draft).draft == Draft::Nothing, draft == Nothing);
            }
        }
    }
}
