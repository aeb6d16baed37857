//! What a walk means against what is known. Pure.
//!
//! The rule above all others: what can't be told from "away" is never "missing".

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;
use std::vec;

use super::extent::is_at_or_below;
use super::walk::{RootState, Seen, Stat, Unsure, Walked};
use crate::{PartId, RootId, SourceId};

/// A part as the database has it. Of most of them nothing is kept, so their paths are only lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known<P = Vec<u8>> {
    pub(super) part: PartId,
    pub(super) root: RootId,
    pub(super) path: P,
    pub(super) stat: Stat,
    pub(super) source: SourceId,
    pub(super) missing: bool,
}

impl<P> Known<P> {
    /// The same, with its path in another form.
    pub(super) fn at<Q>(&self, path: Q) -> Known<Q> {
        let Self { part, root, path: _, stat, source, missing } = *self;
        Known { part, root, path, stat, source, missing }
    }
}

impl Known {
    /// The same, with its path only lent.
    pub(super) fn lent(&self) -> Known<&[u8]> {
        self.at(&self.path)
    }
}

impl Known<&[u8]> {
    pub(super) fn kept(self) -> Known {
        self.at(self.path.to_vec())
    }
}

/// What a walk means. Every known part and every seen file is in exactly one of these.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// Known, there, and not written since.
    pub(super) unchanged: u64,
    /// Those of `unchanged` whose disk goes by another number than at the last scan.
    pub(super) renumbered: Vec<(Known, Seen)>,
    /// There, and not known at its path.
    pub(super) added: Vec<Seen>,
    /// Known, and written since.
    pub(super) changed: Vec<(Known, Seen)>,
    /// Was missing, is there again, and not written since.
    pub(super) back: Vec<(Known, Seen)>,
    /// Known, and not there.
    pub(super) vanished: Vec<Known>,
    /// Known, and it can't be told whether it is there: below what could not be read.
    pub(super) unsure: u64,
    /// Known, on a root or disk that is away.
    pub(super) out_of_reach: u64,
    /// Roots that are away, whole or in part, each with why.
    pub(super) away: Vec<(RootId, Away)>,
}

/// Why a root, or a part of it, is taken to be away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Away {
    /// It could not be read; the sentence says why.
    Gone(String),
    /// It was full and is suddenly empty: an unmounted disk looks like that.
    Empty,
    /// Everything known of one disk below it is gone at once, and nothing else of that disk is there.
    Disk,
}

/// A comparison under way: told each known part once, those of one root by path.
pub(super) struct Comparison {
    sides: HashMap<RootId, Side>,
    result: Compared,
}

/// One root that was walked.
struct Side {
    state: RootState,
    /// Whether all that is known of the root is told, and all that is in it was looked for.
    is_whole: bool,
    seen: Peekable<vec::IntoIter<Seen>>,
    unsure: Vec<Unsure>,
    is_empty: bool,
    /// The disks that are there.
    devices: HashSet<u64>,
    known: u64,
    was_full: bool,
    is_elsewhere: bool,
    /// Known, and not seen.
    unseen: Vec<Known>,
    added: Vec<Seen>,
}

impl Comparison {
    /// Begins with what was seen of each root, by path.
    pub(super) fn new(walked: Vec<Walked>) -> Self {
        let side = |Walked { root, seen, unsure, state, is_whole, passed, .. }: Walked| {
            let side = Side {
                state,
                is_whole,
                is_empty: seen.is_empty() && unsure.is_empty(),
                seen: seen.into_iter().peekable(),
                unsure,
                devices: passed.into_iter().collect(),
                known: 0,
                was_full: false,
                is_elsewhere: true,
                unseen: Vec::new(),
                added: Vec::new(),
            };
            (root, side)
        };
        Self { sides: walked.into_iter().map(side).collect(), result: Compared::default() }
    }

    /// A part that is known. One of a root that was not walked (taken out of the section) has vanished.
    pub(super) fn known(&mut self, known: Known<&[u8]>) {
        match self.sides.get_mut(&known.root) {
            Some(side) => side.known(known, &mut self.result),
            None => self.result.vanished.push(known.kept()),
        }
    }

    /// What it all means.
    pub(super) fn end(self) -> Compared {
        let Self { sides, mut result } = self;
        let mut sides: Vec<_> = sides.into_iter().collect();
        sides.sort_unstable_by_key(|(root, _)| *root);
        for (root, side) in sides {
            side.end(root, &mut result);
        }
        result.vanished.sort_by_key(|known| known.part);
        result
    }
}

impl Side {
    fn known(&mut self, known: Known<&[u8]>, result: &mut Compared) {
        self.known += 1;
        let RootState::Read { identity, .. } = self.state else { return };
        self.was_full |= !known.missing;
        self.is_elsewhere &= known.stat.dev != identity.0;
        while let Some(new) = self.seen.next_if(|seen| seen.path.as_slice() < known.path) {
            self.added.push(new);
        }
        let Some(seen) = self.seen.next_if(|seen| seen.path == known.path) else {
            if self.unsure.iter().any(|unsure| is_at_or_below(known.path, &unsure.path)) {
                result.unsure += 1;
            } else {
                self.unseen.push(known.kept());
            }
            return;
        };
        // Its disk is there. The number it goes by today says nothing of others: a restart deals such numbers
        // anew.
        self.devices.insert(known.stat.dev);
        match (known.stat.same_content(&seen.stat), known.missing) {
            (true, false) => {
                result.unchanged += 1;
                if known.stat.dev != seen.stat.dev {
                    result.renumbered.push((known.kept(), seen));
                }
            }
            (true, true) => result.back.push((known.kept(), seen)),
            (false, _) => result.changed.push((known.kept(), seen)),
        }
    }

    fn end(mut self, root: RootId, result: &mut Compared) {
        // Of a part of a root, that nothing of it is there says little; its disk is judged below.
        let is_elsewhere = self.is_elsewhere && self.is_whole;
        let away = match self.state {
            RootState::Read { has_entries, .. }
                if self.was_full && self.is_empty && (!has_entries || is_elsewhere) =>
            {
                Away::Empty
            }
            RootState::Read { identity, .. } => {
                self.devices.insert(identity.0);
                self.added.extend(self.seen);
                self.devices.extend(self.added.iter().map(|seen| seen.stat.dev));
                let (vanished, out_of_reach): (Vec<_>, Vec<_>) = self
                    .unseen
                    .into_iter()
                    .partition(|known| known.missing || self.devices.contains(&known.stat.dev));
                if !out_of_reach.is_empty() {
                    result.away.push((root, Away::Disk));
                    result.out_of_reach += out_of_reach.len() as u64;
                }
                result.vanished.extend(vanished);
                result.added.extend(self.added);
                return;
            }
            RootState::Away(sentence) => Away::Gone(sentence),
        };
        result.away.push((root, away));
        result.out_of_reach += self.known;
    }
}

/// Which vanished parts are found again in new files: same content, and unique on both sides. Answers with
/// the index of the file in `found`. Parts that vanished just now go before those that have been missing for
/// longer.
pub(super) fn moves(vanished: &[Known], found: &[SourceId]) -> Vec<(PartId, usize)> {
    let mut files: HashMap<SourceId, Vec<usize>> = HashMap::new();
    for (index, source) in found.iter().enumerate() {
        files.entry(*source).or_default().push(index);
    }
    let mut parts: HashMap<SourceId, (Vec<PartId>, Vec<PartId>)> = HashMap::new();
    for known in vanished {
        let (fresh, old) = parts.entry(known.source).or_default();
        if known.missing { old } else { fresh }.push(known.part);
    }
    let mut moves: Vec<_> = parts
        .into_iter()
        .filter_map(|(source, (fresh, old))| {
            match (fresh.as_slice(), old.as_slice(), files.get(&source)?.as_slice()) {
                ([part], _, [file]) | ([], [part], [file]) => Some((*part, *file)),
                _ => None,
            }
        })
        .collect();
    moves.sort_by_key(|(_, file)| *file);
    moves
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::media_names::Medium;
    use super::*;

    const ROOT: RootId = RootId(1);

    fn stat(mtime_ns: i64) -> Stat {
        Stat { size: 10, mtime_ns, inode: 5, dev: 1 }
    }

    fn known(part: i64, path: &str) -> Known {
        Known {
            part: PartId(part),
            root: ROOT,
            path: path.into(),
            stat: stat(1),
            source: SourceId(part),
            missing: false,
        }
    }

    fn seen(path: &str) -> Seen {
        Seen { root: ROOT, path: path.into(), stat: stat(1), medium: Medium::Video }
    }

    fn walked(mut seen: Vec<Seen>) -> Walked {
        seen.sort_by(|a, b| a.path.cmp(&b.path));
        let state = RootState::Read { identity: (1, 2), has_entries: true };
        Walked {
            root: ROOT,
            seen,
            pictures: Vec::new(),
            unsure: Vec::new(),
            ignored: Vec::new(),
            is_whole: true,
            passed: Vec::new(),
            folders: 1,
            state,
        }
    }

    fn compare(mut known: Vec<Known>, walked: Vec<Walked>) -> Compared {
        known.sort_by(|a, b| (a.root, &a.path).cmp(&(b.root, &b.path)));
        let mut comparison = Comparison::new(walked);
        known.iter().for_each(|known| comparison.known(known.lent()));
        comparison.end()
    }

    #[test]
    fn a_file_is_unchanged_changed_added_back_or_vanished() {
        let missing = Known { missing: true, ..known(4, "back.mkv") };
        let written = Seen { stat: stat(2), ..seen("changed.mkv") };
        let result = compare(
            vec![known(1, "same.mkv"), known(2, "changed.mkv"), known(3, "gone.mkv"), missing.clone()],
            vec![walked(vec![seen("same.mkv"), written.clone(), seen("new.mkv"), seen("back.mkv")])],
        );
        assert_eq!(
            result,
            Compared {
                unchanged: 1,
                changed: vec![(known(2, "changed.mkv"), written)],
                vanished: vec![known(3, "gone.mkv")],
                back: vec![(missing, seen("back.mkv"))],
                added: vec![seen("new.mkv")],
                ..Compared::default()
            }
        );
    }

    #[test]
    fn a_root_that_is_away_or_suddenly_empty_has_nothing_missing() {
        let away = Walked { state: RootState::Away("It hangs.".into()), ..walked(Vec::new()) };
        let empty =
            Walked { state: RootState::Read { identity: (1, 2), has_entries: false }, ..walked(Vec::new()) };
        let other_disk =
            Walked { state: RootState::Read { identity: (9, 2), has_entries: true }, ..walked(Vec::new()) };
        for (walked, why) in
            [(away, Away::Gone("It hangs.".into())), (empty, Away::Empty), (other_disk, Away::Empty)]
        {
            let result = compare(vec![known(1, "a.mkv"), known(2, "b/c.mkv")], vec![walked]);
            assert_eq!(result, Compared { away: vec![(ROOT, why)], out_of_reach: 2, ..Compared::default() });
        }
    }

    #[test]
    fn a_root_whose_last_film_was_taken_out_of_its_folder_is_not_away() {
        let result = compare(vec![known(1, "Heat/Heat.mkv")], vec![walked(Vec::new())]);
        assert_eq!(result.vanished, [known(1, "Heat/Heat.mkv")]);
    }

    #[test]
    fn what_lies_below_an_unreadable_folder_is_not_missing() {
        let unsure = vec![Unsure { path: b"locked".to_vec(), sentence: None }];
        let result = compare(
            vec![known(1, "locked/a.mkv"), known(2, "locked"), known(3, "locked too/b.mkv")],
            vec![Walked { unsure, ..walked(vec![seen("c.mkv")]) }],
        );
        assert_eq!((result.unsure, result.vanished), (2, vec![known(3, "locked too/b.mkv")]));
    }

    #[test]
    fn a_disk_below_the_root_that_is_gone_as_a_whole_is_away() {
        let on_disk = |part, path| Known { stat: Stat { dev: 7, ..stat(1) }, ..known(part, path) };
        let result =
            compare(vec![on_disk(1, "disk/a.mkv"), known(2, "b.mkv")], vec![walked(vec![seen("c.mkv")])]);
        assert_eq!(
            (result.out_of_reach, result.vanished, result.away),
            (1, vec![known(2, "b.mkv")], vec![(ROOT, Away::Disk)])
        );
        // One of its files is there: then the disk is, and the other is gone.
        let result = compare(
            vec![on_disk(1, "disk/a.mkv"), on_disk(2, "disk/b.mkv")],
            vec![walked(vec![seen("disk/b.mkv")])],
        );
        assert_eq!(result.vanished, [on_disk(1, "disk/a.mkv")]);
    }

    #[test]
    fn a_disk_that_is_gone_while_another_has_its_number_today_is_away() {
        let on = |dev, part, path| Known { stat: Stat { dev, ..stat(1) }, ..known(part, path) };
        let (one, two) = (on(7, 1, "one/a.mkv"), on(8, 2, "two/b.mkv"));
        let renumbered = Seen { stat: Stat { dev: 7, ..stat(1) }, ..seen("two/b.mkv") };
        let result = compare(vec![one, two.clone()], vec![walked(vec![renumbered.clone()])]);
        assert_eq!((result.out_of_reach, result.vanished, result.unchanged), (1, Vec::new(), 1));
        assert_eq!(result.renumbered, [(two, renumbered)], "so that the next scan knows its number");
    }

    #[test]
    fn of_a_part_of_a_root_what_is_gone_is_missing_unless_the_root_is_empty_or_its_disk_is_not_there() {
        let on = |dev| Known { stat: Stat { dev, ..stat(1) }, ..known(1, "disk/Heat/Heat.mkv") };
        let part = |has_entries, passed: &[u64]| Walked {
            state: RootState::Read { identity: (1, 2), has_entries },
            is_whole: false,
            passed: passed.to_vec(),
            ..walked(Vec::new())
        };
        assert_eq!(compare(vec![on(1)], vec![part(true, &[1])]).vanished, [on(1)]);
        assert_eq!(
            compare(vec![on(7)], vec![part(true, &[1, 7])]).vanished,
            [on(7)],
            "a folder of that disk was passed"
        );
        assert_eq!(compare(vec![on(7)], vec![part(true, &[1])]).away, [(ROOT, Away::Disk)]);
        assert_eq!(compare(vec![on(1)], vec![part(false, &[1])]).away, [(ROOT, Away::Empty)]);
    }

    #[test]
    fn parts_of_a_root_taken_out_have_vanished() {
        let elsewhere = Known { root: RootId(9), ..known(1, "a.mkv") };
        assert_eq!(compare(vec![elsewhere.clone()], vec![walked(vec![seen("b.mkv")])]).vanished, [elsewhere]);
    }

    #[test]
    fn only_a_unique_pair_is_a_move() {
        let part =
            |part: i64, source: i64, missing| Known { source: SourceId(source), missing, ..known(part, "x") };
        let check = |vanished: &[Known], found: &[i64], expect: &[(i64, usize)]| {
            let found: Vec<_> = found.iter().copied().map(SourceId).collect();
            let expect: Vec<_> = expect.iter().map(|(part, file)| (PartId(*part), *file)).collect();
            assert_eq!(moves(vanished, &found), expect);
        };
        check(&[part(1, 10, false), part(2, 20, false)], &[20, 10], &[(2, 0), (1, 1)]);
        check(&[part(1, 10, false), part(2, 10, false)], &[10], &[]);
        check(&[part(1, 10, false)], &[10, 10], &[]);
        check(&[part(1, 10, true)], &[10], &[(1, 0)]);
        check(&[part(1, 10, true), part(2, 10, false)], &[10], &[(2, 0)]);
        check(&[part(1, 10, false)], &[11], &[]);
    }

    proptest! {
        /// Whatever was known and seen: each is accounted for once, and nothing is missing that may be away.
        #[test]
        fn everything_is_accounted_for(
            parts in prop::collection::hash_map(0..40u8, (0..3i64, 0..3u64, any::<bool>()), 0..30),
            files in prop::collection::hash_map(0..40u8, 0..3i64, 0..30),
            unsure in prop::collection::vec(0..40u8, 0..3),
            read in any::<bool>(), has_entries in any::<bool>(),
        ) {
            let path = |name: u8| format!("{}/{name}", name % 4).into_bytes();
            let known: Vec<_> = parts.iter().map(|(name, (mtime, dev, missing))| Known {
                path: path(*name), stat: Stat { dev: *dev, ..stat(*mtime) }, missing: *missing, ..known(i64::from(*name), "")
            }).collect();
            let seen: Vec<_> = files.iter().map(|(name, mtime)| Seen { path: path(*name), stat: stat(*mtime), ..seen("") }).collect();
            let state = if read { RootState::Read { identity: (1, 2), has_entries: has_entries || !seen.is_empty() } } else { RootState::Away("Gone.".into()) };
            let unsure: Vec<_> = unsure.iter().map(|name| Unsure { path: path(*name), sentence: None }).collect();
            let unsure_paths: Vec<_> = unsure.iter().map(|unsure| unsure.path.clone()).collect();
            let result = compare(known.clone(), vec![Walked { unsure, state, ..walked(seen.clone()) }]);

            let kept = result.unchanged + result.unsure + result.out_of_reach;
            let told = result.changed.len() + result.back.len() + result.vanished.len();
            prop_assert_eq!(kept as usize + told, known.len());
            if read && !result.away.contains(&(ROOT, Away::Empty)) {
                let matched = result.unchanged as usize + result.changed.len() + result.back.len();
                prop_assert_eq!(matched + result.added.len(), seen.len());
            } else {
                prop_assert!(result.vanished.is_empty() && result.added.is_empty());
            }
            for gone in &result.vanished {
                prop_assert!(!seen.iter().any(|seen| seen.path == gone.path));
                prop_assert!(!unsure_paths.contains(&gone.path));
            }
        }
    }
}
