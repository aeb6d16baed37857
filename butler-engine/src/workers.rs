//! The workers: one slot a core, each with a keeper's thread that starts its process when it is needed and
//! gives it one unit at a time, or several brief ones. The first slot's worker is warm from the start; those
//! beyond it go when they have been idle for a while.

mod answers;
mod interrupts;
mod keeper;
mod last_words;
mod opening;
mod process;

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use butler_library::Library;

use crate::door::answer::Workers;
use crate::door::surroundings::EngineSettings;
use crate::engine::inbox::Inbox;
use crate::unit::UnitJob;
use crate::unit::backlog::{UnitId, Withdrawal};
pub(crate) use answers::{Arrived, checked};
pub(crate) use interrupts::Interrupts;
use keeper::Keeper;
pub use process::StartError;
pub(crate) use process::{Ending, Process};

/// The slots, as the loop sees them.
pub(crate) struct Pool {
    slots: Vec<Slot>,
    cores: u16,
}

struct Slot {
    jobs: Option<mpsc::Sender<UnitJob>>,
    interrupts: Arc<Interrupts>,
    /// The units in hand and the threads that each is worked on with.
    busy: Option<(Vec<UnitId>, u16)>,
    /// Whether its worker's process is there.
    is_there: bool,
    thread: Option<JoinHandle<()>>,
}

impl Pool {
    pub(crate) fn start(
        settings: &EngineSettings,
        library: &Library,
        inbox: &Inbox,
    ) -> std::io::Result<Self> {
        let cores = settings.cores.max(1);
        let slots = (0..usize::from(cores)).map(|number| {
            let (jobs, incoming) = mpsc::channel();
            let interrupts = Arc::new(Interrupts::default());
            let keeper = Keeper {
                slot: number,
                program: settings.worker_program.clone(),
                patience: settings.patience,
                library: library.clone(),
                inbox: inbox.clone(),
                interrupts: Arc::clone(&interrupts),
            };
            let thread = std::thread::Builder::new()
                .name(format!("worker {number}"))
                .spawn(move || keeper.keep(&incoming))?;
            Ok(Slot { jobs: Some(jobs), interrupts, busy: None, is_there: false, thread: Some(thread) })
        });
        Ok(Self { slots: slots.collect::<std::io::Result<_>>()?, cores })
    }

    /// How many units are worked on at one time, when there are enough.
    pub(crate) const fn cores(&self) -> u16 {
        self.cores
    }

    /// How many slots are free.
    pub(crate) fn free_slots(&self) -> usize {
        self.slots.iter().filter(|slot| slot.busy.is_none()).count()
    }

    /// How many cores are.
    pub(crate) fn free_cores(&self) -> u16 {
        let busy = self.slots.iter().filter_map(|slot| slot.busy.as_ref()).map(|(_, threads)| threads);
        self.cores.saturating_sub(busy.sum())
    }

    /// How many threads the next of so many jobs may have that begin now: they share the free cores.
    pub(crate) fn free_share(&self, jobs: usize) -> u16 {
        share(self.free_cores(), jobs)
    }

    /// Gives units to a free slot; the one with a warm worker first.
    pub(crate) fn give(&mut self, job: UnitJob) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.busy.is_none()) else { return };
        slot.busy = Some((job.plans.iter().map(|plan| plan.unit).collect(), job.threads));
        if let Some(jobs) = &slot.jobs {
            // A keeper's thread ends only with its door.
            let _ = jobs.send(job);
        }
    }

    pub(crate) fn free(&mut self, slot: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.busy = None;
        }
    }

    /// A slot's worker is there, or is no more.
    pub(crate) fn worker_is(&mut self, slot: usize, is_there: bool) {
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.is_there = is_there;
        }
    }

    /// What the workers are doing; `frozen` says whether those with a unit in hand are held.
    pub(crate) fn workers(&self, frozen: bool) -> Workers {
        let mut workers = Workers::default();
        for slot in &self.slots {
            *match (&slot.busy, slot.is_there) {
                (Some(_), _) if frozen => &mut workers.paused,
                (Some(_), _) => &mut workers.working,
                (None, true) => &mut workers.idle,
                (None, false) => &mut workers.absent,
            } += 1;
        }
        workers
    }

    /// Tells the keeper of the unit that it, or a part of it, is wanted no more.
    pub(crate) fn withdraw(&self, withdrawal: Withdrawal) {
        let (Withdrawal::Cancel { unit } | Withdrawal::Drop { unit, .. }) = withdrawal;
        let has_it = |slot: &&Slot| slot.busy.as_ref().is_some_and(|(busy, _)| busy.contains(&unit));
        if let Some(slot) = self.slots.iter().find(has_it) {
            slot.interrupts.leave(withdrawal);
        }
    }

    /// Holds every worker with a unit in hand where it is, or lets all go on: within a quarter of a second.
    pub(crate) fn freeze(&self, frozen: bool) {
        for slot in &self.slots {
            slot.interrupts.freeze(frozen);
        }
    }

    /// Cancels what is in hand and ends every worker. A keeper that hangs on a dead mount is left behind.
    pub(crate) fn end(&mut self) {
        for slot in &mut self.slots {
            slot.jobs = None;
            for unit in slot.busy.iter().flat_map(|(units, _)| units.iter().copied()) {
                slot.interrupts.leave(Withdrawal::Cancel { unit });
            }
        }
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(6);
        for thread in self.slots.iter_mut().filter_map(|slot| slot.thread.take()) {
            while !thread.is_finished() && std::time::Instant::now() < deadline {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            if thread.is_finished() && thread.join().is_err() {
                tracing::error!("a worker's keeper panicked");
            }
        }
    }
}

fn share(free_cores: u16, jobs: usize) -> u16 {
    (free_cores / u16::try_from(jobs).unwrap_or(u16::MAX).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_film_gets_all_cores_and_many_share_them() {
        assert_eq!(share(8, 1), 8);
        assert_eq!(share(8, 2), 4);
        assert_eq!(share(8, 3), 2);
        assert_eq!(share(1, 2), 1);
        assert_eq!(share(0, 1), 1);
    }
}
