//! One worker process: started, introduced, given units to do, watched, and killed when it hangs.
//!
//! The process gets one end of a socket pair as its standard input, a pipe for its last words as its standard
//! error, an empty environment and no other descriptor. It never gets a path.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use butler_product::Failure;
use butler_product::channel::{self, ChannelError};
use butler_product::gain_tags::Retagged;
use butler_product::message::{FromWorker, Hello, Order, RetagOrder, Sandbox, ToWorker};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use crate::door::surroundings::Patience;
use crate::unit::backlog::{Fall, UnitId};
use crate::workers::interrupts::Interrupts;
use crate::workers::last_words;

/// How long a new worker may take to introduce itself: a machine that is busy starts programs slowly.
const INTRODUCTION: Duration = Duration::from_secs(15);
/// A cancelled unit must end within this time.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// A killed process that is not gone after this time sits in the kernel, and is left behind.
const REAP_GRACE: Duration = Duration::from_secs(2);
/// CPU priority of a worker: it gives way to whatever else the machine does.
const NICE: i32 = 10;

/// Why no worker could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The executable does not start.
    #[error("could not start `{}`", program.display())]
    Spawn {
        /// The executable.
        program: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// It started, and did not introduce itself.
    #[error("`{}` did not introduce itself", program.display())]
    NoHello {
        /// The executable.
        program: PathBuf,
        /// What came instead.
        source: ChannelError,
    },
    /// It is of another build.
    #[error("`{}` does not fit this server: {why}; install both from the same release", program.display())]
    Mismatch {
        /// The executable.
        program: PathBuf,
        /// What differs.
        why: String,
    },
}

/// How a unit came to its end.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The worker said so. Time in which it was frozen does not count.
    Ended { bytes_read: u64, took: Duration },
    /// The worker is gone or was killed; it can't be used any more.
    Fell { how: Fall, sentence: String, bytes_read: u64 },
    /// The worker fell over a unit that was to be done before this one.
    NotBegun,
}

/// The unit whose turn it is in the worker.
struct Turn {
    unit: UnitId,
    began: Instant,
    bytes_read: u64,
    steps: u64,
    last_step: Instant,
    cancelled: Option<Instant>,
    frozen: Duration,
}

impl Turn {
    fn of(unit: UnitId, is_cancelled: bool) -> Self {
        let now = Instant::now();
        Self {
            unit,
            began: now,
            bytes_read: 0,
            steps: 0,
            last_step: now,
            cancelled: is_cancelled.then_some(now),
            frozen: Duration::ZERO,
        }
    }
}

/// A worker process that has introduced itself.
pub(crate) struct Process {
    /// None once it was left behind.
    child: Option<Child>,
    socket: UnixStream,
    hello: Hello,
    units_done: u64,
    patience: Patience,
}

impl Process {
    /// Starts the executable and waits for its introduction. Must be called on a thread that lives as long as
    /// the worker shall: the worker dies with it.
    pub(crate) fn start(program: &Path, patience: Patience) -> Result<Self, StartError> {
        let spawn_error = |source| StartError::Spawn { program: program.to_owned(), source };
        let (ours, theirs) = UnixStream::pair().map_err(spawn_error)?;
        // A worker that stops in the middle of a message, or takes none, holds its keeper up no longer than a
        // silent one.
        ours.set_read_timeout(Some(patience.silence))
            .and_then(|()| ours.set_write_timeout(Some(patience.silence)))
            .map_err(spawn_error)?;
        // What whoever started the server left open in it is nothing to a worker. Ours are closed by
        // themselves already.
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        #[expect(clippy::disallowed_methods, reason = "a worker asks to die with its server by itself")]
        let mut child = Command::new(program)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .env_clear()
            .current_dir("/")
            .spawn()
            .map_err(spawn_error)?;
        let id = child.id();
        if let Some(words) = child.stderr.take() {
            // Without a thread to read them nobody hears its last words; it does its work all the same.
            let _ = last_words::follow(id, words);
        }
        let mut process = Self {
            child: Some(child),
            socket: ours,
            hello: Hello {
                protocol: 0,
                build: String::new(),
                products: Vec::new(),
                sandbox: Sandbox { rlimits: false, no_new_privs: false, landlock: false, seccomp: false },
            },
            units_done: 0,
            patience,
        };
        let no_hello = |source| StartError::NoHello { program: program.to_owned(), source };
        match process.next_message(INTRODUCTION) {
            Ok(Some(FromWorker::Hello(hello))) => process.hello = hello,
            Ok(_) => return Err(no_hello(ChannelError::Closed)),
            Err(error) => return Err(no_hello(error)),
        }
        if let Some(why) = process.hello.mismatch(env!("CARGO_PKG_VERSION")) {
            return Err(StartError::Mismatch { program: program.to_owned(), why });
        }
        // A preference, not a need: where the kernel refuses, the worker runs at the server's own priority.
        if let Some(pid) = Pid::from_raw(id.cast_signed()) {
            let _ = rustix::process::setpriority_process(Some(pid), NICE);
        }
        Ok(process)
    }

    pub(crate) const fn hello(&self) -> &Hello {
        &self.hello
    }

    pub(crate) const fn units_done(&self) -> u64 {
        self.units_done
    }

    /// Has units done one after the other, and hands on all that the worker says of them; answers how each
    /// ended, in their order. What is asked of a unit meanwhile is told to the worker within a quarter of a
    /// second; while it is to be frozen the process is stopped, and that time counts for nothing. A cancelled
    /// unit is let go on to its end, frozen or not.
    pub(crate) fn execute(
        &mut self,
        orders: Vec<(Order, Vec<BorrowedFd<'_>>)>,
        interrupts: &Interrupts,
        hear: &mut dyn FnMut(FromWorker),
    ) -> Vec<Ending> {
        let units: Vec<UnitId> = orders.iter().map(|(order, _)| order.unit).collect();
        let mut endings = Vec::with_capacity(units.len());
        let given = orders.into_iter().try_for_each(|(order, descriptors)| {
            channel::send(&self.socket, &ToWorker::Do(Box::new(order)), &descriptors)
        });
        let done = given.map_err(|error| self.fallen(&error, 0));
        if let Err(fallen) = done.and_then(|()| self.await_ends(&units, interrupts, hear, &mut endings)) {
            endings.push(fallen);
        }
        endings.resize_with(units.len(), || Ending::NotBegun);
        endings
    }

    /// Asks how a file's gain tags come to be what they shall be; the worker must have no unit in hand. The
    /// sentence says why the worker fell, and is not to be asked again.
    pub(crate) fn retag(
        &mut self,
        file: BorrowedFd<'_>,
        order: RetagOrder,
    ) -> Result<Result<Box<Retagged>, Failure>, String> {
        let size = order.size_bytes;
        let asked = channel::send(&self.socket, &ToWorker::Retag(Box::new(order)), &[file]);
        let (asked_at, mut trouble) = (Instant::now(), asked.err());
        while trouble.is_none() {
            match self.next_message(Duration::from_millis(250)) {
                Ok(Some(FromWorker::Retagged { outcome: Ok(change) })) if !change.is_sound(size) => {
                    self.kill();
                    return Err("The worker answered what can't be.".to_owned());
                }
                Ok(Some(FromWorker::Retagged { outcome })) => return Ok(outcome),
                Ok(_) if asked_at.elapsed() > self.patience.silence => {
                    self.kill();
                    let seconds = self.patience.silence.as_secs();
                    return Err(format!("The worker hung: it said nothing for {seconds} seconds."));
                }
                Ok(_) => {}
                Err(error) => trouble = Some(error),
            }
        }
        match trouble.map(|error| self.fallen(&error, 0)) {
            Some(Ending::Fell { sentence, .. }) => Err(sentence),
            _ => Err("The worker fell silent.".to_owned()),
        }
    }

    /// Follows the worker from unit to unit, and keeps how each ended; or how the worker fell.
    fn await_ends(
        &mut self,
        units: &[UnitId],
        interrupts: &Interrupts,
        hear: &mut dyn FnMut(FromWorker),
        endings: &mut Vec<Ending>,
    ) -> Result<(), Ending> {
        let mut last_word = Instant::now();
        let mut frozen_since: Option<Instant> = None;
        let mut cancelled: Vec<UnitId> = Vec::new();
        for (place, unit) in units.iter().enumerate() {
            let mut turn = Turn::of(*unit, cancelled.contains(unit));
            loop {
                if frozen_since.is_none() && turn.cancelled.is_none() && interrupts.is_frozen() {
                    self.signal(Signal::STOP);
                    frozen_since = Some(Instant::now());
                } else if (turn.cancelled.is_some() || !interrupts.is_frozen())
                    && let Some(since) = frozen_since.take()
                {
                    turn.frozen += since.elapsed();
                    (last_word, turn.last_step) = (Instant::now(), Instant::now());
                    self.signal(Signal::CONT);
                }
                let message = self.next_message(Duration::from_millis(250)).map_err(|error| {
                    // Whoever killed a worker that was frozen, it could do nothing for it.
                    match self.fallen(&error, turn.bytes_read) {
                        Ending::Fell { sentence, bytes_read, .. } if frozen_since.is_some() => {
                            Ending::Fell { how: Fall::Frozen, sentence, bytes_read }
                        }
                        fallen => fallen,
                    }
                })?;
                last_word = if message.is_some() { Instant::now() } else { last_word };
                match message {
                    Some(FromWorker::UnitEnded { unit: ended, bytes_read }) if ended == turn.unit => {
                        self.units_done += 1;
                        if let Some(since) = frozen_since.as_mut() {
                            turn.frozen += since.elapsed();
                            *since = Instant::now();
                        }
                        let took = turn.began.elapsed().saturating_sub(turn.frozen);
                        endings.push(Ending::Ended { bytes_read, took });
                        break;
                    }
                    Some(message @ FromWorker::Progress { unit: of, bytes_read, steps, .. })
                        if of == turn.unit =>
                    {
                        if (bytes_read, steps) != (turn.bytes_read, turn.steps) {
                            (turn.bytes_read, turn.steps) = (bytes_read, steps);
                            turn.last_step = Instant::now();
                        }
                        hear(message);
                    }
                    Some(
                        message @ (FromWorker::Made { unit: of, .. } | FromWorker::Failed { unit: of, .. }),
                    ) if of == turn.unit => {
                        turn.last_step = Instant::now();
                        hear(message);
                    }
                    // Nothing, or a message of a unit that was cancelled before.
                    _ => {}
                }
                for interrupt in interrupts.take(&units[place..]) {
                    if let ToWorker::Cancel { unit } = interrupt {
                        cancelled.push(unit);
                        if unit == turn.unit {
                            turn.cancelled = Some(Instant::now());
                        }
                    }
                    // A worker that is gone is noticed at the next message.
                    let _ = channel::send(&self.socket, &interrupt, &[]);
                }
                // What is held says nothing and comes no further, and is none the worse for it.
                if frozen_since.is_some() && turn.cancelled.is_none() {
                    continue;
                }
                if let Some(sentence) = self.is_hung(&turn, last_word) {
                    self.kill();
                    return Err(Ending::Fell { how: Fall::ByItself, sentence, bytes_read: turn.bytes_read });
                }
            }
        }
        // The last was done just as it was to be held: the next one, if one comes, finds the worker awake.
        if frozen_since.is_some() {
            self.signal(Signal::CONT);
        }
        Ok(())
    }

    /// Why the worker is to be killed over the unit in hand, if it is.
    fn is_hung(&self, turn: &Turn, last_word: Instant) -> Option<String> {
        let Patience { silence, standstill } = self.patience;
        if last_word.elapsed() > silence {
            Some(format!("The worker hung: it said nothing for {} seconds.", silence.as_secs()))
        } else if turn.last_step.elapsed() > standstill {
            Some(format!("The worker hung: it came no further for {} seconds.", standstill.as_secs()))
        } else if turn.cancelled.is_some_and(|since| since.elapsed() > CANCEL_GRACE) {
            Some("The worker did not let go of a cancelled file.".to_owned())
        } else {
            None
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().and_then(|child| Pid::from_raw(child.id().cast_signed()));
        // A worker that is gone is noticed at the next message.
        let _ = pid.map(|pid| kill_process(pid, signal));
    }

    /// The next message, if one comes in time. Descriptors are not expected from this side, and close at
    /// once.
    fn next_message(&self, within: Duration) -> Result<Option<FromWorker>, ChannelError> {
        let timeout = Timespec { tv_sec: within.as_secs() as i64, tv_nsec: i64::from(within.subsec_nanos()) };
        let mut ready = [PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::IN)];
        match poll(&mut ready, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => Ok(None),
            Ok(_) => channel::receive::<FromWorker>(&self.socket).map(|(message, _)| Some(message)),
            Err(errno) => Err(ChannelError::Io(errno.into())),
        }
    }

    fn fallen(&mut self, error: &ChannelError, bytes_read: u64) -> Ending {
        // The channel's end comes a moment before the exit status.
        let deadline = Instant::now() + REAP_GRACE;
        let status = loop {
            match self.child.as_mut().map(Child::try_wait) {
                Some(Ok(None)) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Some(Ok(status)) => break status,
                Some(Err(_)) | None => break None,
            }
        };
        self.kill();
        let how = match status.and_then(|status| status.signal()) {
            Some(libc::SIGKILL) => Fall::Killed,
            _ => Fall::ByItself,
        };
        Ending::Fell { how, sentence: how_it_fell(status, error), bytes_read }
    }

    fn kill(&mut self) {
        let Some(child) = &mut self.child else { return };
        let _ = child.kill();
        let deadline = Instant::now() + REAP_GRACE;
        while Instant::now() < deadline {
            match child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        tracing::warn!(pid = child.id(), "a worker could not be killed; it is left behind");
        if let Some(mut child) = self.child.take() {
            // Collected whenever it ends: nobody waits for that.
            let _ = std::thread::Builder::new().name("left behind".to_owned()).spawn(move || child.wait());
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = channel::send(&self.socket, &ToWorker::Quit, &[]);
        self.kill();
    }
}

fn how_it_fell(status: Option<ExitStatus>, error: &ChannelError) -> String {
    match status.map(|status| (status.signal(), status.code())) {
        Some((Some(libc::SIGKILL), _)) => {
            "The worker was killed, by a person or by the system when memory ran out.".to_owned()
        }
        Some((Some(libc::SIGSEGV | libc::SIGBUS), _)) => {
            "The worker crashed: it touched memory that was not its own.".to_owned()
        }
        Some((Some(libc::SIGABRT), _)) => {
            "The worker crashed: it ran out of memory, or gave itself up.".to_owned()
        }
        Some((Some(signal), _)) => format!("The worker crashed with signal {signal}."),
        Some((None, Some(code))) => format!("The worker ended with status {code} in the middle of its work."),
        Some((None, None)) | None => format!("The worker fell silent: {error}."),
    }
}

#[cfg(test)]
mod tests {
    use butler_product::message::Limits;

    use super::*;

    /// A process that never says a word, and the end of the channel from which the test speaks for it.
    fn silent() -> (Process, UnixStream) {
        let (socket, theirs) = UnixStream::pair().unwrap();
        let sandbox = Sandbox { rlimits: false, no_new_privs: false, landlock: false, seccomp: false };
        let hello = Hello { protocol: 0, build: String::new(), products: Vec::new(), sandbox };
        let child = butler_fixtures::command("sleep").arg("60").spawn().unwrap();
        (Process { child: Some(child), socket, hello, units_done: 0, patience: Patience::default() }, theirs)
    }

    fn order(unit: UnitId) -> Order {
        Order {
            unit,
            extension: String::new(),
            size_bytes: 0,
            wants: Vec::new(),
            media_info: None,
            threads: 1,
            limits: Limits::default(),
            max_bytes_per_second: None,
        }
    }

    #[test]
    fn a_worker_falls_over_one_unit_and_those_behind_it_have_not_begun() {
        let (mut process, theirs) = silent();
        let worker = std::thread::spawn(move || {
            (0..4).for_each(|_| _ = channel::receive::<ToWorker>(&theirs).unwrap());
            channel::send(&theirs, &FromWorker::UnitEnded { unit: 1, bytes_read: 7 }, &[]).unwrap();
        });
        let orders = (1..=4).map(|unit| (order(unit), Vec::new())).collect();
        let endings = process.execute(orders, &Interrupts::default(), &mut |_| {});
        worker.join().unwrap();
        assert!(
            matches!(
                endings[..],
                [
                    Ending::Ended { bytes_read: 7, .. },
                    Ending::Fell { how: Fall::ByItself, .. },
                    Ending::NotBegun,
                    Ending::NotBegun
                ]
            ),
            "{endings:?}"
        );
    }

    fn is_held(process: &Process) -> bool {
        let pid = process.child.as_ref().unwrap().id();
        std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap().contains("State:\tT")
    }

    #[test]
    fn a_worker_that_ends_its_unit_just_as_it_is_frozen_is_awake_for_the_next() {
        let (mut process, theirs) = silent();
        channel::send(&theirs, &FromWorker::UnitEnded { unit: 1, bytes_read: 7 }, &[]).unwrap();
        let interrupts = Interrupts::default();
        interrupts.freeze(true);
        let endings = process.execute(vec![(order(1), Vec::new())], &interrupts, &mut |_| {});
        assert!(matches!(endings[..], [Ending::Ended { bytes_read: 7, .. }]), "{endings:?}");
        // A signal needs a moment.
        let deadline = Instant::now() + Duration::from_secs(60);
        while is_held(&process) {
            assert!(
                Instant::now() < deadline,
                "it would sit there with the next unit until it is taken to hang"
            );
            std::thread::yield_now();
        }
    }
}
