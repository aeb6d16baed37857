//! Gain tags in music files: what is written into them for other players, what would be, and what was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A tag that tells a gain, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GainTag {
    /// Its name, as the file spells it: `REPLAYGAIN_TRACK_GAIN`.
    pub name: String,
    /// Its value: `-7.03 dB`.
    pub value: String,
}

/// What a step of writing tags, or of taking them back, came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagsStep {
    /// The files that were written, would be, or are left alone.
    pub files: Vec<TaggedFile>,
    /// Files that are already as they shall be.
    pub same: u64,
    /// Where the next step goes on, as its `after`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// What becomes of the tags of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaggedFile {
    /// The file's path on the server.
    pub file: String,
    /// `written`, `would_be_written` or `left_alone`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TagsOutcome))]
    pub outcome: String,
    /// Bytes of the file, 0 where it was not looked at; all of them are written anew where one tag is.
    #[serde(default)]
    pub bytes: u64,
    /// Its gain tags before, as far as they were read.
    pub old: Vec<GainTag>,
    /// Those that it has now, or would have.
    pub new: Vec<GainTag>,
    /// Why it is left alone, one English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The music files of a section whose tags Butler wrote, and did not take back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WrittenTags {
    /// Whether the section's setting asks for tags.
    pub enabled: bool,
    /// The files of this page, the newest first.
    pub files: Vec<WrittenFile>,
    /// How many there are in all.
    pub total: u64,
    /// Where the next page goes on, as its `after`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// A music file whose tags Butler wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WrittenFile {
    /// The file's path on the server, as far as the library follows it.
    pub file: String,
    /// Its gain tags before.
    pub old: Vec<GainTag>,
    /// Those that Butler wrote.
    pub new: Vec<GainTag>,
    /// When Butler wrote it last.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub written_at: Timestamp,
}
