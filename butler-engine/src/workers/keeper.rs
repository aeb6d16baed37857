//! Keeps one worker: hands over what `opening.rs` opened for it, listens, and tells the loop what came of the
//! units. The worker's life hangs on this thread.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use butler_library::Library;
use butler_product::media_info::MediaInfo;
use butler_product::message::FromWorker;
use butler_product::{Failure, FailureClass};

use crate::door::surroundings::Patience;
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::error_chain::{OWN_FAULT, with_causes};
use crate::unit::backlog::{Fall, UnitId};
use crate::unit::media_file;
use crate::unit::{Made, Spent, UnitJob, UnitOutcome, UnitOver};
use crate::workers::answers::{Answer, Arrived, checked};
use crate::workers::interrupts::Interrupts;
use crate::workers::opening::{self, NotBegun, Opened};
use crate::workers::process::{Ending, Process};

/// How long a worker beyond the first stays without work.
const IDLE: Duration = Duration::from_secs(60);
/// Bytes that a product may well need: with less free, one that could not be written found no room.
const ROOM: u64 = 64 << 20;

/// What a keeper works with.
pub(super) struct Keeper {
    pub(super) slot: usize,
    pub(super) program: PathBuf,
    pub(super) patience: Patience,
    pub(super) library: Library,
    pub(super) inbox: Inbox,
    pub(super) interrupts: Arc<Interrupts>,
}

/// A unit that its worker had in hand, and what the worker said of it.
struct Ended {
    /// Its place among the units that were given.
    place: usize,
    opened: Opened,
    answers: Vec<Answer>,
    bytes_read: u64,
    took: Duration,
    end: UnitOutcome,
}

impl Keeper {
    /// Does units until the door is closed.
    pub(super) fn keep(self, jobs: &mpsc::Receiver<UnitJob>) {
        let mut process = None;
        if self.slot == 0 {
            // Warm from the start; why it can't be is told, and tried again with the first unit.
            let _ = self.worker(&mut process);
        }
        loop {
            match jobs.recv_timeout(IDLE) {
                Ok(job) => {
                    // A fault here must not end the thread: its runs would wait for the units for ever.
                    let over =
                        std::panic::catch_unwind(AssertUnwindSafe(|| self.do_units(&mut process, &job)));
                    let over = over.unwrap_or_else(|_| {
                        process = None;
                        let fault = |plan| NotBegun::Impossible(OWN_FAULT.to_owned()).over(plan);
                        job.plans.iter().map(fault).collect()
                    });
                    if process.is_none() {
                        self.inbox.tell(EngineEvent::WorkerGone { slot: self.slot });
                    }
                    let units = job.plans.iter().map(|plan| plan.unit).zip(over).collect();
                    self.inbox.tell(EngineEvent::UnitsOver { slot: self.slot, units });
                }
                Err(mpsc::RecvTimeoutError::Timeout) if self.slot > 0 => {
                    if process.take().is_some() {
                        self.inbox.tell(EngineEvent::WorkerGone { slot: self.slot });
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How each of the units ended, in their order.
    fn do_units(&self, process: &mut Option<Process>, job: &UnitJob) -> Vec<UnitOver> {
        let needs_fresh = job.plans.iter().any(|plan| plan.fresh_worker);
        if needs_fresh && process.as_ref().is_some_and(|process| process.units_done() > 0) {
            *process = None;
        }
        let begun_at = Instant::now();
        let mut over: BTreeMap<usize, UnitOver> = BTreeMap::new();
        let mut opened: Vec<(usize, Opened)> = Vec::new();
        for (place, unit) in opening::open_each(&self.library, &job.plans).into_iter().enumerate() {
            match unit {
                Ok(unit) => opened.push((place, unit)),
                Err(why) => _ = over.insert(place, why.over(&job.plans[place])),
            }
        }
        if opened.is_empty() {
            return over.into_values().collect();
        }
        match self.worker(process) {
            Ok(worker) => {
                opened.retain(|(place, _)| {
                    let plan = &job.plans[*place];
                    let is_cancelled = self.interrupts.is_cancelled(plan.unit);
                    if is_cancelled {
                        over.insert(*place, nothing_of(UnitOutcome::Done));
                    }
                    !is_cancelled
                });
                let opening = begun_at.elapsed() / u32::try_from(opened.len().max(1)).unwrap_or(u32::MAX);
                let ended = self.execute(worker, job, opened);
                if ended.iter().any(|unit| matches!(unit.end, UnitOutcome::Fell { .. })) {
                    *process = None;
                }
                over.extend(self.weigh_each(ended, opening));
            }
            Err(sentence) => over.extend(opened.into_iter().map(|(place, _)| {
                (place, nothing_of(UnitOutcome::Impossible { sentence: sentence.clone() }))
            })),
        }
        over.into_values().collect()
    }

    /// Has the worker do the units that are open.
    fn execute(&self, worker: &mut Process, job: &UnitJob, opened: Vec<(usize, Opened)>) -> Vec<Ended> {
        let plan = |place: usize| &job.plans[place];
        let file = |unit: &Opened| unit.media.file.path.display().to_string();
        let units: Vec<_> = opened.iter().map(|(place, unit)| (plan(*place).unit, file(unit))).collect();
        let mut arrived: BTreeMap<UnitId, Arrived> =
            opened.iter().map(|(place, _)| (plan(*place).unit, Arrived::new(&plan(*place).wants))).collect();
        self.inbox.tell(EngineEvent::UnitsOpened { units });
        let orders = opened.iter().map(|(place, unit)| unit.order(plan(*place), job)).collect();
        let endings = worker.execute(orders, &self.interrupts, &mut |message| match message {
            FromWorker::Progress { unit, bytes_read, .. } => {
                self.inbox.tell(EngineEvent::UnitProgressed { unit, bytes_read })
            }
            FromWorker::Made { unit, .. } | FromWorker::Failed { unit, .. } => {
                if let Some(arrived) = arrived.get_mut(&unit) {
                    arrived.take(message);
                }
            }
            _ => {}
        });
        let ended = |((place, opened), ending): ((usize, Opened), Ending)| {
            let given = arrived.remove(&plan(place).unit).map(Arrived::into_answers).unwrap_or_default();
            let (answers, fault) = checked(&plan(place).wants, given, |want| {
                Some(opened.outputs.get(want)?.as_ref()?.written())
            });
            let (bytes_read, took, end) = match (ending, fault) {
                (Ending::Ended { bytes_read, took }, Some(sentence)) => {
                    (bytes_read, took, UnitOutcome::Fell { how: Fall::ByItself, sentence })
                }
                (Ending::Ended { bytes_read, took }, None) => (bytes_read, took, UnitOutcome::Done),
                (Ending::Fell { how, sentence, bytes_read }, _) => {
                    (bytes_read, Duration::ZERO, UnitOutcome::Fell { how, sentence })
                }
                (Ending::NotBegun, _) => (0, Duration::ZERO, UnitOutcome::NotBegun),
            };
            Ended { place, opened, answers, bytes_read, took, end }
        };
        opened.into_iter().zip(endings).map(ended).collect()
    }

    /// The ends of units, with their places: what holds of what was said of each, and whether it took. What
    /// was made of a file that changed meanwhile is of neither content.
    fn weigh_each(&self, ended: Vec<Ended>, opening: Duration) -> Vec<(usize, UnitOver)> {
        let read: Vec<_> = ended
            .iter()
            .filter(|unit| !unit.answers.is_empty())
            .map(|unit| (&unit.opened.media.file, &unit.opened.media.descriptor))
            .collect();
        let mut looks = media_file::look_again_each(&self.library, &read).into_iter();
        let changed: Vec<Option<Failure>> = ended
            .iter()
            .map(|unit| {
                let look = if unit.answers.is_empty() { None } else { looks.next() };
                look.and_then(Result::err).map(|error| Failure::source(error.sentence()))
            })
            .collect();
        let weighed =
            |(unit, changed): (Ended, Option<Failure>)| (unit.place, self.weigh(unit, changed, opening));
        ended.into_iter().zip(changed).map(weighed).collect()
    }

    /// Turns what the worker said into answers: a product with its blob, or a failure. A file that could not
    /// be read while its root is away is no failure.
    fn weigh(&self, unit: Ended, changed: Option<Failure>, opening: Duration) -> UnitOver {
        let Ended { opened, answers, bytes_read, took, end, .. } = unit;
        let known_ms = opened.known_ms();
        let Opened { media, mut outputs, .. } = opened;
        let root = || Some(media.file.root_path.display().to_string());
        let mut over = UnitOver { answers: Vec::new(), bytes_read, spent: Spent::default(), end };
        // A worker that waits for bytes in vain is no fault of the film's.
        if matches!(over.end, UnitOutcome::Fell { .. })
            && !media_file::still_answers(&self.library, &media.file, &media.descriptor)
        {
            over.end = UnitOutcome::Left { root: root() };
        }
        let answers: Vec<Answer> =
            answers.into_iter().map(|(want, answer)| (want, changed.clone().map_or(answer, Err))).collect();
        let unread =
            |answer: &Result<_, Failure>| matches!(answer, Err(Failure { class: FailureClass::Source, .. }));
        if answers.iter().any(|(_, answer)| unread(answer)) {
            let has_output = |want: &usize| outputs.get(*want).is_some_and(Option::is_some);
            if media_file::is_root_away(&self.library, &media.file) {
                over.end = UnitOutcome::Left { root: root() };
            } else if changed.is_none()
                && answers.iter().any(|(want, answer)| unread(answer) && has_output(want))
                && let Some(sentence) = self.no_room()
            {
                over.end = UnitOutcome::Impossible { sentence };
                return over;
            }
        }
        for (want, answer) in answers {
            if unread(&answer) && matches!(over.end, UnitOutcome::Left { .. }) {
                continue;
            }
            let made = answer.map(|(value, bytes)| {
                let blob = bytes.and_then(|bytes| Some((outputs.get_mut(want)?.take()?.staged, bytes)));
                Made { value, blob }
            });
            over.answers.push((want, made));
        }
        let info =
            |(_, answer): &(_, Result<Made, _>)| answer.as_ref().ok()?.value.get::<MediaInfo>()?.duration_ms;
        let read_now = over.answers.iter().find_map(info);
        over.spent = Spent {
            seconds: (took + opening).as_secs_f64(),
            size_bytes: media.file.size,
            media_seconds: read_now.or(known_ms).map(|ms| ms as f64 / 1_000.0),
        };
        over
    }

    /// A full disk is no film's failure: it stops the run. Asked while the worker's outputs still lie there.
    fn no_room(&self) -> Option<String> {
        let free = self.library.blobs().free_bytes().ok().filter(|free| *free < ROOM)?;
        let megabytes = free / 1_000_000;
        Some(format!(
            "The disk that holds the data folder is full: {megabytes} MB are free. Make room and start the \
             task again; nothing that was stored is lost."
        ))
    }

    /// The warm worker, or a new one.
    fn worker<'process>(
        &self,
        process: &'process mut Option<Process>,
    ) -> Result<&'process mut Process, String> {
        let started = match process.take() {
            Some(process) => process,
            None => Process::start(&self.program, self.patience)
                .inspect(|process| {
                    self.inbox.tell(EngineEvent::WorkerKnown {
                        slot: self.slot,
                        sandbox: Ok(process.hello().sandbox),
                    });
                })
                .map_err(|error| {
                    tracing::error!(error = &error as &dyn std::error::Error, "no worker");
                    let sentence = format!(
                        "No worker could be started: {}. Install `butler-worker` beside `butler`, both from \
                         the same release.",
                        with_causes(&error)
                    );
                    self.inbox
                        .tell(EngineEvent::WorkerKnown { slot: self.slot, sandbox: Err(sentence.clone()) });
                    sentence
                })?,
        };
        Ok(process.insert(started))
    }
}

/// The end of a unit of which nothing came.
fn nothing_of(end: UnitOutcome) -> UnitOver {
    UnitOver { answers: Vec::new(), bytes_read: 0, spent: Spent::default(), end }
}
