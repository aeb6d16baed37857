//! Finds the blocks of a picture file that say how it was taken: EXIF, XMP, IPTC, and the dates that PNG has
//! words of its own for. Decodes no picture, and understands none of the blocks.
//!
//! Each way to pack them that cameras and editors use is a function here; whatever does not fit is left out.
//! TIFF is its own EXIF block and HEIF hides it in items: the EXIF library finds both. Sources: JPEG (ITU-T
//! T.81, B.1), PNG 3rd edition, WebP (RFC 9649), JPEG XL (ISO/IEC 18181-2), Photoshop file formats.

use std::io::{BufRead, Read, Seek, SeekFrom};

/// Bytes of a block that are kept; longer ones hold pictures.
const MAX_BLOCK: u64 = 4 << 20;
/// Blocks that are looked at.
const MAX_BLOCKS: usize = 20_000;

/// What was found, each as it stands in the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    /// As a TIFF file, without any mark in front.
    pub(super) exif: Option<Vec<u8>>,
    pub(super) xmp: Option<Vec<u8>>,
    /// Photoshop's resources, in which IPTC lies.
    pub(super) photoshop: Vec<u8>,
    /// A date in words that says when the picture was made.
    pub(super) created: Option<String>,
    /// A date in words that says when the picture was changed.
    pub(super) changed: Option<String>,
}

impl Blocks {
    /// Looks through a picture file; what was found before a damaged place is kept.
    pub(super) fn find(reader: &mut (impl BufRead + Seek)) -> Self {
        let mut blocks = Self::default();
        let mut head = [0; 12];
        if reader.read_exact(&mut head).is_err() {
            return blocks;
        }
        // A damaged place ends the search, no more.
        let _ = match &head {
            [0xFF, 0xD8, ..] => blocks.jpeg(reader),
            [0x89, b'P', b'N', b'G', ..] => blocks.png(reader),
            [b'R', b'I', b'F', b'F', .., b'W', b'E', b'B', b'P'] => blocks.webp(reader),
            [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => blocks.jpeg_xl(reader),
            _ => None,
        };
        blocks
    }

    fn jpeg(&mut self, reader: &mut (impl BufRead + Seek)) -> Option<()> {
        reader.seek(SeekFrom::Start(2)).ok()?;
        for _ in 0..MAX_BLOCKS {
            let [mark, kind] = array(reader)?;
            if mark != 0xFF {
                return None;
            }
            match kind {
                // Filling.
                0xFF => {
                    reader.seek_relative(-1).ok()?;
                    continue;
                }
                // The picture itself, or the end.
                0xDA | 0xD9 => return Some(()),
                _ => {}
            }
            let length = u64::from(u16::from_be_bytes(array(reader)?).checked_sub(2)?);
            if !matches!(kind, 0xE1 | 0xED) {
                skip(reader, length)?;
                continue;
            }
            let block = take(reader, length)?;
            if let Some(xmp) = block.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                self.xmp.get_or_insert_with(|| xmp.to_vec());
            } else if let Some(resources) = block.strip_prefix(b"Photoshop 3.0\0") {
                self.more_photoshop(resources);
            } else if kind == 0xE1 {
                self.exif = self.exif.take().or_else(|| tiff(&block));
            }
        }
        None
    }

    fn png(&mut self, reader: &mut (impl BufRead + Seek)) -> Option<()> {
        reader.seek(SeekFrom::Start(8)).ok()?;
        for _ in 0..MAX_BLOCKS {
            let length = u64::from(u32::from_be_bytes(array(reader)?));
            let kind: [u8; 4] = array(reader)?;
            match &kind {
                b"eXIf" | b"exIf" => {
                    self.exif = tiff(&take(reader, length)?).or_else(|| self.exif.take());
                }
                b"tEXt" | b"zTXt" | b"iTXt" => {
                    let block = take(reader, length)?;
                    if let Some((key, text)) = png_text(kind, &block) {
                        self.png_word(&key, text);
                    }
                }
                b"tIME" if length == 7 => {
                    let [year, low, month, day, hour, minute, second] = array(reader)?;
                    let year = u16::from_be_bytes([year, low]);
                    let date = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
                    self.changed.get_or_insert(date);
                }
                b"IEND" => return Some(()),
                _ => skip(reader, length)?,
            }
            // Its checksum.
            skip(reader, 4)?;
        }
        None
    }

    /// Takes a further piece of Photoshop's resources, as long as all of them are no longer than a block may
    /// be.
    fn more_photoshop(&mut self, piece: &[u8]) {
        if (self.photoshop.len() + piece.len()) as u64 <= MAX_BLOCK {
            self.photoshop.extend_from_slice(piece);
        }
    }

    fn png_word(&mut self, key: &str, text: Vec<u8>) {
        let words = || Some(String::from_utf8_lossy(&text).into_owned());
        match &*key.to_ascii_lowercase() {
            "xml:com.adobe.xmp" => self.xmp = self.xmp.take().or(Some(text)),
            "raw profile type exif" | "raw profile type app1" => {
                let profile = unhexed(&text).unwrap_or_default();
                if let Some(xmp) = profile.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                    self.xmp.get_or_insert_with(|| xmp.to_vec());
                }
                self.exif = self.exif.take().or_else(|| tiff(&profile));
            }
            "raw profile type iptc" | "raw profile type 8bim" => {
                self.more_photoshop(&unhexed(&text).unwrap_or_default());
            }
            "raw profile type xmp" => self.xmp = self.xmp.take().or_else(|| unhexed(&text)),
            // ImageMagick copies a camera's words so; it is the surest of these.
            "exif:datetimeoriginal" => self.created = words(),
            "creation time" | "create-date" | "exif:datetimedigitized" => {
                self.created = self.created.take().or_else(words);
            }
            _ => {}
        }
    }

    fn webp(&mut self, reader: &mut (impl BufRead + Seek)) -> Option<()> {
        for _ in 0..MAX_BLOCKS {
            let kind: [u8; 4] = array(reader)?;
            let length = u64::from(u32::from_le_bytes(array(reader)?));
            match &kind {
                b"EXIF" => {
                    let block = take(reader, length)?;
                    self.exif = self.exif.take().or_else(|| tiff(&block));
                }
                b"XMP " | b"XMP\0" => self.xmp = Some(take(reader, length)?),
                _ => skip(reader, length)?,
            }
            skip(reader, length % 2)?;
        }
        None
    }

    fn jpeg_xl(&mut self, reader: &mut (impl BufRead + Seek)) -> Option<()> {
        for _ in 0..MAX_BLOCKS {
            let short = u32::from_be_bytes(array(reader)?);
            let kind: [u8; 4] = array(reader)?;
            let length = match short {
                // To the file's end: the picture.
                0 => return Some(()),
                1 => u64::from_be_bytes(array(reader)?).checked_sub(16)?,
                short => u64::from(short.checked_sub(8)?),
            };
            match &kind {
                b"Exif" => {
                    let block = take(reader, length)?;
                    // In front stand four bytes: how far it is to the block.
                    self.exif = self.exif.take().or_else(|| tiff(block.get(4..)?));
                }
                b"xml " => self.xmp = Some(take(reader, length)?),
                _ => skip(reader, length)?,
            }
        }
        None
    }
}

/// An EXIF block as a TIFF file; editors leave the mark that a JPEG has in front of it in other containers
/// too, and some write the mark wrongly.
fn tiff(block: &[u8]) -> Option<Vec<u8>> {
    let is_tiff = |bytes: &[u8]| bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*");
    let is_marked = |block: &[u8]| block.get(..4).is_some_and(|mark| mark.eq_ignore_ascii_case(b"exif"));
    let start = if is_marked(block) { (4..=8).find(|at| block.get(*at..).is_some_and(is_tiff))? } else { 0 };
    block.get(start..).filter(|block| is_tiff(block)).map(<[u8]>::to_vec)
}

/// The key and the text of a PNG's chunk of text.
fn png_text(kind: [u8; 4], block: &[u8]) -> Option<(String, Vec<u8>)> {
    let split = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some((bytes[..end].to_vec(), bytes[end + 1..].to_vec()))
    };
    let (key, rest) = split(block)?;
    let key = String::from_utf8_lossy(&key).into_owned();
    let text = match &kind {
        b"tEXt" => rest,
        b"zTXt" => inflated(rest.get(1..)?)?,
        _ => {
            let is_packed = *rest.first()? == 1;
            let (_, after_language) = split(rest.get(2..)?)?;
            let (_, text) = split(&after_language)?;
            if is_packed { inflated(&text)? } else { text }
        }
    };
    Some((key, text))
}

fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::ZlibDecoder::new(packed).take(MAX_BLOCK).read_to_end(&mut text).ok()?;
    Some(text)
}

/// What ImageMagick wrote as hexadecimal digits, below a line with its name and one with its length.
fn unhexed(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim_start();
    let (_, rest) = text.split_once('\n')?;
    let (_, digits) = rest.trim_start().split_once('\n')?;
    let digits: Vec<u8> =
        digits.chars().filter_map(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn array<const LENGTH: usize>(reader: &mut impl Read) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// A block; none of one that is too long or cut off.
fn take(reader: &mut impl Read, length: u64) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    reader.take(length.min(MAX_BLOCK)).read_to_end(&mut block).ok()?;
    (block.len() as u64 == length).then_some(block)
}

fn skip(reader: &mut impl Seek, length: u64) -> Option<()> {
    reader.seek_relative(i64::try_from(length).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    const TIFF: &[u8] = b"II*\0\x08\0\0\0";

    fn find(file: &[u8]) -> Blocks {
        Blocks::find(&mut Cursor::new(file))
    }

    fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], kind, content, &[0; 4]].concat()
    }

    fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
        [&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat(), &chunk(b"IEND", b"")].concat()
    }

    fn segment(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap();
        [&[0xFF, kind][..], &length.to_be_bytes(), content].concat()
    }

    #[test]
    fn a_jpeg_s_segments_are_told_apart() {
        let file = [
            &[0xFF, 0xD8][..],
            &segment(0xE0, b"JFIF\0 and more"),
            &segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", &b"<x/>"[..]].concat()),
            &[0xFF],
            &segment(0xE1, &[b"Exif\0\0", TIFF].concat()),
            &segment(0xED, b"Photoshop 3.0\x008BIM"),
            &segment(0xED, b"Photoshop 3.0\0more"),
            &[0xFF, 0xDA, 0, 2],
        ]
        .concat();
        let found = find(&file);
        assert_eq!(
            (found.exif.as_deref(), found.xmp.as_deref(), &*found.photoshop),
            (Some(TIFF), Some(&b"<x/>"[..]), &b"8BIMmore"[..])
        );
    }

    #[test]
    fn the_mark_in_front_of_an_exif_block_may_be_there_or_not_or_be_wrong() {
        for mark in [&b""[..], b"Exif\0\0", b"Exif\0\xFF", b"EXIF\0\0", b"Exif\0"] {
            assert_eq!(tiff(&[mark, TIFF].concat()).as_deref(), Some(TIFF), "{mark:?}");
        }
        assert_eq!(tiff(b"Exif\0\0nothing"), None);
    }

    #[test]
    fn a_webp_s_and_a_jpeg_xl_s_chunks_are_found() {
        let chunk = |kind: &[u8; 4], content: &[u8]| {
            let filling = &[0_u8][..content.len() % 2];
            [kind, &u32::try_from(content.len()).unwrap().to_le_bytes()[..], content, filling].concat()
        };
        let exif = [b"Exif\0\0", TIFF].concat();
        let file = [b"RIFF\0\0\0\0WEBP".to_vec(), chunk(b"VP8X", b"odd"), chunk(b"EXIF", &exif)].concat();
        assert_eq!(find(&file).exif.as_deref(), Some(TIFF));
        let boxed = |kind: &[u8; 4], content: &[u8]| {
            [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
        };
        let file = [
            boxed(b"JXL ", b"\r\n\x87\n"),
            boxed(b"Exif", &[&[0; 4], TIFF].concat()),
            boxed(b"xml ", b"<x/>"),
        ];
        let found = find(&file.concat());
        assert_eq!((found.exif.as_deref(), found.xmp.as_deref()), (Some(TIFF), Some(&b"<x/>"[..])));
    }

    #[test]
    fn a_png_tells_it_in_several_ways() {
        assert_eq!(find(&png(&[chunk(b"eXIf", TIFF)])).exif.as_deref(), Some(TIFF));
        let hexed = b"\nexif\n       8\n49492a0008\n000000\n";
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(hexed).unwrap();
        let packed = packed.finish().unwrap();
        let old = [b"Raw profile type exif\0\0", &packed[..]].concat();
        assert_eq!(find(&png(&[chunk(b"zTXt", &old)])).exif.as_deref(), Some(TIFF));
        let found = find(&png(&[
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0en\0\0<x/>"),
            chunk(b"tEXt", b"Creation Time\0Sat, 22 Dec 2012 10:37:28 GMT"),
            chunk(b"tIME", &[7, 221, 2, 3, 4, 5, 6]),
        ]));
        assert_eq!(
            (found.xmp.as_deref(), found.created.as_deref(), found.changed.as_deref()),
            (Some(&b"<x/>"[..]), Some("Sat, 22 Dec 2012 10:37:28 GMT"), Some("2013-02-03T04:05:06Z"))
        );
    }

    #[test]
    fn lengths_that_lie_end_the_search() {
        let sound = png(&[chunk(b"eXIf", TIFF), chunk(b"tEXt", b"Creation Time\x002012")]);
        for at in 0..sound.len() {
            let mut file = sound.clone();
            file[at] = 0xFF;
            let _ = find(&file);
            let _ = find(&sound[..at]);
        }
        let _ = find(&[0xFF, 0xD8, 0xFF, 0xE1, 0, 1]);
        let _ = find(&[&[0xFF, 0xD8][..], &[0xFF; 900]].concat());
    }
}
