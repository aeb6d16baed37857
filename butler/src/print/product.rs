//! What was made of a file, in a few words.

use butler_product::Value;

use crate::print::words;

/// A product's value in a few words.
pub(crate) fn summary(value: &Value) -> String {
    match value {
        Value::Nothing { why } => why.clone(),
        Value::Bif(summary) => {
            format!(
                "{} of {}×{}, one every {} s",
                words::count(summary.pictures.into(), "picture"),
                summary.width,
                summary.height,
                f64::from(summary.interval_ms) / 1_000.0
            )
        }
        Value::Tags(tags) => {
            let words = [tags.artists.first(), tags.album.as_ref(), tags.title.as_ref()];
            words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" – ")
        }
        Value::Photo(photo) => match (photo.width, photo.height) {
            (Some(width), Some(height)) => format!("{width}×{height}"),
            _ => "a photo".to_owned(),
        },
        Value::Bandwidth(summary) => {
            let needed = |at: usize| words::bits(summary.total.needed[at]);
            let bytes = format!(
                "{} on average, {} at most; {} with a buffer of 5 MB, {} with 50 MB",
                words::bits(summary.total.average),
                words::bits(summary.total.peak),
                needed(2),
                needed(5)
            );
            match u64::from(summary.key_frames) {
                0 => bytes,
                1 => format!("{bytes}; 1 key frame"),
                many => format!("{bytes}; {many} key frames, {} s apart at most", summary.longest_gap_ms as f64 / 1_000.0),
            }
        }
        Value::MediaInfo(info) => {
            let mut words = vec![info.container.clone()];
            words.extend(info.duration_ms.map(words::duration_ms));
            words.extend(info.streams.iter().map(|stream| match (&stream.picture, &stream.sound) {
                (Some(picture), _) => format!("{} {}×{}", stream.codec, picture.width, picture.height),
                (_, Some(sound)) => format!("{} {} ch", stream.codec, sound.channels),
                _ => stream.codec.clone(),
            }));
            if !info.chapters.is_empty() {
                words.push(format!("{} chapters", info.chapters.len()));
            }
            words.join(", ")
        }
    }
}
