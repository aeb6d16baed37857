//! The library: SQLite with sections, items, parts, sources, products, runs, failures and settings; blobs;
//! the scanner and the names it reads.
//!
//! It never speaks HTTP, never decodes, never decides when something runs, and never asks the clock: `now` is
//! handed in. All of it blocks. Start with [`Library`], whose methods are spread over `store/`, one file a
//! table family.
//!
//! ```text
//! scan ─► walk (I/O) ─► compare (pure) ─► fingerprint ─► apply (one transaction a batch) ─► store
//! lacks ─► (engine, worker) ─► blobs.publish ─► publish (products, failures, progress: one transaction)
//! ```

mod allowed_roots;
mod backup;
mod blob_check;
mod blob_garbage;
mod blobs;
mod borders;
mod browse;
mod compress;
mod data_dir;
mod db;
mod disk_trouble;
mod disks;
mod fingerprint;
mod gain_tags;
mod ids;
mod invariants;
mod library;
mod media_garbage;
mod mount_table;
mod optimize;
mod orphans;
mod own_files;
mod regular_file;
mod root_threads;
mod scan;
mod store;
mod token;
mod vital_threads;

pub use allowed_roots::RootError;
pub use backup::{
    BackupContent, BackupError, BackupFault, BackupFile, BackupRemoval, JudgedBackup, KEPT_BACKUPS,
    NewestUsable, RestoreError, Restored,
};
pub use backup::{backups, backups_to_remove, check_backup, newest_usable, pinned_backups, restore_backup};
pub use blob_check::{BlobCheck, CheckBlobsError};
pub use blob_garbage::{BlobGarbage, LostBlob, Stray};
pub use blobs::{BlobError, Blobs, Loss, Staged};
pub use borders::{Borders, Outside};
pub use browse::Folder;
pub use compress::compress_own;
pub use data_dir::DataDirError;
pub use db::{DbOpenError, StoreError};
pub use disk_trouble::is_of_whole_disk;
pub use disks::{Disk, DiskKind, Disks};
pub use gain_tags::{AlbumFiles, Draft, NotReplaced, OpenTrack, Replaced, TrackFile, Verdict, Why, verdicts};
pub use ids::{FailureId, ItemId, MediaId, PartId, RootId, SectionId, SourceId, WebSessionId};
pub use library::{AdminTokenError, Library, OpenError};
pub use media_garbage::{GoneFile, GoneFiles, Look, digest};
pub use optimize::{Compacted, DatabaseRoom};
pub use orphans::{Orphan, Orphans};
pub use own_files::{OwnFile, OwnFiles, OwnFolder, Removal, with_suffix};
pub use regular_file::open_regular;
pub use root_threads::{CallError, Heartbeat, ROOT_TIMEOUT, RootAway, RootThreads};
pub use scan::{
    Becomes, LeftAlone, OpenMedia, Pending, PlannedFile, RealFiles, RootReport, RootWatch, ScanError,
    ScanObserver, ScanPhase, ScanPlan, ScanProgress, ScanReport, ScanWorld, Unwatched, Watched, plan_scan,
    scan_paths, scan_section, traits_of_name,
};
pub use scan::{CheckError, CheckNote, Checked, CheckedItem, CheckedVersion, check_folder};
pub use store::Page;
pub use store::costs::UnitCost;
pub use store::derived::{Derivation, DerivedProduct, InputSource, Inputs, InputsDigest, ItemProductRow};
pub use store::failed_files::FileMark;
pub use store::failures::{
    FailureFilter, FailureGroup, FailurePlace, FailureRow, FailureSubject, FailureSummary, NewFailure,
    NewItemFailure, NoPlace, ScanFailure, Tries,
};
pub use store::figures::{Figures, LastRun};
pub use store::gain_tag_intents::Intent;
pub use store::gain_tags::{FilePlace, WrittenTags};
pub use store::item_files::ItemFile;
pub use store::items::query;
pub use store::items::{Ancestor, ItemDetail, ItemFilter, ItemKind, ItemRow, UnknownItemKind};
pub use store::lacks::{Backlog, Failed, HeldBack, Lack, Scope, Versions};
pub use store::nights::NightRun;
pub use store::parts::{MediaRow, OnDisk, PartRow};
pub use store::pictures::{BlurHashes, Picture, PicturePlace, PictureRole};
pub use store::products::{
    BlobRef, MadeProduct, OpenProductError, OpenedProduct, ProductRow, Published, PublishedUnit,
    StoredProduct,
};
pub use store::remake::{Remade, RemakeScope};
pub use store::run_lines::{MOST_RUN_LINES, RunLine};
pub use store::runs::{ReportFact, RunFilter, RunGain, RunProgress, RunRow};
pub use store::sections::{
    NewSection, Section, SectionEdit, SectionError, SectionKind, SectionRoot, UnknownSectionKind,
};
pub use store::settings::stored_settings;
pub use store::sonic::{Heard, SonicNews};
pub use store::sources::SourceFile;
pub use store::tiles::{PictureFile, Tile, TilePicture};
pub use store::waiting_plans::WaitingPlan;
pub use store::web_sessions::{MOST_WEB_SESSIONS, WEB_SESSION_LASTS, WebSession};
pub use token::{GOOD_TOKEN_CHARS, MAX_TOKEN_CHARS, Token, TokenError};
pub use vital_threads::{FailPoint, VitalThread, VitalThreads};
