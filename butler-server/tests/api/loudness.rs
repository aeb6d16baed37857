//! How loud a file is, as Plex shows it and as Butler does.

use std::fs::File;
use std::io::Write;

use axum::http::{Method, StatusCode};
use butler_library::{ItemFilter, ItemKind, PartRow, SectionId, SectionKind};
use butler_product::loudness::{
    Gate, Levels, Loudness, Measured, NOTHING, StreamLevels, StreamLoudness, energy_of,
};
use butler_product::media_info::{MediaInfo, Stream, StreamKind};
use butler_product::{Spec, Value};

use crate::items::{film, part_of, publish, scanned};
use crate::rig::{Rig, wait_until};

/// A sound as loud as this, with a peak.
fn sound(index: u32, lufs: f64, peak: f64) -> StreamLoudness {
    let mut gate = Gate::default();
    (0..100).for_each(|_| gate.add(energy_of(lufs)));
    let short_terms = [energy_of(lufs - 5.0), energy_of(lufs)];
    let loudest = energy_of(lufs);
    let measured = Measured {
        gate: &gate,
        short_terms: &short_terms,
        momentary_max: loudest,
        short_term_max: loudest,
        peak,
    };
    StreamLoudness::new(index, &measured)
}

/// Gives a part the loudness of one stream, and its course.
fn publish_loudness(rig: &Rig, part: &PartRow, stream: StreamLoudness, steps: Vec<i16>) {
    let levels = Levels { streams: vec![StreamLevels { index: stream.index, steps }] };
    let mut written = Vec::new();
    let bytes = levels.write(&mut written).unwrap();
    let staged = rig.library.blobs().staged().unwrap();
    File::from(staged.descriptor().unwrap()).write_all(&written).unwrap();
    let blob = staged.publish(&Spec::Loudness.blob_name(part.fingerprint), bytes).unwrap();
    let loudness = Loudness { played: stream.index, streams: vec![stream], unheard: Vec::new() };
    publish(rig, part, Spec::Loudness, loudness.into(), Some(blob));
}

fn measured() -> (Rig, PartRow) {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, section, ItemKind::Movie);
    publish(&rig, &part, Spec::MediaInfo, Value::MediaInfo(Box::new(film())), None);
    publish_loudness(&rig, &part, sound(1, -23.46, 1.003), vec![-2_300, -2_500, NOTHING, -9_000]);
    (rig, part)
}

fn stream_id(part: &PartRow, index: i64) -> i64 {
    part.id.0 * 256 + index
}

#[tokio::test]
async fn a_stream_says_how_loud_it_is_in_the_words_of_plex() {
    let (rig, part) = measured();
    let page = rig.get_json(format!("/library/metadata/{}", part.item)).await;
    let streams = &page["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0]["Stream"];
    let sound = &streams[1];
    assert_eq!(sound["id"], stream_id(&part, 1));
    let words = ["loudness", "gain", "peak", "lra"].map(|word| sound[word].as_str().unwrap().to_owned());
    assert_eq!(words, ["-23.46", "5.46", "1.003000", "5.00"]);
    assert!(sound.get("albumGain").is_none() && streams[0].get("gain").is_none());
    let xml = rig.get(format!("/library/metadata/{}", part.item)).await.text();
    assert!(xml.contains(" gain=\"5.46\" loudness=\"-23.46\" lra=\"5.00\" peak=\"1.003000\""), "{xml}");
}

#[tokio::test]
async fn the_course_of_a_stream_is_a_line_or_a_level_a_tenth_of_a_second() {
    let (rig, part) = measured();
    let path = format!("/library/streams/{}", stream_id(&part, 1));
    let lines = rig.get(format!("{path}/loudness")).await;
    assert_eq!(lines.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(lines.text(), "-23.0\n-25.0\n-70.0\n-70.0\n");
    let levels = rig.get_json(format!("{path}/levels")).await;
    assert_eq!(
        levels["MediaContainer"],
        serde_json::json!({
            "size": 4, "totalSamples": "4", "Level": [{"v": -23.0}, {"v": -25.0}, {"v": -70.0}, {"v": -70.0}],
        })
    );
    let few = rig.get_json(format!("{path}/levels?subsample=2")).await;
    assert_eq!(
        few["MediaContainer"],
        serde_json::json!({"size": 2, "totalSamples": "4", "Level": [{"v": -23.9}, {"v": -70.0}]})
    );
    assert_eq!(rig.get(format!("{path}/loudness?subsample=99")).await.text().lines().count(), 4);
    for wrong in ["0", "-1", "x"] {
        let answer = rig.get(format!("{path}/levels?subsample={wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for nowhere in [stream_id(&part, 0), stream_id(&part, 9), 1 << 40, -1] {
        for what in ["levels", "loudness"] {
            let answer = rig.get(format!("/library/streams/{nowhere}/{what}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nowhere} {what}");
        }
    }
}

#[tokio::test]
async fn what_was_measured_is_among_what_was_made_of_an_item() {
    let (rig, part) = measured();
    let products = rig.get_json(format!("/api/v1/items/{}/products", part.item)).await;
    let loudness = &products["products"][0];
    assert_eq!((&loudness["product"], &loudness["version"]), (&"loudness".into(), &1.into()));
    assert_eq!(loudness["value"]["streams"][0]["integrated"], -23.46);
}

fn track() -> MediaInfo {
    let sound = film().streams.into_iter().find(|stream| stream.kind == StreamKind::Audio);
    let streams = sound.map(|sound| Stream { index: 0, ..sound }).into_iter().collect();
    MediaInfo { container: "mp3".into(), streams, ..MediaInfo::default() }
}

fn tracks(rig: &Rig, section: SectionId) -> Vec<PartRow> {
    let filter = ItemFilter { kind: Some(ItemKind::Track) };
    let rows = rig.library.items_of_section(section, filter, 0, 9).unwrap().rows;
    rows.iter()
        .map(|row| rig.library.item(row.id).unwrap().unwrap().media.remove(0).parts.remove(0))
        .collect()
}

#[tokio::test]
async fn tracks_say_how_loud_their_album_is_once_that_was_derived() {
    let rig = Rig::new();
    let section =
        scanned(&rig, SectionKind::Artist, "music", &["Nina/Blue/01 One.mp3", "Nina/Blue/02 Two.mp3"]);
    let tracks = tracks(&rig, section);
    for (part, (lufs, peak)) in tracks.iter().zip([(-10.0, 0.9), (-20.0, 0.5)]) {
        publish(&rig, part, Spec::MediaInfo, Value::MediaInfo(Box::new(track())), None);
        publish_loudness(&rig, part, sound(0, lufs, peak), vec![-1_000]);
    }
    rig.ask(Method::POST, "/butler/LoudnessAnalysis?force=1").send().await;
    let address = format!("/library/metadata/{}", tracks[1].item);
    let stream = async || {
        rig.get_json(&address).await["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0]["Stream"][0]
            .clone()
    };
    wait_until("the album is derived", async || stream().await.get("albumGain").is_some()).await;
    let stream = stream().await;
    // The mean energy of a hundred blocks at -10 and a hundred at -20 is that of -12.6.
    assert_eq!((&stream["albumGain"], &stream["albumPeak"]), (&"-5.40".into(), &"0.900000".into()));
    assert_eq!((&stream["gain"], &stream["peak"]), (&"2.00".into(), &"0.500000".into()));
}
