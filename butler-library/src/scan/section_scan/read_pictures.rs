//! The part of a section's scan that is about pictures beside the media: they are read before the scan's last
//! plan, and kept after it, when the items are there that they belong to.

use super::super::extent::is_at_or_below;
use super::super::pictures::{self, PicturePlan, PictureRead};
use super::super::walk::SeenPicture;
use super::{
    Away, CallError, Reading, RootId, RootReport, Scan, ScanError, ScanFailure, Sink, Watch, path_from_bytes,
    read,
};

impl Scan<'_> {
    /// Reads the pictures beside the media that are new or were written. Those that are still being written
    /// are left for the next scan.
    pub(super) fn read_pictures(&mut self) -> Result<PicturePlan, ScanError> {
        let (mut plan, now) = (PicturePlan::default(), (self.world.now)());
        if matches!(self.sink, Sink::Shown(_)) {
            return Ok(plan);
        }
        for (root, seen, unsure) in std::mem::take(&mut self.pictures) {
            let Some(extent) = self.extents.get(&root).filter(|_| !self.away.contains(&root)) else {
                continue;
            };
            let mut known = self.library.db().read(|tx| pictures::known(tx, root))?;
            known.retain(|known| extent.holds(&known.path));
            let is_unsure = |path: &[u8]| unsure.iter().any(|unsure| is_at_or_below(path, &unsure.path));
            let (mut to_read, gone) = pictures::compare(known, seen, &is_unsure);
            to_read.retain(|seen| Watch::new(seen.stat, now).is_settled(now));
            self.read_pictures_of(root, &to_read, &mut plan);
            // A disk that is away, or went away meanwhile, is no reason to forget what lay on it.
            let folder = self.roots.get(&root);
            let is_away = |away: &RootReport| Some(&away.path) == folder;
            if !self.report.roots_away.iter().any(is_away) {
                plan.gone.extend(gone);
            }
            if self.report.stopped {
                break;
            }
        }
        Ok(plan)
    }

    fn read_pictures_of(&mut self, root: RootId, seen: &[SeenPicture], plan: &mut PicturePlan) {
        let Some(folder) = self.roots.get(&root).cloned().filter(|_| !seen.is_empty()) else { return };
        let paths: Vec<_> = seen.iter().map(|seen| seen.path.as_slice()).collect();
        let read = read::read_in_order(self.world, &folder, &paths, &mut |read| {
            match read {
                Some((index, Reading::Prints(prints, stat))) => {
                    plan.read.push(PictureRead { root, path: seen[index].path.clone(), stat, prints });
                }
                Some((index, Reading::Unreadable(sentence))) => self.report.failures.push(ScanFailure {
                    root,
                    path: path_from_bytes(&seen[index].path),
                    sentence,
                }),
                _ => {}
            }
            !self.observer.should_stop()
        });
        match read {
            Ok(()) => {}
            Err(CallError::Away(away)) => self.root_away(root, &Away::Gone(format!("{away}."))),
            Err(CallError::Stopped) => self.report.stopped = true,
        }
    }

    /// Keeps what became of pictures, once the items are there that they belong to.
    pub(super) fn keep_pictures(&self, mut plan: PicturePlan) -> Result<(), ScanError> {
        plan.read.retain(|read| !self.away.contains(&read.root));
        plan.items_moved = self.report.moved + self.report.changed > 0;
        let is_quiet = plan.gone.is_empty() && plan.read.is_empty() && !plan.items_moved;
        if matches!(self.sink, Sink::Shown(_)) || (is_quiet && self.report.added == 0) {
            return Ok(());
        }
        let (section, kind, now) = (self.section.id, self.section.kind, (self.world.now)());
        let kept = self.library.db().write(move |tx| pictures::keep(tx, section, kind, &plan, now));
        kept.map_err(|error| self.fail(error))
    }
}
