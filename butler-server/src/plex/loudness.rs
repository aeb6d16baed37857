//! What Plex shows of a loudness analysis: the gains, peaks and ranges of an item's streams.

use std::collections::HashMap;

use butler_api::plex::{Metadata, Stream};
use butler_library::{ItemDetail, ItemId, ItemKind, Library, PartId, StoreError};
use butler_product::ProductKind;
use butler_product::album_loudness::AlbumLoudness;
use butler_product::loudness::{Loudness, StreamLoudness};

/// How loud some files are, and the albums that they are of, by the ids of the parts.
pub(crate) type Loudnesses = HashMap<i64, (Loudness, Option<AlbumLoudness>)>;

/// How loud an item's files are, as far as that is known.
pub(crate) fn of(library: &Library, items: &[ItemDetail]) -> Result<Loudnesses, StoreError> {
    let mut found = Loudnesses::new();
    for item in items {
        let parts = item.media.iter().flat_map(|version| &version.parts);
        let measured = parts.filter(|part| part.products.contains(&ProductKind::Loudness));
        let measured: Vec<_> = measured.collect();
        if measured.is_empty() {
            continue;
        }
        let album = item.row.parent.as_ref().filter(|_| item.row.kind == ItemKind::Track);
        let album = album.map(|album| of_album(library, album.id)).transpose()?.flatten();
        for part in measured {
            let PartId(id) = part.id;
            if let Some(stored) = library.product_of::<Loudness>(part.source)? {
                found.insert(id, (stored.value, album));
            }
        }
    }
    Ok(found)
}

fn of_album(library: &Library, album: ItemId) -> Result<Option<AlbumLoudness>, StoreError> {
    let products = library.item_products(album)?;
    Ok(products.iter().find_map(|product| product.value.get::<AlbumLoudness>().copied()))
}

/// Adds to an item what is known of its streams.
pub(crate) fn add(item: &mut Metadata, loudnesses: &Loudnesses) {
    for part in item.media.iter_mut().flat_map(|version| &mut version.parts) {
        let Some((loudness, album)) = loudnesses.get(&part.id) else { continue };
        for stream in &mut part.streams {
            if let Some(measured) = loudness.streams.iter().find(|measured| measured.index == stream.index) {
                add_to(stream, measured, album.as_ref());
            }
        }
    }
}

/// In Plex's forms: dB, LUFS and LU with two decimals, peaks linear with six.
fn add_to(stream: &mut Stream, measured: &StreamLoudness, album: Option<&AlbumLoudness>) {
    let level = |level: f64| format!("{level:.2}");
    let peak = |peak: f64| format!("{peak:.6}");
    stream.loudness = measured.integrated.map(level);
    stream.lra = measured.range.map(level);
    stream.gain = measured.gain.map(level);
    stream.peak = measured.gain.map(|_| peak(measured.peak));
    stream.album_gain = album.and_then(|album| album.gain).map(level);
    stream.album_peak = album.filter(|album| album.gain.is_some()).map(|album| peak(album.peak));
}
