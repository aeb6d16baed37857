//! The makers: one file a product. `media_info` comes of the headers alone and before all others, which are
//! planned by it.
//!
//! A maker owns no descriptor, knows no other maker and no thread. It says what it wants to be fed, hands out
//! as many [`Hand`]s as there are threads to feed it, and is finished once.

mod bandwidth;
pub(crate) mod bif;
pub(crate) mod media_info;
pub(crate) mod photo;
pub(crate) mod tags;

use std::fs::File;
use std::ops::Range;

use butler_product::bandwidth::ToldBy;
use butler_product::media_info::MediaInfo;
use butler_product::message::Limits;
use butler_product::{Failure, Spec, Value};

use crate::ffi::Frame;
use crate::pass::Reading;
use crate::source::Source;
use crate::walk::Head;

/// Makes one product.
pub(crate) trait Maker: Send + Sync {
    /// What it wants to be fed.
    fn wants(&self) -> Reading;

    /// What one thread feeds.
    fn hand(&self) -> Result<Box<dyn Hand + '_>, Failure>;

    /// Writes the product, once everything was fed.
    fn finish(self: Box<Self>, output: Option<File>) -> Result<Made, Failure>;
}

/// A maker's part on one thread. What a maker did not ask for is not told to it.
pub(crate) trait Hand {
    /// Takes the picture of the key frame that serves these marks, or learns that it can't be decoded.
    fn key_frame(&mut self, _marks: Range<usize>, _picture: Option<&Frame>) {}

    /// Takes a packet's head.
    fn packet(&mut self, _head: &Head) {}

    /// Learns that something between these times, microseconds by the container's clock, can't be read.
    fn damaged(&mut self, _from: i64, _until: i64) {}

    /// Learns that all packets were told, and by what.
    fn told(self: Box<Self>, _by: ToldBy) {}

    /// Learns why not all packets can be told.
    fn failed(self: Box<Self>, _why: Failure) {}
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
    /// It has a maker.
    Maker(Box<dyn Maker>),
    /// The headers already answer it.
    Answered(Value),
}

/// The answer of a want that a parser of its own can give without libav; none where the headers must be read
/// first.
pub(crate) fn before_headers(spec: &Spec, source: &Source) -> Option<Result<Value, Failure>> {
    match spec {
        Spec::Tags => tags::read(source).map(Ok),
        Spec::Photo => Some(photo::read(source).map(|photo| Value::Photo(Box::new(photo)))),
        _ => None,
    }
}

/// The maker of a want, or its answer where the headers suffice.
pub(crate) fn start(spec: &Spec, info: &MediaInfo, limits: Limits) -> Result<Start, Failure> {
    match spec {
        Spec::MediaInfo => Ok(Start::Answered(Value::MediaInfo(Box::new(info.clone())))),
        Spec::Bif(params) => bif::start(*params, info, limits),
        Spec::Bandwidth => Ok(bandwidth::start(info)),
        Spec::Tags => tags::of_headers(info).map(Start::Answered),
        Spec::Photo => Err(Failure::worker("A photo is read before any headers are.")),
        Spec::NeededBandwidth => Err(Failure::worker("It is derived of stored products.")),
    }
}
