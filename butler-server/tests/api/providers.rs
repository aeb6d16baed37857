//! `/media/providers`, by which the crate plex-api and newer clients connect.

use axum::http::{Method, StatusCode};

use crate::rig::Rig;

#[tokio::test]
async fn providers_say_what_the_root_says_and_where_the_sections_are() {
    let rig = Rig::new();
    let empty = rig.get_json("/media/providers").await;
    let content = &empty["MediaContainer"]["MediaProvider"][0]["Feature"][0];
    assert_eq!(
        (&content["type"], &content["Directory"]),
        (&"content".into(), &serde_json::json!([])),
        "{empty:#}"
    );

    let (id, _) = rig.add_films("films").await;
    let mut body = rig.get_json("/media/providers").await;
    let provider = body["MediaContainer"].as_object_mut().unwrap().remove("MediaProvider").unwrap();
    let mut root = rig.get_json("/").await;
    root["MediaContainer"].as_object_mut().unwrap().remove("Directory");
    root["MediaContainer"]["size"] = 1.into();
    assert_eq!(body, root);

    let section = &provider[0]["Feature"][0]["Directory"][0];
    assert_eq!(
        (&section["id"], &section["key"]),
        (&id.to_string().into(), &format!("/library/sections/{id}").into()),
        "{section:#}"
    );
    assert_eq!(
        (&section["type"], &section["title"], &section["refreshing"]),
        (&"movie".into(), &"films".into(), &false.into())
    );
    let list = section["Pivot"][0]["key"].as_str().unwrap();
    assert_eq!(rig.get(list).await.status, StatusCode::OK, "{list}");
    let xml = rig.get("/media/providers").await.text();
    assert!(xml.contains("<MediaProvider identifier=\"com.plexapp.plugins.library\""), "{xml}");
    assert!(xml.contains("<Feature key=\"/library/sections\" type=\"content\"><Directory agent="), "{xml}");
    assert_eq!(
        rig.ask_without_token(Method::GET, "/media/providers").send().await.status,
        StatusCode::UNAUTHORIZED
    );
}
