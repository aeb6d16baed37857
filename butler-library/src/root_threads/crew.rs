//! A crew: several threads at one root for the length of one pass of many calls, so that a mount that answers
//! slowly has many of them in hand at once.
//!
//! What comes of a call is handed to one head, on the caller's own thread, which says what is to be done
//! next. A call of any of the threads that gives no sign of life marks the root away and leaves those that
//! hang behind. Start with [`RootThreads::crew`]; how many threads there are is `hands`.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::{CallError, Ended, Heartbeat, LOOK, Pulse, RootThreads, thread_name};

/// More calls at once make no mount faster, and cost a thread each.
pub(crate) const MOST_HANDS: usize = 48;
/// So much must have been seen of how a root answers before more threads than cores are put to it.
const TRIAL: Duration = Duration::from_millis(2);

/// What the head of a crew answers to a result.
pub(crate) enum Next<J> {
    /// These too are to be done; the last goes first.
    Go(Vec<J>),
    /// Nothing more is wanted.
    Stop,
}

/// The calls that wait, and whether any more will come.
struct Queue<J> {
    waiting: Mutex<(Vec<J>, bool)>,
    changed: Condvar,
}

impl<J> Queue<J> {
    fn lock(&self) -> MutexGuard<'_, (Vec<J>, bool)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, jobs: Vec<J>) {
        let several = jobs.len() > 1;
        self.lock().0.extend(jobs);
        if several { self.changed.notify_all() } else { self.changed.notify_one() }
    }

    /// The next call to make; none once there is nothing more to do.
    fn take(&self) -> Option<J> {
        let waits = |(jobs, over): &mut (Vec<J>, bool)| jobs.is_empty() && !*over;
        let mut queue = self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        if queue.1 { None } else { queue.0.pop() }
    }
}

/// The end of a pass, however it comes: the threads hear of it.
struct Over<J> {
    queue: Arc<Queue<J>>,
    wanted: Arc<AtomicBool>,
}

impl<J> Drop for Over<J> {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
        let mut queue = self.queue.lock();
        queue.0.clear();
        queue.1 = true;
        self.queue.changed.notify_all();
    }
}

/// Time on the clock and on the processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Spent {
    wall: Duration,
    busy: Duration,
}

/// As many threads as keep the cores busy, were each to wait as long as the calls so far did.
fn hands(cores: usize, spent: Spent, most: usize) -> usize {
    let few = cores.clamp(2, 4);
    if spent.wall < TRIAL {
        return few.min(most);
    }
    let waits = spent.wall.as_nanos() / spent.busy.as_nanos().max(1);
    usize::try_from(waits).unwrap_or(most).saturating_mul(cores).max(few).min(most)
}

struct Done<R> {
    /// None if the call panicked.
    result: Option<R>,
    spent: Spent,
}

impl RootThreads {
    /// Does `jobs` and whatever the head asks for after them, on up to `most` threads of the root's own, and
    /// returns once all is done. The head is told each result, in the order in which they come, and nothing
    /// ten times a second.
    ///
    /// # Errors
    /// If the root does not answer in time, or did not a moment ago, or the head says that it shall stop.
    pub(crate) fn crew<J, R>(
        &self,
        root: &Path,
        most: usize,
        jobs: Vec<J>,
        work: impl Fn(J, &Heartbeat) -> R + Send + Sync + 'static,
        head: &mut dyn FnMut(Option<R>) -> Next<J>,
    ) -> Result<(), CallError>
    where
        J: Send + 'static,
        R: Send + 'static,
    {
        self.let_try(&mut self.roots(), root)?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (mut open, work) = (jobs.len(), Arc::new(work));
        let queue = Arc::new(Queue { waiting: Mutex::new((jobs, false)), changed: Condvar::new() });
        let over = Over { queue: Arc::clone(&queue), wanted: Arc::new(AtomicBool::new(true)) };
        let (results, done) = channel();
        let mut threads: Vec<Arc<Pulse>> = Vec::new();
        let (mut spent, mut looked) = (Spent::default(), Instant::now());
        while open > 0 {
            while threads.len() < open.min(hands(cores, spent, most)) {
                let pulse = Arc::new(Pulse::default());
                let hand = Hand {
                    queue: Arc::clone(&queue),
                    beat: Heartbeat { pulse: Arc::clone(&pulse), wanted: Arc::clone(&over.wanted) },
                    work: Arc::clone(&work),
                    results: results.clone(),
                };
                match std::thread::Builder::new().name(thread_name(root)).spawn(move || hand.work_off()) {
                    Ok(_) => threads.push(pulse),
                    // A system that is out of threads has the pass done by those there are.
                    Err(_) if !threads.is_empty() => break,
                    Err(_) => return Err(self.away(root).into()),
                }
            }
            let next = match done.recv_timeout(LOOK) {
                Ok(Done { result: Some(result), spent: more }) => {
                    (open, spent) =
                        (open - 1, Spent { wall: spent.wall + more.wall, busy: spent.busy + more.busy });
                    head(Some(result))
                }
                Ok(Done { result: None, .. }) | Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.away(root).into());
                }
                Err(RecvTimeoutError::Timeout) => head(None),
            };
            match next {
                Next::Go(jobs) if jobs.is_empty() => {}
                Next::Go(jobs) => {
                    open += jobs.len();
                    queue.push(jobs);
                }
                Next::Stop => return Err(CallError::Stopped),
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                if threads.iter().any(|pulse| pulse.silent_for() >= self.shared.timeout) {
                    self.leave_crew_behind(root, threads);
                    return Err(self.away(root).into());
                }
            }
        }
        Ok(())
    }

    fn leave_crew_behind(&self, root: &Path, mut threads: Vec<Arc<Pulse>>) {
        // The others hear that the pass is over.
        threads.retain(|pulse| pulse.silent_for() >= self.shared.timeout / 2);
        self.roots().entry(root.to_owned()).or_default().leave_behind(threads, self.shared.timeout);
    }
}

struct Hand<J, R, W> {
    queue: Arc<Queue<J>>,
    beat: Heartbeat,
    work: Arc<W>,
    results: Sender<Done<R>>,
}

impl<J, R, W: Fn(J, &Heartbeat) -> R> Hand<J, R, W> {
    fn work_off(self) {
        let _ended = Ended(&self.beat.pulse);
        while let Some(job) = self.queue.take() {
            let (began, cpu) = (Instant::now(), cpu_time());
            self.beat.pulse.set(Some(began));
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| (self.work)(job, &self.beat))).ok();
            self.beat.pulse.set(None);
            let spent = Spent { wall: began.elapsed(), busy: cpu_time().saturating_sub(cpu) };
            if self.results.send(Done { result, spent }).is_err() {
                return;
            }
        }
    }
}

/// What this thread has had of the processor.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use super::*;

    const ROOT: &str = "/a";

    #[test]
    fn a_disk_that_answers_at_once_has_a_thread_a_core_and_a_slow_mount_many() {
        let spent = |wall_us, busy_us| Spent {
            wall: Duration::from_micros(wall_us),
            busy: Duration::from_micros(busy_us),
        };
        for (cores, spent, most, expect) in [
            (2, spent(0, 0), 32, 2),
            (2, spent(1_000, 1), 32, 2),
            (2, spent(10_000, 9_900), 32, 2),
            (2, spent(10_000, 5_000), 32, 4),
            (2, spent(10_000, 100), 32, 32),
            (1, spent(10_000, 10_000), 32, 2),
            (16, spent(10_000, 10_000), 32, 16),
            (2, spent(10_000, 100), 1, 1),
            (2, spent(10_000, 0), 32, 32),
        ] {
            assert_eq!(hands(cores, spent, most), expect, "{cores} cores, {spent:?}, {most} at most");
        }
    }

    #[test]
    fn a_crew_does_what_it_is_given_and_what_the_head_asks_for_after_that() {
        let mut done = BTreeSet::new();
        let crew =
            RootThreads::default().crew(Path::new(ROOT), 4, vec![1_u32], |job, _| job, &mut |result| {
                let Some(job) = result else { return Next::Go(Vec::new()) };
                assert!(done.insert(job), "each once");
                Next::Go(if job < 128 { vec![2 * job, 2 * job + 1] } else { Vec::new() })
            });
        assert_eq!(crew, Ok(()));
        assert_eq!(done, (1..256).collect());
    }

    #[test]
    fn calls_that_wait_are_in_hand_at_once() {
        // None of the eight comes back before all of them are in hand.
        let together = Arc::new(Barrier::new(8));
        let mut jobs = vec![false];
        jobs.extend([true; 8]);
        // The last goes first, and lets be seen how slowly the root answers.
        jobs.rotate_left(1);
        let work = move |meets: bool, _: &Heartbeat| {
            if meets { _ = together.wait() } else { std::thread::sleep(3 * TRIAL) }
        };
        assert_eq!(
            RootThreads::default().crew(Path::new(ROOT), 32, jobs, work, &mut |_| Next::Go(Vec::new())),
            Ok(())
        );
    }

    #[test]
    fn one_call_that_hangs_among_many_leaves_the_root_away() {
        // A machine that stands still for longer than all patience gets more of it.
        let is_so = |doubled: u32| one_that_hangs_is_left_behind(Duration::from_secs(1 << doubled));
        assert!((0..6).any(is_so));
    }

    /// Whether it alone is, and its root is away for all others too until it comes back.
    fn one_that_hangs_is_left_behind(patience: Duration) -> bool {
        let threads = RootThreads::new(patience);
        let (let_go, hang) = channel::<()>();
        let hang = Mutex::new(Some(hang));
        let work = move |job: u32, _: &Heartbeat| {
            std::thread::sleep(Duration::from_millis(2));
            if job == 7
                && let Some(hang) = hang.lock().unwrap_or_else(PoisonError::into_inner).take()
            {
                let _ended_with_the_test = hang.recv();
            }
            job
        };
        let answer =
            threads.crew(Path::new(ROOT), 32, (0..200).collect(), work, &mut |_| Next::Go(Vec::new()));
        assert!(matches!(answer, Err(CallError::Away(_))), "{answer:?}");
        assert!(threads.call(Path::new(ROOT), |_| ()).is_err(), "for all others too");
        let left_behind: Vec<usize> =
            threads.roots()[Path::new(ROOT)].left_behind.iter().map(Vec::len).collect();
        let is_so = left_behind == [1] && threads.call(Path::new("/b"), |_| ()).is_ok();

        drop(let_go);
        let deadline = Instant::now() + Duration::from_secs(20);
        while threads.call(Path::new(ROOT), |_| ()).is_err() {
            assert!(Instant::now() < deadline, "it never came back");
            std::thread::sleep(Duration::from_millis(10));
        }
        is_so
    }

    #[test]
    fn a_stop_is_heard_while_calls_hang_and_they_learn_of_it() {
        let (told, hears) = channel();
        let work = move |_: u32, beat: &Heartbeat| {
            while beat.tap() {
                std::thread::sleep(Duration::from_millis(5));
            }
            told.send(()).unwrap();
        };
        assert_eq!(
            RootThreads::default().crew(Path::new(ROOT), 4, vec![1, 2], work, &mut |_| Next::Stop),
            Err(CallError::Stopped)
        );
        hears.recv_timeout(Duration::from_secs(20)).unwrap();
    }

    #[test]
    fn a_call_that_panics_ends_the_pass() {
        let answer = RootThreads::default().crew(
            Path::new(ROOT),
            4,
            vec![1],
            |_: u32, _| panic!("a defect"),
            &mut |_: Option<()>| Next::Go(Vec::new()),
        );
        assert!(answer.is_err());
    }
}
