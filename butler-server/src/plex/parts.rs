//! `/library/parts/{id}/indexes/sd`: a file's preview thumbnails, whole or one at a time.

use std::fs::File;
use std::io::{Cursor, Seek};

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use butler_api::plex::Errors;
use butler_library::{BlobRef, Library, Loss, OpenedProduct, PartId};
use butler_product::ProductKind;
use butler_product::bif::{Bif, BifError, BifWriter};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::blob_body;
use crate::error::Problem;
use crate::params::Params;

/// A thinner BIF is put together in memory: not of one that is larger than this, which no film's is.
const LARGEST_THINNED_BYTES: u64 = 256 << 20;

const BIF: HeaderValue = HeaderValue::from_static("application/octet-stream");
const JPEG: HeaderValue = HeaderValue::from_static("image/jpeg");

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(whole)).routes(routes!(picture))
}

/// Gives a file's preview thumbnails, as a BIF.
#[utoipa::path(get, path = "/library/parts/{id}/indexes/sd", tag = "library",
    params(
        ("id" = i64, Path, description = "The part's id."),
        ("interval" = Option<u32>, Query, description = "Milliseconds from one picture to the next, if fewer \
                                                         are wanted than there are."),
    ),
    responses(
        (status = 200, description = "The BIF.", content_type = "application/octet-stream"),
        (status = 400, description = "`interval` is no number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such part, it has no thumbnails, or not so \
                                      many.", body = Errors),
    ))]
async fn whole(State(app): State<App>, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    let interval = params.parsed::<u32>("interval", "a number of milliseconds")?;
    let (file, blob) = open(&app, &id).await?;
    let Some(interval_ms) = interval else {
        return Ok(([(header::CONTENT_TYPE, BIF)], blob_body::body(file, blob.bytes)).into_response());
    };
    let thinned = app.library(move |_| thinned(file, blob.bytes, interval_ms)).await?;
    Ok(([(header::CONTENT_TYPE, BIF)], thinned).into_response())
}

/// Gives the preview thumbnail of a moment: the last one that is not after it.
#[utoipa::path(get, path = "/library/parts/{id}/indexes/sd/{offset}", tag = "library",
    params(
        ("id" = i64, Path, description = "The part's id."),
        ("offset" = u64, Path, description = "Milliseconds from the file's start."),
    ),
    responses(
        (status = 200, description = "The picture.", content_type = "image/jpeg"),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such part, it has no thumbnails, or ends \
                                      before that.", body = Errors),
    ))]
async fn picture(
    State(app): State<App>,
    Path((id, offset)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let none = format!("Part {id} has no picture at {offset} ms.");
    let Ok(offset_ms) = offset.parse::<u64>() else { return Err(Problem::not_found(none)) };
    let (file, _) = open(&app, &id).await?;
    let jpeg = app
        .library(move |_| {
            let mut bif = Bif::open(file)?;
            let end_ms = bif.pictures() as u64 * u64::from(bif.interval_ms());
            if offset_ms < end_ms { bif.picture_at(offset_ms) } else { Ok(None) }
        })
        .await?;
    let jpeg = jpeg.ok_or_else(|| Problem::not_found(none))?;
    Ok(([(header::CONTENT_TYPE, JPEG)], jpeg).into_response())
}

/// The BIF of a part, opened.
async fn open(app: &App, id: &str) -> Result<(File, BlobRef), Problem> {
    let none = || Problem::not_found(format!("There is no part {id} with preview thumbnails."));
    let part: PartId = id.parse().map_err(|_| none())?;
    let found = app.library(move |library| bif(library, part)).await?;
    found.ok_or_else(none)
}

/// A BIF is opened as a look at its length finds it, and as a whole only if its index can be read.
fn bif(library: &Library, part: PartId) -> Result<Option<(File, BlobRef)>, Problem> {
    let Some(part) = library.part(part)? else { return Ok(None) };
    let Some(OpenedProduct { blob, file, .. }) = library.open_product(part.source, ProductKind::Bif)? else {
        return Ok(None);
    };
    let mut file = file;
    match Bif::open(&mut file).map(drop) {
        Err(error @ BifError::Io(_)) => return Err(Problem::bug(&error)),
        Err(_) => {
            return Err(library.lose_product(part.source, ProductKind::Bif, blob, Loss::Damaged).into());
        }
        Ok(()) => {}
    }
    file.rewind().map_err(|error| Problem::bug(&error))?;
    Ok(Some((file, blob)))
}

/// The same BIF with fewer pictures.
fn thinned(file: File, bytes: u64, interval_ms: u32) -> Result<Vec<u8>, Problem> {
    let mut bif = Bif::open(file)?;
    if interval_ms < bif.interval_ms() {
        let sentence =
            format!("There is a picture every {} ms only; `interval` is {interval_ms}.", bif.interval_ms());
        return Err(Problem::not_found(sentence));
    }
    if bytes > LARGEST_THINNED_BYTES {
        return Err(Problem::not_found(
            "The preview thumbnails are too large to be thinned out; ask for them without `interval`.",
        ));
    }
    let end_ms = bif.pictures() as u64 * u64::from(bif.interval_ms());
    let pictures = end_ms.div_ceil(interval_ms.into());
    let mut writer = BifWriter::new(Cursor::new(Vec::new()), interval_ms, pictures as u32)?;
    for place in 0..pictures {
        let jpeg = bif
            .picture_at(place * u64::from(interval_ms))?
            .ok_or(BifError::Damaged("a picture is missing"))?;
        writer.picture(&jpeg)?;
    }
    let (written, _) = writer.finish()?;
    Ok(written.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(pictures: u32) -> (File, u64) {
        let mut writer = BifWriter::new(tempfile::tempfile().unwrap(), 10_000, pictures).unwrap();
        (0..pictures).for_each(|number| writer.picture(&[number as u8; 9]).unwrap());
        let (mut file, bytes) = writer.finish().unwrap();
        file.rewind().unwrap();
        (file, bytes)
    }

    #[test]
    fn a_thinner_bif_has_the_pictures_of_its_own_moments() {
        let (file, bytes) = film(7);
        let mut thin = Bif::open(Cursor::new(thinned(file, bytes, 30_000).unwrap())).unwrap();
        assert_eq!((thin.pictures(), thin.interval_ms()), (3, 30_000));
        assert_eq!(thin.picture(2).unwrap().unwrap(), [6; 9]);
    }

    #[test]
    fn an_interval_that_is_too_small_is_not_there() {
        let (file, bytes) = film(7);
        assert!(thinned(file, bytes, 9_999).is_err());
        let (file, bytes) = film(7);
        assert!(thinned(file, bytes, 0).is_err());
    }

    #[test]
    fn a_bif_without_pictures_stays_one() {
        let (file, bytes) = film(0);
        assert_eq!(Bif::open(Cursor::new(thinned(file, bytes, 10_000).unwrap())).unwrap().pictures(), 0);
    }
}
