//! Walks a root: every folder read once, every media file looked at once, nothing opened but folders.
//!
//! Each folder is one call on the root's own thread. A folder reached through a link is read only if it was not read
//! before in this walk, so loops end and nothing is multiplied; real folders go first.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::media_names::{Medium, is_skipped, medium};
use crate::{CallError, Heartbeat, RootId, RootThreads, SectionKind};

/// What tells one state of a file from another without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) size: u64,
    pub(super) mtime_ns: i64,
    pub(super) inode: u64,
    pub(super) dev: u64,
}

impl Stat {
    pub(super) fn of(raw: &rustix::fs::Stat) -> Self {
        let mtime_ns = raw.st_mtime.saturating_mul(1_000_000_000).saturating_add(raw.st_mtime_nsec as i64);
        Self { size: raw.st_size.max(0) as u64, mtime_ns, inode: raw.st_ino, dev: raw.st_dev }
    }

    /// Whether a file that had this state has not been written since.
    pub(super) const fn same_content(&self, other: &Self) -> bool {
        self.size == other.size && self.mtime_ns == other.mtime_ns
    }
}

/// A media file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) root: RootId,
    /// Below the root.
    pub(super) path: Vec<u8>,
    pub(super) stat: Stat,
    pub(super) medium: Medium,
}

/// A file or folder that could not be looked at: what is known at it and below it stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsure {
    /// Below the root.
    pub(super) path: Vec<u8>,
    /// Why, for a person; none where it only went away in the meantime or is a link to nothing.
    pub(super) sentence: Option<String>,
}

/// A root that was walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) root: RootId,
    pub(super) seen: Vec<Seen>,
    pub(super) unsure: Vec<Unsure>,
    pub(super) state: RootState,
}

/// What became of the root's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RootState {
    /// It was read.
    Read {
        /// Its file system and inode.
        identity: (u64, u64),
        /// Whether anything is in it, media or not.
        has_entries: bool,
    },
    /// It was not; the sentence says why.
    Away(String),
}

/// Why a walk ended early.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stopped;

/// A folder still to be read.
struct Pending {
    path: Vec<u8>,
    /// Whether a link led to it, or to a folder above it.
    linked: bool,
    above: Option<Arc<Above>>,
}

/// The folders above one, to find a folder that holds itself.
struct Above {
    identity: (u64, u64),
    above: Option<Arc<Self>>,
}

impl Above {
    fn holds(folder: Option<&Arc<Self>>, identity: (u64, u64)) -> bool {
        std::iter::successors(folder, |above| above.above.as_ref()).any(|above| above.identity == identity)
    }
}

/// What one folder holds.
struct Listing {
    identity: (u64, u64),
    files: Vec<(Vec<u8>, Stat, Medium)>,
    /// Names, and whether a link leads there.
    folders: Vec<(Vec<u8>, bool)>,
    unsure: Vec<Unsure>,
    has_entries: bool,
}

/// Walks a root. `look` is told how many media files were seen so far and says whether to stop.
pub(super) fn walk(
    threads: &RootThreads,
    root: (RootId, &Path),
    kind: SectionKind,
    look: &mut dyn FnMut(u64) -> bool,
) -> Result<Walked, Stopped> {
    let (root, folder) = root;
    let mut walked = Walked { root, seen: Vec::new(), unsure: Vec::new(), state: RootState::Away(String::new()) };
    let mut read: HashSet<(u64, u64)> = HashSet::new();
    let mut pending = vec![Pending { path: Vec::new(), linked: false, above: None }];
    let mut behind_links = Vec::new();
    while let Some(next) = pending.pop().or_else(|| behind_links.pop()) {
        let seen = walked.seen.len() as u64;
        if look(seen) {
            return Err(Stopped);
        }
        let at = folder.join(OsStr::from_bytes(&next.path));
        let listing = match threads.call_unless(folder, &mut || look(seen), move |beat| list(&at, kind, beat)) {
            Ok(listing) => listing,
            Err(CallError::Stopped) => return Err(Stopped),
            Err(CallError::Away(away)) => return Ok(Walked { state: RootState::Away(format!("{away}.")), seen: Vec::new(), ..walked }),
        };
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) if next.path.is_empty() => {
                return Ok(Walked { state: RootState::Away(root_sentence(folder, &error)), ..walked });
            }
            Err(error) => {
                walked.unsure.push(Unsure { path: next.path, sentence: sentence("folder", &error) });
                continue;
            }
        };
        if next.path.is_empty() {
            walked.state = RootState::Read { identity: listing.identity, has_entries: listing.has_entries };
        }
        if Above::holds(next.above.as_ref(), listing.identity) || (next.linked && read.contains(&listing.identity)) {
            continue;
        }
        read.insert(listing.identity);
        let below = |name: &[u8]| if next.path.is_empty() { name.to_vec() } else { [&next.path, name].join(&b'/') };
        walked.seen.extend(listing.files.iter().map(|(name, stat, medium)| Seen { root, path: below(name), stat: *stat, medium: *medium }));
        walked.unsure.extend(listing.unsure.into_iter().map(|unsure| Unsure { path: below(&unsure.path), ..unsure }));
        let above = Some(Arc::new(Above { identity: listing.identity, above: next.above.clone() }));
        for (name, is_link) in listing.folders {
            let folder = Pending { path: below(&name), linked: next.linked || is_link, above: above.clone() };
            if is_link { &mut behind_links } else { &mut pending }.push(folder);
        }
    }
    walked.seen.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

fn list(path: &PathBuf, kind: SectionKind, beat: &Heartbeat) -> io::Result<Listing> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let folder = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    let raw = rustix::fs::fstat(&folder)?;
    let mut listing =
        Listing { identity: (raw.st_dev, raw.st_ino), files: Vec::new(), folders: Vec::new(), unsure: Vec::new(), has_entries: false };
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." || is_skipped(name) {
            continue;
        }
        listing.has_entries = true;
        if !beat.tap() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let medium = medium(kind, name);
        match entry.file_type() {
            FileType::Directory => listing.folders.push((name.to_vec(), false)),
            // Without a media name only a link or an unknown entry can be of interest: it may be a folder.
            FileType::RegularFile if medium.is_none() => {}
            FileType::RegularFile | FileType::Symlink | FileType::Unknown => {
                look_at(&folder, name, entry.file_type() == FileType::Symlink, medium, &mut listing);
            }
            _ => {}
        }
    }
    // Of two links to one folder the same is followed each time, in whatever order the file system lists them; the last goes first.
    listing.folders.sort_by(|a, b| b.cmp(a));
    Ok(listing)
}

fn look_at(folder: &impl std::os::fd::AsFd, name: &[u8], is_link: bool, medium: Option<Medium>, listing: &mut Listing) {
    match rustix::fs::statat(folder, name, AtFlags::empty()) {
        Ok(raw) => match (FileType::from_raw_mode(raw.st_mode), medium) {
            (FileType::RegularFile, Some(medium)) => listing.files.push((name.to_vec(), Stat::of(&raw), medium)),
            (FileType::Directory, _) => listing.folders.push((name.to_vec(), is_link)),
            _ => {}
        },
        // A link to nothing that has no media name is nobody's business. What lies behind one that can't be followed may be there.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if is_link && medium.is_none() => {}
        Err(errno) => listing.unsure.push(Unsure { path: name.to_vec(), sentence: sentence("file", &errno.into()) }),
    }
}

/// What a person is told of a file or folder that can't be read; nothing of one that is gone by now.
pub(super) fn sentence(what: &str, error: &io::Error) -> Option<String> {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::Interrupted => None,
        io::ErrorKind::PermissionDenied => Some(format!("Butler may not read this {what}: give its user the right to.")),
        io::ErrorKind::StaleNetworkFileHandle => {
            Some(format!("This {what} is gone from the file server under Butler's hands; mount it again."))
        }
        _ if code == Some(Errno::LOOP) => Some(format!("This {what} is a link that leads round in circles; remove it.")),
        _ => Some(format!("This {what} could not be read ({error}); check the disk or mount it is on.")),
    }
}

fn root_sentence(root: &Path, error: &io::Error) -> String {
    let root = root.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("The folder {root} is not there; mount its disk, or take it out of the section."),
        io::ErrorKind::NotADirectory => format!("{root} is no folder any more."),
        io::ErrorKind::PermissionDenied => format!("Butler may not read the folder {root}: give its user the right to."),
        _ => format!("The folder {root} could not be read ({error}); check the disk or mount it is on."),
    }
}
