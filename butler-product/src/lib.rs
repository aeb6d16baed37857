//! What each product is: its kind, version, parameters and value, the reader and writer of its file format,
//! and the messages that engine and worker speak about it.
//!
//! It never links libav, opens no database and asks no clock. Start with [`Spec`], what can be wanted, and
//! [`Value`], what comes of it; [`message`] has the words between engine and worker, [`channel`] carries
//! them.

pub mod album_loudness;
pub mod bandwidth;
pub mod bif;
pub mod blur_hash;
pub mod channel;
pub mod chapter_thumbs;
pub mod chroma;
pub mod gain_tags;
pub mod loudness;
pub mod media_info;
pub mod message;
pub mod needed_bandwidth;
pub mod photo;
pub mod sonic;
pub mod srt;
pub mod tags;
pub mod voice;

mod failure;
mod fingerprint;
mod kind;
mod list;
mod little_endian;
mod one_line;
mod product;
mod spec;
mod traits;

pub use failure::{Failure, FailureClass};
pub use fingerprint::{Fingerprint, FingerprintParseError};
pub use kind::{ProductKind, UnknownKind};
pub use product::{Cost, CostPer, Line, Listed, Product, Quantity};
pub use spec::{Params, Spec, Value};
pub use traits::Traits;
