//! Makes `tags`: what the tags inside an audio file say. Reads tag blocks, never sound.
//!
//! `lofty` reads what it knows (ID3, Vorbis comments, MP4, APE, RIFF and AIFF) before any header is read by
//! libav; what it does not know (Matroska) or can't read is answered out of libav's own list of tags. What it
//! leaves out of ID3 and APE is read beside it, in `tags/id3.rs` and `tags/ape.rs`, and WMA in `tags/asf.rs`.

mod ape;
mod asf;
mod id3;
mod id3v1;

use butler_product::media_info::{MediaInfo, StreamKind};
use butler_product::tags::{Gain, MusicBrainz, Tags};
use butler_product::{Failure, Value};
use lofty::config::{GlobalOptions, ParseOptions, apply_global_options};
use lofty::file::{TaggedFile, TaggedFileExt};
use lofty::picture::PictureType;
use lofty::probe::Probe;
use lofty::tag::{ItemKey, ItemValue, Tag, TagType};

use self::asf::AsfTags;
use crate::cursor::{Cursor, guarded};
use crate::source::Source;

/// Bytes that one value, a picture above all, may claim: a tag that holds a larger one is read without its
/// pictures.
const MAX_ALLOCATION: usize = 16 << 20;
/// Bytes that are read of a file for its tags.
const MAX_READ: u64 = 64 << 20;

/// Containers, by libav's names, whose tags `lofty` reads: where it could not, they are damaged.
const KNOWN: &[&str] = &["aac", "aiff", "ape", "flac", "mov", "mp3", "ogg", "wav", "wv"];

/// What files begin with of which `lofty` knows nothing: in what they hold it would find the marks of others.
const FOREIGN: &[&[u8]] = &[
    // Matroska.
    b"\x1A\x45\xDF\xA3",
    b"TTA1",
    b"TTA2",
    b"tBaK",
    b"DSD ",
    b"FRM8",
    b".RMF",
    b"riff",
    b"\x0B\x77",
    b"\x7F\xFE\x80\x01",
];

/// Reads the tags of a file that `lofty` knows; none where it knows nothing of the file, or finds its tags
/// damaged.
pub(crate) fn read(source: &Source) -> Option<Value> {
    if let Some(AsfTags { texts, has_picture }) = asf::read(&mut Cursor::new(source, MAX_READ)) {
        return Some(value(Tags { has_picture, ..of_list(&texts) }));
    }
    if is_foreign(source)? {
        return None;
    }
    let frames = id3::read(&mut Cursor::new(source, MAX_READ));
    let ape = ape::read(&mut Cursor::new(source, MAX_READ));
    // With its pictures first, to know whether there are any; they are not kept.
    let by_library =
        [true, false].into_iter().find_map(|pictures| Some((parsed(source, pictures)?, pictures)));
    // Damaged for the library, and readable piece by piece.
    if by_library.is_none() && frames.all.is_none() && ape.is_none() {
        return None;
    }
    let (mut tags, primary, has_picture) = match by_library {
        Some((file, pictures)) => (file.tags().to_vec(), file.primary_tag_type(), !pictures),
        None => {
            let short = id3v1::read(&mut Cursor::new(source, MAX_READ));
            (short.into_iter().collect(), TagType::Id3v2, false)
        }
    };
    sort(&mut tags, primary);
    tags.splice(0..0, frames.several);
    // ID3v1 cuts its texts, and so counts least.
    let short = tags.iter().position(|tag| tag.tag_type() == TagType::Id3v1).unwrap_or(tags.len());
    tags.splice(short..short, frames.all.into_iter().chain(ape));
    let tags = of(&tags);
    Some(value(Tags { has_picture: tags.has_picture || has_picture, ..tags }))
}

/// The cover that is embedded in an audio file: the front one, else the first of its pictures; none where
/// there is none, or none that `lofty` reads.
pub(crate) fn cover(source: &Source) -> Option<Vec<u8>> {
    if is_foreign(source)? {
        return None;
    }
    let file = parsed(source, true)?;
    let pictures = || file.tags().iter().flat_map(Tag::pictures).filter(|picture| !picture.data().is_empty());
    let front = pictures().find(|picture| picture.pic_type() == PictureType::CoverFront);
    front.or_else(|| pictures().next()).map(|picture| picture.data().to_vec())
}

/// Whether `lofty` knows nothing of a file; none where it can't be read.
fn is_foreign(source: &Source) -> Option<bool> {
    let head = source.head(64).ok()?;
    let is_ogg_flac = head.starts_with(b"OggS") && head.windows(5).any(|mark| mark == b"\x7FFLAC");
    Some(is_ogg_flac || FOREIGN.iter().any(|mark| head.starts_with(mark)))
}

/// What `lofty` makes of a file, with its pictures or without.
fn parsed(source: &Source, pictures: bool) -> Option<TaggedFile> {
    let parsed = guarded(|| {
        apply_global_options(GlobalOptions::new().allocation_limit(MAX_ALLOCATION));
        let options = ParseOptions::new().read_properties(false).read_cover_art(pictures);
        let probe = Probe::new(Cursor::new(source, MAX_READ)).options(options).guess_file_type().ok()?;
        probe.file_type()?;
        probe.read().ok()
    });
    parsed.flatten()
}

/// The tags that libav found.
pub(crate) fn of_headers(info: &MediaInfo) -> Result<Value, Failure> {
    let has_picture = info.streams.iter().any(|stream| stream.kind == StreamKind::Picture);
    let tags = Tags { has_picture, ..of_list(&info.tags) };
    // Of what Ogg holds it knows all but FLAC.
    let is_foreign =
        info.streams.first().is_some_and(|stream| info.container == "ogg" && stream.codec == "flac");
    if KNOWN.contains(&info.container.as_str()) && !is_foreign && tags == Tags::default() {
        return Err(Failure::content(
            "The file's tags are damaged and can't be read; a tag editor may mend them.",
        ));
    }
    Ok(value(tags))
}

fn value(tags: Tags) -> Value {
    let tags = tags.bounded();
    if tags == Tags::default() {
        Value::Nothing { why: "The file carries no tags.".to_owned() }
    } else {
        Value::Tags(Box::new(tags))
    }
}

/// Sorts the tags of one file: the format's own first, the short ones of ID3v1 last.
fn sort(tags: &mut [Tag], primary: TagType) {
    tags.sort_by_key(|tag| match tag.tag_type() {
        own if own == primary => 0,
        TagType::Id3v2 => 1,
        TagType::Id3v1 => 3,
        _ => 2,
    });
}

/// What several tags of one file say together: of each field the first one that has it.
fn of(tags: &[Tag]) -> Tags {
    let all =
        |key| tags.iter().map(|tag| strings(tag, key)).find(|values| !values.is_empty()).unwrap_or_default();
    let either =
        |first, second| Some(all(first)).filter(|values| !values.is_empty()).unwrap_or_else(|| all(second));
    let one = |key| all(key).into_iter().next();
    let number = one(ItemKey::TrackNumber);
    let (track, track_total) = numbers(number.clone(), one(ItemKey::TrackTotal));
    let (disc, disc_total) = numbers(one(ItemKey::DiscNumber), one(ItemKey::DiscTotal));
    let (disc, track) = of_side(number.as_deref()).map_or((disc, track), |(side, at)| (Some(side), Some(at)));
    Tags {
        title: one(ItemKey::TrackTitle),
        artists: either(ItemKey::TrackArtist, ItemKey::TrackArtists),
        album: one(ItemKey::AlbumTitle),
        album_artists: either(ItemKey::AlbumArtist, ItemKey::AlbumArtists),
        track,
        track_total,
        disc,
        disc_total,
        date: one(ItemKey::RecordingDate)
            .or_else(|| one(ItemKey::Year))
            .or_else(|| one(ItemKey::ReleaseDate)),
        original_date: one(ItemKey::OriginalReleaseDate),
        genres: all(ItemKey::Genre),
        composers: all(ItemKey::Composer),
        compilation: one(ItemKey::FlagCompilation).is_some_and(|flag| is_set(&flag)),
        musicbrainz: MusicBrainz {
            recording: one(ItemKey::MusicBrainzRecordingId),
            track: one(ItemKey::MusicBrainzTrackId),
            release: one(ItemKey::MusicBrainzReleaseId),
            release_group: one(ItemKey::MusicBrainzReleaseGroupId),
            artists: all(ItemKey::MusicBrainzArtistId),
            album_artists: all(ItemKey::MusicBrainzReleaseArtistId),
        },
        gain: Gain {
            track_gain: one(ItemKey::ReplayGainTrackGain),
            track_peak: one(ItemKey::ReplayGainTrackPeak),
            album_gain: one(ItemKey::ReplayGainAlbumGain),
            album_peak: one(ItemKey::ReplayGainAlbumPeak),
            r128_track_gain: one(ItemKey::R128TrackGain),
            r128_album_gain: one(ItemKey::R128AlbumGain),
        },
        has_lyrics: tags.iter().any(|tag| {
            [ItemKey::Lyrics, ItemKey::UnsyncLyrics].into_iter().any(|key| tag.get(key).is_some())
        }),
        has_picture: tags.iter().any(|tag| tag.picture_count() > 0),
    }
}

/// The values of a key that say something. ID3v2.4 and APE part several of them by a zero.
fn strings(tag: &Tag, key: ItemKey) -> Vec<String> {
    let texts = tag.get_items(key).filter_map(|item| match item.value() {
        ItemValue::Text(text) | ItemValue::Locator(text) => Some(text.as_str()),
        ItemValue::Binary(bytes) => std::str::from_utf8(bytes).ok(),
    });
    texts
        .flat_map(|text| text.split('\0'))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A number and how many there are, which may stand in one text: `3/12`.
fn numbers(number: Option<String>, total: Option<String>) -> (Option<u32>, Option<u32>) {
    let parse = |text: &str| text.trim().parse::<u32>().ok();
    let number = number.as_deref().unwrap_or_default();
    let (first, second) = number.split_once('/').unwrap_or((number, ""));
    (parse(first), total.as_deref().and_then(parse).or_else(|| parse(second)))
}

/// The side of a record and the place on it: `A1`, `B2`. Sides count as discs do, so that they follow each
/// other.
fn of_side(number: Option<&str>) -> Option<(u32, u32)> {
    let (side, place) = number?.trim().split_at_checked(1)?;
    let side = side.bytes().next().filter(u8::is_ascii_alphabetic)?.to_ascii_lowercase();
    // A side that is one piece has no number: `A`.
    let place = if place.is_empty() { Some(1) } else { place.parse().ok() };
    Some((u32::from(side - b'a') + 1, place?))
}

fn is_set(flag: &str) -> bool {
    matches!(flag.trim(), "1" | "true" | "True" | "TRUE" | "yes")
}

/// Tags out of a list of texts with their names in lower case: libav turns most formats' names into its own,
/// and keeps the rest as they stand (ASF's begin with `wm/`).
fn of_list(texts: &[(String, String)]) -> Tags {
    let all = |keys: &[&str]| -> Vec<String> {
        let of = |key: &&str| {
            let values = texts.iter().filter(|(known, value)| known == key && !value.trim().is_empty());
            Some(values.map(|(_, value)| value.clone()).collect::<Vec<_>>()).filter(|all| !all.is_empty())
        };
        keys.iter().find_map(of).unwrap_or_default()
    };
    let find = |keys: &[&str]| all(keys).into_iter().next();
    // Where a format lists several, libav joins them.
    let list = |keys: &[&str]| -> Vec<String> {
        all(keys).iter().flat_map(|text| text.split(';')).map(|each| each.trim().to_owned()).collect()
    };
    // ASF's older number counts from 0.
    let from_zero = || Some((find(&["wm/track"])?.parse::<u32>().ok()?.checked_add(1)?).to_string());
    let number = find(&["track", "wm/tracknumber", "part_number"]).or_else(from_zero);
    let (track, track_total) = numbers(number.clone(), find(&["tracktotal", "totaltracks"]));
    let (disc, disc_total) = numbers(find(&["disc", "wm/partofset"]), find(&["disctotal", "totaldiscs"]));
    let (disc, track) = of_side(number.as_deref()).map_or((disc, track), |(side, at)| (Some(side), Some(at)));
    Tags {
        title: find(&["title"]),
        artists: list(&["artist", "author"]),
        album: find(&["album", "wm/albumtitle"]),
        album_artists: list(&["album_artist", "albumartist", "album artist", "wm/albumartist"]),
        track,
        track_total,
        disc,
        disc_total,
        date: find(&["date", "year", "wm/year", "date_released", "date_recorded"]),
        original_date: find(&["originaldate", "wm/originalreleasetime", "wm/originalreleaseyear"]),
        genres: list(&["genre", "wm/genre"]),
        composers: list(&["composer", "wm/composer"]),
        compilation: find(&["compilation", "wm/iscompilation"]).is_some_and(|flag| is_set(&flag)),
        musicbrainz: MusicBrainz {
            recording: find(&["musicbrainz/track id", "musicbrainz_trackid", "musicbrainz track id"]),
            track: find(&[
                "musicbrainz/release track id",
                "musicbrainz_releasetrackid",
                "musicbrainz release track id",
            ]),
            release: find(&["musicbrainz/album id", "musicbrainz_albumid", "musicbrainz album id"]),
            release_group: find(&[
                "musicbrainz/release group id",
                "musicbrainz_releasegroupid",
                "musicbrainz release group id",
            ]),
            artists: list(&["musicbrainz/artist id", "musicbrainz_artistid", "musicbrainz artist id"]),
            album_artists: list(&[
                "musicbrainz/album artist id",
                "musicbrainz_albumartistid",
                "musicbrainz album artist id",
            ]),
        },
        gain: Gain {
            track_gain: find(&["replaygain_track_gain", "replaygain_gain"]),
            track_peak: find(&["replaygain_track_peak", "replaygain_peak"]),
            album_gain: find(&["replaygain_album_gain"]),
            album_peak: find(&["replaygain_album_peak"]),
            r128_track_gain: find(&["r128_track_gain"]),
            r128_album_gain: find(&["r128_album_gain"]),
        },
        has_lyrics: texts
            .iter()
            .any(|(key, _)| key == "lyrics" || key.starts_with("lyrics-") || key == "wm/lyrics"),
        has_picture: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_stand_with_their_total_in_one_text() {
        let check = |number: &str, total: &str, expect| {
            assert_eq!(numbers(Some(number.into()), Some(total.into())), expect, "{number}")
        };
        check("3/12", "", (Some(3), Some(12)));
        check("03", "12", (Some(3), Some(12)));
        check("3/12", "13", (Some(3), Some(13)));
        check("A1", "two", (None, None));
        check("-1/-2", "", (None, None));
    }

    #[test]
    fn sides_of_a_record_count_as_discs() {
        assert_eq!(of_side(Some("A1")), Some((1, 1)));
        assert_eq!(of_side(Some("d12 ")), Some((4, 12)));
        assert_eq!(of_side(Some("B")), Some((2, 1)));
        for number in ["1", "", "A1/2", "AA1", "é1", "/3"] {
            assert_eq!(of_side(Some(number)), None, "{number}");
        }
    }

    #[test]
    fn the_format_s_own_tag_speaks_first_and_id3v1_last() {
        let tag = |kind, title: &str| {
            let mut tag = Tag::new(kind);
            assert!(tag.insert_text(ItemKey::TrackTitle, title.to_owned()));
            tag
        };
        let mut short = tag(TagType::Id3v1, "A Title That Is Cut After Thirt");
        assert!(short.insert_text(ItemKey::AlbumTitle, "Album".to_owned()));
        let mut tags = [short, tag(TagType::Ape, "From APE"), tag(TagType::Id3v2, "From ID3v2")];
        sort(&mut tags, TagType::Id3v2);
        let tags = of(&tags);
        assert_eq!((tags.title.as_deref(), tags.album.as_deref()), (Some("From ID3v2"), Some("Album")));
    }

    #[test]
    fn what_libav_lists_is_understood_too() {
        let list = [
            ("title", "So What"),
            ("wm/albumartist", "Miles Davis"),
            ("wm/year", "1959"),
            ("wm/partofset", "1/2"),
            ("genre", "Jazz;Cool"),
        ];
        let tags = list.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let tags = of_list(&tags);
        assert_eq!(
            (tags.title.as_deref(), tags.year(), tags.disc, tags.disc_total),
            (Some("So What"), Some(1959), Some(1), Some(2))
        );
        assert_eq!(
            (tags.album_artists, tags.genres),
            (vec!["Miles Davis".to_owned()], vec!["Jazz".to_owned(), "Cool".to_owned()])
        );
    }

    #[test]
    fn damaged_tags_are_told_from_no_tags() {
        let of = |container: &str| {
            of_headers(&MediaInfo { container: container.to_owned(), ..MediaInfo::default() })
        };
        assert!(matches!(of("asf"), Ok(Value::Nothing { .. })));
        assert!(of("flac").is_err());
    }
}
