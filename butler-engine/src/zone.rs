//! Whether the time zone holds that somebody named. The schedule's hours are those of the system's zone, and
//! UTC where that can't be had: so it has to be told.

use std::ffi::OsStr;

use jiff::tz::TimeZone;

/// What is wrong with the zone that the variable TZ names, with what to do, in one sentence; none where all
/// is well.
pub fn zone_trouble() -> Option<String> {
    let named = std::env::var_os("TZ")?;
    trouble(&named, TimeZone::try_system().is_ok())
}

fn trouble(named: &OsStr, is_known: bool) -> Option<String> {
    let named = named.to_string_lossy();
    (!is_known).then(|| {
        format!(
            "There is no time zone `{named}`, so all hours are those of UTC. Start Butler again with TZ \
             set to a name as in `Europe/Berlin`, or without it for the system's own zone."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_zone_that_is_unknown_is_told() {
        assert_eq!(trouble(OsStr::new("Europe/Berlin"), true), None);
        assert!(trouble(OsStr::new("Mars/Olympus"), false).unwrap().contains("no time zone `Mars/Olympus`"));
    }
}
