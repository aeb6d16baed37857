//! Judges how good a small picture is as the sign of a chapter: neither black nor blank, and not blurred.
//!
//! Whole numbers only, so that the judgement is the same on every machine. Pure. Start with [`Look::of`],
//! then
//! [`best`].

use crate::ffi::Plane;

/// A mean lightness below which a picture is night, 0 to 255.
const DARK: u64 = 20;
/// A variance below which there is nothing in it: a fade, a card of one colour.
const BLANK: u64 = 60;
/// A picture that has less than one of so many parts of another one's detail is blurred beside it.
const BLURRED: u64 = 3;

/// What a picture looks like by its lightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// The mean, 0 to 255.
    mean: u64,
    variance: u64,
    /// The mean square of the steps from each pixel to the next ones: little where it is blurred.
    detail: u64,
}

impl Look {
    /// Of a plane of lightness.
    pub(crate) fn of(plane: &Plane<&[u8]>) -> Self {
        let rows: Vec<&[u8]> = plane
            .bytes
            .chunks(plane.stride.max(1))
            .take(plane.height)
            .filter_map(|row| row.get(..plane.width))
            .collect();
        let pixels = (plane.width * rows.len()).max(1) as u64;
        let (mut sum, mut squares, mut steps) = (0u64, 0u64, 0u64);
        let square = |one: u8, other: u8| u64::from(one.abs_diff(other)).pow(2);
        for (at, row) in rows.iter().enumerate() {
            for &light in *row {
                sum += u64::from(light);
                squares += u64::from(light).pow(2);
            }
            steps += row.windows(2).map(|pair| square(pair[0], pair[1])).sum::<u64>();
            if let Some(below) = rows.get(at + 1) {
                steps += row.iter().zip(*below).map(|(&here, &below)| square(here, below)).sum::<u64>();
            }
        }
        let mean = sum / pixels;
        Self { mean, variance: (squares / pixels).saturating_sub(mean * mean), detail: steps / pixels }
    }

    const fn shows_something(self) -> bool {
        self.mean >= DARK && self.variance >= BLANK
    }
}

/// The place of the best of some pictures, which stand in the order of their times: the first one that shows
/// something and is not blurred beside the sharpest; of nothing but dark or blank ones the one with most in
/// it.
pub(crate) fn best(looks: &[Look]) -> Option<usize> {
    let shown: Vec<usize> = (0..looks.len()).filter(|&at| looks[at].shows_something()).collect();
    match shown.iter().map(|&at| looks[at].detail).max() {
        Some(sharpest) => shown.into_iter().find(|&at| looks[at].detail.saturating_mul(BLURRED) >= sharpest),
        None => (0..looks.len()).rev().max_by_key(|&at| (looks[at].variance, looks[at].mean)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(light: impl Fn(usize, usize) -> u8) -> Look {
        const STRIDE: usize = 70;
        let bytes: Vec<u8> = (0..40 * STRIDE)
            .map(|at| if at % STRIDE < 64 { light(at % STRIDE, at / STRIDE) } else { 255 })
            .collect();
        Look::of(&Plane { bytes: &bytes, stride: STRIDE, width: 64, height: 40 })
    }

    fn black() -> Look {
        look(|_, _| 2)
    }

    fn white() -> Look {
        look(|_, _| 250)
    }

    fn sharp() -> Look {
        look(|x, y| if (x / 4 + y / 4) % 2 == 0 { 40 } else { 200 })
    }

    fn blurred() -> Look {
        look(|x, y| (x * 2 + y * 2) as u8)
    }

    #[test]
    fn only_the_picture_counts_not_what_fills_its_rows() {
        assert_eq!(black(), Look { mean: 2, variance: 0, detail: 0 });
        assert!(blurred().detail < 20 && sharp().detail > 1_000);
    }

    #[test]
    fn the_first_one_is_taken_unless_it_is_black_blank_or_blurred_beside_another() {
        for (looks, expect) in [
            (vec![sharp(), sharp()], 0),
            (vec![black(), sharp(), sharp()], 1),
            (vec![white(), black(), sharp()], 2),
            (vec![blurred(), sharp()], 1),
            (vec![blurred(), black()], 0),
            (vec![black(), blurred()], 1),
        ] {
            assert_eq!(best(&looks), Some(expect), "{looks:?}");
        }
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn of_nothing_but_dark_or_blank_ones_there_is_still_a_best_and_of_equal_ones_the_first() {
        let dim = look(|x, _| (x % 16) as u8);
        assert_eq!(best(&[black(), dim, black()]), Some(1));
        assert_eq!(best(&[black(), black()]), Some(0));
    }
}
