//! What the tests, the benches and `./run`'s sample need: small real films, folders of a library, and the
//! real server as a running executable; and a stand-in for a Plex Media Server, for what no real one shows on
//! demand.
//!
//! Never part of a release, and never linked by the executables; it uses none of our other crates, so that
//! what it says of the server it learned through the server's doors alone.
//!
//! However a test ends, nothing that it made or started here outlives it: see `guard.rs`.
//!
//! Start with [`Stage`], one test's world; [`Server`] is the running server, [`Film`] describes a film,
//! [`Folders`] a tree.

mod bait;
mod bif;
mod broken;
mod butler_answers;
mod camera;
mod ffmpeg;
mod films;
mod guard;
mod handmade;
mod http;
mod library;
mod look;
mod music;
pub mod plex;
mod random;
mod server;
mod slow_mount;
mod small_disk;
mod sound;
mod speech;
mod stage;
pub mod stand_in;
pub mod tags;

pub use bait::Bait;
pub use bif::{Bif, jpeg_size};
pub use broken::{Broken, Corpus};
pub use butler_answers::butler;
pub use camera::Camera;
pub use films::{Codec, Container, Film, Picture, Studio, photo};
pub use guard::{command, kept, tempdir};
pub use handmade::{HeicGrid, Mp4, endless_jpeg, field_coded_h264, packed_avi, wmv3};
pub use http::{Request, Response};
pub use library::{Folders, age};
pub use look::Look;
pub use music::Piece;
pub use random::Random;
pub use rustix::process::Signal;
pub use server::{Part, Server, send, wait_until};
pub use slow_mount::{SlowMount, serve_slow_mount};
pub use small_disk::{AlsoAt, SmallDisk};
pub use sound::{Sound, Tune};
pub use speech::{Bed, Talk};
pub use stage::Stage;
