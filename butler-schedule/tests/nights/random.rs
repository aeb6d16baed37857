//! Chance that replays: the same seed gives the same life. Small on purpose; it proves nothing about numbers.

/// A generator after splitmix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap();
        low + i64::try_from(self.next() % span).unwrap()
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.between(0, of.len() as i64 - 1)).unwrap()]
    }

    /// A length of time: as many short ones as long ones, whatever the unit.
    pub(crate) fn length(&mut self, shortest: i64, longest: i64) -> i64 {
        let doublings = (longest / shortest.max(1)).max(1).ilog2();
        let top = shortest << self.between(0, i64::from(doublings));
        self.between(shortest.max(top / 2), top.max(shortest)).min(longest)
    }
}
