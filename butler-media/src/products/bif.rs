//! Makes a BIF: one small JPEG a mark, from the key frame nearest to it. The format is `butler_product::bif`.
//!
//! A key frame that can't be decoded is stood in for by the next good one; of more than a tenth such there is
//! no BIF.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use butler_product::bif::{BifError, BifWriter, MAX_PICTURES, Params, Summary};
use butler_product::media_info::MediaInfo;
use butler_product::message::Limits;
use butler_product::{Failure, Value};

use super::{Made, PictureHand, PictureMaker, PictureWants, Start};
use crate::ffi::Frame;
use crate::marks::Marks;
use crate::scale::Fit;
use crate::thumbnail::{self, Thumbnailer};

/// One key frame in so many may be damaged; one always.
const TOLERATED: usize = 10;

struct BifMaker {
    params: Params,
    fit: Fit,
    max_bytes: u64,
    /// How many pictures the film's length asks for; none where nothing tells its length.
    marks: Option<u64>,
    slots: Mutex<Vec<Slot>>,
}

/// The marks that one key frame serves, and its picture if it could be made.
struct Slot {
    marks: Range<usize>,
    jpeg: Option<Vec<u8>>,
}

pub(super) fn start(params: Params, info: &MediaInfo, limits: Limits) -> Result<Start, Failure> {
    let params = Params::new(params.interval_ms, params.width)
        .map_err(|error| Failure::worker(format!("The order is wrong: {error}.")))?;
    let Some(shape) = thumbnail::shape(info, limits)? else {
        return Ok(Start::Answered(Value::Nothing { why: "The file has no video.".to_owned() }));
    };
    if info.duration_ms.is_some_and(|ms| ms / u64::from(params.interval_ms) >= u64::from(MAX_PICTURES)) {
        return Err(Failure::content(
            "The file claims to last longer than any film does; its headers are damaged.",
        ));
    }
    let fit = Fit::new(shape, params.width);
    let marks = info.duration_ms.map(|ms| ms.div_ceil(u64::from(params.interval_ms)));
    Ok(Start::Pictures(Box::new(BifMaker {
        params,
        fit,
        max_bytes: limits.max_output_bytes,
        marks,
        slots: Mutex::default(),
    })))
}

impl PictureMaker for BifMaker {
    fn wants(&self) -> PictureWants {
        PictureWants {
            marks: Marks::Every(i64::from(self.params.interval_ms) * 1_000),
            rough: self.fit.is_much_smaller,
        }
    }

    fn hand(&self) -> Result<Box<dyn PictureHand + '_>, Failure> {
        Ok(Box::new(BifHand { maker: self, thumbnailer: Thumbnailer::new(self.fit)? }))
    }

    fn finish(self: Box<Self>, output: Option<File>) -> Result<Made, Failure> {
        let output = output.ok_or_else(|| Failure::worker("The order came without an output."))?;
        let mut slots = self.slots.into_inner().unwrap_or_else(PoisonError::into_inner);
        slots.sort_by_key(|slot| slot.marks.start);
        check_whole(&slots, self.marks)?;
        let pictures = mended(&slots, self.params.interval_ms)?;
        let bytes: u64 = pictures.iter().map(|jpeg| jpeg.len() as u64).sum();
        if bytes > self.max_bytes {
            return Err(Failure::content(format!(
                "The preview pictures would take more than {} MB.",
                self.max_bytes >> 20
            )));
        }
        let count = u32::try_from(pictures.len()).unwrap_or(u32::MAX);
        let blob_bytes =
            write(output, self.params.interval_ms, &pictures).map_err(|error| unwritten(&error))?;
        let (width, height) = self.fit.upright;
        let summary = Summary { pictures: count, interval_ms: self.params.interval_ms, width, height };
        Ok(Made { value: summary.into(), blob_bytes: Some(blob_bytes) })
    }
}

/// Holds what was fed to the film's length: a preview that leaves out a part is none. That the film itself is
/// whole was seen while it was read.
fn check_whole(slots: &[Slot], marks: Option<u64>) -> Result<(), Failure> {
    let mut next = 0;
    for slot in slots {
        if slot.marks.start != next {
            return Err(Failure::worker(format!("The preview would have no picture of mark {next}.")));
        }
        next = slot.marks.end;
    }
    match marks {
        Some(marks) if !slots.is_empty() && marks != next as u64 => Err(Failure::worker(format!(
            "The preview would have {next} pictures, where the film's length asks for {marks}."
        ))),
        _ => Ok(()),
    }
}

/// The picture of each mark: a slot without one takes the next good one, or the last good one at the end.
fn mended(slots: &[Slot], interval_ms: u32) -> Result<Vec<&[u8]>, Failure> {
    let bad = slots.iter().filter(|slot| slot.jpeg.is_none()).count();
    if bad > (slots.len() / TOLERATED).max(1) || bad == slots.len() {
        return Err(Failure::content(match slots.iter().find(|slot| slot.jpeg.is_none()) {
            Some(first) => {
                let seconds = first.marks.start as u64 * u64::from(interval_ms) / 1_000;
                let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
                format!(
                    "The video is damaged from {hours}:{minutes:02}:{seconds:02} on: {bad} of {} pictures \
                     can't be decoded.",
                    slots.len()
                )
            }
            None => "The video has no picture that can be decoded.".to_owned(),
        }));
    }
    let mut pictures = Vec::new();
    for (at, slot) in slots.iter().enumerate() {
        let next = slots[at..].iter().find_map(|slot| slot.jpeg.as_deref());
        if let Some(jpeg) = next.or_else(|| slots[..at].iter().rev().find_map(|slot| slot.jpeg.as_deref())) {
            pictures.extend(slot.marks.clone().map(|_| jpeg));
        }
    }
    Ok(pictures)
}

fn write(output: File, interval_ms: u32, pictures: &[&[u8]]) -> Result<u64, BifError> {
    let mut writer = BifWriter::new(
        BufWriter::new(output),
        interval_ms,
        u32::try_from(pictures.len()).map_err(|_| BifError::TooLarge)?,
    )?;
    for jpeg in pictures {
        writer.picture(jpeg)?;
    }
    writer.finish().map(|(_, bytes)| bytes)
}

fn unwritten(error: &BifError) -> Failure {
    match error {
        BifError::Io(system) => Failure::source(format!("The preview pictures can't be written: {system}.")),
        other => Failure::content(format!("The preview pictures can't be written: {other}.")),
    }
}

struct BifHand<'a> {
    maker: &'a BifMaker,
    thumbnailer: Thumbnailer,
}

impl PictureHand for BifHand<'_> {
    fn picture(&mut self, _time: i64, marks: Range<usize>, picture: Option<&Frame>) {
        let jpeg = picture.and_then(|picture| {
            self.thumbnailer.shrink(picture)?;
            self.thumbnailer.jpeg()
        });
        self.maker.slots.lock().unwrap_or_else(PoisonError::into_inner).push(Slot { marks, jpeg });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(pictures: &[Option<u8>]) -> Vec<Slot> {
        pictures
            .iter()
            .enumerate()
            .map(|(at, jpeg)| Slot { marks: at * 2..at * 2 + 2, jpeg: jpeg.map(|byte| vec![byte]) })
            .collect()
    }

    #[test]
    fn a_damaged_picture_is_stood_in_for_by_the_next_good_one_and_at_the_end_by_the_last() {
        let good = slots(&[Some(1), None, Some(3)]);
        assert_eq!(mended(&good, 1_000).unwrap().concat(), [1, 1, 3, 3, 3, 3]);
        let good = slots(&[Some(1), Some(2), None]);
        assert_eq!(mended(&good, 1_000).unwrap().concat(), [1, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn a_preview_with_a_gap_or_of_another_length_than_the_film_is_none() {
        let good = slots(&[Some(1), None, Some(3)]);
        assert!(check_whole(&good, Some(6)).is_ok());
        assert!(check_whole(&good, None).is_ok());
        assert_eq!(
            check_whole(&good, Some(7)).unwrap_err().sentence,
            "The preview would have 6 pictures, where the film's length asks for 7."
        );
        assert!(check_whole(&good, Some(5)).is_err());
        let [first, _, last] = <[Slot; 3]>::try_from(good).ok().unwrap();
        assert_eq!(
            check_whole(&[first, last], Some(6)).unwrap_err().sentence,
            "The preview would have no picture of mark 2."
        );
        // That nothing can be decoded has a sentence of its own.
        assert!(check_whole(&[], Some(6)).is_ok());
    }

    #[test]
    fn more_than_a_tenth_damaged_is_a_failure_that_says_where() {
        let mut pictures = vec![Some(1); 40];
        pictures[36..].fill(None);
        assert!(mended(&slots(&pictures), 10_000).is_ok());
        pictures[35] = None;
        let sentence = mended(&slots(&pictures), 10_000).unwrap_err().sentence;
        assert_eq!(sentence, "The video is damaged from 0:11:40 on: 5 of 40 pictures can't be decoded.");
        assert!(mended(&slots(&[None]), 10_000).is_err());
        assert!(mended(&[], 10_000).is_err());
    }
}
