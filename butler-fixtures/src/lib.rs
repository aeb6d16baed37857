//! What the tests, the benches and `./run`'s sample need: small real films, folders of a library, and the real server as a
//! running executable.
//!
//! Never part of a release, and never linked by the executables; it uses none of our other crates, so that what it says of
//! the server it learned through the server's doors alone.
//!
//! Start with [`Stage`], one test's world; [`Server`] is the running server, [`Film`] describes a film, [`Folders`] a tree.

mod bif;
mod ffmpeg;
mod films;
mod http;
mod library;
mod look;
mod random;
mod server;
mod sound;
mod stage;

pub use bif::{Bif, jpeg_size};
pub use films::{Codec, Container, Film, Picture, Studio, photo};
pub use http::{Request, Response};
pub use library::{Folders, age};
pub use look::Look;
pub use random::Random;
pub use rustix::process::Signal;
pub use server::{Ended, Part, Server, send, wait_until};
pub use sound::{Sound, Tune};
pub use stage::Stage;
