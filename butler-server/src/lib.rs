//! The HTTP server: Plex's API, so that its clients drive Butler unchanged, and Butler's own under `/api/v1`.
//!
//! A request passes bounds and token ([`router`], [`auth`]), reaches one handler, which asks the engine's
//! door or the library, and leaves as JSON or XML ([`accept`]) or as a [`error::Problem`]. No rule about what
//! runs when lives here. Start with [`router`]; the handlers are one file a resource, below [`plex`] and
//! [`v1`]; what they show is made in [`view`], and what happens meanwhile in [`live`].

mod accept;
mod app;
mod auth;
mod blob_body;
mod bounds;
mod error;
mod live;
mod metrics;
mod openapi;
mod params;
mod plex;
mod router;
mod serve;
mod v1;
mod view;
mod words;

pub use app::{About, App};
pub use bounds::Bounds;
pub use router::router;
pub use serve::serve;
