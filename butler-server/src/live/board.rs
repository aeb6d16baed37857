//! From facts to what the server is busy with: what runs now, and what became of it. Pure: facts and instants
//! are handed in; Plex's activities, the notifications and the pages all show what comes out here, each in
//! words of its own.
//!
//! A run that works, is paused or is stopping is one [`Doing`] for its whole life; one that waits for its
//! turn is none. While it scans a section, that is another one beside it. Start with [`Board::hear`]: what is
//! done is a function of what is known of its run (`views`), and what is told are the differences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use butler_api::{Reason, RunId, RunState, TaskName};
use butler_engine::{Stage, What};

/// What is done is told of at most so often, but for its start and its end.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// One thing that the server is busy with: a run, or a section that it scans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doing {
    pub(crate) run: RunId,
    pub(crate) task: TaskName,
    /// The run's state.
    pub(crate) state: RunState,
    /// Whether it is the scan of `section`, beside its run.
    pub(crate) is_scan: bool,
    pub(crate) section: Option<i64>,
    /// What it is, for people.
    pub(crate) title: String,
    /// What is in hand, or why nothing is; may be empty.
    pub(crate) subtitle: String,
    /// Whole percent; none while nobody knows.
    pub(crate) progress: Option<u8>,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// It began.
    Started(Doing),
    /// Its progress, subtitle or state changed.
    Updated(Doing),
    /// It is over.
    Ended(Doing),
    /// The scan of a section with this name is over.
    ScanEnded(String),
    /// The task of this title could not go on, and why.
    Failed {
        /// The task's title.
        title: String,
        /// The sentence, which says what to do.
        why: String,
    },
    /// Something else that is shown is different: what waits, what holds everything, a setting, a section.
    Changed,
}

/// A run, or a section that it scans.
type Key = (RunId, Option<i64>);

/// What runs, as far as facts said.
#[derive(Default)]
pub(crate) struct Board {
    runs: BTreeMap<RunId, Known>,
    told: BTreeMap<Key, Told>,
}

/// What is known of a run.
#[derive(Clone)]
struct Known {
    task: TaskName,
    title: String,
    section: Option<i64>,
    state: RunState,
    reason: Option<Reason>,
    progress: Option<u8>,
    file: Option<String>,
    waits: Option<Reason>,
    scan: Option<Scan>,
}

#[derive(Clone)]
struct Scan {
    section: i64,
    title: String,
    progress: Option<u8>,
}

/// What is done, as it was told last and as it is now.
struct Told {
    last: Doing,
    at: Instant,
    now: Doing,
}

impl Board {
    /// All that is done, oldest run first.
    pub(crate) fn list(&self) -> impl Iterator<Item = &Doing> {
        self.told.values().map(|told| &told.now)
    }

    /// Takes what is so now for all there is: what is not in it has ended meanwhile.
    pub(crate) fn follow(&mut self, now: Instant, standing: &[What]) -> Vec<News> {
        let named = standing
            .iter()
            .filter_map(|what| if let What::RunChanged { run, .. } = what { Some(*run) } else { None });
        let there: BTreeSet<RunId> = named.collect();
        let gone: Vec<RunId> = self.runs.keys().filter(|run| !there.contains(run)).copied().collect();
        let mut news = Vec::new();
        for run in gone {
            self.runs.remove(&run);
            news.extend(self.differences(now, run, false));
        }
        // Scans that ended meanwhile are not among what stands.
        self.runs.values_mut().for_each(|known| known.scan = None);
        // Two passes, so that a scan which still goes on is not told to have ended and begun again.
        standing.iter().for_each(|what| _ = self.note(what));
        let live: Vec<RunId> = self.runs.keys().copied().collect();
        news.extend(live.into_iter().flat_map(|run| self.differences(now, run, false)));
        news
    }

    /// Takes one fact; what is to be told of it.
    pub(crate) fn hear(&mut self, now: Instant, what: &What) -> Vec<News> {
        let Some((run, is_whole)) = self.note(what) else {
            return if is_shown(what) { vec![News::Changed] } else { Vec::new() };
        };
        let mut news = self.differences(now, run, is_whole);
        match what {
            What::SectionStep { title, stage: Stage::Ended, .. } => {
                news.push(News::ScanEnded(title.clone()));
            }
            // It waits, or has ended without having worked.
            What::RunChanged { .. } if news.is_empty() => news.push(News::Changed),
            _ => {}
        }
        if let Some(known) = self.runs.get(&run).filter(|known| known.state == RunState::Failed) {
            let why = known.reason.as_ref().map(ToString::to_string).unwrap_or_default();
            news.push(News::Failed { title: known.title.clone(), why });
        }
        if self.runs.get(&run).is_some_and(|known| known.state.is_terminal()) {
            self.runs.remove(&run);
        }
        news
    }

    /// When [`Self::tell_late`] has something to tell.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.told.values().filter(|told| told.last != told.now).map(|told| told.at + TELL_EVERY).min()
    }

    /// What was held back since its activity had been told of a moment before.
    pub(crate) fn tell_late(&mut self, now: Instant) -> Vec<News> {
        self.told.values_mut().filter_map(|told| told.news(now)).collect()
    }

    /// Notes a fact: the run it is about, and whether what ends by it came to its good end.
    fn note(&mut self, what: &What) -> Option<(RunId, bool)> {
        match what {
            What::RunChanged { run, task, title, section, state, reason, .. } => {
                let title = if title.is_empty() { task.as_str() } else { title };
                let known = self.runs.entry(*run).or_insert_with(|| Known {
                    task: task.clone(),
                    title: title.to_owned(),
                    section: *section,
                    state: *state,
                    reason: None,
                    progress: None,
                    file: None,
                    waits: None,
                    scan: None,
                });
                known.state = *state;
                known.reason.clone_from(reason);
                Some((*run, *state == RunState::Completed))
            }
            What::RunProgressed { run, done, total, is_counted, file, waits, .. } => {
                let known = self.runs.get_mut(run)?;
                known.progress = percent(*done, is_counted.then_some(*total));
                // Between two files the one just done is still the best answer.
                if file.is_some() {
                    known.file.clone_from(file);
                }
                known.waits.clone_from(waits);
                Some((*run, false))
            }
            What::SectionStep { run, section, title, stage } => {
                let known = self.runs.get_mut(run)?;
                let progress =
                    if let Stage::Under { done, total } = stage { percent(*done, *total) } else { None };
                known.scan = (*stage != Stage::Ended).then(|| Scan {
                    section: *section,
                    title: title.clone(),
                    progress,
                });
                Some((*run, true))
            }
            _ => None,
        }
    }

    /// What is different from what was told of a run.
    fn differences(&mut self, now: Instant, run: RunId, is_whole: bool) -> Vec<News> {
        let views = self.runs.get(&run).map(|known| views(run, known)).unwrap_or_default();
        let gone = self
            .told
            .range((run, None)..=(run, Some(i64::MAX)))
            .map(|(key, _)| *key)
            .filter(|key| !views.contains_key(key));
        let gone: Vec<Key> = gone.collect();
        let mut news: Vec<News> = Vec::new();
        // What was begun last ends first.
        for key in gone.into_iter().rev() {
            let Some(Told { now: mut doing, .. }) = self.told.remove(&key) else { continue };
            if is_whole {
                doing.progress = Some(100);
            }
            news.push(News::Ended(doing));
        }
        for (key, view) in views {
            if let Some(told) = self.told.get_mut(&key) {
                told.now = view;
                news.extend(told.news(now));
            } else {
                news.push(News::Started(view.clone()));
                self.told.insert(key, Told { last: view.clone(), at: now, now: view });
            }
        }
        news
    }
}

impl Told {
    fn news(&mut self, now: Instant) -> Option<News> {
        if self.last == self.now || now < self.at + TELL_EVERY {
            return None;
        }
        (self.last, self.at) = (self.now.clone(), now);
        Some(News::Updated(self.now.clone()))
    }
}

/// What a run does.
fn views(run: RunId, known: &Known) -> BTreeMap<Key, Doing> {
    let mut views = BTreeMap::new();
    if !matches!(known.state, RunState::Running | RunState::Paused | RunState::Stopping) {
        return views;
    }
    let held = known
        .reason
        .as_ref()
        .filter(|_| known.state != RunState::Running)
        .or(known.waits.as_ref())
        .map(ToString::to_string);
    let file = || {
        known
            .file
            .as_deref()
            .map(|file| Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned())
    };
    let whole = Doing {
        run,
        task: known.task.clone(),
        state: known.state,
        is_scan: false,
        section: known.section,
        title: known.title.clone(),
        subtitle: held.clone().or_else(file).unwrap_or_default(),
        progress: known.progress,
    };
    if let Some(scan) = &known.scan {
        let doing = Doing {
            is_scan: true,
            section: Some(scan.section),
            title: format!("Scanning {}", scan.title),
            subtitle: held.unwrap_or_default(),
            progress: scan.progress,
            ..whole.clone()
        };
        views.insert((run, Some(scan.section)), doing);
    }
    views.insert((run, None), whole);
    views
}

/// Whether a fact that is about no run changes what is shown.
const fn is_shown(what: &What) -> bool {
    matches!(what, What::PausesChanged { .. } | What::SettingsChanged { .. } | What::SectionChanged { .. })
}

/// Whole percent; unknown while the total is.
fn percent(done: u64, total: Option<u64>) -> Option<u8> {
    match total? {
        0 => Some(100),
        total => Some(
            u8::try_from(u128::from(done) * 100 / u128::from(total)).map_or(100, |percent| percent.min(100)),
        ),
    }
}

#[cfg(test)]
mod tests;
