//! Days as people write them: for sentences. Fields of bodies, arguments and tables have `2026-11-28`.

use jiff::civil::Date;

/// `Sat 28 Nov 2026`.
pub fn date(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_weekday_and_year() {
        assert_eq!(date("2026-11-02".parse().unwrap()), "Mon 2 Nov 2026");
    }
}
