//! Opens the file of a unit on its root's own thread, just as the last scan saw it, and tells a file that
//! can't be read from a root that is away.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    let opened = open_each(library, &[file]).pop();
    opened.unwrap_or_else(|| {
        Err(OpenError::System { path: String::new(), source: io::ErrorKind::NotFound.into() })
    })
}

/// Opens files for reading, in their order: those of one root in one go.
pub(crate) fn open_each(library: &Library, files: &[&SourceFile]) -> Vec<Result<File, OpenError>> {
    let open_those = |files: &[&SourceFile]| {
        let (paths, borders) =
            (files.iter().map(|file| file.path.clone()).collect::<Vec<_>>(), library.borders());
        let open_one = move |path: &PathBuf| {
            let open = open_regular(path)?;
            // A link may lead elsewhere since the scan followed it.
            let outside = borders.of_open(&open)?;
            let stands = standing(&open)?;
            Ok((open, stands, outside))
        };
        let opened = library.root_threads().call(&files[0].root_path, move |beat| {
            let open_next = |path| {
                beat.tap();
                open_one(path)
            };
            paths.iter().map(open_next).collect::<Vec<io::Result<_>>>()
        });
        of_each(files, opened, |file, (open, stands, outside)| {
            let path = file.path.display().to_string();
            match outside {
                Some(outside) => Err(OpenError::Outside { path, outside }),
                None if stands != (file.size, file.mtime_ns) => Err(OpenError::Changed { path }),
                None => Ok(open),
            }
        })
    };
    files.chunk_by(|one, next| one.root_path == next.root_path).flat_map(open_those).collect()
}

/// Whether files that were read to their ends are still as the last scan saw them, in their order: else what
/// was read is of no one content.
pub(crate) fn look_again_each(
    library: &Library,
    files: &[(&SourceFile, &Arc<File>)],
) -> Vec<Result<(), OpenError>> {
    let look_at_those = |files: &[(&SourceFile, &Arc<File>)]| {
        let open: Vec<_> = files.iter().map(|(_, open)| Arc::clone(open)).collect();
        let stand = library.root_threads().call(&files[0].0.root_path, move |beat| {
            let look_at_next = |open: &Arc<File>| {
                beat.tap();
                standing(open)
            };
            open.iter().map(look_at_next).collect::<Vec<_>>()
        });
        let files: Vec<_> = files.iter().map(|(file, _)| *file).collect();
        of_each(&files, stand, |file, stands| {
            let path = file.path.display().to_string();
            if stands == (file.size, file.mtime_ns) { Ok(()) } else { Err(OpenError::Changed { path }) }
        })
    };
    files.chunk_by(|(one, _), (next, _)| one.root_path == next.root_path).flat_map(look_at_those).collect()
}

/// What a root answered of each of these files, judged.
fn of_each<Found, T>(
    files: &[&SourceFile],
    answered: Result<Vec<io::Result<Found>>, RootAway>,
    judge: impl Fn(&SourceFile, Found) -> Result<T, OpenError>,
) -> Vec<Result<T, OpenError>> {
    let answered = match answered {
        Ok(answered) => answered,
        Err(away) => return files.iter().map(|_| Err(away.clone().into())).collect(),
    };
    let of_one = |(file, found): (&&SourceFile, io::Result<Found>)| {
        let path = || file.path.display().to_string();
        judge(file, found.map_err(|source| OpenError::System { path: path(), source })?)
    };
    files.iter().zip(answered).map(of_one).collect()
}

/// Whether the root still gives the bytes of an open file, be they what they may: a worker that came no
/// further may have waited for them.
pub(crate) fn still_answers(library: &Library, file: &SourceFile, open: &Arc<File>) -> bool {
    let open = Arc::clone(open);
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
