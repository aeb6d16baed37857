//! Queries and writes, one file a table family. Outside the crate only typed functions on [`crate::Library`]
//! are seen.

mod album_files;
pub(crate) mod attendance;
mod column;
pub(crate) mod costs;
pub(crate) mod derived;
pub(crate) mod failed_files;
pub(crate) mod failures;
pub(crate) mod figures;
pub(crate) mod gain_tag_intents;
pub(crate) mod gain_tags;
pub(crate) mod item_files;
pub(crate) mod items;
pub(crate) mod lacks;
mod newcomers;
pub(crate) mod nights;
pub(crate) mod parts;
mod pasts;
pub(crate) mod pauses;
pub(crate) mod pictures;
pub(crate) mod products;
mod readable;
pub(crate) mod remake;
pub(crate) mod run_lines;
pub(crate) mod runs;
pub(crate) mod section_switches;
pub(crate) mod sections;
pub(crate) mod settings;
pub(crate) mod sonic;
pub(crate) mod sources;
pub(crate) mod tiles;
pub(crate) mod tokens;
pub(crate) mod waiting_plans;
pub(crate) mod web_sessions;

pub(crate) use column::{At, Json, Word, path_bytes, path_from_bytes};
pub(crate) use readable::readable;

/// One page of a longer list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// How many rows there are in all.
    pub total: u64,
}
