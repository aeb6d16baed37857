//! What was found out about a file's bandwidth, as Plex shows it and as Butler does.

use std::fs::File;
use std::io::Write;

use axum::http::{Method, StatusCode};
use butler_library::{ItemFilter, ItemKind, PartRow, SectionKind};
use butler_product::bandwidth::{Curve, KeyFrame, StreamCurve, ToldBy};
use butler_product::{Spec, Value};

use crate::items::{film, part_of, publish, scan, scanned};
use crate::rig::{Rig, wait_until};

/// Gives a part a curve of five seconds and two streams.
fn publish_bandwidth(rig: &Rig, part: &PartRow) {
    let curve = Curve {
        streams: vec![
            StreamCurve { index: 0, bytes: vec![1_000_000, 3_000_000, 1_000_000, 500_000, 500_000] },
            StreamCurve { index: 1, bytes: vec![16_000; 5] },
        ],
        key_frames: vec![
            KeyFrame { time_us: 0, place: Some(500), bytes: 90_000 },
            KeyFrame { time_us: 2_083_333, place: None, bytes: 80_000 },
        ],
    };
    let mut written = Vec::new();
    let bytes = curve.write(&mut written).unwrap();
    let staged = rig.library.blobs().staged().unwrap();
    File::from(staged.descriptor().unwrap()).write_all(&written).unwrap();
    let blob = staged.publish(&Spec::Bandwidth.blob_name(part.fingerprint), bytes).unwrap();
    publish(
        rig,
        part,
        Spec::Bandwidth,
        Value::Bandwidth(Box::new(curve.summary(5_000, ToldBy::Headers, Vec::new()))),
        Some(blob),
    );
}

fn analysed() -> (Rig, PartRow) {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, section, ItemKind::Movie);
    publish(&rig, &part, Spec::MediaInfo, Value::MediaInfo(Box::new(film())), None);
    publish_bandwidth(&rig, &part);
    (rig, part)
}

#[tokio::test]
async fn a_file_says_what_it_needs_in_the_words_of_plex() {
    let (rig, part) = analysed();
    let page = rig.get_json(format!("/library/metadata/{}", part.item)).await;
    let shown = &page["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0];
    assert_eq!(shown["deepAnalysisVersion"], "1");
    // 3.016 MB in a second less what the buffer holds; from 5 MB on the average.
    assert_eq!(shown["requiredBandwidths"], "16128,9728,9728,9728,9728,9728,9728,9728");
    let sound = &shown["Stream"][1];
    assert_eq!(
        (&sound["requiredBandwidths"], &sound["bitrate"]),
        (&"128,128,128,128,128,128,128,128".into(), &128.into())
    );
    assert!(shown["Stream"][2].get("requiredBandwidths").is_none(), "the subtitles have no packet");
    let xml = rig.get(format!("/library/metadata/{}", part.item)).await.text();
    assert!(xml.contains(" deepAnalysisVersion=\"1\" requiredBandwidths=\"16128,"), "{xml}");
}

#[tokio::test]
async fn the_curve_and_the_key_frames_are_shown_in_steps_of_any_length() {
    let (rig, part) = analysed();
    let found = rig.get_json(format!("/api/v1/parts/{}/bandwidth", part.id)).await;
    assert_eq!(
        (&found["step_ms"], &found["told_by"], &found["duration_ms"]),
        (&1_000.into(), &"headers".into(), &5_000.into())
    );
    assert_eq!(
        found["streams"][0]["bytes"],
        serde_json::json!([1_000_000, 3_000_000, 1_000_000, 500_000, 500_000])
    );
    assert_eq!(
        (&found["total"]["peak"], &found["total"]["peak_at_ms"]),
        (&(3_016_000 * 8).into(), &1_000.into())
    );
    assert_eq!(
        found["buffers"].as_array().unwrap().len(),
        found["total"]["needed"].as_array().unwrap().len()
    );
    assert_eq!(found["key_frames"][0], serde_json::json!({"time_ms": 0.0, "place": 500, "bytes": 90_000}));
    assert_eq!(found["key_frames"][1], serde_json::json!({"time_ms": 2_083.333, "bytes": 80_000}));
    let coarse = rig.get_json(format!("/api/v1/parts/{}/bandwidth?step=3", part.id)).await;
    assert_eq!(coarse["streams"][0]["bytes"], serde_json::json!([5_000_000, 1_000_000]));
    for wrong in ["0", "-1", "3601", "x"] {
        let answer = rig.get(format!("/api/v1/parts/{}/bandwidth?step={wrong}", part.id)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn an_item_lists_what_was_made_of_it() {
    let (rig, part) = analysed();
    let made = rig.get_json(format!("/api/v1/items/{}/products", part.item)).await;
    let products = made["products"].as_array().unwrap();
    assert_eq!(
        products.iter().map(|product| product["product"].as_str().unwrap()).collect::<Vec<_>>(),
        ["bandwidth", "media_info"]
    );
    assert_eq!((&products[0]["part"], &products[0]["version"]), (&part.id.0.into(), &1.into()));
    assert!(products[0]["bytes"].as_u64().unwrap() > 0 && products[1].get("bytes").is_none());
}

#[tokio::test]
async fn a_season_shows_what_its_episodes_need_once_the_task_has_run_and_that_it_is_made_anew() {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Show, "shows", &["Lost/Season 01/Lost - S01E01.mkv"]);
    let episode = part_of(&rig, section, ItemKind::Episode);
    publish_bandwidth(&rig, &episode);
    let filter = ItemFilter { kind: Some(ItemKind::Season) };
    let season = rig.library.items_of_section(section, filter, 0, 1).unwrap().rows.remove(0).id;
    let address = format!("/api/v1/items/{season}/products");
    assert!(rig.get_json(&address).await.get("derived").is_none(), "there is none yet");
    rig.ask(Method::POST, "/butler/DeepMediaAnalysis?force=1").send().await;
    wait_until("it is derived", async || rig.get_json(&address).await.get("derived").is_some()).await;
    let derived = rig.get_json(&address).await["derived"][0].clone();
    assert_eq!(derived["product"], "needed_bandwidth");
    assert_eq!((&derived["is_current"], &derived["value"]["files"]), (&true.into(), &1.into()));
    let of_episode = rig.get_json(format!("/api/v1/items/{}/products", episode.item)).await;
    assert_eq!(derived["value"]["needed"], of_episode["products"][0]["value"]["total"]["needed"]);
    // The episode goes: what was told of it is so no more, until the next run.
    std::fs::remove_file(&episode.path).unwrap();
    scan(&rig, section);
    assert_eq!(rig.get_json(&address).await["derived"][0]["is_current"], false);
}

#[tokio::test]
async fn what_was_not_found_out_is_not_there() {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, section, ItemKind::Movie);
    for path in [
        format!("/api/v1/parts/{}/bandwidth", part.id),
        "/api/v1/parts/999/bandwidth".into(),
        "/api/v1/parts/x/bandwidth".into(),
        "/api/v1/items/999/products".into(),
    ] {
        assert_eq!(rig.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let made = rig.get_json(format!("/api/v1/items/{}/products", part.item)).await;
    assert_eq!(made["products"], serde_json::json!([]));
}
