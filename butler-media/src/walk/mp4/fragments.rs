//! The fragments of an MP4: each `moof` tells the samples of the `mdat` that follows it. Source: ISO/IEC
//! 14496-12, 8.8.

use butler_product::media_info::StreamKind;

use super::super::Unwalked;
use super::super::tables::{MAX_SAMPLES, Sample, large, number};
use super::{Movie, Teller, boxes, first};

/// A sample that is no key sample, and one that depends on others.
const NO_KEY: u32 = 0x0101_0000;

/// What the fragments of one track have in common.
struct Run {
    id: u32,
    stream: u32,
    scale: u64,
    is_told: bool,
    is_sound: bool,
    /// The track's clock at the start.
    origin: i64,
    /// Duration, size and flags where nothing else is said.
    defaults: [u32; 3],
    /// When the next sample is decoded, where the fragment doesn't say.
    next: i64,
}

/// Goes through fragments.
pub(super) struct Fragments {
    runs: Vec<Run>,
    told: u64,
}

impl Fragments {
    pub(super) fn new(index: &[u8], movie: &Movie<'_>, streams: &[StreamKind]) -> Result<Self, Unwalked> {
        let extends: Vec<&[u8]> = first(index, b"mvex")
            .map(|mvex| boxes(mvex).filter(|(kind, _)| kind == b"trex").map(|(_, trex)| trex).collect())
            .unwrap_or_default();
        let run = |((stream, track), kind): ((u32, &super::Track<'_>), &StreamKind)| {
            let trex = extends.iter().find(|trex| number(trex, 4) == track.id).copied().unwrap_or_default();
            let edit = track.edit(movie.scale);
            Run {
                id: track.id,
                stream,
                scale: track.scale,
                is_told: matches!(kind, StreamKind::Video | StreamKind::Audio | StreamKind::Subtitle),
                is_sound: &track.handler == b"soun",
                origin: edit.map_or(0, |(empty, edit)| edit.start.saturating_sub(empty)),
                defaults: [12, 16, 20].map(|place| number(trex, place)),
                next: track
                    .tables
                    .samples()
                    .last()
                    .map_or(0, |sample| sample.decoded.saturating_add(sample.duration)),
            }
        };
        if movie.tracks.iter().any(|track| !track.edits.is_empty() && track.edit(movie.scale).is_none()) {
            return Err(Unwalked::Unusual("the edit list is not a single edit"));
        }
        let runs = (0..).zip(&movie.tracks).zip(streams).map(run).collect();
        Ok(Self { runs, told: 0 })
    }

    /// Tells the samples of the fragment whose `moof` starts at `start`.
    pub(super) fn tell(&mut self, moof: &[u8], start: u64, teller: &mut Teller<'_>) -> Result<(), Unwalked> {
        let mut follows = start;
        for (_, traf) in boxes(moof).filter(|(kind, _)| kind == b"traf") {
            let Some(header) = first(traf, b"tfhd") else { continue };
            let Some(run) = self.runs.iter_mut().find(|run| run.id == number(header, 4)) else { continue };
            let mut fields = Fields { bytes: header, place: 8 };
            let flags = number(header, 0);
            let base = if flags & 0x1 != 0 {
                fields.large()
            } else if flags & 0x2_0000 != 0 {
                start
            } else {
                follows
            };
            fields.optional(flags & 0x2 != 0);
            let defaults = [0x8, 0x10, 0x20].map(|flag| fields.optional(flags & flag != 0));
            let [duration, size, sample_flags] =
                [0, 1, 2].map(|at: usize| defaults[at].unwrap_or(run.defaults[at]));
            if let Some(time) = first(traf, b"tfdt") {
                let time = if time.first() == Some(&1) { large(time, 4) } else { number(time, 4).into() };
                run.next =
                    i64::try_from(time).map_err(|_| Unwalked::Unusual("a fragment's time is absurd"))?;
            }
            follows = base;
            for (_, trun) in boxes(traf).filter(|(kind, _)| kind == b"trun") {
                let flags = number(trun, 0);
                let mut fields = Fields { bytes: trun, place: 8 };
                if let Some(offset) = fields.optional(flags & 0x1 != 0) {
                    follows = base.wrapping_add_signed(offset.cast_signed().into());
                }
                let first_flags = fields.optional(flags & 0x4 != 0);
                for at in 0..number(trun, 4) {
                    let sample_duration = fields.optional(flags & 0x100 != 0).unwrap_or(duration);
                    let bytes = fields.optional(flags & 0x200 != 0).unwrap_or(size);
                    let own_flags = fields.optional(flags & 0x400 != 0);
                    let shift = fields.optional(flags & 0x800 != 0).unwrap_or(0).cast_signed();
                    if fields.place > trun.len() || self.told >= MAX_SAMPLES {
                        return Err(Unwalked::Unusual("a fragment promises more than it holds"));
                    }
                    self.told += 1;
                    let flags = own_flags.or(first_flags.filter(|_| at == 0)).unwrap_or(sample_flags);
                    let sample = Sample {
                        decoded: run.next,
                        shown: run.next.saturating_add(shift.into()),
                        duration: sample_duration.into(),
                        bytes: bytes.into(),
                        place: follows,
                        is_key: run.is_sound || flags & NO_KEY == 0,
                    };
                    run.next = run.next.saturating_add(sample.duration);
                    follows = follows.saturating_add(sample.bytes);
                    if run.is_told {
                        teller.tell(run.stream, run.scale, run.origin, &sample);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Fields that stand one after another, each there or not.
struct Fields<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl Fields<'_> {
    fn optional(&mut self, is_there: bool) -> Option<u32> {
        let field = is_there.then(|| number(self.bytes, self.place));
        self.place += if is_there { 4 } else { 0 };
        field
    }

    fn large(&mut self) -> u64 {
        self.place += 8;
        large(self.bytes, self.place - 8)
    }
}
