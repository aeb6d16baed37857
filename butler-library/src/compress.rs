//! Compresses a file of the data folder (gzip, RFC 1952, which `zcat` and `zgrep` read). The original goes
//! only once the compressed file is whole and on the disk under its name. A kill in between leaves a draft,
//! or both files; the next time begins anew.

use std::ffi::OsString;
use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::own_files::{OwnFile, OwnFolder, Removal, with_suffix};

/// What a draft's name begins with.
const DRAFT: &str = ".part-";

/// Replaces a file right in a folder by a compressed one of the same name and `suffix`.
///
/// # Errors
/// If it is another by now, the name is taken, or a file can't be read or written; then the original stays.
pub fn compress_own(folder: &OwnFolder, file: &OwnFile, suffix: &str) -> io::Result<Removal> {
    let name = file.name.as_os_str();
    let mut draft = OsString::from(DRAFT);
    draft.push(name);
    // One that a killed process left.
    match folder.discard(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut source = folder.open_file(file)?;
    let packed = with_suffix(name, suffix);
    // So does one that was killed before it removed the original: of any other file the name is taken.
    folder.discard_of(&packed, file.modified_at)?;
    let written = folder.create(&draft).and_then(|target| {
        let mut encoder = GzEncoder::new(target, Compression::default());
        io::copy(&mut source, &mut encoder)?;
        let mut target = encoder.finish()?;
        target.flush()?;
        let since_1970 = Duration::try_from(file.modified_at.as_duration()).unwrap_or_default();
        target.set_modified(UNIX_EPOCH + since_1970)?;
        target.sync_all()?;
        folder.rename(&draft, &packed)
    });
    if let Err(error) = written {
        // What can't be removed now is begun anew the next time.
        let _left = folder.discard(&draft);
        return Err(error);
    }
    folder.sync()?;
    // To read it was no use of it.
    folder.remove_read(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use super::*;

    #[test]
    fn a_file_is_replaced_by_one_with_the_same_content_and_instant_whatever_a_killed_process_left() {
        let data = butler_fixtures::tempdir().unwrap();
        let logs = data.path().join("logs");
        fs::create_dir(&logs).unwrap();
        let text = "a line of the log\n".repeat(10_000);
        fs::write(logs.join("old.log"), &text).unwrap();
        fs::write(logs.join(".part-old.log"), b"of a process that was killed").unwrap();
        let folder = OwnFolder::open(data.path(), "logs").unwrap();
        let file = |name: &str| {
            let files = folder.list(&mut || false).unwrap().files;
            files.into_iter().find(|file| file.name.as_os_str() == name).unwrap()
        };
        let old = file("old.log");
        assert_eq!(compress_own(&folder, &old, ".gz").unwrap(), Removal::Removed);
        let names: Vec<_> = fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["old.log.gz"]);
        let new = file("old.log.gz");
        assert!(new.bytes < old.bytes / 10 && new.modified_at == old.modified_at);
        let mut found = String::new();
        let packed = fs::File::open(logs.join("old.log.gz")).unwrap();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut found).unwrap();
        assert_eq!(found, text);
    }

    #[test]
    fn a_process_that_was_killed_between_the_two_names_leaves_nothing_for_ever() {
        let data = butler_fixtures::tempdir().unwrap();
        let logs = data.path().join("logs");
        fs::create_dir(&logs).unwrap();
        fs::write(logs.join("old.log"), "a line\n").unwrap();
        let folder = OwnFolder::open(data.path(), "logs").unwrap();
        let file = folder.list(&mut || false).unwrap().files.remove(0);
        compress_own(&folder, &file, ".gz").unwrap();
        // As it was before the original went.
        fs::write(logs.join("old.log"), "a line\n").unwrap();
        let times = fs::metadata(logs.join("old.log.gz")).unwrap().modified().unwrap();
        fs::File::options().write(true).open(logs.join("old.log")).unwrap().set_modified(times).unwrap();
        let again = folder.list(&mut || false).unwrap().files.remove(0);
        assert_eq!(compress_own(&folder, &again, ".gz").unwrap(), Removal::Removed);
        assert_eq!(fs::read_dir(&logs).unwrap().count(), 1);

        // A file of another instant is somebody else's.
        fs::write(logs.join("old.log"), "another line\n").unwrap();
        let other = folder.list(&mut || false).unwrap().files.remove(0);
        assert!(compress_own(&folder, &other, ".gz").is_err());
        assert_eq!(fs::read_dir(&logs).unwrap().count(), 2);
    }
}
