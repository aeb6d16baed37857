//! What a track sounds like, as a vector: tracks that sound alike lie near one another.
//!
//! Its numbers are the features of the crate `bliss-audio`, by their version 2: tempo, brightness, noise,
//! loudness and harmony, each from -1 to 1. [`Point`] is the place that they give a track in a space in which
//! distances count; [`Points`] are many of them, and say which are near; [`path`] leads from one to another.
//! It decodes nothing. Start with [`Sonic`].

mod path;
mod points;

use serde::{Deserialize, Serialize};

pub use path::{Candidate, MOST_BETWEEN, path};
pub use points::{Near, Point, Points};

use crate::Traits;
use crate::media_info::MAX_STREAMS;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// How many numbers describe a track.
pub const FEATURES: usize = 23;
/// The version of those numbers, as the crate counts it.
pub const FEATURES_VERSION: u32 = 2;
/// How many seconds of a track are heard at most: of a longer one those in its middle. One second takes the
/// crate about 1 MB of memory.
pub const MOST_SECONDS: u32 = 300;
/// How much each number counts in a distance, as the crate has it: the tempo little, for it is often not
/// found, and the 13 numbers of harmony together as much as three others.
pub const WEIGHTS: [f32; FEATURES] = {
    let mut weights = [1.0; FEATURES];
    weights[0] = 0.25;
    let mut harmony = FEATURES - 13;
    while harmony < FEATURES {
        weights[harmony] = 3.0 / 13.0;
        harmony += 1;
    }
    weights
};

/// Which of our own rules says what part of a track is heard.
const RULE: u32 = 1;
/// The beats a minute that stand for 1 among the numbers; -1 stands for none.
const MOST_BEATS: f32 = 206.0;

/// What a track sounds like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SonicValue))]
pub struct Sonic {
    /// The place in the container, from 0, of the sound: the one that is played unless a player is told
    /// otherwise.
    pub stream: u32,
    /// Where the part begins that was heard, milliseconds.
    pub from_ms: u64,
    /// How long it is, milliseconds.
    pub heard_ms: u64,
    /// The numbers, each from -1 to 1: tempo, zero crossings; mean and deviation of spectral centroid,
    /// roll-off, flatness and loudness; six intervals, four triads, and how strong both are.
    pub features: [f32; FEATURES],
}

impl Product for Sonic {
    const NAME: &'static str = "sonic";
    const VERSION: u32 = FEATURES_VERSION * 100 + RULE;
    // Numbers of two versions can't be compared.
    const OLDEST_USABLE: u32 = Self::VERSION;
    const NEEDS: Traits = Traits::SOUND.union(Traits::AUDIO);
    // The whole file is read and its sound decoded.
    const COST: Cost = Cost { per: CostPer::Gigabyte, seconds: 60.0 };

    fn is_sound(&self) -> bool {
        (self.stream as usize) < MAX_STREAMS
            && self.heard_ms <= u64::from(MOST_SECONDS) * 1_000 + 1_000
            && self.features.iter().all(|feature| (-1.0..=1.0).contains(feature))
    }

    fn summary(&self) -> Vec<Line> {
        // Of the way from -1 to 1.
        let percent = |feature: usize| format!("{:.0} %", (self.features[feature] + 1.0) * 50.0);
        let beats = (self.features[0] + 1.0) / 2.0 * MOST_BEATS;
        let tempo = if beats < 1.0 { "no beat".into() } else { format!("about {beats:.0} beats a minute") };
        vec![
            Line::text("", tempo),
            Line::text("brightness", percent(2)),
            Line::text("noise", percent(6)),
            Line::new("heard for", Quantity::Milliseconds(self.heard_ms)),
        ]
    }
}

impl Sonic {
    /// Its place in the space of sounds.
    pub fn point(&self) -> Point {
        Point::of(&self.features)
    }

    /// The place of a product that is stored as this JSON text, where there is something: many at a time are
    /// read so, without a value for each.
    pub fn point_of_json(text: &str) -> Option<Point> {
        #[derive(Deserialize)]
        struct Features {
            features: [f32; FEATURES],
        }
        let read: Features = serde_json::from_str(text).ok()?;
        Some(Point::of(&read.features))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn some() -> Sonic {
        Sonic { stream: 0, from_ms: 0, heard_ms: 240_000, features: [0.5; FEATURES] }
    }

    #[test]
    fn the_weights_are_few_for_tempo_and_three_in_all_for_harmony() {
        assert!((WEIGHTS[10..].iter().sum::<f32>() - 3.0).abs() < 1e-6);
        assert_eq!((WEIGHTS[0], WEIGHTS[1], WEIGHTS[9]), (0.25, 1.0, 1.0));
    }

    #[test]
    fn what_is_no_number_or_out_of_its_range_is_not_believed() {
        assert!(some().is_sound());
        for wrong in [f32::NAN, f32::INFINITY, 1.1, -1.1] {
            let mut features = [0.5; FEATURES];
            features[7] = wrong;
            assert!(!Sonic { features, ..some() }.is_sound(), "{wrong}");
        }
        assert!(!Sonic { heard_ms: 3_600_000, ..some() }.is_sound());
    }

    #[test]
    fn a_stored_product_gives_its_place_and_one_that_holds_nothing_none() {
        let text = serde_json::to_string(&Value::from(some())).unwrap();
        assert_eq!(Sonic::point_of_json(&text), Some(some().point()));
        let nothing = serde_json::to_string(&Value::Nothing { why: "It is silent.".into() }).unwrap();
        assert_eq!(Sonic::point_of_json(&nothing), None);
    }

    #[test]
    fn people_read_tempo_brightness_and_noise() {
        let words = |sonic: &Sonic| {
            sonic
                .summary()
                .iter()
                .map(|line| format!("{} {:?}", line.label, line.quantity))
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&some())[0], r#" Text("about 154 beats a minute")"#);
        assert_eq!(words(&some())[1], r#"brightness Text("75 %")"#);
        let still = Sonic { features: [-1.0; FEATURES], ..some() };
        assert_eq!(words(&still)[0], r#" Text("no beat")"#);
    }
}
