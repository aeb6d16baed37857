//! `/library/media/{id}/chapterImages/{n}`: the picture of a chapter, and where an item's chapters name
//! theirs.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use butler_api::plex::{Errors, Metadata};
use butler_library::{ItemDetail, Library, Loss, MediaId, OpenedProduct, PartId, StoreError};
use butler_product::ProductKind;
use butler_product::bif::{Bif, BifError};
use butler_product::chapter_thumbs::ChapterThumbs;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;

const KIND: ProductKind = ProductKind::ChapterThumbs;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(chapter_image))
}

/// A picture with the tag that tells it from any other.
struct Picture {
    tag: String,
    jpeg: Vec<u8>,
}

/// Gives the picture of a chapter of a version's first file, which is the one whose chapters an item shows.
#[utoipa::path(get, path = "/library/media/{id}/chapterImages/{n}", tag = "library",
    params(
        ("id" = i64, Path, description = "The media's id: that of a version of an item."),
        ("n" = u64, Path, description = "The chapter's number, from 1."),
    ),
    responses(
        (status = 200, description = "The picture, with its `ETag`.", content_type = "image/jpeg"),
        (status = 304, description = "`If-None-Match` names the picture: there is no newer one."),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such media, or no picture of that chapter.", body = Errors),
    ))]
async fn chapter_image(
    State(app): State<App>,
    Path((id, n)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let none = || Problem::not_found(format!("There is no picture of chapter {n} of media {id}."));
    let media = MediaId(id.parse().map_err(|_| none())?);
    let chapter: u64 = n.parse().map_err(|_| none())?;
    let found = app.library(move |library| open(library, media, chapter)).await?;
    let Picture { tag, jpeg } = found.ok_or_else(none)?;
    let tag = HeaderValue::try_from(tag).map_err(|error| Problem::bug(&error))?;
    if headers.get_all(header::IF_NONE_MATCH).iter().any(|known| names(known, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let jpeg_type = HeaderValue::from_static("image/jpeg");
    Ok(([(header::CONTENT_TYPE, jpeg_type), (header::ETAG, tag)], jpeg).into_response())
}

/// Whether an `If-None-Match` names the tag (RFC 9110, 13.1.2).
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let known = known.to_str().unwrap_or_default();
    let is_it = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes();
    known.split(',').map(str::trim).any(is_it)
}

/// The picture of a chapter, counted from 1, if there is one.
fn open(library: &Library, media: MediaId, chapter: u64) -> Result<Option<Picture>, Problem> {
    let Some(source) = library.first_source_of_media(media)? else { return Ok(None) };
    let Some(place) = chapter.checked_sub(1).and_then(|place| usize::try_from(place).ok()) else {
        return Ok(None);
    };
    let Some(OpenedProduct { blob, file, .. }) = library.open_product(source, KIND)? else {
        return Ok(None);
    };
    match Bif::open(file).and_then(|mut pictures| pictures.picture(place)) {
        Ok(jpeg) => {
            let tag = format!("\"{}-{chapter}\"", blob.name.rsplit('/').next().unwrap_or_default());
            Ok(jpeg.filter(|jpeg| !jpeg.is_empty()).map(|jpeg| Picture { tag, jpeg }))
        }
        Err(error @ BifError::Io(_)) => Err(Problem::bug(&error)),
        Err(_) => Err(library.lose_product(source, KIND, blob, Loss::Damaged).into()),
    }
}

/// The pictures that there are of some files' chapters.
pub(crate) type ChapterImages = HashMap<i64, ChapterThumbs>;

/// The pictures that there are of the files whose chapters the items show.
pub(crate) fn of(library: &Library, items: &[ItemDetail]) -> Result<ChapterImages, StoreError> {
    let mut found = ChapterImages::new();
    for part in items.iter().filter_map(|item| item.media.first()?.parts.first()) {
        let PartId(id) = part.id;
        if part.products.contains(&KIND)
            && let Some(stored) = library.product_of::<ChapterThumbs>(part.source)?
        {
            found.insert(id, stored.value);
        }
    }
    Ok(found)
}

/// Adds to an item's chapters where their pictures are.
pub(crate) fn add(item: &mut Metadata, images: &ChapterImages) {
    let Some(media) = item.media.first() else { return };
    let Some(thumbs) = media.parts.first().and_then(|part| images.get(&part.id)) else { return };
    for chapter in item.chapters.iter_mut().filter(|chapter| thumbs.has(chapter.index)) {
        chapter.thumb = Some(format!("/library/media/{}/chapterImages/{}", media.id, chapter.index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_itself_in_a_list_as_a_weak_one_and_as_any() {
        let tag = HeaderValue::from_static("\"ab-1\"");
        let is_known = |known: &'static str| names(&HeaderValue::from_static(known), &tag);
        for known in ["\"ab-1\"", "\"x\", \"ab-1\"", "W/\"ab-1\"", "*"] {
            assert!(is_known(known), "{known}");
        }
        for known in ["\"ab-2\"", "ab-1", ""] {
            assert!(!is_known(known), "{known}");
        }
    }
}
