//! The database's copies: which there are, and whether one is sound. Restoring one is for a server that does
//! not run, and for `butler backup`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use butler_engine::settings::backup_folder;
use butler_library::{BackupContent, BackupFault, Library, backups, check_backup};
use jiff::Timestamp;

use super::words::{count, many};
use crate::app::App;
use crate::error::Problem;

/// A folder that does not answer within this time is away.
const LOOKED_FOR: Duration = Duration::from_secs(3);
/// A check that lasts longer is for the command line: nobody waits so long for a page.
const CHECKED_FOR: Duration = Duration::from_secs(45);

/// One copy.
pub(crate) struct Backup {
    /// The name of its file.
    pub(crate) name: String,
    path: PathBuf,
    /// When it was written; none where the file system does not tell.
    pub(crate) made_at: Option<Timestamp>,
    pub(crate) bytes: u64,
}

/// The copies, newest first.
pub(crate) struct Backups {
    pub(crate) folder: PathBuf,
    /// Whether a setting names this folder.
    pub(crate) is_elsewhere: bool,
    /// Why they can't be listed, if so.
    pub(crate) copies: Result<Vec<Backup>, String>,
}

/// The copies that there are.
pub(crate) async fn list(app: &App) -> Result<Backups, Problem> {
    let set = backup_folder(&app.handle.settings());
    app.library(move |library| {
        let is_elsewhere = set.is_some();
        let folder = set.unwrap_or_else(|| library.backups_folder());
        let copies = copies(library, &folder);
        Ok::<_, Problem>(Backups { folder, is_elsewhere, copies })
    })
    .await
}

/// Looked for on the folder's own thread: it may lie on a mount that hangs.
fn copies(library: &Library, folder: &Path) -> Result<Vec<Backup>, String> {
    let (looked, since) = (folder.to_owned(), Instant::now());
    let mut is_enough = || since.elapsed() > LOOKED_FOR;
    let found = library.root_threads().call_unless(folder, &mut is_enough, move |_| backups(&looked));
    match found {
        Ok(Ok(files)) => Ok(files
            .into_iter()
            .map(|file| Backup {
                name: file.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                made_at: file.modified.and_then(|at| Timestamp::try_from(at).ok()),
                path: file.path,
                bytes: file.bytes,
            })
            .collect()),
        Ok(Err(error)) => Err(format!("The folder can't be read: {error}.")),
        Err(_) => Err("The folder does not answer.".to_owned()),
    }
}

/// Reads the copy of a name from its first page to its last, and says in one sentence whether it is sound.
pub(crate) async fn check(app: &App, name: &str) -> Result<String, Problem> {
    let copies = list(app).await?.copies.map_err(Problem::unavailable)?;
    let Some(copy) = copies.into_iter().find(|copy| copy.name == name) else {
        return Err(Problem::not_found(format!("There is no backup `{name}`.")));
    };
    let since = Instant::now();
    let checked =
        app.blocking(move || check_backup(&copy.path, &mut || since.elapsed() > CHECKED_FOR)).await?;
    match checked {
        Ok(BackupContent { items, products, .. }) => {
            Ok(format!("`{name}` is sound: {} and {} products.", many(items, "item"), count(products)))
        }
        Err(BackupFault::Stopped) => Err(Problem::unavailable(format!(
            "Checking `{name}` lasts longer than a page waits; `butler backup verify` has the time."
        ))),
        Err(fault) => Err(Problem::conflict(format!("`{name}` is of no use: {fault}."))),
    }
}
