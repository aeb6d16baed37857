//! Makes `photo`: what a picture file says of how it was taken, from its own header and its EXIF block.
//! Decodes nothing.
//!
//! Needs no libav, and so reads HEIC too, whose headers it also gives to `media_info`. A damaged EXIF block
//! gives what could be read of it.

use butler_product::Failure;
use butler_product::media_info::{MediaInfo, PictureShape, Stream, StreamKind};
use butler_product::photo::{Orientation, Photo, Place, Taken};
use exif::{DateTime, Exif, In, Tag, Value};
use imagesize::{Compression, ImageSize, ImageType};

use crate::cursor::{Cursor, guarded};
use crate::source::Source;

/// Bytes that are read of a file for its header and its EXIF block. A TIFF, whose EXIF may lie anywhere, is
/// read whole.
const MAX_READ: u64 = 32 << 20;

/// Reads a picture file.
pub(crate) fn read(source: &Source) -> Result<Photo, Failure> {
    let (kind, size) = header(source);
    let exif = guarded(|| {
        let mut reader = exif::Reader::new();
        let parsed = reader.continue_on_error(true).read_from_container(&mut Cursor::new(source, MAX_READ));
        parsed.or_else(|error| error.distill_partial_result(|_| {})).ok()
    });
    let exif = exif.flatten();
    if let Some(failure) = source.failure() {
        return Err(failure);
    }
    match (kind, size, &exif) {
        (None, ..) => Err(Failure::content("This is not a picture of a kind Butler reads.")),
        (Some(_), None, None) => Err(Failure::content("The picture's header is damaged or cut off.")),
        (Some(kind), size, exif) => Ok(of(kind, size, exif.as_ref())),
    }
}

/// The headers of a HEIF or AVIF picture, which libav does not read; none for any other file.
pub(crate) fn headers(source: &Source) -> Option<MediaInfo> {
    let (Some(ImageType::Heif(coding)), Some(size)) = header(source) else { return None };
    let codec = match coding {
        Compression::Av1 => "av1",
        Compression::Hevc => "hevc",
        Compression::Jpeg => "mjpeg",
        _ => "unknown",
    };
    let shape = PictureShape {
        width: u32::try_from(size.width).ok()?,
        height: u32::try_from(size.height).ok()?,
        pixel_aspect: (1, 1),
        bit_depth: 8,
        ..PictureShape::default()
    };
    let stream = Stream {
        index: 0,
        kind: StreamKind::Picture,
        codec: codec.to_owned(),
        profile: None,
        bit_rate: None,
        language: None,
        title: None,
        default: false,
        forced: false,
        picture: Some(shape),
        sound: None,
    };
    Some(MediaInfo {
        container: "heif".to_owned(),
        size_bytes: source.size(),
        streams: vec![stream],
        ..MediaInfo::default()
    })
}

fn header(source: &Source) -> (Option<ImageType>, Option<ImageSize>) {
    let kind = guarded(|| imagesize::reader_type(Cursor::new(source, MAX_READ)).ok()).flatten();
    let size =
        kind.and_then(|_| guarded(|| imagesize::reader_size(Cursor::new(source, MAX_READ)).ok()).flatten());
    (kind, size)
}

fn of(kind: ImageType, size: Option<ImageSize>, exif: Option<&Exif>) -> Photo {
    let fields = Fields { exif };
    // In HEIF the container turns the picture, and EXIF's word is a memory of how the camera was held
    // (ISO/IEC 23008-12, A.2).
    let turned_by_container = matches!(kind, ImageType::Heif(_));
    let number = if turned_by_container { 1 } else { fields.uint(Tag::Orientation).unwrap_or(1) };
    let orientation = Orientation::of_number(number);
    let side = |stored: fn(&ImageSize) -> usize, of_exif| {
        let stored = size.as_ref().map(stored).and_then(|side| u32::try_from(side).ok());
        stored.or_else(|| fields.uint(of_exif))
    };
    let (width, height) =
        (side(|size| size.width, Tag::PixelXDimension), side(|size| size.height, Tag::PixelYDimension));
    let (width, height) = if orientation.swaps_sides() { (height, width) } else { (width, height) };
    Photo {
        width,
        height,
        orientation,
        taken: fields.taken(),
        make: fields.text(Tag::Make),
        model: fields.text(Tag::Model),
        lens: fields.text(Tag::LensModel),
        exposure_seconds: fields.ratio(Tag::ExposureTime),
        aperture: fields.ratio(Tag::FNumber),
        iso: fields.uint(Tag::PhotographicSensitivity),
        focal_length_mm: fields.ratio(Tag::FocalLength),
        place: fields.place(),
    }
    .bounded()
}

/// The fields of an EXIF block that may not be there.
struct Fields<'a> {
    exif: Option<&'a Exif>,
}

impl<'a> Fields<'a> {
    fn value(&self, tag: Tag) -> Option<&'a Value> {
        self.exif?.get_field(tag, In::PRIMARY).map(|field| &field.value)
    }

    fn ascii(&self, tag: Tag) -> Option<&'a [u8]> {
        match self.value(tag)? {
            Value::Ascii(lines) => lines.first().map(Vec::as_slice),
            _ => None,
        }
    }

    fn text(&self, tag: Tag) -> Option<String> {
        self.ascii(tag).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    fn uint(&self, tag: Tag) -> Option<u32> {
        self.value(tag)?.get_uint(0)
    }

    fn ratio(&self, tag: Tag) -> Option<f64> {
        self.ratios(tag)?.first().copied()
    }

    fn ratios(&self, tag: Tag) -> Option<Vec<f64>> {
        match self.value(tag)? {
            Value::Rational(ratios) => Some(ratios.iter().take(3).map(|ratio| ratio.to_f64()).collect()),
            _ => None,
        }
    }

    /// When it was taken, else digitised, else written by the camera.
    fn taken(&self) -> Option<Taken> {
        [
            (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
            (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
            (Tag::DateTime, Tag::OffsetTime),
        ]
        .into_iter()
        .find_map(|(time, offset)| {
            let mut clock = DateTime::from_ascii(self.ascii(time)?).ok()?;
            if let Some(offset) = self.ascii(offset) {
                // One that can't be read is none.
                let _ = clock.parse_offset(offset);
            }
            let DateTime { year, month, day, hour, minute, second, offset, .. } = clock;
            Taken::of((year, month, day), (hour, minute, second), offset)
        })
    }

    fn place(&self) -> Option<Place> {
        let degrees = |tag, reference, minus: u8| {
            let parts = self.ratios(tag)?;
            let degrees =
                parts.first()? + parts.get(1).unwrap_or(&0.0) / 60.0 + parts.get(2).unwrap_or(&0.0) / 3_600.0;
            let is_minus = self.ascii(reference).and_then(|word| word.first()) == Some(&minus);
            Some(if is_minus { -degrees } else { degrees })
        };
        let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S')?;
        let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W')?;
        // What cameras write that did not know where they were.
        if latitude == 0.0 && longitude == 0.0 {
            return None;
        }
        let below_the_sea = self.uint(Tag::GPSAltitudeRef) == Some(1);
        let altitude =
            self.ratio(Tag::GPSAltitude).map(|metres| if below_the_sea { -metres } else { metres });
        Place::of(latitude, longitude, altitude)
    }
}
