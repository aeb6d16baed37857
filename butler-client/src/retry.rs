//! When a call is tried again, and after which pause. Pure: time and chance are handed in; `request.rs`
//! waits.

use std::time::Duration;

/// Statuses of servers that are busy, starting or behind a gateway that finds them away.
const STATUSES: [u16; 4] = [429, 502, 503, 504];
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const ELAPSED_LIMIT: Duration = Duration::from_secs(10);
/// Doublings after which a pause would be longer than anybody waits.
const MAX_DOUBLINGS: u32 = 16;

/// Which calls are tried again, and how long for. The pauses double, each with a jitter of up to a half, so
/// that clients which failed together don't come back together; a server's `Retry-After` is kept to.
///
/// The default tries calls that are idempotent (`GET`, `PUT`, `DELETE`) again after 429, 502, 503, 504 and
/// connections that break or do not come to be in time, for at most 10 s. A call's own timeout holds over all
/// its tries. Of a stop whose first answer was lost, the second may say that nothing runs
/// ([`Error::NotFound`](crate::Error::NotFound)).
///
/// ```
/// use std::time::Duration;
/// use butler_client::RetryPolicy;
///
/// let patient = RetryPolicy::default().elapsed_limit(Duration::from_secs(60)).statuses([503]);
/// # assert_ne!(patient, RetryPolicy::none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    statuses: Vec<u16>,
    first_pause: Duration,
    longest_pause: Duration,
    elapsed_limit: Duration,
    every_method: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            statuses: STATUSES.to_vec(),
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
            elapsed_limit: ELAPSED_LIMIT,
            every_method: false,
        }
    }
}

impl RetryPolicy {
    /// Nothing is tried again.
    pub fn none() -> Self {
        Self::default().elapsed_limit(Duration::ZERO)
    }

    /// Sets the statuses after which a call is tried again.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Sets the pause before the second try, and the longest one; each is twice the one before it.
    #[must_use]
    pub const fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_pause, self.longest_pause) = (first, longest);
        self
    }

    /// Sets how long after the call's begin a further try may begin.
    #[must_use]
    pub const fn elapsed_limit(mut self, limit: Duration) -> Self {
        self.elapsed_limit = limit;
        self
    }

    /// Tries calls again that are not idempotent too: a start may then be asked for twice.
    #[must_use]
    pub const fn every_method(mut self) -> Self {
        self.every_method = true;
        self
    }

    /// The pause before the next try; none if there is to be no further one. `chance` is at least 0 and
    /// below 1.
    pub(crate) fn pause(&self, tried: &Tried, chance: f64) -> Option<Duration> {
        let is_worth = match tried.failure {
            Failure::Status(status) => self.statuses.contains(&status),
            Failure::Connection => true,
        };
        if !is_worth || !(tried.is_idempotent || self.every_method) {
            return None;
        }
        let own = backed_off(self.first_pause, self.longest_pause, tried.times.saturating_sub(1), chance);
        let pause = own.max(tried.retry_after.unwrap_or_default());
        (tried.elapsed.checked_add(pause)? < self.elapsed_limit).then_some(pause)
    }
}

/// A pause that doubles with each failure, up to the longest, and lies between a half and the whole of that.
pub(crate) fn backed_off(first: Duration, longest: Duration, failures_before: u32, chance: f64) -> Duration {
    let doubled = first.saturating_mul(1 << failures_before.min(MAX_DOUBLINGS)).min(longest);
    doubled.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// What became of a call so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    /// How often it was tried.
    pub(crate) times: u32,
    /// Since when, counted from the first try.
    pub(crate) elapsed: Duration,
    /// Whether doing it twice is as good as once.
    pub(crate) is_idempotent: bool,
    /// How the last try failed.
    pub(crate) failure: Failure,
    /// What the server asks to be waited.
    pub(crate) retry_after: Option<Duration>,
}

/// How a try failed that may be worth another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// By this status.
    Status(u16),
    /// There was no connection, or it broke or took too long.
    Connection,
}

/// Reads `Retry-After`: seconds, or an HTTP date, which is counted from the answer's own `Date`.
pub(crate) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let (until, now) = (httpdate::parse_http_date(value).ok()?, httpdate::parse_http_date(date?).ok()?);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn tried(times: u32, elapsed_ms: u64, failure: Failure) -> Tried {
        let elapsed = Duration::from_millis(elapsed_ms);
        Tried { times, elapsed, is_idempotent: true, failure, retry_after: None }
    }

    fn pause_ms(policy: &RetryPolicy, tried: &Tried, chance: f64) -> Option<u128> {
        policy.pause(tried, chance).map(|pause| pause.as_millis())
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_chance_takes_up_to_a_half() {
        let policy = RetryPolicy::default();
        for (times, chance, expect) in [
            (1, 0.0, 100),
            (1, 1.0, 200),
            (2, 1.0, 400),
            (3, 0.5, 600),
            (30, 1.0, 5_000),
            (u32::MAX, 0.0, 2_500),
        ] {
            assert_eq!(
                pause_ms(&policy, &tried(times, 0, Failure::Connection), chance),
                Some(expect),
                "{times}"
            );
        }
    }

    #[test]
    fn only_what_is_worth_it_is_tried_again() {
        let policy = RetryPolicy::default();
        for (status, is_worth) in
            [(400, false), (401, false), (404, false), (429, true), (500, false), (503, true)]
        {
            assert_eq!(
                policy.pause(&tried(1, 0, Failure::Status(status)), 0.0).is_some(),
                is_worth,
                "{status}"
            );
        }
        let start = Tried { is_idempotent: false, ..tried(1, 0, Failure::Status(503)) };
        assert_eq!(policy.pause(&start, 0.0), None);
        assert!(policy.clone().every_method().pause(&start, 0.0).is_some());
        assert_eq!(policy.statuses([418]).pause(&tried(1, 0, Failure::Status(503)), 0.0), None);
        assert_eq!(RetryPolicy::none().pause(&tried(1, 0, Failure::Connection), 0.0), None);
    }

    #[test]
    fn no_try_begins_behind_the_limit_and_a_server_is_not_pressed() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.pause(&tried(9, 9_000, Failure::Connection), 0.0), None);
        let mut asked = tried(1, 0, Failure::Status(429));
        asked.retry_after = Some(Duration::from_secs(3));
        assert_eq!(pause_ms(&policy, &asked, 0.0), Some(3_000));
        asked.retry_after = Some(Duration::from_secs(3_600));
        assert_eq!(policy.pause(&asked, 0.0), None);
        asked.retry_after = Some(Duration::MAX);
        assert_eq!(policy.pause(&asked, 0.0), None);
    }

    #[test]
    fn a_server_says_in_seconds_or_by_a_date_when_to_come_again() {
        let date = Some("Sat, 28 Nov 2026 02:00:00 GMT");
        for (value, date, expect) in [
            ("7", None, Some(7)),
            (" 0 ", None, Some(0)),
            ("Sat, 28 Nov 2026 02:00:30 GMT", date, Some(30)),
            ("Sat, 28 Nov 2026 01:00:00 GMT", date, Some(0)),
            ("Sat, 28 Nov 2026 02:00:30 GMT", None, None),
            ("soon", date, None),
            ("-1", date, None),
        ] {
            assert_eq!(retry_after(value, date), expect.map(Duration::from_secs), "{value}");
        }
    }
}
