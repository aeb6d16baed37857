//! Makes a decoded picture smaller: with 8 bits, a JPEG's range and a JPEG's colours, or as red, green and
//! blue of 16 bits.
//!
//! Of an interlaced picture one field is taken: the other one shows another time, and both together show
//! combs.

use std::ffi::c_int;
use std::ptr;

use ffmpeg_next::ffi as av;

use super::headers::pixel_format;
use super::{AvError, Frame};

/// Averages areas: what a picture made much smaller wants. (The fast bilinear way writes machine code, which
/// the sandbox refuses.)
const WAY: c_int = av::SWS_AREA;
/// The same where a curve follows that makes small faults large.
const EXACT_WAY: c_int = av::SWS_AREA | av::SWS_FULL_CHR_H_INT | av::SWS_ACCURATE_RND;
/// From this height on a video that doesn't name its colours is taken for high definition.
const HIGH_DEFINITION: u32 = 720;

/// A scaler that keeps its tables as long as pictures of the same shape come.
pub(crate) struct Scaler {
    context: *mut av::SwsContext,
    shape: Option<Shape>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    from: (u32, u32),
    format: c_int,
    colours: c_int,
    full_range: bool,
    to: (u32, u32),
    into: c_int,
}

// SAFETY: libav ties a scaler to no thread, and `&mut self` keeps it to one at a time.
unsafe impl Send for Scaler {}

impl Scaler {
    pub(crate) const fn new() -> Self {
        Self { context: ptr::null_mut(), shape: None }
    }

    /// Scales `from` into `to`, which [`Frame::for_jpeg`] or [`Frame::for_light`] made.
    pub(crate) fn scale(&mut self, from: &Frame, to: &mut Frame) -> Result<(), AvError> {
        // The upper field, whichever comes first: its lines are there in every picture that has two.
        let lines = if from.is_interlaced() && from.height() > 1 { 2 } else { 1 };
        let shape = Shape {
            from: (from.width(), from.height() / lines),
            format: from.format(),
            colours: coefficients(from),
            full_range: from.is_full_range(),
            to: (to.width(), to.height()),
            into: to.format(),
        };
        if self.shape != Some(shape) {
            self.prepare(shape)?;
        }
        let source = from.get();
        let strides = source.linesize.map(|stride| stride.saturating_mul(lines as c_int));
        // SAFETY: the context was made for exactly these shapes, and both frames hold planes of them; every
        // second line of a plane from its first on lies inside it, for half its height is rounded down.
        let rows = unsafe {
            av::sws_scale(
                self.context,
                source.data.as_ptr().cast(),
                strides.as_ptr(),
                0,
                shape.from.1 as c_int,
                to.get().data.as_ptr(),
                to.get().linesize.as_ptr(),
            )
        };
        AvError::check(rows).map(|_| ())
    }

    fn prepare(&mut self, shape: Shape) -> Result<(), AvError> {
        self.shape = None;
        let size =
            |(width, height): (u32, u32)| Some((c_int::try_from(width).ok()?, c_int::try_from(height).ok()?));
        let formats = (pixel_format(shape.format), pixel_format(shape.into));
        let (Some(from), Some(to), (Some(format), Some(into))) = (size(shape.from), size(shape.to), formats)
        else {
            return Err(AvError::WRONG);
        };
        let way = if into == av::AVPixelFormat::AV_PIX_FMT_RGB48LE { EXACT_WAY } else { WAY };
        // SAFETY: the old context goes first; libav refuses a shape that it can't do by null. The tables are
        // static.
        unsafe {
            av::sws_freeContext(self.context);
            self.context = av::sws_getContext(
                from.0,
                from.1,
                format,
                to.0,
                to.1,
                into,
                way,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            );
            AvError::check_pointer(self.context)?;
            let (ours, jpegs) =
                (av::sws_getCoefficients(shape.colours), av::sws_getCoefficients(av::SWS_CS_ITU601));
            // Formats that have no range of their own refuse this; they need it not.
            av::sws_setColorspaceDetails(
                self.context,
                ours,
                c_int::from(shape.full_range),
                jpegs,
                1,
                0,
                1 << 16,
                1 << 16,
            );
        }
        self.shape = Some(shape);
        Ok(())
    }
}

/// libswscale's number of the colours of a frame.
fn coefficients(frame: &Frame) -> c_int {
    match frame.colour_space() {
        1 => av::SWS_CS_ITU709,
        4 => av::SWS_CS_FCC,
        5 | 6 => av::SWS_CS_ITU601,
        7 => av::SWS_CS_SMPTE240M,
        9 | 10 => av::SWS_CS_BT2020,
        _ if frame.height() >= HIGH_DEFINITION => av::SWS_CS_ITU709,
        _ => av::SWS_CS_ITU601,
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: null, or made by `prepare` and freed once.
        unsafe { av::sws_freeContext(self.context) };
    }
}
