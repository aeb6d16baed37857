//! Loudness of the energies of blocks: the gates of BS.1770, the range of EBU Tech 3342, and the blocks of a
//! track kept small enough for a row. Pure.
//!
//! Blocks are counted in bins of a tenth of a LU, and of each bin the energy is summed: what the gates let
//! through is exact to the bin in which a gate lies. So an album is the gate over all blocks of all its
//! tracks, without a sample of them. Start with [`Gate`].

use serde::{Deserialize, Serialize};

/// Blocks below this are silence: the absolute gate, LUFS.
pub(super) const ABSOLUTE_LUFS: f64 = -70.0;
/// Blocks that lie so far below all that is no silence count for nothing, LU.
const RELATIVE_LU: f64 = 10.0;
/// The same for the range.
const RANGE_RELATIVE_LU: f64 = 20.0;
/// The share of short-term values below and above which the range leaves out.
const RANGE_SHARES: (f64, f64) = (0.10, 0.95);

/// Bins of a LU.
const BINS_A_LU: f64 = 10.0;
/// The bins reach to 90 LUFS, which no sound does whose samples are bounded.
const BINS: usize = 1_600;
/// The bin of the absolute gate, in tenths of a LU.
const FIRST_BIN: i32 = -700;
/// A bin's mean is kept in so many steps of its width.
const MEAN_STEPS: f64 = 100.0;

/// The loudness of a mean energy, LUFS; minus infinity of none.
pub fn loudness_of(energy: f64) -> f64 {
    10.0 * energy.log10() - 0.691
}

/// The mean energy of a loudness.
pub fn energy_of(lufs: f64) -> f64 {
    10_f64.powf((lufs + 0.691) / 10.0)
}

/// Gating blocks of one sound, or of several.
#[derive(Debug, Clone)]
pub struct Gate {
    bins: Vec<Bin>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    blocks: u64,
    energy: f64,
}

/// Gating blocks as a row keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LoudnessValueBlocks))]
pub struct Blocks {
    /// The loudness at which the first bin begins, tenths of a LUFS; each is a tenth of a LU wide.
    pub from: i32,
    /// How many blocks of 0.4 seconds, ten a second, are in each bin.
    pub counts: Vec<u32>,
    /// The loudness of their mean energy, hundredths of the bin's width above its beginning.
    pub means: Vec<u8>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { bins: vec![Bin::default(); BINS] }
    }
}

impl Gate {
    /// Takes a block by its mean energy.
    pub fn add(&mut self, energy: f64) {
        let above = loudness_of(energy) - ABSOLUTE_LUFS;
        if above >= 0.0 {
            let bin = &mut self.bins[((above * BINS_A_LU) as usize).min(BINS - 1)];
            bin.blocks += 1;
            bin.energy += energy;
        }
    }

    /// Takes the blocks of a row.
    pub fn add_all(&mut self, blocks: &Blocks) {
        let first = i64::from(blocks.from);
        for ((bin, &count), &mean) in (first..).zip(&blocks.counts).zip(&blocks.means) {
            let place = usize::try_from(bin - i64::from(FIRST_BIN)).ok();
            let Some(held) = place.and_then(|place| self.bins.get_mut(place)) else { continue };
            let mean = (bin as f64 + (f64::from(mean) + 0.5) / MEAN_STEPS) / BINS_A_LU;
            held.blocks += u64::from(count);
            held.energy += f64::from(count) * energy_of(mean);
        }
    }

    /// The integrated loudness, LUFS; none of silence.
    pub fn integrated(&self) -> Option<f64> {
        let relative = loudness_of(mean(&self.bins)?) - RELATIVE_LU;
        let loud = |bin: &&Bin| bin.blocks > 0 && loudness_of(bin.energy / bin.blocks as f64) >= relative;
        mean(self.bins.iter().filter(loud)).map(loudness_of)
    }

    /// The same as a row keeps them.
    pub fn blocks(&self) -> Blocks {
        let is_full = |bin: &Bin| bin.blocks > 0;
        let (Some(first), Some(last)) =
            (self.bins.iter().position(is_full), self.bins.iter().rposition(is_full))
        else {
            return Blocks::default();
        };
        let kept = &self.bins[first..=last];
        let from = FIRST_BIN + first as i32;
        Blocks {
            from,
            counts: kept.iter().map(|bin| u32::try_from(bin.blocks).unwrap_or(u32::MAX)).collect(),
            means: (from..).zip(kept).map(|(place, bin)| mean_step(place, bin)).collect(),
        }
    }
}

/// Where the mean of a bin lies in it; 0 of an empty one.
fn mean_step(place: i32, bin: &Bin) -> u8 {
    if bin.blocks == 0 {
        return 0;
    }
    let above = loudness_of(bin.energy / bin.blocks as f64) * BINS_A_LU - f64::from(place);
    (above * MEAN_STEPS).clamp(0.0, MEAN_STEPS - 1.0) as u8
}

fn mean<'a>(bins: impl IntoIterator<Item = &'a Bin>) -> Option<f64> {
    let all = bins.into_iter().fold(Bin::default(), |all, bin| Bin {
        blocks: all.blocks + bin.blocks,
        energy: all.energy + bin.energy,
    });
    (all.blocks > 0).then(|| all.energy / all.blocks as f64)
}

impl Blocks {
    pub(crate) fn is_sound(&self) -> bool {
        let last = i64::from(self.from) + self.counts.len() as i64;
        self.counts.len() == self.means.len()
            && self.counts.len() <= BINS
            && (self.counts.is_empty() || self.from >= FIRST_BIN)
            && last <= i64::from(FIRST_BIN) + BINS as i64
            && self.means.iter().all(|&mean| f64::from(mean) < MEAN_STEPS)
    }
}

/// The loudness range of the energies of windows of three seconds, LU; none of silence.
pub fn range(short_terms: &[f64]) -> Option<f64> {
    let absolute = energy_of(ABSOLUTE_LUFS);
    let mut heard: Vec<f64> = short_terms.iter().copied().filter(|energy| *energy >= absolute).collect();
    let mean = heard.iter().sum::<f64>() / heard.len() as f64;
    let relative = energy_of(loudness_of(mean) - RANGE_RELATIVE_LU);
    heard.retain(|energy| *energy >= relative);
    heard.sort_unstable_by(f64::total_cmp);
    let last = heard.len().checked_sub(1)? as f64;
    let at = |share: f64| loudness_of(heard[(last * share).round() as usize]);
    Some(at(RANGE_SHARES.1) - at(RANGE_SHARES.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(blocks: &[(f64, u32)]) -> Gate {
        let mut gate = Gate::default();
        for &(lufs, count) in blocks {
            (0..count).for_each(|_| gate.add(energy_of(lufs)));
        }
        gate
    }

    #[test]
    fn both_gates_are_those_of_the_recommendation() {
        let check = |blocks: &[(f64, u32)], expect: f64| {
            let found = gate(blocks).integrated().unwrap();
            assert!((found - expect).abs() < 0.01, "{blocks:?}: {found}");
        };
        check(&[(-23.0, 100)], -23.0);
        // Silence counts for nothing, and so does what lies ten below the rest.
        check(&[(-71.0, 1_000), (-23.0, 100)], -23.0);
        check(&[(-36.0, 200), (-23.0, 600)], -23.0);
        check(&[(-32.0, 100), (-23.0, 100)], loudness_of((energy_of(-32.0) + energy_of(-23.0)) / 2.0));
        assert_eq!(gate(&[(-71.0, 10)]).integrated(), None);
        assert_eq!(Gate::default().integrated(), None);
    }

    #[test]
    fn blocks_come_back_from_a_row_as_loud_as_they_were() {
        for lufs in [-69.99, -45.678, -23.0, -9.05, 0.049, 12.34] {
            let gate = gate(&[(lufs, 40), (lufs + 0.7, 60)]);
            let mut back = Gate::default();
            back.add_all(&gate.blocks());
            let (was, is) = (gate.integrated().unwrap(), back.integrated().unwrap());
            assert!((was - is).abs() < 0.002, "{was} became {is}");
            assert!(gate.blocks().is_sound());
        }
        assert_eq!(Gate::default().blocks(), Blocks::default());
        assert!(Blocks::default().is_sound());
    }

    #[test]
    fn several_rows_are_gated_as_one_sound_would_be() {
        let (loud, soft) = ([(-12.0, 500), (-30.0, 100)], [(-24.0, 300), (-21.0, 200)]);
        let whole = gate(&[loud, soft].concat()).integrated().unwrap();
        let mut album = Gate::default();
        [&loud[..], &soft[..]].iter().for_each(|track| album.add_all(&gate(track).blocks()));
        assert!((album.integrated().unwrap() - whole).abs() < 0.002);
    }

    #[test]
    fn a_strangers_row_breaks_nothing() {
        let mut gate = Gate::default();
        for (from, counts, means) in [
            (i32::MIN, vec![1, u32::MAX], vec![255, 255]),
            (i32::MAX - 1, vec![1, 1], vec![1, 1]),
            (0, vec![1; 5_000], vec![1; 5_000]),
        ] {
            let blocks = Blocks { from, counts, means };
            assert!(!blocks.is_sound());
            gate.add_all(&blocks);
        }
        assert!(gate.integrated().unwrap().is_finite());
        gate.add(f64::INFINITY);
        gate.add(f64::NAN);
    }

    #[test]
    fn the_range_lies_between_the_tenth_and_the_ninety_fifth_of_a_hundred() {
        let two = |soft: f64, loud: f64| {
            let energies: Vec<f64> = std::iter::repeat_n(energy_of(soft), 200)
                .chain(std::iter::repeat_n(energy_of(loud), 200))
                .collect();
            range(&energies).unwrap()
        };
        assert!((two(-30.0, -20.0) - 10.0).abs() < 1e-9);
        assert!(two(-60.0, -20.0) < 1e-9, "what lies twenty below the rest is left out");
        assert_eq!(range(&[]), None);
        assert_eq!(range(&[0.0, 0.0]), None);
    }
}
