//! Follows a unit from its forming to its result: given to a free worker, heard of, over, settled.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Instant;

use butler_api::RunId;
use butler_library::{Library, SourceId, UnitCost};
use butler_product::message::MAX_UNITS;
use butler_product::{Failure, ProductKind};
use butler_tasks::settings::BUTLER_MAX_READ_RATE;
use jiff::SignedDuration;

use crate::clock::Clock;
use crate::door::fact::Came;
use crate::engine::{Loop, disks};
use crate::unit::backlog::{self, Backlog, Limits, Over, UnitId, Want, Which};
use crate::unit::estimate::Estimates;
use crate::unit::{Settled, UnitJob, UnitOutcome, UnitOver, UnitResult};

impl Loop {
    /// Gives units to workers while there are both, and cores for them. Those that may begin now share the
    /// free cores: one film alone gets all of them, and so does one whose disk has room for no other.
    pub(super) fn dispatch(&mut self) {
        if self.shutdown.is_some() || !self.pauses.is_empty() || self.backlog.waiting() == 0 {
            return;
        }
        self.disks.look(Instant::now(), &self.settings.borrow());
        let settings = self.settings.borrow().clone();
        let rate = settings.int(&BUTLER_MAX_READ_RATE).unsigned_abs();
        let (slots, cores) = (self.pool.free_slots(), usize::from(self.pool.free_cores()));
        // What is brief need not wait for a film's end, but for the sake of a rate that the cores share.
        let most_jobs = if rate == 0 { slots } else { slots.min(cores) };
        let mut jobs = Vec::new();
        while jobs.len() < most_jobs && !self.publisher.is_behind() {
            let (library, clock, estimates) = (&self.library, &self.clock, &self.estimates);
            let lasts = |source, wants: &[Want]| lasts(library, clock, estimates, source, wants);
            let disks = |source| self.disks.of(library, source);
            let readers = disks::readers(&settings);
            let limits = Limits { now: clock.now(), lasts: &lasts, disks: &disks, readers };
            let which = if jobs.len() < cores { Which::Any } else { Which::Brief };
            let most = in_one_go(self.backlog.waiting(), self.pool.cores());
            let lacks_media_info = |source| lacks_media_info(library, source);
            let plans = self.backlog.next_units(&limits, which, most, lacks_media_info);
            if plans.is_empty() {
                break;
            }
            jobs.push(plans);
        }
        let mut left = jobs.len();
        for plans in jobs {
            let threads = self.pool.free_share(left);
            let max_bytes_per_second = rate_of(rate, threads, self.pool.cores());
            self.pool.give(UnitJob { plans, threads, max_bytes_per_second });
            left -= 1;
        }
    }

    /// The files of units are open: the runs that want something of them read these now.
    pub(super) fn units_opened(&mut self, units: Vec<(UnitId, String)>) {
        let mut last_of_runs = BTreeMap::new();
        for (unit, file) in units {
            for id in self.backlog.runs_of(unit) {
                if let Some(run) = self.runs.get_mut(&id) {
                    run.unit_opened(unit, file.clone());
                    last_of_runs.insert(id, file.clone());
                }
            }
        }
        for (id, file) in last_of_runs {
            if let Some(progress) = self.runs.get(&id).map(|run| run.progress(Some(file))) {
                self.tell(progress);
            }
        }
    }

    pub(super) fn unit_progressed(&mut self, unit: UnitId, bytes_read: u64) {
        for run in self.runs.values_mut() {
            run.unit_progressed(unit, bytes_read);
        }
    }

    /// All units that a worker was given are over: it may have others.
    pub(super) fn units_over(&mut self, slot: usize, units: Vec<(UnitId, UnitOver)>) {
        for (unit, over) in units {
            self.unit_over(unit, over);
        }
        self.pool.free(slot);
        self.dispatch();
    }

    /// A unit is over: its results and failures go to the publisher, what its worker fell over is tried
    /// again, and what lies under a root that is away is left.
    fn unit_over(&mut self, unit: UnitId, over: UnitOver) {
        let UnitOver { mut answers, bytes_read, spent, end } = over;
        let (end, sentence, root) = match end {
            UnitOutcome::Done => {
                (backlog::UnitEnd::Done, "The worker ended its work without a result.".to_owned(), None)
            }
            UnitOutcome::Fell { how, sentence } => {
                tracing::warn!(unit, %sentence, "worker");
                (backlog::UnitEnd::Fell(how), sentence, None)
            }
            UnitOutcome::NotBegun => (backlog::UnitEnd::NotBegun, String::new(), None),
            UnitOutcome::Left { root } => (backlog::UnitEnd::Left, String::new(), root),
            UnitOutcome::Impossible { sentence } => {
                let runs = self.backlog.runs_of(unit);
                self.backlog.over(unit, &[], backlog::UnitEnd::Left);
                return runs.into_iter().for_each(|run| self.fail_run(run, sentence.clone()));
            }
        };
        let answered: Vec<usize> = answers.iter().map(|(want, _)| *want).collect();
        let Some(Over { source, wants, given_up, left, cut }) = self.backlog.over(unit, &answered, end)
        else {
            return;
        };
        for run in cut {
            if let Some(run) = self.runs.get_mut(&run) {
                run.phase = run.phase.cut();
                run.unit_ended(unit, bytes_read);
            }
        }
        // What falls alone, again and again, is the content's fault, whatever the worker died of.
        answers.extend(given_up.into_iter().map(|want| (want, Err(Failure::content(sentence.clone())))));
        for run in wants.iter().flat_map(|want| &want.runs) {
            if let Some(run) = self.runs.get_mut(run) {
                run.unit_ended(unit, bytes_read);
            }
        }
        if answers.iter().all(|(_, answer)| answer.is_ok()) && answers.len() == wants.len() {
            self.estimates.note(UnitCost {
                kinds: Backlog::kinds(&wants),
                size_bytes: spent.size_bytes,
                media_seconds: spent.media_seconds,
                bytes_read,
                seconds: spent.seconds,
                made_at: self.clock.now(),
            });
        }
        let waiting: Vec<RunId> =
            self.runs.values().filter(|run| run.phase.detach_at().is_some()).map(|run| run.id).collect();
        for run in left.into_iter().flat_map(|want| wants[want].runs.clone()) {
            self.leave(run, root.clone());
        }
        // What a run left at its window's end is not tried again for it.
        waiting.into_iter().for_each(|run| self.end_if_done(run));
        for (want, _) in answers.iter().filter(|(_, answer)| answer.is_ok()) {
            for run in &wants[*want].ahead {
                if let Some(done) = self.done_ahead.get_mut(run) {
                    *done += 1;
                }
            }
        }
        for (want, _) in &answers {
            let Want { spec, runs, .. } = &wants[*want];
            for run in runs {
                if let Some(run) = self.runs.get_mut(run) {
                    run.unit_answered(source, spec.kind());
                }
            }
        }
        let is_forced = |run: &&RunId| self.runs.get(run).is_some_and(|run| run.tries_again());
        let forced = wants.iter().flat_map(|want| &want.runs).filter(is_forced).copied().collect();
        self.publisher.settle(UnitResult { unit, source, wants, answers, bytes_read, spent, forced });
    }

    /// A run goes on without one of its lacks, which stays a lack.
    fn leave(&mut self, id: RunId, root: Option<String>) {
        self.backlog.settle(id);
        if let Some(run) = self.runs.get_mut(&id) {
            run.step_left(root);
        }
        self.end_if_done(id);
    }

    /// A unit's results are stored: its runs are further.
    pub(super) fn settled(&mut self, settled: Settled) {
        match settled {
            Settled::Stored { runs, failed, facts } => {
                for (id, steps) in runs {
                    if steps.contains(&Came::Failed)
                        && let Some(run) = self.runs.get_mut(&id)
                    {
                        run.files_failed(failed.iter().copied());
                    }
                    for came in steps {
                        self.backlog.settle(id);
                        if let Some(run) = self.runs.get_mut(&id) {
                            run.step_done(came);
                        }
                    }
                    if let Some(progress) = self.runs.get(&id).map(|run| run.progress(None)) {
                        self.tell(progress);
                    }
                    self.end_if_done(id);
                    self.count_during_work(id);
                }
                for fact in facts {
                    self.tell(fact);
                }
            }
            Settled::Impossible { runs, sentence } => {
                for run in runs {
                    self.fail_run(run, sentence.clone());
                }
            }
        }
    }
}

/// The part of all workers' rate, megabytes a second, that is one's with so many of the threads: together
/// they read no more. None where there is no such rate.
fn rate_of(megabytes: u64, threads: u16, of: u16) -> Option<NonZeroU64> {
    let bytes = u128::from(megabytes) * 1_000_000 * u128::from(threads) / u128::from(of.max(1));
    NonZeroU64::new(u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// How many brief units a worker is given in one go: many where many wait, and one where the workers would
/// otherwise wait for each other, or a stop for them.
fn in_one_go(waiting: usize, workers: u16) -> usize {
    (waiting / (4 * usize::from(workers))).clamp(1, MAX_UNITS)
}

/// How much of the clock's time a unit will take; none where one of its products was never made.
fn lasts(
    library: &Library,
    clock: &Clock,
    estimates: &Estimates,
    source: SourceId,
    wants: &[Want],
) -> Option<SignedDuration> {
    let size = library.source_size(source).ok().flatten()?;
    let seconds = estimates.seconds(&Backlog::kinds(wants), size)?;
    SignedDuration::try_from_secs_f64(clock.own_seconds(seconds)).ok()
}

/// What past units say of how long one lasts; where that can't be read, nothing.
pub(super) fn estimates(library: &Library) -> Estimates {
    library.costs().map_or_else(
        |error| {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what past units took could not be read");
            Estimates::default()
        },
        Estimates::of,
    )
}

fn lacks_media_info(library: &Library, source: SourceId) -> bool {
    match library.product(source, ProductKind::MediaInfo) {
        Ok(product) => !product.is_some_and(|product| product.is_usable()),
        Err(error) => {
            tracing::error!(%source, error = &error as &dyn std::error::Error, "a product could not be read");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_the_rate_by_their_threads_and_without_one_read_as_fast_as_they_can() {
        let rate = |megabytes, threads, of| rate_of(megabytes, threads, of).map(NonZeroU64::get);
        assert_eq!(rate(20, 4, 4), Some(20_000_000));
        assert_eq!(rate(20, 1, 4), Some(5_000_000));
        assert_eq!(rate(1, 1, 64), Some(15_625));
        assert_eq!(rate(0, 1, 4), None);
    }
}
