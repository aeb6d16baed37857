//! Reads the tags of an ASF file (WMA), in the form of libav's list: its names in lower case. Reads no more
//! than the header, and no picture.
//!
//! libav keeps one of several values of a name, and sees no cover that is longer than 64 KiB. Source: Advanced
//! Systems Format specification, revision 01.20.06, sections 3.10, 3.11 and 4.7 to 4.8. Start with [`read`].

use std::io::{Read, Seek, SeekFrom};

/// Bytes of a value that are read; longer ones are pictures.
const MAX_VALUE: u32 = 64 << 10;
/// Objects and values that are looked at.
const MAX_PARTS: u32 = 10_000;
/// Bytes of an object's head: its kind, and its size.
const HEAD: u64 = 24;

type Guid = [u8; 16];
const HEADER: &Guid = b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const CONTENT: &Guid = b"\x33\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const EXTENDED_CONTENT: &Guid = b"\x40\xA4\xD0\xD2\x07\xE3\xD2\x11\x97\xF0\x00\xA0\xC9\x5E\xA8\x50";
const EXTENSION: &Guid = b"\xB5\x03\xBF\x5F\x2E\xA9\xCF\x11\x8E\xE3\x00\xC0\x0C\x20\x53\x65";
const METADATA: &Guid = b"\xEA\xCB\xF8\xC5\xAF\x5B\x77\x48\x84\x67\xAA\x8C\x44\xFA\x4C\xCA";
const METADATA_LIBRARY: &Guid = b"\x94\x1C\x23\x44\x98\x94\xD1\x49\xA1\x41\x1D\x13\x4E\x45\x70\x54";

/// The tags of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AsfTags {
    /// Names in lower case with their values: of one that several objects hold, those of the plainer object
    /// first, wherever that stands.
    pub(super) texts: Vec<(String, String)>,
    pub(super) has_picture: bool,
}

/// The tags of a file that is ASF; those before a damaged place.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Option<AsfTags> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let (kind, size) = object(file)?;
    if kind != *HEADER {
        return None;
    }
    let mut found = Found::default();
    // How many objects there are, and two bytes of a fixed value, stand in front.
    let _ = found.objects(file, HEAD + 6, size);
    let Found { mut texts, has_picture, .. } = found;
    texts.sort_by_key(|(rank, ..)| *rank);
    Some(AsfTags { texts: texts.into_iter().map(|(_, name, text)| (name, text)).collect(), has_picture })
}

/// What was found so far, in the file's order.
#[derive(Default)]
struct Found {
    /// The rank of the object in hand.
    rank: usize,
    texts: Vec<(usize, String, String)>,
    has_picture: bool,
}

impl Found {
    /// Reads the objects from `at` to `end`, both from the file's start.
    fn objects(&mut self, file: &mut (impl Read + Seek), mut at: u64, end: u64) -> Option<()> {
        for _ in 0..MAX_PARTS {
            if at + HEAD > end {
                return Some(());
            }
            file.seek(SeekFrom::Start(at)).ok()?;
            let (kind, size) = object(file)?;
            if size < HEAD {
                return None;
            }
            let behind = at.checked_add(size)?;
            let ranked = [CONTENT, EXTENDED_CONTENT, METADATA, METADATA_LIBRARY];
            self.rank = ranked.iter().position(|known| **known == kind).unwrap_or(ranked.len());
            // A damaged one costs no other.
            let _ = match &kind {
                CONTENT => self.content(file),
                EXTENDED_CONTENT => self.extended_content(file),
                METADATA | METADATA_LIBRARY => self.metadata(file),
                // 22 bytes of its own stand in front of the objects in it.
                EXTENSION => self.objects(file, at + HEAD + 22, behind.min(end)),
                _ => None,
            };
            at = behind;
        }
        None
    }

    fn content(&mut self, file: &mut (impl Read + Seek)) -> Option<()> {
        let lengths: [u8; 10] = array(file)?;
        let lengths = lengths.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        for (name, length) in ["title", "author", "copyright", "description", "rating"].iter().zip(lengths) {
            let text = text(file, length.into())?;
            self.add(name, text);
        }
        Some(())
    }

    fn extended_content(&mut self, file: &mut (impl Read + Seek)) -> Option<()> {
        for _ in 0..u16::from_le_bytes(array(file)?) {
            let length = u16::from_le_bytes(array(file)?);
            let name = text(file, length.into())?;
            let (kind, length) = (u16::from_le_bytes(array(file)?), u16::from_le_bytes(array(file)?));
            self.value(file, &name, kind, length.into())?;
        }
        Some(())
    }

    /// Both objects of metadata are written alike: of one stream, or of all.
    fn metadata(&mut self, file: &mut (impl Read + Seek)) -> Option<()> {
        for _ in 0..u16::from_le_bytes(array(file)?) {
            skip(file, 4)?;
            let (of_name, kind) = (u16::from_le_bytes(array(file)?), u16::from_le_bytes(array(file)?));
            let length = u32::from_le_bytes(array(file)?);
            let name = text(file, of_name.into())?;
            self.value(file, &name, kind, length)?;
        }
        Some(())
    }

    fn value(&mut self, file: &mut (impl Read + Seek), name: &str, kind: u16, length: u32) -> Option<()> {
        let is_text = kind == 0 && length <= MAX_VALUE;
        // A truth value, and numbers of 64, 32 and 16 bits.
        let is_number = (2..=5).contains(&kind) && length <= 8;
        if is_text {
            let text = text(file, length)?;
            self.add(name, text);
        } else if is_number {
            let mut bytes = [0; 8];
            file.read_exact(bytes.get_mut(..length as usize)?).ok()?;
            self.add(name, u64::from_le_bytes(bytes).to_string());
        } else {
            self.has_picture |= name.eq_ignore_ascii_case("WM/Picture");
            skip(file, length.into())?;
        }
        Some(())
    }

    fn add(&mut self, name: &str, text: String) {
        if !text.is_empty() {
            self.texts.push((self.rank, name.to_lowercase(), text));
        }
    }
}

/// The kind of the next object, and its size with its head.
fn object(file: &mut impl Read) -> Option<(Guid, u64)> {
    Some((array(file)?, u64::from_le_bytes(array(file)?)))
}

/// A text of so many bytes, without what stands behind its end.
fn text(file: &mut impl Read, length: u32) -> Option<String> {
    let mut bytes = Vec::new();
    file.take(length.min(MAX_VALUE).into()).read_to_end(&mut bytes).ok()?;
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text = char::decode_utf16(units.take_while(|unit| *unit != 0));
    let text: String = text.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    (bytes.len() as u64 == u64::from(length)).then(|| text.trim().to_owned())
}

fn array<const LENGTH: usize>(file: &mut impl Read) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn skip(file: &mut impl Seek, bytes: i64) -> Option<()> {
    file.seek_relative(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    fn object(kind: &Guid, content: &[u8]) -> Vec<u8> {
        [kind, &(HEAD + content.len() as u64).to_le_bytes()[..], content].concat()
    }

    /// A value of one of the objects of metadata.
    fn metadata(name: &str, kind: u16, value: &[u8]) -> Vec<u8> {
        let (name, length) = (utf16(name), value.len() as u32);
        let of_name = name.len() as u16;
        [&[0; 4][..], &of_name.to_le_bytes(), &kind.to_le_bytes(), &length.to_le_bytes(), &name, value]
            .concat()
    }

    /// A value of the extended content description.
    fn extended(name: &str, kind: u16, value: &[u8]) -> Vec<u8> {
        let (name, length) = (utf16(name), value.len() as u16);
        let of_name = name.len() as u16;
        [&of_name.to_le_bytes()[..], &name, &kind.to_le_bytes(), &length.to_le_bytes(), value].concat()
    }

    fn counted(values: &[Vec<u8>]) -> Vec<u8> {
        [&(values.len() as u16).to_le_bytes()[..], &values.concat()].concat()
    }

    fn file(objects: &[Vec<u8>]) -> Vec<u8> {
        object(HEADER, &[&[0; 6][..], &objects.concat()].concat())
    }

    fn texts(bytes: Vec<u8>) -> (Vec<(String, String)>, bool) {
        let AsfTags { texts, has_picture } = read(&mut Cursor::new(bytes)).unwrap();
        (texts, has_picture)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn all_values_of_a_name_are_read_wherever_they_stand() {
        let (title, author) = (utf16("So What"), utf16("Miles"));
        let lengths = [title.len() as u16, author.len() as u16, 0, 0, 0].map(u16::to_le_bytes).concat();
        let content = object(CONTENT, &[lengths, title, author].concat());
        let more = object(
            EXTENDED_CONTENT,
            &counted(&[
                extended("Author", 0, &utf16("Coltrane")),
                extended("WM/TrackNumber", 3, &2_u32.to_le_bytes()),
                extended("WM/IsCompilation", 2, &1_u32.to_le_bytes()),
            ]),
        );
        let large = vec![7; 100_000];
        let library = object(
            METADATA_LIBRARY,
            &counted(&[metadata("WM/Picture", 1, &large), metadata("WM/Genre", 0, &utf16("Jazz"))]),
        );
        let extension = object(EXTENSION, &[&[0; 22][..], &library].concat());
        let expect = pairs(&[
            ("title", "So What"),
            ("author", "Miles"),
            ("author", "Coltrane"),
            ("wm/tracknumber", "2"),
            ("wm/iscompilation", "1"),
            ("wm/genre", "Jazz"),
        ]);
        assert_eq!(texts(file(&[extension, more, content])), (expect, true));
    }

    #[test]
    fn a_damaged_object_costs_no_other_and_no_length_is_believed() {
        let claims = object(EXTENDED_CONTENT, &u16::MAX.to_le_bytes());
        let genre = object(METADATA, &counted(&[metadata("WM/Genre", 0, &utf16("Jazz"))]));
        assert_eq!(texts(file(&[claims, genre.clone()])), (pairs(&[("wm/genre", "Jazz")]), false));
        for (from, to) in [(0, 4), (0, 24), (16, 17), (30, 50)] {
            let mut bytes = file(std::slice::from_ref(&genre));
            bytes.get_mut(from..to).unwrap().fill(0xFF);
            let _any = read(&mut Cursor::new(bytes));
        }
        assert_eq!(read(&mut Cursor::new(b"RIFF".to_vec())), None);
    }
}
