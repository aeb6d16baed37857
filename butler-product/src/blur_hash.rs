//! The blur hash of a picture: some thirty characters that a player draws as a blur of the picture's colours
//! until the picture itself is there.
//!
//! The format is that of <https://github.com/woltapp/blurhash>, which the crate `blurhash` reads and writes.
//! No picture is decoded here. Start with [`BlurHash`].

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// So many components a hash has, about: what a poster is recognised by, in 34 characters or so.
const COMPONENTS: f64 = 14.0;
/// The format's own limit, for each side.
const MOST_OF_A_SIDE: f64 = 9.0;

/// What there is to know of a picture before it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BlurHashValue))]
pub struct BlurHash {
    /// The hash: `LEHV6nWB2yk8pyo0adR*.7kCMdnj`.
    pub hash: String,
    /// Width of the upright picture, pixels.
    pub width: u32,
    /// Height of the upright picture, pixels.
    pub height: u32,
}

/// How many components the hash of an upright picture has: as many for its width and for its height as its
/// sides are to each other.
pub fn components(width: u32, height: u32) -> (u32, u32) {
    let ratio = f64::from(width.max(1)) / f64::from(height.max(1));
    let side = |count: f64| count.sqrt().round().clamp(1.0, MOST_OF_A_SIDE) as u32;
    (side(COMPONENTS * ratio), side(COMPONENTS / ratio))
}

impl BlurHash {
    /// The colours of the blur, red, green and blue, row by row; none if the hash is none.
    pub fn colours(&self, columns: u32, rows: u32) -> Option<Vec<[u8; 3]>> {
        let pixels = blurhash::decode(&self.hash, columns, rows, 1.0).ok()?;
        Some(pixels.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
    }
}

impl Product for BlurHash {
    const NAME: &'static str = "blur_hash";
    const VERSION: u32 = 2;
    // Photos and covers inside audio files have one too: their task wishes it of them beside this.
    const NEEDS: Traits = Traits::ARTWORK;
    const AFTER_HEADERS: bool = false;
    // A picture of 12 megapixels.
    const COST: Cost = Cost { per: CostPer::Source, seconds: 0.2 };

    fn is_sound(&self) -> bool {
        let (across, down) = components(self.width, self.height);
        let length = (4 + 2 * across * down) as usize;
        self.width > 0 && self.height > 0 && self.hash.len() == length && self.colours(1, 1).is_some()
    }

    fn summary(&self) -> Vec<Line> {
        vec![
            Line::new("picture of", Quantity::Pixels(self.width, self.height)),
            Line::text("hash", self.hash.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(hash: &str, width: u32, height: u32) -> BlurHash {
        BlurHash { hash: hash.to_owned(), width, height }
    }

    #[test]
    fn components_follow_the_sides_of_the_picture() {
        let check = |sides: (u32, u32), expect| assert_eq!(components(sides.0, sides.1), expect, "{sides:?}");
        check((4_000, 3_000), (4, 3));
        check((3_000, 4_000), (3, 4));
        check((500, 500), (4, 4));
        check((1_000, 1_500), (3, 5));
        check((1_920, 1_080), (5, 3));
        check((758, 140), (9, 2));
        check((1, 1), (4, 4));
        check((30_000, 1), (9, 1));
        check((1, u32::MAX), (1, 9));
        check((0, 0), (4, 4));
    }

    #[test]
    fn only_a_hash_that_a_maker_can_have_made_is_sound() {
        let whole = "LEHV6nWB2yk8pyo0adR*.7kCMdnj";
        assert!(hash(whole, 4_000, 3_000).is_sound());
        for wrong in [
            hash(whole, 3_000, 4_000 * 3),
            hash(whole, 0, 3_000),
            hash(&whole[1..], 4_000, 3_000),
            hash(&whole.replace('L', "\""), 4_000, 3_000),
            hash(&whole.replace('E', "ä").replace("nj", "n"), 4_000, 3_000),
            hash("", 1, 1),
        ] {
            assert!(!wrong.is_sound(), "{wrong:?}");
        }
    }

    #[test]
    fn the_colours_are_those_of_the_picture_far_away() {
        let colours = hash("LEHV6nWB2yk8pyo0adR*.7kCMdnj", 4, 3).colours(4, 3).unwrap();
        assert_eq!(colours.len(), 12);
        // The format's own example: a face before a blue wall, light above and dark below.
        let light = |[red, green, blue]: [u8; 3]| u32::from(red) + u32::from(green) + u32::from(blue);
        assert!(light(colours[0]) > light(colours[9]), "{colours:?}");
    }
}
