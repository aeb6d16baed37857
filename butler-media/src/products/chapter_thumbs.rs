//! Makes a picture of each chapter's beginning, out of a few key frames from there on: the first one that is
//! neither black nor blank nor blurred. The format is `butler_product::chapter_thumbs`.
//!
//! Which key frames are looked at is `marks.rs`, which of them is good is `look.rs`. A chapter none of whose
//! key frames can be decoded has no picture; a film without any picture fails.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use butler_product::bif::{BifError, BifWriter};
use butler_product::chapter_thumbs::{ChapterThumbs, WIDTH};
use butler_product::media_info::{Chapter, MediaInfo};
use butler_product::message::Limits;
use butler_product::{Failure, Value};

use super::{Made, PictureHand, PictureMaker, PictureWants, Start};
use crate::ffi::Frame;
use crate::look::{Look, best};
use crate::marks::Marks;
use crate::scale::Fit;
use crate::thumbnail::{self, Thumbnailer};

/// Microseconds by which a key frame may be later than its chapter's beginning: most encoders make one at
/// least so often.
const WITHIN: i64 = 10_000_000;
/// Key frames that are looked at for a chapter.
const LOOKED_AT: usize = 3;
/// A player would show a picture for this many milliseconds, if it took the blob for previews.
const STEP_MS: u32 = 1_000;

struct ChapterThumbsMaker {
    /// When each chapter begins and ends, microseconds from the file's start, in the order of beginnings.
    chapters: Vec<(i64, i64)>,
    fit: Fit,
    max_bytes: u64,
    seen: Mutex<Vec<Seen>>,
}

/// A key frame that was looked at, and the chapters that it may stand for.
struct Seen {
    time: i64,
    marks: Range<usize>,
    look: Look,
    jpeg: Arc<[u8]>,
}

pub(super) fn start(info: &MediaInfo, limits: Limits) -> Result<Start, Failure> {
    let nothing = |why: &str| Ok(Start::Answered(Value::Nothing { why: why.to_owned() }));
    let Some(first) = info.chapters.first() else { return nothing("The file has no chapters.") };
    if info.duration_ms.is_some_and(|end_ms| first.start_ms >= end_ms) {
        return nothing("The file's chapters begin after its end.");
    }
    let Some(shape) = thumbnail::shape(info, limits)? else { return nothing("The file has no video.") };
    let micros = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    let span = |chapter: &Chapter| (micros(chapter.start_ms), micros(chapter.end_ms));
    Ok(Start::Pictures(Box::new(ChapterThumbsMaker {
        chapters: info.chapters.iter().map(span).collect(),
        fit: Fit::new(shape, WIDTH),
        max_bytes: limits.max_output_bytes,
        seen: Mutex::default(),
    })))
}

impl PictureMaker for ChapterThumbsMaker {
    fn wants(&self) -> PictureWants {
        let times = self.chapters.iter().map(|&(start, _)| start).collect();
        PictureWants {
            marks: Marks::From { times, within: WITHIN, most: LOOKED_AT },
            rough: self.fit.is_much_smaller,
        }
    }

    fn hand(&self) -> Result<Box<dyn PictureHand + '_>, Failure> {
        Ok(Box::new(ChapterThumbsHand { maker: self, thumbnailer: Thumbnailer::new(self.fit)? }))
    }

    fn finish(self: Box<Self>, output: Option<File>) -> Result<Made, Failure> {
        let output = output.ok_or_else(|| Failure::worker("The order came without an output."))?;
        let mut seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        seen.sort_by_key(|seen| seen.time);
        let pictures = chosen(&self.chapters, &seen);
        let missing: Vec<u32> =
            (1..).zip(&pictures).filter(|(_, picture)| picture.is_none()).map(|(number, _)| number).collect();
        if missing.len() == pictures.len() {
            return Err(Failure::content("The video has no picture at its chapters that can be decoded."));
        }
        let blob_bytes = write(output, self.max_bytes, &pictures)?;
        let chapters = u32::try_from(pictures.len()).unwrap_or(u32::MAX);
        let (width, height) = self.fit.upright;
        let value = ChapterThumbs { chapters, missing, width, height };
        Ok(Made { value: value.into(), blob_bytes: Some(blob_bytes) })
    }
}

/// The picture of each chapter. Key frames before the chapter's own end come first: what a later one shows is
/// the next chapter's.
fn chosen<'a>(chapters: &[(i64, i64)], seen: &'a [Seen]) -> Vec<Option<&'a Arc<[u8]>>> {
    let mut by_chapter: Vec<Vec<&Seen>> = vec![Vec::new(); chapters.len()];
    for seen in seen {
        for chapter in by_chapter.get_mut(seen.marks.clone()).unwrap_or_default() {
            chapter.push(seen);
        }
    }
    let picture = |(&(_, end), seen): (&(i64, i64), Vec<&'a Seen>)| {
        let (own, later): (Vec<&Seen>, Vec<&Seen>) = seen.into_iter().partition(|seen| seen.time < end);
        let among = if own.is_empty() { later } else { own };
        let looks: Vec<Look> = among.iter().map(|seen| seen.look).collect();
        best(&looks).map(|at| &among[at].jpeg)
    };
    chapters.iter().zip(by_chapter).map(picture).collect()
}

fn write(output: File, max_bytes: u64, pictures: &[Option<&Arc<[u8]>>]) -> Result<u64, Failure> {
    let bytes: u64 = pictures.iter().flatten().map(|jpeg| jpeg.len() as u64).sum();
    if bytes > max_bytes {
        let sentence = format!("The chapters' pictures would take more than {} MB.", max_bytes >> 20);
        return Err(Failure::content(sentence));
    }
    let written = || {
        let count = u32::try_from(pictures.len()).map_err(|_| BifError::TooLarge)?;
        let mut writer = BifWriter::new(BufWriter::new(output), STEP_MS, count)?;
        for jpeg in pictures {
            writer.picture(jpeg.map_or(&[], |jpeg| jpeg))?;
        }
        writer.finish().map(|(_, bytes)| bytes)
    };
    written().map_err(|error| match error {
        BifError::Io(system) => {
            Failure::source(format!("The chapters' pictures can't be written: {system}."))
        }
        other => Failure::content(format!("The chapters' pictures can't be written: {other}.")),
    })
}

struct ChapterThumbsHand<'a> {
    maker: &'a ChapterThumbsMaker,
    thumbnailer: Thumbnailer,
}

impl ChapterThumbsHand<'_> {
    fn look(&mut self, picture: &Frame) -> Option<(Look, Arc<[u8]>)> {
        let look = Look::of(&self.thumbnailer.shrink(picture)?.plane(0));
        Some((look, self.thumbnailer.jpeg()?.into()))
    }
}

impl PictureHand for ChapterThumbsHand<'_> {
    fn picture(&mut self, time: i64, marks: Range<usize>, picture: Option<&Frame>) {
        if let Some((look, jpeg)) = picture.and_then(|picture| self.look(picture)) {
            let mut seen = self.maker.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(Seen { time, marks, look, jpeg });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::Plane;

    fn seen(time: i64, marks: Range<usize>, is_black: bool) -> Seen {
        let light = |at: usize| if is_black || at.is_multiple_of(2) { 0 } else { 200 };
        let bytes: Vec<u8> = (0..64).map(light).collect();
        let look = Look::of(&Plane { bytes: &bytes, stride: 8, width: 8, height: 8 });
        Seen { time, marks, look, jpeg: [time as u8].into() }
    }

    fn times(chapters: &[(i64, i64)], seen: &[Seen]) -> Vec<Option<u8>> {
        chosen(chapters, seen).into_iter().map(|jpeg| jpeg.map(|jpeg| jpeg[0])).collect()
    }

    #[test]
    fn a_black_beginning_gives_way_to_the_next_key_frame_of_the_same_chapter() {
        let chapters = [(0, 5), (5, 20)];
        let frames = |is_black| [seen(0, 0..1, true), seen(2, 0..1, is_black), seen(6, 0..2, false)];
        assert_eq!(times(&chapters, &frames(false)), [Some(2), Some(6)]);
        assert_eq!(times(&chapters, &frames(true)), [Some(0), Some(6)], "6 is the next chapter's");
    }

    #[test]
    fn a_chapter_without_a_key_frame_of_its_own_has_a_neighbours_and_one_without_any_none() {
        let chapters = [(0, 1), (50, 51), (90, 99)];
        assert_eq!(
            times(&chapters, &[seen(4, 0..1, true), seen(40, 1..2, false)]),
            [Some(4), Some(40), None]
        );
    }

    #[test]
    fn chapters_at_one_time_have_one_picture() {
        assert_eq!(times(&[(3, 3), (3, 3), (3, 9)], &[seen(4, 0..3, false)]), [Some(4); 3]);
    }
}
