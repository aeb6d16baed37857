//! Walks a root: every folder read once, every media file looked at once, nothing opened but folders and
//! ignore files.
//!
//! Folders are read several at a time, on threads of the root's own (`list` reads one); what comes of it does
//! not depend on which is done first. A folder reached through a link is read only if it was not read before
//! in this walk, so loops end and nothing is multiplied: real folders go first, then one link after the
//! other, by path.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;

use super::extent::Extent;
use super::ignore::{Ignored, Rules, Why};
use super::list::{Answer, Call, Content, Lister, Listing};
use super::media_names::Medium;
use crate::root_threads::crew::{MOST_HANDS, Next};
use crate::{Borders, CallError, Outside, RootId, RootThreads, SectionKind};

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

/// A picture beside the media that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenPicture {
    /// Below the root.
    pub(super) path: Vec<u8>,
    pub(super) stat: Stat,
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
    /// Pictures beside the media; none where it was asked what is ignored.
    pub(super) pictures: Vec<SeenPicture>,
    pub(super) unsure: Vec<Unsure>,
    /// What was left alone, by path: what lies beyond the borders, and where that was asked for the rest, of
    /// which only folders and what is media by its name.
    pub(super) ignored: Vec<Ignored>,
    pub(super) state: RootState,
    /// Whether it was all of the root.
    pub(super) is_whole: bool,
    /// The disks of the folders that lie on the way to what was walked.
    pub(super) passed: Vec<u64>,
    /// Folders read.
    pub(super) folders: u64,
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

/// Where and for what to walk.
pub(super) struct Walk<'a> {
    pub(super) threads: &'a RootThreads,
    pub(super) root: RootId,
    pub(super) folder: &'a Path,
    pub(super) kind: SectionKind,
    /// What of the root.
    pub(super) extent: &'a Arc<Extent>,
    /// Whether to tell what was ignored, and why; what lies beyond the borders is told in any case.
    pub(super) tell_ignored: bool,
    /// Where media may lie.
    pub(super) borders: &'a Borders,
}

/// A folder still to be read.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) path: Vec<u8>,
    /// Whether a link led to it, or to a folder above it.
    pub(super) linked: bool,
    pub(super) rules: Arc<Rules>,
    above: Option<Arc<Above>>,
}

/// The folders above one, to find a folder that holds itself.
#[derive(Debug)]
struct Above {
    identity: (u64, u64),
    above: Option<Arc<Self>>,
}

impl Above {
    fn holds(folder: Option<&Arc<Self>>, identity: (u64, u64)) -> bool {
        std::iter::successors(folder, |above| above.above.as_ref()).any(|above| above.identity == identity)
    }
}

/// Walks a root, or a part of it. `look` is told how many media files were seen so far and says whether to
/// stop.
pub(super) fn walk(walk: &Walk<'_>, look: &mut dyn FnMut(u64) -> bool) -> Result<Walked, Stopped> {
    match walk_within(walk, walk.extent, look) {
        // Which folder behind a link is read at which path, only a walk of the whole root can tell.
        Err(Ended::AtLink) => walk_within(walk, &Arc::default(), look).map_err(|_| Stopped),
        walked => walked.map_err(|_| Stopped),
    }
}

/// Why a walk did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It was stopped.
    Stopped,
    /// It was about a part of the root, and met a link to a folder.
    AtLink,
}

fn walk_within(
    walk: &Walk<'_>,
    within: &Arc<Extent>,
    look: &mut dyn FnMut(u64) -> bool,
) -> Result<Walked, Ended> {
    let root = Pending { path: Vec::new(), linked: false, rules: Arc::default(), above: None };
    let mut head = Head {
        folder: walk.folder,
        walked: Walked {
            root: walk.root,
            seen: Vec::new(),
            pictures: Vec::new(),
            unsure: Vec::new(),
            ignored: Vec::new(),
            state: RootState::Away(String::new()),
            is_whole: **walk.extent == Extent::Whole,
            passed: Vec::new(),
            folders: 0,
        },
        extent: walk.extent,
        follows_links: **within == Extent::Whole,
        met_link: false,
        read: HashSet::new(),
        open: 1,
        behind_links: BTreeMap::new(),
    };
    let lister = Lister {
        folder: walk.folder.to_owned(),
        root: walk.root,
        kind: walk.kind,
        within: Arc::clone(within),
        tell_ignored: walk.tell_ignored,
        borders: walk.borders.clone(),
    };
    let done = walk.threads.crew(
        walk.folder,
        MOST_HANDS,
        vec![Call::List(root)],
        move |call, beat| lister.make(call, beat),
        &mut |answer| {
            let calls = answer.map_or_else(Vec::new, |answer| head.take(answer));
            if head.met_link || look(head.walked.seen.len() as u64) { Next::Stop } else { Next::Go(calls) }
        },
    );
    let (mut walked, met_link) = (head.walked, head.met_link);
    match done {
        _ if met_link => return Err(Ended::AtLink),
        Ok(()) => {}
        Err(CallError::Stopped) => return Err(Ended::Stopped),
        Err(CallError::Away(away)) => {
            let state = RootState::Away(format!("{away}."));
            return Ok(Walked { state, seen: Vec::new(), ignored: Vec::new(), ..walked });
        }
    }
    walked.seen.retain(|seen| walk.extent.holds(&seen.path));
    walked.pictures.retain(|seen| walk.extent.holds(&seen.path));
    walked.unsure.retain(|unsure| walk.extent.concerns(&unsure.path));
    walked.seen.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.pictures.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.unsure.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.ignored.sort_unstable();
    Ok(walked)
}

/// Puts together what the threads bring, and says what they are to do next.
struct Head<'a> {
    folder: &'a Path,
    walked: Walked,
    /// What the walk is about.
    extent: &'a Extent,
    follows_links: bool,
    met_link: bool,
    /// The folders that were read.
    read: HashSet<(u64, u64)>,
    /// Calls that are not answered yet.
    open: usize,
    behind_links: BTreeMap<Vec<u8>, Pending>,
}

impl Head<'_> {
    fn take(&mut self, answer: Answer) -> Vec<Call> {
        self.open -= 1;
        let mut calls = match answer {
            Answer::Listed(folder, Ok(listing)) => self.listed(folder, listing),
            Answer::Listed(folder, Err(error)) => {
                self.not_listed(folder, &error);
                Vec::new()
            }
            Answer::Looked { content, folders } => {
                self.keep(content);
                self.descend(folders)
            }
            Answer::Identified(folder, Ok(identity)) if self.read.contains(&identity) => {
                drop(folder);
                Vec::new()
            }
            // Why it can't be looked at is told by the attempt to read it.
            Answer::Identified(folder, _) => vec![Call::List(folder)],
        };
        // One link after the other, each with all that is below it: so the same one is followed each time.
        if calls.is_empty() && self.open == 0 {
            calls.extend(self.behind_links.pop_first().map(|(_, folder)| Call::Identify(folder)));
        }
        self.open += calls.len();
        calls
    }

    fn not_listed(&mut self, folder: Pending, error: &io::Error) {
        let outside = error.get_ref().and_then(|error| error.downcast_ref::<Outside>());
        if folder.path.is_empty() {
            let sentence = outside.map_or_else(
                || root_sentence(self.folder, error),
                |outside| format!("The folder {} can't be read: {outside}.", self.folder.display()),
            );
            self.walked.state = RootState::Away(sentence);
        } else if let Some(outside) = outside {
            let why = Why::Outside(outside.clone());
            self.walked.ignored.push(Ignored { path: folder.path, is_folder: true, why });
        } else {
            self.walked.unsure.push(Unsure { path: folder.path, sentence: sentence("folder", error) });
        }
    }

    fn listed(&mut self, folder: Pending, listing: Listing) -> Vec<Call> {
        let Listing { identity, has_entries, rules, content, folders, chunks } = listing;
        if folder.path.is_empty() {
            self.walked.state = RootState::Read { identity, has_entries };
        }
        let is_round =
            Above::holds(folder.above.as_ref(), identity) || (folder.linked && self.read.contains(&identity));
        if is_round {
            return Vec::new();
        }
        self.read.insert(identity);
        self.walked.folders += 1;
        if self.extent.leads_through(&folder.path) {
            self.walked.passed.push(identity.0);
        }
        self.keep(content);
        let here = Pending {
            rules,
            above: Some(Arc::new(Above { identity, above: folder.above.clone() })),
            ..folder
        };
        let mut calls =
            self.descend(folders.into_iter().map(|(path, is_link)| here.below(path, is_link)).collect());
        calls.extend(chunks.into_iter().map(|chunk| Call::Look(here.clone(), chunk)));
        calls
    }

    fn keep(&mut self, content: Content) {
        self.walked.seen.extend(content.files);
        self.walked.pictures.extend(content.pictures);
        self.walked.unsure.extend(content.unsure);
        self.walked.ignored.extend(content.ignored);
    }

    fn descend(&mut self, folders: Vec<(Pending, bool)>) -> Vec<Call> {
        let mut calls = Vec::new();
        for (folder, is_link) in folders {
            if is_link && !self.follows_links {
                self.met_link = true;
            } else if is_link {
                self.behind_links.insert(folder.path.clone(), folder);
            } else {
                calls.push(Call::List(folder));
            }
        }
        calls
    }
}

impl Pending {
    /// The file system of the folder above; none for the root.
    pub(super) fn dev_above(&self) -> Option<u64> {
        self.above.as_ref().map(|above| above.identity.0)
    }

    /// A folder in this one, and whether it is itself a link.
    pub(super) fn below(&self, path: Vec<u8>, is_link: bool) -> (Self, bool) {
        (
            Self {
                path,
                linked: self.linked || is_link,
                rules: Arc::clone(&self.rules),
                above: self.above.clone(),
            },
            is_link,
        )
    }
}

/// What a person is told of a file or folder that can't be read; nothing of one that is gone by now.
pub(super) fn sentence(what: &str, error: &io::Error) -> Option<String> {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::Interrupted => None,
        io::ErrorKind::PermissionDenied => {
            Some(format!("Butler may not read this {what}: give its user the right to."))
        }
        io::ErrorKind::StaleNetworkFileHandle => {
            Some(format!("This {what} is gone from the file server under Butler's hands; mount it again."))
        }
        _ if code == Some(Errno::LOOP) => {
            Some(format!("This {what} is a link that leads round in circles; remove it."))
        }
        _ => Some(format!("This {what} could not be read ({error}); check the disk or mount it is on.")),
    }
}

fn root_sentence(root: &Path, error: &io::Error) -> String {
    let root = root.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("The folder {root} is not there; mount its disk, or take it out of the section.")
        }
        io::ErrorKind::NotADirectory => format!("{root} is no folder any more."),
        io::ErrorKind::PermissionDenied => {
            format!("Butler may not read the folder {root}: give its user the right to.")
        }
        _ => format!("The folder {root} could not be read ({error}); check the disk or mount it is on."),
    }
}
