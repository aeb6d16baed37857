//! Which roots are watched, by the setting and the sections that there are, and what becomes of what is told
//! of them. It has a thread of its own, which touches no root: each root's watch has another.
//!
//! It starts nothing by itself: that files changed is an event for the loop.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use butler_library::{Library, Pending, RootWatch, SectionId, SectionKind, Unwatched, Watched};
use butler_tasks::Settings;
use butler_tasks::settings::FS_EVENT_LIBRARY_UPDATES;
use tokio::sync::watch;

use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;

/// A root whose watch ended, or could not begin, is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(300);

/// So many words wait for its thread. A root's watch that has more waits, and what the kernel can't keep for
/// it meanwhile it tells as too much.
const MOST: usize = 1_024;

/// Something that its thread is told.
enum Word {
    /// The loop asks for something: see [`Asked`].
    Asked,
    /// A root's watch told something.
    Root { section: SectionId, root: PathBuf, watched: Watched },
}

/// What the loop asks for. It must not wait, so that it leaves no word where there is no room for one: what
/// it asks for is seen behind the words that are there.
#[derive(Default)]
struct Asked {
    /// The setting or the sections may be others now.
    look_again: AtomicBool,
    /// The engine ends.
    end: AtomicBool,
}

/// The watch over the roots of all sections, until it is dropped.
pub(crate) struct Watching {
    words: mpsc::SyncSender<Word>,
    asked: Arc<Asked>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    pub(crate) fn start(
        library: Library,
        settings: watch::Receiver<Arc<Settings>>,
        inbox: Inbox,
    ) -> std::io::Result<Self> {
        let (words, told) = mpsc::sync_channel(MOST);
        let asked = Arc::<Asked>::default();
        let mut watcher = Watcher {
            library,
            settings,
            inbox,
            words: words.clone(),
            asked: Arc::clone(&asked),
            roots: BTreeMap::new(),
            troubles: BTreeMap::new(),
            pending: Pending::default(),
        };
        let thread =
            std::thread::Builder::new().name("watching".to_owned()).spawn(move || watcher.run(&told))?;
        Ok(Self { words, asked, thread: Some(thread) })
    }

    /// The setting or the sections may be others now.
    pub(crate) fn look_again(&self) {
        self.asked.look_again.store(true, Ordering::SeqCst);
        let _full_or_ended = self.words.try_send(Word::Asked);
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.asked.end.store(true, Ordering::SeqCst);
        let _full_or_ended = self.words.try_send(Word::Asked);
        // It never waits for a root.
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that watches the sections' folders panicked");
        }
    }
}

struct Watcher {
    library: Library,
    settings: watch::Receiver<Arc<Settings>>,
    inbox: Inbox,
    words: mpsc::SyncSender<Word>,
    asked: Arc<Asked>,
    roots: BTreeMap<(SectionId, PathBuf), RootWatch>,
    /// Why a root is not watched, as the log says already: each try would say it again.
    troubles: BTreeMap<(SectionId, PathBuf), Unwatched>,
    pending: Pending,
}

impl Watcher {
    fn run(&mut self, told: &mpsc::Receiver<Word>) {
        let mut tries_at = Instant::now();
        loop {
            if tries_at <= Instant::now() {
                self.follow_sections();
                tries_at = Instant::now() + TRY_AGAIN;
            }
            let until = self.pending.next_due().map_or(tries_at, |due| due.min(tries_at));
            match told.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Word::Root { section, root, watched }) => self.heed(section, root, watched),
                Ok(Word::Asked) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            if self.asked.end.load(Ordering::SeqCst) {
                return;
            }
            if self.asked.look_again.swap(false, Ordering::SeqCst) {
                self.follow_sections();
            }
            for (section, paths) in self.pending.take_due(Instant::now()) {
                self.inbox.tell(EngineEvent::FilesChanged { section: section.0, paths });
            }
        }
    }

    /// Has those roots watched that there are now, if any are to be.
    fn follow_sections(&mut self) {
        let is_on = self.settings.borrow().flag(&FS_EVENT_LIBRARY_UPDATES);
        let sections = if is_on { self.library.sections() } else { Ok(Vec::new()) };
        let sections = match sections {
            Ok(sections) => sections,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "which folders to watch could not be read"
                );
                return;
            }
        };
        let roots = sections.iter().flat_map(|section| {
            section.roots.iter().map(|root| (section.id, root.path.clone(), section.kind))
        });
        let wanted: BTreeMap<(SectionId, PathBuf), SectionKind> =
            roots.map(|(section, root, kind)| ((section, root), kind)).collect();
        self.roots.retain(|root, watch| wanted.contains_key(root) && !watch.has_ended());
        let before = self.troubles.len();
        self.troubles.retain(|root, _| wanted.contains_key(root));
        if self.troubles.len() != before {
            self.tell_limits();
        }
        for ((section, root), kind) in wanted {
            if !self.roots.contains_key(&(section, root.clone())) {
                self.watch(section, root, kind);
            }
        }
        let is_watched = |section: &SectionId| self.roots.keys().any(|(watched, _)| watched == section);
        let gone: Vec<SectionId> = self.pending.sections().filter(|section| !is_watched(section)).collect();
        gone.into_iter().for_each(|section| self.pending.forget(section));
    }

    fn watch(&mut self, section: SectionId, root: PathBuf, kind: SectionKind) {
        let (words, of) = (self.words.clone(), root.clone());
        let tell = move |watched| _ = words.send(Word::Root { section, root: of.clone(), watched });
        match RootWatch::start(root.clone(), kind, tell) {
            Ok(watch) => _ = self.roots.insert((section, root), watch),
            Err(error) => tracing::warn!(root = %root.display(), %error, "a folder could not be watched"),
        }
    }

    fn heed(&mut self, section: SectionId, root: PathBuf, watched: Watched) {
        // A word of a watch that was ended meanwhile.
        if !self.roots.contains_key(&(section, root.clone())) {
            return;
        }
        match watched {
            Watched::Changed(path) => self.pending.changed(section, path, Instant::now()),
            // What came while it was not watched nobody told: between two watches, or while there was no server.
            Watched::Begun => {
                self.pending.overflowed(section, Instant::now());
                if self.troubles.remove(&(section, root)).is_some() {
                    self.tell_limits();
                }
            }
            Watched::Overflowed => self.pending.overflowed(section, Instant::now()),
            Watched::Ended(trouble) => {
                let before = self.troubles.insert((section, root), trouble.clone());
                if before.as_ref() != Some(&trouble) {
                    tracing::warn!("{}", trouble.sentence);
                    self.tell_limits();
                }
            }
        }
    }

    /// Tells the loop which limits of the system keep how many folders from being watched.
    fn tell_limits(&self) {
        let mut limits = BTreeMap::new();
        for limit in self.troubles.values().filter_map(|trouble| trouble.limit) {
            *limits.entry(limit).or_default() += 1;
        }
        self.inbox.tell(EngineEvent::WatchLimitsMet { limits });
    }
}
