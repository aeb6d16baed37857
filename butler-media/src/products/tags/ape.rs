//! Reads the texts of an APEv2 tag at a file's end by their keys, in whatever case and by whichever of the
//! two names that taggers use: APE's own (`Disc`), or Vorbis comments' (`DISCNUMBER`).
//!
//! The library that reads tags knows the first alone. Source: APEv2 specification (Hydrogenaudio). Start with
//! [`read`].

use std::io::{Read, Seek, SeekFrom};

use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem, TagType};

/// Bytes of a tag's head or foot.
const FOOT: u64 = 32;
/// Bytes of an ID3v1 tag, which may stand behind it.
const ID3V1: u64 = 128;
/// Bytes of a value that are read; longer ones are pictures.
const MAX_VALUE: u32 = 64 << 10;
/// Items that are looked at.
const MAX_ITEMS: u32 = 1_000;

/// The tag at a file's end, if there is one.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Option<Tag> {
    let end = file.seek(SeekFrom::End(0)).ok()?;
    [0, ID3V1].into_iter().find_map(|behind| {
        let foot = end.checked_sub(behind + FOOT)?;
        tag(file, foot)
    })
}

fn tag(file: &mut (impl Read + Seek), foot: u64) -> Option<Tag> {
    file.seek(SeekFrom::Start(foot)).ok()?;
    let mut bytes = [0; FOOT as usize];
    file.read_exact(&mut bytes).ok()?;
    let rest = bytes.strip_prefix(b"APETAGEX")?;
    let number = |at: usize| Some(u32::from_le_bytes(*rest.get(at..)?.first_chunk()?));
    // Its size is that of the items and the foot.
    let start = (foot + FOOT).checked_sub(number(4)?.into())?;
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut tag = Tag::new(TagType::Ape);
    for _ in 0..number(8)?.min(MAX_ITEMS) {
        let Some((key, value)) = item(file) else { break };
        let (Some(key), Some(value)) = (key_of(&key), value) else { continue };
        tag.push_unchecked(TagItem::new(key, ItemValue::Text(value)));
    }
    Some(tag).filter(|tag| !tag.is_empty())
}

/// The next item: its key, and its value if that is a text.
fn item(file: &mut (impl Read + Seek)) -> Option<(String, Option<String>)> {
    let mut head = [0; 8];
    file.read_exact(&mut head).ok()?;
    let [s0, s1, s2, s3, flags, ..] = head;
    let size = u32::from_le_bytes([s0, s1, s2, s3]);
    let mut key = Vec::new();
    loop {
        let mut byte = [0];
        file.read_exact(&mut byte).ok()?;
        match byte[0] {
            0 => break,
            byte @ 0x20..=0x7E if key.len() < 255 => key.push(byte),
            _ => return None,
        }
    }
    let key = String::from_utf8(key).ok()?;
    if flags & 0b110 != 0 || size > MAX_VALUE {
        file.seek_relative(size.into()).ok()?;
        return Some((key, None));
    }
    let mut value = Vec::new();
    file.take(size.into()).read_to_end(&mut value).ok()?;
    let is_whole = value.len() as u64 == u64::from(size);
    is_whole.then(|| (key, Some(String::from_utf8_lossy(&value).into_owned())))
}

fn key_of(key: &str) -> Option<ItemKey> {
    let upper = key.to_ascii_uppercase();
    // These stand for the totals too.
    let number = match &*upper {
        "TRACK" => Some(ItemKey::TrackNumber),
        "DISC" => Some(ItemKey::DiscNumber),
        _ => None,
    };
    number
        .or_else(|| ItemKey::from_key(TagType::Ape, key))
        .or_else(|| ItemKey::from_key(TagType::Ape, &in_title_case(key)))
        .or_else(|| ItemKey::from_key(TagType::VorbisComments, &upper))
}

/// `ALBUM ARTIST` as `Album Artist`.
fn in_title_case(key: &str) -> String {
    let mut begins = true;
    let each = |c: char| {
        let c = if begins { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        begins = c == ' ';
        c
    };
    key.chars().map(each).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use butler_fixtures::tags::{ape, id3v1};

    use super::*;

    fn told(file: &[u8], key: ItemKey) -> Option<String> {
        read(&mut Cursor::new(file))?.get_string(key).map(str::to_owned)
    }

    #[test]
    fn keys_count_in_any_case_and_by_either_name() {
        for (key, of) in [
            ("Disc", ItemKey::DiscNumber),
            ("DISC", ItemKey::DiscNumber),
            ("DISCNUMBER", ItemKey::DiscNumber),
            ("discnumber", ItemKey::DiscNumber),
            ("Album Artist", ItemKey::AlbumArtist),
            ("ALBUM ARTIST", ItemKey::AlbumArtist),
            ("ALBUMARTIST", ItemKey::AlbumArtist),
            ("TRACKNUMBER", ItemKey::TrackNumber),
        ] {
            assert_eq!(told(&ape(&[("Title", "T"), (key, "2")]), of).as_deref(), Some("2"), "{key}");
        }
    }

    #[test]
    fn it_stands_at_the_end_or_in_front_of_the_short_tag() {
        let (tag, sound) = (ape(&[("Title", "T"), ("ARTIST", "A")]), vec![7; 900]);
        let short = id3v1("Title", "Artist", "Album", "1993", 7, 17);
        for file in [[&*sound, &tag].concat(), [&*sound, &tag, &short].concat()] {
            assert_eq!(told(&file, ItemKey::TrackArtist).as_deref(), Some("A"));
        }
        assert_eq!(told(&sound, ItemKey::TrackArtist), None);
    }

    #[test]
    fn any_byte_may_lie() {
        let sound = [vec![7; 90], ape(&[("Title", "T"), ("ARTIST", "A")])].concat();
        for at in 0..sound.len() {
            for byte in [0, 0x7F, 0xFF] {
                let mut file = sound.clone();
                file[at] = byte;
                let _ = read(&mut Cursor::new(file));
            }
        }
    }
}
