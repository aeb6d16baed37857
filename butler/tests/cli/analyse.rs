//! `butler analyse` as a tool for scripts: folders, exit codes, and the JSON that `docs/analyse.md` tells.

use std::fs;
use std::path::{Path, PathBuf};

use butler_fixtures::{Camera, Codec, Container, Film, Picture, Sound, Tune, photo};
use butler_product::{ProductKind, Traits};
use serde_json::Value;

use super::{butler, said, said_json};

/// A film with sound and chapters, a track with tags, a photo of a talkative camera.
fn media(folder: &Path) -> [PathBuf; 3] {
    let [film, track, picture] =
        ["film.mkv", "music/track.flac", "photos/a.jpg"].map(|name| folder.join(name));
    [&film, &track, &picture]
        .into_iter()
        .for_each(|path| fs::create_dir_all(path.parent().unwrap()).unwrap());
    Film::new(Codec::H264, Container::Mkv).seconds(12).sound(Sound::Aac).chapters(2).make(&film).unwrap();
    let tags = [("title", "So What"), ("artist", "Miles Davis"), ("genre", "Jazz")];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    Tune { sound: Sound::Flac, seconds: 12, seed: 1, tags }.make(&track).unwrap();
    photo(&picture, Picture::TestCard, 64, 48, 1).unwrap();
    let camera = Camera {
        orientation: Some(6),
        taken: Some("2024:01:31 12:34:56"),
        offset: Some("+01:00"),
        talks: true,
    };
    fs::write(&picture, camera.jpeg(&fs::read(&picture).unwrap())).unwrap();
    [film, track, picture]
}

fn of_files() -> impl Iterator<Item = ProductKind> {
    ProductKind::ALL.into_iter().filter(|kind| !kind.is_derived())
}

/// The example of a product on the page.
fn example(page: &str, kind: ProductKind) -> Value {
    let section = page.split("\n## ").find(|section| section.starts_with(&format!("`{kind}`\n")));
    let section = section.unwrap_or_else(|| panic!("docs/analyse.md has no section `{kind}`"));
    let block = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    serde_json::from_str(block.unwrap_or_else(|| panic!("`{kind}` has no example"))).unwrap()
}

/// In what the shapes of two values differ; what is null on one side may be anything on the other.
fn difference(told: &Value, printed: &Value, at: &str) -> Option<String> {
    match (told, printed) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Object(told), Value::Object(printed)) => {
            let keys = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            if keys(told) != keys(printed) {
                return Some(format!("{at} has {:?}, and is printed with {:?}", keys(told), keys(printed)));
            }
            told.iter().find_map(|(key, value)| difference(value, &printed[key], &format!("{at}.{key}")))
        }
        (Value::Array(told), Value::Array(printed)) => told
            .first()
            .zip(printed.first())
            .and_then(|(told, printed)| difference(told, printed, &format!("{at}[0]"))),
        (Value::Number(told), Value::Number(printed)) if told.is_f64() == printed.is_f64() => None,
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => None,
        _ => Some(format!("{at} is told as {told} and printed as {printed}")),
    }
}

#[test]
fn the_page_has_an_example_of_each_product_in_the_shape_that_is_printed() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/analyse.md")).unwrap();
    let folder = butler_fixtures::tempdir().unwrap();
    let [film, track, picture] = media(folder.path());
    let out = folder.path().join("out");
    for kind in of_files() {
        let file = if kind.needs().intersects(Traits::PHOTO | Traits::ARTWORK) {
            &picture
        } else if kind.needs().intersects(Traits::TAGGED | Traits::AUDIO) {
            &track
        } else {
            &film
        };
        let arguments = ["analyse", file.to_str().unwrap(), "--json", "--products", kind.as_str(), "--out"];
        let (code, results) = said_json(butler(&[&arguments[..], &[out.to_str().unwrap()]].concat()));
        let printed = &results[0]["products"][0];
        assert!(code == 0 && printed["value"]["value"] == kind.as_str(), "{kind}: {results:#}");
        assert_eq!(difference(&example(&page, kind), printed, kind.as_str()), None);
    }
}

#[test]
fn a_folder_is_analysed_whole_each_file_for_what_it_can_have() {
    let folder = butler_fixtures::tempdir().unwrap();
    let root = folder.path().join("all");
    media(&root);
    fs::write(root.join("notes.txt"), "no media").unwrap();
    let out = folder.path().join("out");
    let root = root.to_str().unwrap();
    let products = "loudness,tags,blur_hash";
    let arguments = ["analyse", root, "--json", "--products", products, "--out", out.to_str().unwrap()];
    let (code, results) = said_json(butler(&arguments));
    let files = results.as_array().unwrap();
    let made = |file: &Value| {
        let products = file["products"].as_array().unwrap().iter();
        let names: Vec<_> = products.map(|product| product["product"].as_str().unwrap().to_owned()).collect();
        (file["file"].as_str().unwrap().strip_prefix(root).unwrap().to_owned(), names.join(","))
    };
    let made: Vec<_> = files.iter().map(made).collect();
    let expect =
        [("/film.mkv", "loudness"), ("/music/track.flac", "loudness,tags"), ("/photos/a.jpg", "blur_hash")];
    assert_eq!((code, made), (0, expect.map(|(file, names)| (file.to_owned(), names.to_owned())).to_vec()));
    assert!(out.join("film.levels").is_file() && out.join("music/track.levels").is_file());
    assert!(!out.join("photos").exists(), "nothing is written of it");

    let (code, text, _) = said(butler(&["analyse", root, "--products", "blur_hash"]));
    assert!(code == 0 && text.contains("blur_hash: picture of 48×64, hash "), "{text}");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let (code, _, stderr) = said(butler(&["analyse", empty.to_str().unwrap()]));
    assert!(code == 4 && stderr.contains("There is no media file below what was named."), "{code} {stderr}");
    let (code, _, stderr) = said(butler(&["analyse", root, "--products", "album_loudness"]));
    assert!(code == 2 && stderr.contains("derived"), "{code} {stderr}");
}

#[test]
fn two_shapes_differ_by_their_names_and_kinds_and_not_by_their_values() {
    let differ = |one: &str, other: &str| {
        let [one, other] = [one, other].map(|text| serde_json::from_str(text).unwrap());
        difference(&one, &other, "it").is_some()
    };
    for (one, other) in
        [(r#"{"a":1}"#, r#"{"a":2}"#), ("[]", "[1]"), ("null", r#"{"a":1}"#), ("[1.5]", "[2.5, 3]")]
    {
        assert!(!differ(one, other), "{one} {other}");
    }
    for (one, other) in
        [(r#"{"a":1}"#, r#"{"b":1}"#), (r#"{"a":1}"#, r#"{"a":"1"}"#), ("[1]", "[true]"), ("1", "1.5")]
    {
        assert!(differ(one, other), "{one} {other}");
    }
}

#[test]
fn gains_of_albums_are_measured_and_written_where_that_is_asked_for() {
    let folder = butler_fixtures::tempdir().unwrap();
    let album = folder.path().join("Blue");
    fs::create_dir(&album).unwrap();
    let tracks = [1, 2].map(|seed| album.join(format!("{seed}.flac")));
    for (seed, track) in (1..).zip(&tracks) {
        Tune { sound: Sound::Flac, seconds: 6, seed, tags: Vec::new() }.make(track).unwrap();
    }
    let bytes = || tracks.each_ref().map(|track| fs::read(track).unwrap());
    let before = bytes();
    let analyse = |words: &[&str]| {
        let mut command = butler(&[&["analyse", album.to_str().unwrap()], words].concat());
        command.current_dir(folder.path());
        command
    };

    let (code, files) = said_json(analyse(&["--album", "--json"]));
    assert_eq!((code, &files[0]["tags"]), (0, &Value::Null), "{files:#}");
    assert!(files[0]["album"]["integrated"].is_number(), "{files:#}");
    assert_eq!(files[0]["album"], files[1]["album"]);
    let (code, files) = said_json(analyse(&["--album", "--tags", "--dry-run", "--json"]));
    let tags = &files[1]["tags"];
    assert_eq!(
        (code, &tags["outcome"], &tags["old"]),
        (0, &"would_be_written".into(), &serde_json::json!([]))
    );
    assert_eq!(tags["new"].as_array().unwrap().len(), 4, "{tags:#}");
    assert!(bytes() == before, "it was only shown");
    let entries = || fs::read_dir(folder.path()).unwrap().chain(fs::read_dir(&album).unwrap()).count();
    assert_eq!(entries(), 3, "what was measured for the gains leaves no file");

    let (code, text, _) = said(analyse(&["--album", "--tags"]));
    assert_eq!((code, text.matches("tags: written: track gain ").count()), (0, 2), "{text}");
    assert!(bytes().iter().all(|file| file.windows(21).any(|word| word == b"REPLAYGAIN_ALBUM_GAIN")));
    let written = bytes();
    let (code, text, _) = said(analyse(&["--album", "--tags"]));
    assert_eq!((code, text.matches("as they shall be already").count()), (0, 2), "{text}");
    assert!(bytes() == written && entries() == 3);
    assert_eq!(said(analyse(&["--dry-run"])).0, 2);
}
