//! What names say, as clients see it: editions, versions, pieces, extras, files of several episodes, and the
//! dry run.

use axum::http::{Method, StatusCode};
use butler_library::SectionKind;
use serde_json::{Value, json};

use crate::items::scanned;
use crate::rig::Rig;

fn listed(page: &Value) -> &Vec<Value> {
    page["MediaContainer"]["Metadata"].as_array().unwrap()
}

#[tokio::test]
async fn editions_versions_and_pieces_are_told_apart() {
    let rig = Rig::new();
    let files = [
        "Brazil (1985) {tmdb-68}/Brazil (1985) {edition-Love Conquers All}.mkv",
        "Brazil (1985) {tmdb-68}/Brazil (1985) - 480p.mkv",
        "Brazil (1985) {tmdb-68}/Brazil (1985) - 1080p - cd1.mkv",
        "Brazil (1985) {tmdb-68}/Brazil (1985) - 1080p - cd2.mkv",
    ];
    let id = scanned(&rig, SectionKind::Movie, "films", &files);
    let page = rig.get_json(format!("/library/sections/{id}/all?includeMeta=1")).await;
    let films = listed(&page);
    assert_eq!(films.len(), 2);
    let (plain, cut) =
        if films[0]["editionTitle"].is_null() { (&films[0], &films[1]) } else { (&films[1], &films[0]) };
    assert_eq!(
        (&cut["editionTitle"], &cut["Guid"]),
        (&"Love Conquers All".into(), &json!([{"id": "tmdb://68"}]))
    );
    assert_eq!((&plain["guid"], &cut["guid"]), (&"tmdb://68".into(), &"tmdb://68".into()));
    let mut media: Vec<_> = plain["Media"]
        .as_array()
        .unwrap()
        .iter()
        .map(|media| (media["title"].as_str(), media["Part"].as_array().unwrap().len()))
        .collect();
    media.sort_unstable();
    assert_eq!(media, [(Some("1080p"), 2), (Some("480p"), 1)]);
    assert_eq!(page["MediaContainer"]["Meta"]["Type"][0]["type"], "movie");

    let others = rig
        .get_json(format!(
            "/library/sections/{id}/all?guid=tmdb%3A%2F%2F68&id%21={}",
            plain["ratingKey"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        listed(&others).iter().map(|film| &film["ratingKey"]).collect::<Vec<_>>(),
        [&cut["ratingKey"]]
    );
    assert_eq!(rig.get(format!("/library/sections/{id}/all?id%21=x")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        rig.get_json(format!("/library/sections/{id}/collections?includeMeta=1")).await["MediaContainer"]["size"],
        0
    );
}

#[tokio::test]
async fn extras_are_clips_below_their_film_and_in_no_list() {
    let rig = Rig::new();
    let files = [
        "Heat (1995)/Heat (1995).mkv",
        "Heat (1995)/Trailers/Teaser.mkv",
        "Heat (1995)/Deleted Scenes/Diner.mkv",
        "Heat (1995)/sample.mkv",
    ];
    let id = scanned(&rig, SectionKind::Movie, "films", &files);
    let page = rig.get_json(format!("/library/sections/{id}/all")).await;
    assert_eq!(page["MediaContainer"]["size"], 1, "{page}");
    let film = listed(&page)[0]["ratingKey"].as_str().unwrap().to_owned();
    let extras = rig.get_json(format!("/library/metadata/{film}/extras")).await;
    let told: Vec<_> = listed(&extras)
        .iter()
        .map(|extra| (&extra["type"], &extra["subtype"], &extra["extraType"], &extra["title"]))
        .collect();
    let (clip, none): (Value, _) = ("clip".into(), Value::Null);
    assert_eq!(
        told,
        [
            (&clip, &"trailer".into(), &1.into(), &"Teaser".into()),
            (&clip, &"deletedScene".into(), &none, &"Diner".into())
        ],
        "a sample is shown to nobody"
    );
    let xml = rig.get(format!("/library/metadata/{film}/extras")).await.text();
    assert!(
        xml.contains("<Video ") && xml.contains("type=\"clip\" subtype=\"trailer\" extraType=\"1\""),
        "{xml}"
    );
    assert!(
        rig.get_json(format!("/library/metadata/{film}/children")).await["MediaContainer"]["Metadata"]
            .is_null()
    );
    let extra = rig.get_json(listed(&extras)[0]["key"].as_str().unwrap()).await;
    assert_eq!(listed(&extra)[0]["Media"][0]["Part"].as_array().unwrap().len(), 1);
    assert_eq!(rig.get("/library/metadata/999/extras").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_of_several_episodes_is_listed_as_each() {
    let rig = Rig::new();
    let id = scanned(
        &rig,
        SectionKind::Show,
        "shows",
        &["Dark/Season 1/Dark S01E02-E03.mkv", "Late/2019/Late - 2019-03-04.mkv"],
    );
    let page = rig.get_json(format!("/library/sections/{id}/all?type=4")).await;
    let two: Vec<_> = listed(&page).iter().filter(|episode| episode["grandparentTitle"] == "Dark").collect();
    assert_eq!(two.iter().map(|episode| episode["index"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(two[0]["Media"][0]["Part"][0]["id"], two[1]["Media"][0]["Part"][0]["id"]);
    assert_ne!(two[0]["ratingKey"], two[1]["ratingKey"]);
    let dated = listed(&page).iter().find(|episode| episode["grandparentTitle"] == "Late").unwrap();
    assert_eq!(
        (&dated["originallyAvailableAt"], &dated["index"], &dated["parentIndex"]),
        (&"2019-03-04".into(), &Value::Null, &2019.into())
    );
}

#[tokio::test]
async fn a_folder_is_checked_before_it_becomes_a_section() {
    let rig = Rig::new();
    let folder = rig.folder("new films");
    for file in ["Heat (1995)/Heat (1995).mkv", "Heat (1995)/Trailers/Teaser.mkv", "whatever.mkv"] {
        std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        std::fs::write(folder.join(file), b"film").unwrap();
    }
    let uri = format!("/api/v1/sections/check?folder={}", folder.display().to_string().replace(' ', "%20"));
    let check = rig.get_json(&uri).await;
    assert_eq!((&check["type"], &check["guessed"]), (&"movie".into(), &true.into()));
    assert_eq!(
        (&check["counts"]["movies"], &check["counts"]["extras"], &check["counts"]["files"]),
        (&2.into(), &1.into(), &3.into())
    );
    assert_eq!(
        (&check["items"][0]["title"], &check["items"][0]["extras"][0]["extra"]),
        (&"Heat".into(), &"trailer".into())
    );
    assert_eq!(check["doubts"][0]["path"], "whatever.mkv");
    assert_eq!(rig.get_json(format!("{uri}&type=artist")).await["counts"]["files"], 0);
    assert!(rig.library.sections().unwrap().is_empty());

    for (wrong, sentence) in [
        ("/api/v1/sections/check".to_owned(), "`folder` is missing: the whole path of a folder."),
        (format!("{uri}&type=films"), "`type` is `films`, and takes movie, show, artist or photo."),
        (
            "/api/v1/sections/check?folder=films".to_owned(),
            "`films` is not an absolute path: begin it with a slash.",
        ),
    ] {
        let answer = rig.get(wrong).await;
        assert_eq!(
            (answer.status, answer.json()["errors"][0]["message"].as_str().unwrap()),
            (StatusCode::BAD_REQUEST, sentence)
        );
    }
    let empty = rig.folder("empty");
    let answer = rig.get(format!("/api/v1/sections/check?folder={}", empty.display())).await;
    let sentence = format!(
        "Nothing in `{}` tells what it holds: say its type (movie, show, artist or photo).",
        empty.display()
    );
    assert_eq!(
        (answer.status, answer.json()["errors"][0]["message"].as_str().unwrap()),
        (StatusCode::BAD_REQUEST, sentence.as_str())
    );
    assert_eq!(rig.ask_without_token(Method::GET, uri).send().await.status, StatusCode::UNAUTHORIZED);
}
