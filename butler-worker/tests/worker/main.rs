//! The real executable over a real socket pair, as the engine drives it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod bandwidth;
mod bif;
mod blur_hashes;
mod broken;
mod chapters;
mod chroma;
mod codecs;
mod damage;
mod films;
mod frames;
mod hdr;
mod headers;
mod kinds;
mod lengths;
mod loudness;
mod orders;
mod photos;
mod process;
mod retag;
mod sandbox;
mod sonic;
mod tags;
mod voice;
