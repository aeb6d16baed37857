//! Gain tags in music files over the API: off until a section asks for it, refused with a sentence, taken
//! back by whomever. What comes into the files the end-to-end tests show.

use axum::http::{Method, StatusCode};
use butler_api::v1::{TagsStep, WrittenTags};
use butler_library::{SectionId, SectionKind};
use serde_json::from_value;

use crate::items::scanned;
use crate::rig::Rig;

async fn post(rig: &Rig, target: &str) -> (StatusCode, String) {
    let answer = rig.ask(Method::POST, target).header("Accept", "application/json").send().await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn nothing_is_written_unless_the_section_asks_for_it() {
    let rig = Rig::new();
    let SectionId(music) = scanned(&rig, SectionKind::Artist, "music", &["Nina/Blue/01 Song.flac"]);
    let SectionId(films) = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let write = format!("/api/v1/sections/{music}/tags/write");
    for target in [write.clone(), format!("{write}?dry_run=1")] {
        let (status, sentence) = post(&rig, &target).await;
        assert_eq!(status, StatusCode::CONFLICT, "{sentence}");
        assert!(sentence.contains("`writeGainTags`") && sentence.contains("no file of it"), "{sentence}");
    }
    for way in ["write", "undo"] {
        let (status, sentence) = post(&rig, &format!("/api/v1/sections/{films}/tags/{way}")).await;
        assert_eq!(status, StatusCode::CONFLICT, "{sentence}");
    }
    for target in
        ["/api/v1/sections/99/tags/write", "/api/v1/sections/99/tags/undo", "/api/v1/sections/x/tags/undo"]
    {
        assert_eq!(post(&rig, target).await.0, StatusCode::NOT_FOUND, "{target}");
    }
    assert_eq!(rig.get("/api/v1/sections/99/tags").await.status, StatusCode::NOT_FOUND);
    assert_eq!(post(&rig, &format!("{write}?after=x")).await.0, StatusCode::BAD_REQUEST);
    let put = rig.ask(Method::PUT, format!("/library/sections/{films}/prefs?writeGainTags=1")).send().await;
    assert_eq!(put.status, StatusCode::BAD_REQUEST, "films have no such setting");
}

#[tokio::test]
async fn who_asks_for_it_gets_what_is_measured_and_who_takes_it_back_no_more_of_it() {
    let rig = Rig::new();
    let SectionId(music) = scanned(&rig, SectionKind::Artist, "music", &["Nina/Blue/01 Song.flac"]);
    let prefs = format!("/library/sections/{music}/prefs");
    let setting = async || {
        let settings = rig.get_json(&prefs).await["MediaContainer"]["Setting"].clone();
        settings.as_array().unwrap().iter().find(|setting| setting["id"] == "writeGainTags").cloned().unwrap()
    };
    let shown = setting().await;
    assert_eq!((&shown["value"], &shown["default"]), (&false.into(), &false.into()));
    assert!(shown["summary"].as_str().unwrap().contains("Changes your files"), "{shown:#}");
    let put = rig.ask(Method::PUT, format!("{prefs}?writeGainTags=1")).send().await;
    assert_eq!((put.status, &setting().await["value"]), (StatusCode::OK, &true.into()));

    let (status, body) = post(&rig, &format!("/api/v1/sections/{music}/tags/write")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let step: TagsStep = serde_json::from_str(&body).unwrap();
    let [file] = &step.files[..] else { panic!("{step:#?}") };
    assert_eq!((file.outcome.as_str(), step.next), ("left_alone", None));
    assert!(file.why.as_ref().unwrap().contains("0 of 1 tracks are measured"), "{file:?}");

    let list = async || -> WrittenTags {
        from_value(rig.get_json(format!("/api/v1/sections/{music}/tags")).await).unwrap()
    };
    assert_eq!(list().await, WrittenTags { enabled: true, ..WrittenTags::default() });
    let undo = format!("/api/v1/sections/{music}/tags/undo");
    assert_eq!(post(&rig, &format!("{undo}?dry_run=1")).await.0, StatusCode::OK);
    assert!(list().await.enabled, "it was only shown");
    assert_eq!(post(&rig, &undo).await.0, StatusCode::OK);
    assert!(!list().await.enabled);
}
