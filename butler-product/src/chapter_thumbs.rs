//! Chapter thumbnails: a picture of each chapter's beginning, which players show in their list of chapters.
//!
//! The blob is a BIF ([`crate::bif`]) whose picture n, counted from 0, is that of chapter n + 1; one without
//! bytes stands for a chapter of which there is none. Its timestamps count chapters and mean no time. It
//! decodes no picture. Start with [`ChapterThumbs`].

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::media_info::MAX_CHAPTERS;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// Pixels of a picture's width; a video that is narrower keeps its own, rounded down to even.
pub const WIDTH: u32 = 480;

/// What the database keeps of the pictures; they themselves are in the blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ChapterThumbsValue))]
pub struct ChapterThumbs {
    /// How many chapters the file has.
    pub chapters: u32,
    /// The numbers, from 1, of those without a picture: they begin after the film's end, or none of their
    /// pictures can be decoded. In rising order.
    pub missing: Vec<u32>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl ChapterThumbs {
    /// Whether there is a picture of a chapter, counted from 1.
    pub fn has(&self, chapter: u64) -> bool {
        let number = u32::try_from(chapter).ok().filter(|number| (1..=self.chapters).contains(number));
        number.is_some_and(|number| self.missing.binary_search(&number).is_err())
    }
}

impl Product for ChapterThumbs {
    const NAME: &'static str = "chapter_thumbs";
    const VERSION: u32 = 1;
    const BLOB: Option<&'static str> = Some("chapters.bif");
    // Most videos have no chapters: until their headers are read nobody asks a worker for pictures of them.
    const NEEDS: Traits = Traits::VIDEO.union(Traits::CHAPTERS).union(Traits::HEADERS);
    // A handful of key frames for each of a few dozen chapters.
    const COST: Cost = Cost { per: CostPer::Source, seconds: 1.0 };

    fn is_sound(&self) -> bool {
        let known = (1..=MAX_CHAPTERS as u32).contains(&self.chapters);
        let rises = self.missing.is_sorted_by(|one, next| one < next);
        let inside = self.missing.iter().all(|number| (1..=self.chapters).contains(number));
        known && rises && inside && (self.missing.len() as u32) < self.chapters && self.width <= WIDTH
    }

    fn summary(&self) -> Vec<Line> {
        let count = |count: u32| Quantity::Count(count.into());
        let missing = self.missing.len() as u32;
        let mut lines = vec![
            Line::new("pictures", count(self.chapters.saturating_sub(missing))),
            Line::new("size", Quantity::Pixels(self.width, self.height)),
        ];
        lines.extend((missing > 0).then(|| Line::new("missing", count(missing))));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thumbs(chapters: u32, missing: &[u32]) -> ChapterThumbs {
        ChapterThumbs { chapters, missing: missing.to_vec(), width: 480, height: 270 }
    }

    #[test]
    fn a_chapter_has_a_picture_unless_it_is_missing_or_there_is_no_such_chapter() {
        let thumbs = thumbs(4, &[2, 4]);
        assert_eq!([0, 1, 2, 3, 4, 5, u64::MAX].map(|chapter| thumbs.has(chapter)), {
            [false, true, false, true, false, false, false]
        });
    }

    #[test]
    fn only_what_a_maker_can_have_made_is_sound() {
        assert!(thumbs(4, &[2, 4]).is_sound() && thumbs(1, &[]).is_sound());
        for wrong in [
            thumbs(0, &[]),
            thumbs(MAX_CHAPTERS as u32 + 1, &[]),
            thumbs(2, &[1, 2]),
            thumbs(4, &[2, 2]),
            thumbs(4, &[3, 1]),
            thumbs(4, &[0]),
            thumbs(4, &[5]),
            ChapterThumbs { width: WIDTH + 2, ..thumbs(4, &[]) },
        ] {
            assert!(!wrong.is_sound(), "{wrong:?}");
        }
    }
}
