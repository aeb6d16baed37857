//! Gain tags in music files, for other players: what is to be written, how a file is replaced by one that
//! differs in these tags alone, and what was written, so that it can be taken back.
//!
//! It is the one place where Butler changes a file of the user's, and only for a section whose setting asks
//! for it. Where the tags lie in a file a worker finds out: here bytes are copied and none understood. A
//! file is put in place of the old one only if its sound has the same prints, so that all that was made of
//! it stays its own.
//!
//! The way of a file: `plan.rs` says what it shall have (pure), `open_track.rs` opens it, `draft.rs` writes
//! the new one beside it under no name, `store/gain_tags.rs` keeps the intent, `swap.rs` puts it in place,
//! `store/gain_tags.rs` settles the journal and the file's part in one transaction. What a crash leaves in
//! between `left_over.rs` finds out from the files. Who drives it is the engine.

mod draft;
mod left_over;
mod not_replaced;
mod open_track;
mod plan;
mod swap;
mod writers;

pub(crate) use draft::Digest;
pub use draft::Draft;
pub(crate) use left_over::{Pair, look};
pub use not_replaced::NotReplaced;
pub use open_track::OpenTrack;
pub(crate) use plan::gain_of;
pub use plan::{AlbumFiles, TrackFile, Verdict, Why, verdicts};
pub use swap::Replaced;

#[cfg(test)]
mod tests;
