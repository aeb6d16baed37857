//! The worker's side: what goes on inside the sandboxed process that reads media files.
//!
//! It knows no database, no HTTP, no task and no path: orders and descriptors come over a socket, answers go
//! back over it. The way of an order: `worker.rs` takes it, `unit.rs` does it: `open.rs` finds out what the
//! file is, `products.rs` has a maker for each want, `pass.rs` plans one read for all of them and feeds them.
//! Every line that speaks to libav's C is behind `ffi.rs`. Start with [`run_worker`].

mod cursor;
mod ffi;
mod key_frames;
mod look;
mod marks;
mod open;
mod pace;
mod pass;
mod products;
mod retag;
mod sandbox;
mod scale;
mod source;
mod thumbnail;
mod tone_map;
mod unit;
mod walk;
mod watchdog;
mod worker;

pub use worker::{WorkerError, engine_socket, run_worker};
