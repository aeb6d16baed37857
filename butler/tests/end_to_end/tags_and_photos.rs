//! What music files and photos say of themselves, as a client of the server sees it: albums by their tags,
//! photos by their dates.

use std::fs;
use std::path::Path;

use butler_fixtures::{Camera, Picture, Server, Sound, Tune, age, photo};
use serde_json::{Value, json};

use super::{completed, stage};

/// Writes a second of a melody with these tags.
fn record(path: &Path, sound: Sound, seed: u32, tags: &[(&str, &str)]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Tune { sound, seconds: 1, seed, tags }.make(path).unwrap();
    age(path).unwrap();
}

fn items(server: &Server, target: &str) -> Vec<Value> {
    let body = server.get_json(target).unwrap();
    body["MediaContainer"]["Metadata"].as_array().cloned().unwrap_or_default()
}

fn item(server: &Server, key: &Value) -> Value {
    items(server, &format!("/library/metadata/{}", key.as_str().unwrap())).remove(0)
}

fn tracks(server: &Server, section: &str) -> Vec<Value> {
    items(server, &format!("/library/sections/{section}/all?type=10"))
}

#[test]
fn albums_follow_their_tags_and_a_retag_makes_nothing_anew() {
    let stage = stage();
    let music = stage.folders.music();
    let of = |title: &'static str, album: &'static str, track: &'static str| {
        [
            ("title", title),
            ("artist", "Björk"),
            ("album", album),
            ("track", track),
            ("date", "1993"),
            ("disc", "1/2"),
            ("genre", "Pop"),
        ]
    };
    record(&music.join("inbox/a.flac"), Sound::Flac, 1, &of("Human Behaviour", "Debut", "1/11"));
    record(&music.join("inbox/b.mp3"), Sound::Mp3, 2, &of("Crying", "Debut", "2/11"));
    record(
        &music.join("inbox/c.opus"),
        Sound::Opus,
        3,
        &[("title", "Kino"), ("artist", "Nena"), ("album", "Hits"), ("compilation", "1")],
    );
    record(
        &music.join("inbox/d.m4a"),
        Sound::Aac,
        4,
        &[("title", "Jeanny"), ("artist", "Falco"), ("album", "Hits"), ("compilation", "1")],
    );
    let server = stage.server().unwrap();
    let section = server.add_section("artist", "Music", &music).unwrap();
    completed(&server, "RefreshLibraries");

    let albums = items(&server, &format!("/library/sections/{section}/all?type=9"));
    let shown: Vec<_> = albums
        .iter()
        .map(|album| (&album["parentTitle"], &album["title"], &album["year"], &album["leafCount"]))
        .collect();
    assert_eq!(
        shown,
        [
            (&json!("Björk"), &json!("Debut"), &json!(1993), &json!(2)),
            (&json!("Various Artists"), &json!("Hits"), &json!(null), &json!(2))
        ]
    );
    assert_eq!(item(&server, &albums[0]["ratingKey"])["Genre"], json!([{ "tag": "Pop" }]));
    let find =
        |title: &str| tracks(&server, &section).into_iter().find(|track| track["title"] == title).unwrap();
    let crying = find("Crying");
    assert_eq!(
        (&crying["index"], &crying["parentIndex"], &crying["grandparentTitle"]),
        (&json!(2), &json!(1), &json!("Björk"))
    );
    assert_eq!((&find("Jeanny")["originalTitle"], &crying["originalTitle"]), (&json!("Falco"), &json!(null)));

    let mut retagged = of("Crying", "Hits", "9").to_vec();
    retagged.push(("compilation", "1"));
    record(&music.join("inbox/b.mp3"), Sound::Mp3, 2, &retagged);
    let run = completed(&server, "RefreshLibraries");
    let moved = find("Crying");
    assert_eq!(
        (&moved["ratingKey"], &moved["parentTitle"], &moved["index"]),
        (&crying["ratingKey"], &json!("Hits"), &json!(9))
    );
    assert_eq!((&moved["Media"][0]["id"], &run["failures"]), (&crying["Media"][0]["id"], &json!(0)));
    let again = completed(&server, "RefreshLibraries");
    assert_eq!((&again["bytes_read"], find("Crying")["parentTitle"].clone()), (&json!(0), json!("Hits")));
    assert_eq!(server.failures().unwrap(), Vec::<Value>::new());
}

#[test]
fn photos_have_their_date_their_camera_and_stand_upright() {
    let stage = stage();
    let photos = stage.folders.photos();
    fs::create_dir_all(photos.join("Harz")).unwrap();
    let plain = photos.join("Harz/IMG_20230102_030405.jpg");
    photo(&plain, Picture::TestCard, 64, 48, 1).unwrap();
    age(&plain).unwrap();
    let camera = Camera {
        orientation: Some(6),
        taken: Some("2024:01:31 12:34:56"),
        offset: Some("+01:00"),
        talks: true,
    };
    for (name, content) in [
        ("turned.jpg", camera.jpeg(&fs::read(&plain).unwrap())),
        ("phone.heic", camera.heic(4_032, 3_024, 0)),
    ] {
        fs::write(photos.join("Harz").join(name), content).unwrap();
        age(&photos.join("Harz").join(name)).unwrap();
    }
    let server = stage.server().unwrap();
    let section = server.add_section("photo", "Photos", &photos).unwrap();
    completed(&server, "RefreshLibraries");

    let all = items(&server, &format!("/library/sections/{section}/all"));
    let dates: Vec<_> = all.iter().map(|photo| (&photo["originallyAvailableAt"], &photo["year"])).collect();
    let (early, late) = ((&json!("2023-01-02"), &json!(2023)), (&json!("2024-01-31"), &json!(2024)));
    assert_eq!(dates, [early, late, late]);
    let turned = item(&server, &all.iter().find(|photo| photo["title"] == "turned").unwrap()["ratingKey"]);
    let media = &turned["Media"][0];
    assert_eq!(
        (&media["width"], &media["height"], &media["aspectRatio"], &media["container"]),
        (&json!(48), &json!(64), &json!(0.75), &json!("jpeg"))
    );
    let told = ["make", "model", "lens", "aperture", "exposure", "iso"].map(|name| media[name].clone());
    assert_eq!(
        told,
        [json!("Leica"), json!("M10-R"), json!("Summicron-M 35"), json!("f/2.8"), json!("1/125"), json!(400)]
    );
    assert_eq!(
        (&turned["createdAtAccuracy"], &turned["createdAtTZOffset"]),
        (&json!("local"), &json!("3600"))
    );
    let phone = all.iter().find(|photo| photo["title"] == "phone").unwrap();
    assert_eq!(
        (&phone["Media"][0]["width"], &phone["Media"][0]["container"]),
        (&json!(4_032), &json!("heic"))
    );
    assert_eq!(server.failures().unwrap(), Vec::<Value>::new());
}
