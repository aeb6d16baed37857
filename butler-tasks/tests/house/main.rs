//! What keeps house, by the doors that the engine has: a plan, and its doing. On real libraries in temporary
//! folders, by a clock that the test holds.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod blobs;
mod files;
mod media;
mod refusals;
mod world;
