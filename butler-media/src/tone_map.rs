//! Brings light that a JPEG has no numbers for into its range: PQ and HLG films, and the wide gamut of
//! BT.2020, become BT.709.
//!
//! Pure: a small picture of 16 bits in, one of 8 bits out; it runs on the picture in its small size only. The
//! way of a pixel: to light (cd/m2), to the primaries of BT.709, the brightest of its three colours pressed
//! into the range by the EETF of Report ITU-R BT.2390 (section 5.4) and the others with it, so that the hue
//! stays, then to the numbers of a display of BT.1886. White is the 203 cd/m2 of Report ITU-R BT.2408, so
//! that faces and paper are as bright as in an SDR film. Start with [`ToneMap::new`].

use crate::ffi::Frame;

/// Light of an SDR picture's white, cd/m2 (Report ITU-R BT.2408, HDR reference white).
const WHITE: f64 = 203.0;
/// Light at which PQ ends, cd/m2 (SMPTE ST 2084).
const PQ_PEAK: f64 = 10_000.0;
/// The peak of an HLG display, and of a PQ film that doesn't tell its own, cd/m2.
const USUAL_PEAK: f64 = 1_000.0;
/// Exponent of an SDR display (Recommendation ITU-R BT.1886).
const DISPLAY_GAMMA: f64 = 2.4;
/// HLG's system gamma at [`USUAL_PEAK`] (Recommendation ITU-R BT.2100, table 5).
const HLG_GAMMA: f64 = 1.2;

/// Steps of the tables.
const STEPS: usize = 4_096;
/// Bits of a 16-bit number that a table of [`STEPS`] does not tell apart.
const UNTOLD_BITS: u32 = 4;

/// Luminance of BT.2020's red, green and blue (Recommendation ITU-R BT.2100, table 5).
const LUMINANCE_2020: [f64; 3] = [0.2627, 0.6780, 0.0593];
/// From BT.2020's primaries to BT.709's (Report ITU-R BT.2407, section 2.2).
const TO_709: [[f64; 3]; 3] =
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];

/// What a film's numbers mean beyond what a JPEG's do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Light {
    curve: Curve,
    /// Whether red, green and blue are those of BT.2020.
    wide: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    /// SMPTE ST 2084, with the film's peak in cd/m2.
    Pq { peak: u32 },
    /// ARIB STD-B67.
    Hlg,
    /// As an SDR display shows it.
    Sdr,
}

impl Light {
    /// By the numbers of ITU-T H.273 for the transfer and the primaries, and the film's peak in cd/m2; none
    /// where the picture's numbers are a JPEG's already.
    pub(crate) fn new((transfer, primaries): (i32, i32), peak: Option<u32>) -> Option<Self> {
        // HDR without named primaries is BT.2020: BT.2100 knows no others.
        let curve = match transfer {
            16 => Curve::Pq { peak: peak.unwrap_or(USUAL_PEAK as u32).max(WHITE as u32) },
            18 => Curve::Hlg,
            _ => Curve::Sdr,
        };
        let wide = primaries == 9 || (primaries == 2 && curve != Curve::Sdr);
        (wide || curve != Curve::Sdr).then_some(Self { curve, wide })
    }
}

/// The tables of one kind of light.
pub(crate) struct ToneMap {
    light: Light,
    /// Light of a 16-bit number, cd/m2; HLG's before the display's part, 0 to 1.
    linear: Vec<f32>,
    /// What a pixel is multiplied with, by the fourth root of its brightest colour over PQ's peak; 1 is
    /// [`WHITE`].
    gain: Vec<f32>,
    /// The 8-bit number of a light, by its square root.
    coded: Vec<u8>,
}

impl ToneMap {
    pub(crate) fn new(light: Light) -> Self {
        let table = |of: &dyn Fn(f64) -> f64| {
            (0..STEPS).map(|step| of(step as f64 / (STEPS - 1) as f64) as f32).collect()
        };
        let linear = table(&|coded| match light.curve {
            Curve::Pq { .. } => pq_to_light(coded),
            Curve::Hlg => hlg_to_scene(coded),
            Curve::Sdr => coded.powf(DISPLAY_GAMMA) * WHITE,
        });
        let peak = match light.curve {
            Curve::Pq { peak } => f64::from(peak),
            Curve::Hlg => USUAL_PEAK,
            Curve::Sdr => WHITE,
        };
        let gain = table(&|root| {
            let brightest = (root.powi(4) * PQ_PEAK).max(1e-6);
            pressed(brightest, peak) / brightest / WHITE
        });
        let coded = (0..STEPS)
            .map(|step| ((step as f64 / (STEPS - 1) as f64).powf(2.0 / DISPLAY_GAMMA) * 255.0).round() as u8)
            .collect();
        Self { light, linear, gain, coded }
    }

    pub(crate) const fn light(&self) -> Light {
        self.light
    }

    /// Red, green and blue of 16 bits to those of 8 bits.
    fn pixel(&self, coded: [u16; 3]) -> [u8; 3] {
        let mut colours = coded.map(|number| self.linear[usize::from(number >> UNTOLD_BITS)]);
        if self.light.curve == Curve::Hlg {
            // The display's part (BT.2100's OOTF): the brighter the pixel, the more it is raised.
            let luminance: f32 =
                colours.iter().zip(LUMINANCE_2020).map(|(colour, weight)| colour * weight as f32).sum();
            let raised = luminance.max(0.0).powf(HLG_GAMMA as f32 - 1.0) * USUAL_PEAK as f32;
            colours = colours.map(|colour| colour * raised);
        }
        if self.light.wide {
            colours = TO_709.map(|row| {
                row.iter().zip(colours).map(|(factor, colour)| *factor as f32 * colour).sum::<f32>().max(0.0)
            });
        }
        let brightest = colours.iter().copied().fold(0.0, f32::max);
        let last = (STEPS - 1) as f32;
        let gain = self.gain[((brightest / PQ_PEAK as f32).sqrt().sqrt() * last + 0.5).min(last) as usize];
        colours.map(|colour| self.coded[((colour * gain).min(1.0).sqrt() * last + 0.5) as usize])
    }

    /// Fills a frame made by [`Frame::for_jpeg`] from one of the same size made by [`Frame::for_light`].
    pub(crate) fn apply(&self, from: &Frame, to: &mut Frame) {
        let width = from.width() as usize;
        let mut pixels = Vec::with_capacity(width * from.height() as usize);
        for row in from.light_rows() {
            pixels.extend(row.chunks_exact(6).map(|six| {
                self.pixel([
                    u16::from_le_bytes([six[0], six[1]]),
                    u16::from_le_bytes([six[2], six[3]]),
                    u16::from_le_bytes([six[4], six[5]]),
                ])
            }));
        }
        for plane in 0..3 {
            let side = if plane == 0 { 1 } else { 2 };
            let target = to.plane_mut(plane);
            for (y, row) in target.bytes.chunks_mut(target.stride).enumerate() {
                for (x, number) in row[..target.width].iter_mut().enumerate() {
                    // The colours of four pixels are kept as one.
                    let mut sum = [0.0f32; 3];
                    for at in 0..side * side {
                        let pixel = pixels[(y * side + at / side) * width + x * side + at % side];
                        sum = std::array::from_fn(|colour| sum[colour] + f32::from(pixel[colour]));
                    }
                    *number = jpegs(plane, sum.map(|colour| colour / (side * side) as f32));
                }
            }
        }
    }
}

/// A JPEG's number of one plane (ITU-T T.871: BT.601's factors, full range).
fn jpegs(plane: usize, [red, green, blue]: [f32; 3]) -> u8 {
    let number = match plane {
        0 => 0.299 * red + 0.587 * green + 0.114 * blue,
        1 => 128.0 - 0.168_736 * red - 0.331_264 * green + 0.5 * blue,
        _ => 128.0 + 0.5 * red - 0.418_688 * green - 0.081_312 * blue,
    };
    (number + 0.5) as u8
}

// SMPTE ST 2084's constants.
const M1: f64 = 2_610.0 / 16_384.0;
const M2: f64 = 2_523.0 / 4_096.0 * 128.0;
const C1: f64 = 3_424.0 / 4_096.0;
const C2: f64 = 2_413.0 / 4_096.0 * 32.0;
const C3: f64 = 2_392.0 / 4_096.0 * 32.0;

/// The light of a PQ number, 0 to 1, in cd/m2.
fn pq_to_light(coded: f64) -> f64 {
    let root = coded.max(0.0).powf(1.0 / M2);
    ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1) * PQ_PEAK
}

/// The PQ number, 0 to 1, of a light in cd/m2.
fn light_to_pq(light: f64) -> f64 {
    let power = (light.max(0.0) / PQ_PEAK).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

/// The light of the scene, 0 to 1, of an HLG number (Recommendation ITU-R BT.2100, table 5: the inverse
/// OETF).
fn hlg_to_scene(coded: f64) -> f64 {
    const A: f64 = 0.178_832_77;
    const B: f64 = 1.0 - 4.0 * A;
    let c = 0.5 - A * (4.0 * A).ln();
    if coded <= 0.5 { coded * coded / 3.0 } else { (((coded - c) / A).exp() + B) / 12.0 }
}

/// A light pressed from a range that ends at `peak` into one that ends at [`WHITE`], all in cd/m2 (Report
/// ITU-R BT.2390, section 5.4: equal up to a knee, and a Hermite spline from there on; black stays black).
fn pressed(light: f64, peak: f64) -> f64 {
    let source = light_to_pq(peak);
    let most = light_to_pq(WHITE) / source;
    let knee = 1.5 * most - 0.5;
    let number = (light_to_pq(light) / source).min(1.0);
    if peak <= WHITE || number < knee {
        return light.min(WHITE);
    }
    let t = (number - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let spline = (2.0 * t3 - 3.0 * t2 + 1.0) * knee
        + (t3 - 2.0 * t2 + t) * (1.0 - knee)
        + (3.0 * t2 - 2.0 * t3) * most;
    pq_to_light(spline * source)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue as parts of the whole to 8 bits; `peak` as the film tells it.
    fn mapped(transfer: i32, peak: Option<u32>, colours: [f64; 3]) -> [u8; 3] {
        let tone_map = ToneMap::new(Light::new((transfer, 9), peak).unwrap());
        tone_map.pixel(colours.map(|part| (part * 65_535.0).round() as u16))
    }

    fn check(is: [u8; 3], expect: [u8; 3]) {
        let off = is.iter().zip(expect).map(|(is, expect)| is.abs_diff(expect)).max().unwrap();
        // The tables have steps, which show most in the dark.
        assert!(off <= 2, "{is:?} instead of {expect:?}");
    }

    // The numbers below come of a program of its own, written from the Recommendations, with primaries'
    // matrices worked out exactly.

    #[test]
    fn pq_greys_are_equal_in_the_dark_and_pressed_in_the_light() {
        for (coded, usual, bright) in [
            (0.0, 0, 0),
            (0.1, 17, 17),
            (0.2, 40, 40),
            (0.3, 73, 73),
            (0.38, 108, 108),
            (0.5, 184, 174),
            (0.58, 230, 210),
            (0.7, 254, 243),
        ] {
            check(mapped(16, None, [coded; 3]), [usual; 3]);
            check(mapped(16, Some(4_000), [coded; 3]), [bright; 3]);
        }
        assert_eq!(mapped(16, None, [1.0; 3]), [255; 3]);
    }

    #[test]
    fn hlg_greys_are_those_of_a_display_of_1000_candela() {
        for (coded, expect) in
            [(0.0, 0), (0.1, 29), (0.25, 72), (0.38, 109), (0.5, 143), (0.75, 230), (0.9, 253), (1.0, 255)]
        {
            check(mapped(18, None, [coded; 3]), [expect; 3]);
        }
    }

    #[test]
    fn colours_keep_their_hue_and_come_into_the_gamut() {
        check(mapped(16, None, [0.6, 0.5, 0.4]), [247, 130, 79]);
        check(mapped(16, None, [0.5, 0.3, 0.3]), [214, 0, 65]);
        check(mapped(16, None, [0.3, 0.3, 0.5]), [50, 70, 191]);
        check(mapped(18, None, [0.6, 0.5, 0.4]), [189, 140, 115]);
        check(mapped(18, None, [0.2, 0.2, 0.75]), [0, 55, 213]);
    }

    #[test]
    fn a_brighter_light_is_never_darker_after_it() {
        for (transfer, peak) in
            [(16, None), (16, Some(100)), (16, Some(600)), (16, Some(10_000)), (18, None), (1, None)]
        {
            let greys: Vec<_> =
                (0..=64).map(|step| mapped(transfer, peak, [f64::from(step) / 64.0; 3])[0]).collect();
            assert!(greys.is_sorted(), "{transfer} {peak:?}: {greys:?}");
            assert_eq!((greys[0], greys[64]), (0, 255), "{transfer} {peak:?}");
        }
    }

    #[test]
    fn a_wide_gamut_without_hdr_keeps_its_greys() {
        for part in [0.1, 0.5, 0.9] {
            let expect = (part * 255.0_f64).round() as u8;
            check(mapped(1, None, [part; 3]), [expect; 3]);
        }
    }

    #[test]
    fn what_a_jpeg_can_hold_is_left_alone() {
        for (transfer, primaries) in [(1, 1), (6, 6), (2, 2), (13, 1), (14, 1), (0, 0)] {
            assert_eq!(Light::new((transfer, primaries), Some(1_000)), None);
        }
        assert!(Light::new((16, 2), None).unwrap().wide);
        assert!(!Light::new((16, 1), None).unwrap().wide);
    }

    #[test]
    fn a_small_picture_keeps_its_places_and_a_jpegs_colours() {
        let tone_map = ToneMap::new(Light::new((1, 9), None).unwrap());
        let mut bright = Frame::for_light(4, 2).unwrap();
        // White on the left, black on the right.
        for row in bright.light_rows_mut() {
            row.fill(0);
            row[..12].fill(0xFF);
        }
        let mut small = Frame::for_jpeg(4, 2).unwrap();
        tone_map.apply(&bright, &mut small);
        let lightness = small.plane(0);
        for row in lightness.bytes.chunks(lightness.stride) {
            assert_eq!(row[..4], [255, 255, 0, 0]);
        }
        assert_eq!(
            (small.plane(1).bytes[..2].to_vec(), small.plane(2).bytes[..2].to_vec()),
            (vec![128; 2], vec![128; 2])
        );
        assert_eq!([0, 1, 2].map(|plane| jpegs(plane, [255.0, 0.0, 0.0])), [76, 85, 255]);
    }
}
