//! The kinds of product: a row a kind.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{bandwidth, bif, media_info, photo, tags};

/// What kind of result a product is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductKind {
    /// Container, duration, streams, chapters, rotation: what the headers say. See [`media_info`].
    MediaInfo,
    /// Preview thumbnails while seeking. See [`bif`].
    Bif,
    /// Bytes over time, needed bandwidths and the map of key frames. See [`bandwidth`].
    Bandwidth,
    /// What the tags inside an audio file say. See [`tags`].
    Tags,
    /// What a picture file says of how it was taken. See [`photo`].
    Photo,
}

/// A kind's row.
struct Row {
    name: &'static str,
    version: u32,
    oldest_usable: u32,
    has_blob: bool,
}

impl ProductKind {
    /// Every kind; what the others need comes first.
    pub const ALL: [Self; 5] = [Self::MediaInfo, Self::Bif, Self::Bandwidth, Self::Tags, Self::Photo];

    const fn row(self) -> Row {
        match self {
            Self::MediaInfo => Row { name: "media_info", version: media_info::VERSION, oldest_usable: 1, has_blob: false },
            Self::Bif => Row { name: "bif", version: bif::VERSION, oldest_usable: 1, has_blob: true },
            Self::Bandwidth => Row { name: "bandwidth", version: bandwidth::VERSION, oldest_usable: 1, has_blob: true },
            Self::Tags => Row { name: "tags", version: tags::VERSION, oldest_usable: 1, has_blob: false },
            Self::Photo => Row { name: "photo", version: photo::VERSION, oldest_usable: 1, has_blob: false },
        }
    }

    /// Its name on the wire, in the database and in file names.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The version that this build makes.
    pub const fn version(self) -> u32 {
        self.row().version
    }

    /// The oldest version that still serves; older ones are lacks.
    pub const fn oldest_usable(self) -> u32 {
        self.row().oldest_usable
    }

    /// Whether its value comes with a blob.
    pub const fn has_blob(self) -> bool {
        self.row().has_blob
    }
}

impl fmt::Display for ProductKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no product; there are: {known}", known = ProductKind::ALL.map(ProductKind::as_str).join(", "))]
pub struct UnknownKind {
    word: String,
}

impl FromStr for ProductKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownKind { word: word.to_owned() })
    }
}
