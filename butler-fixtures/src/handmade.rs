//! Films and pictures that no encoder of ffmpeg's makes: written bit by bit, or a finished file patched. They
//! are tiny, flat, and right by their standards.
//!
//! Never a film to look at: each shows one thing that a reader must get right. Start with
//! [`field_coded_h264`], [`wmv3`] and [`Mp4`].

mod avi;
mod bits;
mod endless;
mod h264;
mod heif;
mod mp4;
mod packed;
mod wmv3;

pub use endless::endless_jpeg;
pub use h264::field_coded_h264;
pub use heif::HeicGrid;
pub use mp4::Mp4;
pub use packed::packed_avi;
pub use wmv3::wmv3;
