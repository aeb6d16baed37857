//! The plan ahead: what the nights will bring, reckoned from a copy of the schedule, the library's lacks and
//! what earlier units took. The loop gives the copy away and goes on; all else happens on the asker's thread,
//! which it blocks.
//!
//! It changes nothing and starts nothing. Start with [`PlanBasis::plan`]; the nights are `butler-schedule`'s
//! forecast.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use butler_api::{Pause, TaskName};
use butler_library::{Disk, Failed, Library, Scope, StoreError};
use butler_product::{ProductKind, Spec};
use butler_schedule::{Expected, Forecast, Lane, Schedule, Window, Work, windows_ahead};
use butler_tasks::{Catalogue, Settings};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::door::answer::DiskReaders;
use crate::unit::cost::Prices;

/// What a plan is made of: how everything was at one moment.
#[derive(Debug, Clone)]
pub struct PlanBasis {
    /// That moment.
    pub now: Timestamp,
    /// What holds everything.
    pub pauses: Vec<Pause>,
    /// How many runs worked.
    pub running: usize,
    pub(crate) schedule: Schedule,
    pub(crate) cores: u16,
    pub(crate) readers: DiskReaders,
    pub(crate) settings: Arc<Settings>,
    pub(crate) catalogue: Catalogue,
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The nights, and how long the backlogs last.
    pub forecast: Forecast,
    /// How much each media task has to do; and of others what failed, if anything did.
    pub backlogs: BTreeMap<TaskName, Todo>,
    /// The tasks of which no whole run completed here yet: how long they take is a guess, but for a backlog
    /// of known work.
    pub unknown: BTreeSet<TaskName>,
    /// Whether the sections' folders were looked at: before, nobody knows what is lacking.
    pub is_content_known: bool,
}

/// How much a media task has to do.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Todo {
    /// Products that are lacking.
    pub lacks: u64,
    /// Bytes of the sources that lack one; one that lacks two counts twice.
    pub bytes: u64,
    /// Seconds of units, one after the other. What several tasks want of one source is read once and shared
    /// out among them.
    pub seconds: f64,
    /// Whether the seconds are a guess, at least in part: no such unit was done here yet.
    pub is_guess: bool,
    /// What failed, and is left alone until a later night or for good.
    pub held_back: Failed,
    /// How much of that is tried again by itself.
    pub tried_again: Failed,
    /// The night in which the first of these is tried.
    pub next_try: Option<Window>,
}

impl PlanBasis {
    /// The night in which a task starts by itself and takes up what may be begun from a moment on; none if it
    /// does not.
    pub fn next_night(&self, task: &TaskName, not_before: Timestamp) -> Option<Window> {
        self.schedule.next_night(task, not_before, self.now)
    }

    /// The tasks that make a product by the settings that hold; with none those that look at the sections'
    /// folders.
    pub fn makers(&self, kind: Option<ProductKind>) -> Vec<&'static TaskName> {
        self.catalogue.makers(kind, &self.settings)
    }

    /// The night in which what is lacking of a kind is made, or (with none) the folders are looked at again,
    /// if it may be begun from a moment on: that of the first task that does so.
    pub fn next_try(&self, kind: Option<ProductKind>, not_before: Timestamp) -> Option<Window> {
        let nights = self.makers(kind).into_iter().filter_map(|task| self.next_night(task, not_before));
        nights.min_by_key(|night| night.from)
    }

    /// The zone in which windows and days are counted.
    pub fn zone(&self) -> &TimeZone {
        &self.schedule.settings().zone
    }

    /// The window that is open now.
    pub fn window(&self) -> Option<Window> {
        self.schedule.window(self.now)
    }

    /// The window that opens next; none if no day of the week has one.
    pub fn next_window(&self) -> Option<Window> {
        windows_ahead(self.schedule.settings(), self.now).find(|window| window.from > self.now)
    }

    /// Makes the plan of so many nights. Blocks: it asks the library what is lacking.
    ///
    /// # Errors
    /// If the database fails.
    pub fn plan(&self, library: &Library, nights: usize) -> Result<Plan, StoreError> {
        let prices = Prices::of(&library.costs()?);
        // Several tasks may wish the same; it is asked for once.
        let mut asked = BTreeMap::new();
        let (mut backlogs, mut work) = (BTreeMap::new(), BTreeMap::new());
        for task in self.catalogue.tasks() {
            let demands: Vec<(Spec, Scope<'static>)> = task
                .demands(&self.settings)
                .into_iter()
                .map(|demand| (demand.spec.clone(), demand.scope(None)))
                .collect();
            let derived: Vec<ProductKind> = task.phases.derives.iter().map(|derived| derived.makes).collect();
            let held = library.held_back(&demands, &derived, self.now)?;
            let mut todo = Todo {
                held_back: held.all,
                tried_again: held.tried_again,
                next_try: held.next_try_at.and_then(|at| self.next_night(&task.name, at)),
                ..Todo::default()
            };
            // What a scan reads is known once it has looked at the folders; what failed of that is known before.
            if task.timing.lane != Lane::Media {
                if todo.held_back.products > 0 {
                    backlogs.insert(task.name.clone(), todo);
                }
                continue;
            }
            for (spec, scope) in demands {
                let key = (spec.kind(), spec.params(), format!("{scope:?}"));
                let backlog = match asked.get(&key) {
                    Some(backlog) => *backlog,
                    None => {
                        let backlog = library.backlog(&spec, &scope, self.now)?;
                        asked.insert(key, backlog);
                        backlog
                    }
                };
                let estimate = prices.estimate(spec.kind(), backlog);
                todo.lacks += backlog.sources;
                todo.bytes += backlog.bytes;
                todo.seconds += estimate.seconds;
                todo.is_guess |= estimate.is_guess;
            }
            let switch = task.section_switch.map(|switch| switch.id);
            for derivation in task.phases.derives {
                let lacking = library.underived(derivation, None, switch, self.now, false)?.len();
                todo.lacks += lacking as u64;
                // No unit takes part, so nothing but the product's own word tells how long it takes.
                todo.seconds += lacking as f64 * derivation.makes.guessed_cost().seconds;
            }
            let seconds = SignedDuration::try_from_secs_f64(todo.seconds).unwrap_or(SignedDuration::MAX);
            work.insert(task.name.clone(), Work::Backlog(seconds));
            backlogs.insert(task.name.clone(), todo);
        }
        let sections = library.sections()?;
        let roots = sections.iter().flat_map(|section| &section.roots);
        let roots = roots.map(|root| self.readers.disks.of(&root.path));
        let expected = Expected { units_at_once: units_at_once(self.cores, self.readers.most, roots), work };
        let unknown = self
            .schedule
            .tasks()
            .map(|task| &task.row.name)
            .filter(|task| self.schedule.usual_is_guess(task));
        let unknown: BTreeSet<TaskName> = unknown.cloned().collect();
        let is_content_known = self.makers(None).into_iter().all(|task| !unknown.contains(task));
        Ok(Plan {
            is_content_known,
            unknown,
            forecast: self.schedule.forecast(self.now, nights, &expected),
            backlogs,
        })
    }
}

/// How many units that are not brief are done at one time, where so many may read of a disk that is shared
/// badly.
fn units_at_once<'a>(cores: u16, readers: usize, roots: impl IntoIterator<Item = &'a [Disk]>) -> u16 {
    let mut volumes = BTreeSet::new();
    for disks in roots {
        let shared: Vec<&Disk> = disks.iter().filter(|disk| disk.kind.is_shared_badly()).collect();
        if shared.is_empty() {
            return cores;
        }
        volumes.insert(shared);
    }
    match volumes.len() {
        0 => cores,
        volumes => u16::try_from(volumes.saturating_mul(readers)).unwrap_or(u16::MAX).min(cores),
    }
}

#[cfg(test)]
mod tests {
    use butler_library::DiskKind;

    use super::*;

    #[test]
    fn as_many_units_are_done_at_once_as_the_cores_and_the_disks_of_all_folders_allow() {
        let disk = |name: &str, kind| vec![Disk { name: name.to_owned(), kind }];
        let (sda, sdb) = (disk("sda", DiskKind::Spinning), disk("sdb", DiskKind::Spinning));
        let (nas, solid) = (disk("/nas", DiskKind::Network), disk("nvme0n1", DiskKind::Solid));
        let at_once = |readers, roots: &[&Vec<Disk>]| {
            units_at_once(8, readers, roots.iter().map(|disks| disks.as_slice()))
        };
        assert_eq!(at_once(1, &[&sda, &sda]), 1);
        assert_eq!(at_once(1, &[&sda, &sdb, &nas]), 3);
        assert_eq!(at_once(2, &[&sda, &sdb]), 4);
        assert_eq!(at_once(5, &[&sda, &sdb]), 8, "no more than there are cores");
        assert_eq!(at_once(usize::MAX, &[&sda]), 8);
        assert_eq!(at_once(1, &[&sda, &solid]), 8, "what lies on the one may be done beside the other");
        assert_eq!(at_once(1, &[]), 8);
    }
}
