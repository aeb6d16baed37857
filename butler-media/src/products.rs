//! The makers: one file a product. `media_info` comes of the headers alone and before all others, which are
//! planned by it.
//!
//! A maker owns no descriptor, knows no other maker and no thread. It says what it wants to be fed, by the
//! trait that it has: pictures ([`PictureMaker`]), heads of packets ([`PacketMaker`]) or sound
//! ([`SoundMaker`]). Once all was fed it is finished; if it can't be fed it is dropped, and the want fails.

mod bandwidth;
pub(crate) mod bif;
pub(crate) mod blur_hash;
mod chapter_thumbs;
mod chroma;
mod loudness;
pub(crate) mod media_info;
pub(crate) mod photo;
mod sonic;
pub(crate) mod tags;
mod voice;

use std::fs::File;
use std::ops::Range;

use butler_product::bandwidth::ToldBy;
use butler_product::media_info::{MediaInfo, StreamKind};
use butler_product::message::Limits;
use butler_product::{Failure, Spec, Value};

use crate::ffi::Frame;
use crate::marks::Marks;
use crate::source::Source;
use crate::walk::Head;

/// Makes one product of pictures of the video that a player shows.
pub(crate) trait PictureMaker: Send + Sync {
    /// Which pictures it wants.
    fn wants(&self) -> PictureWants;

    /// What one thread feeds: there are as many as threads.
    fn hand(&self) -> Result<Box<dyn PictureHand + '_>, Failure>;

    /// Writes the product.
    fn finish(self: Box<Self>, output: Option<File>) -> Result<Made, Failure>;
}

/// The pictures that a maker wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PictureWants {
    pub(crate) marks: Marks,
    /// Whether small faults may stay in the pictures, which saves time.
    pub(crate) rough: bool,
}

/// A maker's part on one thread.
pub(crate) trait PictureHand {
    /// Takes the picture of the key frame at `time`, microseconds from the file's start, which serves these
    /// marks; or learns that it can't be decoded. Key frames come in no order.
    fn picture(&mut self, time: i64, marks: Range<usize>, picture: Option<&Frame>);
}

/// Makes one product of the heads of all packets.
pub(crate) trait PacketMaker: Send {
    /// Forgets what it was told: it is told all of it.
    fn begin(&mut self);

    /// Takes a packet's head.
    fn packet(&mut self, head: &Head);

    /// Learns that something between these times, microseconds by the container's clock, can't be read.
    fn damaged(&mut self, from: i64, until: i64);

    /// Writes the product; `told_by` is what told the packets.
    fn finish(self: Box<Self>, told_by: ToldBy, output: Option<File>) -> Result<Made, Failure>;
}

/// Makes one product of the sound of one stream, or of several; on one thread at a time.
pub(crate) trait SoundMaker: Send {
    /// Which sound it wants: of a stream one form at most.
    fn wants(&self) -> Vec<SoundWants>;

    /// Learns what a stream's samples are like, before the first of them.
    fn begin(&mut self, stream: usize, form: &SoundForm);

    /// Takes samples of a stream, those of all channels at one time one after another; the first of them is
    /// heard at `at`, microseconds from the file's start. They follow on those before, or on a gap.
    fn samples(&mut self, stream: usize, at: i64, samples: &[f32]);

    /// Learns that a stream has no sound between these times, microseconds from the file's start.
    fn gap(&mut self, stream: usize, from: i64, until: i64);

    /// Writes the product, if one stream at least was fed to its end; `unheard` are those that were not.
    fn finish(self: Box<Self>, unheard: Vec<Unheard>, output: Option<File>) -> Result<Made, Failure>;
}

/// The sound that a maker wants of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SoundWants {
    /// The stream's place in the container.
    pub(crate) stream: usize,
    /// Samples a second; none for the stream's own.
    pub(crate) sample_rate: Option<u32>,
    pub(crate) channels: Channels,
}

/// Channels that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    /// The stream's own.
    Own,
    /// All mixed into one.
    Mono,
}

/// What the samples of a stream are like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoundForm {
    /// Samples a second.
    pub(crate) sample_rate: u32,
    /// Where each channel is heard, in their order.
    pub(crate) speakers: Vec<Speaker>,
}

/// Where a channel is heard, as far as its loudness hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// In front, above, or nobody knows.
    Front,
    /// At the side, or wide in front.
    Side,
    /// Behind.
    Back,
    /// Right behind.
    BackCenter,
    /// The channel of low-frequency effects.
    LowFrequency,
}

/// A stream that could not be fed to its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unheard {
    pub(crate) stream: usize,
    pub(crate) failure: Failure,
}

/// What a maker made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Made {
    pub(crate) value: Value,
    /// Bytes of the blob, where there is one.
    pub(crate) blob_bytes: Option<u64>,
}

/// A want, before the file is read.
pub(crate) enum Start {
    /// It is made of pictures.
    Pictures(Box<dyn PictureMaker>),
    /// It is made of packets' heads.
    Packets(Box<dyn PacketMaker>),
    /// It is made of sound.
    Sound(Box<dyn SoundMaker>),
    /// The headers already answer it.
    Answered(Value),
}

/// The answer of a want that a parser of its own can give without libav; none where the headers must be read
/// first.
pub(crate) fn before_headers(spec: &Spec, source: &Source, limits: Limits) -> Option<Result<Value, Failure>> {
    match spec {
        Spec::Tags => tags::read(source).map(Ok),
        Spec::Photo => Some(photo::read(source).map(Value::from)),
        Spec::BlurHash => Some(blur_hash::make(source, limits).map(Value::from)),
        _ => None,
    }
}

/// The maker of a want, or its answer where the headers suffice.
pub(crate) fn start(spec: &Spec, info: &MediaInfo, limits: Limits) -> Result<Start, Failure> {
    match spec {
        Spec::MediaInfo => Ok(Start::Answered(Value::MediaInfo(Box::new(info.clone())))),
        Spec::Bif(params) => bif::start(*params, info, limits),
        Spec::ChapterThumbs => chapter_thumbs::start(info, limits),
        Spec::Bandwidth => Ok(bandwidth::start(info)),
        Spec::Loudness => Ok(loudness::start(info)),
        Spec::Chroma => Ok(chroma::start(info)),
        Spec::Voice => Ok(voice::start(info)),
        Spec::Sonic => Ok(sonic::start(info)),
        Spec::Tags => tags::of_headers(info).map(Start::Answered),
        Spec::Photo | Spec::BlurHash => {
            Err(Failure::worker("A picture is read by parsers of its own, before any headers are."))
        }
        Spec::NeededBandwidth | Spec::AlbumLoudness => {
            Err(Failure::worker("It is derived of stored products."))
        }
    }
}

/// The place in the container of the sound that a player plays unless told otherwise.
fn played(info: &MediaInfo) -> Option<usize> {
    let mut sounds = info.streams.iter().filter(|stream| stream.kind == StreamKind::Audio);
    let played = sounds.clone().find(|stream| stream.default).or_else(|| sounds.next())?;
    usize::try_from(played.index).ok()
}
