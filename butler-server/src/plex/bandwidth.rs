//! What Plex shows of a deep analysis: `deepAnalysisVersion` and `requiredBandwidths` of a file and of its
//! streams.

use std::collections::HashMap;

use butler_api::plex::Metadata;
use butler_library::{ItemDetail, Library, PartId, StoreError};
use butler_product::bandwidth::{Rates, Summary};
use butler_product::{ProductKind, Value};

/// The deep analyses of some files, with their versions.
pub(crate) type Bandwidths = HashMap<i64, (u32, Box<Summary>)>;

/// The deep analyses of an item's files, as far as there are any.
pub(crate) fn of(library: &Library, items: &[ItemDetail]) -> Result<Bandwidths, StoreError> {
    let mut found = Bandwidths::new();
    for part in items.iter().flat_map(|item| &item.media).flat_map(|version| &version.parts) {
        let PartId(id) = part.id;
        if !part.products.contains(&ProductKind::Bandwidth) {
            continue;
        }
        let product = library.product(part.source, ProductKind::Bandwidth)?;
        if let Some((version, Value::Bandwidth(summary))) =
            product.map(|product| (product.version, product.value))
        {
            found.insert(id, (version, summary));
        }
    }
    Ok(found)
}

/// Adds to an item what is known of its files.
pub(crate) fn add(item: &mut Metadata, bandwidths: &Bandwidths) {
    for part in item.media.iter_mut().flat_map(|version| &mut version.parts) {
        let Some((version, summary)) = bandwidths.get(&part.id) else { continue };
        part.deep_analysis_version = Some(version.to_string());
        part.required_bandwidths = Some(required(&summary.total));
        for stream in &mut part.streams {
            let Some(told) = summary.streams.iter().find(|told| told.index == stream.index) else { continue };
            stream.required_bandwidths = Some(required(&told.rates));
            // Many headers don't tell it.
            stream.bitrate = stream.bitrate.or(Some(told.rates.average.div_ceil(1_000)));
        }
    }
}

/// Kilobits a second for each of the buffers, the smallest first.
fn required(rates: &Rates) -> String {
    rates.needed.map(|bits| bits.div_ceil(1_000).to_string()).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_are_kilobits_rounded_up() {
        let rates =
            Rates { bytes: 1, average: 1, peak: 1, peak_at_ms: 0, needed: [9_001, 8_000, 7, 6, 5, 4, 1, 0] };
        assert_eq!(required(&rates), "10,8,1,1,1,1,1,0");
    }
}
