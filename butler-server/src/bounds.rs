//! What a server allows its clients. A test hands in smaller numbers and shorter times.

use std::time::Duration;

/// The bounds of a server's connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time.
    pub connections: usize,
    /// Of these, those whose client has not shown the token.
    pub strangers: usize,
    /// A new connection keeps its place so long from when it is first read from, even if it says nothing and
    /// others want one.
    pub fresh_for: Duration,
    /// A request's head must be there within this time; also how long an idle connection is kept.
    pub head_within: Duration,
    /// A client that takes no byte of its answer for so long is hung up on.
    pub taken_within: Duration,
    /// So often who listens to notifications hears at least a ping. Known clients give a server up that is
    /// silent for 15 seconds.
    pub ping_every: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 512,
            strangers: 64,
            fresh_for: Duration::from_millis(500),
            head_within: Duration::from_secs(30),
            taken_within: Duration::from_secs(30),
            ping_every: Duration::from_secs(10),
        }
    }
}
