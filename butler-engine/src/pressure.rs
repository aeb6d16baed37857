//! Whether others on the machine need its disk or its processor, by what the kernel says of waiting (PSI).
//! Pure: samples and time are handed in.
//!
//! The kernel does not say who waits, and Butler's own work waits too. So a pause is a question: where the
//! pressure goes as soon as Butler holds still it was Butler's own, the work goes on, and the question is not
//! asked again for a while; where it stays others have it, and Butler holds still until they are done. Start
//! with [`Pressure::step`].

use std::time::{Duration, Instant};

/// So long the pressure must be over its limit before anything is held.
const RISES_FOR: Duration = Duration::from_secs(30);
/// The kernel's mean over ten seconds has lost by then what Butler's own work put into it.
const OWN_FADES: Duration = Duration::from_secs(40);
/// So long it must be low after that before the work goes on.
const CALM_FOR: Duration = Duration::from_secs(60);
/// It is low at this part of its limit.
const LOW: f64 = 0.5;
/// So long Butler's own pressure is borne the first time; each further time twice as long.
const BORNE_FIRST: Duration = Duration::from_secs(600);
const BORNE_AT_MOST: Duration = Duration::from_secs(4 * 3_600);

/// What the kernel says of the last ten seconds: in how many percent of the time something waited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// For the disk or network.
    pub(crate) disk: f64,
    /// For the processor.
    pub(crate) processor: f64,
}

/// Percent from which on it is too much; 0 for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) disk: i64,
    pub(crate) processor: i64,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Everything is held, for this reason.
    Pause(&'static str),
    /// It goes on.
    Resume,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Below the limit, or nothing to hold.
    Calm,
    /// Over it since then.
    Rising(Instant),
    /// Held since the first moment; low since the second.
    Held(Instant, Option<Instant>),
    /// The pressure was Butler's own: not looked at until then.
    Borne(Instant),
}

/// The pressure on the machine, sample by sample.
#[derive(Debug, Clone)]
pub(crate) struct Pressure {
    state: State,
    /// How long Butler's own is borne next time.
    bears: Duration,
}

impl Default for Pressure {
    fn default() -> Self {
        Self { state: State::Calm, bears: BORNE_FIRST }
    }
}

impl Limits {
    /// Whether there are any.
    pub(crate) const fn are_set(self) -> bool {
        self.disk > 0 || self.processor > 0
    }

    /// What is at this part of its limit or over it.
    fn reached(self, sample: Sample, part: f64) -> Option<&'static str> {
        let is_reached = |limit: i64, of: f64| limit > 0 && of >= limit as f64 * part;
        if is_reached(self.disk, sample.disk) {
            Some("the disk is busy")
        } else if is_reached(self.processor, sample.processor) {
            Some("the processor is busy")
        } else {
            None
        }
    }
}

impl Pressure {
    /// Takes a sample; none where the kernel does not tell, which is no pressure. `is_working` says whether
    /// Butler has anything to hold.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        sample: Option<Sample>,
        limits: Limits,
        is_working: bool,
    ) -> Option<Order> {
        if !limits.are_set() {
            let was_held = matches!(self.state, State::Held(..));
            *self = Self::default();
            return was_held.then_some(Order::Resume);
        }
        let reached = |part| sample.and_then(|sample| limits.reached(sample, part));
        let waited = |since: Instant| now.saturating_duration_since(since);
        let (state, order) = match self.state {
            State::Calm | State::Rising(_) if !is_working => (State::Calm, None),
            State::Calm => (reached(1.0).map_or(State::Calm, |_| State::Rising(now)), None),
            State::Rising(since) => match reached(1.0) {
                None => (State::Calm, None),
                Some(busy) if waited(since) >= RISES_FOR => {
                    (State::Held(now, None), Some(Order::Pause(busy)))
                }
                Some(_) => (State::Rising(since), None),
            },
            State::Held(since, low_since) => match (reached(LOW), low_since) {
                (Some(_), _) => (State::Held(since, None), None),
                (None, None) => (State::Held(since, Some(now)), None),
                (None, Some(low)) if low.saturating_duration_since(since) < OWN_FADES => {
                    let until = now + self.bears;
                    self.bears = (self.bears * 2).min(BORNE_AT_MOST);
                    (State::Borne(until), Some(Order::Resume))
                }
                (None, Some(low)) if waited(low) >= CALM_FOR => {
                    self.bears = BORNE_FIRST;
                    (State::Calm, Some(Order::Resume))
                }
                (None, Some(low)) => (State::Held(since, Some(low)), None),
            },
            State::Borne(until) if now < until => (State::Borne(until), None),
            State::Borne(_) => (State::Calm, None),
        };
        self.state = state;
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { disk: 60, processor: 80 };

    /// A machine whose pressure a test tells, second by second.
    struct Machine {
        pressure: Pressure,
        now: Instant,
        orders: Vec<(u64, Order)>,
        second: u64,
    }

    impl Machine {
        fn new() -> Self {
            Self { pressure: Pressure::default(), now: Instant::now(), orders: Vec::new(), second: 0 }
        }

        /// So many seconds with such a pressure on the disk, by whether Butler is held, and on the processor.
        fn seconds(&mut self, count: u64, disk: impl Fn(bool) -> f64, processor: f64) -> &mut Self {
            for _ in 0..count {
                let is_held = matches!(self.pressure.state, State::Held(..));
                let sample = Some(Sample { disk: disk(is_held), processor });
                let order = self.pressure.step(self.now, sample, LIMITS, true);
                self.orders.extend(order.map(|order| (self.second, order)));
                self.now += Duration::from_secs(1);
                self.second += 1;
            }
            self
        }
    }

    #[test]
    fn a_disk_that_others_keep_busy_is_left_to_them_until_they_are_done() {
        let mut machine = Machine::new();
        machine.seconds(20, |_| 90.0, 0.0).seconds(5, |_| 10.0, 0.0);
        assert_eq!(machine.orders, [], "a moment is nothing");
        machine.seconds(300, |_| 90.0, 0.0).seconds(30, |_| 20.0, 0.0).seconds(5, |_| 90.0, 0.0);
        assert_eq!(
            machine.orders,
            [(55, Order::Pause("the disk is busy"))],
            "a moment of calm is none either"
        );
        machine.seconds(200, |_| 20.0, 0.0);
        assert_eq!(machine.orders[1..], [(420, Order::Resume)]);
    }

    #[test]
    fn between_the_limit_and_its_half_nothing_changes() {
        let mut machine = Machine::new();
        machine.seconds(500, |_| 59.0, 79.0);
        assert_eq!(machine.orders, []);
        machine.seconds(100, |_| 0.0, 85.0).seconds(500, |_| 0.0, 45.0);
        assert_eq!(machine.orders, [(530, Order::Pause("the processor is busy"))]);
        machine.seconds(100, |_| 0.0, 10.0);
        assert_eq!(machine.orders.len(), 2);
    }

    #[test]
    fn pressure_that_goes_when_butler_holds_still_is_its_own_and_is_borne_ever_longer() {
        let mut machine = Machine::new();
        machine.seconds(6 * 3_600, |is_held| if is_held { 5.0 } else { 95.0 }, 0.0);
        let pauses: Vec<u64> = machine
            .orders
            .iter()
            .filter(|(_, order)| *order != Order::Resume)
            .map(|(second, _)| *second)
            .collect();
        assert!((3..=6).contains(&pauses.len()), "{pauses:?}");
        assert!(pauses.windows(3).all(|three| three[2] - three[1] > three[1] - three[0]), "{pauses:?}");
        let held: u64 = machine.orders.chunks(2).map(|pair| pair[1].0 - pair[0].0).sum();
        assert!(held < 30, "{held} seconds of six hours");
    }

    #[test]
    fn who_has_nothing_to_hold_or_is_told_nothing_or_has_no_limits_pauses_nothing() {
        let none = Limits { disk: 0, processor: 0 };
        let busy = Some(Sample { disk: 99.0, processor: 99.0 });
        for (sample, limits, is_working) in [(busy, none, true), (None, LIMITS, true), (busy, LIMITS, false)]
        {
            let (mut pressure, now) = (Pressure::default(), Instant::now());
            for second in 0..600 {
                let at = now + Duration::from_secs(second);
                assert_eq!(pressure.step(at, sample, limits, is_working), None);
            }
        }
    }

    #[test]
    fn what_is_held_goes_on_at_once_when_the_limits_are_taken_away() {
        let mut machine = Machine::new();
        machine.seconds(100, |_| 99.0, 0.0);
        let none = Limits { disk: 0, processor: 0 };
        let busy = Some(Sample { disk: 99.0, processor: 0.0 });
        assert_eq!(machine.pressure.step(machine.now, busy, none, true), Some(Order::Resume));
        assert_eq!(machine.pressure.step(machine.now, busy, none, true), None);
    }

    #[test]
    fn what_is_held_goes_on_when_the_kernel_tells_nothing_any_more() {
        let mut machine = Machine::new();
        machine.seconds(100, |_| 99.0, 0.0);
        let orders = (0..200).filter_map(|second| {
            let at = machine.now + Duration::from_secs(second);
            machine.pressure.step(at, None, LIMITS, true)
        });
        assert_eq!(orders.collect::<Vec<_>>(), [Order::Resume]);
    }
}
