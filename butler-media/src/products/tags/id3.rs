//! Reads the text frames of an ID3v2 tag, each by itself: one that is damaged costs no other, and several of
//! one kind are several values.
//!
//! The library that reads tags keeps only the last of several frames, and gives the whole tag up for one
//! frame in it. Pictures, comments and all else are left to it. Sources: ID3v2.2, 2.3 and 2.4 (id3.org),
//! and how taggers depart from them. Start with [`read`].

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom};

use lofty::id3::v1::GENRES;
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem, TagType};

/// Bytes of a frame of text that are read.
const MAX_TEXT: u32 = 1 << 20;
/// Bytes of a tag that is read whole because it is written without synchronisation marks.
const MAX_WHOLE: u32 = 8 << 20;
/// Frames that are looked at.
const MAX_FRAMES: usize = 10_000;

/// The text frames of a tag.
#[derive(Default)]
pub(super) struct Frames {
    /// Where several frames are of one kind: all their values.
    pub(super) several: Option<Tag>,
    /// All frames.
    pub(super) all: Option<Tag>,
}

/// The tag at a file's start, if there is one.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Frames {
    let frames = frames(file).unwrap_or_default();
    let mut by_kind: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for (kind, values) in frames {
        by_kind.entry(kind).or_default().push(values);
    }
    let is_repeated = |_: &String, frames: &mut Vec<Vec<String>>| frames.len() > 1;
    let several = by_kind.extract_if(.., is_repeated).collect::<Vec<_>>();
    Frames { all: tag(several.iter().cloned().chain(by_kind)), several: tag(several) }
}

fn tag(frames: impl IntoIterator<Item = (String, Vec<Vec<String>>)>) -> Option<Tag> {
    let mut tag = Tag::new(TagType::Id3v2);
    for (kind, values) in frames {
        let key = match &*kind {
            "TYER" => Some(ItemKey::Year),
            // These stand for the totals too.
            "TRCK" => Some(ItemKey::TrackNumber),
            "TPOS" => Some(ItemKey::DiscNumber),
            _ => ItemKey::from_key(TagType::Id3v2, &kind),
        };
        let Some(key) = key else { continue };
        for value in values.into_iter().flatten() {
            let value = if key == ItemKey::Genre { genre(&value) } else { value };
            tag.push_unchecked(TagItem::new(key, ItemValue::Text(value)));
        }
    }
    Some(tag).filter(|tag| !tag.is_empty())
}

/// A genre, which may stand there by its number: `17`, `(17)`, `(17)Rock`.
fn genre(text: &str) -> String {
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (number, refinement) = bracketed.unwrap_or((text, ""));
    if !refinement.is_empty() {
        return refinement.to_owned();
    }
    let known = number.parse::<usize>().ok().and_then(|number| GENRES.get(number));
    known.map_or_else(|| text.to_owned(), |genre| (*genre).to_owned())
}

/// How the tag is written.
#[derive(Clone, Copy)]
struct Form {
    version: u8,
    unsynchronised: bool,
}

/// Each frame of text with its values, in the file's order.
fn frames(file: &mut (impl Read + Seek)) -> Option<Vec<(String, Vec<String>)>> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let head: [u8; 10] = array(file)?;
    let [b'I', b'D', b'3', version @ 2..=4, _, flags, ..] = head else { return None };
    let size = synchsafe([head[6], head[7], head[8], head[9]])?;
    let form = Form { version, unsynchronised: flags & 0x80 != 0 };
    // Before 2.4 all of a tag is written so; then each frame for itself.
    if form.unsynchronised && version < 4 {
        let mut whole = Vec::new();
        file.take(size.min(MAX_WHOLE).into()).read_to_end(&mut whole).ok()?;
        let whole = synchronised(&whole);
        let size = u32::try_from(whole.len()).ok()?;
        return Some(texts(&mut Cursor::new(whole), size, flags, Form { unsynchronised: false, ..form }));
    }
    Some(texts(file, size, flags, form))
}

fn texts(tag: &mut (impl Read + Seek), size: u32, flags: u8, form: Form) -> Vec<(String, Vec<String>)> {
    let mut texts = Vec::new();
    let mut left = size;
    if form.version > 2 && flags & 0x40 != 0 {
        let Some(length) = extended_header(tag, form.version) else { return texts };
        left = left.saturating_sub(length);
    }
    for _ in 0..MAX_FRAMES {
        let Some(frame) = Frame::read(tag, &mut left, form) else { break };
        if frame.kind.starts_with('T') && frame.size <= MAX_TEXT {
            let mut content = Vec::new();
            if tag.take(frame.size.into()).read_to_end(&mut content).is_err() {
                break;
            }
            texts.extend(frame.text(&content, form));
        } else if tag.seek_relative(frame.size.into()).is_err() {
            break;
        }
    }
    texts
}

/// Goes past the extended header; gives its bytes. Some taggers announce one and write none.
fn extended_header(tag: &mut (impl Read + Seek), version: u8) -> Option<u32> {
    let size: [u8; 4] = array(tag)?;
    if is_kind(&size) {
        tag.seek_relative(-4).ok()?;
        return Some(0);
    }
    let rest = match version {
        3 => u32::from_be_bytes(size),
        // It counts itself.
        _ => synchsafe(size)?.checked_sub(4)?,
    };
    tag.seek_relative(rest.into()).ok()?;
    rest.checked_add(4)
}

struct Frame {
    /// As version 2.4 calls it.
    kind: String,
    size: u32,
    flags: u8,
}

impl Frame {
    /// The head of the next frame; none where filling begins, or something that is none.
    fn read(tag: &mut (impl Read + Seek), left: &mut u32, form: Form) -> Option<Self> {
        let head_size: u32 = if form.version == 2 { 6 } else { 10 };
        *left = left.checked_sub(head_size)?;
        let (kind, size, flags) = if form.version == 2 {
            let [a, b, c, high, middle, low] = array(tag)?;
            ([a, b, c, b' '], u32::from_be_bytes([0, high, middle, low]), 0)
        } else {
            let [a, b, c, d, s0, s1, s2, s3, _, flags] = array(tag)?;
            let size = [s0, s1, s2, s3];
            let plain = u32::from_be_bytes(size);
            let size = if form.version == 4 { true_size(tag, size, *left)? } else { plain };
            ([a, b, c, d], size, flags)
        };
        if !is_kind(if form.version == 2 { &kind[..3] } else { &kind }) {
            return None;
        }
        *left = left.checked_sub(size)?;
        Some(Self { kind: modern(&kind), size, flags })
    }

    fn text(&self, content: &[u8], form: Form) -> Option<(String, Vec<String>)> {
        let (packed, encrypted, grouped, counted) = match form.version {
            2 => (false, false, false, false),
            3 => (self.flags & 0x80 != 0, self.flags & 0x40 != 0, self.flags & 0x20 != 0, false),
            _ => {
                (self.flags & 0x08 != 0, self.flags & 0x04 != 0, self.flags & 0x40 != 0, self.flags & 1 != 0)
            }
        };
        if packed || encrypted {
            return None;
        }
        let content = content.get(usize::from(grouped) + if counted { 4 } else { 0 }..)?;
        let each = form.version == 4 && (self.flags & 2 != 0 || form.unsynchronised);
        let content = if each { synchronised(content) } else { content.to_vec() };
        let (encoding, text) = content.split_first()?;
        let mut values = decoded(*encoding, text)?.into_iter();
        // A text of the user's own begins with its name.
        let kind = if self.kind == "TXXX" { values.next()?.to_uppercase() } else { self.kind.clone() };
        let values: Vec<_> = values.filter(|value| !value.is_empty()).collect();
        let is_date = values.iter().all(|value| value.bytes().take(4).all(|byte| byte.is_ascii_digit()));
        (!values.is_empty() && (is_date || !matches!(&*kind, "TYER" | "TDRC" | "TDOR" | "TDRL")))
            .then_some((kind, values))
    }
}

/// A frame's size in version 2.4; iTunes wrote it as in 2.3 for years, which shows where the next frame is.
fn true_size(tag: &mut (impl Read + Seek), size: [u8; 4], left: u32) -> Option<u32> {
    let plain = u32::from_be_bytes(size);
    let Some(safe) = synchsafe(size) else { return Some(plain) };
    if safe == plain {
        return Some(safe);
    }
    let here = tag.stream_position().ok()?;
    let mut fits = |size: u32| {
        if size >= left {
            return size == left;
        }
        // Behind it follows the next frame, or filling.
        let behind = tag.seek_relative(size.into()).ok().and_then(|()| array::<4>(tag));
        let is_back = tag.seek(SeekFrom::Start(here)).is_ok();
        is_back && behind.is_some_and(|behind| is_kind(&behind) || behind == [0; 4])
    };
    Some(if !fits(safe) && fits(plain) { plain } else { safe })
}

fn is_kind(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// What version 2.4 calls a kind of frame.
fn modern(kind: &[u8; 4]) -> String {
    let modern = match kind {
        b"TT1 " => b"TIT1",
        b"TT2 " => b"TIT2",
        b"TT3 " => b"TIT3",
        b"TP1 " => b"TPE1",
        b"TP2 " => b"TPE2",
        b"TAL " => b"TALB",
        b"TRK " => b"TRCK",
        b"TPA " => b"TPOS",
        b"TYE " => b"TYER",
        b"TCO " => b"TCON",
        b"TCM " => b"TCOM",
        b"TCP " => b"TCMP",
        b"TOR " => b"TDOR",
        b"TXX " => b"TXXX",
        other => other,
    };
    String::from_utf8_lossy(modern).into_owned()
}

/// The values of a text, parted by zeros.
fn decoded(encoding: u8, bytes: &[u8]) -> Option<Vec<String>> {
    let text = match encoding {
        0 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        1 | 2 => {
            let is_little = match bytes.first_chunk::<2>() {
                Some([0xFE, 0xFF]) => false,
                Some([0xFF, 0xFE]) => true,
                _ => encoding == 1,
            };
            let unit = |pair: &[u8]| match (pair, is_little) {
                ([low, high], true) | ([high, low], false) => u16::from_be_bytes([*high, *low]),
                _ => 0,
            };
            let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
            // Each value may have a mark of its order.
            String::from_utf16_lossy(&units).replace('\u{feff}', "")
        }
        3 => String::from_utf8_lossy(bytes).into_owned(),
        _ => return None,
    };
    Some(text.split('\0').map(|value| value.trim().to_owned()).collect())
}

/// Without the zeros that were put in so that nothing looks like sound.
fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let mut before = 0;
    let is_kept = |byte: &&u8| {
        let is_kept = !(before == 0xFF && **byte == 0);
        before = **byte;
        is_kept
    };
    bytes.iter().filter(is_kept).copied().collect()
}

/// A number of which each byte has seven bits; none if it is another.
fn synchsafe(bytes: [u8; 4]) -> Option<u32> {
    bytes
        .iter()
        .all(|byte| *byte < 0x80)
        .then(|| bytes.iter().fold(0, |number, byte| number << 7 | u32::from(*byte)))
}

fn array<const LENGTH: usize>(reader: &mut impl Read) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use butler_fixtures::tags::{id3v2, latin1, synchsafe as safe, utf8, utf16};

    use super::*;

    fn all(tag: &[u8], key: ItemKey) -> Vec<String> {
        let file = [tag, &[0xFF, 0xFB, 0x90, 0x44], &[0; 400]].concat();
        let frames = read(&mut Cursor::new(file));
        frames.all.iter().flat_map(|tag| tag.get_strings(key)).map(str::to_owned).collect()
    }

    fn artists(tag: &[u8]) -> Vec<String> {
        all(tag, ItemKey::TrackArtist)
    }

    /// With other flags, and something between the tag's head and its frames.
    fn with(flags: u8, front: &[u8], tag: &[u8]) -> Vec<u8> {
        let size = tag.len() - 10 + front.len();
        [&tag[..5], &[flags], &safe(size)[..], front, &tag[10..]].concat()
    }

    #[test]
    fn several_frames_of_one_kind_are_several_values() {
        let tag =
            id3v2(3, &[("TPE1", latin1("Piman")), ("TPE1", utf16("Jzig")), ("TIT2", latin1("Silence"))]);
        assert_eq!(artists(&tag), ["Piman", "Jzig"]);
        let several = read(&mut Cursor::new(tag)).several.unwrap();
        assert_eq!(several.item_count(), 2, "a frame of its own is left to the library");
    }

    #[test]
    fn one_bad_frame_costs_no_other() {
        let bad = [
            ("TYER", vec![0, 0xFE, 0xFF]),
            ("TPE2", vec![9, b'x']),
            ("TCON", vec![]),
            ("TPE1", latin1("Piman")),
            ("TALB", utf16("Début")),
        ];
        let tag = id3v2(3, &bad);
        assert_eq!(
            (artists(&tag), all(&tag, ItemKey::AlbumTitle)),
            (vec!["Piman".into()], vec!["Début".into()])
        );
        assert!(all(&tag, ItemKey::Year).is_empty());
    }

    #[test]
    fn extended_headers_are_passed_and_those_that_are_missing_not_missed() {
        let (three, four) = (id3v2(3, &[("TPE1", latin1("A"))]), id3v2(4, &[("TPE1", utf8("A"))]));
        assert_eq!(artists(&with(0x40, &[0, 0, 0, 6, 0, 0, 0, 0, 0, 0], &three)), ["A"]);
        assert_eq!(artists(&with(0x40, &[0, 0, 0, 6, 1, 0], &four)), ["A"]);
        for announced in [&three, &four] {
            assert_eq!(artists(&with(0x40, &[], announced)), ["A"]);
        }
    }

    #[test]
    fn tags_are_read_as_taggers_write_them() {
        let long = "é".repeat(200);
        let mut wrong = id3v2(4, &[("TIT2", utf8(&long)), ("TPE1", utf8("A\0B"))]);
        assert_eq!(artists(&wrong), ["A", "B"]);
        // iTunes' way to write a frame's size.
        wrong[14..18].copy_from_slice(&401_u32.to_be_bytes());
        assert_eq!(artists(&wrong), ["A", "B"]);
        let frame = [b"TP1\0\0\x02\0A".as_slice(), b"TCO\0\0\x05\0(17)"].concat();
        let old = [b"ID3\x02\0\0", &safe(frame.len())[..], &frame].concat();
        assert_eq!((artists(&old), all(&old, ItemKey::Genre)), (vec!["A".into()], vec!["Rock".into()]));
        let mut unsynchronised = id3v2(3, &[("TPE1", vec![1, 0xFF, 0xFE, b'A', 0])]);
        let at = unsynchronised.iter().position(|byte| *byte == 0xFF).unwrap();
        unsynchronised.insert(at + 1, 0);
        assert_eq!(artists(&with(0x80, &[], &unsynchronised)), ["A"]);
    }

    #[test]
    fn any_byte_may_lie() {
        let sound = id3v2(4, &[("TIT2", utf8("T")), ("TXXX", utf8("KEY\0value")), ("TPE1", utf8("A"))]);
        for at in 0..sound.len() {
            for byte in [0, 0x7F, 0xFF] {
                let mut tag = sound.clone();
                tag[at] = byte;
                let _ = artists(&tag);
                let _ = read(&mut Cursor::new(&tag[..at]));
            }
        }
    }
}
