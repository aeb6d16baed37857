//! Plex's Metadata out of the library's rows. Pure.

use std::collections::HashMap;
use std::path::Path;

use butler_api::plex::{Chapter, Guid, Media, Metadata, Part, Tag};
use butler_library::{
    Ancestor, BlurHashes, ItemDetail, ItemKind, ItemRow, MediaRow, OnDisk, PartRow, Section,
};
use butler_product::ProductKind;

use crate::plex::{fields, media, photo};

/// The version of a music analysis that clients know, and look for.
const MUSIC_ANALYSIS_VERSION: u32 = 1;

/// An item in a list: with media and parts, without streams.
pub(crate) fn brief(media: Vec<MediaRow>, row: ItemRow, section: &Section, hashes: BlurHashes) -> Metadata {
    let shown = media.iter().map(|version| plex_media(version, false)).collect();
    with_files(&media, metadata(row, shown, section, hashes))
}

/// An item by itself, with streams and, where asked for, chapters.
pub(crate) fn full(
    item: ItemDetail,
    section: &Section,
    hashes: BlurHashes,
    include_chapters: bool,
) -> Metadata {
    let media = item.media.iter().map(|version| plex_media(version, true)).collect();
    let chapters = if include_chapters { chapters(&item.media) } else { Vec::new() };
    Metadata { chapters, ..with_files(&item.media, metadata(item.row, media, section, hashes)) }
}

/// Adds what an item's files say of the whole.
fn with_files(versions: &[MediaRow], item: Metadata) -> Metadata {
    let mut parts = versions.iter().flat_map(|version| &version.parts);
    let is_heard = item.kind == ItemKind::Track.as_str()
        && parts.any(|part| part.products.contains(&ProductKind::Sonic));
    Metadata {
        deleted_at: deleted_at(versions),
        music_analysis_version: is_heard.then_some(MUSIC_ANALYSIS_VERSION),
        ..item
    }
}

fn metadata(row: ItemRow, media: Vec<Media>, section: &Section, hashes: BlurHashes) -> Metadata {
    let key = |id: &dyn std::fmt::Display| format!("/library/metadata/{id}");
    let above = |ancestor: &Option<Ancestor>| {
        ancestor.as_ref().map(|ancestor| (ancestor.id.to_string(), key(&ancestor.id), ancestor.title.clone()))
    };
    let (parent, grandparent) = (above(&row.parent), above(&row.grandparent));
    let has_children = fields::below(row.kind).is_some();
    Metadata {
        rating_key: row.id.to_string(),
        key: if has_children { format!("{}/children", key(&row.id)) } else { key(&row.id) },
        parent_rating_key: parent.as_ref().map(|(id, ..)| id.clone()),
        grandparent_rating_key: grandparent.as_ref().map(|(id, ..)| id.clone()),
        guid: row.guid(),
        parent_key: parent.as_ref().map(|(_, key, _)| key.clone()),
        grandparent_key: grandparent.as_ref().map(|(_, key, _)| key.clone()),
        kind: kind(row.kind, &media).into(),
        subtype: row.extra.as_deref().map(subtype),
        extra_type: row.extra.as_deref().and_then(extra_type),
        edition_title: row.edition,
        title_sort: (row.sort_title != row.title).then_some(row.sort_title),
        title: row.title,
        parent_title: parent.map(|(.., title)| title),
        grandparent_title: grandparent.map(|(.., title)| title),
        library_section_title: Some(section.name.clone()),
        library_section_id: Some(section.id.0),
        library_section_key: Some(format!("/library/sections/{}", section.id)),
        summary: String::new(),
        thumb_blur_hash: hashes.thumb.map(|blur| blur.hash),
        art_blur_hash: hashes.art.map(|blur| blur.hash),
        index: row.number.map(i64::from),
        absolute_index: row.absolute.map(i64::from),
        parent_index: row.disc.or(row.parent.as_ref().and_then(|parent| parent.number)).map(i64::from),
        original_title: row.original_title,
        year: row.year.map(i64::from),
        originally_available_at: row
            .aired
            .map(|day| day.to_string())
            .or(row.taken.as_ref().map(|taken| taken.date().to_owned())),
        created_at_accuracy: row.taken_from.as_deref().map(accuracy).map(str::to_owned),
        created_at_tz_offset: row
            .taken
            .and_then(|taken| taken.offset_minutes)
            .map(|minutes| (i32::from(minutes) * 60).to_string()),
        duration: media.iter().find_map(|version| version.duration),
        child_count: has_children.then_some(row.children),
        leaf_count: has_children.then_some(row.leaves),
        viewed_leaf_count: has_children.then_some(0),
        deleted_at: None,
        added_at: row.added_at.as_second(),
        updated_at: row.updated_at.as_second(),
        distance: None,
        music_analysis_version: None,
        locations: Vec::new(),
        genres: row.genres.into_iter().map(|tag| Tag { tag }).collect(),
        guids: row.ids.into_iter().map(|id| Guid { id }).collect(),
        media,
        chapters: Vec::new(),
    }
}

/// What stands behind a photo's date: Plex says `local` where its camera told it.
fn accuracy(taken_from: &str) -> &str {
    if taken_from == "exif" { "local" } else { taken_from }
}

/// The kind in Plex's word: to it an extra is a clip, and so is a film among photos.
fn kind(kind: ItemKind, media: &[Media]) -> &'static str {
    match kind {
        ItemKind::Extra => "clip",
        // An album of photos is told from a photo by its key, and in XML by its element.
        ItemKind::PhotoAlbum => "photo",
        ItemKind::Photo if media.iter().any(|version| version.video_codec.is_some()) => "clip",
        kind => kind.as_str(),
    }
}

/// The kind of an extra in Plex's word.
fn subtype(extra: &str) -> String {
    match extra {
        "deleted-scene" => "deletedScene",
        "behind-the-scenes" => "behindTheScenes",
        "scene" | "sample" => "sceneOrSample",
        same => same,
    }
    .into()
}

/// Plex's number for a kind of extra: those that were seen on the wire.
fn extra_type(extra: &str) -> Option<u32> {
    match extra {
        "trailer" => Some(1),
        "behind-the-scenes" => Some(5),
        "scene" | "sample" => Some(6),
        _ => None,
    }
}

/// Since when none of an item's files is there, in Unix seconds: Plex's sign for what lies in the trash.
fn deleted_at(versions: &[MediaRow]) -> Option<i64> {
    let mut parts = versions.iter().flat_map(|version| &version.parts).peekable();
    parts.peek()?;
    let gone: Option<Vec<i64>> = parts.map(gone_since).collect();
    gone?.into_iter().max()
}

fn gone_since(part: &PartRow) -> Option<i64> {
    part.missing_since.map(|since| since.as_second())
}

/// Adds what the disk says of each file right now.
pub(crate) fn add_on_disk(item: &mut Metadata, on_disk: &HashMap<i64, OnDisk>) {
    for part in item.media.iter_mut().flat_map(|version| &mut version.parts) {
        if let Some(found) = on_disk.get(&part.id) {
            (part.exists, part.accessible) = (Some(found.exists), Some(found.accessible));
        }
    }
}

fn plex_media(version: &MediaRow, with_streams: bool) -> Media {
    let first = version.parts.first();
    let info = first.and_then(|part| part.media_info.as_deref());
    let mut shown =
        media::media(version.id.0, info, &first.map(|part| extension(&part.path)).unwrap_or_default());
    shown.title.clone_from(&version.label);
    shown.deleted_at = version.parts.iter().filter_map(gone_since).max();
    if let Some(taken) = first.and_then(|part| part.photo.as_deref()) {
        shown = photo::media(shown, taken);
    }
    shown.has_voice_activity =
        first.is_some_and(|part| part.products.contains(&ProductKind::Voice)).then_some(true);
    shown.parts = version.parts.iter().map(|part| plex_part(part, with_streams)).collect();
    // A version in several files lasts as long as all of them.
    if version.parts.len() > 1 {
        shown.duration = shown.parts.iter().map(|part| part.duration).sum();
    }
    shown
}

fn plex_part(part: &PartRow, with_streams: bool) -> Part {
    let extension = extension(&part.path);
    let info = part.media_info.as_deref();
    let seconds = part.mtime_ns.div_euclid(1_000_000_000);
    Part {
        id: part.id.0,
        key: format!("/library/parts/{}/{seconds}/file.{extension}", part.id),
        duration: info.and_then(|info| info.duration_ms),
        file: part.path.to_string_lossy().into_owned(),
        deleted_at: gone_since(part),
        size: part.size,
        container: info.map(|info| media::container(info, &extension)),
        indexes: part.products.contains(&ProductKind::Bif).then(|| "sd".into()),
        video_profile: info
            .and_then(|info| info.video())
            .and_then(|stream| stream.profile.as_deref())
            .map(str::to_lowercase),
        streams: info
            .filter(|_| with_streams)
            .map(|info| media::streams(part.id.0, info))
            .unwrap_or_default(),
        ..Part::default()
    }
}

/// Those of the first version's first part, which is the one that plays.
fn chapters(versions: &[MediaRow]) -> Vec<Chapter> {
    let part = versions.first().and_then(|version| version.parts.first());
    part.and_then(|part| part.media_info.as_deref().map(|info| media::chapters(part.id.0, info)))
        .unwrap_or_default()
}

fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}
