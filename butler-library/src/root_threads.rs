//! Threads that touch root folders, one a root: a mount that hangs holds up nothing but its own.
//!
//! A call that gives no sign of life for 30 seconds marks its root away. Its thread is left behind, never
//! waited for, not even at the process's end; a new one is tried later. Start with [`RootThreads::call`]; a
//! pass of many calls, such as a walk, has several threads for as long as it takes: `crew`.

pub(crate) mod crew;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a call may give no sign of life.
pub const ROOT_TIMEOUT: Duration = Duration::from_secs(30);
/// A thread with nothing to do ends after this.
const IDLE: Duration = Duration::from_secs(120);
/// How often a waiting caller looks up.
const LOOK: Duration = Duration::from_millis(100);
/// So often calls of one root are left behind, be it one or all of a crew: then it stays away until those of
/// one time are back.
const MOST_LEFT_BEHIND: usize = 3;
/// So many folders may have threads at a time, or have left some behind; no other one is tried then.
const MOST_ROOTS: usize = 1_024;

/// A root whose folder did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{root}` did not answer within {seconds} s", root = root.display())]
pub struct RootAway {
    /// The root.
    pub root: PathBuf,
    /// How long it was waited for.
    pub seconds: u64,
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The root is away.
    #[error(transparent)]
    Away(#[from] RootAway),
    /// The caller wanted to wait no more; the call goes on by itself until it next asks.
    #[error("the call was stopped")]
    Stopped,
}

/// The threads; clones share them.
#[derive(Debug, Clone)]
pub struct RootThreads {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    timeout: Duration,
    roots: Mutex<HashMap<PathBuf, Root>>,
}

#[derive(Debug, Default)]
struct Root {
    thread: Option<RootThread>,
    /// Callers that wait for an answer.
    waiting: usize,
    /// The calls that were left behind, by the time at which they were.
    left_behind: Vec<Vec<Arc<Pulse>>>,
    /// Until then the root is taken to be away without a new try.
    away_until: Option<Instant>,
}

#[derive(Debug)]
struct RootThread {
    jobs: Sender<Work>,
    pulse: Arc<Pulse>,
}

type Work = Box<dyn FnOnce(&Arc<Pulse>) + Send>;

/// When a thread last gave a sign of life; none while it has nothing to do.
#[derive(Debug, Default)]
struct Pulse {
    last: Mutex<Option<Instant>>,
    ended: AtomicBool,
}

impl Pulse {
    fn set(&self, last: Option<Instant>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn silent_for(&self) -> Duration {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).map_or(Duration::ZERO, |last| last.elapsed())
    }
}

/// Handed to a call that takes several steps, to be tapped at each.
#[derive(Debug)]
pub struct Heartbeat {
    pulse: Arc<Pulse>,
    wanted: Arc<AtomicBool>,
}

impl Heartbeat {
    /// Gives a sign of life, and says whether anyone still waits for the answer.
    pub fn tap(&self) -> bool {
        self.pulse.set(Some(Instant::now()));
        self.wanted.load(Ordering::Relaxed)
    }
}

/// A caller that waits for a root's answer, counted as long as it does.
struct Waiting<'a> {
    threads: &'a RootThreads,
    root: &'a Path,
    pulse: Arc<Pulse>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(root) = self.threads.roots().get_mut(self.root) {
            root.waiting -= 1;
        }
    }
}

/// The caller is gone: so is the wish.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Default for RootThreads {
    fn default() -> Self {
        Self::new(ROOT_TIMEOUT)
    }
}

impl RootThreads {
    /// Threads whose calls may be silent for this long. Another time than [`ROOT_TIMEOUT`] is for tests.
    pub fn new(timeout: Duration) -> Self {
        Self { shared: Arc::new(Shared { timeout, roots: Mutex::default() }) }
    }

    /// Does `work` on the root's thread and waits for its answer.
    ///
    /// # Errors
    /// If the root does not answer in time, or did not a moment ago.
    pub fn call<T: Send + 'static>(
        &self,
        root: &Path,
        work: impl FnOnce(&Heartbeat) -> T + Send + 'static,
    ) -> Result<T, RootAway> {
        self.call_unless(root, &mut || false, work).map_err(|error| match error {
            CallError::Away(away) => away,
            CallError::Stopped => self.away(root),
        })
    }

    /// As [`Self::call`], for a folder that is looked at once, such as one that may become a root: its thread
    /// ends with the call.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub(crate) fn call_once<T: Send + 'static>(
        &self,
        folder: &Path,
        work: impl FnOnce(&Heartbeat) -> T + Send + 'static,
    ) -> Result<T, RootAway> {
        let answer = self.call(folder, work);
        let mut roots = self.roots();
        // Who browses a whole disk must not leave a thread behind in each of its folders.
        if roots.get(folder).is_some_and(|root| root.waiting == 0 && root.left_behind.is_empty()) {
            roots.remove(folder);
        }
        answer
    }

    /// As [`Self::call`], and waits no more as soon as `stop` says so; it is asked ten times a second.
    ///
    /// # Errors
    /// If the root does not answer in time, or `stop` said so.
    pub fn call_unless<T: Send + 'static>(
        &self,
        root: &Path,
        stop: &mut dyn FnMut() -> bool,
        work: impl FnOnce(&Heartbeat) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let (reply, answer) = channel();
        let wanted = Wanted(Arc::new(AtomicBool::new(true)));
        let asks = Arc::clone(&wanted.0);
        let waiting = self.send(
            root,
            Box::new(move |pulse| {
                // Whoever waits no more gets no work done either.
                if asks.load(Ordering::Relaxed) {
                    let _nobody_waits =
                        reply.send(work(&Heartbeat { pulse: Arc::clone(pulse), wanted: asks }));
                }
            }),
        )?;
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(value) => return Ok(value),
                Err(RecvTimeoutError::Disconnected) => return Err(self.away(root).into()),
                Err(RecvTimeoutError::Timeout) if waiting.pulse.silent_for() >= self.shared.timeout => {
                    self.leave_behind(root, &waiting.pulse);
                    return Err(self.away(root).into());
                }
                Err(RecvTimeoutError::Timeout) if stop() => return Err(CallError::Stopped),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn away(&self, root: &Path) -> RootAway {
        RootAway { root: root.to_owned(), seconds: self.shared.timeout.as_secs() }
    }

    fn roots(&self) -> MutexGuard<'_, HashMap<PathBuf, Root>> {
        self.shared.roots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send<'a>(&'a self, path: &'a Path, work: Work) -> Result<Waiting<'a>, RootAway> {
        let mut roots = self.roots();
        self.let_try(&mut roots, path)?;
        let root = roots.entry(path.to_owned()).or_default();
        let mut work = work;
        // A thread that was idle for long may just have ended: then there is a second try with a new one.
        for _ in 0..2 {
            let thread = match root.thread.take() {
                Some(thread) => thread,
                None => start(path).map_err(|_| self.away(path))?,
            };
            match thread.jobs.send(work) {
                Ok(()) => {
                    let pulse = Arc::clone(&thread.pulse);
                    root.thread = Some(thread);
                    root.waiting += 1;
                    return Ok(Waiting { threads: self, root: path, pulse });
                }
                Err(unsent) => work = unsent.0,
            }
        }
        Err(self.away(path))
    }

    /// Whether a folder may be called now.
    fn let_try(&self, roots: &mut HashMap<PathBuf, Root>, path: &Path) -> Result<(), RootAway> {
        // Folders that hang, each asked for once, leave a thread behind each.
        if roots.len() >= MOST_ROOTS && !roots.contains_key(path) {
            roots.retain(|_, root| root.has_threads());
            if roots.len() >= MOST_ROOTS {
                return Err(self.away(path));
            }
        }
        let may_be_tried = roots.get_mut(path).is_none_or(Root::may_be_tried);
        if may_be_tried { Ok(()) } else { Err(self.away(path)) }
    }

    fn leave_behind(&self, path: &Path, pulse: &Arc<Pulse>) {
        let mut roots = self.roots();
        let Some(root) = roots.get_mut(path) else { return };
        // Another caller may have done it already.
        if let Some(thread) = root.thread.take_if(|thread| Arc::ptr_eq(&thread.pulse, pulse)) {
            root.leave_behind(vec![thread.pulse], self.shared.timeout);
        }
    }
}

impl Root {
    fn has_threads(&mut self) -> bool {
        self.forget_ended();
        let works = self.thread.as_ref().is_some_and(|thread| !thread.pulse.has_ended());
        works || self.waiting > 0 || !self.left_behind.is_empty()
    }

    fn forget_ended(&mut self) {
        self.left_behind.retain(|calls| !calls.iter().all(|pulse| pulse.has_ended()));
    }

    /// Whether what was left behind came back, or it is time for another try.
    fn may_be_tried(&mut self) -> bool {
        self.forget_ended();
        let waits =
            self.away_until.is_some_and(|until| Instant::now() < until) && !self.left_behind.is_empty();
        if waits || self.left_behind.len() >= MOST_LEFT_BEHIND {
            return false;
        }
        self.away_until = None;
        true
    }

    fn leave_behind(&mut self, calls: Vec<Arc<Pulse>>, timeout: Duration) {
        self.left_behind.push(calls);
        self.away_until = Some(Instant::now() + timeout);
    }
}

fn start(root: &Path) -> std::io::Result<RootThread> {
    let (jobs, waiting) = channel::<Work>();
    let pulse = Arc::new(Pulse::default());
    let own = Arc::clone(&pulse);
    std::thread::Builder::new().name(thread_name(root)).spawn(move || work_off(&waiting, &own))?;
    Ok(RootThread { jobs, pulse })
}

fn thread_name(root: &Path) -> String {
    // A path that somebody sent may hold a NUL, which no thread's name can.
    format!("root {}", root.display()).replace('\0', "\u{fffd}")
}

/// Tells that a thread ended, even out of a panic.
struct Ended<'a>(&'a Pulse);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

fn work_off(waiting: &Receiver<Work>, pulse: &Arc<Pulse>) {
    let _ended = Ended(pulse);
    while let Ok(work) = waiting.recv_timeout(IDLE) {
        pulse.set(Some(Instant::now()));
        work(pulse);
        pulse.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_answered_and_calls_of_one_root_share_a_thread() {
        let threads = RootThreads::default();
        let name = |_: &Heartbeat| std::thread::current().id();
        let first = threads.call(Path::new("/a"), name).unwrap();
        assert_eq!(threads.call(Path::new("/a"), name).unwrap(), first);
        assert_ne!(threads.call(Path::new("/b"), name).unwrap(), first);
    }

    #[test]
    fn a_folder_that_is_looked_at_once_keeps_no_thread() {
        let threads = RootThreads::default();
        assert_eq!(threads.call_once(Path::new("/a"), |_| 7), Ok(7));
        assert!(threads.roots().is_empty());
        let (let_go, hang) = channel::<()>();
        let other = threads.clone();
        let waiting = std::thread::spawn(move || other.call(Path::new("/a"), move |_| hang.recv().is_ok()));
        while threads.roots().get(Path::new("/a")).is_none_or(|root| root.waiting == 0) {
            std::thread::yield_now();
        }
        let second = threads.clone();
        let once = std::thread::spawn(move || second.call_once(Path::new("/a"), |_| 8));
        let_go.send(()).unwrap();
        assert_eq!((waiting.join().unwrap(), once.join().unwrap()), (Ok(true), Ok(8)));
    }

    #[test]
    fn folders_of_which_no_thread_is_left_keep_nobody_out() {
        let threads = RootThreads::default();
        for number in 0..MOST_ROOTS + 10 {
            let folder = PathBuf::from(format!("/{number}"));
            let pass = threads.crew(&folder, 1, vec![()], |(), _| (), &mut |_| crew::Next::Go(Vec::new()));
            assert_eq!(pass, Ok(()), "a pass over folder {number}");
        }
        assert!(threads.roots().is_empty());
        for number in 0..MOST_ROOTS {
            // As those are whose thread ended since nobody had work for it.
            threads.roots().insert(PathBuf::from(format!("/{number}")), Root::default());
        }
        assert_eq!(threads.call(Path::new("/one more"), |_| 7), Ok(7));
        assert_eq!(threads.roots().len(), 1);
    }

    #[test]
    fn folders_that_hang_are_bounded() {
        let threads = RootThreads::default();
        for number in 0..MOST_ROOTS {
            let left_behind = vec![vec![Arc::new(Pulse::default())]];
            let hung = Root { left_behind, ..Root::default() };
            threads.roots().insert(PathBuf::from(format!("/{number}")), hung);
        }
        let one_more = Path::new("/one more");
        assert!(threads.call(one_more, |_| ()).is_err());
        let pass = threads.crew(one_more, 1, vec![()], |(), _| (), &mut |_| crew::Next::Go(Vec::new()));
        assert!(pass.is_err());
        threads.roots().get_mut(Path::new("/7")).unwrap().left_behind[0][0]
            .ended
            .store(true, Ordering::Release);
        assert_eq!(threads.call(one_more, |_| 7), Ok(7));
    }

    #[test]
    fn a_path_with_a_nul_is_no_panic() {
        assert_eq!(RootThreads::default().call(Path::new("/a\0b"), |_| 7), Ok(7));
    }

    #[test]
    fn a_root_that_hangs_is_away_while_others_answer_and_comes_back() {
        let threads = RootThreads::new(Duration::from_secs(1));
        let (let_go, hang) = channel::<()>();
        let away = threads.call(Path::new("/hung"), move |_| hang.recv().is_ok()).unwrap_err();
        assert_eq!(away.root, Path::new("/hung"));
        // Without waiting for the time again, however slowly this goes on: nothing is tried before an hour is
        // over.
        let an_hour = Instant::now() + Duration::from_secs(3_600);
        threads.roots().get_mut(Path::new("/hung")).unwrap().away_until = Some(an_hour);
        assert!(threads.call(Path::new("/hung"), |_| ()).is_err());
        assert!(threads.roots()[Path::new("/hung")].thread.is_none(), "it is not even tried");
        assert!(threads.call(Path::new("/other"), |_| ()).is_ok());

        let_go.send(()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while threads.call(Path::new("/hung"), |_| ()).is_err() {
            assert!(Instant::now() < deadline, "it never came back");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_long_call_that_gives_signs_of_life_is_waited_for() {
        // A machine that stands still for longer than all patience gets more of it; a call that is not waited
        // for is never done in time.
        let is_waited_for = |patience: Duration| {
            let slow = move |beat: &Heartbeat| {
                let began = Instant::now();
                while began.elapsed() < 2 * patience && beat.tap() {
                    std::thread::sleep(Duration::from_millis(10));
                }
                7
            };
            RootThreads::new(patience).call(Path::new("/slow"), slow) == Ok(7)
        };
        assert!((0..6).any(|doubled| is_waited_for(Duration::from_millis(500 << doubled))));
    }

    #[test]
    fn a_caller_that_waits_no_more_is_let_go_and_its_call_learns_of_it() {
        let threads = RootThreads::default();
        let (told, hears) = channel();
        let work = move |beat: &Heartbeat| {
            while beat.tap() {
                std::thread::sleep(Duration::from_millis(5));
            }
            told.send(()).unwrap();
        };
        assert_eq!(threads.call_unless(Path::new("/a"), &mut || true, work), Err(CallError::Stopped));
        hears.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}
