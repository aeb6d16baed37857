//! Which disks hold a source, as far as the loop knows, and how many units may read of one at a time. What
//! follows of that for the next unit is the backlog's.

use std::time::{Duration, Instant};

use butler_library::{Disk, Disks, Library, SourceId};
use butler_tasks::Settings;
use butler_tasks::settings::{BUTLER_READERS_PER_DISK, BUTLER_VIRTUAL_DISKS_SPIN};

use crate::door::answer::DiskReaders;
use crate::engine::Loop;

/// So long holds what was found: seldom is a disk mounted.
const HOLDS: Duration = Duration::from_secs(30);

/// The disks that were found last.
pub(super) struct KnownDisks {
    find: Box<dyn Fn() -> Disks + Send>,
    found: Disks,
    /// Whether virtual disks are taken for spinning ones.
    virtual_ones_spin: bool,
    found_at: Option<Instant>,
}

impl KnownDisks {
    pub(super) fn new(find: impl Fn() -> Disks + Send + 'static) -> Self {
        Self { find: Box::new(find), found: Disks::default(), virtual_ones_spin: false, found_at: None }
    }

    /// Finds them anew, if that was not done a moment ago.
    pub(super) fn look(&mut self, now: Instant, settings: &Settings) {
        let virtual_ones_spin = settings.flag(&BUTLER_VIRTUAL_DISKS_SPIN);
        if self.virtual_ones_spin == virtual_ones_spin
            && self.found_at.is_some_and(|at| now.saturating_duration_since(at) < HOLDS)
        {
            return;
        }
        let found = (self.find)();
        self.found = if virtual_ones_spin { found.with_virtual_ones_spinning() } else { found };
        (self.virtual_ones_spin, self.found_at) = (virtual_ones_spin, Some(now));
    }

    /// The disks of the file that will be read for a source; none where that is unknown.
    pub(super) fn of(&self, library: &Library, source: SourceId) -> Vec<Disk> {
        // Who can't be told of here can't be opened either, and says so then.
        let files = library.files_of(source).unwrap_or_default();
        files.first().map(|file| self.found.of(&file.path).to_vec()).unwrap_or_default()
    }
}

/// How many units that are not brief may read of a disk that is shared badly.
pub(super) fn readers(settings: &Settings) -> usize {
    match settings.int(&BUTLER_READERS_PER_DISK) {
        0 => usize::MAX,
        readers => usize::try_from(readers).unwrap_or(usize::MAX),
    }
}

impl Loop {
    /// Which disks there are as far as is known, with their readers.
    pub(super) fn disk_readers(&self) -> DiskReaders {
        DiskReaders {
            disks: self.disks.found.clone(),
            reading: self.backlog.reading(),
            most: readers(&self.settings.borrow()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use butler_api::TaskName;
    use butler_library::{DiskKind, ItemFilter, ItemKind};
    use butler_product::{Spec, bif};

    use super::*;
    use crate::engine::event::{EngineEvent, Gathered};
    use crate::engine::night_tests::Night;
    use crate::unit::{Spent, UnitOutcome, UnitOver};

    /// Puts three tracks into each of these folders, and has them scanned; the contents.
    fn tracks(night: &Night, folders: &[&Path]) -> Vec<SourceId> {
        for folder in folders {
            std::fs::create_dir_all(folder.join("Nina/Blue")).unwrap();
            for track in ["1", "2", "3"] {
                let content = format!("{track} {}", folder.display()).repeat(100);
                std::fs::write(folder.join(format!("Nina/Blue/{track}.flac")), content).unwrap();
            }
        }
        let section = night.music(folders.iter().map(|folder| folder.to_path_buf()).collect());
        let library = &night.engine.library;
        let filter = ItemFilter { kind: Some(ItemKind::Track) };
        let items = library.items_of_section(section, filter, 0, 100).unwrap().rows;
        let media = items.into_iter().flat_map(|item| library.item(item.id).unwrap().unwrap().media);
        media.flat_map(|version| version.parts).map(|part| part.source).collect()
    }

    fn disk(name: &str, kind: DiskKind) -> Disk {
        Disk { name: name.to_owned(), kind }
    }

    /// How many units read of the first and of the second disk.
    fn reading(night: &Night) -> [usize; 2] {
        let reading = night.engine.disk_readers().reading;
        ["sda", "sdb"].map(|name| reading.iter().find(|(disk, _)| disk.name == name).map_or(0, |(_, n)| *n))
    }

    fn over(night: &mut Night, slot: usize, unit: u64) {
        let end = UnitOutcome::Left { root: None };
        let over = UnitOver { answers: Vec::new(), bytes_read: 0, spent: Spent::default(), end };
        night.engine.handle(EngineEvent::UnitsOver { slot, units: vec![(unit, over)] });
    }

    #[test]
    fn each_disk_has_its_own_readers_and_a_setting_says_how_many() {
        let media = butler_fixtures::tempdir().unwrap();
        let root = media.path().canonicalize().unwrap();
        let folders = [root.join("a"), root.join("b")];
        let mut night = Night::of_cores(8);
        let sources = tracks(&night, &folders.each_ref().map(|folder| folder.as_path()));
        assert_eq!(sources.len(), 6);
        let kinds = [("sda", DiskKind::Spinning), ("sdb", DiskKind::Network)];
        let places = folders.into_iter().zip(kinds.map(|(name, kind)| vec![disk(name, kind)]));
        let disks = Disks::at(places);
        night.engine.disks = KnownDisks::new(move || disks.clone());
        let run = night.start(&TaskName::GenerateMediaIndexFiles);
        let lacks = vec![(Spec::Bif(bif::Params::default()), sources)];
        let gathered = Gathered { lacks, ..Gathered::default() };
        night.engine.handle(EngineEvent::Gathered { run, lacks: Ok(gathered) });
        assert_eq!(reading(&night), [1, 1]);
        assert_eq!(night.engine.pool.free_cores(), 0, "the two share all cores");
        over(&mut night, 0, 1);
        assert_eq!(reading(&night), [1, 1], "the next one of the same disk takes its place");
        night.engine.change_settings(&[("ButlerReadersPerDisk".to_owned(), Some("0".to_owned()))]).unwrap();
        over(&mut night, 0, 3);
        assert_eq!(reading(&night).iter().sum::<usize>(), 4, "all that are left");
        assert_eq!((night.engine.pool.free_cores(), night.engine.pool.free_slots()), (0, 4));
        let other = night.start(&TaskName::LoudnessAnalysis);
        night.gathered(other, &[999]);
        assert_eq!(night.engine.pool.free_slots(), 3, "a look at tags waits for no film");
    }

    #[test]
    fn a_virtual_disk_has_one_reader_only_where_the_setting_has_it_spin() {
        let media = butler_fixtures::tempdir().unwrap();
        let root = media.path().canonicalize().unwrap();
        let mut night = Night::of_cores(8);
        let sources = tracks(&night, &[&root.join("a")]);
        let disks = Disks::at([(root, vec![disk("sda", DiskKind::Virtual)])]);
        night.engine.disks = KnownDisks::new(move || disks.clone());
        night.engine.change_settings(&[("ButlerVirtualDisksSpin".to_owned(), Some("1".to_owned()))]).unwrap();
        let run = night.start(&TaskName::GenerateMediaIndexFiles);
        let lacks = vec![(Spec::Bif(bif::Params::default()), sources)];
        let gathered = Gathered { lacks, ..Gathered::default() };
        night.engine.handle(EngineEvent::Gathered { run, lacks: Ok(gathered) });
        assert_eq!(reading(&night), [1, 0]);
        night.engine.change_settings(&[("ButlerVirtualDisksSpin".to_owned(), None)]).unwrap();
        over(&mut night, 0, 1);
        assert_eq!(night.engine.pool.free_slots(), 6, "both that are left");
    }

    #[test]
    fn disks_are_found_anew_after_a_while_and_not_before() {
        let mut known = KnownDisks::new(|| Disks::at([("/".into(), vec![disk("sda", DiskKind::Solid)])]));
        let (now, settings) = (Instant::now(), Settings::default());
        known.look(now, &settings);
        assert_eq!(known.found.of(Path::new("/films")).len(), 1);
        known.find = Box::new(Disks::default);
        known.look(now + HOLDS / 2, &settings);
        assert_eq!(known.found.of(Path::new("/films")).len(), 1);
        known.look(now + HOLDS, &settings);
        assert_eq!(known.found.of(Path::new("/films")), []);
    }
}
