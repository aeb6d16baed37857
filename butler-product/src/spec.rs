//! A product that can be wanted, and the value that comes of it.

use serde::{Deserialize, Serialize};

use crate::media_info::MediaInfo;
use crate::photo::Photo;
use crate::tags::Tags;
use crate::{Fingerprint, ProductKind};
use crate::{bandwidth, bif};

/// What is wanted of a source: a kind with its parameters. The version is this build's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Spec {
    /// What the headers say; no parameters.
    MediaInfo,
    /// Preview thumbnails.
    Bif(bif::Params),
    /// Bytes over time, needed bandwidths and the map of key frames; no parameters.
    Bandwidth,
    /// What the tags inside an audio file say; no parameters.
    Tags,
    /// What a picture file says of how it was taken; no parameters.
    Photo,
}

/// The canonical text of a spec's parameters, as the database stores and compares it: `interval_ms=10000 width=320`,
/// empty where a kind has none.
pub type Params = String;

impl Spec {
    /// Its kind.
    pub const fn kind(&self) -> ProductKind {
        match self {
            Self::MediaInfo => ProductKind::MediaInfo,
            Self::Bif(_) => ProductKind::Bif,
            Self::Bandwidth => ProductKind::Bandwidth,
            Self::Tags => ProductKind::Tags,
            Self::Photo => ProductKind::Photo,
        }
    }

    /// The canonical text of its parameters.
    pub fn params(&self) -> Params {
        match self {
            Self::MediaInfo | Self::Bandwidth | Self::Tags | Self::Photo => String::new(),
            Self::Bif(params) => format!("interval_ms={} width={}", params.interval_ms, params.width),
        }
    }

    /// Whether it is made of what the headers say. What parsers of their own read is made whether libav reads the file or not.
    pub const fn is_made_after_headers(&self) -> bool {
        !matches!(self, Self::Tags | Self::Photo)
    }

    /// The name of its blob for a source: kind, version and parameters by hash, so that a name is never used for other bytes.
    /// Shape: `bif/ab/abcdef….bif`, relative to the folder of blobs.
    pub fn blob_name(&self, source: Fingerprint) -> String {
        let kind = self.kind();
        let identity = format!("{source} {kind} {} {}", kind.version(), self.params());
        let hash = blake3::hash(identity.as_bytes()).to_hex();
        format!("{kind}/{}/{hash}.{kind}", &hash[..2])
    }
}

/// What came of a spec.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "value", rename_all = "snake_case")]
pub enum Value {
    /// There is nothing there to make it of, a film without video say: neither a lack nor a failure.
    Nothing {
        /// One English sentence that says why.
        why: String,
    },
    /// What the headers say.
    MediaInfo(Box<MediaInfo>),
    /// Preview thumbnails; the pictures are in the blob.
    Bif(bif::Summary),
    /// Bytes over time, needed bandwidths and the map of key frames; the curve is in the blob.
    Bandwidth(Box<bandwidth::Summary>),
    /// What the tags inside an audio file say.
    Tags(Box<Tags>),
    /// What a picture file says of how it was taken.
    Photo(Box<Photo>),
}
