//! From facts to activities: what runs now, and what became of it. Pure: facts and instants are handed in;
//! the list, the sockets and the event source all show what comes out here.
//!
//! A run that works, is paused or is stopping is one activity for its whole life; one that waits for its turn
//! is none. While it scans a section, that is another one beside it. Start with [`Board::hear`]: an activity
//! is a function of what is known of its run (`views`), and what is told are the differences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use butler_api::plex::{
    Activity, ActivityContext, ActivityEvent, ActivityNotification, Notification, StatusNotification,
};
use butler_api::{Reason, RunId, RunState, TaskName};
use butler_engine::{Stage, What};
use sha2::{Digest, Sha256};

use super::kind;

/// An activity's news are told at most so often, but for its start and its end.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Nobody knows how far it is.
const UNKNOWN: i8 = -1;
/// The one user there is.
const ADMIN: u64 = 1;

/// A run, or a section that it scans.
type Key = (RunId, Option<i64>);

/// What runs, as far as facts said.
pub(crate) struct Board {
    server_id: String,
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
    progress: i8,
    file: Option<String>,
    waits: Option<Reason>,
    scan: Option<Scan>,
}

#[derive(Clone)]
struct Scan {
    section: i64,
    title: String,
    progress: i8,
}

/// An activity as it was told last, and as it is now.
struct Told {
    last: Activity,
    at: Instant,
    now: Activity,
}

impl Board {
    /// A board without activities. The ids of activities are those of this server.
    pub(crate) fn new(server_id: &str) -> Self {
        Self { server_id: server_id.to_owned(), runs: BTreeMap::new(), told: BTreeMap::new() }
    }

    /// Every activity, oldest run first.
    pub(crate) fn list(&self) -> impl Iterator<Item = &Activity> {
        self.told.values().map(|told| &told.now)
    }

    /// The run that this activity is of, and its state.
    pub(crate) fn find(&self, uuid: &str) -> Option<(RunId, RunState)> {
        let ((run, _), _) = self.told.iter().find(|(_, told)| told.now.uuid.eq_ignore_ascii_case(uuid))?;
        self.runs.get(run).map(|known| (*run, known.state))
    }

    /// Takes what is so now for all there is: what is not in it has ended meanwhile.
    pub(crate) fn follow(&mut self, now: Instant, standing: &[What]) -> Vec<Notification> {
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
    pub(crate) fn hear(&mut self, now: Instant, what: &What) -> Vec<Notification> {
        let Some((run, is_whole)) = self.note(what) else { return Vec::new() };
        let mut news = self.differences(now, run, is_whole);
        if let What::SectionStep { title, stage: Stage::Ended, .. } = what {
            news.push(Notification::Status(StatusNotification::scan_complete(title)));
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
    pub(crate) fn tell_late(&mut self, now: Instant) -> Vec<Notification> {
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
                    progress: UNKNOWN,
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
                    if let Stage::Under { done, total } = stage { percent(*done, *total) } else { UNKNOWN };
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

    /// What is different from what was told of a run's activities.
    fn differences(&mut self, now: Instant, run: RunId, is_whole: bool) -> Vec<Notification> {
        let views = self.runs.get(&run).map(|known| views(&self.server_id, run, known)).unwrap_or_default();
        let gone = self
            .told
            .range((run, None)..=(run, Some(i64::MAX)))
            .map(|(key, _)| *key)
            .filter(|key| !views.contains_key(key));
        let gone: Vec<Key> = gone.collect();
        let mut news: Vec<Notification> = Vec::new();
        // What was begun last ends first.
        for key in gone.into_iter().rev() {
            let Some(Told { now: mut activity, .. }) = self.told.remove(&key) else { continue };
            if is_whole {
                activity.progress = 100;
            }
            activity.cancellable = false;
            news.push(notification(ActivityEvent::Ended, activity));
        }
        for (key, view) in views {
            if let Some(told) = self.told.get_mut(&key) {
                told.now = view;
                news.extend(told.news(now));
            } else {
                news.push(notification(ActivityEvent::Started, view.clone()));
                self.told.insert(key, Told { last: view.clone(), at: now, now: view });
            }
        }
        news
    }
}

impl Told {
    fn news(&mut self, now: Instant) -> Option<Notification> {
        if self.last == self.now || now < self.at + TELL_EVERY {
            return None;
        }
        (self.last, self.at) = (self.now.clone(), now);
        Some(notification(ActivityEvent::Updated, self.now.clone()))
    }
}

/// The activities of a run.
fn views(server_id: &str, run: RunId, known: &Known) -> BTreeMap<Key, Activity> {
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
    let view = |key: Key, section: Option<i64>, kind: &str, title: String, progress: i8, subtitle: String| {
        Activity {
            context: section.map(|section| ActivityContext {
                key: Some(format!("/library/sections/{section}")),
                library_section_id: Some(section.to_string()),
            }),
            cancellable: known.state != RunState::Stopping,
            progress,
            subtitle,
            title,
            kind: kind.to_owned(),
            user_id: ADMIN,
            uuid: uuid(server_id, key),
        }
    };
    let file = || {
        known
            .file
            .as_deref()
            .map(|file| Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned())
    };
    let subtitle = held.clone().or_else(file).unwrap_or_default();
    let kind = kind::of_task(&known.task);
    views.insert(
        (run, None),
        view((run, None), known.section, kind, known.title.clone(), known.progress, subtitle),
    );
    if let Some(scan) = &known.scan {
        let key = (run, Some(scan.section));
        let title = format!("Scanning {}", scan.title);
        views.insert(
            key,
            view(key, Some(scan.section), kind::SECTION_SCAN, title, scan.progress, held.unwrap_or_default()),
        );
    }
    views
}

/// Whole percent; unknown while the total is.
fn percent(done: u64, total: Option<u64>) -> i8 {
    match total {
        None => UNKNOWN,
        Some(0) => 100,
        Some(total) => i8::try_from(u128::from(done) * 100 / u128::from(total)).unwrap_or(100).min(100),
    }
}

/// The id of an activity: the same for the same server, run and section, without being stored (RFC 9562,
/// version 8).
fn uuid(server_id: &str, (run, section): Key) -> String {
    let name = section.map_or_else(
        || format!("{server_id} run {run}"),
        |section| format!("{server_id} run {run} section {section}"),
    );
    let digest = Sha256::digest(name.as_bytes());
    let mut hex = String::with_capacity(36);
    for (index, byte) in digest.iter().take(16).enumerate() {
        if [4, 6, 8, 10].contains(&index) {
            hex.push('-');
        }
        let byte = match index {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        hex.push_str(&format!("{byte:02x}"));
    }
    hex
}

fn notification(event: ActivityEvent, activity: Activity) -> Notification {
    Notification::Activity(ActivityNotification { event, uuid: activity.uuid.clone(), activity })
}

#[cfg(test)]
mod tests;
