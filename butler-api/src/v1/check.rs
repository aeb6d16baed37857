//! The dry run of a scan: what a folder would become as a section.

use serde::{Deserialize, Serialize};

/// What a folder would become. Nothing was written for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// The folder, without links.
    pub folder: String,
    /// What it would be a section of: `movie`, `show`, `artist` or `photo`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the type was found out rather than said.
    pub guessed: bool,
    /// What else is in it, one English sentence, where it holds more than one kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixed: Option<String>,
    /// Folders of other sections in it or around it, one English sentence each: what that means.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<String>,
    /// How much there is.
    pub counts: CheckCounts,
    /// The items that the section would list, by title, with what is below them.
    pub items: Vec<CheckItem>,
    /// Files whose names leave something open.
    pub doubts: Vec<CheckNote>,
    /// Files and folders that would be left alone.
    pub ignored: Vec<CheckNote>,
    /// Files and folders that can't be read.
    pub unreadable: Vec<CheckNote>,
    /// How much of these lists is left out, so that the answer has an end; the counts are of all.
    #[serde(default)]
    pub left_out: CheckLeftOut,
}

/// How much of its lists an answer leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckLeftOut {
    /// Items at the top.
    pub items: u64,
    /// Doubts.
    pub doubts: u64,
    /// Files and folders that would be left alone.
    pub ignored: u64,
    /// Files and folders that can't be read.
    pub unreadable: u64,
}

/// How much there is of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckCounts {
    /// Media files.
    pub files: u64,
    /// Films; each edition is one.
    pub movies: u64,
    /// Shows.
    pub shows: u64,
    /// Seasons.
    pub seasons: u64,
    /// Episodes.
    pub episodes: u64,
    /// Artists.
    pub artists: u64,
    /// Albums.
    pub albums: u64,
    /// Tracks.
    pub tracks: u64,
    /// Photos.
    pub photos: u64,
    /// Extras of films and shows; those of none stand among the doubts.
    pub extras: u64,
}

/// An item that would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckItem {
    /// `movie`, `show`, `season`, `episode`, `artist`, `album`, `track`, `photo`, `extra`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// The number of a season, episode or track.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The day on which an episode was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub aired: Option<jiff::civil::Date>,
    /// Which edition of a film it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// What others know it by: `tmdb://949`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// What kind of extra it is: `trailer`, `deleted-scene`, `behind-the-scenes`, `interview`, `scene`,
    /// `featurette`, `short`, `sample`, `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Its versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<CheckVersion>,
    /// Its seasons, episodes, albums or tracks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub children: Vec<Self>,
    /// Its extras.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub extras: Vec<Self>,
}

/// A version of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckVersion {
    /// What tells it from others: `1080p`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its files in order, below the folder; a file of several episodes stands at each.
    pub files: Vec<String>,
}

/// A file or folder, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckNote {
    /// Below the folder.
    pub path: String,
    /// One English sentence.
    pub message: String,
}
