//! The worker's one loop: takes the engine's messages, has the units that it is given done one after the
//! other, reports, and leaves when the engine does.
//!
//! It decides nothing about media. The engine starts the executable with one end of a socket pair as its
//! standard input (descriptor 0); every message and descriptor comes and goes over it. Start with
//! [`run_worker`].

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel as thread_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use butler_product::channel::{self, ChannelError};
use butler_product::gain_tags::Retagged;
use butler_product::message::{FromWorker, Hello, MAX_UNITS, Order, PROTOCOL, RetagOrder, ToWorker};
use butler_product::{Failure, ProductKind};
use rustix::net::{AddressFamily, SocketType, sockopt};

use crate::cursor::is_guarded;
use crate::products::Made;
use crate::retag::retag;
use crate::source::Source;
use crate::unit::{Answers, Control, perform};
use crate::watchdog::{self, Watchdog};
use crate::{ffi, sandbox};

/// How often progress is told while a unit is in hand; the engine expects it once a second.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Why a worker does not run.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Standard input is no socket: a person started it.
    #[error("standard input is no socket to a server")]
    NotStartedByServer,
    /// The channel to the engine broke.
    #[error("the channel to the server broke")]
    Channel(#[from] ChannelError),
}

/// The engine's end of things: standard input, if it is a Unix stream socket.
///
/// # Errors
/// If it is anything else, as when a person starts the executable.
pub fn engine_socket() -> Result<UnixStream, WorkerError> {
    let stdin = std::io::stdin();
    let is_ours = sockopt::socket_type(stdin.as_fd()) == Ok(SocketType::STREAM)
        && sockopt::socket_domain(stdin.as_fd()) == Ok(AddressFamily::UNIX);
    let socket = if is_ours { stdin.as_fd().try_clone_to_owned().ok() } else { None };
    socket.map(UnixStream::from).ok_or(WorkerError::NotStartedByServer)
}

/// Raises the sandbox, introduces the worker, and does units until the engine says `Quit` or is gone.
///
/// Must be called before there is a second thread. A unit that is in hand when it returns ends with the
/// process.
///
/// # Errors
/// If the channel breaks, or what comes over it is no message.
pub fn run_worker(socket: UnixStream) -> Result<(), WorkerError> {
    // A panic anywhere ends the process: the engine knows what to do with a worker that fell, and nothing of
    // one that lost a thread.
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if is_guarded() {
            return;
        }
        tell(info);
        process::abort();
    }));
    ffi::silence();
    let sandbox = sandbox::enter();
    let line = Arc::new(Line { socket, speaking: Mutex::default() });
    let products = ProductKind::ALL.map(|kind| (kind, kind.version())).to_vec();
    line.say(&FromWorker::Hello(Hello {
        protocol: PROTOCOL,
        build: env!("CARGO_PKG_VERSION").to_owned(),
        products,
        sandbox,
    }))?;
    match take_messages(&line) {
        Err(ChannelError::Closed) => Ok(()),
        other => Ok(other?),
    }
}

/// The socket; many threads speak, one message at a time.
struct Line {
    socket: UnixStream,
    speaking: Mutex<()>,
}

impl Line {
    fn say(&self, message: &FromWorker) -> Result<(), ChannelError> {
        let _turn = self.speaking.lock().unwrap_or_else(PoisonError::into_inner);
        channel::send(&self.socket, message, &[])
    }

    /// Says it to an engine that may be gone: the thread that listens notices, and ends the process.
    fn tell(&self, message: &FromWorker) {
        let _ = self.say(message);
    }
}

/// A unit that was given.
struct Unit {
    order: Order,
    descriptors: Vec<OwnedFd>,
    given: Given,
}

/// What the outside may change of a unit that was given, until it has ended.
#[derive(Clone)]
struct Given {
    control: Arc<Control>,
    ended: Arc<AtomicBool>,
}

fn take_messages(line: &Arc<Line>) -> Result<(), ChannelError> {
    let (units, waiting) = thread_channel();
    let own = Arc::clone(line);
    thread::spawn(move || work(&own, &waiting));
    let mut given: Vec<Given> = Vec::new();
    loop {
        let (message, descriptors) = channel::receive(&line.socket)?;
        given.retain(|unit| !unit.ended.load(Ordering::Acquire));
        match message {
            ToWorker::Do(order) if given.len() >= MAX_UNITS => refuse(line, &order),
            ToWorker::Do(order) => {
                let new = Given { control: Arc::new(Control::of(&order)), ended: Arc::default() };
                given.push(new.clone());
                // The thread that takes them ends with the process.
                let _ = units.send(Unit { order: *order, descriptors, given: new });
            }
            ToWorker::Cancel { unit } => of(&given, unit).into_iter().for_each(Control::cancel),
            ToWorker::Drop { unit, want } => {
                of(&given, unit).into_iter().for_each(|control| control.drop_want(want))
            }
            ToWorker::Retag(order) => {
                line.tell(&FromWorker::Retagged { outcome: retag_file(&order, descriptors) })
            }
            ToWorker::Probe(probe) => {
                line.tell(&FromWorker::Probed { probe, refused: sandbox::try_out(probe) })
            }
            ToWorker::Quit => return Ok(()),
        }
    }
}

/// Looks at a file's tags: some reads, so that no thread of its own is needed.
fn retag_file(order: &RetagOrder, descriptors: Vec<OwnedFd>) -> Result<Box<Retagged>, Failure> {
    let file = descriptors.into_iter().next();
    let file = file.ok_or_else(|| Failure::worker("The order came without the file's descriptor."))?;
    let source = Source::new(file.into(), order.size_bytes, Arc::default())?;
    retag(&source, &order.retag).map(Box::new)
}

/// The unit that is meant, if it has not ended: words about one that has came too late.
fn of(given: &[Given], unit: u64) -> Option<&Control> {
    given.iter().map(|given| &*given.control).find(|control| control.unit == unit)
}

fn refuse(line: &Line, order: &Order) {
    let failure = Failure::worker("The worker has enough files in hand already.");
    for want in 0..order.wants.len() {
        line.tell(&FromWorker::Failed { unit: order.unit, want, failure: failure.clone() });
    }
    line.tell(&FromWorker::UnitEnded { unit: order.unit, bytes_read: 0 });
}

/// The unit that is being done, and the watch over its time.
type InHand = Option<(Arc<Control>, Watchdog)>;

/// Does unit after unit. As long as there are any, a second thread tells how they go.
fn work(line: &Line, waiting: &Receiver<Unit>) {
    while let Ok(first) = waiting.recv() {
        let (done, until_done) = thread_channel::<()>();
        let in_hand = Mutex::new(None);
        thread::scope(|scope| {
            let in_hand = &in_hand;
            scope.spawn(move || tell_progress(line, in_hand, &until_done));
            for unit in std::iter::once(first).chain(waiting.try_iter()) {
                do_unit(line, unit, in_hand);
            }
            drop(done);
        });
    }
}

fn do_unit(line: &Line, Unit { order, descriptors, given }: Unit, in_hand: &Mutex<InHand>) {
    let Given { control, ended } = given;
    let place = |unit: InHand| *in_hand.lock().unwrap_or_else(PoisonError::into_inner) = unit;
    let watch = Watchdog::new(order.limits.max_fruitless_ms, order.threads, watchdog::spent());
    place(Some((Arc::clone(&control), watch)));
    perform(&order, descriptors, &control, &Spoken { line, unit: order.unit });
    place(None);
    // Said last, and only once the next unit would be taken in its place.
    ended.store(true, Ordering::Release);
    line.tell(&FromWorker::UnitEnded {
        unit: order.unit,
        bytes_read: control.gauges.bytes_read.load(Ordering::Relaxed),
    });
}

fn tell_progress(line: &Line, in_hand: &Mutex<InHand>, until_done: &Receiver<()>) {
    while until_done.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
        // The unit can't end, and no other begin, while it is judged.
        let mut in_hand = in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((control, watch)) = in_hand.as_mut() else { continue };
        if watch.is_fruitless(control.gauges.steps.load(Ordering::Relaxed), watchdog::spent()) {
            give_up(line, control);
        }
        line.tell(&FromWorker::Progress {
            unit: control.unit,
            bytes_read: control.gauges.bytes_read.load(Ordering::Relaxed),
            steps: control.gauges.steps.load(Ordering::Relaxed),
            permille: control.gauges.permille(),
        });
    }
}

/// Says why of all that has no answer, and goes: nothing stops a library that asks nobody, but the process's
/// end. The engine takes the answers, and another worker for the next file.
fn give_up(line: &Line, control: &Control) -> ! {
    for want in control.close_the_rest() {
        line.tell(&FromWorker::Failed { unit: control.unit, want, failure: watchdog::failure() });
    }
    process::abort();
}

/// Answers that go over the socket.
struct Spoken<'a> {
    line: &'a Line,
    unit: u64,
}

impl Answers for Spoken<'_> {
    fn answer(&self, want: usize, outcome: Result<Made, Failure>) {
        let unit = self.unit;
        self.line.tell(&match outcome {
            Ok(Made { value, blob_bytes }) => FromWorker::Made { unit, want, value, blob_bytes },
            Err(failure) => FromWorker::Failed { unit, want, failure },
        });
    }
}
