//! Tracks that sound like one, and those that lead from one to another, as Plex shows them and as Butler
//! does.

use axum::http::{Method, StatusCode};
use butler_library::{ItemFilter, ItemId, ItemKind, PartRow, SectionId, SectionKind};
use butler_product::sonic::{FEATURES, Sonic};
use butler_product::{Spec, Value};
use serde_json::Value as Json;

use crate::items::{publish, scan, scanned};
use crate::pages::cookie;
use crate::rig::Rig;

/// Tracks by what they are called, each with how bright it sounds.
const TRACKS: [(&str, f32); 6] = [
    ("Can/Ege Bamyasi/01 Vitamin C.mp3", -0.9),
    ("Can/Ege Bamyasi/02 Spoon.mp3", -0.8),
    ("Can/Future Days/01 Moonshake.mp3", -0.3),
    ("Nina/Blue/01 Feeling.mp3", 0.2),
    ("Nina/Blue/02 Sinnerman.mp3", 0.6),
    ("Nina/Live/01 Feeling.mp3", 0.25),
];

fn sounding(brightness: f32) -> Value {
    let mut features = [0.0; FEATURES];
    features[2] = brightness;
    Sonic { stream: 0, from_ms: 0, heard_ms: 200_000, features }.into()
}

/// A music section of which each track was heard.
fn heard() -> (Rig, SectionId) {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Artist, "music", &TRACKS.map(|(path, _)| path));
    for (path, brightness) in TRACKS {
        publish(&rig, &part(&rig, section, path), Spec::Sonic, sounding(brightness), None);
    }
    (rig, section)
}

fn part(rig: &Rig, section: SectionId, path: &str) -> PartRow {
    let filter = ItemFilter { kind: Some(ItemKind::Track) };
    let rows = rig.library.items_of_section(section, filter, 0, 99).unwrap().rows;
    let parts = rows.iter().flat_map(|row| rig.library.item(row.id).unwrap().unwrap().media.remove(0).parts);
    parts.into_iter().find(|part| part.path.ends_with(path)).unwrap()
}

fn titles(body: &Json) -> Vec<&str> {
    let items = body["MediaContainer"]["Metadata"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item["title"].as_str().unwrap()).collect()
}

/// An item's page, as a browser gets it.
async fn page(rig: &Rig, item: ItemId) -> String {
    let ask = rig.ask_without_token(Method::GET, format!("/items/{item}")).header("Accept", "text/html");
    let answer = ask.header("Cookie", cookie(rig).await).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.text()
}

#[tokio::test]
async fn the_nearest_tracks_come_first_each_with_its_distance() {
    let (rig, section) = heard();
    let seed = part(&rig, section, TRACKS[0].0).item;
    let near = rig.get_json(format!("/library/metadata/{seed}/nearest?maxDistance=1")).await;
    assert_eq!(titles(&near), ["Spoon", "Moonshake", "Feeling", "Feeling", "Sinnerman"]);
    let container = &near["MediaContainer"];
    assert_eq!((&container["size"], &container["librarySectionID"]), (&5.into(), &section.0.into()));
    let first = &container["Metadata"][0];
    // One feature differs by a tenth; the root of all weights is 3.5.
    assert_eq!((&first["type"], &first["distance"]), (&"track".into(), &0.0286.into()));
    assert_eq!(first["musicAnalysisVersion"], 1);
    let xml = rig.get(format!("/library/metadata/{seed}/nearest?limit=1")).await.text();
    let page = page(&rig, seed).await;
    let moonshake = format!("/items/{}\">Moonshake</a>", part(&rig, section, TRACKS[2].0).item);
    assert!(page.contains("Sounds like") && page.contains(&moonshake), "{page}");
    assert!(page.contains("Can · 0.171 away"), "{page}");
    assert!(xml.contains("<Track ") && xml.contains(" distance=\"0.0286\""), "{xml}");
}

#[tokio::test]
async fn a_client_bounds_how_many_how_far_and_of_whom() {
    let (rig, section) = heard();
    let seed = part(&rig, section, TRACKS[0].0).item;
    let ask = async |words: &str| {
        let body = rig.get_json(format!("/library/metadata/{seed}/nearest?{words}")).await;
        titles(&body).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ask("limit=2").await, ["Spoon", "Moonshake"]);
    assert_eq!(ask("maxDistance=0.18").await, ["Spoon", "Moonshake"]);
    assert_eq!(ask("maxDistance=0").await, Vec::<String>::new());
    let row = rig.library.items_of(&[seed]).unwrap().remove(0);
    let (album, artist) = (row.parent.unwrap().id, row.grandparent.unwrap().id);
    assert_eq!(ask(&format!("limit=1&excludeParentID={album}")).await, ["Moonshake"]);
    assert_eq!(ask(&format!("limit=1&maxDistance=1&excludeGrandparentID={artist}")).await, ["Feeling"]);
    assert_eq!(ask("X-Plex-Container-Start=1&X-Plex-Container-Size=1").await, ["Moonshake"]);
    for wrong in ["limit=0", "limit=1001", "limit=x", "maxDistance=2", "maxDistance=NaN", "excludeParentID=x"]
    {
        let answer = rig.get(format!("/library/metadata/{seed}/nearest?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for (what, status) in [
        (album.to_string(), StatusCode::NOT_FOUND),
        ("999".into(), StatusCode::NOT_FOUND),
        ("x".into(), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(rig.get(format!("/library/metadata/{what}/nearest")).await.status, status, "{what}");
    }
}

#[tokio::test]
async fn what_is_made_anew_goes_or_comes_is_near_or_not_at_once() {
    let (rig, section) = heard();
    let seed = part(&rig, section, TRACKS[0].0).item;
    let nearest = async || {
        let body = rig.get_json(format!("/library/metadata/{seed}/nearest?limit=1")).await;
        titles(&body).first().map(|title| (*title).to_owned())
    };
    assert_eq!(nearest().await.as_deref(), Some("Spoon"));
    publish(&rig, &part(&rig, section, TRACKS[4].0), Spec::Sonic, sounding(-0.89), None);
    assert_eq!(nearest().await.as_deref(), Some("Sinnerman"));
    let nothing = Value::Nothing { why: "The track is silent.".into() };
    publish(&rig, &part(&rig, section, TRACKS[4].0), Spec::Sonic, nothing, None);
    assert_eq!(nearest().await.as_deref(), Some("Spoon"));
    // A file that is gone plays no more, and comes back with what was made of it.
    let folder = rig.folder("music");
    let (there, away) = (folder.join(TRACKS[1].0), folder.join("away.txt"));
    std::fs::rename(&there, &away).unwrap();
    scan(&rig, section);
    assert_eq!(nearest().await.as_deref(), Some("Moonshake"));
    std::fs::rename(&away, &there).unwrap();
    scan(&rig, section);
    assert_eq!(nearest().await.as_deref(), Some("Spoon"));
}

#[tokio::test]
async fn only_tracks_of_the_same_section_are_near() {
    let (rig, section) = heard();
    let other =
        scanned(&rig, SectionKind::Artist, "more", &["Art/Album/01 Twin.mp3", "Art/Album/02 Far.mp3"]);
    for (path, brightness) in [("01 Twin.mp3", -0.9), ("02 Far.mp3", 0.9)] {
        publish(&rig, &part(&rig, other, path), Spec::Sonic, sounding(brightness), None);
    }
    let of = async |section, path| {
        let seed = part(&rig, section, path).item;
        let body = rig.get_json(format!("/library/metadata/{seed}/nearest?maxDistance=1")).await;
        titles(&body).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of(other, "01 Twin.mp3").await, ["Far"]);
    assert!(!of(section, TRACKS[0].0).await.contains(&"Twin".to_owned()));
}

#[tokio::test]
async fn a_path_leads_over_tracks_between_and_takes_no_recording_twice() {
    let (rig, section) = heard();
    let (from, to) = (part(&rig, section, TRACKS[0].0).item, part(&rig, section, TRACKS[4].0).item);
    let path = rig.get_json(format!("/api/v1/items/{from}/path?to={to}&length=9")).await;
    let tracks = path["tracks"].as_array().unwrap();
    let names: Vec<&str> = tracks.iter().map(|track| track["title"].as_str().unwrap()).collect();
    // `Feeling` is on two albums.
    assert_eq!(names, ["Vitamin C", "Spoon", "Moonshake", "Feeling", "Sinnerman"]);
    assert_eq!((&tracks[0]["distance"], &tracks[1]["distance"]), (&0.0.into(), &0.0286.into()));
    assert_eq!((&tracks[2]["artist"], &tracks[2]["album"]), (&"Can".into(), &"Future Days".into()));
    assert!(tracks[2]["file"].as_str().unwrap().ends_with("/music/Can/Future Days/01 Moonshake.mp3"));
    let three = rig.get_json(format!("/api/v1/items/{from}/path?to={to}&length=3")).await;
    assert_eq!(three["tracks"].as_array().unwrap().len(), 3);
    let plex =
        rig.get_json(format!("/library/sections/{section}/computePath?startID={from}&endID={to}")).await;
    assert_eq!(titles(&plex), names);
    let album = rig.library.items_of(&[from]).unwrap().remove(0).parent.unwrap().id;
    for (wrong, status) in [
        (format!("/api/v1/items/{from}/path"), 400),
        (format!("/api/v1/items/{from}/path?to={from}"), 400),
        (format!("/api/v1/items/{from}/path?to={album}"), 404),
        (format!("/api/v1/items/{from}/path?to=999"), 404),
        (format!("/api/v1/items/{from}/path?to={to}&length=1"), 400),
        (format!("/library/sections/{section}/computePath?startID={from}"), 400),
        (format!("/library/sections/99/computePath?startID={from}&endID={to}"), 404),
    ] {
        assert_eq!(rig.get(&wrong).await.status.as_u16(), status, "{wrong}");
    }
}

#[tokio::test]
async fn where_nothing_is_known_the_reason_and_the_way_on_are_told() {
    let rig = Rig::new();
    let section = scanned(
        &rig,
        SectionKind::Artist,
        "music",
        &["Can/Tago/01 Paperhouse.mp3", "Can/Tago/02 Oh Yeah.mp3"],
    );
    let (one, other) = (part(&rig, section, "01 Paperhouse.mp3"), part(&rig, section, "02 Oh Yeah.mp3"));
    let why = async || {
        let near = rig.get_json(format!("/api/v1/items/{}/nearest", one.item)).await;
        assert_eq!(near["tracks"], Json::Array(Vec::new()));
        near["why"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        why().await,
        "MusicAnalysis has not run over the section `music`: `butler start MusicAnalysis --wait` does it."
    );
    assert_eq!(titles(&rig.get_json(format!("/library/metadata/{}/nearest", one.item)).await), [""; 0]);
    assert!(page(&rig, one.item).await.contains("What it sounds like is not known yet"));
    publish(&rig, &other, Spec::Sonic, sounding(0.0), None);
    assert!(why().await.starts_with("MusicAnalysis has not heard `Paperhouse` yet: `butler show"));
    publish(&rig, &one, Spec::Sonic, Value::Nothing { why: "The track is silent.".into() }, None);
    assert_eq!(why().await, "Nothing sounds like `Paperhouse`: The track is silent.");
    // One that is alone has nothing near, and no reason is needed.
    let near = rig.get_json(format!("/api/v1/items/{}/nearest", other.item)).await;
    assert!(near["tracks"] == Json::Array(Vec::new()) && near.get("why").is_none(), "{near:#}");
}
