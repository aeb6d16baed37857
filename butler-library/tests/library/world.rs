//! A library on a temporary folder with one section, files that were written long ago, and a clock that
//! stands still unless a scan waits.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use butler_library::{
    BlobRef, ItemDetail, ItemFilter, ItemKind, ItemRow, Library, MadeProduct, NewSection, OpenMedia, PartRow,
    Published, PublishedUnit, RealFiles, RootThreads, ScanObserver, ScanPhase, ScanPlan, ScanProgress,
    ScanReport, ScanWorld, SectionId, SectionKind, SourceId, plan_scan, scan_paths, scan_section,
};
use butler_product::bandwidth::Summary;
use butler_product::media_info::{MediaInfo, Stream, StreamKind};
use butler_product::{Spec, Value, bif};
use jiff::Timestamp;
use tempfile::TempDir;

/// The instant at which the clock of a new world stands.
pub(crate) const START: i64 = 1_800_000_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

/// Real files, with a list of what was opened.
#[derive(Default)]
pub(crate) struct CountedFiles {
    opened: Mutex<Vec<PathBuf>>,
}

impl CountedFiles {
    pub(crate) fn take(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.opened.lock().unwrap())
    }
}

impl OpenMedia for CountedFiles {
    fn open(&self, path: &Path) -> io::Result<File> {
        self.opened.lock().unwrap().push(path.to_owned());
        RealFiles.open(path)
    }
}

/// Watches a scan, and stops it at a phase if told so.
#[derive(Default)]
pub(crate) struct Watcher {
    pub(crate) stop_in: Option<ScanPhase>,
    pub(crate) stopping: bool,
    pub(crate) leaves_growing: bool,
    pub(crate) told: Vec<ScanProgress>,
}

impl ScanObserver for Watcher {
    fn progress(&mut self, progress: ScanProgress) {
        self.stopping |= self.stop_in == Some(progress.phase);
        self.told.push(progress);
    }

    fn should_stop(&mut self) -> bool {
        self.stopping
    }

    fn waits_for_growing(&self) -> bool {
        !self.leaves_growing
    }
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) library: Library,
    pub(crate) section: SectionId,
    pub(crate) files: Arc<CountedFiles>,
    /// Seconds since the start.
    pub(crate) clock: Cell<i64>,
}

impl World {
    /// A library with one section of a kind on the folder `media`.
    pub(crate) fn new(kind: SectionKind) -> Self {
        Self::with_threads(kind, RootThreads::default())
    }

    pub(crate) fn with_threads(kind: SectionKind, threads: RootThreads) -> Self {
        let folder = butler_fixtures::tempdir().unwrap();
        fs::create_dir(folder.path().join("media")).unwrap();
        let library = Library::open_with(&folder.path().join("data"), threads).unwrap();
        let section = library.add_section(new_section(kind, &[&folder.path().join("media")]), at(0)).unwrap();
        Self { folder, library, section, files: Arc::default(), clock: Cell::new(0) }
    }

    /// A library that is there, with its section.
    pub(crate) fn over(library: Library, section: SectionId) -> Self {
        let folder = butler_fixtures::tempdir().unwrap();
        Self { folder, library, section, files: Arc::default(), clock: Cell::new(0) }
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    /// Writes a file below `media` that has stood still for long.
    pub(crate) fn write(&self, path: impl AsRef<OsStr>, content: &[u8]) -> PathBuf {
        let path = self.media().join(Path::new(path.as_ref()));
        write_at(&path, content, -3_600);
        path
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        let to = self.media().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.media().join(from), to).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.media().join(path)).unwrap();
    }

    /// Scans a day later than before, and holds that the library is sound.
    pub(crate) fn scan(&self) -> ScanReport {
        self.scan_with(&mut Watcher::default(), &|_| {})
    }

    /// The same with a watcher, and with something that happens at each wait.
    pub(crate) fn scan_with(&self, watcher: &mut Watcher, at_wait: &dyn Fn(i64)) -> ScanReport {
        self.scan_some(None, watcher, at_wait)
    }

    /// The same of some paths below `media` only.
    pub(crate) fn scan_paths(&self, paths: &[&str]) -> ScanReport {
        // Sections know their folders without links.
        let root = self.library.section(self.section).unwrap().unwrap().roots[0].path.clone();
        let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
        self.scan_some(Some(&paths), &mut Watcher::default(), &|_| {})
    }

    fn scan_some(
        &self,
        paths: Option<&[PathBuf]>,
        watcher: &mut Watcher,
        at_wait: &dyn Fn(i64),
    ) -> ScanReport {
        self.clock.set(self.clock.get() + 86_400);
        let begun = self.clock.get();
        let ms = Cell::new(0);
        let world = ScanWorld {
            root_threads: self.library.root_threads(),
            files: Arc::clone(&self.files) as _,
            now: &|| at(begun) + Duration::from_millis(ms.get()),
            settle: &|wait| {
                assert!(wait <= Duration::from_millis(500), "a stop would not be heard for {wait:?}");
                ms.set(ms.get() + u64::try_from(wait.as_millis()).unwrap());
                at_wait(i64::try_from(ms.get()).unwrap());
            },
            run: None,
        };
        let report = match paths {
            None => scan_section(&self.library, self.section, &world, watcher),
            Some(paths) => scan_paths(&self.library, self.section, paths, &world, watcher),
        };
        let report = report.unwrap();
        self.library.assert_sound();
        report
    }

    /// What a scan of all of it, or of some paths below `media`, would do now.
    pub(crate) fn plan(&self, paths: Option<&[&str]>) -> ScanPlan {
        let root = self.library.section(self.section).unwrap().unwrap().roots[0].path.clone();
        let paths: Option<Vec<_>> = paths.map(|paths| paths.iter().map(|path| root.join(path)).collect());
        let world = ScanWorld {
            root_threads: self.library.root_threads(),
            files: Arc::clone(&self.files) as _,
            now: &|| at(self.clock.get() + 86_400),
            settle: &|_| panic!("a dry run waits for nothing"),
            run: None,
        };
        plan_scan(&self.library, self.section, paths.as_deref(), &world, &mut Watcher::default()).unwrap()
    }

    /// Every item of a kind, by sort title.
    pub(crate) fn items(&self, kind: ItemKind) -> Vec<ItemRow> {
        let page =
            self.library.items_of_section(self.section, ItemFilter { kind: Some(kind) }, 0, 1_000).unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows
    }

    /// The one item of a kind.
    pub(crate) fn only(&self, kind: ItemKind) -> ItemDetail {
        let items = self.items(kind);
        assert_eq!(items.len(), 1, "{items:?}");
        self.library.item(items[0].id).unwrap().unwrap()
    }

    /// Every part, by path below `media`.
    pub(crate) fn parts(&self) -> Vec<(String, PartRow)> {
        let mut parts = Vec::new();
        for kind in [ItemKind::Movie, ItemKind::Episode, ItemKind::Track, ItemKind::Photo, ItemKind::Extra] {
            let ids: Vec<_> = self.items(kind).iter().map(|item| item.id).collect();
            for part in self
                .library
                .media_of_items(&ids)
                .unwrap()
                .into_values()
                .flatten()
                .flat_map(|media| media.parts)
            {
                let path = part.path.strip_prefix(self.folder.path()).unwrap();
                let path = path.strip_prefix("media").unwrap_or(path).to_string_lossy().into_owned();
                parts.push((path, part));
            }
        }
        // A file of several episodes is shown by each of them.
        parts.sort_by(|(a, one), (b, other)| a.cmp(b).then(one.item.cmp(&other.item)));
        parts.dedup_by_key(|(_, part)| part.id);
        parts
    }

    pub(crate) fn part(&self, path: &str) -> PartRow {
        self.parts()
            .into_iter()
            .find(|(at, _)| at == path)
            .unwrap_or_else(|| panic!("there is no part {path}"))
            .1
    }

    /// The paths of the parts that are there.
    pub(crate) fn present(&self) -> Vec<String> {
        self.parts()
            .into_iter()
            .filter(|(_, part)| part.missing_since.is_none())
            .map(|(path, _)| path)
            .collect()
    }

    /// Makes a BIF of a source, as a worker would.
    pub(crate) fn make_bif(&self, source: SourceId) {
        let fingerprint = self.library.fingerprint(source).unwrap().unwrap();
        let spec = Spec::Bif(bif::Params::default());
        let staged = self.library.blobs().staged().unwrap();
        io::Write::write_all(&mut staged.file(), b"pictures").unwrap();
        let blob = staged.publish(&spec.blob_name(fingerprint), 8).unwrap();
        self.publish(source, MadeProduct { spec, value: bif_value(), blob: Some(blob) });
    }

    pub(crate) fn make_headers(&self, source: SourceId, info: MediaInfo) {
        let value = Value::MediaInfo(Box::new(info));
        self.publish(source, MadeProduct { spec: Spec::MediaInfo, value, blob: None });
    }

    pub(crate) fn make_bandwidth(&self, source: SourceId, summary: Summary) {
        let fingerprint = self.library.fingerprint(source).unwrap().unwrap();
        let staged = self.library.blobs().staged().unwrap();
        io::Write::write_all(&mut staged.file(), b"curve").unwrap();
        let blob = staged.publish(&Spec::Bandwidth.blob_name(fingerprint), 5).unwrap();
        let value = Value::Bandwidth(Box::new(summary));
        self.publish(source, MadeProduct { spec: Spec::Bandwidth, value, blob: Some(blob) });
    }

    pub(crate) fn make_media_info(&self, source: SourceId, kinds: &[StreamKind]) {
        let streams = kinds.iter().map(|kind| stream(*kind)).collect();
        let value = Value::MediaInfo(Box::new(MediaInfo { streams, ..MediaInfo::default() }));
        self.publish(source, MadeProduct { spec: Spec::MediaInfo, value, blob: None });
    }

    /// Has a worker have read a value without a blob.
    pub(crate) fn make(&self, source: SourceId, spec: Spec, value: Value) {
        self.publish(source, MadeProduct { spec, value, blob: None });
        self.library.assert_sound();
    }

    fn publish(&self, source: SourceId, product: MadeProduct) {
        let made_from = self.library.fingerprint(source).unwrap().unwrap();
        let unit = PublishedUnit {
            source,
            made_from,
            products: vec![product],
            failures: vec![],
            gains: vec![],
            cost: None,
            made_at: at(self.clock.get()),
        };
        assert_eq!(self.library.publish(unit).unwrap(), Published::Kept);
    }

    /// Every row of every table, but for the instant of the last scan.
    pub(crate) fn dump(&self) -> String {
        let connection = rusqlite::Connection::open(self.library.data_dir().join("butler.db")).unwrap();
        let mut tables =
            connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
        let tables: Vec<String> =
            tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut text = String::new();
        for table in tables {
            let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns: Vec<_> = statement.column_names().iter().map(|name| (*name).to_owned()).collect();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values = columns.iter().enumerate().filter(|(_, name)| *name != "scanned_at");
                let values: Vec<_> =
                    values.map(|(index, name)| format!("{name}={:?}", row.get_ref(index).unwrap())).collect();
                text += &format!("{table}: {}\n", values.join(" "));
            }
        }
        text
    }
}

pub(crate) fn new_section(kind: SectionKind, roots: &[&Path]) -> NewSection {
    NewSection {
        name: "Media".into(),
        kind,
        roots: roots.iter().map(|root| root.to_path_buf()).collect(),
        agent: "none".into(),
        scanner: "none".into(),
        language: "en-US".into(),
    }
}

/// Writes a file whose mtime is so many seconds after the start.
pub(crate) fn write_at(path: &Path, content: &[u8], seconds: i64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    set_mtime(path, seconds);
}

pub(crate) fn set_mtime(path: &Path, seconds: i64) {
    let mtime = UNIX_EPOCH + Duration::from_secs(u64::try_from(START + seconds).unwrap());
    File::options().write(true).open(path).unwrap().set_modified(mtime).unwrap();
}

/// Content of its own for each name.
pub(crate) fn content(name: &str, length: usize) -> Vec<u8> {
    name.bytes().cycle().zip(0u32..).map(|(byte, index)| byte ^ (index / 7) as u8).take(length).collect()
}

pub(crate) fn not_utf8(text: &[u8]) -> &OsStr {
    OsStr::from_bytes(text)
}

pub(crate) fn bif_value() -> Value {
    bif::Summary { pictures: 1, interval_ms: 10_000, width: 320, height: 180 }.into()
}

pub(crate) fn blob(name: &str, bytes: u64) -> BlobRef {
    BlobRef { name: name.into(), bytes }
}

fn stream(kind: StreamKind) -> Stream {
    Stream {
        index: 0,
        kind,
        codec: "h264".into(),
        profile: None,
        bit_rate: None,
        language: None,
        title: None,
        default: true,
        forced: false,
        encrypted: false,
        picture: None,
        sound: None,
    }
}
