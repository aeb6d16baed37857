//! The library: the data folder with its database and blobs, held by this process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use crate::StoreError;
use crate::allowed_roots::Allowed;
use crate::blobs::{BlobError, Blobs};
use crate::data_dir::{DataDir, DataDirError};
use crate::db::{Db, DbOpenError};
use crate::root_threads::RootThreads;
use crate::store::path_from_bytes;
use crate::token::{Token, TokenError};
use crate::vital_threads::VitalThreads;

/// The open library; clones share it.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

// The order is that of dropping: the lock on the folder goes last.
struct Inner {
    db: Db,
    blobs: Blobs,
    root_threads: RootThreads,
    vital_threads: VitalThreads,
    server_id: String,
    /// What the last check of the database found.
    is_damaged: AtomicBool,
    allowed: RwLock<Allowed>,
    /// Where backups lie, if not in the data folder.
    backups_elsewhere: RwLock<Option<PathBuf>>,
    data_dir: DataDir,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("data_dir", &self.data_dir()).finish_non_exhaustive()
    }
}

/// Why the library could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder can't be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database can't be used.
    #[error(transparent)]
    Db(#[from] DbOpenError),
    /// A section's folder holds the data folder, or lies inside it.
    #[error(
        "the data folder `{data_dir}` and the folder `{root}` of a section lie inside one another: move the \
         data folder"
    )]
    InsideSection {
        /// The data folder.
        data_dir: String,
        /// The section's folder.
        root: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Db(error.into())
    }
}

impl Library {
    /// Opens a data folder, makes it if it is not there, and holds it until the last clone is dropped.
    ///
    /// # Errors
    /// If another process holds it, it lies on a network file system or inside a section, a newer Butler
    /// wrote it, or it can't be read and written.
    pub fn open(data_dir: &Path) -> Result<Self, OpenError> {
        Self::open_with(data_dir, RootThreads::default())
    }

    /// The same, with given threads for the sections' folders.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(data_dir: &Path, root_threads: RootThreads) -> Result<Self, OpenError> {
        let data_dir = DataDir::open(data_dir)?;
        let vital_threads = VitalThreads::default();
        let db = Db::open(&data_dir.path().join("butler.db"), &vital_threads)?;
        if let Some(root) = root_around(&db, data_dir.path())? {
            return Err(OpenError::InsideSection {
                data_dir: data_dir.path().display().to_string(),
                root: root.display().to_string(),
            });
        }
        let server_id = server_id(&db)?;
        let blobs = Blobs::new(data_dir.path(), data_dir.opened_ns());
        let inner = Inner {
            db,
            blobs,
            root_threads,
            vital_threads,
            server_id,
            is_damaged: AtomicBool::new(false),
            allowed: RwLock::default(),
            backups_elsewhere: RwLock::default(),
            data_dir,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The data folder, absolute and without links.
    pub fn data_dir(&self) -> &Path {
        self.inner.data_dir.path()
    }

    /// This data folder's own name in the world: 40 hexadecimal digits, the same for ever.
    pub fn server_id(&self) -> &str {
        &self.inner.server_id
    }

    /// The blobs.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// The threads on which the sections' folders are touched.
    pub fn root_threads(&self) -> &RootThreads {
        &self.inner.root_threads
    }

    /// The threads without which nothing works on this library: that of its writer, and those that others
    /// add.
    pub fn vital_threads(&self) -> &VitalThreads {
        &self.inner.vital_threads
    }

    /// The admin's token from the data folder's file, made at the first start; from now on the library lets
    /// it in.
    ///
    /// # Errors
    /// If the file can't be read or made, or the database fails.
    pub fn admin_token(&self) -> Result<Token, AdminTokenError> {
        let token = Token::read_or_make(self.data_dir())?;
        self.let_in("admin", &token)?;
        Ok(token)
    }

    /// Whether the last check of the database found it damaged.
    pub fn is_database_damaged(&self) -> bool {
        self.inner.is_damaged.load(Ordering::Relaxed)
    }

    pub(crate) fn note_damage(&self, is_damaged: bool) {
        self.inner.is_damaged.store(is_damaged, Ordering::Relaxed);
    }

    /// Writes the database's version once more, to see whether anything can be written now.
    ///
    /// # Errors
    /// If it can't.
    pub fn check_writing(&self) -> Result<(), StoreError> {
        self.db().write(|tx| {
            // Of a row that would be the same SQLite writes nothing; this it writes in any case.
            let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok(tx.pragma_update(None, "user_version", version)?)
        })
    }

    /// Bytes that are free for the database and for blobs, whichever has less.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub fn free_bytes(&self) -> Result<u64, BlobError> {
        let beside = rustix::fs::statvfs(self.data_dir())
            .map(|found| found.f_bavail.saturating_mul(found.f_frsize))
            .map_err(|errno| BlobError::Io {
                path: self.data_dir().display().to_string(),
                source: errno.into(),
            })?;
        Ok(beside.min(self.blobs().free_bytes()?))
    }

    pub(crate) fn allowed(&self) -> &RwLock<Allowed> {
        &self.inner.allowed
    }

    pub(crate) fn backups_elsewhere(&self) -> &RwLock<Option<PathBuf>> {
        &self.inner.backups_elsewhere
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }
}

/// Why there is no admin's token.
#[derive(Debug, thiserror::Error)]
pub enum AdminTokenError {
    /// The file can't be read or made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn root_around(db: &Db, data_dir: &Path) -> Result<Option<PathBuf>, StoreError> {
    let roots: Vec<PathBuf> = db.read(|tx| {
        let mut statement = tx.prepare("SELECT path FROM roots WHERE NOT removed")?;
        let paths = statement.query_map([], |row| Ok(path_from_bytes(row.get_ref(0)?.as_blob()?)))?;
        Ok::<_, StoreError>(paths.collect::<Result<_, _>>()?)
    })?;
    Ok(roots.into_iter().find(|root| data_dir.starts_with(root) || root.starts_with(data_dir)))
}

fn server_id(db: &Db) -> Result<String, OpenError> {
    let mut bits = [0; 20];
    getrandom::fill(&mut bits).map_err(|_| OpenError::NoRandom)?;
    let new: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(db.write(move |tx| {
        tx.execute("INSERT OR IGNORE INTO server (only, id) VALUES (1, ?1)", [new])?;
        Ok::<_, StoreError>(tx.query_row("SELECT id FROM server", [], |row| row.get(0))?)
    })?)
}
