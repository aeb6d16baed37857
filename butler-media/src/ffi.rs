//! libav behind a small safe door: every `unsafe` line that speaks to it is in this file's folder.
//!
//! Nothing here decides: what may be opened is `open.rs`, what is read is `pass.rs`. Start with [`Demuxer`],
//! then [`Decoder`], [`Scaler`], [`JpegEncoder`] and [`SoundDecoder`].
#![expect(unsafe_code, reason = "libav is C; each block says why it is sound")]

mod decoder;
mod demuxer;
mod encoder;
mod frame;
mod headers;
mod light;
mod scaler;
mod sound;

use std::ffi::{CStr, c_char, c_int};
use std::sync::atomic::{AtomicBool, Ordering};

use ffmpeg_next::ffi as av;

pub(crate) use decoder::{Alone, Decoder, DecoderOptions, MAX_REFRESH, NoDecoder, StillHeader};
pub(crate) use demuxer::{Demuxer, IndexEntry, OpenOptions, Packet, probe};
pub(crate) use encoder::JpegEncoder;
pub(crate) use frame::{Frame, Plane};
pub(crate) use headers::{Medium, StreamHeader};
pub(crate) use scaler::Scaler;
pub(crate) use sound::{Resampler, SoundDecoder, SoundFrame, Target};

/// Stops libav's own words on standard error; called before anything is opened.
pub(crate) fn silence() {
    // SAFETY: sets a number inside libav.
    unsafe { av::av_log_set_level(av::AV_LOG_QUIET) };
}

/// With this much left, memory that libav did not get was an absurd amount that a file asked for.
const ENOUGH_BYTES: usize = 512 << 20;
static OUT_OF_MEMORY: AtomicBool = AtomicBool::new(false);

/// Whether this process once had too little memory: what was then said of a file is not to be believed.
pub(crate) fn ran_out_of_memory() -> bool {
    OUT_OF_MEMORY.load(Ordering::Relaxed)
}

/// libav's number for what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AvError(c_int);

impl AvError {
    /// The demuxer came to the end.
    pub(crate) const END: Self = Self(av::AVERROR_EOF);
    const NO_MEMORY: Self = Self(av::AVERROR(libc::ENOMEM));
    const WRONG: Self = Self(av::AVERROR(libc::EINVAL));

    /// Whether libav lacks what it would take, and nothing is wrong with the content.
    pub(crate) fn is_unsupported(self) -> bool {
        [av::AVERROR_PATCHWELCOME, av::AVERROR_DECODER_NOT_FOUND, av::AVERROR(libc::ENOSYS)].contains(&self.0)
    }

    /// The result of a call that is negative where it failed.
    fn check(result: c_int) -> Result<c_int, Self> {
        if result < 0 { Err(Self(result).noted()) } else { Ok(result) }
    }

    fn check_pointer<T>(pointer: *mut T) -> Result<*mut T, Self> {
        if pointer.is_null() { Err(Self::NO_MEMORY.noted()) } else { Ok(pointer) }
    }

    /// Looks how much memory there is at the moment in which libav says that it got none.
    fn noted(self) -> Self {
        if self == Self::NO_MEMORY && Vec::<u8>::new().try_reserve_exact(ENOUGH_BYTES).is_err() {
            OUT_OF_MEMORY.store(true, Ordering::Relaxed);
        }
        self
    }
}

/// A name that libav holds for as long as it is loaded, or nothing.
fn name(pointer: *const c_char) -> Option<String> {
    // SAFETY: libav's names are static, zero-terminated strings, and null is asked for first.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// A time in microseconds; none where libav has none.
fn micros(value: i64, base: av::AVRational) -> Option<i64> {
    const MICROS: av::AVRational = av::AVRational { num: 1, den: 1_000_000 };
    // SAFETY: plain arithmetic; a base of zero is excluded.
    (value != av::AV_NOPTS_VALUE && base.num > 0 && base.den > 0)
        .then(|| unsafe { av::av_rescale_q(value, base, MICROS) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_asks_for_absurd_amounts_of_memory_is_told_from_a_worker_that_has_none() {
        assert_eq!(AvError::check(AvError::NO_MEMORY.0), Err(AvError::NO_MEMORY));
        assert!(!ran_out_of_memory());
    }
}
