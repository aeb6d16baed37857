//! The bandwidth that a buffer of some size needs, by the leaky bucket. Pure.
//!
//! A player begins with a full buffer of `B` bytes, drains each second's bytes evenly over that second, and
//! refills the buffer at the rate `R` whenever there is room. It never stalls if no run of `n` seconds in a
//! row holds more than `B + n·R` bytes; so the least rate is the largest `(bytes of the run - B) / n` over
//! all runs. Source: Ribas-Corbera, Chou and Regunathan, "A generalized hypothetical reference decoder for
//! H.264/AVC", IEEE Transactions on Circuits and Systems for Video Technology 13 (7), 2003: the curve of
//! least rates over bucket sizes, here with the full bucket as its initial fullness.

/// The least bits a second with which a full buffer of `buffer` bytes never runs dry; `steps` are bytes of
/// each second.
pub fn needed(steps: &[u64], buffer: u64) -> u64 {
    let highest = steps.iter().copied().max().unwrap_or(0);
    let (mut too_little, mut enough) = (0_u64, highest.saturating_mul(8));
    if lasts(steps, buffer, too_little) {
        return 0;
    }
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        if lasts(steps, buffer, middle) { enough = middle } else { too_little = middle }
    }
    enough
}

/// Whether a buffer that is full at first lasts at a rate. Within a second both flows are even, so looking at
/// its ends suffices.
fn lasts(steps: &[u64], buffer: u64, bits_a_second: u64) -> bool {
    let full = i128::from(buffer) * 8;
    let mut held = full;
    for &bytes in steps {
        held += i128::from(bits_a_second) - i128::from(bytes) * 8;
        if held < 0 {
            return false;
        }
        held = held.min(full);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_shapes_need_what_arithmetic_says() {
        let table: &[(&[u64], u64, u64)] = &[
            (&[], 10, 0),
            (&[100, 100, 100], 0, 800),
            (&[100, 100, 100], 30, 720),
            (&[100, 100, 100], 300, 0),
            // The run that decides is the burst alone, then the burst with its neighbours.
            (&[10, 10, 100, 10, 10], 40, 480),
            (&[10, 60, 100, 60, 10], 40, 480),
            (&[10, 90, 100, 90, 10], 40, 640),
            // What is saved before a burst is no more than the buffer holds.
            (&[0, 0, 0, 0, 100], 20, 640),
        ];
        for (steps, buffer, expect) in table {
            assert_eq!(needed(steps, *buffer), *expect, "{steps:?} with {buffer}");
        }
    }

    #[test]
    fn any_curve_needs_what_the_worst_of_all_its_runs_says_and_not_a_bit_less() {
        let mut state = 7_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..500 {
            let most = 1 + random(1_000_000);
            let steps: Vec<u64> = (0..1 + random(40)).map(|_| random(most)).collect();
            let buffer = random(2_000_000);
            let mut worst = 0_u64;
            for first in 0..steps.len() {
                for last in first..steps.len() {
                    let bits = steps[first..=last].iter().sum::<u64>().saturating_sub(buffer) * 8;
                    worst = worst.max(bits.div_ceil((last - first + 1) as u64));
                }
            }
            let rate = needed(&steps, buffer);
            assert_eq!(rate, worst, "{steps:?} with {buffer}");
            assert!(stalls_at(&steps, buffer, rate).is_none());
            if rate > 0 {
                assert!(stalls_at(&steps, buffer, rate - 1).is_some());
            }
        }
    }

    /// A player, tenth of a second by tenth of a second, counting tenths of a bit: the second in which it
    /// stalls.
    fn stalls_at(steps: &[u64], buffer: u64, bits_a_second: u64) -> Option<usize> {
        let full = u128::from(buffer) * 80;
        let mut held = full;
        for (second, &bytes) in steps.iter().enumerate() {
            for _ in 0..10 {
                let offered = held + u128::from(bits_a_second);
                let Some(left) = offered.checked_sub(u128::from(bytes) * 8) else { return Some(second) };
                held = left.min(full);
            }
        }
        None
    }

    #[test]
    fn absurd_sizes_overflow_nothing() {
        assert_eq!(needed(&[u64::MAX, 0, u64::MAX], 0), u64::MAX);
        assert_eq!(needed(&[5], u64::MAX), 0);
    }
}
