//! An item's page: how loud a file is over its own time, with the line to which players bring it.

use butler_product::loudness::{Loudness, REFERENCE_LUFS, STEP_MS, StreamLevels};
use maud::{Markup, html};

use super::axis::{Axis, HEIGHT};

/// Points of the curve.
const POINTS: usize = 240;
/// What lies at the lane's foot, LUFS.
const FOOT: f64 = -60.0;

/// The lane of the sound that is played.
pub(super) fn lane(loudness: &Loudness, levels: &StreamLevels, axis: Axis) -> Markup {
    let words = loudness.played().and_then(|played| Some((played.integrated?, played.gain?)));
    let y = |lufs: f64| HEIGHT - 2.0 - (lufs.clamp(FOOT, 0.0) - FOOT) / -FOOT * (HEIGHT - 4.0);
    let parts = levels.parts(POINTS.min(levels.steps.len()));
    let each = levels.steps.len() as f64 * f64::from(STEP_MS) / parts.len().max(1) as f64;
    let point = |(nth, level): (usize, &Option<f64>)| ((nth as f64 + 0.5) * each, y(level.unwrap_or(FOOT)));
    let points: Vec<(f64, f64)> = parts.iter().enumerate().map(point).collect();
    let name = html! {
        "Loudness" br;
        span.quiet {
            @if let Some((integrated, gain)) = words { (format!("{integrated:.1} LUFS, {gain:+.1} dB to {REFERENCE_LUFS}")) }
            @else { "silence" }
        }
    };
    axis.curve(name, &label(words), &points, y(REFERENCE_LUFS))
}

fn label(words: Option<(f64, f64)>) -> String {
    match words {
        Some((integrated, _)) => {
            format!("Loudness over time: {integrated:.1} LUFS over all, beside a line at {REFERENCE_LUFS}")
        }
        None => "Loudness over time: silence".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use butler_product::loudness::{Gate, Measured, NOTHING, StreamLoudness, energy_of};

    use super::*;

    fn drawn(lufs: Option<f64>, steps: Vec<i16>) -> String {
        let mut gate = Gate::default();
        lufs.iter().for_each(|lufs| gate.add(energy_of(*lufs)));
        let measured =
            Measured { gate: &gate, short_terms: &[], momentary_max: 0.0, short_term_max: 0.0, peak: 0.5 };
        let stream = StreamLoudness::new(1, &measured);
        let loudness = Loudness { played: 1, streams: vec![stream], unheard: Vec::new() };
        lane(&loudness, &StreamLevels { index: 1, steps }, Axis { lasts_ms: 300 }).into_string()
    }

    #[test]
    fn a_loud_moment_stands_high_silence_at_the_foot_and_the_line_at_the_reference() {
        let lane = drawn(Some(-23.0), vec![-6_000, 0, NOTHING]);
        assert!(lane.contains("M16.67 44L16.67 42.0L50.00 2.0L83.33 42.0L83.33 44Z"), "{lane}");
        assert!(lane.contains("-23.0 LUFS, +5.0 dB to -18") && lane.contains("y1=\"14.0\""), "{lane}");
    }

    #[test]
    fn silence_is_said_and_so_is_what_is_too_short() {
        assert!(drawn(None, vec![NOTHING; 5]).contains("silence"));
        assert!(drawn(None, Vec::new()).contains("too short for a curve"));
    }
}
