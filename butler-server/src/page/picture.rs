//! Pictures that pages show: those of the library as their files are, byte for byte, for no picture of a
//! stranger is decoded here; and the blur of a picture's colours, drawn of its hash. Both are found by their
//! content's id.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path as FilePath;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use butler_library::{SourceFile, SourceId, StoreError, open_regular};
use butler_product::blur_hash::BlurHash;

use super::frame::Site;
use crate::app::App;
use crate::error::Problem;

/// A larger file is shown by its blur only: it is read as a whole.
pub(super) const LARGEST_BYTES: u64 = 32 << 20;
/// A page waits no longer for a picture.
const WITHIN: Duration = Duration::from_secs(10);
/// Bytes between two signs of life.
const STEP: u64 = 64 << 10;
/// The longer side of a blur, pixels: it is drawn larger, and smooth.
const BLUR_SIDE: u32 = 32;

/// A file that says it is a picture and is a page is run by nobody.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
const KEPT: HeaderValue = HeaderValue::from_static("private, max-age=3600");

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pictures/{source}", get(whole)).route("/pictures/{source}/blur", get(blur))
}

/// Where a picture is shown from.
pub(super) fn address(site: &Site, source: SourceId) -> String {
    site.at(&format!("/pictures/{source}"))
}

/// Where its blur is.
pub(super) fn blur_address(site: &Site, source: SourceId) -> String {
    site.at(&format!("/pictures/{source}/blur"))
}

/// Whether a file of this name and size is shown: browsers read its format.
pub(super) fn is_shown(path: &FilePath, bytes: u64) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let is_known = |extension: &str| ["jpg", "jpeg", "png", "gif", "webp", "avif"].contains(&extension);
    bytes <= LARGEST_BYTES && extension.as_deref().is_some_and(is_known)
}

async fn whole(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let none = || Problem::not_found(format!("There is no picture {id} that can be shown."));
    let source: SourceId = id.parse().map_err(|_| none())?;
    let found = app
        .library(move |library| {
            let files = library.files_of(source)?;
            let read = files.iter().filter(|file| file.size <= LARGEST_BYTES).find_map(|file| {
                let SourceFile { root_path, path, size, mtime_ns, .. } = file.clone();
                let (borders, since) = (library.borders(), Instant::now());
                let mut is_enough = || since.elapsed() > WITHIN;
                // On the root's own thread: its mount may hang, and one that is slow is not away.
                let read = library.root_threads().call_unless(&root_path, &mut is_enough, move |beat| {
                    let open = open_regular(&path).ok()?;
                    // A link may lead elsewhere since the scan followed it.
                    if borders.of_open(&open).ok()?.is_some() || !is_as_scanned(&open, mtime_ns) {
                        return None;
                    }
                    bytes_of(open, size, &mut || beat.tap())
                });
                read.ok().flatten()
            });
            Ok::<_, StoreError>(read)
        })
        .await?;
    let bytes = found.ok_or_else(none)?;
    let format = format(&bytes).ok_or_else(none)?;
    Ok(answer(format, bytes))
}

/// Whether nobody wrote a file since the last scan.
fn is_as_scanned(file: &File, mtime_ns: i64) -> bool {
    let modified =
        |metadata: Metadata| metadata.mtime().saturating_mul(1_000_000_000) + metadata.mtime_nsec();
    file.metadata().is_ok_and(|metadata| modified(metadata) == mtime_ns)
}

/// The bytes of a file that has as many as the last scan saw; `is_wanted` is asked on the way.
fn bytes_of(file: File, size: u64, is_wanted: &mut dyn FnMut() -> bool) -> Option<Vec<u8>> {
    let (mut file, mut bytes) = (file.take(size + 1), Vec::new());
    while is_wanted() {
        if (&mut file).take(STEP).read_to_end(&mut bytes).ok()? == 0 {
            return (bytes.len() as u64 == size).then_some(bytes);
        }
    }
    None
}

async fn blur(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let none = || Problem::not_found(format!("There is no blur of a picture {id}."));
    let source: SourceId = id.parse().map_err(|_| none())?;
    let stored =
        app.library(move |library| library.product_of::<BlurHash>(source)).await?.ok_or_else(none)?;
    let drawn = drawn(&stored.value).ok_or_else(none)?;
    Ok(answer("image/bmp", drawn))
}

fn answer(format: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format)),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, KEPT),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    (headers, bytes).into_response()
}

/// The format of a picture by its first bytes, whatever its name says.
fn format(bytes: &[u8]) -> Option<&'static str> {
    let has = |at: usize, word: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(word));
    match () {
        () if has(0, b"\xff\xd8\xff") => Some("image/jpeg"),
        () if has(0, b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if has(0, b"GIF8") => Some("image/gif"),
        () if has(0, b"RIFF") && has(8, b"WEBP") => Some("image/webp"),
        () if has(4, b"ftypavif") => Some("image/avif"),
        () => None,
    }
}

/// The blur as a bitmap of Windows (BITMAPINFOHEADER, 24 bits, rows from the top): the one format that needs
/// neither a library nor a check sum.
fn drawn(hash: &BlurHash) -> Option<Vec<u8>> {
    const HEAD: u32 = 54;
    let longer = u64::from(hash.width.max(hash.height).max(1));
    let side = |side: u32| {
        (u64::from(side) * u64::from(BLUR_SIDE)).div_ceil(longer).clamp(1, BLUR_SIDE.into()) as u32
    };
    let (columns, rows) = (side(hash.width), side(hash.height));
    let colours = hash.colours(columns, rows)?;
    // A row ends at a multiple of four bytes.
    let padding = vec![0; (columns % 4) as usize];
    let bytes = HEAD + (columns * 3 + columns % 4) * rows;
    let mut bitmap = b"BM".to_vec();
    for word in [bytes, 0, HEAD, 40, columns, rows.wrapping_neg(), 1 | 24 << 16, 0, 0, 0, 0, 0, 0] {
        bitmap.extend(word.to_le_bytes());
    }
    for row in colours.chunks_exact(columns as usize) {
        bitmap.extend(row.iter().flat_map(|[red, green, blue]| [blue, green, red]));
        bitmap.extend(&padding);
    }
    Some(bitmap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_has_the_sides_of_its_picture_and_rows_of_whole_words() {
        let drawn = |width, height| {
            let hash = "LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned();
            drawn(&BlurHash { hash, width, height }).unwrap()
        };
        let number = |bitmap: &[u8], at: usize| i32::from_le_bytes(bitmap[at..at + 4].try_into().unwrap());
        for (width, height, sides) in [(4_000, 3_000, (32, 24)), (30_000, 1, (32, 1)), (27, 32, (27, 32))] {
            let bitmap = drawn(width, height);
            assert_eq!((number(&bitmap, 18), -number(&bitmap, 22)), sides);
            assert_eq!(number(&bitmap, 2) as usize, bitmap.len());
            assert_eq!((bitmap.len() - 54) % 4, 0);
        }
        assert!(self::drawn(&BlurHash { hash: "none".to_owned(), width: 4, height: 3 }).is_none());
    }

    #[test]
    fn what_is_shown_is_a_picture_by_its_first_bytes() {
        assert_eq!(format(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(format(b"RIFF....WEBPVP8 "), Some("image/webp"));
        for other in [&b""[..], b"<svg xmlns=", b"<html>", b"RIFF....WAVE", b"BM"] {
            assert_eq!(format(other), None);
        }
        assert!(is_shown(FilePath::new("/photos/A.JPG"), 9) && !is_shown(FilePath::new("/photos/A.heic"), 9));
    }
}
