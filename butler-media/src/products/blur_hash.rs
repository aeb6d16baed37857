//! Makes `blur_hash`: decodes a picture, or the cover that is embedded in an audio file, takes the mean
//! colours of a small grid over it, in linear light, and hashes these; upright, and over black where it is
//! transparent.
//!
//! Of an animation the first picture counts. What decodes is written in Rust, within bounds of pixels and
//! memory; how it is turned says the maker of `photo`. HEIC, AVIF and JPEG XL are `blur_hash/still.rs`'s.

mod still;

use std::io::{self, BufRead, Seek};

use butler_product::Failure;
use butler_product::blur_hash::{BlurHash, components};
use butler_product::message::Limits;
use butler_product::photo::Orientation;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageReader};

use super::photo::{self, Coding};
use super::tags;
use crate::cursor::{Cursor, guarded};
use crate::source::Source;

/// Pixels of the longer side of what is hashed: as a whole picture to a hash of nine components a side.
const SIDE: u32 = 64;
/// Bytes that are read of a picture: more than one of the most pixels that are decoded has.
const MAX_READ: u64 = 1 << 30;
/// Bytes of a decoded picture, beside which its file and its decoder's own tables must find room.
const MAX_DECODED: u64 = 1 << 30;

const TOO_LARGE: &str = "The picture has more pixels than Butler decodes.";

/// A colour without transparency, and how bright red, green and blue are in it: 0 to 255, as they are stored.
type Colour = [u8; 3];

/// Decodes a picture, and hashes it.
pub(crate) fn make(source: &Source, limits: Limits) -> Result<BlurHash, Failure> {
    if !photo::is_picture(source)
        && let Some(cover) = tags::cover(source)
    {
        return hash(&Grid::over(&decode(io::Cursor::new(cover), source, limits)?, source));
    }
    let orientation = photo::read(source)?.orientation;
    let upright = match photo::coding(source) {
        Some(Coding::Heif) => still::heif(source, limits)?,
        Some(Coding::Jxl) => still::jpeg_xl(source, limits)?,
        None => {
            let picture = decode(Cursor::new(source, MAX_READ), source, limits)?;
            Grid::over(&picture, source).turned(orientation)
        }
    };
    if let Some(failure) = source.failure() {
        return Err(failure);
    }
    hash(&upright)
}

/// Decodes a picture that is the source, or lies in it.
fn decode(file: impl BufRead + Seek, source: &Source, limits: Limits) -> Result<DynamicImage, Failure> {
    let decoded = guarded(|| {
        let mut reader = ImageReader::new(file).with_guessed_format()?;
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
    match decoded {
        Some(Ok(Some(picture))) if picture.width() > 0 && picture.height() > 0 => Ok(picture),
        Some(Ok(None) | Err(ImageError::Limits(_))) => Err(Failure::content(TOO_LARGE)),
        Some(Err(ImageError::Unsupported(_))) => {
            Err(Failure::unsupported("The picture is coded in a way that Butler does not decode."))
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
            other => Self::of(other.dimensions(), source, |x, y| over_black(&other.get_pixel(x, y).0)),
        }
    }

    /// Each row is a step for the unit's watch; a unit that nobody wants any more comes to its end at once.
    fn of(sides: (u32, u32), source: &Source, colour: impl Fn(u32, u32) -> Colour) -> Self {
        let (mut sums, colour) = (Sums::new(sides, source), &colour);
        for y in 0..sides.1 {
            if source.gauges.is_cancelled() {
                break;
            }
            sums.row(y, 0, (0..sides.0).map(|x| colour(x, y)));
        }
        sums.finish()
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

/// What the colours of a picture's parts come to, while its rows are gone through.
struct Sums<'a> {
    source: &'a Source,
    sides: (u32, u32),
    columns: u32,
    rows: u32,
    /// Of each of the picture's columns that of the part it lies in.
    column_of: Vec<usize>,
    linear: Vec<f64>,
    sums: Vec<([f64; 3], u32)>,
}

impl<'a> Sums<'a> {
    fn new(sides: (u32, u32), source: &'a Source) -> Self {
        let (width, height) = sides;
        let fitted = fit(sides);
        let (columns, rows) = (fitted.0.min(width), fitted.1.min(height));
        Self {
            source,
            sides,
            columns,
            rows,
            column_of: (0..width).map(|x| cell(x, columns, width)).collect(),
            linear: (0..=u8::MAX).map(to_linear).collect(),
            sums: vec![([0.0; 3], 0_u32); (columns * rows) as usize],
        }
    }

    /// Adds colours of a row, from a column on.
    fn row(&mut self, y: u32, from: u32, colours: impl Iterator<Item = Colour>) {
        self.source.gauges.step();
        let row = &mut self.sums[cell(y, self.rows, self.sides.1) * self.columns as usize..];
        let columns = self.column_of.get(from as usize..).unwrap_or_default();
        for (column, colour) in columns.iter().zip(colours) {
            let (sum, pixels) = &mut row[*column];
            sum.iter_mut().zip(colour).for_each(|(sum, of)| *sum += self.linear[usize::from(of)]);
            *pixels += 1;
        }
    }

    fn finish(self) -> Grid {
        let mean = |(sum, pixels): ([f64; 3], u32)| sum.map(|sum| to_stored(sum / f64::from(pixels.max(1))));
        let colours = self.sums.into_iter().map(mean).collect();
        Grid { sides: self.sides, columns: self.columns, rows: self.rows, colours }
    }
}

/// In which of so many parts a pixel of so many lies.
fn cell(at: u32, cells: u32, pixels: u32) -> usize {
    (u64::from(at) * u64::from(cells) / u64::from(pixels)) as usize
}

/// Red, green, blue and opacity over black.
fn over_black(pixel: &[u8]) -> Colour {
    let [red, green, blue, opacity] = *pixel else { return [0; 3] };
    [red, green, blue].map(|of| ((u16::from(of) * u16::from(opacity) + 127) / 255) as u8)
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
