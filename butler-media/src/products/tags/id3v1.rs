//! Reads an ID3v1 tag, the last 128 bytes of a file, where the library that reads tags gave the whole file up
//! for damage elsewhere in it. Start with [`read`].
//!
//! Source: ID3v1 and 1.1 (id3.org).

use std::io::{Read, Seek, SeekFrom};

use lofty::id3::v1::GENRES;
use lofty::tag::{ItemKey, ItemValue, Tag, TagItem, TagType};

/// The tag at a file's end, if there is one.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Option<Tag> {
    file.seek(SeekFrom::End(-128)).ok()?;
    let mut bytes = [0; 128];
    file.read_exact(&mut bytes).ok()?;
    let fields = bytes.strip_prefix(b"TAG")?;
    let mut tag = Tag::new(TagType::Id3v1);
    let mut add = |key, value: String| {
        if !value.is_empty() {
            tag.push_unchecked(TagItem::new(key, ItemValue::Text(value)));
        }
    };
    add(ItemKey::TrackTitle, text(&fields[..30]));
    add(ItemKey::TrackArtist, text(&fields[30..60]));
    add(ItemKey::AlbumTitle, text(&fields[60..90]));
    add(ItemKey::Year, text(&fields[90..94]));
    // Version 1.1 has the track's number behind a comment that ends in a zero.
    if let (0, track @ 1..) = (fields[122], fields[123]) {
        add(ItemKey::TrackNumber, track.to_string());
    }
    add(
        ItemKey::Genre,
        GENRES.get(usize::from(fields[124])).map(|genre| (*genre).to_owned()).unwrap_or_default(),
    );
    Some(tag).filter(|tag| tag.item_count() > 0)
}

/// A text in Latin-1, up to its zero.
fn text(bytes: &[u8]) -> String {
    let text: String = bytes.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use butler_fixtures::tags::id3v1;

    use super::*;

    #[test]
    fn a_short_tag_tells_title_artist_album_year_track_and_genre() {
        let file = [&[0xFF; 300][..], &id3v1("Kino", "Nena", "99", "1983", 7, 17)].concat();
        let tag = read(&mut Cursor::new(&file)).unwrap();
        let told = [
            ItemKey::TrackTitle,
            ItemKey::TrackArtist,
            ItemKey::AlbumTitle,
            ItemKey::Year,
            ItemKey::TrackNumber,
            ItemKey::Genre,
        ]
        .map(|key| tag.get_string(key).unwrap_or_default().to_owned());
        assert_eq!(told, ["Kino", "Nena", "99", "1983", "7", "Rock"]);
    }

    #[test]
    fn other_ends_are_no_tag() {
        for file in [&[0; 300][..], b"TAG", &[]] {
            assert!(read(&mut Cursor::new(file)).is_none());
        }
        assert!(read(&mut Cursor::new([&b"TAG"[..], &[0; 124], &[255]].concat())).is_none(), "an empty one");
    }
}
