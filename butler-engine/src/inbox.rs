//! The one way into the engine's loop.

use std::sync::mpsc;

use crate::event::EngineEvent;

/// Where events for the loop are left; cheap to clone. The loop's end is no error for who tells it something: who waits
/// for an answer sees that none comes.
#[derive(Clone)]
pub(crate) struct Inbox(mpsc::Sender<EngineEvent>);

impl Inbox {
    pub(crate) fn new() -> (Self, mpsc::Receiver<EngineEvent>) {
        let (sender, receiver) = mpsc::channel();
        (Self(sender), receiver)
    }

    pub(crate) fn tell(&self, event: EngineEvent) {
        let _ = self.0.send(event);
    }
}
