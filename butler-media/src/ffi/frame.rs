//! A picture in memory.

use std::ffi::c_int;
use std::slice;

use ffmpeg_next::ffi as av;

use super::headers::number;
use super::{AvError, light};

/// What a picture's numbers mean, by ITU-T H.273; libav's range is 0 for unsaid, 1 for limited, 2 for full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colours {
    pub(super) colorspace: c_int,
    pub(super) color_trc: c_int,
    pub(super) color_primaries: c_int,
    pub(super) color_range: c_int,
    /// The brightest pixel, cd/m2.
    pub(super) peak: Option<u32>,
}

/// A decoded picture, or one to be filled.
pub(crate) struct Frame {
    pointer: *mut av::AVFrame,
    /// The brightest pixel, cd/m2, as the container says.
    peak: Option<u32>,
}

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
        AvError::check_pointer(unsafe { av::av_frame_alloc() }).map(|pointer| Self { pointer, peak: None })
    }

    /// One with planes as a JPEG has them: 8 bits, colours at half size, full range. Width and height must be
    /// even.
    pub(crate) fn for_jpeg(width: u32, height: u32) -> Result<Self, AvError> {
        Self::with_planes(width, height, av::AVPixelFormat::AV_PIX_FMT_YUVJ420P)
    }

    /// One with a plane of red, green and blue, 16 bits each: room for light that a JPEG has no numbers for.
    pub(crate) fn for_light(width: u32, height: u32) -> Result<Self, AvError> {
        Self::with_planes(width, height, av::AVPixelFormat::AV_PIX_FMT_RGB48LE)
    }

    /// One with a plane of red, green, blue and opacity, 8 bits each.
    pub(crate) fn for_colours(width: u32, height: u32) -> Result<Self, AvError> {
        Self::with_planes(width, height, av::AVPixelFormat::AV_PIX_FMT_RGBA)
    }

    fn with_planes(width: u32, height: u32, format: av::AVPixelFormat) -> Result<Self, AvError> {
        let frame = Self::empty()?;
        // SAFETY: a fresh frame; libav allocates by the numbers set here.
        unsafe {
            (*frame.pointer).width = c_int::try_from(width).map_err(|_| AvError::WRONG)?;
            (*frame.pointer).height = c_int::try_from(height).map_err(|_| AvError::WRONG)?;
            (*frame.pointer).format = format as c_int;
            (*frame.pointer).color_range = av::AVColorRange::AVCOL_RANGE_JPEG;
            AvError::check(av::av_frame_get_buffer(frame.pointer, 0))?;
        }
        Ok(frame)
    }

    pub(super) const fn get(&self) -> &av::AVFrame {
        // SAFETY: valid from `empty` to `drop`.
        unsafe { &*self.pointer }
    }

    pub(super) const fn pointer(&self) -> *mut av::AVFrame {
        self.pointer
    }

    pub(crate) fn width(&self) -> u32 {
        u32::try_from(self.get().width).unwrap_or(0)
    }

    pub(crate) fn height(&self) -> u32 {
        u32::try_from(self.get().height).unwrap_or(0)
    }

    /// Whether the decoder had to make parts of it up.
    pub(crate) fn is_damaged(&self) -> bool {
        self.get().decode_error_flags != 0 || self.is_unfinished()
    }

    /// Whether it leans on pictures that were not decoded, as in a film that is refreshed strip by strip.
    pub(crate) fn is_unfinished(&self) -> bool {
        // A picture of its own is whole, whatever libav suspects of the stream before it; 2 and 3 lean on
        // others.
        self.get().flags & av::AV_FRAME_FLAG_CORRUPT != 0 && matches!(number!(self.pointer, pict_type), 2 | 3)
    }

    /// Whether it leans on others by its kind, though it was decoded alone: a decoder that holds pictures
    /// back forgets to say so. One that begins a film, or goes on with it whole, is a key frame to the
    /// decoder too, even if its second field leans on its first.
    pub(crate) fn leans_on_others(&self) -> bool {
        self.get().key_frame == 0 && matches!(number!(self.pointer, pict_type), 2 | 3)
    }

    pub(super) fn format(&self) -> c_int {
        self.get().format
    }

    pub(super) fn colour_space(&self) -> c_int {
        number!(self.pointer, colorspace)
    }

    pub(super) fn is_full_range(&self) -> bool {
        number!(self.pointer, color_range) == av::AVColorRange::AVCOL_RANGE_JPEG as c_int
    }

    /// Transfer characteristics and primaries, by the numbers of ITU-T H.273.
    pub(crate) fn light(&self) -> (c_int, c_int) {
        (number!(self.pointer, color_trc), number!(self.pointer, color_primaries))
    }

    /// Whether every second line was taken at another time.
    pub(crate) const fn is_interlaced(&self) -> bool {
        self.get().interlaced_frame != 0
    }

    /// The light of the brightest pixel, cd/m2, where the film says so: by its content (CTA-861.3), else by
    /// the display it was mastered on (SMPTE ST 2086).
    pub(crate) fn peak(&self) -> Option<u32> {
        use av::AVFrameSideDataType::{
            AV_FRAME_DATA_CONTENT_LIGHT_LEVEL as CONTENT, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA as DISPLAY,
        };
        let side_data = |kind| {
            // SAFETY: null is asked for; libav keeps `size` bytes at `data`.
            unsafe {
                let found = av::av_frame_get_side_data(self.pointer, kind).as_ref()?;
                Some(slice::from_raw_parts(found.data, found.size))
            }
        };
        light::of_content(side_data(CONTENT)).or_else(|| light::of_display(side_data(DISPLAY))).or(self.peak)
    }

    /// Takes over what the container says of the colours where the picture itself says nothing.
    pub(super) fn fill_in(&mut self, colours: Colours) {
        macro_rules! fill {
            ($field:ident, $unsaid:pat) => {
                if matches!(number!(self.pointer, $field), $unsaid) {
                    // SAFETY: the field of a valid frame, four bytes long; it is read as a plain number
                    // everywhere in this folder.
                    unsafe { (&raw mut (*self.pointer).$field).cast::<c_int>().write(colours.$field) };
                }
            };
        }
        // 2 is "unspecified" in ITU-T H.273, and so is 0 in libav's range; matrix 0 is RGB's own.
        fill!(colorspace, 2);
        fill!(color_trc, 0 | 2);
        fill!(color_primaries, 0 | 2);
        fill!(color_range, 0);
        self.peak = colours.peak;
    }

    /// The rows of a frame made by [`Self::for_light`]: red, green and blue, 16 bits each, the lower byte
    /// first.
    pub(crate) fn light_rows(&self) -> impl Iterator<Item = &[u8]> {
        self.packed_rows(6)
    }

    /// The rows of a frame made by [`Self::for_colours`]: red, green, blue and opacity.
    pub(crate) fn colour_rows(&self) -> impl Iterator<Item = &[u8]> {
        self.packed_rows(4)
    }

    /// The rows of a frame that has one plane, of so many bytes a pixel.
    fn packed_rows(&self, bytes_a_pixel: usize) -> impl Iterator<Item = &[u8]> {
        let stride = usize::try_from(self.get().linesize[0]).unwrap_or(0).max(1);
        // SAFETY: `with_planes` had these bytes allocated, and the scaler filled them before anybody looks.
        let bytes = unsafe { slice::from_raw_parts(self.get().data[0], stride * self.height() as usize) };
        let width = self.width() as usize * bytes_a_pixel;
        bytes.chunks(stride).map(move |row| &row[..width])
    }

    /// The same, to be written.
    #[cfg(test)]
    pub(crate) fn light_rows_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let (stride, width) = (self.get().linesize[0] as usize, self.width() as usize * 6);
        // SAFETY: as in `light_rows`; nobody else holds this frame's plane.
        let bytes = unsafe { slice::from_raw_parts_mut(self.get().data[0], stride * self.height() as usize) };
        bytes.chunks_mut(stride).map(move |row| &mut row[..width])
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
        unsafe { av::av_frame_free(&mut self.pointer) };
    }
}
