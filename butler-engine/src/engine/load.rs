//! Holds everything while others need the machine: a thread of its own reads what the kernel says of waiting,
//! and the loop has [`Pressure`] decide. What a pause is, the schedule knows.

use std::fs;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use butler_api::{Pause, PauseEnd, PauseOwner};
use butler_tasks::Settings;
use butler_tasks::settings::{BUTLER_PAUSE_AT_DISK_PRESSURE, BUTLER_PAUSE_AT_PROCESSOR_PRESSURE};
use tokio::sync::watch;

use crate::engine::Loop;
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::pressure::{Limits, Order, Sample};

/// So often a sample is taken, where there is a limit.
const EVERY: Duration = Duration::from_secs(5);

/// The thread that takes samples, until it is dropped.
pub(crate) struct Sampler {
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sampler {
    pub(crate) fn start(settings: watch::Receiver<Arc<Settings>>, inbox: Inbox) -> std::io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let sample_again = move || {
            let mut was_limited = false;
            while ended.recv_timeout(EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                let is_limited = limits(&settings.borrow()).are_set();
                // Once more after the last limit went: what it held goes on.
                if is_limited || was_limited {
                    inbox.tell(EngineEvent::PressureSampled { sample: sample() });
                }
                was_limited = is_limited;
            }
        };
        let thread = std::thread::Builder::new().name("pressure".to_owned()).spawn(sample_again)?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that samples the machine's pressure panicked");
        }
    }
}

impl Loop {
    /// The kernel said how much is waited for; none where it does not tell.
    pub(super) fn pressure_sampled(&mut self, sample: Option<Sample>) {
        let limits = limits(&self.settings.borrow());
        self.health.is_pressure_unknown = limits.are_set() && sample.is_none();
        let before = self.pressure.clone();
        let order = self.pressure.step(Instant::now(), sample, limits, !self.runs.is_empty());
        let done = match order {
            None => return,
            Some(Order::Pause(why)) => {
                tracing::info!(?sample, "{why}: everything is paused");
                let (since, note) = (self.clock.now(), Some(why.to_owned()));
                let until = PauseEnd::Lifted;
                self.pause(Pause { owner: PauseOwner::Load, note, since, until, drains: false })
            }
            Some(Order::Resume) => self.resume(Some(PauseOwner::Load)),
        };
        if let Err(error) = done {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what the machine's pressure asks for could not be stored");
            // It is asked for anew with the next sample.
            self.pressure = before;
        }
    }
}

pub(super) fn limits(settings: &Settings) -> Limits {
    Limits {
        disk: settings.int(&BUTLER_PAUSE_AT_DISK_PRESSURE),
        processor: settings.int(&BUTLER_PAUSE_AT_PROCESSOR_PRESSURE),
    }
}

/// What the kernel says now; none if it was built without, or tells nobody.
fn sample() -> Option<Sample> {
    let of = |what: &str| some(&fs::read_to_string(format!("/proc/pressure/{what}")).ok()?);
    Some(Sample { disk: of("io")?, processor: of("cpu")? })
}

/// The part of the last ten seconds in which something waited, percent
/// (<https://docs.kernel.org/accounting/psi.html>).
fn some(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let percent: f64 = line.split(' ').find_map(|word| word.strip_prefix("avg10="))?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read_and_nothing_else_is() {
        let text = "some avg10=7.15 avg60=2.80 avg300=2.26 total=1176792060\nfull avg10=1.00 avg60=0.00 \
                    avg300=0.00 total=3\n";
        assert_eq!(some(text), Some(7.15));
        for wrong in
            ["", "full avg10=1.00", "some avg10=", "some avg10=NaN", "some avg10=1e9", "some avg60=1.0"]
        {
            assert_eq!(some(wrong), None, "{wrong}");
        }
    }
}
