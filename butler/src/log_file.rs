//! The log's file, `logs/butler.log` in the data folder. It is begun anew when it has grown large, and when
//! somebody gave it another name or took it away: the task that keeps the logs in order, or logrotate.
//!
//! It removes nothing. A disk that is full costs lines and nothing else. Start with [`LogFile`].

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Bytes from which on it is begun anew.
const MOST_BYTES: u64 = 10_000_000;
const NAME: &str = "butler.log";

/// Where the file lies, once the data folder is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogPlace(Arc<OnceLock<PathBuf>>);

impl LogPlace {
    /// From now on there is a file, in the folder `logs` of this data folder.
    pub(crate) fn begin_in(&self, data_dir: &Path) {
        // The first one stays.
        let _ = self.0.set(data_dir.join("logs"));
    }
}

/// Writes lines to the file; each call is one line.
#[derive(Debug)]
pub(crate) struct LogFile {
    place: LogPlace,
    most_bytes: u64,
    file: Option<File>,
}

impl LogFile {
    pub(crate) const fn new(place: LogPlace) -> Self {
        Self { place, most_bytes: MOST_BYTES, file: None }
    }

    /// The file that has the name now, with room in it.
    fn file(&mut self) -> io::Result<Option<&mut File>> {
        let Some(folder) = self.place.0.get() else { return Ok(None) };
        let path = folder.join(NAME);
        if let Some(file) = &self.file {
            let own = file.metadata()?;
            let is_there = path
                .symlink_metadata()
                .is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()));
            if is_there && own.len() >= self.most_bytes {
                put_away(folder, &path, &own)?;
            }
            if !is_there || own.len() >= self.most_bytes {
                self.file = None;
            }
        }
        if self.file.is_none() {
            // Somebody may have taken the folder away while the server runs.
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            self.file = Some(File::options().create(true).append(true).mode(0o600).open(&path)?);
        }
        Ok(self.file.as_mut())
    }
}

/// Gives the file the name of the day on which it was written last, and replaces nothing.
fn put_away(folder: &Path, path: &Path, own: &Metadata) -> io::Result<()> {
    let written_at = Timestamp::from_second(own.mtime()).unwrap_or_default();
    let day = TimeZone::system().to_datetime(written_at).date();
    let first = format!("{NAME}-{day}");
    let further = (2..10_000).map(|number| format!("{first}.{number}"));
    for name in std::iter::once(first.clone()).chain(further) {
        // The task compresses what was put away.
        if folder.join(format!("{name}.gz")).exists() {
            continue;
        }
        match std::fs::hard_link(path, folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => return linked.and_then(|()| std::fs::remove_file(path)),
        }
    }
    Ok(())
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line that can't be written is lost, and the next one is tried again.
        if let Ok(Some(file)) = self.file()
            && file.write_all(bytes).is_err()
        {
            self.file = None;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn lines_before_there_is_a_place_are_nobodys_trouble() {
        let place = LogPlace::default();
        let mut log = LogFile::new(place.clone());
        log.write_all(b"early\n").unwrap();
        let data = butler_fixtures::tempdir().unwrap();
        place.begin_in(data.path());
        log.write_all(b"one\n").unwrap();
        assert_eq!(fs::read(data.path().join("logs/butler.log")).unwrap(), b"one\n");
    }

    #[test]
    fn a_file_that_is_renamed_taken_away_or_too_large_is_begun_anew_and_nothing_is_replaced() {
        let data = butler_fixtures::tempdir().unwrap();
        let logs = data.path().join("logs");
        let place = LogPlace::default();
        place.begin_in(data.path());
        let mut log = LogFile { most_bytes: 8, ..LogFile::new(place) };
        log.write_all(b"first\n").unwrap();
        fs::rename(logs.join(NAME), logs.join("elsewhere")).unwrap();
        log.write_all(b"second\n").unwrap();
        assert_eq!(fs::read(logs.join("elsewhere")).unwrap(), b"first\n");
        for line in ["third\n", "fourth\n", "fifth\n", "sixth\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let all: String =
            names(&logs).iter().map(|name| fs::read_to_string(logs.join(name)).unwrap()).collect();
        for line in ["first", "second", "third", "fourth", "fifth", "sixth"] {
            assert!(all.contains(line), "{line} is lost: {:?}", names(&logs));
        }
        assert_eq!(names(&logs).len(), 4, "{:?}", names(&logs));
        fs::remove_dir_all(&logs).unwrap();
        log.write_all(b"last\n").unwrap();
        assert_eq!(fs::read(logs.join(NAME)).unwrap(), b"last\n");
    }
}
