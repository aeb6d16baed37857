//! What the server is busy with, live: one pure machine makes it of the engine's facts ([`Board`]), one
//! stream tells it to all who listen ([`Feed`]). Plex's words for it are no matter of this folder, nor are
//! the pages'.

mod board;
mod feed;
mod listeners;

pub(crate) use board::{Board, Doing, News};
pub(crate) use feed::Feed;
pub(crate) use listeners::{Listeners, Place};
