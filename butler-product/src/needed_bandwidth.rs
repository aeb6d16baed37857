//! What a season's or album's files need of a network, played one after the other: the largest of what each
//! of them needs, for each of the buffers of [`crate::bandwidth`].
//!
//! It is derived of the files' own products: no worker makes it, and no file is read for it. Start with
//! [`NeededBandwidth::of`].

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::bandwidth::{BUFFERS_BYTES, Summary};
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// What the database keeps; there is no blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = NeededBandwidthValue))]
pub struct NeededBandwidth {
    /// The files that are there.
    pub files: u64,
    /// Those of them whose own need is known: it is told of these.
    pub known: u64,
    /// Bits a second that playback needs with each of the [`BUFFERS_BYTES`].
    pub needed: [u64; BUFFERS_BYTES.len()],
}

impl NeededBandwidth {
    /// The need of files, each with its own as far as that is known; none if no file's is.
    pub fn of<'a>(files: impl IntoIterator<Item = Option<&'a Summary>>) -> Option<Self> {
        let mut all = Self { files: 0, known: 0, needed: [0; BUFFERS_BYTES.len()] };
        for file in files {
            all.files += 1;
            let Some(summary) = file else { continue };
            all.known += 1;
            for (most, needed) in all.needed.iter_mut().zip(summary.total.needed) {
                *most = needed.max(*most);
            }
        }
        (all.known > 0).then_some(all)
    }
}

impl Product for NeededBandwidth {
    const NAME: &'static str = "needed_bandwidth";
    const VERSION: u32 = 1;
    const DERIVED: bool = true;
    // What the products that it is derived of need; no source is asked for itself.
    const NEEDS: Traits = Traits::PLAYABLE;
    // Some reads of the database.
    const COST: Cost = Cost { per: CostPer::Source, seconds: 0.002 };

    fn is_sound(&self) -> bool {
        self.known <= self.files
    }

    fn summary(&self) -> Vec<Line> {
        let rate = |label, rate| Line::new(label, Quantity::BitsPerSecond(rate));
        let mut lines =
            vec![rate("with a buffer of 5 MB", self.needed[2]), rate("with one of 50 MB", self.needed[5])];
        if self.known < self.files {
            let words = format!("of {} of {} files, as far as is known", self.known, self.files);
            lines.push(Line::text("", words));
        } else {
            lines.push(Line::new("files", Quantity::Count(self.files)));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bandwidth::{Rates, ToldBy};

    fn summary(needed: [u64; 8]) -> Summary {
        Summary {
            duration_ms: 1_000,
            total: Rates { bytes: 1, average: 1, peak: 9, peak_at_ms: 0, needed },
            streams: Vec::new(),
            key_frames: 0,
            longest_gap_ms: 0,
            told_by: ToldBy::Headers,
            damaged: Vec::new(),
        }
    }

    #[test]
    fn at_each_buffer_the_file_that_needs_most_counts() {
        let (one, other) = (summary([9, 8, 7, 6, 5, 4, 3, 2]), summary([5, 5, 5, 5, 5, 5, 5, 5]));
        let all = NeededBandwidth::of([Some(&one), None, Some(&other)]).unwrap();
        assert_eq!((all.files, all.known, all.needed), (3, 2, [9, 8, 7, 6, 5, 5, 5, 5]));
        assert!(all.is_sound());
    }

    #[test]
    fn of_files_of_which_nothing_is_known_nothing_is_told() {
        assert_eq!(NeededBandwidth::of([None, None]), None);
        assert_eq!(NeededBandwidth::of([]), None);
    }
}
