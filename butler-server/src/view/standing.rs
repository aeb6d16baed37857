//! How the server stands: room on its disk, its database, its workers.

use std::path::PathBuf;

use butler_engine::Workers;
use butler_library::StoreError;

use crate::app::App;
use crate::error::Problem;

/// How the server stands.
pub(crate) struct Standing {
    /// Bytes that are free where the data folder lies; none where the system does not tell.
    pub(crate) free_bytes: Option<u64>,
    /// The data folder.
    pub(crate) data_dir: PathBuf,
    /// Bytes of the database.
    pub(crate) database_bytes: u64,
    /// What the workers do.
    pub(crate) workers: Workers,
}

/// How the server stands now.
pub(crate) async fn standing(app: &App) -> Result<Standing, Problem> {
    let workers = app.handle.health().await?.workers;
    app.library(move |library| {
        let data_dir = library.data_dir().to_owned();
        let free_bytes = library.free_bytes().ok();
        Ok::<_, StoreError>(Standing {
            free_bytes,
            // What was written last lies in the second file.
            database_bytes: ["butler.db", "butler.db-wal"]
                .map(|file| std::fs::metadata(data_dir.join(file)).map_or(0, |file| file.len()))
                .iter()
                .sum(),
            data_dir,
            workers,
        })
    })
    .await
}
