//! What lies outside of the data folder, perhaps on a mount that hangs: which of the sections' roots are
//! there, and the newest copy of the database. Pages show what is known and wait for nothing: who asks has it
//! looked for in the background, one look at a time, and pages are told when it is different.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use butler_library::{Library, Section, SectionRoot, StoreError};
use jiff::Timestamp;
use tokio::time::timeout;

use super::backups;
use crate::app::App;
use crate::error::Problem;

/// A root that does not answer within this time is shown as away.
const LOOKED_FOR: Duration = Duration::from_secs(3);
/// A folder that answers does so within this time, and the page that asked shows how it is now.
const GLANCE: Duration = Duration::from_millis(20);

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Outside {
    looking: Arc<tokio::sync::Mutex<()>>,
    seen: Mutex<Seen>,
}

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Each root that was looked at, and how it was.
    roots: BTreeMap<PathBuf, Result<(), Away>>,
    /// When the newest copy of the database was written, or why that can't be known; none until it was
    /// looked for.
    pub(crate) newest_backup: Option<Result<Option<Timestamp>, String>>,
}

/// A root that can't be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Away {
    pub(crate) path: PathBuf,
    /// Why, and what that means.
    pub(crate) sentence: String,
    /// Whether it may not be looked at, for it is under no allowed root any more.
    pub(crate) is_refused: bool,
}

impl Seen {
    /// The roots that can't be looked at.
    pub(crate) fn away(&self) -> impl Iterator<Item = &Away> {
        self.roots.values().filter_map(|root| root.as_ref().err())
    }

    /// Those of a section.
    pub(crate) fn away_of<'a>(&'a self, section: &'a Section) -> impl Iterator<Item = &'a Away> {
        self.away().filter(|away| section.roots.iter().any(|root| root.path == away.path))
    }

    /// How a root is; none until it was looked at.
    pub(crate) fn root(&self, root: &Path) -> Option<&Result<(), Away>> {
        self.roots.get(root)
    }
}

impl Outside {
    fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is known; whether it is different then.
    fn note(&self, change: impl FnOnce(&mut Seen)) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.clone();
        change(&mut seen);
        *seen != before
    }
}

/// What is known, and has it looked for anew.
pub(crate) async fn seen(app: &App) -> Seen {
    if let Ok(turn) = Arc::clone(&app.outside.looking).try_lock_owned() {
        let own = app.clone();
        let looking = tokio::spawn(async move {
            let _turn = turn;
            look(own).await;
        });
        // The look goes on to its end also when nobody waits any more.
        let _ = timeout(GLANCE, looking).await;
    }
    app.outside.seen()
}

async fn look(app: App) {
    let own = app.clone();
    let roots = app.library(move |library| {
        look_at_roots(&own, library, &library.sections()?);
        Ok::<_, StoreError>(())
    });
    let (roots, newest) = tokio::join!(roots, look_for_backup(&app));
    for failed in [roots.err(), newest.err()].into_iter().flatten() {
        tracing::warn!(why = failed.sentence(), "the folders outside could not be looked at");
    }
}

async fn look_for_backup(app: &App) -> Result<(), Problem> {
    let copies = backups::list(app).await?.copies;
    let newest = copies.map(|copies| copies.first().and_then(|copy| copy.made_at));
    note(app, |seen| seen.newest_backup = Some(newest));
    Ok(())
}

/// Side by side: one that does not answer holds up no other, and each is known as soon as it has.
fn look_at_roots(app: &App, library: &Library, sections: &[Section]) {
    let roots: Vec<&SectionRoot> = sections.iter().flat_map(|section| &section.roots).collect();
    let refused = library.refused_roots(sections);
    note(app, |seen| seen.roots.retain(|path, _| roots.iter().any(|root| root.path == *path)));
    std::thread::scope(|threads| {
        for SectionRoot { id, path } in roots {
            let refused = refused.get(id).cloned();
            threads.spawn(move || {
                let root = match refused {
                    Some(sentence) => Err(Away { path: path.clone(), sentence, is_refused: true }),
                    None => look_at(library, path),
                };
                note(app, |seen| _ = seen.roots.insert(path.clone(), root));
            });
        }
    });
}

/// Notes what was seen, and tells the pages if it is different.
fn note(app: &App, change: impl FnOnce(&mut Seen)) {
    if app.outside.note(change) {
        app.tell_changed();
    }
}

fn look_at(library: &Library, path: &Path) -> Result<(), Away> {
    let (looked, since) = (path.to_owned(), Instant::now());
    let mut is_enough = || since.elapsed() > LOOKED_FOR;
    let found = library
        .root_threads()
        .call_unless(path, &mut is_enough, move |_| std::fs::read_dir(looked).map(drop));
    let why = match found {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => why(&error),
        Err(_) => "It does not answer.".to_owned(),
    };
    let sentence = format!("{why} What it held is kept until it is back.");
    Err(Away { path: path.to_owned(), sentence, is_refused: false })
}

/// Why a folder can't be read, in a sentence.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "It is not there.".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "Butler may not read it; give its user the right to read the folder.".to_owned()
        }
        io::ErrorKind::NotADirectory => "It is no folder any more.".to_owned(),
        _ => {
            let words = error.to_string();
            format!("It can't be read: {}.", words.split(" (os error").next().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_looked_at_is_neither_there_nor_away() {
        let (outside, [far, near]) = (Outside::default(), ["/far", "/near"].map(Path::new));
        assert_eq!((outside.seen().root(far), outside.seen().newest_backup), (None, None));
        let sentence = "It does not answer.".to_owned();
        let away = Away { path: far.to_owned(), sentence, is_refused: false };
        let look = |seen: &mut Seen| {
            seen.roots.insert(near.to_owned(), Ok(()));
            seen.roots.insert(far.to_owned(), Err(away.clone()));
        };
        assert!(outside.note(look), "pages are told");
        assert!(!outside.note(look), "nothing is different");
        let seen = outside.seen();
        assert_eq!((seen.root(near), seen.root(far)), (Some(&Ok(())), Some(&Err(away.clone()))));
        assert_eq!(seen.away().collect::<Vec<_>>(), [&away]);
    }

    #[test]
    fn why_a_folder_is_away_is_told_without_numbers() {
        let of = |number| why(&io::Error::from_raw_os_error(number));
        assert_eq!(of(2), "It is not there.");
        assert!(of(13).starts_with("Butler may not read it"));
        assert_eq!(of(5), "It can't be read: Input/output error.");
    }
}
