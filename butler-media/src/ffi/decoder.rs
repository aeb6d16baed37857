//! A decoder that is fed one key frame at a time and gives one picture back.

use std::ffi::{CStr, CString, c_int};
use std::ptr;

use ffmpeg_next::ffi as av;

use super::frame::Colours;
use super::{AvError, Frame, Packet, StreamHeader};

/// Pictures over which a film is refreshed: ten seconds of them.
pub(crate) const MAX_REFRESH: usize = 300;

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

/// What a file that no demuxer opens says of a coded picture.
pub(crate) struct StillHeader<'a> {
    /// The decoder, by libav's name.
    pub(crate) decoder: &'static str,
    /// What the decoder is set up with.
    pub(crate) config: &'a [u8],
    /// Primaries, transfer and matrix, and whether the range is full, where the file says so.
    pub(crate) colours: Option<([u16; 3], bool)>,
}

impl StillHeader<'_> {
    /// Where neither file nor picture says anything they are sRGB's, in full range (ISO/IEC 23000-22,
    /// 7.3.6.4).
    fn colours(&self) -> Colours {
        let ([primaries, transfer, matrix], full) = self.colours.unwrap_or(([1, 13, 6], true));
        Colours {
            colorspace: matrix.into(),
            color_trc: transfer.into(),
            color_primaries: primaries.into(),
            color_range: if full { 2 } else { 1 },
            peak: None,
        }
    }
}

/// A decoder of one stream, on one thread.
pub(crate) struct Decoder {
    recipe: Recipe,
    context: Context,
    /// What the container says of the colours.
    colours: Colours,
}

// SAFETY: libav ties a decoder to no thread, and `&mut self` keeps it to one at a time.
unsafe impl Send for Decoder {}

/// What comes of a key frame's packet without any other.
pub(crate) enum Alone {
    /// Its picture.
    Whole(Frame),
    /// Nothing: it holds one field of a picture that is coded as two.
    Field,
    /// A part: the film has no key frames, and is refreshed strip by strip.
    Unfinished,
}

/// Why there is no decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoDecoder {
    /// None that may be used knows the codec.
    Unknown,
    /// It could not be set up with what the headers say.
    Refused(AvError),
}

/// What a decoder is opened by.
struct Recipe {
    codec: *const av::AVCodec,
    parameters: *mut av::AVCodecParameters,
    time_base: av::AVRational,
    options: DecoderOptions,
}

impl Recipe {
    fn of(
        codec: *const av::AVCodec,
        stream: &StreamHeader<'_>,
        options: DecoderOptions,
    ) -> Result<Self, AvError> {
        // SAFETY: null is asked for; the stream's parameters outlive the call, and what is copied is freed by
        // `drop`.
        unsafe {
            let parameters = AvError::check_pointer(av::avcodec_parameters_alloc())?;
            let recipe = Self { codec, parameters, time_base: stream.time_base(), options };
            AvError::check(av::avcodec_parameters_copy(parameters, stream.parameters()))?;
            Ok(recipe)
        }
    }

    fn of_still(codec: *const av::AVCodec, config: &[u8], options: DecoderOptions) -> Result<Self, AvError> {
        // SAFETY: null is asked for; libav frees what it allocated for the parameters with them, and wants
        // zeros behind what it parses.
        unsafe {
            let parameters = AvError::check_pointer(av::avcodec_parameters_alloc())?;
            let recipe = Self { codec, parameters, time_base: av::AVRational { num: 1, den: 1 }, options };
            (*parameters).codec_type = av::AVMediaType::AVMEDIA_TYPE_VIDEO;
            (*parameters).codec_id = (*codec).id;
            if !config.is_empty() {
                let padded = config.len() + av::AV_INPUT_BUFFER_PADDING_SIZE as usize;
                let copy = AvError::check_pointer(av::av_mallocz(padded).cast::<u8>())?;
                ptr::copy_nonoverlapping(config.as_ptr(), copy, config.len());
                (*parameters).extradata = copy;
                (*parameters).extradata_size = c_int::try_from(config.len()).map_err(|_| AvError::WRONG)?;
            }
            Ok(recipe)
        }
    }

    fn open(&self) -> Result<Context, AvError> {
        // SAFETY: the codec is static, the parameters are ours; the context is freed by `drop` from where it
        // is made.
        unsafe {
            let context = Context::new(self.codec)?;
            let fields = context.0;
            AvError::check(av::avcodec_parameters_to_context(fields, self.parameters))?;
            (*fields).pkt_timebase = self.time_base;
            (*fields).thread_count = 1;
            // The picture of a key frame that leans on what came before it is shown all the same, as a player
            // does after a seek.
            (*fields).flags |= av::AV_CODEC_FLAG_OUTPUT_CORRUPT as c_int;
            (*fields).flags2 |= av::AV_CODEC_FLAG2_SHOW_ALL;
            (*fields).max_pixels = i64::try_from(self.options.max_pixels).unwrap_or(i64::MAX);
            if self.options.rough {
                (*fields).skip_loop_filter = av::AVDiscard::AVDISCARD_ALL;
            }
            AvError::check(av::avcodec_open2(fields, self.codec, ptr::null_mut()))?;
            Ok(context)
        }
    }
}

impl Drop for Recipe {
    fn drop(&mut self) {
        // SAFETY: made by `of`, freed once.
        unsafe { av::avcodec_parameters_free(&mut self.parameters) };
    }
}

/// libav's own side of a decoder.
pub(super) struct Context(*mut av::AVCodecContext);

impl Context {
    /// One that is not opened yet, for a codec of libav's.
    pub(super) fn new(codec: *const av::AVCodec) -> Result<Self, AvError> {
        // SAFETY: codecs are static; null is asked for.
        AvError::check_pointer(unsafe { av::avcodec_alloc_context3(codec) }).map(Self)
    }

    pub(super) const fn pointer(&self) -> *mut av::AVCodecContext {
        self.0
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once.
        unsafe { av::avcodec_free_context(&mut self.0) };
    }
}

impl Decoder {
    pub(crate) fn open(stream: &StreamHeader<'_>, options: &DecoderOptions) -> Result<Self, NoDecoder> {
        let codec = allowed_codec(stream, options.allowed).ok_or(NoDecoder::Unknown)?;
        let recipe = Recipe::of(codec, stream, *options).map_err(NoDecoder::Refused)?;
        let context = recipe.open().map_err(NoDecoder::Refused)?;
        Ok(Self { recipe, context, colours: stream.colours() })
    }

    /// A decoder of single pictures.
    pub(crate) fn of_still(header: &StillHeader<'_>, max_pixels: u64) -> Result<Self, NoDecoder> {
        let name = CString::new(header.decoder).map_err(|_| NoDecoder::Unknown)?;
        // SAFETY: the name lives for the call; codecs are static.
        let codec = unsafe { av::avcodec_find_decoder_by_name(name.as_ptr()) };
        if codec.is_null() {
            return Err(NoDecoder::Unknown);
        }
        let options = DecoderOptions { allowed: header.decoder, max_pixels, rough: true };
        let recipe = Recipe::of_still(codec, header.config, options).map_err(NoDecoder::Refused)?;
        let context = recipe.open().map_err(NoDecoder::Refused)?;
        Ok(Self { recipe, context, colours: header.colours() })
    }

    /// The picture of a key frame; the decoder forgets it and all else afterwards.
    pub(crate) fn decode(&mut self, packet: &Packet) -> Result<Alone, AvError> {
        match self.decode_all(&[packet]) {
            Ok(frame) if frame.is_unfinished() || frame.leans_on_others() => Ok(Alone::Unfinished),
            Ok(frame) => Ok(Alone::Whole(frame)),
            Err(AvError::END) => Ok(Alone::Field),
            Err(error) => Err(error),
        }
    }

    /// The picture of a key frame whose second field is in the next packet. Where the first packet
    /// was no field but is damaged, what comes of the second one alone is none.
    pub(crate) fn decode_fields(&mut self, first: &Packet, second: &Packet) -> Result<Frame, AvError> {
        let frame = self.decode_all(&[first, second])?;
        let is_of_second = frame.leans_on_others() && !frame.is_interlaced();
        if is_of_second { Err(AvError::WRONG) } else { Ok(frame) }
    }

    /// A picture from a packet on that leans on nothing before it: of one refresh after the first that the
    /// decoder takes for whole, since not every encoder keeps what it promises; `next` fills in the packets
    /// that follow. The decoder forgets them all afterwards.
    pub(crate) fn decode_on(
        &mut self,
        packet: &mut Packet,
        mut next: impl FnMut(&mut Packet) -> Result<(), AvError>,
    ) -> Result<Frame, AvError> {
        // What was not decoded shows through until then, and must not be this decoder's memory of other
        // pictures. One that was never flushed takes its first picture for whole.
        self.context = self.recipe.open()?;
        let _ = self.decode_all(&[packet]);
        let mut whole = Err(AvError::END);
        let mut until = MAX_REFRESH;
        for sent in 1..=MAX_REFRESH {
            match self.step(packet) {
                Ok(Some(frame)) if whole.is_ok() => whole = Ok(frame),
                Ok(Some(frame)) => (whole, until) = (Ok(frame), sent * 2),
                Ok(None) => {}
                Err(error) => whole = whole.or(Err(error)),
            }
            if sent >= until || next(packet).is_err() {
                break;
            }
        }
        // SAFETY: the context is valid.
        unsafe { av::avcodec_flush_buffers(self.context.0) };
        whole.map(|mut frame| {
            frame.fill_in(self.colours);
            frame
        })
    }

    /// Decodes a packet, and gives a picture if one comes that is finished.
    fn step(&mut self, packet: &Packet) -> Result<Option<Frame>, AvError> {
        let frame = Frame::empty()?;
        // SAFETY: all are valid; that there is no picture yet is no failure.
        let received = unsafe {
            AvError::check(av::avcodec_send_packet(self.context.0, packet.pointer()))?;
            av::avcodec_receive_frame(self.context.0, frame.pointer())
        };
        Ok((received == 0 && !frame.is_unfinished()).then_some(frame))
    }

    /// The first picture of the packets.
    fn decode_all(&mut self, packets: &[&Packet]) -> Result<Frame, AvError> {
        let mut frame = Frame::empty()?;
        // SAFETY: all are valid. Without the null packet a decoder that reorders would hold the picture back.
        let decoded = unsafe {
            let sent = packets.iter().try_for_each(|packet| {
                // A picture that an edit list leaves out is still better than none: whoever doesn't want it
                // doesn't send it.
                (*packet.pointer()).flags &= !av::AV_PKT_FLAG_DISCARD;
                AvError::check(av::avcodec_send_packet(self.context.0, packet.pointer())).map(|_| ())
            });
            let received = sent.and_then(|()| {
                av::avcodec_send_packet(self.context.0, ptr::null());
                AvError::check(av::avcodec_receive_frame(self.context.0, frame.pointer()))
            });
            av::avcodec_flush_buffers(self.context.0);
            received
        };
        frame.fill_in(self.colours);
        decoded.map(|_| frame)
    }
}

/// The codec of a stream, if its decoder is one of those that are allowed, by libav's names, with commas.
pub(super) fn allowed_codec(stream: &StreamHeader<'_>, allowed: &str) -> Option<*const av::AVCodec> {
    // SAFETY: the parameters outlive the call; codecs are static.
    let (codec, name) = unsafe {
        let codec = av::avcodec_find_decoder((*stream.parameters()).codec_id);
        (codec, CStr::from_ptr(codec.as_ref()?.name).to_string_lossy())
    };
    allowed.split(',').any(|allowed| allowed == name).then_some(codec)
}
