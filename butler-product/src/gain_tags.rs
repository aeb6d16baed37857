//! The tags by which other players make music equally loud: `ReplayGain` 2, and R 128 in Opus; and a change
//! of them, as edits of a file's bytes.
//!
//! All else in a file is kept byte for byte: a change is a list of places with what stands there in place of
//! what stood there, and never a whole file. What is written for a loudness says [`Gains::tags`]; how each
//! kind of file holds it is the maker's business. Start with [`Retag`] and [`Retagged`].
//!
//! Forms: the `ReplayGain` 2.0 specification (wiki.hydrogenaudio.org), and RFC 7845, section 5.2.1.

use serde::{Deserialize, Serialize};

use crate::album_loudness::AlbumLoudness;
use crate::loudness::StreamLoudness;

/// Every tag that tells a gain, or what a gain counts from. Where some are written, the others go: they would
/// speak of another gain.
const NAMES: [&str; 9] = [
    "REPLAYGAIN_TRACK_GAIN",
    "REPLAYGAIN_TRACK_PEAK",
    "REPLAYGAIN_TRACK_RANGE",
    "REPLAYGAIN_ALBUM_GAIN",
    "REPLAYGAIN_ALBUM_PEAK",
    "REPLAYGAIN_ALBUM_RANGE",
    "REPLAYGAIN_REFERENCE_LOUDNESS",
    "R128_TRACK_GAIN",
    "R128_ALBUM_GAIN",
];
/// By how much the reference of Opus (-23 LUFS) lies under that of `ReplayGain` 2 (-18 LUFS), dB.
const R128_BELOW: f64 = 5.0;
/// Bytes that all edits of a file may bring: the places of the sound in days of music, or a cover in an Ogg
/// file that moves.
pub const MAX_EDITED_BYTES: usize = 3 << 20;
/// Edits of one file: an Ogg file's first pages are one each.
pub const MAX_EDITS: usize = 10_000;
/// Gain tags of one file that are kept: each may stand there more than once.
pub const MAX_TAGS: usize = 64;
/// Characters of one of them.
pub const MAX_TAG_CHARS: usize = 1_024;

/// Whether a tag tells a gain, in whatever case its name is written.
pub fn is_gain_tag(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A tag, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GainTag {
    /// Its name, as the file spells it.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl GainTag {
    /// A tag.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    fn is_sound(&self) -> bool {
        is_gain_tag(&self.name) && self.value.chars().count() <= MAX_TAG_CHARS
    }
}

/// Whether two lists tell the same: names in whatever case, in whatever order. Tag editors spell them anew when they
/// write something else.
pub fn tell_the_same(one: &[GainTag], other: &[GainTag]) -> bool {
    let sorted = |tags: &[GainTag]| {
        let mut tags: Vec<_> =
            tags.iter().map(|tag| (tag.name.to_ascii_uppercase(), tag.value.clone())).collect();
        tags.sort();
        tags
    };
    sorted(one) == sorted(other)
}

/// How loud one thing is, as far as a player needs it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// By how much a player turns it up, dB; it counts from -18 LUFS.
    pub gain: f64,
    /// Its true peak, linear: 1 is full scale.
    pub peak: f64,
}

impl Level {
    /// The level of a stream; silence has none.
    pub fn of_stream(stream: &StreamLoudness) -> Option<Self> {
        Some(Self { gain: stream.gain?, peak: stream.peak })
    }

    /// The level of an album; silence has none.
    pub fn of_album(album: &AlbumLoudness) -> Option<Self> {
        Some(Self { gain: album.gain?, peak: album.peak })
    }
}

/// Which tags a file tells its gains by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `REPLAYGAIN_*`, gain and peak.
    ReplayGain,
    /// `R128_*` of Opus, which has no peak. It is applied on top of the output gain in the file's header.
    R128,
}

/// The gains of a track.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gains {
    /// Its own.
    pub track: Level,
    /// That of its album, where it is one of an album.
    pub album: Option<Level>,
}

impl Gains {
    /// The tags that tell them. The gains are those that were measured: a player that fears for a peak turns
    /// down by itself.
    pub fn tags(&self, form: Form) -> Vec<GainTag> {
        let levels = [("TRACK", Some(self.track)), ("ALBUM", self.album)];
        let of = |(of, level): (&str, Option<Level>)| {
            let level = level?;
            Some(match form {
                Form::ReplayGain => vec![
                    GainTag::new(format!("REPLAYGAIN_{of}_GAIN"), decibels(level.gain)),
                    GainTag::new(format!("REPLAYGAIN_{of}_PEAK"), format!("{:.6}", level.peak)),
                ],
                Form::R128 => vec![GainTag::new(format!("R128_{of}_GAIN"), q7_8(level.gain))],
            })
        };
        levels.into_iter().filter_map(of).flatten().collect()
    }
}

/// `-7.03 dB`; nothing is never negative.
fn decibels(gain: f64) -> String {
    let text = format!("{gain:.2} dB");
    if text == "-0.00 dB" { "0.00 dB".to_owned() } else { text }
}

/// A gain that counts from -18 LUFS as one that counts from -23 LUFS, in 256ths of a decibel.
fn q7_8(gain: f64) -> String {
    let steps = ((gain - R128_BELOW) * 256.0).round();
    steps.clamp(f64::from(i16::MIN), f64::from(i16::MAX)).to_string()
}

/// What a file's gain tags are to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retag {
    /// Those that tell these gains, by whichever tags such a file tells them.
    Gains(Gains),
    /// These, word for word: as they were before.
    Exactly(Vec<GainTag>),
}

impl Retag {
    /// The tags that a file of this form shall have.
    pub fn tags(&self, form: Form) -> Vec<GainTag> {
        match self {
            Self::Gains(gains) => gains.tags(form),
            Self::Exactly(tags) => tags.clone(),
        }
    }
}

/// What stands at a place of the new file in place of what stood there in the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Where that begins in the old file.
    pub from: u64,
    /// Where it ends in the old file; `from` where nothing is replaced.
    pub until: u64,
    /// What stands there in the new file.
    #[serde(with = "hex")]
    pub bytes: Vec<u8>,
}

/// How the gain tags of a file come to be what they shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retagged {
    /// The gain tags of the file as it is, in its order.
    pub old: Vec<GainTag>,
    /// Those of the new file.
    pub new: Vec<GainTag>,
    /// What is to be changed, from the front of the file to its end; nothing where it is as it shall be.
    pub edits: Vec<Edit>,
}

impl Retagged {
    /// Whether it is within the bounds that its maker keeps, for a file of `size` bytes.
    pub fn is_sound(&self, size: u64) -> bool {
        let mut at = 0;
        let in_order = self.edits.iter().all(|edit| {
            let fits = at <= edit.from && edit.from <= edit.until && edit.until <= size;
            at = edit.until;
            fits
        });
        let bytes: usize = self.edits.iter().map(|edit| edit.bytes.len()).sum();
        in_order
            && self.edits.len() <= MAX_EDITS
            && bytes <= MAX_EDITED_BYTES
            && [&self.old, &self.new]
                .into_iter()
                .all(|tags| tags.len() <= MAX_TAGS && tags.iter().all(GainTag::is_sound))
    }

    /// Bytes of the new file, if the old one has `size`.
    pub fn new_size(&self, size: u64) -> u64 {
        let gone: u64 = self.edits.iter().map(|edit| edit.until - edit.from).sum();
        let come: u64 = self.edits.iter().map(|edit| edit.bytes.len() as u64).sum();
        size.saturating_sub(gone).saturating_add(come)
    }
}

/// Bytes as hexadecimal digits, for JSON would write each as a number.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let text: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0);
        let digits = digits.ok_or_else(|| de::Error::custom("these are no pairs of hexadecimal digits"))?;
        Ok(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(gains: Gains, form: Form) -> Vec<String> {
        gains.tags(form).into_iter().map(|tag| format!("{}={}", tag.name, tag.value)).collect()
    }

    #[test]
    fn gains_are_written_as_players_read_them() {
        let (track, album) =
            (Level { gain: -7.03, peak: 1.003 }, Some(Level { gain: 0.5, peak: 0.123_456_7 }));
        assert_eq!(
            texts(Gains { track, album }, Form::ReplayGain),
            [
                "REPLAYGAIN_TRACK_GAIN=-7.03 dB",
                "REPLAYGAIN_TRACK_PEAK=1.003000",
                "REPLAYGAIN_ALBUM_GAIN=0.50 dB",
                "REPLAYGAIN_ALBUM_PEAK=0.123457"
            ]
        );
        assert_eq!(
            texts(Gains { track, album }, Form::R128),
            ["R128_TRACK_GAIN=-3080", "R128_ALBUM_GAIN=-1152"]
        );
        let alone = |gain| Gains { track: Level { gain, peak: 0.0 }, album: None };
        assert_eq!(texts(alone(-0.001), Form::ReplayGain)[0], "REPLAYGAIN_TRACK_GAIN=0.00 dB");
        assert_eq!(texts(alone(5.0), Form::R128), ["R128_TRACK_GAIN=0"]);
        assert_eq!(texts(alone(-200.0), Form::R128), ["R128_TRACK_GAIN=-32768"]);
    }

    #[test]
    fn tags_are_told_apart_by_what_they_say() {
        let tags = |tags: &[(&str, &str)]| {
            tags.iter().map(|(name, value)| GainTag::new(*name, *value)).collect::<Vec<_>>()
        };
        let one = tags(&[("REPLAYGAIN_TRACK_GAIN", "-1 dB"), ("REPLAYGAIN_TRACK_PEAK", "1")]);
        assert!(tell_the_same(
            &one,
            &tags(&[("replaygain_track_peak", "1"), ("REPLAYGAIN_TRACK_GAIN", "-1 dB")])
        ));
        for other in [
            &one[..1],
            &tags(&[("REPLAYGAIN_TRACK_GAIN", "1"), ("REPLAYGAIN_TRACK_PEAK", "-1 dB")])[..],
            &[&one[..], &one[..1]].concat(),
        ] {
            assert!(!tell_the_same(&one, other));
        }
    }

    #[test]
    fn names_are_known_in_any_case_and_no_others() {
        for name in ["replaygain_track_gain", "REPLAYGAIN_REFERENCE_LOUDNESS", "R128_Album_Gain"] {
            assert!(is_gain_tag(name), "{name}");
        }
        for name in ["REPLAYGAIN_TRACK", "TITLE", "", "MP3GAIN_UNDO", "replaygain_track_gain "] {
            assert!(!is_gain_tag(name), "{name}");
        }
    }

    #[test]
    fn edits_go_through_json_and_are_bounded() {
        let edit = |from, until| Edit { from, until, bytes: vec![0, 0xff, 0x1a] };
        let sound = |edits| Retagged { old: Vec::new(), new: Vec::new(), edits };
        let good = sound(vec![edit(0, 4), edit(4, 4), edit(9, 10)]);
        let wire = serde_json::to_string(&good).unwrap();
        assert!(wire.contains(r#""bytes":"00ff1a""#), "{wire}");
        assert_eq!(serde_json::from_str::<Retagged>(&wire).unwrap(), good);
        assert_eq!((good.is_sound(10), good.is_sound(9), good.new_size(10)), (true, false, 14));
        for edits in [vec![edit(4, 3)], vec![edit(0, 5), edit(4, 6)]] {
            assert!(!sound(edits).is_sound(10));
        }
        let large = Edit { from: 0, until: 0, bytes: vec![0; MAX_EDITED_BYTES + 1] };
        assert!(!sound(vec![large]).is_sound(10));
        assert!(!Retagged { old: vec![GainTag::new("TITLE", "x")], ..good }.is_sound(10));
        assert!(serde_json::from_str::<Edit>(r#"{"from":0,"until":0,"bytes":"0g"}"#).is_err());
    }
}
