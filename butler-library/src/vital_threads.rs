//! Threads that a server can't do without. One that panics, or returns unasked, is reported, so that whoever
//! runs the process can end it in order: it would live on and answer nothing.
//!
//! It restarts nothing: what a thread had in memory is gone with it, and a new process recovers by itself.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// The vital threads of one process; clones share them.
#[derive(Clone, Default)]
pub struct VitalThreads {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The first thread that was lost.
    lost: Option<&'static str>,
    report: Option<Box<dyn FnOnce(&'static str) + Send>>,
}

impl State {
    fn report(&mut self) {
        if let Some(thread) = self.lost
            && let Some(report) = self.report.take()
        {
            report(thread);
        }
    }
}

impl VitalThreads {
    /// Starts a thread that is vital until it is asked to end.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn spawn(&self, name: &'static str, work: impl FnOnce() + Send + 'static) -> io::Result<VitalThread> {
        let is_asked = Arc::<AtomicBool>::default();
        let watch = Watch { name, state: Arc::clone(&self.state), is_asked: Arc::clone(&is_asked) };
        let thread = Builder::new().name(name.to_owned()).spawn(move || {
            let _watch = watch;
            work();
        })?;
        Ok(VitalThread { is_asked, thread: Some(thread) })
    }

    /// Has the first thread that is lost reported by its name; at once if one was already.
    pub fn on_loss(&self, report: impl FnOnce(&'static str) + Send + 'static) {
        let mut state = lock(&self.state);
        state.report = Some(Box::new(report));
        state.report();
    }
}

/// A vital thread; whoever has it end says so first. Dropped, it goes on by itself and is vital no more.
#[derive(Debug)]
pub struct VitalThread {
    is_asked: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl VitalThread {
    /// Its return is no loss from here on: to be called before what has it return.
    pub fn may_return(&self) {
        self.is_asked.store(true, Ordering::SeqCst);
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If it panicked.
    pub fn join(mut self) -> std::thread::Result<()> {
        self.may_return();
        self.thread.take().map_or(Ok(()), JoinHandle::join)
    }
}

impl Drop for VitalThread {
    fn drop(&mut self) {
        self.may_return();
    }
}

/// Lives as long as its thread.
struct Watch {
    name: &'static str,
    state: Arc<Mutex<State>>,
    is_asked: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() || !self.is_asked.load(Ordering::SeqCst) {
            let mut state = lock(&self.state);
            state.lost.get_or_insert(self.name);
            state.report();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, TryRecvError, channel};

    use super::*;

    fn reports(threads: &VitalThreads) -> Receiver<&'static str> {
        let (report, reported) = channel();
        threads.on_loss(move |thread| report.send(thread).unwrap());
        reported
    }

    #[test]
    fn the_first_thread_that_panics_is_reported_once() {
        let threads = VitalThreads::default();
        let reported = reports(&threads);
        assert!(threads.spawn("engine", || panic!("a defect")).unwrap().join().is_err());
        assert!(threads.spawn("publisher", || panic!("what follows from it")).unwrap().join().is_err());
        assert_eq!(reported.try_recv(), Ok("engine"));
        assert_eq!(reported.try_recv(), Err(TryRecvError::Disconnected));
    }

    #[test]
    fn a_thread_that_panicked_before_anybody_asked_is_reported_too() {
        let threads = VitalThreads::default();
        assert!(threads.spawn("engine", || panic!("a defect")).unwrap().join().is_err());
        assert_eq!(reports(&threads).try_recv(), Ok("engine"));
    }

    #[test]
    fn a_thread_that_returns_is_a_loss_unless_it_was_asked_to() {
        let threads = VitalThreads::default();
        let reported = reports(&threads);
        let (until, works) = channel::<()>();
        let asked = threads.spawn("publisher", move || _ = works.recv()).unwrap();
        asked.may_return();
        drop(until);
        asked.join().unwrap();
        assert_eq!(reported.try_recv(), Err(TryRecvError::Empty));
        let unasked = threads.spawn("engine", || ()).unwrap();
        assert_eq!(reported.recv(), Ok("engine"));
        unasked.join().unwrap();
    }
}
