//! Writes pictures as JPEG by libav's own encoder, which is opened once for all pictures of one size.

use std::ffi::c_int;
use std::ptr;

use ffmpeg_next::ffi as av;

use super::{AvError, Frame, Packet};

/// A JPEG encoder for one size.
pub(crate) struct JpegEncoder {
    context: *mut av::AVCodecContext,
    packet: Packet,
}

// SAFETY: libav ties an encoder to no thread, and `&mut self` keeps it to one at a time.
unsafe impl Send for JpegEncoder {}

impl JpegEncoder {
    /// For pictures of this size; quality from 1, the best, to 31.
    pub(crate) fn new(width: u32, height: u32, quality: u8) -> Result<Self, AvError> {
        let packet = Packet::new()?;
        // SAFETY: the context is freed by `drop` from where it is made; its fields are the caller's to set
        // before it is opened.
        unsafe {
            let codec = av::avcodec_find_encoder_by_name(c"mjpeg".as_ptr());
            let encoder =
                Self { context: AvError::check_pointer(av::avcodec_alloc_context3(codec))?, packet };
            let context = encoder.context;
            (*context).width = c_int::try_from(width).map_err(|_| AvError::WRONG)?;
            (*context).height = c_int::try_from(height).map_err(|_| AvError::WRONG)?;
            (*context).pix_fmt = av::AVPixelFormat::AV_PIX_FMT_YUVJ420P;
            (*context).color_range = av::AVColorRange::AVCOL_RANGE_JPEG;
            (*context).time_base = av::AVRational { num: 1, den: 1 };
            (*context).thread_count = 1;
            (*context).global_quality = c_int::from(quality) * av::FF_QP2LAMBDA;
            // Without libav's version in each picture.
            (*context).flags |= (av::AV_CODEC_FLAG_QSCALE | av::AV_CODEC_FLAG_BITEXACT) as c_int;
            AvError::check(av::avcodec_open2(context, codec, ptr::null_mut()))?;
            Ok(encoder)
        }
    }

    /// The picture as a whole JPEG.
    pub(crate) fn encode(&mut self, picture: &Frame) -> Result<Vec<u8>, AvError> {
        // SAFETY: all are valid; the frame is this call's alone, so its quality may be set.
        unsafe {
            (*picture.pointer()).quality = (*self.context).global_quality;
            AvError::check(av::avcodec_send_frame(self.context, picture.pointer()))?;
            AvError::check(av::avcodec_receive_packet(self.context, self.packet.pointer()))?;
        }
        Ok(self.packet.bytes().to_vec())
    }
}

impl Drop for JpegEncoder {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once.
        unsafe { av::avcodec_free_context(&mut self.context) };
    }
}
