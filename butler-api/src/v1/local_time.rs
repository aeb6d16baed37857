//! A moment as the server's clock on the wall shows it: RFC 3339 with the offset that its zone has then.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment with the offset of the server's zone: `2026-11-24T02:00:00+01:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    at: Timestamp,
    offset: Offset,
}

impl LocalTime {
    /// A moment in a zone.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        Self { at, offset: zone.to_offset(at) }
    }

    /// The moment.
    pub const fn at(self) -> Timestamp {
        self.at
    }

    /// What the clock on the wall shows.
    pub fn civil(self) -> DateTime {
        self.offset.to_datetime(self.at)
    }

    /// The time of day: `02:00`.
    pub fn clock(self) -> String {
        self.civil().strftime("%H:%M").to_string()
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As everything else that is told in UTC.
        if self.offset == Offset::UTC {
            return fmt::Display::fmt(&self.at, f);
        }
        fmt::Display::fmt(&self.at.display_with_offset(self.offset), f)
    }
}

impl FromStr for LocalTime {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let offset = Pieces::parse(text)?.to_numeric_offset().unwrap_or(Offset::UTC);
        Ok(Self { at: text.parse()?, offset })
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_its_text_and_shows_the_servers_clock() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let time = LocalTime::of("2026-11-24T01:00:00Z".parse().unwrap(), &zone);
        assert_eq!(
            (time.to_string().as_str(), time.clock().as_str()),
            ("2026-11-24T02:00:00+01:00", "02:00")
        );
        assert_eq!(time.to_string().parse::<LocalTime>().unwrap(), time);
        let utc: LocalTime = "2026-11-24T01:00:00Z".parse().unwrap();
        assert_eq!((utc.to_string().as_str(), utc.clock().as_str()), ("2026-11-24T01:00:00Z", "01:00"));
    }
}
