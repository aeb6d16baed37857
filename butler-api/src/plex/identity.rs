//! `GET /identity`, the one body that needs no token, and `GET /`, by which clients get to know a server.
//! Both stand inside a [`super::Container`].

use serde::{Deserialize, Serialize};

/// The body of `GET /identity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Always 0: there is nothing inside.
    pub size: u64,
    /// The version of the API; absent from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Whether an account of plex.tv owns it; always false here.
    pub claimed: bool,
    /// 40 hexadecimal digits, the same as long as the data folder lives.
    pub machine_identifier: String,
    /// The version of Plex's server that this one can be taken for. Butler's own is in the header
    /// `X-Butler-Version`.
    pub version: String,
}

/// The body of `GET /`. Of Plex's attributes these are the ones that clients read; the default is a server
/// that does nothing, which is what an attribute that is absent means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Root {
    /// How many directories there are.
    pub size: u64,
    /// Whether cameras may upload.
    pub allow_camera_upload: bool,
    /// Whether channels may be used.
    pub allow_channel_access: bool,
    /// Whether media can be deleted: never by Butler.
    pub allow_media_deletion: bool,
    /// Whether libraries can be shared.
    pub allow_sharing: bool,
    /// Whether media can be synchronised.
    pub allow_sync: bool,
    /// Whether tuners may be used.
    pub allow_tuners: bool,
    /// The version of the API.
    pub api_version: String,
    /// Whether work is done in the background: that is all Butler does.
    pub background_processing: bool,
    /// Whether it has a certificate of plex.direct.
    pub certificate: bool,
    /// Whether it relays remote control.
    pub companion_proxy: bool,
    /// What can be downloaded for diagnosis, by commas.
    pub diagnostics: String,
    /// Whether there is an event source.
    pub event_stream: bool,
    /// Its name for people.
    pub friendly_name: String,
    /// Whether there is a search over hubs.
    pub hub_search: bool,
    /// Whether items can be clustered.
    pub item_clusters: bool,
    /// 7 where live television works, 0 where not.
    pub livetv: u8,
    /// As in [`Identity`].
    pub machine_identifier: String,
    /// Whether there is `/media/providers`.
    pub media_providers: bool,
    /// Whether it has several users.
    pub multiuser: bool,
    /// 2 where music is analysed for similarity, 0 where not.
    pub music_analysis: u8,
    /// Whether it is signed in at plex.tv.
    pub my_plex: bool,
    /// `unknown` where it is not.
    pub my_plex_mapping_state: String,
    /// `none` where it is not.
    pub my_plex_signin_state: String,
    /// Whether that account has a subscription.
    pub my_plex_subscription: bool,
    /// That account's name.
    pub my_plex_username: String,
    /// Whether it transcodes for offline use.
    pub offline_transcode: u8,
    /// What the owner may use, by commas.
    pub owner_features: String,
    /// The operating system: `Linux`.
    pub platform: String,
    /// Its version.
    pub platform_version: String,
    /// Whether plug-ins run.
    pub plugin_host: bool,
    /// Whether it pushes notifications to phones.
    pub push_notifications: bool,
    /// Whether libraries can't be changed.
    pub read_only_libraries: bool,
    /// Version of the streaming brain's variable bit rate.
    #[serde(rename = "streamingBrainABRVersion")]
    pub streaming_brain_abr_version: u8,
    /// Version of the streaming brain.
    pub streaming_brain_version: u8,
    /// Whether it synchronises.
    pub sync: bool,
    /// Running transcodes.
    pub transcoder_active_video_sessions: u64,
    /// Whether it transcodes sound.
    pub transcoder_audio: bool,
    /// Whether it transcodes lyrics.
    pub transcoder_lyrics: bool,
    /// Whether it transcodes photos.
    pub transcoder_photo: bool,
    /// Whether it transcodes subtitles.
    pub transcoder_subtitles: bool,
    /// Whether it transcodes video.
    pub transcoder_video: bool,
    /// Bit rates it transcodes to, by commas.
    pub transcoder_video_bitrates: String,
    /// Qualities it transcodes to, by commas.
    pub transcoder_video_qualities: String,
    /// Resolutions it transcodes to, by commas.
    pub transcoder_video_resolutions: String,
    /// Unix seconds of the last change of a section; 0 while there is none.
    pub updated_at: i64,
    /// Whether it updates itself.
    pub updater: bool,
    /// The version of Plex's server that this one can be taken for. Butler's own is in the header
    /// `X-Butler-Version`.
    pub version: String,
    /// Whether there is a search by voice.
    pub voice_search: bool,
    /// What can be asked next.
    #[serde(rename = "Directory", skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<RootDirectory>,
}

/// One thing below `/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RootDirectory {
    /// Always 1.
    pub count: u64,
    /// Its path, without the slash in front.
    pub key: String,
    /// Its name; Plex gives the path.
    pub title: String,
}
