//! How large a small picture is, and how it is turned upright. Pure arithmetic and copies; the scaling itself
//! is libav's.

use butler_product::media_info::PictureShape;

use crate::ffi::Frame;

/// The highest small picture, pixels: a header may claim pixels a thousand times higher than wide.
const MAX_HEIGHT: u32 = 8_192;

/// The way from a decoded picture to a small, upright one with square pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Size before it is turned.
    pub(crate) scaled: (u32, u32),
    /// Size in the end.
    pub(crate) upright: (u32, u32),
    /// Clockwise degrees between the two: 0, 90, 180 or 270.
    pub(crate) rotation: u16,
    /// Whether left and right are swapped before it is turned.
    pub(crate) mirrored: bool,
    /// Whether both sides become half as long or shorter.
    pub(crate) is_much_smaller: bool,
}

impl Fit {
    /// To a width, or the picture's own where that is less; both sides even.
    pub(crate) fn new(shape: &PictureShape, width: u32) -> Self {
        let (pixel_width, pixel_height) = shape.pixel_aspect;
        let aspect = f64::from(pixel_width.max(1)) / f64::from(pixel_height.max(1));
        // Square pixels are made by stretching the width, as players do.
        let shown = (f64::from(shape.width.max(1)) * aspect, f64::from(shape.height.max(1)));
        let lies = matches!(shape.rotation, 90 | 270);
        let stands = if lies { (shown.1, shown.0) } else { shown };
        let own_width = (stands.0.round() as u32) & !1;
        let width = width.min(own_width).max(2);
        let height = ((f64::from(width) * stands.1 / stands.0 / 2.0).round() as u32)
            .saturating_mul(2)
            .clamp(2, MAX_HEIGHT);
        let scaled = if lies { (height, width) } else { (width, height) };
        let is_much_smaller = scaled.0 <= shape.width / 2 && scaled.1 <= shape.height / 2;
        Self {
            scaled,
            upright: (width, height),
            rotation: shape.rotation,
            mirrored: shape.mirrored,
            is_much_smaller,
        }
    }

    /// Whether the picture is upright as it is coded.
    pub(crate) const fn is_upright(&self) -> bool {
        self.rotation == 0 && !self.mirrored
    }
}

/// What a container's matrix means: by how many clockwise degrees a player turns the picture, in steps of 90,
/// and whether it swaps left and right before. The picture's right is shown at the first two numbers, its
/// below at the last two; y counts downwards.
pub(crate) fn upright([right_x, right_y, below_x, below_y]: [i32; 4]) -> (u16, bool) {
    let [right_x, right_y, below_x, below_y] = [right_x, right_y, below_x, below_y].map(f64::from);
    let mirrored = right_x * below_y - right_y * below_x < 0.0;
    let (x, y) = if mirrored { (-right_x, -right_y) } else { (right_x, right_y) };
    let quarters = (y.atan2(x).to_degrees() / 90.0).round().rem_euclid(4.0);
    (quarters as u16 * 90, mirrored)
}

/// Copies a picture into one of the fitting size, clockwise by 0, 90, 180 or 270 degrees, with left and right
/// swapped before if wished; both made by [`Frame::for_jpeg`].
pub(crate) fn turn(from: &Frame, to: &mut Frame, rotation: u16, mirrored: bool) {
    for plane in 0..3 {
        let source = from.plane(plane);
        let target = to.plane_mut(plane);
        for (y, row) in target.bytes.chunks_mut(target.stride).enumerate() {
            for (x, pixel) in row[..target.width].iter_mut().enumerate() {
                let (from_x, from_y) = match rotation {
                    0 => (x, y),
                    90 => (y, source.height - 1 - x),
                    180 => (source.width - 1 - x, source.height - 1 - y),
                    _ => (source.width - 1 - y, x),
                };
                let from_x = if mirrored { source.width - 1 - from_x } else { from_x };
                *pixel = source.bytes[from_y * source.stride + from_x];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(width: u32, height: u32, pixel_aspect: (u32, u32), rotation: u16) -> PictureShape {
        PictureShape { width, height, pixel_aspect, rotation, ..PictureShape::default() }
    }

    #[test]
    fn sides_are_even_and_keep_the_pictures_shape() {
        let check =
            |shape: PictureShape, expect| assert_eq!(Fit::new(&shape, 320).upright, expect, "{shape:?}");
        check(shape(1920, 1080, (1, 1), 0), (320, 180));
        check(shape(1920, 800, (1, 1), 0), (320, 134));
        check(shape(720, 576, (64, 45), 0), (320, 180));
        check(shape(1920, 1080, (1, 1), 90), (320, 568));
        check(shape(1920, 1080, (1, 1), 180), (320, 180));
        check(shape(161, 91, (1, 1), 0), (160, 90));
        check(shape(1, 1, (1, 1), 0), (2, 2));
        check(shape(16, 4000, (1, 4_000_000), 270), (320, 2));
        check(shape(2, 16_000, (1, 1), 0), (2, 8_192));
    }

    #[test]
    fn a_picture_turned_four_times_by_90_is_itself() {
        let mut picture = Frame::for_jpeg(8, 4).unwrap();
        for plane in 0..3 {
            for (at, byte) in picture.plane_mut(plane).bytes.iter_mut().enumerate() {
                *byte = (at * 7 + plane) as u8;
            }
        }
        let turned = |from: &Frame, rotation| {
            let (width, height) =
                if rotation == 180 { (from.width(), from.height()) } else { (from.height(), from.width()) };
            let mut to = Frame::for_jpeg(width, height).unwrap();
            turn(from, &mut to, rotation, false);
            to
        };
        let once = turned(&picture, 90);
        // What was at the left bottom is at the left top.
        let (before, after) = (picture.plane(0), once.plane(0));
        assert_eq!(after.bytes[0], before.bytes[(before.height - 1) * before.stride]);
        let same = |left: &Frame, right: &Frame| {
            (0..3).all(|plane| {
                let (left, right) = (left.plane(plane), right.plane(plane));
                let rows = left.bytes.chunks(left.stride).zip(right.bytes.chunks(right.stride));
                rows.into_iter().all(|(one, other)| one[..left.width] == other[..right.width])
            })
        };
        assert!(same(&turned(&turned(&picture, 180), 180), &picture));
        assert!(same(&turned(&once, 270), &picture));
        assert!(same(&turned(&once, 90), &turned(&picture, 180)));

        let mut mirrored = Frame::for_jpeg(8, 4).unwrap();
        turn(&picture, &mut mirrored, 0, true);
        assert_eq!(mirrored.plane(0).bytes[7], before.bytes[0]);
        let mut back = Frame::for_jpeg(8, 4).unwrap();
        turn(&mirrored, &mut back, 0, true);
        assert!(same(&back, &picture));
    }

    #[test]
    fn a_containers_matrix_is_a_turn_and_perhaps_a_mirror() {
        const ONE: i32 = 0x1_0000;
        let check = |matrix, expect| assert_eq!(upright(matrix), expect, "{matrix:?}");
        check([ONE, 0, 0, ONE], (0, false));
        check([0, ONE, -ONE, 0], (90, false));
        check([-ONE, 0, 0, -ONE], (180, false));
        check([0, -ONE, ONE, 0], (270, false));
        check([-ONE, 0, 0, ONE], (0, true));
        // Upside down is mirrored, then turned by half.
        check([ONE, 0, 0, -ONE], (180, true));
        check([0, ONE, ONE, 0], (270, true));
        check([0, -ONE, -ONE, 0], (90, true));
        check([0, 0, 0, 0], (0, false));
        check([i32::MAX, 0, 0, i32::MIN], (180, true));
    }
}
