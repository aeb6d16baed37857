//! ID3v2 before the sound, in versions 2.2, 2.3 and 2.4: a frame of the user's own text for each gain
//! (id3.org, ID3v2.3.0 section 4.2.2, ID3v2.4.0 section 4.2.6).
//!
//! The version stays what it is, and so does the filling behind the frames.

use butler_product::gain_tags::{GainTag, Retag, Retagged};

use super::splice::Splice;
use super::{Change, Field, File, NO_TEXT, ODD, Refusal, gain_tag, replay_gain, unchanged};

/// Bytes of a tag's header.
const HEADER: u64 = 10;
/// Tags in a row before the sound.
const MAX_TAGS: usize = 4;
/// Frames that are looked at.
const MAX_FRAMES: usize = 10_000;
/// The largest size that a tag can state.
const MAX_SIZE: i64 = 0xfff_ffff;
/// The version that a new tag is of: the one that everything reads.
const NEW_VERSION: u8 = 3;
/// Flags of a tag.
const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

/// The header of a tag.
#[derive(Debug, Clone, Copy)]
struct Head {
    version: u8,
    flags: u8,
    /// Bytes behind it, but for a footer.
    size: u64,
}

fn head(file: &File<'_>, at: u64) -> Result<Option<Head>, Refusal> {
    if file.size() < at + HEADER {
        return Ok(None);
    }
    let [b'I', b'D', b'3', version, _, flags, size @ ..] = file.array::<{ HEADER as usize }>(at)? else {
        return Ok(None);
    };
    let size = synchsafe(size).ok_or(Refusal::Layout(ODD))?;
    Ok(Some(Head { version, flags, size: size.into() }))
}

/// Where the tags at the file's head end; 0 where there are none.
pub(super) fn end_of_all(file: &File<'_>) -> Result<u64, Refusal> {
    let mut at = 0;
    for _ in 0..MAX_TAGS {
        let Some(head) = head(file, at)? else { return Ok(at) };
        let footer = if head.version >= 4 && head.flags & FOOTER != 0 { HEADER } else { 0 };
        at += HEADER + head.size + footer;
    }
    Err(Refusal::Layout(ODD))
}

/// The frames of a tag, told by their places in it.
struct Frames {
    fields: Vec<Field>,
    /// Behind the last frame: filling follows, or the end.
    end: usize,
    /// Whether one tells a gain by what is no text.
    has_no_text: bool,
}

/// Changes the first tag of the file, or puts one there.
pub(super) fn retag(file: &File<'_>, retag: &Retag) -> Result<Retagged, Refusal> {
    let mut splice = Splice::default();
    let Some(head) = head(file, 0)? else {
        let (old, change) = Change::of(&[], 0, replay_gain(retag))?;
        let Some(change) = change else { return Ok(unchanged(old)) };
        let frames: Vec<u8> = change.new.iter().flat_map(|tag| frame(tag, NEW_VERSION)).collect();
        let size = unsynchsafe(frames.len() as u32);
        splice.put(0, [b"ID3", &[NEW_VERSION, 0, 0][..], &size, &frames].concat());
        return Ok(change.retagged(splice));
    };
    if !(2..=4).contains(&head.version) || head.flags & FOOTER != 0 {
        return Err(Refusal::Layout(ODD));
    }
    let written = file.bytes(HEADER, head.size)?;
    // Before 2.4 a whole tag is written so; the zeros that are put in count in no size of a frame.
    let places =
        if head.flags & UNSYNCHRONISED != 0 && head.version < 4 { Some(kept(&written)) } else { None };
    let plain: Vec<u8> =
        places.as_ref().map_or_else(|| written.clone(), |kept| kept.iter().map(|at| written[*at]).collect());
    let frames = frames(&plain, head)?;
    let (old, change) = Change::of(&frames.fields, frames.end, replay_gain(retag))?;
    let Some(mut change) = change else { return Ok(unchanged(old)) };
    if change.count(frames.fields.len()) == 0 {
        // A tag must have a frame: without any it was none before.
        splice.replace(0..HEADER + head.size, Vec::new());
        return Ok(change.retagged(splice));
    }
    if let Some(kept) = &places {
        let in_file = |at: usize| kept.get(at).copied().unwrap_or(written.len());
        change.at = in_file(change.at);
        change.gone.iter_mut().for_each(|gone| *gone = in_file(gone.start)..in_file(gone.end));
    }
    change.carry_out(&mut splice, HEADER, |tag| frame(tag, head.version));
    let size = head.size as i64 + splice.grown();
    if !(0..=MAX_SIZE).contains(&size) {
        return Err(Refusal::Layout(ODD));
    }
    splice.replace(6..HEADER, unsynchsafe(size as u32).to_vec());
    Ok(change.retagged(splice))
}

/// The frames of a tag. Sizes of 2.4 are in bytes of seven bits; iTunes wrote them as 2.3 does for years, so
/// that form is taken by which all of the tag is frames and filling.
fn frames(tag: &[u8], head: Head) -> Result<Frames, Refusal> {
    let start = extended_header(tag, head)?;
    let walk = |is_safe| walk(tag, start, head, is_safe);
    let found = if head.version == 4 { walk(true).or_else(|| walk(false)) } else { walk(false) };
    let found = found.ok_or(Refusal::Layout(ODD))?;
    if found.has_no_text { Err(Refusal::Layout(NO_TEXT)) } else { Ok(found) }
}

/// Bytes of the extended header. One with a checksum is left alone, for that would be another.
fn extended_header(tag: &[u8], head: Head) -> Result<usize, Refusal> {
    if head.flags & EXTENDED == 0 || head.version == 2 {
        // In 2.2 it says that the tag is packed by a way that nobody ever defined.
        return if head.flags & EXTENDED == 0 { Ok(0) } else { Err(Refusal::Layout(ODD)) };
    }
    let odd = || Refusal::Layout(ODD);
    let [a, b, c, d, e, f] = *tag.first_chunk::<6>().ok_or_else(odd)?;
    let (length, has_checksum) = match head.version {
        3 => (u32::from_be_bytes([a, b, c, d]).saturating_add(4), e & 0x80 != 0),
        _ => (synchsafe([a, b, c, d]).ok_or_else(odd)?, f & 0x20 != 0),
    };
    let length = length as usize;
    if has_checksum || length < 6 || length > tag.len() { Err(odd()) } else { Ok(length) }
}

/// Walks the frames; none unless they, and zeros behind them, are all of the tag.
fn walk(tag: &[u8], start: usize, head: Head, is_safe: bool) -> Option<Frames> {
    let (id, header) = if head.version == 2 { (3, 6) } else { (4, 10) };
    let (mut fields, mut at, mut has_no_text) = (Vec::new(), start, false);
    while fields.len() <= MAX_FRAMES {
        let rest = tag.get(at..)?;
        if rest.iter().all(|byte| *byte == 0) {
            return Some(Frames { fields, end: at, has_no_text });
        }
        let name = rest.get(..id)?;
        if !name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return None;
        }
        let size = match *rest.get(id..header)? {
            [a, b, c] => u32::from_be_bytes([0, a, b, c]),
            [a, b, c, d, ..] if is_safe => synchsafe([a, b, c, d])?,
            [a, b, c, d, ..] => u32::from_be_bytes([a, b, c, d]),
            _ => return None,
        };
        let content = rest.get(header..)?.get(..size as usize)?;
        let flags = if head.version == 2 { 0 } else { rest[9] };
        let gain = if matches!(name, b"TXXX" | b"TXX") { text(content, flags, head) } else { Ok(None) };
        has_no_text |= gain.is_err();
        let gain = gain.unwrap_or_default();
        let end = at + header + content.len();
        fields.push(Field { at: at..end, gain });
        at = end;
    }
    None
}

/// The gain that a frame of the user's own text tells. One that is packed, encrypted or grouped is left
/// alone.
fn text(content: &[u8], flags: u8, head: Head) -> Result<Option<GainTag>, Refusal> {
    let unsynchronised = head.version == 4 && (flags & 2 != 0 || head.flags & UNSYNCHRONISED != 0);
    let (other, length) =
        if head.version == 4 { (flags & 0x4c, flags & 1 != 0) } else { (flags & 0xe0, false) };
    if other != 0 {
        return Ok(None);
    }
    let content = if length { content.get(4..).unwrap_or_default() } else { content };
    let content: Vec<u8> = match unsynchronised {
        true => kept(content).into_iter().map(|at| content[at]).collect(),
        false => content.to_vec(),
    };
    let Some((name, value)) = name_and_value(&content) else { return Ok(None) };
    let value = value.as_ref().map(|value| value.trim_end_matches('\0').as_bytes());
    gain_tag(name.as_bytes(), value)
}

/// The two texts; of a value that is no text, none.
fn name_and_value(content: &[u8]) -> Option<(String, Option<String>)> {
    let (encoding, texts) = content.split_first()?;
    let latin = |text: &[u8]| text.iter().map(|byte| char::from(*byte)).collect::<String>();
    if matches!(encoding, 0 | 3) {
        let end = texts.iter().position(|byte| *byte == 0)?;
        let (name, value) = (&texts[..end], &texts[end + 1..]);
        return Some(match encoding {
            0 => (latin(name), Some(latin(value))),
            _ => (String::from_utf8(name.to_vec()).ok()?, String::from_utf8(value.to_vec()).ok()),
        });
    }
    let end = texts.chunks_exact(2).position(|unit| unit == [0, 0])? * 2;
    let (name, value) = (&texts[..end], &texts[end + 2..]);
    // Each has a mark of its order, or the order of the one before it.
    let (is_big, name) = order(name, *encoding == 2);
    let (value_is_big, value) = order(value, is_big);
    Some((utf_16(name, is_big)?, utf_16(value, value_is_big)))
}

/// Whether a text says that its units begin with the higher byte, and the text behind that mark.
fn order(text: &[u8], is_big: bool) -> (bool, &[u8]) {
    match text {
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, rest @ ..] => (false, rest),
        _ => (is_big, text),
    }
}

fn utf_16(text: &[u8], is_big: bool) -> Option<String> {
    let unit = |pair: &[u8]| match is_big {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    };
    let units: Vec<u16> = text.chunks_exact(2).map(unit).collect();
    // A lone zero may end it.
    let is_whole = text.len().is_multiple_of(2) || text.last() == Some(&0);
    String::from_utf16(&units).ok().filter(|_| is_whole)
}

/// A frame of the user's own text. What is no Latin-1 is UTF-16, which all versions have.
fn frame(tag: &GainTag, version: u8) -> Vec<u8> {
    let text = format!("{}\0{}", tag.name, tag.value);
    let content = if text.is_ascii() {
        [&[0], text.as_bytes()].concat()
    } else {
        let marked = |text: &str| {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        [&[1][..], &marked(&tag.name), &[0, 0], &marked(&tag.value)].concat()
    };
    let size = content.len() as u32;
    let header = match version {
        2 => [b"TXX", &size.to_be_bytes()[1..]].concat(),
        3 => [b"TXXX", &size.to_be_bytes()[..], &[0, 0]].concat(),
        _ => [b"TXXX", &unsynchsafe(size)[..], &[0, 0]].concat(),
    };
    [header, content].concat()
}

/// The places of the bytes that are left when the zeros are taken out that were put in so that nothing looks
/// like sound.
fn kept(bytes: &[u8]) -> Vec<usize> {
    let stays = |at: &usize| !(*at > 0 && bytes[*at] == 0 && bytes[*at - 1] == 0xff);
    (0..bytes.len()).filter(stays).collect()
}

/// A number of which each byte has seven bits; none if it is another.
fn synchsafe(bytes: [u8; 4]) -> Option<u32> {
    let is_safe = bytes.iter().all(|byte| byte & 0x80 == 0);
    is_safe.then(|| bytes.iter().fold(0, |number, byte| number << 7 | u32::from(*byte)))
}

fn unsynchsafe(number: u32) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (number >> shift & 0x7f) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(version: u8, flags: u8) -> Head {
        Head { version, flags, size: 0 }
    }

    fn gains(tag: &[u8], head: Head) -> Option<Vec<GainTag>> {
        Some(frames(tag, head).ok()?.fields.into_iter().filter_map(|field| field.gain).collect())
    }

    #[test]
    fn a_frame_that_is_written_is_read_in_each_version() {
        for (version, value) in
            [(2, "-7.03 dB"), (3, "-7.03 dB"), (4, "-7.03 dB"), (3, "−7 dB"), (4, "−7 dB")]
        {
            let tag = GainTag::new("replaygain_track_gain", value);
            let written = [frame(&tag, version), vec![0; 40]].concat();
            assert_eq!(gains(&written, head(version, 0)), Some(vec![tag]), "{version} {value}");
        }
    }

    #[test]
    fn only_a_tag_that_is_understood_to_its_end_is_changed() {
        let tag = GainTag::new("REPLAYGAIN_TRACK_GAIN", "-7.03 dB");
        let good = frame(&tag, 3);
        assert!(gains(&[&good[..], b"\0\0\0junk"].concat(), head(3, 0)).is_none());
        assert!(gains(&good[..good.len() - 1], head(3, 0)).is_none());
        // A frame of more than 127 bytes, as iTunes states its size in 2.4.
        let long = [b"TIT2", &200u32.to_be_bytes()[..], &[0, 0], &[b'a'; 200]].concat();
        let both = [&long[..], &frame(&tag, 4)].concat();
        assert_eq!(gains(&both, head(4, 0)), Some(vec![tag]));
        assert_eq!(gains(&[long.repeat(2), vec![0; 9]].concat(), head(4, 0)), Some(Vec::new()));
    }

    #[test]
    fn zeros_that_keep_tags_from_looking_like_sound_are_passed_over() {
        assert_eq!(kept(&[0xff, 0, 0xe0, 0xff, 0, 0, 7]), [0, 2, 3, 5, 6]);
    }
}
