//! Which copies go once a new one is there. A pure decision: nothing is touched here.

use super::BackupFile;

/// How many sound copies are kept, as Plex keeps them.
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

/// A copy that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRemoval {
    /// The copy.
    pub file: BackupFile,
    /// Why, one sentence.
    pub reason: String,
}

/// What goes of these copies, which come newest first.
///
/// The newest [`KEPT_BACKUPS`] sound ones stay. So does the newest sound one that is twice as large as the
/// newest of all, for what shrank so may have lost something. A damaged one counts for none of them, and goes
/// once that many sound ones are newer.
pub fn backups_to_remove(judged: &[JudgedBackup]) -> Vec<BackupRemoval> {
    let newest_bytes = judged.iter().find(|one| one.is_sound).map_or(0, |one| one.file.bytes);
    let is_larger = |one: &&JudgedBackup| one.is_sound && one.file.bytes / MUCH_SMALLER > newest_bytes;
    let pinned = judged.iter().find(is_larger);
    let mut sound_ones = 0;
    let mut removals = Vec::new();
    for one in judged {
        let goes = sound_ones >= KEPT_BACKUPS && Some(one) != pinned;
        sound_ones += usize::from(one.is_sound);
        if goes {
            let what = if one.is_sound { "It is older than" } else { "It is damaged, and older than" };
            removals.push(BackupRemoval {
                file: one.file.clone(),
                reason: format!("{what} the {KEPT_BACKUPS} newest sound copies."),
            });
        }
    }
    removals
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Copies newest first, by their sizes; of the damaged ones it is negative. What goes, by place.
    fn gone(sizes: &[i64]) -> Vec<usize> {
        let file = |place: usize, bytes: i64| BackupFile {
            path: place.to_string().into(),
            date: date(2026, 12, 31).saturating_sub(jiff::Span::new().days(place as i64)),
            number: 1,
            bytes: bytes.unsigned_abs(),
        };
        let judged: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(place, bytes)| JudgedBackup { file: file(place, *bytes), is_sound: *bytes > 0 })
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
    fn much_smaller_copies_do_not_push_the_newest_large_one_out() {
        assert_eq!(gone(&[10, 10, 10, 10, 100, 100]), [5]);
        assert_eq!(gone(&[60, 60, 60, 60, 100]), [4], "half of it is no loss");
    }
}
