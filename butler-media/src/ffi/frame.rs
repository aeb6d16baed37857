//! A picture in memory.

use std::ffi::c_int;
use std::slice;

use ffmpeg_next::ffi as av;

use super::AvError;
use super::headers::number;

/// A decoded picture, or one to be filled.
pub(crate) struct Frame(*mut av::AVFrame);

/// One plane of a frame: rows of `stride` bytes, of which the first `width` are the picture's.
pub(crate) struct Plane<T> {
    pub(crate) bytes: T,
    pub(crate) stride: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

// SAFETY: a frame owns its planes by atomic reference counts.
unsafe impl Send for Frame {}

impl Frame {
    /// One without planes, for a decoder to fill.
    pub(super) fn empty() -> Result<Self, AvError> {
        // SAFETY: null is asked for.
        AvError::check_pointer(unsafe { av::av_frame_alloc() }).map(Self)
    }

    /// One with planes as a JPEG has them: 8 bits, colours at half size, full range. Width and height must be even.
    pub(crate) fn for_jpeg(width: u32, height: u32) -> Result<Self, AvError> {
        let frame = Self::empty()?;
        // SAFETY: a fresh frame; libav allocates by the numbers set here.
        unsafe {
            (*frame.0).width = c_int::try_from(width).map_err(|_| AvError::WRONG)?;
            (*frame.0).height = c_int::try_from(height).map_err(|_| AvError::WRONG)?;
            (*frame.0).format = av::AVPixelFormat::AV_PIX_FMT_YUVJ420P as c_int;
            (*frame.0).color_range = av::AVColorRange::AVCOL_RANGE_JPEG;
            AvError::check(av::av_frame_get_buffer(frame.0, 0))?;
        }
        Ok(frame)
    }

    pub(super) const fn get(&self) -> &av::AVFrame {
        // SAFETY: valid from `empty` to `drop`.
        unsafe { &*self.0 }
    }

    pub(super) const fn pointer(&self) -> *mut av::AVFrame {
        self.0
    }

    pub(crate) fn width(&self) -> u32 {
        u32::try_from(self.get().width).unwrap_or(0)
    }

    pub(crate) fn height(&self) -> u32 {
        u32::try_from(self.get().height).unwrap_or(0)
    }

    /// Whether the decoder had to make parts of it up.
    pub(crate) const fn is_damaged(&self) -> bool {
        self.get().decode_error_flags != 0
    }

    pub(super) fn format(&self) -> c_int {
        self.get().format
    }

    pub(super) fn colour_space(&self) -> c_int {
        number!(self.0, colorspace)
    }

    pub(super) fn is_full_range(&self) -> bool {
        number!(self.0, color_range) == av::AVColorRange::AVCOL_RANGE_JPEG as c_int
    }

    /// The shape of plane 0, 1 or 2 of a frame made by [`Self::for_jpeg`].
    fn shape(&self, plane: usize) -> (usize, usize, usize) {
        let halves = if plane == 0 { 1 } else { 2 };
        let stride = usize::try_from(self.get().linesize[plane]).unwrap_or(0);
        (stride, self.width() as usize / halves, self.height() as usize / halves)
    }

    /// Plane 0, 1 or 2 of a frame made by [`Self::for_jpeg`].
    pub(crate) fn plane(&self, plane: usize) -> Plane<&[u8]> {
        let (stride, width, height) = self.shape(plane);
        // SAFETY: `for_jpeg` had these bytes allocated, and the scaler filled them before anybody looks.
        let bytes = unsafe { slice::from_raw_parts(self.get().data[plane], stride * height) };
        Plane { bytes, stride, width, height }
    }

    /// The same, to be written.
    pub(crate) fn plane_mut(&mut self, plane: usize) -> Plane<&mut [u8]> {
        let (stride, width, height) = self.shape(plane);
        // SAFETY: as in `plane`; nobody else holds this frame's planes.
        let bytes = unsafe { slice::from_raw_parts_mut(self.get().data[plane], stride * height) };
        Plane { bytes, stride, width, height }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: allocated by `empty`, freed once.
        unsafe { av::av_frame_free(&mut self.0) };
    }
}
