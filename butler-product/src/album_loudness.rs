//! How loud an album is as a whole, and what a player turns all its tracks up or down by (ReplayGain 2's
//! album gain): the gate over all blocks of all its tracks, never an average of theirs.
//!
//! It is derived of the tracks' own products: no worker makes it, and no file is read for it. Start with
//! [`AlbumLoudness::of`].

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::loudness::{Gate, Loudness, decibels, gain, hundredths};
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// What the database keeps; there is no blob.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AlbumLoudnessValue))]
pub struct AlbumLoudness {
    /// The tracks that are there.
    pub tracks: u64,
    /// Those of them whose own loudness is known: it is told of these.
    pub known: u64,
    /// Integrated loudness over all of them, LUFS; none of silence.
    pub integrated: Option<f64>,
    /// The highest true peak of all, dBTP; none of digital silence.
    pub true_peak: Option<f64>,
    /// The same linear: 1 is full scale, and may be exceeded.
    pub peak: f64,
    /// By how much a player turns all of them up, dB, however far that lifts their peaks.
    pub gain: Option<f64>,
}

impl AlbumLoudness {
    /// The loudness of tracks, each with its own as far as that is known; none if no track's is. Of a track
    /// with several sounds the one counts that is played unless a player is told otherwise.
    pub fn of<'a>(tracks: impl IntoIterator<Item = Option<&'a Loudness>>) -> Option<Self> {
        let (mut there, mut known, mut peak) = (0, 0, 0.0_f64);
        let mut gate = Gate::default();
        for track in tracks {
            there += 1;
            let Some(played) = track.and_then(Loudness::played) else { continue };
            known += 1;
            peak = peak.max(played.peak);
            gate.add_all(&played.blocks);
        }
        let integrated = gate.integrated();
        (known > 0).then(|| Self {
            tracks: there,
            known,
            integrated: integrated.map(hundredths),
            true_peak: decibels(peak),
            peak,
            gain: integrated.map(gain),
        })
    }
}

impl Product for AlbumLoudness {
    const NAME: &'static str = "album_loudness";
    const VERSION: u32 = 1;
    const DERIVED: bool = true;
    // What the products that it is derived of need; no source is asked for itself.
    const NEEDS: Traits = Traits::SOUND;
    // Some reads of the database.
    const COST: Cost = Cost { per: CostPer::Source, seconds: 0.002 };

    fn is_sound(&self) -> bool {
        self.known <= self.tracks && self.peak >= 0.0
    }

    fn summary(&self) -> Vec<Line> {
        let Some(integrated) = self.integrated else { return vec![Line::text("", "silence")] };
        let mut lines = vec![Line::text("", format!("{integrated:.1} LUFS"))];
        lines.extend(self.true_peak.map(|peak| Line::text("", format!("true peak {peak:.1} dBTP"))));
        lines.extend(self.gain.map(|gain| Line::text("", format!("gain {gain:+.2} dB"))));
        if self.known < self.tracks {
            let words = format!("of {} of {} tracks, as far as is known", self.known, self.tracks);
            lines.push(Line::text("", words));
        } else {
            lines.push(Line::new("tracks", Quantity::Count(self.tracks)));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loudness::{Measured, StreamLoudness, energy_of};

    fn track(lufs: f64, blocks: u32, peak: f64) -> Loudness {
        let mut gate = Gate::default();
        (0..blocks).for_each(|_| gate.add(energy_of(lufs)));
        let measured =
            Measured { gate: &gate, short_terms: &[], momentary_max: 0.0, short_term_max: 0.0, peak };
        Loudness { played: 0, streams: vec![StreamLoudness::new(0, &measured)], unheard: Vec::new() }
    }

    #[test]
    fn an_album_is_gated_over_all_its_tracks_and_no_average_of_them() {
        let (loud, soft, interlude) =
            (track(-10.0, 900, 1.1), track(-16.0, 300, 0.5), track(-35.0, 600, 0.1));
        let album = AlbumLoudness::of([Some(&loud), Some(&soft), None, Some(&interlude)]).unwrap();
        assert_eq!((album.tracks, album.known, album.peak), (4, 3, 1.1));
        let expect = (900.0 * energy_of(-10.0) + 300.0 * energy_of(-16.0)) / 1_200.0;
        let expect = crate::loudness::loudness_of(expect);
        assert!((album.integrated.unwrap() - expect).abs() < 0.011, "{album:?}, not {expect}");
        assert!((album.gain.unwrap() - (-18.0 - expect)).abs() < 0.011);
    }

    #[test]
    fn silence_alone_has_no_gain_and_of_tracks_that_are_unknown_nothing_is_told() {
        let album = AlbumLoudness::of([Some(&track(-80.0, 10, 0.0))]).unwrap();
        assert_eq!((album.integrated, album.gain, album.true_peak), (None, None, None));
        assert_eq!(AlbumLoudness::of([None, None]), None);
        assert_eq!(AlbumLoudness::of([]), None);
    }
}
