//! The process that answers the calls of a slow mount, and that unmounts it by force once the test closes its
//! standard input, be it by dying.
//!
//! It is spoken to by the kernel's own protocol (`linux/fuse.h`): the crates that speak it leave interrupts
//! unanswered, and then a process that waits on a held call can't even be killed. Start with [`serve`].

use std::collections::VecDeque;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::answers::Below;
use super::words::{self, Call, Operation};
use super::{READY, UNABLE};

/// The kernel's door for file systems.
const DEVICE: &str = "/dev/fuse";
/// Larger than any call of a read-only mount.
const CALL_BYTES: usize = 256 << 10;

#[derive(Debug)]
struct Shared {
    device: File,
    delay: Duration,
    /// The test's process.
    test: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they came, which is that in which they are due.
    calls: VecDeque<(Instant, Call)>,
    held: Held,
    is_deaf: bool,
    answered: u64,
}

/// Which calls are held.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Held {
    #[default]
    None,
    Reads,
    All,
}

impl Held {
    fn holds(self, call: &Call) -> bool {
        match self {
            Self::None => false,
            Self::Reads => matches!(call.operation, Operation::Read { .. }),
            Self::All => true,
        }
    }
}

/// Shows the folder `below` at `point`, every call taking `delay`, until standard input ends. Each line there
/// is an order, answered by one on standard output, whose first line says whether the mount is there.
///
/// # Errors
/// If nobody listens, or an order is none.
#[expect(clippy::disallowed_methods, reason = "the answers go to who gave the orders, not to a person")]
pub fn serve(below: &Path, point: &Path, delay: Duration) -> Result<()> {
    let mut out = io::stdout();
    let device = match mounted(point) {
        Ok(device) => device,
        Err(error) => {
            let beginning = if is_unable(&error) { UNABLE } else { "" };
            return Ok(writeln!(out, "{beginning}{error:#}")?);
        }
    };
    let shared = Arc::new(Shared {
        device,
        delay,
        test: parent_id(),
        state: Mutex::default(),
        changed: Condvar::new(),
    });
    let (takes, answers, below) = (Arc::clone(&shared), Arc::clone(&shared), Below::new(below));
    thread::spawn(move || takes.take_calls());
    thread::spawn(move || answers.answer_calls(below));
    let served = writeln!(out, "{READY}").map_err(Into::into).and_then(|()| {
        io::stdin().lines().try_for_each(|order| Ok(writeln!(out, "{}", shared.obey(&order?)?)?))
    });
    // By force, so that whoever waits on it gets an error; lazily, for whoever has a file of it open keeps
    // that.
    unmount(point, UnmountFlags::FORCE | UnmountFlags::DETACH)?;
    served
}

fn mounted(point: &Path) -> Result<File> {
    let device = File::options()
        .read(true)
        .write(true)
        .open(DEVICE)
        .with_context(|| format!("could not open `{DEVICE}`"))?;
    let options =
        CString::new(format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd()))?;
    let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    mount("butler-slow", point, "fuse.butler-slow", flags, options.as_c_str()).context("could not mount")?;
    Ok(device)
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes calls from the kernel until the mount is gone.
    fn take_calls(&self) {
        let mut buffer = vec![0; CALL_BYTES];
        loop {
            match (&self.device).read(&mut buffer) {
                Ok(length) => self.take(&buffer[..length]),
                // It was interrupted before it came.
                Err(error) if matches!(error.raw_os_error(), Some(2 | 4 | 11)) => {}
                Err(_) => return,
            }
        }
    }

    fn take(&self, bytes: &[u8]) {
        let Some(call) = Call::parse(bytes) else { return };
        match call.operation {
            Operation::Init => self.say(&words::init(call.unique)),
            Operation::Forget => {}
            // A close of what was only read asks no server, be it over NFS, SMB or SFTP: it is never slow and
            // never held.
            Operation::Flush => self.say(&words::agreement(call.unique)),
            Operation::Interrupt { of } => self.interrupt(of),
            _ => {
                self.state().calls.push_back((Instant::now() + self.delay, call));
                self.changed.notify_all();
            }
        }
    }

    /// Who was killed waits on a held call no more.
    fn interrupt(&self, unique: u64) {
        let mut state = self.state();
        let (held, is_deaf) = (state.held, state.is_deaf);
        let lets_go = |call: &Call| {
            call.unique == unique && held.holds(call) && (!is_deaf || self.is_of_the_test(call))
        };
        if let Some(at) = state.calls.iter().position(|(_, call)| lets_go(call)) {
            state.calls.remove(at);
            drop(state);
            self.say(&words::refusal(unique, &io::Error::from(io::ErrorKind::Interrupted)));
        }
    }

    /// Whether a thread of the test's own process waits for it: were that left in the kernel, nobody would
    /// learn that the test is dead.
    fn is_of_the_test(&self, call: &Call) -> bool {
        Path::new(&format!("/proc/{}/task/{}", self.test, call.thread)).exists()
    }

    /// Answers each call when it is due.
    fn answer_calls(&self, mut below: Below) {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let held = state.held;
            let next = state.calls.iter().position(|(_, call)| !held.holds(call));
            let due = next.map(|at| state.calls[at].0);
            state = match (next, due) {
                (Some(at), Some(due)) if due <= now => {
                    let call = state.calls.remove(at);
                    state.answered += 1;
                    let is_deaf = state.is_deaf;
                    drop(state);
                    if let Some((_, call)) = call {
                        self.say(&below.answer(&call, is_deaf));
                    }
                    self.state()
                }
                (_, Some(due)) => {
                    self.changed.wait_timeout(state, due - now).unwrap_or_else(PoisonError::into_inner).0
                }
                _ => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Does what the test orders; the answer is a number.
    fn obey(&self, order: &str) -> Result<u64> {
        let mut state = self.state();
        match order {
            "hold none" => state.held = Held::None,
            "hold reads" => state.held = Held::Reads,
            "hold all" => state.held = Held::All,
            "deaf" => state.is_deaf = true,
            "held" => return Ok(state.calls.iter().filter(|(_, call)| state.held.holds(call)).count() as u64),
            "answered" => return Ok(state.answered),
            other => bail!("`{other}` is no order"),
        }
        self.changed.notify_all();
        Ok(0)
    }

    fn say(&self, answer: &[u8]) {
        // Whoever asked may be gone.
        let _ = (&self.device).write(answer);
    }
}

/// Whether this machine or user can't mount at all.
fn is_unable(error: &anyhow::Error) -> bool {
    let number = error.chain().find_map(|cause| {
        let io = cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        io.or_else(|| cause.downcast_ref::<Errno>().map(|errno| errno.raw_os_error()))
    });
    let unable =
        [Errno::NOENT, Errno::NXIO, Errno::NODEV, Errno::ACCESS, Errno::PERM].map(Errno::raw_os_error);
    number.is_some_and(|number| unable.contains(&number))
}
