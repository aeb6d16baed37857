//! A product that can be wanted, and the value that comes of it.

use serde::{Deserialize, Serialize};

use crate::bif;
use crate::media_info::MediaInfo;
use crate::{Fingerprint, ProductKind};

/// What is wanted of a source: a kind with its parameters. The version is this build's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Spec {
    /// What the headers say; no parameters.
    MediaInfo,
    /// Preview thumbnails.
    Bif(bif::Params),
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
        }
    }

    /// The canonical text of its parameters.
    pub fn params(&self) -> Params {
        match self {
            Self::MediaInfo => String::new(),
            Self::Bif(params) => format!("interval_ms={} width={}", params.interval_ms, params.width),
        }
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
}
