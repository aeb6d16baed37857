//! The makers that want pictures, and what each thread that feeds them works with.
//!
//! Which key frames are decoded is the choice of `marks.rs`; how they are come by is in `seeking.rs`, and in
//! `decoding.rs` while the file is read through. Start with [`Pictures::new`].

use super::plan::Lookup;
use super::seeking::Index;
use super::{Feed, Reader};
use crate::ffi::{AvError, Decoder, Demuxer, Frame};
use crate::marks::{Chooser, Marks, Share};
use crate::open::Stop;
use crate::products::{PictureHand, PictureMaker, PictureWants};

/// Bytes that the decoders of one unit may hold: beyond that fewer threads work.
const DECODERS_BYTES: u64 = 2 << 30;
/// Bytes that one decoder may hold for a pixel: some ten pictures of 10 bits.
const BYTES_PER_PIXEL: u64 = 30;
/// More threads gain nothing.
const MAX_THREADS: usize = 64;

/// The makers that want pictures of the video that a player shows.
pub(super) struct Pictures<'a> {
    pub(super) reader: Reader<'a>,
    feeds: &'a [Feed<dyn PictureMaker>],
    wants: Vec<PictureWants>,
    /// The video stream.
    pub(super) stream: usize,
    pub(super) threads: usize,
}

/// What one thread works with.
pub(super) struct Tools<'a> {
    /// By whether small faults may stay in the pictures: what one maker allows must not show in another's.
    decoders: Vec<(bool, Decoder)>,
    hands: Vec<Box<dyn PictureHand + 'a>>,
}

impl<'a> Pictures<'a> {
    /// None where nobody wants any, or the file has no video.
    pub(super) fn new(reader: Reader<'a>, feeds: &'a [Feed<dyn PictureMaker>], threads: u16) -> Option<Self> {
        let video = reader.info.video().filter(|_| !feeds.is_empty())?;
        let pixels =
            video.picture.as_ref().map_or(0, |shape| u64::from(shape.width) * u64::from(shape.height));
        let wants: Vec<_> = feeds.iter().map(|feed| feed.maker.wants()).collect();
        let decoders = rough_or_fine(&wants).len() as u64;
        let fitting = DECODERS_BYTES / (pixels * BYTES_PER_PIXEL * decoders).max(1);
        Some(Self {
            reader,
            feeds,
            wants,
            stream: video.index as usize,
            threads: usize::from(threads)
                .min(usize::try_from(fitting).unwrap_or(MAX_THREADS))
                .clamp(1, MAX_THREADS),
        })
    }

    /// The key frames, where they can be looked up.
    pub(super) fn index(&self, lookup: Lookup) -> Result<Option<Index>, Stop> {
        match lookup {
            Lookup::Index => self.container_index().map(Some),
            Lookup::Marks => self.find_marked(),
            Lookup::Nowhere => Ok(None),
        }
    }

    /// Chooses the key frames for all makers.
    pub(super) fn chooser(&self) -> Chooser {
        let marks: Vec<Marks> = self.wants.iter().map(|wants| wants.marks.clone()).collect();
        Chooser::new(marks, self.reader.length())
    }

    /// Whether anybody still waits for a picture.
    pub(super) fn is_wanted(&self) -> bool {
        self.feeds.iter().any(|feed| (self.reader.is_wanted)(feed.want))
    }

    /// Stops if nobody wants anything any more.
    pub(super) fn go_on(&self) -> Result<(), Stop> {
        if self.reader.media.must_stop() || !self.is_wanted() { Err(self.reader.unwanted()) } else { Ok(()) }
    }

    /// The decoders of one thread.
    pub(super) fn decoders(&self, demuxer: &Demuxer) -> Result<Vec<(bool, Decoder)>, Stop> {
        let decoder = |rough| Ok((rough, self.reader.media.decoder(demuxer, self.stream, rough)?));
        rough_or_fine(&self.wants).into_iter().map(decoder).collect()
    }

    /// What one thread works with.
    pub(super) fn tools(&self, decoders: Vec<(bool, Decoder)>) -> Result<Tools<'_>, Stop> {
        let hands = self.feeds.iter().map(|feed| feed.maker.hand().map_err(Stop::Failed));
        Ok(Tools { decoders, hands: hands.collect::<Result<_, _>>()? })
    }

    /// Feeds the picture of the key frame at `time`, or that it can't be decoded, to the makers whose marks
    /// it serves and that still wait.
    pub(super) fn feed(
        &self,
        tools: &mut Tools<'_>,
        time: i64,
        shares: &[Share],
        mut decode: impl FnMut(&mut Decoder) -> Result<Frame, AvError>,
    ) -> Result<(), Stop> {
        for (rough, decoder) in &mut tools.decoders {
            let waits = |share: &&Share| {
                self.wants[share.maker].rough == *rough
                    && (self.reader.is_wanted)(self.feeds[share.maker].want)
            };
            let waiting: Vec<&Share> = shares.iter().filter(waits).collect();
            if waiting.is_empty() {
                continue;
            }
            let picture = match decode(decoder) {
                Ok(frame) => Some(frame).filter(|frame| !frame.is_damaged()),
                Err(error) => self.reader.media.unless_stopped(error).map(|_| None)?,
            };
            self.reader.media.source.gauges.step();
            for share in waiting {
                tools.hands[share.maker].picture(time, share.marks.clone(), picture.as_ref());
            }
        }
        Ok(())
    }
}

/// Whether some makers allow small faults in their pictures, and whether some don't.
fn rough_or_fine(wants: &[PictureWants]) -> Vec<bool> {
    [true, false].into_iter().filter(|&rough| wants.iter().any(|wants| wants.rough == rough)).collect()
}
