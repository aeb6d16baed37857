//! What a picture file says of how it was taken: when, with what, which way up, where. From its own header,
//! its EXIF block, and the dates of its XMP and IPTC.
//!
//! Sources: Exif 2.32 (CIPA DC-008), with the offsets of time of its 2.31. The pixels are not looked at.
//! Sizes are those of the upright picture. Where the file tells no date, its name or its time of writing may:
//! that is the library's business, since both belong to a file and not to its content.

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::one_line::one_line;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// At most this many characters of a text are kept.
pub const MAX_CHARS: usize = 128;

/// What a picture file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PhotoValue))]
#[serde(default)]
pub struct Photo {
    /// Width of the upright picture, pixels; none where the header keeps it to itself.
    pub width: Option<u32>,
    /// Height of the upright picture, pixels.
    pub height: Option<u32>,
    /// How the stored picture must be turned.
    pub orientation: Orientation,
    /// When it was taken, or else made, if the file says so.
    pub taken: Option<Taken>,
    /// When it was changed last, if the file says so: a name that tells a date is believed before it. From
    /// version 2 on; older ones count it as `taken` where there is no other.
    pub changed: Option<Taken>,
    /// Who made the camera: `Canon`.
    pub make: Option<String>,
    /// The camera: `Canon EOS 80D`.
    pub model: Option<String>,
    /// The lens.
    pub lens: Option<String>,
    /// Seconds that the shutter was open.
    pub exposure_seconds: Option<f64>,
    /// The F number.
    pub aperture: Option<f64>,
    /// The sensitivity.
    pub iso: Option<u32>,
    /// Millimetres.
    pub focal_length_mm: Option<f64>,
    /// Where it was taken.
    pub place: Option<Place>,
}

/// How a stored picture must be turned to stand upright: EXIF's numbers 1 to 8, by what to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PhotoOrientation))]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// 1: it stands upright.
    #[default]
    Upright,
    /// 2: mirror left and right.
    Mirror,
    /// 3: turn by 180 degrees.
    Turn180,
    /// 4: mirror top and bottom.
    Flip,
    /// 5: mirror along the falling diagonal.
    Transpose,
    /// 6: turn clockwise by 90 degrees.
    Turn90,
    /// 7: mirror along the rising diagonal.
    Transverse,
    /// 8: turn clockwise by 270 degrees.
    Turn270,
}

impl Orientation {
    /// All of them, in the order of EXIF's numbers, the first of which is 1.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::Mirror,
        Self::Turn180,
        Self::Flip,
        Self::Transpose,
        Self::Turn90,
        Self::Transverse,
        Self::Turn270,
    ];

    /// EXIF's number, 1 to 8.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// What EXIF's number says; any other stands for upright.
    pub fn of_number(number: u32) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|number| Self::ALL.get(number.checked_sub(1)?).copied())
            .unwrap_or_default()
    }

    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        matches!(self, Self::Transpose | Self::Turn90 | Self::Transverse | Self::Turn270)
    }
}

/// When a picture was taken, by its camera's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PhotoTaken))]
pub struct Taken {
    /// The camera's local time: `2024-01-31T12:34:56`.
    pub local: String,
    /// Minutes by which that is ahead of UTC, where the camera says so: -840 to 840.
    pub offset_minutes: Option<i16>,
}

impl Taken {
    /// Of the numbers of a clock; none if there is no such instant: most cameras write zeros when their clock
    /// was never set.
    pub fn of(date: (u16, u8, u8), time: (u8, u8, u8), offset_minutes: Option<i16>) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        // A leap second is the second before it.
        let second = second.min(59);
        let is_time = (1_800..=9_999).contains(&year)
            && (1..=days_in(year, month)?).contains(&day)
            && hour < 24
            && minute < 60;
        is_time.then(|| Self {
            local: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
            offset_minutes: offset_minutes.filter(|offset| offset.abs() <= 14 * 60),
        })
    }

    /// The date: `2024-01-31`.
    pub fn date(&self) -> &str {
        self.local.split('T').next().unwrap_or_default()
    }

    /// The year.
    pub fn year(&self) -> Option<u16> {
        self.local.get(..4)?.parse().ok()
    }

    fn is_sound(&self) -> bool {
        let two = |range| self.local.get(range).and_then(|digits: &str| digits.parse::<u8>().ok());
        let (Some(year), Some(month), Some(day)) = (self.year(), two(5..7), two(8..10)) else { return false };
        let (Some(hour), Some(minute), Some(second)) = (two(11..13), two(14..16), two(17..19)) else {
            return false;
        };
        Self::of((year, month, day), (hour, minute, second), self.offset_minutes).as_ref() == Some(self)
    }
}

/// The days of a month; none if there is no such month.
fn days_in(year: u16, month: u8) -> Option<u8> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

/// A place on Earth, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PhotoPlace))]
pub struct Place {
    /// Degrees, north positive: -90 to 90.
    pub latitude: f64,
    /// Degrees, east positive: -180 to 180.
    pub longitude: f64,
    /// Metres above the sea.
    pub altitude_m: Option<f64>,
}

impl Place {
    /// A place, if there is such a one.
    pub fn of(latitude: f64, longitude: f64, altitude_m: Option<f64>) -> Option<Self> {
        let is_there = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        is_there.then_some(Self {
            latitude,
            longitude,
            altitude_m: altitude_m.filter(|metres| metres.is_finite()),
        })
    }
}

impl Photo {
    /// The same within this page's bounds: texts cut and trimmed, numbers that are none forgotten.
    #[must_use]
    pub fn bounded(self) -> Self {
        let text = |text: Option<String>| {
            text.map(|text| one_line(&text, MAX_CHARS)).filter(|text| !text.is_empty())
        };
        let positive = |number: Option<f64>| number.filter(|number| number.is_finite() && *number > 0.0);
        Self {
            width: self.width.filter(|width| *width > 0),
            height: self.height.filter(|height| *height > 0),
            orientation: self.orientation,
            taken: self.taken.filter(Taken::is_sound),
            changed: self.changed.filter(Taken::is_sound),
            make: text(self.make),
            model: text(self.model),
            lens: text(self.lens),
            exposure_seconds: positive(self.exposure_seconds),
            aperture: positive(self.aperture),
            iso: self.iso.filter(|iso| *iso > 0),
            focal_length_mm: positive(self.focal_length_mm),
            place: self.place.and_then(|place| Place::of(place.latitude, place.longitude, place.altitude_m)),
        }
    }
}

impl Product for Photo {
    const NAME: &'static str = "photo";
    const VERSION: u32 = 2;
    const NEEDS: Traits = Traits::PHOTO;
    const AFTER_HEADERS: bool = false;
    const IS_BRIEF: bool = true;
    const COST: Cost = Cost { per: CostPer::Source, seconds: 0.02 };

    fn is_sound(&self) -> bool {
        self.clone().bounded() == *self
    }

    fn summary(&self) -> Vec<Line> {
        let size = self
            .width
            .zip(self.height)
            .map(|(width, height)| Line::new("size", Quantity::Pixels(width, height)));
        let taken = self.taken.as_ref().map(|taken| Line::text("taken", taken.local.clone()));
        size.into_iter().chain(taken).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eight_orientations_keep_their_numbers() {
        for (orientation, number) in Orientation::ALL.into_iter().zip(1_u8..) {
            assert_eq!((orientation.number(), Orientation::of_number(number.into())), (number, orientation));
            assert_eq!(orientation.swaps_sides(), number > 4, "{number}");
        }
        assert_eq!([0, 9, u32::MAX].map(Orientation::of_number), [Orientation::Upright; 3]);
    }

    #[test]
    fn only_what_a_clock_can_show_is_a_time() {
        assert_eq!(Taken::of((2024, 2, 29), (23, 59, 60), Some(60)).unwrap().local, "2024-02-29T23:59:59");
        assert_eq!(Taken::of((2024, 1, 31), (12, 34, 56), Some(5_000)).unwrap().offset_minutes, None);
        for (date, time) in [
            ((0, 0, 0), (0, 0, 0)),
            ((2023, 2, 29), (0, 0, 0)),
            ((1900, 2, 29), (0, 0, 0)),
            ((2024, 13, 1), (0, 0, 0)),
            ((2024, 1, 31), (24, 0, 0)),
            ((2024, 1, 31), (0, 60, 0)),
        ] {
            assert_eq!(Taken::of(date, time, None), None, "{date:?} {time:?}");
        }
    }

    #[test]
    fn what_a_worker_says_is_held_within_bounds() {
        let taken = |local: &str| Some(Taken { local: local.into(), offset_minutes: None });
        let good = Photo {
            taken: taken("2024-01-31T12:34:56"),
            iso: Some(100),
            place: Place::of(51.8, 10.6, None),
            ..Photo::default()
        };
        assert!(good.is_sound());
        for bad in [
            Photo { taken: taken("2024-01-31 12:34:56"), ..Photo::default() },
            Photo { taken: taken("2024-01-31T12:34:56; DROP"), ..Photo::default() },
            Photo { taken: taken("é"), ..Photo::default() },
            Photo { model: Some("m".repeat(MAX_CHARS + 1)), ..Photo::default() },
            Photo { aperture: Some(f64::NAN), ..Photo::default() },
            Photo {
                place: Some(Place { latitude: 91.0, longitude: 0.0, altitude_m: None }),
                ..Photo::default()
            },
            Photo { width: Some(0), ..Photo::default() },
        ] {
            assert!(!bad.is_sound(), "{bad:?}");
        }
    }
}
