//! Opens the file of a unit on its root's own thread, just as the last scan saw it, and tells a file that
//! can't be read from a root that is away.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use butler_library::{Library, Outside, RootAway, SourceFile, open_regular};

/// How many other files of a root are tried before it is taken to be away.
const WITNESSES: u64 = 3;
/// At how many places a file is read to see whether its root answers.
const PLACES: u64 = 8;

/// Why a media file could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Away(#[from] RootAway),
    #[error("`{path}` could not be opened")]
    System { path: String, source: io::Error },
    #[error("`{path}` is no place for media any more")]
    Outside { path: String, outside: Outside },
    #[error("`{path}` is not as the last scan saw it")]
    Changed { path: String },
}

impl OpenError {
    /// One sentence for a person.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Away(_) => "The folder that holds the file does not answer.".to_owned(),
            Self::Changed { .. } => {
                "The file changed since it was scanned; the next scan will see it anew.".to_owned()
            }
            Self::Outside { outside, .. } => outside.sentence(),
            Self::System { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "The file is gone; the next scan will note it.".to_owned(),
                io::ErrorKind::PermissionDenied => {
                    "The server may not read the file; give its user the right to read file and folder."
                        .to_owned()
                }
                io::ErrorKind::InvalidInput => "It is no regular file any more.".to_owned(),
                _ => format!("The file could not be read: {source}."),
            },
        }
    }
}

/// A file's name extension as a worker is told it, a hint to its demuxer: lower case, without the dot, empty
/// where there is none.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Opens a file for reading.
pub(crate) fn open(library: &Library, file: &SourceFile) -> Result<File, OpenError> {
    let path = file.path.display().to_string();
    let (wanted, borders) = (file.path.clone(), library.borders());
    let opened = library.root_threads().call(&file.root_path, move |_| {
        let open = open_regular(&wanted)?;
        // A link may lead elsewhere since the scan followed it.
        let outside = borders.of_open(&open)?;
        let stands = standing(&open)?;
        Ok::<_, io::Error>((open, stands, outside))
    })?;
    match opened {
        Err(source) => Err(OpenError::System { path, source }),
        Ok((_, _, Some(outside))) => Err(OpenError::Outside { path, outside }),
        Ok((_, stands, None)) if stands != (file.size, file.mtime_ns) => Err(OpenError::Changed { path }),
        Ok((open, _, None)) => Ok(open),
    }
}

/// Whether a file that was read to its end is still as the last scan saw it: else what was read is of no one
/// content.
pub(crate) fn look_again(library: &Library, file: &SourceFile, open: &File) -> Result<(), OpenError> {
    let path = file.path.display().to_string();
    let system = |source| OpenError::System { path: path.clone(), source };
    let open = open.try_clone().map_err(system)?;
    match library.root_threads().call(&file.root_path, move |_| standing(&open))? {
        Err(source) => Err(system(source)),
        Ok(stands) if stands != (file.size, file.mtime_ns) => Err(OpenError::Changed { path }),
        Ok(_) => Ok(()),
    }
}

/// Whether the root still gives the bytes of an open file, be they what they may: a worker that came no
/// further may have waited for them.
pub(crate) fn still_answers(library: &Library, file: &SourceFile, open: &File) -> bool {
    let Ok(open) = open.try_clone() else { return true };
    let step = file.size / PLACES;
    // What lies in memory is read without asking the root: the places are far apart.
    let read = library.root_threads().call(&file.root_path, move |beat| {
        for place in 0..PLACES {
            beat.tap();
            // An error is an answer.
            let _ = open.read_at(&mut [0], step * place);
        }
    });
    read.is_ok()
}

/// A file's bytes, and when it was written last, nanoseconds since 1970.
fn standing(open: &File) -> io::Result<(u64, i64)> {
    let seen = open.metadata()?;
    Ok((seen.size(), seen.mtime().saturating_mul(1_000_000_000).saturating_add(seen.mtime_nsec())))
}

/// Whether the root of a file that could not be read is away: it does not list, it is empty, or none of its
/// other files reads.
pub(crate) fn is_root_away(library: &Library, file: &SourceFile) -> bool {
    let witnesses = library.files_in_root(file.root, file.part, WITNESSES).unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "the files of a root could not be read");
        Vec::new()
    });
    let root = file.root_path.clone();
    let answers = library.root_threads().call(&file.root_path, move |_| {
        let lists = std::fs::read_dir(&root).is_ok_and(|mut entries| entries.next().is_some());
        let reads = |witness: &SourceFile| {
            open_regular(&witness.path).is_ok_and(|mut file| file.read(&mut [0]).is_ok())
        };
        lists && (witnesses.is_empty() || witnesses.iter().any(reads))
    });
    !answers.unwrap_or(false)
}
