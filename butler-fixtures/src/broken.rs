//! Broken media by the thousand: small real films of many kinds, each damaged in a way that a seed draws, and
//! strangers that only claim to be media.
//!
//! Never random: a seed and a name such as `mp4-lie-7` bring the same bytes back, so that one that fails can
//! be had again. No two of a corpus hold the same bytes.
//!
//! Start with [`Corpus::open`] and [`Corpus::cases`]; each kind of damage is in the folder beside this file.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::Random;

mod boxes;
mod damage;
mod elements;
mod lengths;
mod originals;
mod strangers;

use originals::Original;

/// Extensions that a section of films takes, for kinds of file that it would pass over by their own.
const STAND_IN: &str = "mp4";

/// One broken file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What was done to what: `mkv-cut-3`, `stranger-m3u8`.
    pub name: String,
    /// A name extension that a section of films takes, without its dot.
    pub extension: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Broken {
    /// Its file name.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.extension)
    }
}

/// What is done to a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// Cut off after so many tenths, beyond nine anywhere.
    Cut,
    /// Bits turned over near its start.
    FlipHeader,
    /// Bits turned over anywhere.
    Flip,
    /// Runs of zeros.
    Zeros,
    /// Runs of noise.
    Noise,
    /// Blocks that changed places.
    Swap,
    /// A piece that is missing or there twice.
    Piece,
    /// Lengths, counts, times and sizes that are not true, told in the container's own words.
    Lie,
    /// Pictures of absurd sizes.
    Huge,
}

impl Damage {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Cut, "cut"),
        (Self::FlipHeader, "flip-header"),
        (Self::Flip, "flip"),
        (Self::Zeros, "zeros"),
        (Self::Noise, "noise"),
        (Self::Swap, "swap"),
        (Self::Piece, "piece"),
        (Self::Lie, "lie"),
        (Self::Huge, "huge"),
    ];

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| *name == word).map(|(damage, _)| damage)
    }
}

/// The films that are broken, and the strangers among them.
#[derive(Debug)]
pub struct Corpus {
    originals: Vec<Original>,
    strangers: Vec<Broken>,
}

impl Corpus {
    /// Makes the whole films, kept in `folder` for the next time. Playlists and the like name the file
    /// `bait`.
    pub fn open(folder: &Path, bait: &Path) -> Result<Self> {
        let originals = originals::make(folder)?;
        let strangers = strangers::all(&originals, bait)?;
        Ok(Self { originals, strangers })
    }

    /// So many broken files: all strangers, then films of all kinds in an order that the seed draws.
    pub fn cases(&self, seed: u64, count: usize) -> impl Iterator<Item = Result<Broken>> {
        let mut seen = HashSet::new();
        let names = self.names(seed, count.saturating_sub(self.strangers.len()));
        let damaged = names.into_iter().map(move |name| self.case(seed, &name));
        self.strangers.iter().cloned().map(Ok).chain(damaged).take(count).map(move |case| {
            let mut case = case?;
            while !seen.insert(fingerprint(&case.bytes)) {
                // Each is to be a source of its own: what does nothing else at its end tells them apart.
                case.bytes.extend(case.name.as_bytes());
            }
            Ok(case)
        })
    }

    /// One of them by its name, but for what [`Self::cases`] adds to tell equals apart.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn case(&self, seed: u64, name: &str) -> Result<Broken> {
        if let Some(stranger) = self.strangers.iter().find(|stranger| stranger.name == name) {
            return Ok(stranger.clone());
        }
        let none = || format!("there is no broken file `{name}`");
        let (rest, number) = name.rsplit_once('-').with_context(none)?;
        let number: u32 = number.parse().with_context(none)?;
        let (film, damage) = rest.split_once('-').with_context(none)?;
        let damage = Damage::named(damage).with_context(none)?;
        let original = self.originals.iter().find(|original| original.name == film).with_context(none)?;
        let mut random = Random::seeded(seed ^ fingerprint(name.as_bytes()));
        let bytes = damage::done(original, damage, number, &mut random);
        Ok(Broken { name: name.to_owned(), extension: original.extension, bytes })
    }

    /// Names of damaged films, in an order that the seed draws.
    fn names(&self, seed: u64, count: usize) -> Vec<String> {
        let each = self.originals.len() * Damage::ALL.len();
        // The first nine cuts are the tenths.
        let rounds = count.div_ceil(each).max(9);
        let mut names: Vec<String> = self
            .originals
            .iter()
            .flat_map(|original| Damage::ALL.map(|(_, damage)| format!("{}-{damage}", original.name)))
            .flat_map(|kind| (1..=rounds).map(move |number| format!("{kind}-{number}")))
            .collect();
        let mut random = Random::seeded(seed);
        for last in (1..names.len()).rev() {
            names.swap(last, random.between(0, last as u64 + 1) as usize);
        }
        names.truncate(count);
        names
    }
}

/// FNV-1a: stable between builds.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
