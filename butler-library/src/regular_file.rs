//! Opens media: regular files only. A pipe, socket or device that lies under a media name is never opened for
//! reading.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags};

/// Opens a regular file for reading, following links. Never blocks on a pipe or device.
///
/// # Errors
/// If it can't be opened, or is no regular file (`InvalidInput`).
pub fn open_regular(path: &Path) -> io::Result<File> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
    let kind = |mode| FileType::from_raw_mode(mode);
    if kind(rustix::fs::statat(CWD, path, rustix::fs::AtFlags::empty())?.st_mode) != FileType::RegularFile {
        return Err(wrong());
    }
    // What was a file a moment ago may be a pipe by now: hence NONBLOCK, and a second look at what was
    // opened.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    if kind(rustix::fs::fstat(&file)?.st_mode) == FileType::RegularFile {
        Ok(file.into())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = butler_fixtures::tempdir().unwrap();
        let pipe = folder.path().join("film.mkv");
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        for path in [&pipe, Path::new("/dev/zero"), folder.path()] {
            assert_eq!(
                open_regular(path).unwrap_err().kind(),
                io::ErrorKind::InvalidInput,
                "{}",
                path.display()
            );
        }
        let file = folder.path().join("real.mkv");
        std::fs::write(&file, b"x").unwrap();
        assert!(open_regular(&file).is_ok());
    }
}
