//! The document describes what is served, and nothing else.

use axum::http::{Method, StatusCode};

use crate::rig::Rig;

/// What the first part of the API promises.
const PROMISED: &[(&str, &str)] = &[
    ("get", "/"),
    ("get", "/identity"),
    ("get", "/media/providers"),
    ("get", "/butler"),
    ("post", "/butler"),
    ("delete", "/butler"),
    ("post", "/butler/{name}"),
    ("delete", "/butler/{name}"),
    ("get", "/library"),
    ("get", "/library/sections"),
    ("post", "/library/sections"),
    ("get", "/library/sections/all"),
    ("get", "/library/sections/{id}"),
    ("put", "/library/sections/{id}"),
    ("delete", "/library/sections/{id}"),
    ("get", "/library/sections/{id}/refresh"),
    ("post", "/library/sections/{id}/refresh"),
    ("delete", "/library/sections/{id}/refresh"),
    ("get", "/library/sections/all/refresh"),
    ("delete", "/library/sections/all/refresh"),
    ("get", "/library/sections/{id}/all"),
    ("get", "/library/metadata/{id}"),
    ("get", "/library/metadata/{id}/children"),
    ("get", "/library/metadata/{id}/allLeaves"),
    ("get", "/library/metadata/{id}/extras"),
    ("get", "/library/sections/{id}/collections"),
    ("get", "/library/sections/{id}/recentlyAdded"),
    ("get", "/library/sections/{id}/filters"),
    ("get", "/library/sections/{id}/sorts"),
    ("get", "/library/sections/{id}/{filter}"),
    ("get", "/library/all"),
    ("get", "/library/recentlyAdded"),
    ("get", "/api/v1/sections/check"),
    ("get", "/library/parts/{id}/indexes/sd"),
    ("get", "/library/parts/{id}/indexes/sd/{offset}"),
    ("get", "/library/media/{id}/chapterImages/{n}"),
    ("get", "/library/streams/{id}/loudness"),
    ("get", "/library/streams/{id}/levels"),
    ("get", "/library/metadata/{id}/nearest"),
    ("get", "/library/sections/{id}/computePath"),
    ("get", "/activities"),
    ("delete", "/activities/{uuid}"),
    ("delete", "/api/v1/runs/{id}"),
    ("get", "/:/websockets/notifications"),
    ("get", "/:/websocket/notifications"),
    ("get", "/:/eventsource/notifications"),
    ("get", "/services/browse"),
    ("get", "/services/browse/{path}"),
    ("get", "/api/v1/plan"),
    ("get", "/api/v1/tasks"),
    ("get", "/api/v1/tasks/{name}/plan"),
    ("put", "/api/v1/tasks/{name}/plan"),
    ("put", "/library/optimize"),
    ("put", "/library/clean/bundles"),
    ("delete", "/library/caches"),
    ("put", "/library/sections/{id}/emptyTrash"),
    ("get", "/:/prefs"),
    ("put", "/:/prefs"),
    ("get", "/:/prefs/get"),
    ("get", "/library/sections/{id}/prefs"),
    ("put", "/library/sections/{id}/prefs"),
    ("get", "/api/v1/settings"),
    ("put", "/api/v1/settings"),
    ("get", "/api/v1/pauses"),
    ("put", "/api/v1/pauses/{owner}"),
    ("delete", "/api/v1/pauses/{owner}"),
    ("delete", "/api/v1/pauses"),
    ("get", "/metrics"),
    ("post", "/api/v1/sign-in"),
    ("get", "/api/v1/window"),
    ("get", "/api/v1/nights/last"),
    ("get", "/api/v1/runs"),
    ("get", "/api/v1/runs/{id}"),
    ("get", "/api/v1/failures"),
    ("get", "/api/v1/items"),
    ("get", "/api/v1/items/{id}/products"),
    ("get", "/api/v1/items/{id}/nearest"),
    ("get", "/api/v1/items/{id}/path"),
    ("get", "/api/v1/parts/{id}/bandwidth"),
    ("get", "/api/v1/sections/{id}/tags"),
    ("post", "/api/v1/sections/{id}/tags/write"),
    ("post", "/api/v1/sections/{id}/tags/undo"),
    ("post", "/api/v1/failures/{id}/retry"),
    ("get", "/api/v1/disks"),
    ("get", "/healthz"),
    ("get", "/openapi.json"),
];

#[tokio::test]
async fn every_promised_route_is_described() {
    let rig = Rig::new();
    let document = rig.get_json("/openapi.json").await;
    for (method, path) in PROMISED {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
    assert_eq!(
        (&document["info"]["title"], &document["info"]["license"]["name"]),
        (&"Butler".into(), &"GPL-3.0-or-later".into())
    );
    assert_eq!(document["components"]["securitySchemes"]["token in the header"]["name"], "X-Plex-Token");
}

#[tokio::test]
async fn every_described_route_is_served_with_no_other_method() {
    let rig = Rig::new();
    let document = rig.get_json("/openapi.json").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let mut described: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        if described.contains(&"get") {
            described.push("head");
        }
        described.sort_unstable();
        let uri = path
            .replace("{id}", "1")
            .replace("{name}", "x")
            .replace("{uuid}", "x")
            .replace("{offset}", "0")
            .replace("{path}", "Lw");
        let answer = rig.ask(Method::OPTIONS, uri).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let mut served: Vec<String> = answer.header("allow").split(',').map(str::to_lowercase).collect();
        served.sort_unstable();
        assert_eq!(served, described, "{path}");
    }
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own() {
    let rig = Rig::new();
    let document = rig.get_json("/openapi.json").await;
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    let mut names: Vec<_> = operations.map(|operation| operation["operationId"].to_string()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "{names:#?}");
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let rig = Rig::new();
    let text = rig.get("/openapi.json").await.text();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for reference in text.split("\"#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap())
    {
        assert!(document["components"]["schemas"][reference].is_object(), "{reference}");
    }
}

/// The other direction holds by the way routes are made: each is added together with its description.
#[test]
fn no_route_is_added_without_a_description() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                // The driven clock is for tests, and pages are for people: both are described to nobody.
                let is_hidden =
                    path.ends_with("v1/clock.rs") || path.components().any(|part| part.as_os_str() == "page");
                assert!(
                    is_hidden || !text.contains(".route(") && !text.contains(".nest("),
                    "{} adds a bare route",
                    path.display()
                );
            }
        }
    }
}
