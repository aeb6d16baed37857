//! `GET /media/providers`, by which newer clients get to know a server: what `/` says, and in the place of
//! its directories where to find which media. Stands inside a [`super::Container`].

use serde::{Deserialize, Serialize};

use super::Root;

/// The server's attributes and its providers of media.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MediaProviders {
    /// What `/` says, without its directories; its size counts the providers.
    #[serde(flatten)]
    pub server: Root,
    /// The providers; Butler is one.
    #[serde(rename = "MediaProvider", default)]
    pub providers: Vec<MediaProvider>,
}

/// One provider of media.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MediaProvider {
    /// The library's is [`super::LIBRARY_IDENTIFIER`].
    pub identifier: String,
    /// Its name.
    pub title: String,
    /// Of `video`, `audio` and `photo`, by commas.
    #[serde(default)]
    pub types: String,
    /// Of `stream`, `download` and `livetv`, by commas.
    pub protocols: String,
    /// What it can do.
    #[serde(rename = "Feature")]
    pub features: Vec<ProviderFeature>,
}

/// One thing that a provider can do, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderFeature {
    /// Its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `content`, `metadata`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// What there is; for `content` only, and there even if it is empty.
    #[serde(rename = "Directory", default, skip_serializing_if = "Option::is_none")]
    pub directories: Option<Vec<ProvidedSection>>,
}

/// One section, as a provider names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProvidedSection {
    /// The metadata agent's name.
    pub agent: String,
    /// Its language: `en-US`.
    pub language: String,
    /// Whether a scan of it runs.
    pub refreshing: bool,
    /// The scanner's name.
    pub scanner: String,
    /// A name for it that is unique in the world.
    pub uuid: String,
    /// Its id, as text.
    pub id: String,
    /// Its path: `/library/sections/1`.
    pub key: String,
    /// The path of its hubs in Plex; Butler has none, and clients ask for the word.
    pub hub_key: String,
    /// `movie`, `show`, `artist` or `photo`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub title: String,
    /// Unix seconds.
    pub updated_at: i64,
    /// Unix seconds of the last whole scan; 0 before the first.
    pub scanned_at: i64,
    /// The ways to look at it.
    #[serde(rename = "Pivot")]
    pub pivots: Vec<Pivot>,
}

/// One way to look at a section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pivot {
    /// `library`: all of it.
    pub id: String,
    /// The path of its list.
    pub key: String,
    /// `list`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub title: String,
    /// `content.library`.
    pub context: String,
    /// The name of its picture.
    pub symbol: String,
}
