//! One call of a walk: reads one folder and looks at the media files in it. Every path that it gives is below
//! the root.
//!
//! A large folder's files are looked at in chunks, so that several threads can do it. Nothing is opened but
//! the folder and the ignore files in it. Start with [`Lister::make`].

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::artwork;
use super::extent::Extent;
use super::ignore::{IGNORE, Ignored, NOMEDIA, PLEXIGNORE, Rules, Why, below};
use super::media_names::{Medium, is_skipped, medium};
use super::walk::{Pending, Seen, SeenPicture, Stat, Unsure, sentence};
use crate::{Borders, Heartbeat, Outside, RootId, SectionKind};

/// So many files are looked at in one go.
const CHUNK: usize = 256;
/// The same where a call takes long: then others have a hand free.
const SLOW_CHUNK: usize = 8;
/// A folder that took longer to open lies on a mount that is slow.
const LONG: Duration = Duration::from_micros(300);
/// Bytes for the names of a folder's entries at a time.
const NAMES: usize = 32 << 10;
/// A longer ignore file is none that a person wrote.
const MOST_RULES: u64 = 1 << 20;

/// Something to be done on a thread of the root.
pub(super) enum Call {
    /// Read a folder.
    List(Pending),
    /// Look at more files of a folder that was read.
    Look(Pending, Chunk),
    /// Ask which folder a link leads to.
    Identify(Pending),
}

/// Entries of an open folder.
pub(super) struct Chunk {
    folder: Arc<OwnedFd>,
    names: Vec<Entry>,
}

/// What came of a call.
pub(super) enum Answer {
    Listed(Pending, io::Result<Listing>),
    /// The folders are those that turned out to be some; true: behind a link.
    Looked {
        content: Content,
        folders: Vec<(Pending, bool)>,
    },
    Identified(Pending, io::Result<(u64, u64)>),
}

/// What one folder holds.
pub(super) struct Listing {
    pub(super) identity: (u64, u64),
    pub(super) has_entries: bool,
    /// What holds in this folder.
    pub(super) rules: Arc<Rules>,
    pub(super) content: Content,
    /// Their paths, and whether a link leads there.
    pub(super) folders: Vec<(Vec<u8>, bool)>,
    /// Files that were not looked at yet.
    pub(super) chunks: Vec<Chunk>,
}

/// What was found in a folder, but for folders.
#[derive(Default)]
pub(super) struct Content {
    pub(super) files: Vec<Seen>,
    pub(super) pictures: Vec<SeenPicture>,
    pub(super) unsure: Vec<Unsure>,
    pub(super) ignored: Vec<Ignored>,
}

/// An entry that may be of interest.
struct Entry {
    name: Vec<u8>,
    kind: FileType,
    medium: Option<Medium>,
    /// Whether it is a picture of an item, by its name.
    is_picture: bool,
}

/// Makes the calls of one walk.
pub(super) struct Lister {
    pub(super) folder: PathBuf,
    pub(super) root: RootId,
    pub(super) kind: SectionKind,
    /// What of the root is looked at.
    pub(super) within: Arc<Extent>,
    pub(super) tell_ignored: bool,
    pub(super) borders: Borders,
}

/// What a folder's entries say before any of them is looked at.
#[derive(Default)]
struct Names {
    entries: Vec<Entry>,
    /// Folders and media that are left alone for their name.
    skipped: Vec<(Vec<u8>, bool)>,
    has_entries: bool,
    has_plexignore: bool,
    has_ignore: bool,
    has_nomedia: bool,
}

impl Lister {
    pub(super) fn make(&self, call: Call, beat: &Heartbeat) -> Answer {
        match call {
            Call::List(folder) => {
                let listing = self.list(&folder, beat);
                Answer::Listed(folder, listing)
            }
            Call::Look(folder, chunk) => {
                let (mut content, mut folders) = (Content::default(), Vec::new());
                // Who stopped waiting gets no more answers either.
                let _stopped =
                    self.look_at_all(&folder, &folder.rules, &chunk, beat, &mut content, &mut folders);
                let folders =
                    folders.into_iter().map(|(path, is_link)| folder.below(path, is_link)).collect();
                Answer::Looked { content, folders }
            }
            Call::Identify(folder) => {
                let found = rustix::fs::statat(CWD, self.path(&folder.path), AtFlags::empty());
                Answer::Identified(folder, found.map(|raw| (raw.st_dev, raw.st_ino)).map_err(Into::into))
            }
        }
    }

    fn path(&self, below: &[u8]) -> PathBuf {
        self.folder.join(OsStr::from_bytes(below))
    }

    fn list(&self, folder: &Pending, beat: &Heartbeat) -> io::Result<Listing> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let asked = Instant::now();
        let open = rustix::fs::openat(CWD, self.path(&folder.path), flags, Mode::empty())?;
        let raw = rustix::fs::fstat(&open)?;
        if let Some(outside) = self.outside(folder, &open, (raw.st_dev, raw.st_ino))? {
            return Err(io::Error::other(outside));
        }
        let chunk = if asked.elapsed() > LONG { SLOW_CHUNK } else { CHUNK };
        let mut names = self.names(&open, beat)?;
        if self.within.leads_through(&folder.path) {
            names.entries.retain(|entry| self.within.concerns(&below(&folder.path, &entry.name)));
        }
        let mut listing = Listing {
            identity: (raw.st_dev, raw.st_ino),
            has_entries: names.has_entries,
            rules: Arc::clone(&folder.rules),
            content: Content::default(),
            folders: Vec::new(),
            chunks: Vec::new(),
        };
        let skipped =
            names.skipped.into_iter().map(|(name, is_folder)| (below(&folder.path, &name), is_folder));
        listing.content.ignored.extend(skipped.map(|(path, is_folder)| Ignored {
            path,
            is_folder,
            why: Why::Name,
        }));
        let own = |has: bool, name| if has { own_rules(&open, name) } else { Ok(None) };
        let rules = match (own(names.has_plexignore, PLEXIGNORE), own(names.has_ignore, IGNORE)) {
            _ if names.has_nomedia => Err(Why::Whole { file: below(&folder.path, NOMEDIA) }),
            (Ok(plex), Ok(ignore)) => folder.rules.below(&folder.path, plex.as_deref(), ignore.as_deref()),
            // What it says can't be told, so nothing can be told of what lies here.
            (Err(error), _) | (_, Err(error)) => {
                listing.content.unsure.push(Unsure {
                    path: folder.path.clone(),
                    sentence: sentence("folder's ignore file", &error),
                });
                return Ok(listing);
            }
        };
        match rules {
            Ok(rules) => listing.rules = rules,
            Err(why) => {
                if self.tell_ignored {
                    listing.content.ignored.push(Ignored { path: folder.path.clone(), is_folder: true, why });
                }
                return Ok(listing);
            }
        }
        self.sort_out(folder, (names.entries, chunk), open, beat, &mut listing)?;
        Ok(listing)
    }

    /// Why a folder is left alone, if it lies beyond the borders: only a link or a mount can lead there.
    fn outside(&self, folder: &Pending, open: &OwnedFd, identity: (u64, u64)) -> io::Result<Option<Outside>> {
        if folder.linked || folder.path.is_empty() {
            self.borders.of_open(open)
        } else if let Some(own) = self.borders.of_identity(identity) {
            Ok(Some(own))
        } else if folder.dev_above() == Some(identity.0) {
            Ok(None)
        } else {
            Ok(self.borders.of_file_system(open, identity))
        }
    }

    fn names(&self, open: &OwnedFd, beat: &Heartbeat) -> io::Result<Names> {
        let mut names = Names::default();
        let mut buffer = vec![MaybeUninit::uninit(); NAMES];
        let mut entries = RawDir::new(open, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let (name, kind) = (entry.file_name().to_bytes(), entry.file_type());
            if name == b"." || name == b".." {
                continue;
            }
            if !beat.tap() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let medium = medium(self.kind, name);
            if is_skipped(name) {
                // A folder of such a name says nothing.
                if kind != FileType::Directory {
                    names.has_plexignore |= name == PLEXIGNORE;
                    names.has_ignore |= name == IGNORE;
                    names.has_nomedia |= name == NOMEDIA;
                }
                if self.tell_ignored && (medium.is_some() || kind == FileType::Directory) {
                    names.skipped.push((name.to_vec(), kind == FileType::Directory));
                }
                continue;
            }
            names.has_entries = true;
            // Who is told what was left alone asks of media.
            let is_picture =
                medium.is_none() && !self.tell_ignored && artwork::read(self.kind, name).is_some();
            match kind {
                // Without a media name only a link or an unknown entry can be of interest: it may be a
                // folder.
                FileType::RegularFile if medium.is_none() && !is_picture => {}
                FileType::RegularFile | FileType::Directory | FileType::Symlink | FileType::Unknown => {
                    names.entries.push(Entry { name: name.to_vec(), kind, medium, is_picture });
                }
                _ => {}
            }
        }
        // A root with nothing but an ignore file is no empty mount point.
        names.has_entries |= names.has_plexignore || names.has_ignore || names.has_nomedia;
        Ok(names)
    }

    /// Puts folders aside, looks at a chunk of the rest and leaves other chunks to other threads.
    fn sort_out(
        &self,
        folder: &Pending,
        (entries, chunk): (Vec<Entry>, usize),
        open: OwnedFd,
        beat: &Heartbeat,
        listing: &mut Listing,
    ) -> io::Result<()> {
        let (folders, others): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.kind == FileType::Directory);
        for entry in folders {
            let path = below(&folder.path, &entry.name);
            if !self.is_ignored(&listing.rules, &path, true, &mut listing.content) {
                listing.folders.push((path, false));
            }
        }
        let open = Arc::new(open);
        let mut others = others.into_iter();
        let first = Chunk { folder: Arc::clone(&open), names: others.by_ref().take(chunk).collect() };
        loop {
            let names: Vec<_> = others.by_ref().take(chunk).collect();
            if names.is_empty() {
                break;
            }
            listing.chunks.push(Chunk { folder: Arc::clone(&open), names });
        }
        let Listing { rules, content, folders, .. } = listing;
        self.look_at_all(folder, rules, &first, beat, content, folders)
    }

    fn look_at_all(
        &self,
        folder: &Pending,
        rules: &Rules,
        chunk: &Chunk,
        beat: &Heartbeat,
        content: &mut Content,
        folders: &mut Vec<(Vec<u8>, bool)>,
    ) -> io::Result<()> {
        for entry in &chunk.names {
            if !beat.tap() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let path = below(&folder.path, &entry.name);
            let is_file = entry.kind == FileType::RegularFile;
            if is_file && self.is_ignored(rules, &path, false, content) {
                continue;
            }
            match rustix::fs::statat(&chunk.folder, &entry.name[..], AtFlags::empty()) {
                Ok(raw) => match (FileType::from_raw_mode(raw.st_mode), entry.medium) {
                    (FileType::RegularFile, Some(medium))
                        if is_file || !self.is_ignored(rules, &path, false, content) =>
                    {
                        let outside = if is_file {
                            Ok(self.borders.of_identity((raw.st_dev, raw.st_ino)))
                        } else {
                            self.file_outside(&chunk.folder, &entry.name)
                        };
                        match outside {
                            Ok(None) => {
                                let stat = Stat::of(&raw);
                                content.files.push(Seen { root: self.root, path, stat, medium });
                            }
                            Ok(Some(outside)) => {
                                let why = Why::Outside(outside);
                                content.ignored.push(Ignored { path, is_folder: false, why });
                            }
                            Err(error) => {
                                content.unsure.push(Unsure { path, sentence: sentence("file", &error) });
                            }
                        }
                    }
                    (FileType::RegularFile, None) if is_file && entry.is_picture => {
                        content.pictures.push(SeenPicture { path, stat: Stat::of(&raw) });
                    }
                    (FileType::Directory, _) if !self.is_ignored(rules, &path, true, content) => {
                        folders.push((path, entry.kind == FileType::Symlink));
                    }
                    _ => {}
                },
                // A link to nothing that has no media name is nobody's business. What lies behind one that
                // can't be followed may be there.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
                    if entry.kind == FileType::Symlink && entry.medium.is_none() => {}
                Err(errno) => content.unsure.push(Unsure { path, sentence: sentence("file", &errno.into()) }),
            }
        }
        Ok(())
    }

    /// The same of a file behind a link, which is not opened for that.
    fn file_outside(&self, folder: &OwnedFd, name: &[u8]) -> io::Result<Option<Outside>> {
        let place = rustix::fs::openat(folder, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        self.borders.of_open(place)
    }

    fn is_ignored(&self, rules: &Rules, path: &[u8], is_folder: bool, content: &mut Content) -> bool {
        let Some(why) = rules.verdict(path, is_folder) else { return false };
        if self.tell_ignored {
            content.ignored.push(Ignored { path: path.to_vec(), is_folder, why });
        }
        true
    }
}

/// What an ignore file says; none if it is no file, or went away meanwhile.
fn own_rules(folder: &OwnedFd, name: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open = match rustix::fs::openat(folder, name, flags, Mode::empty()) {
        Ok(open) => open,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    if FileType::from_raw_mode(rustix::fs::fstat(&open)?.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    let mut content = Vec::new();
    File::from(open).take(MOST_RULES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST_RULES {
        Err(io::Error::other("it is longer than 1 MiB"))
    } else {
        Ok(Some(content))
    }
}
