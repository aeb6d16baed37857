//! A mount that is slow on purpose, and that can stop answering: a folder shown once more, read-only, through FUSE, where every
//! call takes a given time, many at once, and where calls can be held until they are let go.
//!
//! Never changes the folder below it. A process that waits on a held call can be killed, as on a hard NFS mount, unless the mount
//! is to be [`SlowMount::deaf`]. However a test ends, the mount goes with it. It is spoken to by the kernel's own protocol (`linux/fuse.h`): the crates that speak it leave
//! interrupts unanswered, and then a process that waits on a held call can't even be killed.
//!
//! Start with [`SlowMount::if_possible`]; what is asked and answered is in the folder beside this file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;

mod answers;
mod words;

use answers::Below;
use words::{Call, Operation};

/// The kernel's door for file systems.
const DEVICE: &str = "/dev/fuse";
/// Larger than any call of a read-only mount.
const CALL_BYTES: usize = 256 << 10;

/// A slow mount; it goes when it is dropped, whoever still waits on it.
#[derive(Debug)]
pub struct SlowMount {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Closed to wake the thread that reads calls.
    wake: Option<io::PipeWriter>,
    point: TempDir,
}

#[derive(Debug)]
struct Shared {
    device: File,
    delay: Duration,
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
    ended: bool,
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

impl SlowMount {
    /// Shows the folder `below` at a place of its own, where every call takes `delay`.
    ///
    /// # Errors
    /// If this machine has no FUSE, or this user may not mount; see [`Self::if_possible`].
    pub fn new(below: &Path, delay: Duration) -> Result<Self> {
        let device = File::options().read(true).write(true).open(DEVICE).with_context(|| format!("could not open `{DEVICE}`"))?;
        let point = tempfile::Builder::new().prefix("butler-slow-").tempdir()?;
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        let options = std::ffi::CString::new(options)?;
        let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
        mount("butler-slow", point.path(), "fuse.butler-slow", flags, options.as_c_str()).context("could not mount")?;
        let shared = Arc::new(Shared { device, delay, state: Mutex::default(), changed: Condvar::new() });
        let (woken, wake) = io::pipe()?;
        // From here on a failure unmounts by dropping this.
        let mut slow = Self { shared: Arc::clone(&shared), threads: Vec::new(), wake: Some(wake), point };
        let takes = Arc::clone(&shared);
        slow.threads.push(std::thread::Builder::new().name("slow mount takes".into()).spawn(move || takes.take_calls(&woken))?);
        let below = Below::new(below);
        slow.threads.push(std::thread::Builder::new().name("slow mount answers".into()).spawn(move || shared.answer_calls(below))?);
        Ok(slow)
    }

    /// The same, or nothing where this machine has no FUSE or this user may not mount; standard error says so.
    ///
    /// # Errors
    /// If it fails for any other reason.
    #[expect(clippy::print_stderr, reason = "a test that is left out says why")]
    pub fn if_possible(below: &Path, delay: Duration) -> Result<Option<Self>> {
        match Self::new(below, delay) {
            Ok(mount) => Ok(Some(mount)),
            Err(error) if is_unable(&error) => {
                eprintln!("left out: it needs `{DEVICE}` and the right to mount ({error:#})");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where the folder is shown.
    pub fn path(&self) -> &Path {
        self.point.path()
    }

    /// Holds every call from now on, those in hand too.
    pub fn freeze(&self) {
        self.hold(Held::All);
    }

    /// Holds every read of a file's content from now on; all else is answered.
    pub fn freeze_reads(&self) {
        self.hold(Held::Reads);
    }

    /// Lets nobody be killed who waits on a held call, as a broken disk does.
    pub fn deaf(&self) {
        self.shared.state().is_deaf = true;
    }

    /// Answers what is held, and all that comes.
    pub fn thaw(&self) {
        self.hold(Held::None);
    }

    /// How many calls are held now.
    pub fn held(&self) -> usize {
        let state = self.shared.state();
        state.calls.iter().filter(|(_, call)| state.held.holds(call)).count()
    }

    /// How many calls were answered so far.
    pub fn answered(&self) -> u64 {
        self.shared.state().answered
    }

    fn hold(&self, held: Held) {
        self.shared.state().held = held;
        self.shared.changed.notify_all();
    }
}

impl Drop for SlowMount {
    fn drop(&mut self) {
        // Lazily: whoever has a file of it open keeps that, and gets errors from the moment the device is closed.
        let _ = unmount(self.point.path(), UnmountFlags::DETACH);
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
        self.wake = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes calls from the kernel until the mount is gone.
    fn take_calls(&self, woken: &io::PipeReader) {
        let mut buffer = vec![0; CALL_BYTES];
        loop {
            let mut ready =
                [PollFd::from_borrowed_fd(self.device.as_fd(), PollFlags::IN), PollFd::from_borrowed_fd(woken.as_fd(), PollFlags::IN)];
            let is_over = match poll(&mut ready, None) {
                Err(errno) => errno != Errno::INTR,
                Ok(_) => !ready[1].revents().is_empty() || ready[0].revents().contains(PollFlags::ERR),
            };
            if is_over {
                return;
            }
            if ready[0].revents().is_empty() {
                continue;
            }
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
            // A close of what was only read asks no server, be it over NFS, SMB or SFTP: it is never slow and never held.
            Operation::Flush => self.say(&words::agreement(call.unique)),
            Operation::Interrupt { of } => self.interrupt(of),
            _ => {
                self.state().calls.push_back((Instant::now() + self.delay, call));
                self.changed.notify_all();
            }
        }
    }

    /// A process that was killed waits on a held call no more.
    fn interrupt(&self, unique: u64) {
        let mut state = self.state();
        let held = state.held;
        let waits = |call: &Call| call.unique == unique && held.holds(call);
        if let Some(at) = state.calls.iter().position(|(_, call)| waits(call)).filter(|_| !state.is_deaf) {
            state.calls.remove(at);
            drop(state);
            self.say(&words::refusal(unique, &io::Error::from(io::ErrorKind::Interrupted)));
        }
    }

    /// Answers each call when it is due, until the mount is gone.
    fn answer_calls(&self, mut below: Below) {
        let mut state = self.state();
        loop {
            if state.ended {
                return;
            }
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
                (_, Some(due)) => self.changed.wait_timeout(state, due - now).unwrap_or_else(PoisonError::into_inner).0,
                _ => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
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
    let unable = [Errno::NOENT, Errno::NXIO, Errno::NODEV, Errno::ACCESS, Errno::PERM].map(Errno::raw_os_error);
    number.is_some_and(|number| unable.contains(&number))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::{Signal, send, wait_until};

    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/film"), vec![7; 300_000]).unwrap();
        for number in 0..500 {
            fs::write(folder.path().join(format!("file number {number}")), b"x").unwrap();
        }
        folder
    }

    #[test]
    fn it_shows_what_is_below_and_many_calls_are_under_way_at_once() {
        let folder = folder();
        let Some(mount) = SlowMount::if_possible(folder.path(), Duration::from_millis(1)).unwrap() else { return };
        assert_eq!(fs::read(mount.path().join("sub/film")).unwrap(), vec![7; 300_000]);
        assert_eq!(fs::read_dir(mount.path()).unwrap().count(), 501);
        assert_eq!(fs::read(mount.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(fs::write(mount.path().join("new"), b"").is_err());
        mount.freeze();
        std::thread::scope(|scope| {
            for number in 0..100 {
                let path = mount.path().join(format!("file number {number}"));
                scope.spawn(move || fs::metadata(path).unwrap());
            }
            wait_until("all of them are under way", || mount.held() == 100).unwrap();
            mount.thaw();
        });
    }

    #[test]
    fn whoever_waits_on_it_while_it_is_frozen_goes_on_when_it_thaws_and_can_be_killed() {
        let folder = folder();
        let Some(mount) = SlowMount::if_possible(folder.path(), Duration::ZERO).unwrap() else { return };
        let film = mount.path().join("sub/film");
        mount.freeze_reads();
        assert_eq!(fs::metadata(&film).unwrap().len(), 300_000);
        mount.freeze();
        let mut reader = Command::new("cat").arg(&film).stdout(Stdio::null()).spawn().unwrap();
        wait_until("it waits", || mount.held() > 0).unwrap();
        send(reader.id(), Signal::KILL).unwrap();
        assert!(!reader.wait().unwrap().success());
        let again = std::thread::spawn(move || fs::read(film).unwrap().len());
        wait_until("it waits", || mount.held() > 0).unwrap();
        mount.thaw();
        assert_eq!(again.join().unwrap(), 300_000);
    }

    #[test]
    fn it_goes_when_it_is_dropped_even_frozen_and_waited_on() {
        let folder = folder();
        let Some(mount) = SlowMount::if_possible(folder.path(), Duration::ZERO).unwrap() else { return };
        let point = mount.path().to_owned();
        mount.freeze();
        let waiter = std::thread::spawn(move || fs::read(point.join("sub/film")));
        wait_until("it waits", || mount.held() > 0).unwrap();
        let point = mount.path().to_owned();
        drop(mount);
        assert!(waiter.join().unwrap().is_err());
        assert!(!point.exists());
    }
}
