//! Gathers each key frame that is come across with the packets around it that its picture may need, while a
//! film is read through.
//!
//! It reads and decodes nothing, and keeps no packet longer than some key frame may need it. Start with
//! [`Gathering::packet`].

use std::collections::VecDeque;

use crate::ffi::{AvError, MAX_REFRESH, Packet};
use crate::marks::{Chooser, Share};

/// A key frame's packet.
pub(super) struct KeyFrame {
    /// When it is shown, microseconds from the file's start.
    pub(super) time: i64,
    pub(super) packet: Packet,
    /// The one before it in its stream, where that is one, too: perhaps its first field.
    pub(super) before: Option<Packet>,
    /// What follows it in its stream: its second field, or the strips of a film without key frames.
    pub(super) after: Vec<Packet>,
}

/// A key frame that is wanted.
pub(super) type Pick = (KeyFrame, Vec<Share>);

/// The key frames that are not decided on, or not gathered yet.
pub(super) struct Gathering {
    chooser: Chooser,
    /// Packets that a key frame's picture may need after its own.
    most: usize,
    /// The last key frame.
    pending: Option<KeyFrame>,
    /// Those before it that are wanted.
    waiting: VecDeque<Pick>,
    /// The stream's last packet, if that was a key frame's.
    last: Option<Packet>,
}

impl Gathering {
    pub(super) const fn new(chooser: Chooser) -> Self {
        Self { chooser, most: 1, pending: None, waiting: VecDeque::new(), last: None }
    }

    /// Says that the film is refreshed strip by strip: from now on as much is gathered as that may take.
    pub(super) const fn widen(&mut self) {
        self.most = MAX_REFRESH;
    }

    /// Takes the stream's next packet, and the time at which it is shown if that is known.
    pub(super) fn packet(&mut self, packet: &Packet, time: Option<i64>) -> Result<(), AvError> {
        for key_frame in self.waiting.iter_mut().map(|(key_frame, _)| key_frame).chain(&mut self.pending) {
            if key_frame.after.len() < self.most {
                key_frame.after.push(packet.twin()?);
            }
        }
        let before = self.last.take();
        if !packet.is_key() {
            return Ok(());
        }
        self.last = Some(packet.twin()?);
        if let Some((time, shares)) = time.and_then(|time| Some((time, self.chooser.push(time)?))) {
            self.decide(shares);
            self.pending = Some(KeyFrame { time, packet: packet.twin()?, before, after: Vec::new() });
        }
        Ok(())
    }

    /// What the last key frame serves is known.
    fn decide(&mut self, shares: Vec<Share>) {
        if let Some(key_frame) = self.pending.take().filter(|_| !shares.is_empty()) {
            self.waiting.push_back((key_frame, shares));
        }
    }

    /// The next key frame that is wanted and has what it may need.
    pub(super) fn ready(&mut self) -> Option<Pick> {
        let most = self.most;
        self.waiting.pop_front_if(|(key_frame, _)| key_frame.after.len() >= most)
    }

    /// The rest, once nothing follows; `seen` is the end where none was known.
    pub(super) fn finish(self, seen: i64) -> impl Iterator<Item = Pick> {
        let shares = self.chooser.finish(seen);
        let last = self.pending.filter(|_| !shares.is_empty()).map(|key_frame| (key_frame, shares));
        self.waiting.into_iter().chain(last)
    }
}
