//! A decoder that is fed one key frame at a time and gives one picture back.

use std::ffi::{CStr, c_int};
use std::ptr;

use ffmpeg_next::ffi as av;

use super::{AvError, Frame, Packet, StreamHeader};

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecoderOptions {
    /// Names of the decoders that may be used, with commas.
    pub(crate) allowed: &'static str,
    /// Pixels of a picture.
    pub(crate) max_pixels: u64,
    /// Whether blocks may stay visible: right where the picture is made much smaller anyway.
    pub(crate) rough: bool,
}

/// A decoder of one stream, on one thread.
pub(crate) struct Decoder(*mut av::AVCodecContext);

// SAFETY: libav ties a decoder to no thread, and `&mut self` keeps it to one at a time.
unsafe impl Send for Decoder {}

/// Why there is no decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoDecoder {
    /// None that may be used knows the codec.
    Unknown,
    /// It could not be set up with what the headers say.
    Refused(AvError),
}

impl Decoder {
    pub(crate) fn open(stream: &StreamHeader<'_>, options: &DecoderOptions) -> Result<Self, NoDecoder> {
        // SAFETY: the parameters outlive the call; the context is freed by `drop` from where it is made.
        unsafe {
            let codec = av::avcodec_find_decoder((*stream.parameters()).codec_id);
            let Some(known) = codec.as_ref() else {
                return Err(NoDecoder::Unknown);
            };
            let name = CStr::from_ptr(known.name).to_string_lossy();
            if !options.allowed.split(',').any(|allowed| allowed == name) {
                return Err(NoDecoder::Unknown);
            }
            let decoder = Self(AvError::check_pointer(av::avcodec_alloc_context3(codec)).map_err(NoDecoder::Refused)?);
            let context = decoder.0;
            AvError::check(av::avcodec_parameters_to_context(context, stream.parameters())).map_err(NoDecoder::Refused)?;
            (*context).pkt_timebase = stream.time_base();
            (*context).thread_count = 1;
            // The picture of a key frame that leans on what came before it is shown all the same, as a player does after a seek.
            (*context).flags |= av::AV_CODEC_FLAG_OUTPUT_CORRUPT as c_int;
            (*context).flags2 |= av::AV_CODEC_FLAG2_SHOW_ALL;
            (*context).max_pixels = i64::try_from(options.max_pixels).unwrap_or(i64::MAX);
            if options.rough {
                (*context).skip_loop_filter = av::AVDiscard::AVDISCARD_ALL;
            }
            AvError::check(av::avcodec_open2(context, codec, ptr::null_mut())).map_err(NoDecoder::Refused)?;
            Ok(decoder)
        }
    }

    /// The picture of a key frame; the decoder forgets it and all else afterwards.
    pub(crate) fn decode(&mut self, packet: &Packet) -> Result<Frame, AvError> {
        let frame = Frame::empty()?;
        // SAFETY: all three are valid. Without the null packet a decoder that reorders would hold the picture back.
        let decoded = unsafe {
            let sent = AvError::check(av::avcodec_send_packet(self.0, packet.pointer()));
            let received = sent.and_then(|_| {
                av::avcodec_send_packet(self.0, ptr::null());
                AvError::check(av::avcodec_receive_frame(self.0, frame.pointer()))
            });
            av::avcodec_flush_buffers(self.0);
            received
        };
        decoded.map(|_| frame)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `open`, freed once.
        unsafe { av::avcodec_free_context(&mut self.0) };
    }
}
