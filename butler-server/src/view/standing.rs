//! How the server stands: room on its disk, its newest backup, its workers, its roots.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use butler_api::{RunState, TaskName};
use butler_engine::Workers;
use butler_library::{RunFilter, Section, StoreError};
use jiff::Timestamp;

use crate::app::App;
use crate::error::Problem;

/// A root that does not answer within this time is shown as away.
const LOOKED_FOR: Duration = Duration::from_secs(3);

/// How the server stands.
pub(crate) struct Standing {
    /// Bytes that are free where the data folder lies; none where the system does not tell.
    pub(crate) free_bytes: Option<u64>,
    /// The data folder.
    pub(crate) data_dir: PathBuf,
    /// Bytes of the database.
    pub(crate) database_bytes: u64,
    /// When the newest backup was complete.
    pub(crate) newest_backup: Option<Timestamp>,
    /// What the workers do.
    pub(crate) workers: Workers,
}

/// How the server stands now.
pub(crate) async fn standing(app: &App) -> Result<Standing, Problem> {
    let workers = app.handle.health().await?.workers;
    let backups = RunFilter {
        task: Some(TaskName::BackupDatabase),
        state: Some(RunState::Completed),
        ..RunFilter::default()
    };
    app.library(move |library| {
        let data_dir = library.data_dir().to_owned();
        let free_bytes = library.free_bytes().ok();
        let newest = library.runs_between(&backups, 0, 1)?;
        Ok::<_, StoreError>(Standing {
            free_bytes,
            // What was written last lies in the second file.
            database_bytes: ["butler.db", "butler.db-wal"]
                .map(|file| std::fs::metadata(data_dir.join(file)).map_or(0, |file| file.len()))
                .iter()
                .sum(),
            newest_backup: newest.first().and_then(|run| run.record.ended_at),
            data_dir,
            workers,
        })
    })
    .await
}

/// The roots that can't be looked at now, each with a sentence of why.
pub(crate) async fn away(app: &App, sections: &[Section]) -> Result<Vec<(String, String)>, Problem> {
    let roots: Vec<PathBuf> =
        sections.iter().flat_map(|section| &section.roots).map(|root| root.path.clone()).collect();
    app.library(move |library| {
        let look = |root: &PathBuf| {
            // On the root's own thread, which a mount that hangs keeps; the page is not kept with it.
            let (path, since) = (root.clone(), Instant::now());
            let mut is_enough = || since.elapsed() > LOOKED_FOR;
            let found = library
                .root_threads()
                .call_unless(root, &mut is_enough, move |_| std::fs::read_dir(path).map(drop));
            let sentence = match found {
                Ok(Ok(())) => return None,
                Ok(Err(error)) => format!("It can't be read ({error})."),
                Err(_) => "It does not answer.".to_owned(),
            };
            Some((root.display().to_string(), format!("{sentence} What it held is kept until it is back.")))
        };
        Ok::<_, StoreError>(roots.iter().filter_map(look).collect())
    })
    .await
}
