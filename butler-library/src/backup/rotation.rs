//! Which copies go once a new one is there. A pure decision: nothing is touched here.

use jiff::civil::Date;

use super::{BackupFault, BackupFile};

/// Of how many days a sound copy is kept, as Plex keeps them.
pub const KEPT_BACKUPS: usize = 4;
/// A copy that has less than one part in so many of an older one's bytes is much smaller: what it lost may be
/// wanted.
const MUCH_SMALLER: u64 = 2;

/// A copy, and whether it is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedBackup {
    /// The copy.
    pub file: BackupFile,
    /// Whether it is sound.
    pub is_sound: bool,
}

impl JudgedBackup {
    /// A copy by what its check found, if that found a fault.
    pub fn new(file: BackupFile, fault: Option<&BackupFault>) -> Self {
        // One that a newer Butler made is of use to that one.
        Self { file, is_sound: matches!(fault, None | Some(BackupFault::Newer { .. })) }
    }
}

/// A copy that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRemoval {
    /// The copy.
    pub file: BackupFile,
    /// Why, one sentence.
    pub reason: String,
}

/// Those of these copies, which come newest first, that stay whatever newer ones come that are damaged or
/// much smaller: the newest sound one, and the newest sound one that is twice as large as that, for what
/// shrank so may have lost something.
pub fn pinned_backups(judged: &[JudgedBackup]) -> impl Iterator<Item = &JudgedBackup> {
    let newest = judged.iter().find(|one| one.is_sound);
    let newest_bytes = newest.map_or(0, |one| one.file.bytes);
    let is_larger = move |one: &&JudgedBackup| one.is_sound && one.file.bytes / MUCH_SMALLER > newest_bytes;
    newest.into_iter().chain(judged.iter().find(is_larger))
}

/// What goes of these copies, which come newest first.
///
/// Of the newest [`KEPT_BACKUPS`] days that have a sound copy the newest sound one of each stays, and so do
/// the pinned ones. A damaged one counts for none of them, and goes once that many days have a newer sound
/// one.
pub fn backups_to_remove(judged: &[JudgedBackup]) -> Vec<BackupRemoval> {
    let pinned: Vec<&JudgedBackup> = pinned_backups(judged).collect();
    let (mut days, mut removals): (Vec<Date>, _) = (Vec::new(), Vec::new());
    for one in judged {
        let is_of_known_day = days.contains(&one.file.date);
        let is_older = days.len() >= KEPT_BACKUPS;
        let older = format!("older than the newest sound copies of {KEPT_BACKUPS} days.");
        let reason = match one.is_sound {
            true if is_of_known_day => Some("A newer sound copy of the same day is kept.".to_owned()),
            true if is_older => Some(format!("It is {older}")),
            false if is_older => Some(format!("It is damaged, and {older}")),
            _ => None,
        };
        if one.is_sound && !is_of_known_day {
            days.push(one.file.date);
        }
        if let Some(reason) = reason.filter(|_| !pinned.contains(&one)) {
            removals.push(BackupRemoval { file: one.file.clone(), reason });
        }
    }
    removals
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Copies of a day each, newest first, by their sizes; of the damaged ones it is negative. What goes, by
    /// place.
    fn gone(sizes: &[i64]) -> Vec<usize> {
        gone_of_days(&sizes.iter().zip(0..).map(|(bytes, day)| (day, *bytes)).collect::<Vec<_>>())
    }

    /// The same of copies that were made so many days before the newest.
    fn gone_of_days(copies: &[(i64, i64)]) -> Vec<usize> {
        let file = |place: usize, days: i64, bytes: i64| BackupFile {
            path: place.to_string().into(),
            date: date(2026, 12, 31).saturating_sub(jiff::Span::new().days(days)),
            number: u32::try_from(copies.len() - place).unwrap(),
            bytes: bytes.unsigned_abs(),
            modified: None,
        };
        let judged: Vec<_> = copies
            .iter()
            .enumerate()
            .map(|(place, (days, bytes))| JudgedBackup {
                file: file(place, *days, *bytes),
                is_sound: *bytes > 0,
            })
            .collect();
        backups_to_remove(&judged)
            .iter()
            .map(|removal| removal.file.path.to_str().unwrap().parse().unwrap())
            .collect()
    }

    const NONE: [usize; 0] = [];

    #[test]
    fn the_four_newest_are_kept() {
        assert_eq!(gone(&[10, 10, 10, 10]), NONE);
        assert_eq!(gone(&[10, 10, 10, 10, 10, 10]), [4, 5]);
    }

    #[test]
    fn damaged_copies_push_no_good_one_out() {
        assert_eq!(gone(&[-10, -10, -10, -10, 10]), NONE);
        assert_eq!(gone(&[10, -10, -10, -10, -10, 10]), NONE);
        assert_eq!(gone(&[10, 10, -10, 10, 10, -10, 10]), [5, 6]);
    }

    #[test]
    fn copies_of_one_day_count_as_one_and_the_newest_sound_one_stays() {
        assert_eq!(gone_of_days(&[(0, 10), (0, 10), (0, 10), (0, 10), (0, 10), (3, 10)]), [1, 2, 3, 4]);
        assert_eq!(gone_of_days(&[(0, -10), (0, 10), (0, 10), (3, 10), (6, 10), (9, 10), (12, 10)]), [2, 6]);
        assert_eq!(
            gone_of_days(&[(0, 10), (3, 10), (6, 10), (9, 10), (9, -10), (9, 10), (12, -10)]),
            [4, 5, 6]
        );
        assert_eq!(gone_of_days(&[(0, 10), (0, 100)]), NONE, "the one that is much larger is pinned");
    }

    #[test]
    fn much_smaller_copies_do_not_push_the_newest_large_one_out() {
        assert_eq!(gone(&[10, 10, 10, 10, 100, 100]), [5]);
        assert_eq!(gone(&[60, 60, 60, 60, 100]), [4], "half of it is no loss");
    }
}
