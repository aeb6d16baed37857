//! The rules of docs/scheduling.md by their numbers, through the public door, and any sequence of events
//! against what must always hold. `world.rs` is the engine and the library in small; each other file is a
//! subject.

#![expect(clippy::unwrap_used, reason = "what a test builds itself is there; if not, the test is to fail")]

mod asap;
mod catch_up;
mod changes;
mod lanes;
mod next_night;
mod nights;
mod pauses;
mod refreshes;
mod restarts;
mod served;
mod simulation;
mod starts;
mod stops;
mod worked;
mod world;
