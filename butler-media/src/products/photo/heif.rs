//! Finds the XMP packet of a HEIF or AVIF picture: an item of its own beside the picture, listed in the
//! `meta` box. Decodes nothing; EXIF items are found by the EXIF library. Of what the picture itself is made says
//! `heif/still.rs`.
//!
//! Sources: ISO/IEC 14496-12 (8.11: `meta`, `pitm`, `iinf`, `iloc`, `iref`, `idat`) and 23008-12 (6.5, annex
//! A.3). Whatever does not fit those is left out. Start with [`xmp`].

mod still;

use std::io::{Read, Seek, SeekFrom};

pub(crate) use still::{Codec, still};

/// Bytes of a `meta` box, and of a packet.
const MAX: u64 = 4 << 20;
/// Boxes of a file that are looked at until `meta` is found, which stands second as a rule.
const MAX_BOXES: usize = 64;
const MAX_ITEMS: usize = 10_000;

/// The packet that describes the file's main picture; those of further pictures in it, such as a map of
/// depths, tell nothing of it.
pub(super) fn xmp(reader: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    let meta = meta(reader)?;
    let item = main_packet(&meta)?;
    content(reader, &meta, item, MAX)
}

/// What an item holds, if that is no more than so many bytes.
fn content(reader: &mut (impl Read + Seek), meta: &[u8], item: u64, most: u64) -> Option<Vec<u8>> {
    let location = child(meta, b"iloc").and_then(|iloc| locate(iloc, item))?;
    let mut content = Vec::new();
    for (offset, length) in location.extents {
        if (content.len() as u64).checked_add(length)? > most {
            return None;
        }
        if location.is_in_idat {
            let (from, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
            content.extend_from_slice(child(meta, b"idat")?.get(from..)?.get(..length)?);
        } else {
            reader.seek(SeekFrom::Start(offset)).ok()?;
            // A length that lies asks for no more memory than there are bytes.
            let read = reader.by_ref().take(length).read_to_end(&mut content).ok()?;
            if read as u64 != length {
                return None;
            }
        }
    }
    Some(content).filter(|content| !content.is_empty())
}

/// The item that is the file's main picture.
fn main_item(meta: &[u8]) -> Option<u64> {
    let mut pitm = Fields(child(meta, b"pitm")?);
    let version = pitm.version()?;
    pitm.uint(if version == 0 { 2 } else { 4 })
}

/// What the file's `meta` box holds, behind its version.
fn meta(reader: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    let mut at = 0_u64;
    for _ in 0..MAX_BOXES {
        reader.seek(SeekFrom::Start(at)).ok()?;
        let mut head = [0; 16];
        reader.read_exact(&mut head[..8]).ok()?;
        let (mut length, mut skipped) = (u64::from(u32::from_be_bytes(*head.first_chunk()?)), 8);
        if length == 1 {
            reader.read_exact(&mut head[8..]).ok()?;
            (length, skipped) = (u64::from_be_bytes(*head.last_chunk()?), 16);
        }
        let inside = length.checked_sub(skipped)?;
        if &head[4..8] == b"meta" {
            let mut meta = Vec::new();
            reader.take(inside.min(MAX)).read_to_end(&mut meta).ok()?;
            return (meta.len() as u64 == inside && meta.len() >= 4).then(|| meta.split_off(4));
        }
        at = at.checked_add(length)?;
    }
    None
}

/// The item that holds the packet of the main picture.
fn main_packet(meta: &[u8]) -> Option<u64> {
    let main = main_item(meta);
    let packets: Vec<u64> = entries(child(meta, b"iinf")?).filter_map(packet).collect();
    let described = child(meta, b"iref").map(|iref| references(iref, b"cdsc")).unwrap_or_default();
    let describes = |packet: &u64, which: &dyn Fn(u64) -> bool| {
        described.iter().any(|(from, to)| from == packet && which(*to))
    };
    let of_main = packets.iter().find(|packet| describes(packet, &|to| Some(to) == main));
    of_main.or_else(|| packets.iter().find(|packet| !describes(packet, &|_| true))).copied()
}

/// The entries that say what each item is.
fn entries(iinf: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut entries = Fields(iinf);
    let skipped = entries.version().and_then(|version| entries.uint(if version == 0 { 2 } else { 4 }));
    let boxes = boxes(if skipped.is_some() { entries.0 } else { &[] });
    boxes.filter(|(kind, _)| kind == b"infe").map(|(_, entry)| entry)
}

/// The item that an entry is about, its kind, and what follows.
fn entry(infe: &[u8]) -> Option<(u64, [u8; 4], Fields<'_>)> {
    let mut entry = Fields(infe);
    let item = match entry.version()? {
        2 => entry.uint(2)?,
        3 => entry.uint(4)?,
        _ => return None,
    };
    let (_protection, kind) = (entry.uint(2)?, *entry.bytes(4)?.first_chunk()?);
    Some((item, kind, entry))
}

/// The item of an entry that is an XMP packet's.
fn packet(infe: &[u8]) -> Option<u64> {
    let (item, kind, mut entry) = entry(infe)?;
    let (_name, content) = (entry.text()?, if &kind == b"mime" { entry.text()? } else { b"" });
    let is_plain = entry.text().unwrap_or_default().is_empty();
    (content.eq_ignore_ascii_case(b"application/rdf+xml") && is_plain).then_some(item)
}

/// Which item refers to which by references of a kind, in their order: `cdsc` describes, `dimg` is made of.
fn references(iref: &[u8], kind: &[u8; 4]) -> Vec<(u64, u64)> {
    let mut references = Fields(iref);
    let Some(version) = references.version() else { return Vec::new() };
    let of = |reference: &[u8]| {
        let (mut reference, bytes) = (Fields(reference), if version == 0 { 2 } else { 4 });
        let (from, count) = (reference.uint(bytes)?, reference.uint(2)?);
        Some((0..count).map_while(move |_| Some((from, reference.uint(bytes)?))).collect::<Vec<_>>())
    };
    let references = boxes(references.0).filter(|(own, _)| own == kind);
    references.filter_map(|(_, reference)| of(reference)).flatten().take(MAX_ITEMS).collect()
}

/// Where an item lies.
struct Place {
    /// Whether it lies in the `idat` box instead of in the file.
    is_in_idat: bool,
    /// Its pieces: offset and length.
    extents: Vec<(u64, u64)>,
}

fn locate(iloc: &[u8], wanted: u64) -> Option<Place> {
    let mut items = Fields(iloc);
    let version = items.version()?;
    let (sizes, more) = (items.uint(1)?, items.uint(1)?);
    let (of_offset, of_length, of_base) = (sizes >> 4, sizes & 15, more >> 4);
    let of_index = if version == 0 { 0 } else { more & 15 };
    let of_id = if version < 2 { 2 } else { 4 };
    let count = items.uint(of_id)?;
    for _ in 0..count.min(MAX_ITEMS as u64) {
        let item = items.uint(of_id)?;
        let method = if version == 0 { 0 } else { items.uint(2)? & 15 };
        let (_file, base, pieces) = (items.uint(2)?, items.uint(of_base)?, items.uint(2)?);
        let mut extents = Vec::new();
        for _ in 0..pieces {
            let (_index, offset, length) =
                (items.uint(of_index)?, items.uint(of_offset)?, items.uint(of_length)?);
            extents.push((base.checked_add(offset)?, length));
        }
        if item == wanted {
            return (method < 2).then_some(Place { is_in_idat: method == 1, extents });
        }
    }
    None
}

fn child<'a>(parent: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(parent).find(|(own, _)| own == kind).map(|(_, inside)| inside)
}

/// The boxes that follow each other, each with what it holds; those before a damaged place.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = Fields(bytes);
    std::iter::from_fn(move || {
        let (length, kind) = (rest.uint(4)?, *rest.bytes(4)?.first_chunk()?);
        let inside = match length {
            0 => rest.0.len() as u64,
            1 => rest.uint(8)?.checked_sub(16)?,
            _ => length.checked_sub(8)?,
        };
        Some((kind, rest.bytes(inside)?))
    })
}

/// What is still to be read of a box.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A number of at most eight bytes; of none it is 0.
    fn uint(&mut self, bytes: u64) -> Option<u64> {
        let bytes = self.bytes(bytes)?;
        (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The version of a box, in front of its flags.
    fn version(&mut self) -> Option<u64> {
        Some(self.uint(4)? >> 24)
    }

    /// A text up to its zero.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
    }

    fn infe(item: u8, kind: &[u8; 4], rest: &[u8]) -> Vec<u8> {
        boxed(b"infe", &[&[2, 0, 0, 0, 0, item, 0, 0][..], kind, rest].concat())
    }

    /// The main picture is item 1, its packet item 3; item 2 describes another picture.
    fn file(in_idat: bool) -> Vec<u8> {
        let mime = b"\0application/rdf+xml\0";
        let entries = [infe(1, b"hvc1", b"\0"), infe(2, b"mime", mime), infe(3, b"mime", mime)].concat();
        let references = [boxed(b"cdsc", &[0, 2, 0, 1, 0, 9]), boxed(b"cdsc", &[0, 3, 0, 1, 0, 1])].concat();
        let place =
            |item: u8, method: u8, offset: u8| [0, item, 0, method, 0, 0, 0, 1, 0, 0, 0, offset, 0, 0, 0, 4];
        let places = [place(2, 0, 0), place(3, u8::from(in_idat), 1)].concat();
        let content = [
            vec![0; 4],
            boxed(b"pitm", &[0, 0, 0, 0, 0, 1]),
            boxed(b"iinf", &[&[0, 0, 0, 0, 0, 3][..], &entries].concat()),
            boxed(b"iref", &[&[0; 4][..], &references].concat()),
            boxed(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 2][..], &places].concat()),
            boxed(b"idat", b" <x/>"),
        ];
        [boxed(b"ftyp", b"heic\0\0\0\0mif1"), boxed(b"meta", &content.concat()), boxed(b"mdat", b"<y/>")]
            .concat()
    }

    #[test]
    fn the_main_picture_s_packet_is_found_wherever_it_lies() {
        assert_eq!(xmp(&mut Cursor::new(file(true))).as_deref(), Some(&b"<x/>"[..]));
        let mut far = file(false);
        // The offset stands in the second place of the box.
        let (at, end) = (far.windows(4).position(|four| four == b"iloc").unwrap(), far.len());
        let offset = at + 4 + 8 + 16 + 8;
        far[offset..offset + 4].copy_from_slice(&u32::try_from(end - 4).unwrap().to_be_bytes());
        assert_eq!(xmp(&mut Cursor::new(far)).as_deref(), Some(&b"<y/>"[..]));
    }

    #[test]
    fn lengths_that_lie_end_the_search() {
        let sound = file(true);
        for at in 0..sound.len() {
            for byte in [0, 1, 0x7F, 0xFF] {
                let mut file = sound.clone();
                file[at] = byte;
                let _ = xmp(&mut Cursor::new(file));
            }
            let _ = xmp(&mut Cursor::new(&sound[..at]));
        }
    }
}
