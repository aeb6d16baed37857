//! Whether a task is due on a day (docs/scheduling.md, rule 1), whether a person's start falls on its day
//! (rule 3), and from which day on it does. Pure in days; which day it is, `day.rs` says.

use butler_api::Reason;
use jiff::{ToSpan, civil::Date};

/// Whether a person may start a task on `day`: never completed, or completed on that very day, or its
/// interval has passed.
///
/// # Errors
/// The reason to skip it, with the day from which it is due.
pub(crate) fn on_its_day(
    every_days: u32,
    last_completed: Option<Date>,
    day: Date,
) -> Result<(), Box<NotItsDay>> {
    let Some(last) = trusted(last_completed, day) else { return Ok(()) };
    let elapsed = days_between(last, day);
    if elapsed == 0 || elapsed >= i64::from(every_days) {
        return Ok(());
    }
    Err(Box::new(NotItsDay { last, due: next_due(every_days, last) }))
}

/// Whether a task that is switched on is due on `day` (rule 1): nobody gave it up on that day, and it never
/// completed or its interval has passed.
///
/// # Errors
/// Why it is not.
pub(crate) fn due(
    every_days: u32,
    last_completed: Option<Date>,
    given_up: Option<Date>,
    day: Date,
) -> Result<(), Reason> {
    if given_up == Some(day) {
        return Err(Reason::EndedThatDay { day });
    }
    let Some(last) = trusted(last_completed, day) else { return Ok(()) };
    if days_between(last, day) >= i64::from(every_days) {
        return Ok(());
    }
    Err(NotItsDay { last, due: next_due(every_days, last) }.reason())
}

fn next_due(every_days: u32, last: Date) -> Date {
    last.checked_add(i64::from(every_days).days()).unwrap_or(Date::MAX)
}

/// A task whose interval has not passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotItsDay {
    pub(crate) last: Date,
    pub(crate) due: Date,
}

impl NotItsDay {
    pub(crate) fn reason(&self) -> Reason {
        Reason::NotItsDay { last: self.last, due: self.due }
    }
}

/// The last completed day as far as the clock can be believed: tomorrow's counts as today's, a later one as
/// never.
fn trusted(last: Option<Date>, day: Date) -> Option<Date> {
    let last = last?;
    match days_between(day, last) {
        ..=0 => Some(last),
        1 => Some(day),
        _ => None,
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn check(every_days: u32, last: Option<Date>, day: Date, due: Option<Date>) {
        let answer = on_its_day(every_days, last, day);
        assert_eq!(answer.err().map(|why| why.due), due, "every {every_days} days, last {last:?}, on {day}");
    }

    #[test]
    fn rule_3_a_task_is_on_its_day_if_never_completed_or_completed_today_or_its_interval_has_passed() {
        let day = date(2026, 11, 23);
        check(7, None, day, None);
        check(7, Some(day), day, None);
        for elapsed in 1..7 {
            let last = day.checked_sub(elapsed.days()).unwrap();
            check(7, Some(last), day, Some(last.checked_add(7.days()).unwrap()));
        }
        check(7, Some(date(2026, 11, 16)), day, None);
        check(7, Some(date(2020, 1, 1)), day, None);
        check(1, Some(date(2026, 11, 22)), day, None);
        check(3, Some(date(2026, 11, 21)), day, Some(date(2026, 11, 24)));
        check(3, Some(date(2026, 12, 30)), date(2027, 1, 1), Some(date(2027, 1, 2)));
    }

    #[test]
    fn rule_1_a_last_day_of_tomorrow_counts_as_today_and_a_later_one_as_never() {
        let day = date(2026, 11, 23);
        check(7, Some(date(2026, 11, 24)), day, None);
        check(7, Some(date(2026, 11, 25)), day, None);
        assert_eq!(trusted(Some(date(2026, 11, 24)), day), Some(day));
        assert_eq!(trusted(Some(date(2026, 11, 25)), day), None);
        assert_eq!(trusted(Some(date(2026, 11, 22)), day), Some(date(2026, 11, 22)));
    }

    #[test]
    fn the_last_days_of_the_calendar_are_no_trouble() {
        check(7, Some(Date::MAX.yesterday().unwrap()), Date::MAX, Some(Date::MAX));
        check(7, Some(Date::MIN), Date::MAX, None);
        check(7, Some(Date::MAX), Date::MIN, None);
    }
}
