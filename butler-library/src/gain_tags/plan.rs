//! Which gain tags the files of an album shall have. Pure.
//!
//! An album is written once it is measured as a whole, so that each of its files is written once.

use std::path::{Path, PathBuf};

use butler_product::album_loudness::AlbumLoudness;
use butler_product::gain_tags::{Form, GainTag, Gains, Level};
use butler_product::loudness::Loudness;
use butler_product::tags::Gain;

use super::not_replaced::sentence;
use crate::{ItemId, PartId, SourceId};

/// Kinds of files, by their names, into which Butler writes no tags: they need not be opened.
const UNWRITTEN: [&str; 9] = ["wav", "aif", "aiff", "wma", "mka", "dsf", "dff", "tta", "tak"];

/// Decibels that nobody hears: a newer measurement that differs by less is not worth a file written anew.
const NEAR_DB: f64 = 0.1;

/// An album with the files of its tracks that are there.
#[derive(Debug, Clone, PartialEq)]
pub struct AlbumFiles {
    /// The album.
    pub album: ItemId,
    /// Its title.
    pub title: String,
    /// Its tracks' files, track by track.
    pub files: Vec<TrackFile>,
}

/// A file of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackFile {
    /// The track.
    pub track: ItemId,
    /// The file's part.
    pub part: PartId,
    /// Its content.
    pub source: SourceId,
    /// The folder of the section that holds it.
    pub root_path: PathBuf,
    /// Its whole path.
    pub path: PathBuf,
    /// Bytes, as the last scan saw it.
    pub size: u64,
    /// Nanoseconds since 1970, as the last scan saw it.
    pub mtime_ns: i64,
    /// How loud it is, once that is known.
    pub loudness: Option<Loudness>,
    /// The gains that its tags tell, as the last scan read them.
    pub gain: Gain,
}

/// What is to become of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Its tags shall tell these gains.
    Write(Gains),
    /// They do already.
    Same,
    /// It is left alone.
    Leave(Why),
}

/// Why a file is left alone before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Not all tracks of its album are measured.
    #[error("of its album {known} of {tracks} tracks are measured; it is written when all are")]
    AlbumNotWhole {
        /// Tracks whose loudness is known.
        known: u64,
        /// Tracks that there are.
        tracks: u64,
    },
    /// It is not measured, another file of its track is.
    #[error("it is not measured yet")]
    NotMeasured,
    /// It has no sound that can be heard.
    #[error("it is silent, and silence has no gain")]
    Silent,
    /// Files of its kind get no tags.
    #[error("Butler writes no tags into files of its kind")]
    Kind,
}

impl Why {
    /// For a person.
    pub fn sentence(&self) -> String {
        sentence(self)
    }
}

/// What is to become of each file of an album, in their order.
pub fn verdicts(album: &AlbumFiles) -> Vec<Verdict> {
    let tracks: Vec<&[TrackFile]> = album.files.chunk_by(|one, next| one.track == next.track).collect();
    let known = tracks.iter().map(|files| files.iter().find_map(|file| file.loudness.as_ref()));
    let Some(whole) = AlbumLoudness::of(known) else {
        let why = Why::AlbumNotWhole { known: 0, tracks: tracks.len() as u64 };
        return album.files.iter().map(|_| Verdict::Leave(why)).collect();
    };
    album.files.iter().map(|file| verdict(file, &whole)).collect()
}

fn verdict(file: &TrackFile, album: &AlbumLoudness) -> Verdict {
    if is_unwritten(&file.path) {
        return Verdict::Leave(Why::Kind);
    }
    if album.known < album.tracks {
        return Verdict::Leave(Why::AlbumNotWhole { known: album.known, tracks: album.tracks });
    }
    // Its track may be known by another file.
    let Some(loudness) = &file.loudness else { return Verdict::Leave(Why::NotMeasured) };
    let Some(track) = loudness.played().and_then(Level::of_stream) else {
        return Verdict::Leave(Why::Silent);
    };
    let gains = Gains { track, album: Level::of_album(album) };
    let is_so =
        [Form::ReplayGain, Form::R128].iter().any(|form| is_near(&gain_of(&gains.tags(*form)), &file.gain));
    if is_so { Verdict::Same } else { Verdict::Write(gains) }
}

/// Whether the one tells what the other does, but for what nobody hears: for that no file is written anew.
fn is_near(wanted: &Gain, is: &Gain) -> bool {
    let near =
        |wanted: &Option<String>, is: &Option<String>, is_near: fn(f64, f64) -> bool| match (wanted, is) {
            (None, None) => true,
            (Some(wanted), Some(is)) => {
                wanted == is || number(wanted).zip(number(is)).is_some_and(|(wanted, is)| is_near(wanted, is))
            }
            _ => false,
        };
    let gain = |wanted: f64, is: f64| (wanted - is).abs() < NEAR_DB;
    let r128 = |wanted: f64, is: f64| (wanted - is).abs() < NEAR_DB * 256.0;
    let peak =
        |wanted: f64, is: f64| wanted > 0.0 && is > 0.0 && (20.0 * (wanted / is).log10()).abs() < NEAR_DB;
    near(&wanted.track_gain, &is.track_gain, gain)
        && near(&wanted.album_gain, &is.album_gain, gain)
        && near(&wanted.track_peak, &is.track_peak, peak)
        && near(&wanted.album_peak, &is.album_peak, peak)
        && near(&wanted.r128_track_gain, &is.r128_track_gain, r128)
        && near(&wanted.r128_album_gain, &is.r128_album_gain, r128)
}

/// `-7.03 dB`, with its unit or without.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits =
        text.get(..text.len().saturating_sub(2)).filter(|_| text.to_ascii_lowercase().ends_with("db"));
    digits.unwrap_or(text).trim().parse().ok()
}

fn is_unwritten(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    UNWRITTEN.iter().any(|kind| kind.eq_ignore_ascii_case(extension))
}

/// What a scan would read of these tags.
pub(crate) fn gain_of(tags: &[GainTag]) -> Gain {
    let of = |name: &str| {
        let tag = tags.iter().find(|tag| tag.name.eq_ignore_ascii_case(name))?;
        Some(tag.value.clone())
    };
    Gain {
        track_gain: of("REPLAYGAIN_TRACK_GAIN"),
        track_peak: of("REPLAYGAIN_TRACK_PEAK"),
        album_gain: of("REPLAYGAIN_ALBUM_GAIN"),
        album_peak: of("REPLAYGAIN_ALBUM_PEAK"),
        r128_track_gain: of("R128_TRACK_GAIN"),
        r128_album_gain: of("R128_ALBUM_GAIN"),
    }
}

#[cfg(test)]
mod tests {
    use butler_product::loudness::{Gate, Measured, StreamLoudness, energy_of};

    use super::*;

    fn loudness(lufs: f64) -> Loudness {
        let mut gate = Gate::default();
        (0..50).for_each(|_| gate.add(energy_of(lufs)));
        let measured =
            Measured { gate: &gate, short_terms: &[], momentary_max: 0.0, short_term_max: 0.0, peak: 0.5 };
        Loudness { played: 0, streams: vec![StreamLoudness::new(0, &measured)], unheard: Vec::new() }
    }

    fn file(track: i64, name: &str, lufs: Option<f64>) -> TrackFile {
        TrackFile {
            track: ItemId(track),
            part: PartId(track),
            source: SourceId(track),
            root_path: "/music".into(),
            path: Path::new("/music").join(name),
            size: 1,
            mtime_ns: 1,
            loudness: lufs.map(loudness),
            gain: Gain::default(),
        }
    }

    fn of(files: Vec<TrackFile>) -> Vec<Verdict> {
        verdicts(&AlbumFiles { album: ItemId(9), title: "Album".to_owned(), files })
    }

    #[test]
    fn an_album_is_written_when_it_is_measured_as_a_whole() {
        let files = vec![file(1, "1.flac", Some(-10.0)), file(2, "2.flac", None), file(2, "2.mp3", None)];
        let why = Why::AlbumNotWhole { known: 1, tracks: 2 };
        assert_eq!(of(files.clone()), vec![Verdict::Leave(why); 3]);
        let [one, two, ..] = &of(vec![files[0].clone(), file(2, "2.flac", Some(-10.0))])[..] else {
            panic!()
        };
        let level = Level { gain: -8.0, peak: 0.5 };
        assert_eq!(*one, Verdict::Write(Gains { track: level, album: Some(level) }));
        assert_eq!(one, two);
        assert_eq!(
            of(vec![file(1, "1.flac", None)]),
            [Verdict::Leave(Why::AlbumNotWhole { known: 0, tracks: 1 })]
        );
    }

    #[test]
    fn a_file_that_tells_its_gains_already_is_not_written() {
        let mut opus = file(1, "1.opus", Some(-10.0));
        opus.gain.r128_track_gain = Some("-3328".to_owned());
        opus.gain.r128_album_gain = Some("-3328".to_owned());
        assert_eq!(of(vec![opus.clone()]), [Verdict::Same]);
        // Both kinds together are told by no file that was written.
        opus.gain.track_gain = Some("-8.00 dB".to_owned());
        assert!(matches!(of(vec![opus])[..], [Verdict::Write(_)]));
    }

    #[test]
    fn a_file_is_not_written_anew_for_what_nobody_hears() {
        let mut flac = file(1, "1.flac", Some(-10.0));
        let tells = |flac: &mut TrackFile, gain: &str, peak: &str| {
            (flac.gain.track_gain, flac.gain.track_peak) = (Some(gain.to_owned()), Some(peak.to_owned()));
            (flac.gain.album_gain, flac.gain.album_peak) = (Some("-8.04 dB".into()), Some("0.501".into()));
            of(vec![flac.clone()])[0] == Verdict::Same
        };
        for gain in ["-8.00 dB", "-7.93 dB", "-8.07dB", " -8 "] {
            assert!(tells(&mut flac, gain, "0.500000"), "{gain}");
        }
        for (gain, peak) in
            [("-7.8 dB", "0.5"), ("-8.00 dB", "0.51"), ("-8.00 dB", "0"), ("loud", "0.5"), ("", "0.5")]
        {
            assert!(!tells(&mut flac, gain, peak), "{gain} {peak}");
        }
    }

    #[test]
    fn silence_and_kinds_without_a_place_for_them_are_left_alone() {
        let files = vec![
            file(1, "1.flac", Some(-10.0)),
            file(2, "2.WAV", Some(-10.0)),
            file(3, "3.flac", Some(-90.0)),
        ];
        let verdicts = of(files);
        assert!(matches!(verdicts[0], Verdict::Write(_)));
        assert_eq!(verdicts[1..], [Verdict::Leave(Why::Kind), Verdict::Leave(Why::Silent)]);
    }
}
