//! The one way into the engine's loop. It is bounded: who has more to tell than the loop can take waits, so
//! that a loop that a slow disk holds up costs time and never memory.

use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use crate::engine::event::EngineEvent;

/// So many events wait for the loop.
const MOST: usize = 1_024;
/// Who finds it full, and must not block, looks again after so long.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Where events for the loop are left; cheap to clone. The loop's end is no error for who tells it something:
/// who waits for an answer sees that none comes.
#[derive(Clone)]
pub(crate) struct Inbox(SyncSender<EngineEvent>);

impl Inbox {
    pub(crate) fn new() -> (Self, mpsc::Receiver<EngineEvent>) {
        let (sender, receiver) = mpsc::sync_channel(MOST);
        (Self(sender), receiver)
    }

    /// Leaves an event, as soon as there is room. Never to be called by the loop itself.
    pub(crate) fn tell(&self, event: EngineEvent) {
        let _ = self.0.send(event);
    }

    /// The same, but no later than this: one that finds no room until then is dropped.
    pub(crate) fn tell_until(&self, mut event: EngineEvent, until: Instant) {
        while let Err(TrySendError::Full(unsent)) = self.0.try_send(event) {
            if Instant::now() >= until {
                return;
            }
            event = unsent;
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// The same without blocking the thread. Who gives up waiting has told nothing.
    pub(crate) async fn tell_in_turn(&self, mut event: EngineEvent) {
        while let Err(TrySendError::Full(unsent)) = self.0.try_send(event) {
            event = unsent;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_the_inbox_full_waits_for_room_and_what_found_none_in_time_is_dropped() {
        let (inbox, events) = Inbox::new();
        (0..MOST).for_each(|_| inbox.tell(EngineEvent::ClockSet));
        inbox.tell_until(EngineEvent::ClockSet, Instant::now());
        let waiting = inbox.clone();
        let waits = std::thread::spawn(move || waiting.tell(EngineEvent::ClockSet));
        assert!((0..MOST).all(|_| matches!(events.recv(), Ok(EngineEvent::ClockSet))));
        waits.join().unwrap();
        assert!(matches!(events.try_recv(), Ok(EngineEvent::ClockSet)));
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn who_waits_for_room_in_an_inbox_that_nobody_reads_any_more_is_let_go() {
        let (inbox, events) = Inbox::new();
        (0..MOST).for_each(|_| inbox.tell(EngineEvent::ClockSet));
        let waits = std::thread::spawn(move || inbox.tell(EngineEvent::ClockSet));
        drop(events);
        waits.join().unwrap();
    }
}
