//! The real executable over a real socket pair, as the engine drives it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod bif;
mod codecs;
mod damage;
mod films;
mod headers;
mod orders;
mod process;
mod sandbox;
