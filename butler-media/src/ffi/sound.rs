//! A decoder of sound, and a resampler that brings what it gives into the form that is wanted: interleaved
//! samples of 32-bit floats.

use std::ffi::c_int;
use std::ptr;

use ffmpeg_next::ffi as av;

use super::decoder::{Context, allowed_codec};
use super::{AvError, NoDecoder, Packet, StreamHeader, micros};
use crate::products::{Channels, SoundForm, Speaker};

/// Samples of one packet, per channel: no codec has a tenth of it.
const MAX_SAMPLES: i64 = 1 << 20;
/// More channels are a lie.
const MAX_CHANNELS: c_int = 64;
/// Samples a second; other rates are a lie.
const RATES: std::ops::RangeInclusive<c_int> = 1_000..=6_000_000;
/// Samples of all channels that may come of one frame.
const MAX_OUT: usize = 16 << 20;

/// A decoder of one stream of sound.
pub(crate) struct SoundDecoder {
    context: Context,
    time_base: av::AVRational,
}

impl SoundDecoder {
    /// By one of the decoders that are allowed, by libav's names, with commas.
    pub(crate) fn open(stream: &StreamHeader<'_>, allowed: &str) -> Result<Self, NoDecoder> {
        let codec = allowed_codec(stream, allowed).ok_or(NoDecoder::Unknown)?;
        let open = || {
            // SAFETY: the codec is static, the parameters outlive the call; the context is freed by its drop.
            unsafe {
                let context = Context::new(codec)?;
                let fields = context.pointer();
                AvError::check(av::avcodec_parameters_to_context(fields, stream.parameters()))?;
                (*fields).pkt_timebase = stream.time_base();
                (*fields).thread_count = 1;
                (*fields).max_samples = MAX_SAMPLES;
                AvError::check(av::avcodec_open2(fields, codec, ptr::null_mut()))?;
                Ok(context)
            }
        };
        Ok(Self { context: open().map_err(NoDecoder::Refused)?, time_base: stream.time_base() })
    }

    /// Sends a packet, or none at the end: then comes what the decoder holds back.
    pub(crate) fn send(&mut self, packet: Option<&Packet>) -> Result<(), AvError> {
        let packet = packet.map_or(ptr::null_mut(), Packet::pointer);
        // SAFETY: both are valid; null is how the end is told.
        AvError::check(unsafe { av::avcodec_send_packet(self.context.pointer(), packet) }).map(|_| ())
    }

    /// Fills in the next frame; false where the next packet is needed first.
    pub(crate) fn receive(&mut self, frame: &mut SoundFrame) -> Result<bool, AvError> {
        // SAFETY: both are valid.
        let received = unsafe { av::avcodec_receive_frame(self.context.pointer(), frame.0) };
        if received == av::AVERROR(libc::EAGAIN) || received == av::AVERROR_EOF {
            return Ok(false);
        }
        AvError::check(received)?;
        let is_sane = (1..=MAX_CHANNELS).contains(&frame.get().ch_layout.nb_channels)
            && RATES.contains(&frame.get().sample_rate)
            && sample_format(frame.get().format).is_some();
        if is_sane { Ok(true) } else { Err(AvError::WRONG) }
    }
}

/// Decoded sound.
pub(crate) struct SoundFrame(*mut av::AVFrame);

impl SoundFrame {
    pub(crate) fn new() -> Result<Self, AvError> {
        // SAFETY: null is asked for.
        AvError::check_pointer(unsafe { av::av_frame_alloc() }).map(Self)
    }

    /// Takes what is in it, and leaves it empty.
    pub(crate) fn take(&mut self) -> Result<Self, AvError> {
        let taken = Self::new()?;
        // SAFETY: both are valid, and the one that is moved to is empty.
        unsafe { av::av_frame_move_ref(taken.0, self.0) };
        Ok(taken)
    }

    /// Bytes of the samples that it holds, with what its decoder left free behind them.
    pub(crate) fn bytes(&self) -> usize {
        let buffers = self.get().buf.iter().filter(|buffer| !buffer.is_null());
        // SAFETY: what is not null is a buffer of this frame's.
        let held: usize = buffers.map(|buffer| unsafe { (**buffer).size }).sum();
        held.saturating_mul(usize::try_from(self.get().nb_extended_buf).unwrap_or(0).saturating_add(1))
    }

    const fn get(&self) -> &av::AVFrame {
        // SAFETY: valid from `new` to `drop`.
        unsafe { &*self.0 }
    }

    /// When it is heard, microseconds by the container's clock.
    pub(crate) fn micros(&self, decoder: &SoundDecoder) -> Option<i64> {
        micros(self.get().best_effort_timestamp, decoder.time_base)
    }

    /// How long it is heard.
    pub(crate) fn duration_micros(&self) -> i64 {
        i64::from(self.get().nb_samples).saturating_mul(1_000_000) / i64::from(self.get().sample_rate.max(1))
    }

    /// Its channels, by name where it has none.
    fn layout(&self) -> Result<Layout, AvError> {
        Layout::of(&self.get().ch_layout)
    }
}

// SAFETY: libav counts a frame's references across threads, and `&mut self` keeps it to one at a time.
unsafe impl Send for SoundFrame {}

impl Drop for SoundFrame {
    fn drop(&mut self) {
        // SAFETY: allocated by `new`, freed once.
        unsafe { av::av_frame_free(&mut self.0) };
    }
}

/// libav's orders of channels: as a set of bits, and one by one.
const NATIVE: c_int = av::AVChannelOrder::AV_CHANNEL_ORDER_NATIVE as c_int;
const CUSTOM: c_int = av::AVChannelOrder::AV_CHANNEL_ORDER_CUSTOM as c_int;

/// Where a channel of libav's numbers is heard.
fn speaker(channel: c_int) -> Speaker {
    let those = |speaker, channels: &'static [av::AVChannel]| (speaker, channels);
    let known = [
        those(Speaker::LowFrequency, &LOW_FREQUENCY),
        those(Speaker::Back, &BACK),
        those(Speaker::BackCenter, &[av::AVChannel::AV_CHAN_BACK_CENTER]),
        those(Speaker::Side, &SIDE),
    ];
    let mut fitting =
        known.iter().filter(|(_, channels)| channels.iter().any(|one| *one as c_int == channel));
    fitting.next().map_or(Speaker::Front, |(speaker, _)| *speaker)
}

const LOW_FREQUENCY: [av::AVChannel; 2] =
    [av::AVChannel::AV_CHAN_LOW_FREQUENCY, av::AVChannel::AV_CHAN_LOW_FREQUENCY_2];
const BACK: [av::AVChannel; 2] = [av::AVChannel::AV_CHAN_BACK_LEFT, av::AVChannel::AV_CHAN_BACK_RIGHT];
const SIDE: [av::AVChannel; 6] = [
    av::AVChannel::AV_CHAN_SIDE_LEFT,
    av::AVChannel::AV_CHAN_SIDE_RIGHT,
    av::AVChannel::AV_CHAN_SURROUND_DIRECT_LEFT,
    av::AVChannel::AV_CHAN_SURROUND_DIRECT_RIGHT,
    av::AVChannel::AV_CHAN_WIDE_LEFT,
    av::AVChannel::AV_CHAN_WIDE_RIGHT,
];

/// Which channels there are.
struct Layout(av::AVChannelLayout);

// SAFETY: a layout owns its memory, if it has any.
unsafe impl Send for Layout {}

impl Layout {
    /// `count` channels as they usually are.
    fn usual(count: c_int) -> Self {
        let mut layout = std::mem::MaybeUninit::zeroed();
        // SAFETY: a zeroed layout is an empty one, which the call fills in.
        unsafe {
            av::av_channel_layout_default(layout.as_mut_ptr(), count);
            Self(layout.assume_init())
        }
    }

    /// The same once more; the usual one where only the number of channels is known.
    fn of(layout: &av::AVChannelLayout) -> Result<Self, AvError> {
        if super::headers::number!(&raw const *layout, order) == 0 {
            return Ok(Self::usual(layout.nb_channels));
        }
        let mut copy = Self::usual(0);
        // SAFETY: both are valid; what the copy held is let go first.
        AvError::check(unsafe { av::av_channel_layout_copy(&mut copy.0, layout) })?;
        Ok(copy)
    }

    /// Where each channel is heard.
    fn speakers(&self) -> Vec<Speaker> {
        let count = usize::try_from(self.0.nb_channels).unwrap_or(0);
        match super::headers::number!(&raw const self.0, order) {
            NATIVE => {
                // SAFETY: in this order the layout is a set of bits.
                let mask = unsafe { self.0.u.mask };
                (0..64).filter(|bit| mask >> bit & 1 == 1).map(speaker).take(count).collect()
            }
            CUSTOM => {
                // SAFETY: in this order there is an entry for each channel; its number is read as one, for it
                // may be none that the enumeration knows.
                let number =
                    |place| unsafe { (&raw const (*self.0.u.map.add(place)).id).cast::<c_int>().read() };
                (0..count).map(|place| speaker(number(place))).collect()
            }
            _ => vec![Speaker::Front; count],
        }
    }

    fn is(&self, other: &Self) -> bool {
        // SAFETY: both are valid.
        unsafe { av::av_channel_layout_compare(&self.0, &other.0) == 0 }
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        // SAFETY: valid until here, let go once.
        unsafe { av::av_channel_layout_uninit(&mut self.0) };
    }
}

/// What frames are brought into.
pub(crate) struct Target {
    rate: c_int,
    layout: Layout,
}

impl Target {
    /// Of a stream whose first frame this is; what nobody asks for stays as it is there.
    pub(crate) fn new(first: &SoundFrame, rate: Option<u32>, channels: Channels) -> Result<Self, AvError> {
        let rate = match rate {
            Some(rate) => c_int::try_from(rate).map_err(|_| AvError::WRONG)?,
            None => first.get().sample_rate,
        };
        let layout = match channels {
            Channels::Own => first.layout()?,
            Channels::Mono => Layout::usual(1),
        };
        Ok(Self { rate, layout })
    }

    /// Samples a second.
    pub(crate) fn rate(&self) -> u32 {
        u32::try_from(self.rate).unwrap_or(0)
    }

    /// How many channels.
    pub(crate) fn channels(&self) -> usize {
        usize::try_from(self.layout.0.nb_channels).unwrap_or(0)
    }

    /// What its samples are like.
    pub(crate) fn form(&self) -> SoundForm {
        SoundForm { sample_rate: self.rate(), speakers: self.layout.speakers() }
    }
}

/// Brings frames of one kind into a form.
pub(crate) struct Resampler {
    context: *mut av::SwrContext,
    rate: c_int,
    format: c_int,
    layout: Layout,
    channels: usize,
}

// SAFETY: libav ties a resampler to no thread, and `&mut self` keeps it to one at a time.
unsafe impl Send for Resampler {}

impl Resampler {
    /// From frames like this one.
    pub(crate) fn new(frame: &SoundFrame, target: &Target) -> Result<Self, AvError> {
        let fields = frame.get();
        let format = sample_format(fields.format).ok_or(AvError::WRONG)?;
        let mut resampler = Self {
            context: ptr::null_mut(),
            rate: fields.sample_rate,
            format: fields.format,
            layout: frame.layout()?,
            channels: target.channels(),
        };
        // SAFETY: the layouts are only read; the context is freed by `drop` from where it is made.
        unsafe {
            AvError::check(av::swr_alloc_set_opts2(
                &mut resampler.context,
                (&raw const target.layout.0).cast_mut(),
                av::AVSampleFormat::AV_SAMPLE_FMT_FLT,
                target.rate,
                &mut resampler.layout.0,
                format,
                resampler.rate,
                0,
                ptr::null_mut(),
            ))?;
            AvError::check(av::swr_init(resampler.context))?;
        }
        Ok(resampler)
    }

    /// Whether the frame is like those that it was made for.
    pub(crate) fn fits(&self, frame: &SoundFrame) -> bool {
        let fields = frame.get();
        fields.sample_rate == self.rate
            && fields.format == self.format
            && frame.layout().is_ok_and(|layout| layout.is(&self.layout))
    }

    /// Appends what comes of a frame.
    pub(crate) fn convert(&mut self, frame: &SoundFrame, out: &mut Vec<f32>) -> Result<(), AvError> {
        let fields = frame.get();
        self.append(fields.extended_data.cast(), fields.nb_samples, out)
    }

    /// Appends what it holds back.
    pub(crate) fn drain(&mut self, out: &mut Vec<f32>) -> Result<(), AvError> {
        self.append(ptr::null_mut(), 0, out)
    }

    fn append(&mut self, input: *mut *const u8, samples: c_int, out: &mut Vec<f32>) -> Result<(), AvError> {
        // SAFETY: the context is initialised.
        let most = AvError::check(unsafe { av::swr_get_out_samples(self.context, samples) })?;
        let before = out.len();
        let room = (most as usize).saturating_mul(self.channels);
        if room > MAX_OUT {
            return Err(AvError::NO_MEMORY);
        }
        out.resize(before + room, 0.0);
        let mut plane = out[before..].as_mut_ptr().cast::<u8>();
        // SAFETY: the input has `samples` of each channel, as its frame says; the output has room for `most`.
        let made = AvError::check(unsafe { av::swr_convert(self.context, &mut plane, most, input, samples) });
        out.truncate(before + made.unwrap_or(0) as usize * self.channels);
        made.map(|_| ())
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once.
        unsafe { av::swr_free(&mut self.context) };
    }
}

/// The sample format of a number, if this build has it.
fn sample_format(number: c_int) -> Option<av::AVSampleFormat> {
    let known = (0..av::AVSampleFormat::AV_SAMPLE_FMT_NB as c_int).contains(&number);
    // SAFETY: the enumeration has no gaps between 0 and its end.
    known.then(|| unsafe { std::mem::transmute::<c_int, av::AVSampleFormat>(number) })
}
