//! What lies outside of the data folder, perhaps on a mount that hangs: which of the sections' roots are
//! away, and the newest copy of the database. Pages ask for it with all that happens; one look is made at a
//! time, and who does not want to wait for it is given what the last one saw.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use butler_library::{Library, Section, SectionRoot, StoreError};
use jiff::Timestamp;
use tokio::time::timeout_at;

use super::backups;
use crate::app::App;
use crate::error::Problem;

/// A root that does not answer within this time is shown as away.
const LOOKED_FOR: Duration = Duration::from_secs(3);

/// How long a page waits that is about something else.
pub(crate) const GLANCE: Duration = Duration::from_millis(300);
/// How long one waits that is about what is away.
pub(crate) const LOOK: Duration = Duration::from_secs(4);

/// The last look.
#[derive(Default)]
pub(crate) struct Outside {
    looking: Arc<tokio::sync::Mutex<()>>,
    seen: Mutex<Seen>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The roots that can't be looked at.
    pub(crate) away: Vec<Away>,
    /// When the newest copy of the database was written, or why that is not known.
    pub(crate) newest_backup: Result<Option<Timestamp>, String>,
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

impl Default for Seen {
    fn default() -> Self {
        Self { away: Vec::new(), newest_backup: Err("not known yet".to_owned()) }
    }
}

impl Seen {
    /// Those of the roots of a section.
    pub(crate) fn away_of<'a>(&'a self, section: &'a Section) -> impl Iterator<Item = &'a Away> {
        self.away.iter().filter(|away| section.roots.iter().any(|root| root.path == away.path))
    }
}

/// Looks, and waits so long for what is seen; then the last look counts.
pub(crate) async fn seen(app: &App, patience: Duration) -> Result<Seen, Problem> {
    let outside = &app.outside;
    let last = || outside.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let end = tokio::time::Instant::now() + patience;
    let Ok(turn) = timeout_at(end, Arc::clone(&outside.looking).lock_owned()).await else {
        return Ok(last());
    };
    let own = app.clone();
    // It goes on to its end also when nobody waits any more, for who asks next.
    let looking = tokio::spawn(async move {
        let _turn = turn;
        let seen = look(&own).await?;
        own.outside.seen.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&seen);
        Ok::<_, Problem>(seen)
    });
    match timeout_at(end, looking).await {
        Ok(seen) => seen.map_err(|error| Problem::bug(&error))?,
        Err(_) => Ok(last()),
    }
}

async fn look(app: &App) -> Result<Seen, Problem> {
    let (listed, away) = tokio::join!(
        backups::list(app),
        app.library(|library| Ok::<_, StoreError>(away(library, &library.sections()?)))
    );
    let newest_backup = listed?.copies.map(|copies| copies.first().and_then(|copy| copy.made_at));
    Ok(Seen { away: away?, newest_backup })
}

fn away(library: &Library, sections: &[Section]) -> Vec<Away> {
    let refused = library.refused_roots(sections);
    let look = |SectionRoot { id, path: root }: &SectionRoot| {
        if let Some(sentence) = refused.get(id).cloned() {
            return Some(Away { path: root.clone(), sentence, is_refused: true });
        }
        let (path, since) = (root.clone(), Instant::now());
        let mut is_enough = || since.elapsed() > LOOKED_FOR;
        let found = library
            .root_threads()
            .call_unless(root, &mut is_enough, move |_| std::fs::read_dir(path).map(drop));
        let why = match found {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => why(&error),
            Err(_) => "It does not answer.".to_owned(),
        };
        let sentence = format!("{why} What it held is kept until it is back.");
        Some(Away { path: root.clone(), sentence, is_refused: false })
    };
    let roots: Vec<_> = sections.iter().flat_map(|section| &section.roots).collect();
    // Side by side: one that does not answer holds up no other.
    std::thread::scope(|threads| {
        let looks: Vec<_> = roots.into_iter().map(|root| threads.spawn(move || look(root))).collect();
        looks.into_iter().filter_map(|look| look.join().ok().flatten()).collect()
    })
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
    fn why_a_folder_is_away_is_told_without_numbers() {
        let of = |number| why(&io::Error::from_raw_os_error(number));
        assert_eq!(of(2), "It is not there.");
        assert!(of(13).starts_with("Butler may not read it"));
        assert_eq!(of(5), "It can't be read: Input/output error.");
    }
}
