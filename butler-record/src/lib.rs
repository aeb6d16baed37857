//! The history of a server that keeps none itself, as a Plex Media Server: what it was busy with, from when
//! to when, on what, and how far it came.
//!
//! It asks no server and no clock: observations and their instants are handed in. Start with [`Recorder`],
//! the pure machine that makes changes of observations; [`RecordFile`] keeps them in a small SQLite file, and
//! [`night`] lays out what a night held.

mod change;
mod file;
pub mod night;
mod recorder;

pub use change::{KnownTask, OpenSpan, RecordChange};
pub use file::{RecordError, RecordFile, Recorded, RecordedSpan, TaskChange};
pub use recorder::{Known, Observation, Recorder};
