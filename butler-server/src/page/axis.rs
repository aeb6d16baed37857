//! A film's own time as an axis that everything made of the film stands on: where a moment is, which moments
//! are named, and the lanes that share it. Places are per cent of the film, so that lanes fit any width.
//! Pure.

use maud::{Markup, html};

use super::words::place;

/// From one named moment to the next, seconds: what people count in.
const STEPS: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];
/// So many moments are named at most, which a phone has room for.
const MOST_NAMED: u64 = 7;
/// How high a curve's lane is, in the units of its drawing.
pub(super) const HEIGHT: f64 = 44.0;

/// The time of one film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) lasts_ms: u64,
}

impl Axis {
    /// Where a moment is, per cent of the film; what is said to be behind its end stands at its end.
    pub(super) fn place(self, ms: f64) -> f64 {
        (ms / self.lasts_ms.max(1) as f64 * 100.0).clamp(0.0, 100.0)
    }

    /// The moments that are named: round ones, from the beginning.
    fn named(self) -> impl Iterator<Item = u64> {
        let fits = |step: &u64| self.lasts_ms / (step * 1_000) < MOST_NAMED;
        // A length that a header lies about may be thousands of years.
        let longest = (self.lasts_ms / MOST_NAMED).max(1);
        let step = STEPS.iter().copied().find(fits).map_or(longest, |step| step * 1_000);
        (0..=MOST_NAMED).map(move |nth| nth * step).take_while(move |ms| *ms <= self.lasts_ms)
    }

    /// The names below the lanes.
    pub(super) fn names(self) -> Markup {
        html! {
            div.lane.axis aria-hidden="true" {
                span {}
                svg height="18" {
                    @for ms in self.named() {
                        @let at = self.place(ms as f64);
                        @let anchor = if ms == 0 { "start" } else if at > 95.0 { "end" } else { "middle" };
                        text x=(per_cent(at)) y="13" text-anchor=(anchor) { (place(ms)) }
                    }
                }
            }
        }
    }

    /// A lane with a curve, from its points (milliseconds, height from the top), over a line that is not to
    /// be passed, or one to come up to.
    pub(super) fn curve(self, name: Markup, label: &str, points: &[(f64, f64)], target: f64) -> Markup {
        let path = points.iter().map(|(ms, y)| format!("{:.2} {y:.1}", self.place(*ms))).collect::<Vec<_>>();
        let (first, last) = (points.first(), points.last());
        let end = |point: Option<&(f64, f64)>| self.place(point.map_or(0.0, |(ms, _)| *ms));
        let (first, last, path, target) = (end(first), end(last), path.join("L"), format!("{target:.1}"));
        html! {
            div.lane {
                span { (name) }
                @if points.len() > 1 {
                    svg viewBox={ "0 0 100 " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
                        (self.grid(HEIGHT))
                        path.area d=(format!("M{first:.2} {HEIGHT}L{path}L{last:.2} {HEIGHT}Z")) {}
                        path.edge d={ "M" (path) } {}
                        line.target x1="0" x2="100" y1=(target) y2=(target) {}
                    }
                } @else { span.quiet { "too short for a curve" } }
            }
        }
    }

    /// A thin lane with what a closure draws on it, in a drawing 100 wide and 14 high.
    pub(super) fn thin(self, name: Markup, label: &str, drawn: Markup) -> Markup {
        html! {
            div.lane {
                span { (name) }
                svg.thin viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label=(label) {
                    rect.ground width="100" height="14" {}
                    (self.grid(14.0))
                    (drawn)
                }
            }
        }
    }

    /// The named moments through a lane.
    fn grid(self, height: f64) -> Markup {
        html! {
            @for ms in self.named().skip(1) {
                @let at = format!("{:.2}", self.place(ms as f64));
                line.grid x1=(at) x2=(at) y1="0" y2=(height) {}
            }
        }
    }
}

pub(super) fn per_cent(place: f64) -> String {
    format!("{place:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_moments_are_named_and_few() {
        let named = |seconds: u64| {
            Axis { lasts_ms: seconds * 1_000 }.named().map(place).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(named(40), "0:00 0:10 0:20 0:30 0:40");
        assert_eq!(named(6_420), "0:00 0:30:00 1:00:00 1:30:00".replace("0:30:00", "30:00"));
        assert_eq!(named(0), "0:00");
        for seconds in [1, 7, 59, 61, 1_000, 10_000, 500_000] {
            let count = named(seconds).split(' ').count() as u64;
            assert!((1..=MOST_NAMED).contains(&count), "{seconds} s: {}", named(seconds));
        }
    }

    #[test]
    fn a_moment_stands_where_it_is_in_the_film() {
        let axis = Axis { lasts_ms: 8_000 };
        assert_eq!([0.0, 2_000.0, 8_000.0, 9_000.0].map(|ms| axis.place(ms)), [0.0, 25.0, 100.0, 100.0]);
        let lane = axis.curve(html! { "Data" }, "Data", &[(0.0, 2.0), (4_000.0, 42.0)], 9.0).into_string();
        assert!(lane.contains("M0.00 44L0.00 2.0L50.00 42.0L50.00 44Z"), "{lane}");
        assert!(axis.curve(html! {}, "", &[(0.0, 2.0)], 9.0).into_string().contains("too short"));
    }
}
