//! Keeps one worker: opens the media and the outputs for it, hands them over, listens, and tells the loop
//! what came of it. The worker's life hangs on this thread.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use butler_library::{BlobError, Library, SourceFile, Staged, StoredProduct};
use butler_product::media_info::MediaInfo;
use butler_product::message::{FromWorker, Limits, Order};
use butler_product::{Failure, FailureClass, Spec};

use crate::backlog::{Fall, UnitId};
use crate::causes::{OWN_FAULT, with_causes};
use crate::event::EngineEvent;
use crate::inbox::Inbox;
use crate::media_file;
use crate::surroundings::Patience;
use crate::unit::{Made, Spent, UnitJob, UnitOutcome, UnitOver, UnitWord};
use crate::workers::answers::{Answer, Arrived, checked};
use crate::workers::process::{Ending, Process};
use crate::workers::wishes::Wishes;

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
    pub(super) wishes: Arc<Wishes>,
}

/// A unit that can't even begin.
enum NotBegun {
    /// The file can't be read, and its root is there.
    Unreadable(Failure),
    /// Its root is away, or no file holds the source any more.
    Left { root: Option<String> },
    /// Nothing can be done at all.
    Impossible(String),
}

/// The open media file of a unit.
struct Media {
    file: SourceFile,
    descriptor: File,
}

/// Where a worker writes a product's blob.
struct Output {
    staged: Staged,
    descriptor: OwnedFd,
}

impl Output {
    fn new(library: &Library) -> Result<Self, BlobError> {
        let staged = library.blobs().staged()?;
        Ok(Self { descriptor: staged.descriptor()?, staged })
    }

    /// Bytes that lie in it; one that can't be looked at holds nothing that could be kept.
    fn written(&self) -> u64 {
        self.staged.file().metadata().map_or(0, |metadata| metadata.len())
    }
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
                    let unit = job.plan.unit;
                    // A fault here must not end the thread: its runs would wait for the unit for ever.
                    let over = std::panic::catch_unwind(AssertUnwindSafe(|| self.do_unit(&mut process, job)));
                    let over = over.unwrap_or_else(|_| {
                        process = None;
                        UnitOver {
                            answers: Vec::new(),
                            bytes_read: 0,
                            spent: Spent::default(),
                            end: UnitOutcome::Impossible { sentence: OWN_FAULT.to_owned() },
                        }
                    });
                    if process.is_none() {
                        self.inbox.tell(EngineEvent::WorkerGone { slot: self.slot });
                    }
                    self.tell(unit, UnitWord::Over(over));
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

    fn do_unit(&self, process: &mut Option<Process>, job: UnitJob) -> UnitOver {
        if job.plan.fresh_worker && process.as_ref().is_some_and(|process| process.units_done() > 0) {
            *process = None;
        }
        let begun_at = Instant::now();
        let begun = self
            .open_media(&job)
            .and_then(|media| Ok((media, self.open_outputs(&job)?, self.known_media_info(&job)?)));
        let over = |end| UnitOver { answers: Vec::new(), bytes_read: 0, spent: Spent::default(), end };
        let (media, outputs, media_info) = match begun {
            Ok(begun) => begun,
            Err(NotBegun::Unreadable(failure)) => {
                let answers = (0..job.plan.wants.len()).map(|want| (want, Err(failure.clone()))).collect();
                return UnitOver { answers, bytes_read: 0, spent: Spent::default(), end: UnitOutcome::Done };
            }
            Err(NotBegun::Left { root }) => return over(UnitOutcome::Left { root }),
            Err(NotBegun::Impossible(sentence)) => return over(UnitOutcome::Impossible { sentence }),
        };
        let worker = match self.worker(process) {
            Ok(worker) => worker,
            Err(sentence) => return over(UnitOutcome::Impossible { sentence }),
        };
        if self.wishes.is_cancelled(job.plan.unit) {
            return over(UnitOutcome::Done);
        }
        let known_ms = media_info.as_ref().and_then(|info| info.duration_ms);
        self.tell(job.plan.unit, UnitWord::Opened { file: media.file.path.display().to_string() });
        let (said, bytes_read, frozen, end) = self.execute(worker, &job, &media, &outputs, media_info);
        let (said, fault) =
            checked(&job.plan.wants, said, |want| Some(outputs.get(want)?.as_ref()?.written()));
        let end = match (end, fault) {
            (UnitOutcome::Done, Some(sentence)) => UnitOutcome::Fell { how: Fall::ByItself, sentence },
            (end, _) => end,
        };
        let end = if matches!(end, UnitOutcome::Fell { .. }) {
            *process = None;
            // A worker that waits for bytes in vain is no fault of the film's.
            let answers = media_file::still_answers(&self.library, &media.file, &media.descriptor);
            if answers {
                end
            } else {
                UnitOutcome::Left { root: Some(media.file.root_path.display().to_string()) }
            }
        } else {
            end
        };
        let mut over = self.weigh(&media, said, outputs, bytes_read, end);
        let info =
            |(_, answer): &(_, Result<Made, _>)| answer.as_ref().ok()?.value.get::<MediaInfo>()?.duration_ms;
        let read_now = over.answers.iter().find_map(info);
        let media_seconds = read_now.or(known_ms).map(|ms| ms as f64 / 1_000.0);
        over.spent = Spent {
            seconds: begun_at.elapsed().saturating_sub(frozen).as_secs_f64(),
            size_bytes: media.file.size,
            media_seconds,
        };
        over
    }

    fn execute(
        &self,
        worker: &mut Process,
        job: &UnitJob,
        media: &Media,
        outputs: &[Option<Output>],
        media_info: Option<Box<MediaInfo>>,
    ) -> (Vec<Answer>, u64, Duration, UnitOutcome) {
        let unit = job.plan.unit;
        let order = Order {
            unit,
            extension: media_file::extension(&media.file.path),
            size_bytes: media.file.size,
            wants: job.plan.wants.clone(),
            media_info,
            threads: job.threads,
            limits: Limits::default(),
        };
        let descriptors: Vec<BorrowedFd<'_>> = std::iter::once(media.descriptor.as_fd())
            .chain(outputs.iter().flatten().map(|output| output.descriptor.as_fd()))
            .collect();
        let mut arrived = Arrived::new(&job.plan.wants);
        let ending = worker.execute(order, &descriptors, &self.wishes, &mut |message| match message {
            FromWorker::Progress { bytes_read, .. } => self.tell(unit, UnitWord::Progressed { bytes_read }),
            message => arrived.take(message),
        });
        let said = arrived.into_answers();
        match ending {
            Ending::Ended { bytes_read, frozen } => (said, bytes_read, frozen, UnitOutcome::Done),
            Ending::Fell { how, sentence, bytes_read } => {
                (said, bytes_read, Duration::ZERO, UnitOutcome::Fell { how, sentence })
            }
        }
    }

    /// Turns what the worker said into answers: a product with its blob, or a failure. What was made of a
    /// file that changed meanwhile is of neither content; and a file that could not be read while its root is
    /// away is no failure.
    fn weigh(
        &self,
        media: &Media,
        said: Vec<Answer>,
        mut outputs: Vec<Option<Output>>,
        bytes_read: u64,
        end: UnitOutcome,
    ) -> UnitOver {
        let mut over = UnitOver { answers: Vec::new(), bytes_read, spent: Spent::default(), end };
        if said.is_empty() {
            return over;
        }
        let changed = match media_file::look_again(&self.library, &media.file, &media.descriptor) {
            Ok(()) => None,
            Err(error) => Some(Failure::source(error.sentence())),
        };
        let said: Vec<Answer> =
            said.into_iter().map(|(want, answer)| (want, changed.clone().map_or(answer, Err))).collect();
        let unread =
            |answer: &Result<_, Failure>| matches!(answer, Err(Failure { class: FailureClass::Source, .. }));
        if said.iter().any(|(_, answer)| unread(answer)) {
            if media_file::is_root_away(&self.library, &media.file) {
                over.end = UnitOutcome::Left { root: Some(media.file.root_path.display().to_string()) };
            } else if changed.is_none()
                && said
                    .iter()
                    .any(|(want, answer)| unread(answer) && outputs.get(*want).is_some_and(Option::is_some))
                && let Some(sentence) = self.no_room()
            {
                over.end = UnitOutcome::Impossible { sentence };
                return over;
            }
        }
        for (want, answer) in said {
            if unread(&answer) && matches!(over.end, UnitOutcome::Left { .. }) {
                continue;
            }
            let made = answer.map(|(value, bytes)| {
                let blob = bytes.and_then(|bytes| Some((outputs.get_mut(want)?.take()?.staged, bytes)));
                Made { value, blob }
            });
            over.answers.push((want, made));
        }
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

    /// Opens one of the files that hold the source, as it was when it was scanned.
    fn open_media(&self, job: &UnitJob) -> Result<Media, NotBegun> {
        let files = self.library.files_of(job.plan.source).map_err(|error| {
            NotBegun::Impossible(format!("The library could not be read: {}.", with_causes(&error)))
        })?;
        let mut troubles = Vec::new();
        for file in files {
            match media_file::open(&self.library, &file) {
                Ok(descriptor) => return Ok(Media { file, descriptor }),
                Err(error) => {
                    tracing::debug!(file = %file.path.display(), error = &error as &dyn std::error::Error, "not readable");
                    troubles.push((file, error));
                }
            }
        }
        let Some((_, error)) = troubles.last() else { return Err(NotBegun::Left { root: None }) };
        // As long as one of its roots is away the content may well be there.
        if let Some((file, _)) =
            troubles.iter().find(|(file, _)| media_file::is_root_away(&self.library, file))
        {
            return Err(NotBegun::Left { root: Some(file.root_path.display().to_string()) });
        }
        Err(NotBegun::Unreadable(Failure::source(error.sentence())))
    }

    /// One staged file for each want that has a blob, in the order of the wants.
    fn open_outputs(&self, job: &UnitJob) -> Result<Vec<Option<Output>>, NotBegun> {
        let output = |want: &Spec| want.kind().has_blob().then(|| Output::new(&self.library)).transpose();
        let outputs: Result<Vec<_>, _> = job.plan.wants.iter().map(output).collect();
        outputs.map_err(|error| {
            NotBegun::Impossible(format!("No output could be made: {}.", with_causes(&error)))
        })
    }

    fn known_media_info(&self, job: &UnitJob) -> Result<Option<Box<MediaInfo>>, NotBegun> {
        let stored = self.library.product_of::<MediaInfo>(job.plan.source);
        let stored = stored.map_err(|error| {
            NotBegun::Impossible(format!("The library could not be read: {}.", with_causes(&error)))
        })?;
        Ok(stored.filter(StoredProduct::is_usable).map(|stored| Box::new(stored.value)))
    }

    fn tell(&self, unit: UnitId, word: UnitWord) {
        self.inbox.tell(EngineEvent::UnitSaid { slot: self.slot, unit, word });
    }
}
