//! What was made of an item's files as it is shown, what was not, and what is still to come.

use std::io::BufReader;
use std::path::Path;

use butler_api::v1::{
    Bandwidth, BandwidthKeyFrame, BandwidthRates, BandwidthSpan, BandwidthStream, Failure, ItemProduct,
    OpenProduct, Picture, Product as ProductBody, Products as ProductsBody,
};
use butler_engine::{Derivation, TaskView, Wish};
use butler_library::{
    FailureRow, ItemId, ItemProductRow, Library, Loss, OpenedProduct, PartId, PicturePlace, ProductRow,
};
use butler_product::bandwidth::{BUFFERS_BYTES, Curve, Rates, STEP_MS, Summary, ToldBy};
use butler_product::{ProductKind, Value};

use super::failures::{Nights, failure};
use crate::app::App;
use crate::error::Problem;

/// The products, failures and lacks of the item of an id in an address.
pub(crate) async fn of_item(app: &App, id: &str) -> Result<ProductsBody, Problem> {
    let unknown = || Problem::not_found(format!("There is no item {id}."));
    let item: ItemId = id.parse().map_err(|_| unknown())?;
    let (wishes, tasks) = (app.handle.wishes(), app.handle.tasks().await?);
    let nights = Nights::new(app.handle.plan_basis().await?);
    let derivations: Vec<&Derivation> = app.handle.derivations().map(|(_, derivation)| derivation).collect();
    let of_item = move |library: &Library| {
        let mut found = products(library, item, &wishes, &tasks, nights)?;
        if let Some(body) = &mut found {
            body.derived = derived(library, item, &derivations)?;
        }
        Ok::<_, Problem>(found)
    };
    app.library(of_item).await?.ok_or_else(unknown)
}

/// What the part of an id in an address needs of a network, in steps of so many seconds.
pub(crate) async fn bandwidth(app: &App, id: &str, step: u32) -> Result<Bandwidth, Problem> {
    let unknown = || Problem::not_found(format!("There is no part {id} whose bandwidth is known."));
    let part: PartId = id.parse().map_err(|_| unknown())?;
    app.library(move |library| found(library, part, step)).await?.ok_or_else(unknown)
}

fn products(
    library: &Library,
    item: ItemId,
    wishes: &[Wish],
    tasks: &[TaskView],
    mut nights: Nights,
) -> Result<Option<ProductsBody>, Problem> {
    let Some(item) = library.item(item)? else { return Ok(None) };
    let mut body = ProductsBody {
        products: Vec::new(),
        failures: Vec::new(),
        open: Vec::new(),
        derived: Vec::new(),
        pictures: Vec::new(),
    };
    for part in item.media.iter().flat_map(|version| &version.parts) {
        let mut failed = Vec::new();
        for source in library.sources_of_part(part.id)? {
            failed.extend(library.failures_of(source)?);
        }
        let place = Place { path: &part.path, part: Some(part.id) };
        for wish in unfailed(wishes, &failed) {
            if library.part_lacks(part.id, &wish.spec, &wish.scope)? {
                body.open.push(open(wish, place, tasks));
            }
        }
        body.failures.extend(failed.into_iter().map(|row| here(failure(row, &mut nights), place)));
        for row in library.products_of(part.source)? {
            body.products.push(product(row, place)?);
        }
    }
    for picture in library.pictures_of(item.row.id)? {
        let PicturePlace::File(path) = &picture.place else { continue };
        let (failed, place) = (library.failures_of(picture.source)?, Place { path, part: None });
        for wish in unfailed(wishes, &failed) {
            if library.picture_lacks(picture.source, &wish.spec, &wish.scope)? {
                body.open.push(open(wish, place, tasks));
            }
        }
        body.failures.extend(failed.into_iter().map(|row| here(failure(row, &mut nights), place)));
        for row in library.products_of(picture.source)? {
            body.products.push(product(row, place)?);
        }
        body.pictures.push(Picture { role: picture.role.as_str().into(), file: place.file() });
    }
    let of_itself = library.failures_of_item(item.row.id)?;
    body.failures.extend(of_itself.into_iter().map(|row| failure(row, &mut nights)));
    Ok(Some(body))
}

/// A file of an item: a part, or a picture beside the media.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    part: Option<PartId>,
}

impl Place<'_> {
    fn file(self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn part_id(self) -> Option<i64> {
        self.part.map(|part| part.0)
    }
}

/// The wishes for products that did not fail: what failed says itself when it is tried again, and so do
/// headers for all that is made after them.
fn unfailed<'a>(wishes: &'a [Wish], failed: &[FailureRow]) -> impl Iterator<Item = &'a Wish> {
    wishes.iter().filter(|wish| {
        let kind = wish.spec.kind();
        let holds = |failed: ProductKind| {
            failed == kind || (failed == ProductKind::MediaInfo && kind.is_made_after_headers())
        };
        !failed.iter().filter_map(|failure| failure.kind).any(holds)
    })
}

fn open(wish: &Wish, place: Place<'_>, tasks: &[TaskView]) -> OpenProduct {
    let task = tasks.iter().find(|task| task.name == wish.task);
    OpenProduct {
        product: wish.spec.kind().as_str().into(),
        part: place.part_id(),
        file: place.file(),
        task: wish.task.clone(),
        enabled: task.is_some_and(|task| task.enabled),
        next_at: task.and_then(|task| task.next_at),
    }
}

fn product(row: ProductRow, place: Place<'_>) -> Result<ProductBody, Problem> {
    Ok(ProductBody {
        product: row.kind.as_str().into(),
        part: place.part_id(),
        file: place.file(),
        version: row.version,
        params: row.params,
        value: serde_json::to_value(&row.value).map_err(|error| Problem::bug(&error))?,
        bytes: row.blob.map(|blob| blob.bytes),
        made_at: row.made_at,
    })
}

/// What was derived for an item itself.
fn derived(
    library: &Library,
    item: ItemId,
    derivations: &[&Derivation],
) -> Result<Vec<ItemProduct>, Problem> {
    let body = |row: ItemProductRow| {
        let mut makes = derivations.iter().filter(|derivation| derivation.makes == row.kind);
        let inputs = makes.next().map(|derivation| library.inputs(derivation, item)).transpose()?.flatten();
        Ok(ItemProduct {
            product: row.kind.as_str().into(),
            version: row.version,
            value: serde_json::to_value(&row.value).map_err(|error| Problem::bug(&error))?,
            is_current: inputs.is_some_and(|(_, digest)| digest == row.made_from),
            made_at: row.made_at,
        })
    };
    library.item_products(item)?.into_iter().map(body).collect()
}

/// Of a content that lies in several places a failure names one first: here it is this one.
fn here(failure: Failure, place: Place<'_>) -> Failure {
    let path = place.file();
    let others = failure.files.into_iter().filter(|file| *file != path);
    let files = std::iter::once(path.clone()).chain(others).collect();
    Failure { part: path, part_id: place.part_id(), files, ..failure }
}

fn found(library: &Library, part: PartId, step: u32) -> Result<Option<Bandwidth>, Problem> {
    let Some(row) = library.part(part)? else { return Ok(None) };
    let Some(OpenedProduct { row: product, blob, file }) =
        library.open_product(row.source, ProductKind::Bandwidth)?
    else {
        return Ok(None);
    };
    let ProductRow { value: Value::Bandwidth(summary), made_at, .. } = product else { return Ok(None) };
    let curve = Curve::read(BufReader::new(file)).map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, blob = blob.name, "a blob can't be read");
        Problem::from(library.lose_product(row.source, ProductKind::Bandwidth, blob, Loss::Damaged))
    })?;
    let Summary { duration_ms, total, streams, longest_gap_ms, told_by, damaged, .. } = *summary;
    let bytes_of = |index: u32| {
        curve.streams.iter().find(|stream| stream.index == index).map(|stream| coarser(&stream.bytes, step))
    };
    Ok(Some(Bandwidth {
        part: part.0,
        made_at,
        duration_ms,
        told_by: match told_by {
            ToldBy::Headers => "headers",
            ToldBy::Packets => "packets",
        }
        .into(),
        step_ms: u64::from(STEP_MS) * u64::from(step),
        buffers: BUFFERS_BYTES.to_vec(),
        total: rates(&total),
        streams: streams
            .iter()
            .map(|stream| BandwidthStream {
                index: stream.index,
                rates: rates(&stream.rates),
                bytes: bytes_of(stream.index).unwrap_or_default(),
            })
            .collect(),
        longest_gap_ms,
        key_frames: curve
            .key_frames
            .iter()
            .map(|key| BandwidthKeyFrame {
                time_ms: key.time_us as f64 / 1_000.0,
                place: key.place,
                bytes: key.bytes,
            })
            .collect(),
        damaged: damaged
            .iter()
            .map(|span| BandwidthSpan { start_ms: span.start_ms, end_ms: span.end_ms })
            .collect(),
    }))
}

fn rates(rates: &Rates) -> BandwidthRates {
    let Rates { bytes, average, peak, peak_at_ms, needed } = *rates;
    BandwidthRates { bytes, average, peak, peak_at_ms, needed: needed.to_vec() }
}

/// The same bytes in longer steps.
fn coarser(seconds: &[u64], step: u32) -> Vec<u64> {
    seconds
        .chunks(step as usize)
        .map(|chunk| chunk.iter().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_steps_keep_every_byte() {
        assert_eq!(coarser(&[1, 2, 3, 4, 5], 2), [3, 7, 5]);
        assert_eq!(coarser(&[1, 2], 1), [1, 2]);
        assert_eq!(coarser(&[], 9), [] as [u64; 0]);
    }
}
