//! Folders to choose from, as python-plexapi asks for them before it adds a section.

use std::path::Path;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::rig::Rig;

/// python-plexapi's `isBrowsable`: whether a folder is listed in the one above it.
async fn is_browsable(rig: &Rig, folder: &Path) -> bool {
    let above = STANDARD.encode(folder.parent().unwrap().to_str().unwrap());
    let answer = rig.get(format!("/services/browse/{above}?includeFiles=0")).await;
    answer.status == StatusCode::OK && answer.text().contains(&format!("path=\"{}\"", folder.display()))
}

#[tokio::test]
async fn a_folder_is_found_in_the_one_above_it() {
    let rig = Rig::new();
    assert!(is_browsable(&rig, &rig.folder("films")).await);
    assert!(!is_browsable(&rig, &rig.folder("films").join("not-there")).await);
    std::fs::write(rig.folder("films").join("Heat.mkv"), b"").unwrap();
    assert!(!is_browsable(&rig, &rig.folder("films").join("Heat.mkv")).await);
}

#[tokio::test]
async fn the_key_of_a_folder_leads_into_it() {
    let rig = Rig::new();
    let inner = rig.folder("films/Ünïcödé?/inner");
    let start = URL_SAFE_NO_PAD.encode(rig.folder("films").to_str().unwrap());
    let list = rig.get_json(format!("/services/browse/{start}")).await;
    let key = list["MediaContainer"]["Path"][0]["key"].as_str().unwrap();
    assert_eq!(rig.get_json(key).await["MediaContainer"]["Path"][0]["path"], inner.to_str().unwrap());
}

#[tokio::test]
async fn a_folder_behind_a_link_is_listed_as_it_was_asked_for() {
    let rig = Rig::new();
    rig.folder("real/films");
    let link = rig.folder("").join("link");
    std::os::unix::fs::symlink(rig.folder("real"), &link).unwrap();
    assert!(is_browsable(&rig, &link.join("films")).await);
}

#[tokio::test]
async fn only_allowed_roots_and_the_way_to_them_are_shown() {
    let rig = Rig::new();
    let (allowed, other) = (rig.folder("allowed/films"), rig.folder("other/films"));
    rig.library.allow_roots(vec![allowed.clone()]);
    assert!(is_browsable(&rig, &allowed).await);
    assert!(is_browsable(&rig, allowed.parent().unwrap()).await);
    assert!(!is_browsable(&rig, &other).await);
    let outside = STANDARD.encode(other.to_str().unwrap());
    assert_eq!(rig.get(format!("/services/browse/{outside}")).await.status, StatusCode::FORBIDDEN);
    let tops = rig.get_json("/services/browse").await;
    assert_eq!(
        (&tops["MediaContainer"]["size"], &tops["MediaContainer"]["Path"][0]["path"]),
        (&1.into(), &allowed.to_str().unwrap().into())
    );
}
