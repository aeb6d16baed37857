//! Makes `blur_hash`: decodes a picture, takes the mean colours of a small grid over it, in linear light, and
//! hashes these; upright, and over black where it is transparent.
//!
//! Needs no libav. Of an animation the first picture counts. What decodes is written in Rust, within bounds
//! of pixels and memory; how it is turned says the maker of `photo`.

use std::io;

use butler_product::Failure;
use butler_product::blur_hash::{BlurHash, components};
use butler_product::message::Limits;
use butler_product::photo::Orientation;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageReader};

use super::photo;
use crate::cursor::{Cursor, guarded};
use crate::source::Source;

/// Pixels of the longer side of what is hashed: as a whole picture to a hash of nine components a side.
const SIDE: u32 = 64;
/// Bytes that are read of a picture: more than one of the most pixels that are decoded has.
const MAX_READ: u64 = 1 << 30;
/// Bytes of a decoded picture, beside which its file and its decoder's own tables must find room.
const MAX_DECODED: u64 = 1 << 30;

/// A colour without transparency, and how bright red, green and blue are in it: 0 to 255, as they are stored.
type Colour = [u8; 3];

/// Decodes a picture, and hashes it.
pub(crate) fn make(source: &Source, limits: Limits) -> Result<BlurHash, Failure> {
    let orientation = photo::read(source)?.orientation;
    if photo::headers(source).is_some() {
        return Err(Failure::content("HEIC, AVIF and JPEG XL pictures are not decoded by this version."));
    }
    let picture = decode(source, limits)?;
    let grid = Grid::over(&picture, source);
    if let Some(failure) = source.failure() {
        return Err(failure);
    }
    hash(&grid.turned(orientation))
}

fn decode(source: &Source, limits: Limits) -> Result<DynamicImage, Failure> {
    let decoded = guarded(|| {
        let mut reader = ImageReader::new(Cursor::new(source, MAX_READ)).with_guessed_format()?;
        let mut bounds = image::Limits::default();
        bounds.max_alloc = Some(MAX_DECODED);
        reader.limits(bounds);
        let decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > limits.max_pixels || decoder.total_bytes() > MAX_DECODED {
            return Ok(None);
        }
        DynamicImage::from_decoder(decoder).map(Some)
    });
    if let Some(failure) = source.failure() {
        return Err(failure);
    }
    let too_large = "The picture has more pixels than Butler decodes.";
    match decoded {
        Some(Ok(Some(picture))) if picture.width() > 0 && picture.height() > 0 => Ok(picture),
        Some(Ok(None) | Err(ImageError::Limits(_))) => Err(Failure::content(too_large)),
        Some(Err(ImageError::Unsupported(_))) => {
            Err(Failure::content("The picture is coded in a way that Butler does not decode."))
        }
        Some(Err(ImageError::IoError(error))) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Err(Failure::content("The picture could not be read to its end."))
        }
        Some(_) | None => Err(Failure::content("The picture is damaged or cut off.")),
    }
}

/// The mean colours of a picture's parts, row by row.
#[derive(Debug, Clone, PartialEq)]
struct Grid {
    /// The picture's own sides, pixels.
    sides: (u32, u32),
    columns: u32,
    rows: u32,
    colours: Vec<Colour>,
}

impl Grid {
    fn over(picture: &DynamicImage, source: &Source) -> Self {
        match picture {
            // What nearly every picture is, at half the cost.
            DynamicImage::ImageRgb8(rgb) => Self::of(rgb.dimensions(), source, |x, y| rgb.get_pixel(x, y).0),
            other => Self::of(other.dimensions(), source, |x, y| {
                let [red, green, blue, opacity] = other.get_pixel(x, y).0;
                [red, green, blue].map(|of| ((u16::from(of) * u16::from(opacity) + 127) / 255) as u8)
            }),
        }
    }

    /// Each row is a step for the unit's watch; a unit that nobody wants any more comes to its end at once.
    fn of(sides: (u32, u32), source: &Source, colour: impl Fn(u32, u32) -> Colour) -> Self {
        let (width, height) = sides;
        let fitted = fit(sides);
        let (columns, rows) = (fitted.0.min(width), fitted.1.min(height));
        let cell = |at: u32, cells: u32, pixels: u32| {
            (u64::from(at) * u64::from(cells) / u64::from(pixels)) as usize
        };
        let column_of: Vec<usize> = (0..width).map(|x| cell(x, columns, width)).collect();
        let linear: Vec<f64> = (0..=u8::MAX).map(to_linear).collect();
        let mut sums = vec![([0.0; 3], 0_u32); (columns * rows) as usize];
        for y in 0..height {
            if source.gauges.is_cancelled() {
                break;
            }
            source.gauges.step();
            let row = &mut sums[cell(y, rows, height) * columns as usize..][..columns as usize];
            for (x, column) in (0..).zip(&column_of) {
                let (sum, pixels) = &mut row[*column];
                let colour = colour(x, y);
                sum.iter_mut().zip(colour).for_each(|(sum, of)| *sum += linear[usize::from(of)]);
                *pixels += 1;
            }
        }
        let mean = |(sum, pixels): ([f64; 3], u32)| sum.map(|sum| to_stored(sum / f64::from(pixels.max(1))));
        Self { sides, columns, rows, colours: sums.into_iter().map(mean).collect() }
    }

    /// The same of the upright picture.
    fn turned(&self, orientation: Orientation) -> Self {
        let Self { sides: (width, height), columns, rows, .. } = *self;
        let swapped = |(one, other)| if orientation.swaps_sides() { (other, one) } else { (one, other) };
        let (across, down) = swapped((columns, rows));
        let (right, bottom) = (columns - 1, rows - 1);
        let stored = |x: u32, y: u32| match orientation {
            Orientation::Upright => (x, y),
            Orientation::Mirror => (right - x, y),
            Orientation::Turn180 => (right - x, bottom - y),
            Orientation::Flip => (x, bottom - y),
            Orientation::Transpose => (y, x),
            Orientation::Turn90 => (y, bottom - x),
            Orientation::Transverse => (right - y, bottom - x),
            Orientation::Turn270 => (right - y, x),
        };
        let places = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
        let colour = |(x, y)| {
            let (x, y) = stored(x, y);
            self.colours[(y * columns + x) as usize]
        };
        Self {
            sides: swapped((width, height)),
            columns: across,
            rows: down,
            colours: places.map(colour).collect(),
        }
    }
}

/// The sides of what is hashed: the longer one is `SIDE`, also of a smaller picture, for a hash of few pixels
/// has waves that are not in the picture.
fn fit((width, height): (u32, u32)) -> (u32, u32) {
    let longer = width.max(height);
    let side = |side: u32| {
        ((u64::from(side) * u64::from(SIDE) + u64::from(longer / 2)) / u64::from(longer)).max(1) as u32
    };
    (side(width), side(height))
}

fn hash(grid: &Grid) -> Result<BlurHash, Failure> {
    let (width, height) = grid.sides;
    let (across, down) = fit(grid.sides);
    let mut pixels = Vec::with_capacity((across * down * 4) as usize);
    for y in 0..down {
        for x in 0..across {
            let place = (y * grid.rows / down) * grid.columns + x * grid.columns / across;
            let [red, green, blue] = grid.colours[place as usize];
            pixels.extend([red, green, blue, u8::MAX]);
        }
    }
    let (of_width, of_height) = components(width, height);
    let hash = blurhash::encode(of_width, of_height, across, down, &pixels);
    let hash = hash.map_err(|error| Failure::worker(format!("The picture could not be hashed: {error}.")))?;
    Ok(BlurHash { hash, width, height })
}

/// How much light a stored value stands for: IEC 61966-2-1, as all below.
fn to_linear(stored: u8) -> f64 {
    let value = f64::from(stored) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn to_stored(linear: f64) -> u8 {
    let value = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn grid(sides: (u32, u32), colour: impl Fn(u32, u32) -> Colour) -> Grid {
        let source = Source::new(tempfile::tempfile().unwrap(), 0, Arc::default()).unwrap();
        Grid::of(sides, &source, colour)
    }

    #[test]
    fn the_mean_is_that_of_the_light_and_not_of_the_stored_values() {
        let board = grid((640, 320), |x, y| [if (x + y) % 2 == 0 { 255 } else { 0 }; 3]);
        assert_eq!((board.columns, board.rows), (64, 32));
        assert!(board.colours.iter().all(|colour| *colour == [188; 3]), "{board:?}");
    }

    #[test]
    fn every_pixel_counts_and_a_picture_of_few_is_not_enlarged_by_guesses() {
        let narrow = grid((30_000, 1), |x, _| [if x < 15_000 { 0 } else { 255 }; 3]);
        assert_eq!(
            (narrow.columns, narrow.rows, narrow.colours[31], narrow.colours[32]),
            (64, 1, [0; 3], [255; 3])
        );
        let dot = grid((1, 1), |_, _| [10, 20, 30]);
        assert_eq!((dot.columns, dot.rows, &dot.colours[..]), (1, 1, &[[10, 20, 30]][..]));
        assert_eq!(
            [fit((1, 1)), fit((30_000, 1)), fit((3, 2)), fit((u32::MAX, u32::MAX))],
            [(64, 64), (64, 1), (64, 43), (64, 64)]
        );
    }

    #[test]
    fn a_picture_of_one_colour_is_a_hash_of_one_colour() {
        for sides in [(1, 1), (2, 3), (500, 400)] {
            let hashed = hash(&grid(sides, |_, _| [200, 100, 50])).unwrap();
            for colour in hashed.colours(8, 8).unwrap() {
                let off = colour.iter().zip([200, 100, 50]).map(|(one, other)| one.abs_diff(other)).max();
                assert!(off <= Some(12), "{sides:?}: {colour:?}");
            }
        }
    }

    #[test]
    fn each_orientation_puts_the_stored_corner_where_exif_says() {
        // Two columns, three rows: the numbers are those of the stored places.
        let stored =
            Grid { sides: (2, 3), columns: 2, rows: 3, colours: (0..6).map(|place| [place; 3]).collect() };
        let numbers = |orientation| {
            let turned = stored.turned(orientation);
            assert_eq!(turned.sides, (turned.columns, turned.rows));
            (turned.sides, turned.colours.iter().map(|colour| colour[0]).collect::<Vec<_>>())
        };
        // Where row 0 and column 0 of the stored picture lie in the upright one: Exif 2.32, 4.6.4 A,
        // Orientation.
        assert_eq!(numbers(Orientation::Upright), ((2, 3), vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(numbers(Orientation::Mirror), ((2, 3), vec![1, 0, 3, 2, 5, 4]));
        assert_eq!(numbers(Orientation::Turn180), ((2, 3), vec![5, 4, 3, 2, 1, 0]));
        assert_eq!(numbers(Orientation::Flip), ((2, 3), vec![4, 5, 2, 3, 0, 1]));
        assert_eq!(numbers(Orientation::Transpose), ((3, 2), vec![0, 2, 4, 1, 3, 5]));
        assert_eq!(numbers(Orientation::Turn90), ((3, 2), vec![4, 2, 0, 5, 3, 1]));
        assert_eq!(numbers(Orientation::Transverse), ((3, 2), vec![5, 3, 1, 4, 2, 0]));
        assert_eq!(numbers(Orientation::Turn270), ((3, 2), vec![1, 3, 5, 0, 2, 4]));
    }
}
