//! Stores what units bring: the blob first, then one transaction with the products, the failures and the
//! progress of every run concerned. It works on a thread of its own, since fsync takes its time; what came
//! while it did is stored together, so that one commit serves many units whose work is short, such as the
//! headers of a first scan.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use butler_api::RunId;
use butler_library::{
    BlobError, FileMark, Library, MadeProduct, NewFailure, Published, PublishedUnit, RunGain, RunLine,
    SourceFile, SourceId, UnitCost, VitalThread,
};
use butler_product::{Failure, ProductKind, Value};
use butler_schedule::windows_ahead;
use butler_tasks::Settings;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::door::fact::{Came, What};
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::error_chain::{OWN_FAULT, with_causes};
use crate::schedule_settings::of_schedule;
use crate::unit::backlog::{UnitId, Want};
use crate::unit::retry;
use crate::unit::{Made, Settled, Spent, UnitResult};

/// At most so many units in one go.
const GROUP: usize = 256;
/// So long the first of them waits for others: a commit is a write to the disk, and worth sharing.
const GATHER: Duration = Duration::from_millis(25);

/// While so many units wait to be stored none is begun. Those whose work is short come in bursts, and wait
/// for a commit together.
pub(crate) const MOST_UNSETTLED: usize = 1_024;
/// The same of blobs, each of which is an open file.
const MOST_BLOBS: usize = 256;

/// A want that was answered, and by whom it is waited for.
type Answered = (SourceId, ProductKind, BTreeSet<RunId>);

/// A unit that was handed in.
struct Unsettled {
    answered: Vec<Answered>,
    blobs: usize,
}

/// The publisher's door.
pub(crate) struct Publisher {
    /// Before its door, as it returns when that is dropped.
    thread: Option<VitalThread>,
    /// The units that were handed in and that the loop has not heard of since.
    unsettled: HashMap<UnitId, Unsettled>,
    /// Of all of these.
    blobs: usize,
    results: Option<mpsc::Sender<UnitResult>>,
}

impl Publisher {
    pub(crate) fn start(
        library: Library,
        settings: watch::Receiver<Arc<Settings>>,
        inbox: Inbox,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let (results, incoming) = mpsc::channel::<UnitResult>();
        let threads = library.vital_threads().clone();
        let thread = threads.spawn("publisher", move |fail_point| {
            let ground = Ground { library, settings, clock };
            while let Ok(first) = incoming.recv() {
                fail_point.pass();
                for (unit, settled) in store(&ground, gather(first, &incoming)) {
                    inbox.tell(EngineEvent::Settled { unit, settled });
                }
            }
        })?;
        Ok(Self { unsettled: HashMap::new(), blobs: 0, results: Some(results), thread: Some(thread) })
    }

    pub(crate) fn settle(&mut self, result: UnitResult) {
        let answered = result.answers.iter().map(|(want, _)| {
            let want = &result.wants[*want];
            (result.source, want.spec.kind(), want.runs.clone())
        });
        let has_blob =
            |answer: &&(usize, Result<Made, Failure>)| matches!(&answer.1, Ok(made) if made.blob.is_some());
        let blobs = result.answers.iter().filter(has_blob).count();
        self.blobs += blobs;
        self.unsettled.insert(result.unit, Unsettled { answered: answered.collect(), blobs });
        if let Some(results) = &self.results {
            // The thread ends only with this door.
            let _ = results.send(result);
        }
    }

    /// The loop has heard how one that was handed in is settled.
    pub(crate) fn settled(&mut self, unit: UnitId) {
        self.blobs -= self.unsettled.remove(&unit).map_or(0, |unit| unit.blobs);
    }

    /// What units have answered to a run and is not stored yet, as far as is known.
    pub(crate) fn on_the_way(&self, run: RunId) -> HashSet<(SourceId, ProductKind)> {
        let of_run = self
            .unsettled
            .values()
            .flat_map(|unit| &unit.answered)
            .filter(|(_, _, runs)| runs.contains(&run));
        of_run.map(|(source, kind, _)| (*source, *kind)).collect()
    }

    /// Whether storing does not keep up with what the workers make.
    pub(crate) fn is_behind(&self) -> bool {
        self.unsettled.len() >= MOST_UNSETTLED || self.blobs >= MOST_BLOBS
    }

    /// Stores what was handed in, and ends.
    pub(crate) fn end(&mut self) {
        let thread = self.thread.take();
        if let Some(thread) = &thread {
            thread.may_return();
        }
        self.results = None;
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the publisher panicked");
        }
    }
}

/// A unit, and those that end shortly after it.
fn gather(first: UnitResult, incoming: &mpsc::Receiver<UnitResult>) -> Vec<UnitResult> {
    let (mut results, until) = (vec![first], Instant::now() + GATHER);
    while results.len() < GROUP
        && let Ok(next) = incoming.recv_timeout(until.saturating_duration_since(Instant::now()))
    {
        results.push(next);
    }
    results
}

/// Why a unit's results can't be stored.
#[derive(Debug, thiserror::Error)]
enum PublishError {
    #[error("the blob could not be published")]
    Blob(#[from] BlobError),
    #[error("the database could not be read or written")]
    Store(#[from] butler_library::StoreError),
}

/// A unit's results on their way into the database.
enum Prepared {
    /// Ready to be stored, with what is told once they are.
    Unit {
        unit: Box<PublishedUnit>,
        runs: BTreeMap<RunId, Vec<Came>>,
        failed: Vec<FileMark>,
        facts: Vec<What>,
    },
    /// Nothing is to be stored.
    Settled(Settled),
}

/// What results are stored with.
struct Ground {
    library: Library,
    settings: watch::Receiver<Arc<Settings>>,
    clock: Clock,
}

fn store(ground: &Ground, results: Vec<UnitResult>) -> Vec<(UnitId, Settled)> {
    let (mut settled, mut ready, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for result in results {
        let id = result.unit;
        let concerned: Vec<RunId> = result.wants.iter().flat_map(|want| want.runs.iter().copied()).collect();
        // A fault here must not end the thread: every run would wait for it for ever.
        match std::panic::catch_unwind(AssertUnwindSafe(|| prepare(ground, result))) {
            Ok(Ok(Prepared::Unit { unit, runs, failed, facts })) => {
                ready.push((id, concerned, unit.source, (runs, failed, facts)));
                units.push(*unit);
            }
            Ok(Ok(Prepared::Settled(done))) => settled.push((id, done)),
            Ok(Err(error)) => settled.push((id, impossible(concerned, &error))),
            Err(_) => {
                let done = Settled::Impossible { runs: concerned, sentence: OWN_FAULT.to_owned() };
                settled.push((id, done));
            }
        }
    }
    for ((id, concerned, source, (runs, failed, facts)), published) in
        ready.into_iter().zip(ground.library.publish_each(units))
    {
        let done = match published {
            Ok(published) => {
                if published == Published::SourceGone {
                    tracing::info!(%source, "a source went while a worker had it in hand; its results were \
                                             not kept");
                }
                Settled::Stored { runs, failed, facts }
            }
            Err(error) => impossible(concerned, &error.into()),
        };
        settled.push((id, done));
    }
    settled
}

fn impossible(runs: Vec<RunId>, error: &PublishError) -> Settled {
    tracing::error!(error = error as &dyn std::error::Error, "a unit's results could not be stored");
    let sentence = format!(
        "A result could not be stored: {}. Mend that and start the task again; nothing that was stored is \
         lost.",
        with_causes(error)
    );
    Settled::Impossible { runs, sentence }
}

/// Names the blobs of a unit and puts together what is to be stored; what is settled without is answered as
/// it is.
fn prepare(
    Ground { library, settings, clock }: &Ground,
    result: UnitResult,
) -> Result<Prepared, PublishError> {
    let UnitResult { unit: _, source, wants, answers, bytes_read, spent, forced } = result;
    let runs = steps(&wants, &answers);
    let Some(made_from) = library.fingerprint(source)? else {
        // The source went with its last file, and its lacks with it.
        return Ok(Prepared::Settled(Settled::Stored { runs, failed: Vec::new(), facts: Vec::new() }));
    };
    let made_at = clock.now();
    let concerned: BTreeSet<RunId> = wants.iter().flat_map(|want| want.runs.iter().copied()).collect();
    let files = match answers.iter().any(|(_, answer)| answer.is_err()) {
        true => library.files_of(source)?,
        false => Vec::new(),
    };
    let failed: Vec<FileMark> = files.iter().map(|file| FileMark::of_path(&file.path)).collect();
    let lines = lines(&concerned, &wants, &answers, &files, made_at);
    let gains = gains(&concerned, &runs, &failed, lines, bytes_read);
    let cost = cost(&wants, &answers, bytes_read, spent, made_at);
    let mut facts = told_of(&wants, &answers, bytes_read, spent);
    let mut unit =
        PublishedUnit { source, made_from, products: Vec::new(), failures: Vec::new(), gains, cost, made_at };
    // Where the headers could not be read, that is the one failure there is; the unit's other wants fail on
    // their runs only.
    let headers_failed = answers
        .iter()
        .any(|(want, answer)| answer.is_err() && wants[*want].spec.kind() == ProductKind::MediaInfo);
    for (want, answer) in answers {
        let want = &wants[want];
        let kind = want.spec.kind();
        match answer {
            Ok(Made { value, blob }) => {
                let blob = blob
                    .map(|(staged, bytes)| staged.publish(&want.spec.blob_name(made_from), bytes))
                    .transpose()?;
                unit.products.push(MadeProduct { spec: want.spec.clone(), value, blob });
            }
            Err(failure) if kind == ProductKind::MediaInfo || !headers_failed => {
                let version = kind.version();
                let before = library.tries(source, kind, version, failure.class)?;
                // Headers are read whoever wants them: then it is the unit's runs that met the failure.
                let runs = if want.runs.is_empty() { &concerned } else { &want.runs };
                let counts = runs.is_empty() || !runs.is_subset(&forced);
                let of_schedule = of_schedule(&settings.borrow(), library);
                let windows = windows_ahead(&of_schedule, made_at);
                let next_try_at = retry::next_try(&failure, before, counts, made_at, windows);
                let run = runs.first().copied();
                unit.failures.push(NewFailure {
                    kind,
                    version,
                    class: failure.class,
                    sentence: failure.sentence,
                    run,
                    next_try_at,
                    counts,
                });
            }
            Err(_) => {}
        }
    }
    facts.extend(told_of_failures(&files, &unit.failures));
    Ok(Prepared::Unit { unit: Box::new(unit), runs, failed, facts })
}

/// The kinds of a unit that came to something, in the order in which they are made.
fn kinds<'a>(
    wants: &'a [Want],
    answers: &'a [(usize, Result<Made, Failure>)],
) -> impl Iterator<Item = ProductKind> + 'a {
    let answered = |place: usize| answers.iter().any(|(want, _)| *want == place);
    wants.iter().enumerate().filter(move |(place, _)| answered(*place)).map(|(_, want)| want.spec.kind())
}

/// What a unit took. One of which something failed or was left says nothing of what the next will take.
fn cost(
    wants: &[Want],
    answers: &[(usize, Result<Made, Failure>)],
    bytes_read: u64,
    spent: Spent,
    made_at: jiff::Timestamp,
) -> Option<UnitCost> {
    let is_whole = answers.len() == wants.len() && answers.iter().all(|(_, answer)| answer.is_ok());
    let Spent { seconds, size_bytes, media_seconds } = spent;
    is_whole.then(|| UnitCost {
        kinds: kinds(wants, answers).collect(),
        size_bytes,
        media_seconds,
        bytes_read,
        seconds,
        made_at,
    })
}

/// What is told of a unit: that it is over, and what came of each product.
fn told_of(
    wants: &[Want],
    answers: &[(usize, Result<Made, Failure>)],
    bytes_read: u64,
    spent: Spent,
) -> Vec<What> {
    let Spent { seconds, media_seconds, .. } = spent;
    let finished =
        What::UnitFinished { kinds: kinds(wants, answers).collect(), seconds, bytes_read, media_seconds };
    let made = |(want, answer): &(usize, Result<Made, Failure>)| What::ProductMade {
        kind: wants[*want].spec.kind(),
        result: came(answer),
    };
    std::iter::once(finished).chain(answers.iter().map(made)).collect()
}

/// What came of a want.
const fn came(answer: &Result<Made, Failure>) -> Came {
    match answer {
        Ok(Made { value: Value::Nothing { .. }, .. }) => Came::Nothing,
        Ok(_) => Came::Made,
        Err(_) => Came::Failed,
    }
}

/// For each run what came of each of its wants that was answered.
fn steps(wants: &[Want], answers: &[(usize, Result<Made, Failure>)]) -> BTreeMap<RunId, Vec<Came>> {
    let mut runs: BTreeMap<RunId, Vec<Came>> = BTreeMap::new();
    for (want, answer) in answers {
        for run in &wants[*want].runs {
            runs.entry(*run).or_default().push(came(answer));
        }
    }
    runs
}

/// What the unit adds to each run that wanted something of it: the bytes of a shared read count for each.
fn gains(
    concerned: &BTreeSet<RunId>,
    runs: &BTreeMap<RunId, Vec<Came>>,
    failed: &[FileMark],
    mut lines: BTreeMap<RunId, Vec<RunLine>>,
    bytes_read: u64,
) -> Vec<RunGain> {
    let gain = |run: RunId| {
        let steps = runs.get(&run).map_or(&[][..], Vec::as_slice);
        let failures = steps.iter().filter(|came| **came == Came::Failed).count() as u64;
        let failed_files = if failures > 0 { failed.to_vec() } else { Vec::new() };
        let lines = lines.remove(&run).unwrap_or_default();
        RunGain { run, done: steps.len() as u64, failures, failed_files, bytes_read, lines }
    };
    concerned.iter().copied().map(gain).collect()
}

/// What each run's log says of what failed. Products of one file that fail for one reason are one line.
fn lines(
    concerned: &BTreeSet<RunId>,
    wants: &[Want],
    answers: &[(usize, Result<Made, Failure>)],
    files: &[SourceFile],
    at: jiff::Timestamp,
) -> BTreeMap<RunId, Vec<RunLine>> {
    let file = files.first().map(|file| file.path.display().to_string()).unwrap_or_default();
    let mut lines: BTreeMap<RunId, Vec<RunLine>> = BTreeMap::new();
    for (want, answer) in answers {
        let Err(failure) = answer else { continue };
        let line = RunLine::new(at, &format!("{file}: {}", failure.sentence), true);
        // Headers are read whoever wants them: then it is the unit's runs that met the failure.
        let runs = Some(&wants[*want].runs).filter(|runs| !runs.is_empty()).unwrap_or(concerned);
        for run in runs {
            let of_run = lines.entry(*run).or_default();
            if !of_run.contains(&line) {
                of_run.push(line.clone());
            }
        }
    }
    lines
}

fn told_of_failures(files: &[SourceFile], failures: &[NewFailure]) -> Vec<What> {
    let part = files.first().map(|file| file.path.display().to_string()).unwrap_or_default();
    let told = failures.iter().map(|failure| What::PartFailed {
        part: part.clone(),
        files: files.len() as u64,
        product: failure.kind,
        sentence: failure.sentence.clone(),
    });
    told.collect()
}
