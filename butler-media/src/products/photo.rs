//! Makes `photo`: what a picture file says of how it was taken, from its own header, its EXIF block, and the
//! dates of its XMP and IPTC. Decodes nothing.
//!
//! Needs no libav, and so reads HEIC too, whose headers it also gives to `media_info`. A damaged EXIF block
//! gives what could be read of it. Where the blocks lie is `photo/blocks.rs`, how dates are spelled
//! `photo/date.rs`, and which of them XMP and IPTC tell `photo/xmp.rs`.

mod blocks;
mod date;
pub(crate) mod heif;
mod xmp;

use std::io::{Read, Seek, SeekFrom};

use butler_product::Failure;
use butler_product::media_info::{MediaInfo, PictureShape, Stream, StreamKind};
use butler_product::photo::{Orientation, Photo, Place, Taken};
use exif::{Context, Exif, In, Tag, Value};
use imagesize::{Compression, ImageSize, ImageType};

use crate::cursor::{Cursor, guarded};
use crate::source::Source;
use blocks::Blocks;
use xmp::Dates;

/// Bytes that are read of a file for its header and its EXIF block. A TIFF, whose EXIF may lie anywhere, is
/// read whole.
const MAX_READ: u64 = 32 << 20;

/// Reads a picture file.
pub(crate) fn read(source: &Source) -> Result<Photo, Failure> {
    let (kind, size) = header(source);
    let blocks = Blocks::find(&mut Cursor::new(source, MAX_READ));
    let exif = guarded(|| {
        let mut reader = exif::Reader::new();
        reader.continue_on_error(true);
        let parsed = match blocks.exif.clone() {
            Some(block) => reader.read_raw(block),
            None => reader.read_from_container(&mut Cursor::new(source, MAX_READ)),
        };
        parsed.or_else(|error| error.distill_partial_result(|_| {})).ok()
    });
    let exif = exif.flatten();
    if let Some(failure) = source.failure() {
        return Err(failure);
    }
    match (kind, size, &exif) {
        (None, ..) => Err(Failure::content("This is not a picture of a kind Butler reads.")),
        (Some(_), None, None) => Err(Failure::content("The picture's header is damaged or cut off.")),
        (Some(kind), size, exif) => Ok(of(kind, size, &Fields { exif: exif.as_ref() }, &blocks)),
    }
}

/// Whether a file is a picture with a header that can be read: a track in MP4 begins as a HEIC does.
pub(crate) fn is_picture(source: &Source) -> bool {
    matches!(header(source), (Some(_), Some(_)))
}

/// The kinds of picture file of which only their headers are read in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// HEIC and AVIF.
    Heif,
    /// JPEG XL.
    Jxl,
}

/// Which of these a file is; none for any other.
pub(crate) fn coding(source: &Source) -> Option<Coding> {
    match header(source).0? {
        ImageType::Heif(_) => Some(Coding::Heif),
        ImageType::Jxl => Some(Coding::Jxl),
        _ => None,
    }
}

/// The headers of a HEIF, AVIF or JPEG XL picture, which libav does not read; none for any other file.
pub(crate) fn headers(source: &Source) -> Option<MediaInfo> {
    let (kind, size) = header(source);
    let (container, codec) = match kind? {
        ImageType::Heif(Compression::Av1) => ("heif", "av1"),
        ImageType::Heif(Compression::Hevc) => ("heif", "hevc"),
        ImageType::Heif(Compression::Jpeg) => ("heif", "mjpeg"),
        ImageType::Heif(_) => ("heif", "unknown"),
        ImageType::Jxl => ("jxl", "jpegxl"),
        _ => return None,
    };
    let size = size?;
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
        encrypted: false,
        picture: Some(shape),
        sound: None,
    };
    Some(MediaInfo {
        container: container.to_owned(),
        size_bytes: source.size(),
        streams: vec![stream],
        ..MediaInfo::default()
    })
}

fn header(source: &Source) -> (Option<ImageType>, Option<ImageSize>) {
    let kind = guarded(|| imagesize::reader_type(Cursor::new(source, MAX_READ)).ok()).flatten();
    let size = match kind {
        Some(ImageType::Bmp) => bmp_size(&mut Cursor::new(source, MAX_READ)),
        _ => kind
            .and_then(|_| guarded(|| imagesize::reader_size(Cursor::new(source, MAX_READ)).ok()).flatten()),
    };
    (kind, size)
}

/// A BMP's sides: in its first header, of 12 bytes, they have 16 bits each; in all later ones 32 with a sign,
/// and a height below zero says that the rows come from the top.
fn bmp_size(reader: &mut (impl Read + Seek)) -> Option<ImageSize> {
    let mut head = [0; 12];
    reader.seek(SeekFrom::Start(14)).ok()?;
    reader.read_exact(&mut head).ok()?;
    let long = |at: usize| Some(i32::from_le_bytes(*head.get(at..)?.first_chunk()?).unsigned_abs() as usize);
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(*head.get(at..)?.first_chunk()?)));
    let (width, height) = match long(0)? {
        12 => (short(4)?, short(6)?),
        _ => (long(4)?, long(8)?),
    };
    Some(ImageSize { width, height })
}

fn of(kind: ImageType, size: Option<ImageSize>, fields: &Fields<'_>, blocks: &Blocks) -> Photo {
    let (taken, changed) = dates(fields, blocks);
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
        taken,
        changed,
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

/// When it was taken, else made, and when it was changed. Of two that say the same, EXIF is believed before
/// XMP and XMP before IPTC: editors keep the first two alike, and know the third less often.
fn dates(fields: &Fields<'_>, blocks: &Blocks) -> (Option<Taken>, Option<Taken>) {
    let in_tiff = |number| fields.bytes(Tag(Context::Tiff, number));
    let xmp = blocks.xmp.as_deref().or_else(|| in_tiff(700)).map(xmp::dates).unwrap_or_default();
    let photoshop = Some(&*blocks.photoshop).filter(|resources| !resources.is_empty());
    let iptc =
        photoshop.or_else(|| in_tiff(33_723)).or_else(|| in_tiff(34_377)).map(xmp::iptc).unwrap_or_default();
    let in_words = Dates { original: None, created: blocks.created.clone(), changed: blocks.changed.clone() };
    let others = [xmp, iptc, in_words];
    let of_others = |which: fn(&Dates) -> &Option<String>| {
        others.iter().find_map(|dates| date::read(which(dates).as_deref()?, None))
    };
    let taken = fields
        .date(Tag::DateTimeOriginal, Tag::OffsetTimeOriginal)
        .or_else(|| of_others(|dates| &dates.original))
        .or_else(|| fields.date(Tag::DateTimeDigitized, Tag::OffsetTimeDigitized))
        .or_else(|| of_others(|dates| &dates.created));
    let changed = fields.date(Tag::DateTime, Tag::OffsetTime).or_else(|| of_others(|dates| &dates.changed));
    (taken, changed)
}

/// The fields of an EXIF block that may not be there.
struct Fields<'a> {
    exif: Option<&'a Exif>,
}

impl<'a> Fields<'a> {
    fn value(&self, tag: Tag) -> Option<&'a Value> {
        self.exif?.get_field(tag, In::PRIMARY).map(|field| &field.value)
    }

    /// A text; some cameras have their texts as plain bytes.
    fn ascii(&self, tag: Tag) -> Option<&'a [u8]> {
        match self.value(tag)? {
            Value::Ascii(lines) => lines.first().map(Vec::as_slice),
            _ => self.bytes(tag),
        }
    }

    fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        match self.value(tag)? {
            Value::Byte(bytes) | Value::Undefined(bytes, _) => Some(bytes),
            _ => None,
        }
    }

    fn text(&self, tag: Tag) -> Option<String> {
        self.ascii(tag).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    fn uint(&self, tag: Tag) -> Option<u32> {
        match self.value(tag)? {
            Value::SByte(values) => u32::try_from(*values.first()?).ok(),
            Value::SShort(values) => u32::try_from(*values.first()?).ok(),
            Value::SLong(values) => u32::try_from(*values.first()?).ok(),
            value => value.get_uint(0),
        }
    }

    fn ratio(&self, tag: Tag) -> Option<f64> {
        self.ratios(tag)?.first().copied()
    }

    fn ratios(&self, tag: Tag) -> Option<Vec<f64>> {
        match self.value(tag)? {
            Value::Rational(ratios) => Some(ratios.iter().take(3).map(|ratio| ratio.to_f64()).collect()),
            Value::SRational(ratios) => Some(ratios.iter().take(3).map(|ratio| ratio.to_f64()).collect()),
            Value::Float(values) => Some(values.iter().take(3).map(|value| f64::from(*value)).collect()),
            Value::Double(values) => Some(values.iter().take(3).copied().collect()),
            Value::Short(values) => Some(values.iter().take(3).map(|value| f64::from(*value)).collect()),
            Value::Long(values) => Some(values.iter().take(3).map(|value| f64::from(*value)).collect()),
            Value::SShort(values) => Some(values.iter().take(3).map(|value| f64::from(*value)).collect()),
            Value::SLong(values) => Some(values.iter().take(3).map(|value| f64::from(*value)).collect()),
            _ => self.uint(tag).map(|value| vec![f64::from(value)]),
        }
    }

    /// The date of one field, with the offset that another one tells.
    fn date(&self, time: Tag, offset: Tag) -> Option<Taken> {
        let text = self.text(time)?;
        date::read(&text, self.text(offset).as_deref())
    }

    fn place(&self) -> Option<Place> {
        let degrees = |tag, reference, minus: u8| {
            let parts = self.ratios(tag)?;
            // Minutes or seconds of 0/0 are none.
            let part = |at: usize| parts.get(at).copied().filter(|part| part.is_finite()).unwrap_or(0.0);
            let degrees = parts.first()?.abs() + part(1).abs() / 60.0 + part(2).abs() / 3_600.0;
            let word = self.ascii(reference).and_then(|word| word.first());
            let is_minus = word.is_some_and(|word| word.eq_ignore_ascii_case(&minus));
            // Where it has a sign already, that and the hemisphere say the same.
            let is_negative = parts.iter().any(|part| *part < 0.0);
            Some(if is_minus || is_negative { -degrees } else { degrees })
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
