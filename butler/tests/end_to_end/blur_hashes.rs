//! Posters, backgrounds and photos have a blur that clients draw; a picture that is damaged is told as any
//! file is.

use std::fs;
use std::path::Path;

use butler_fixtures::{Picture, Server, age, photo};
use serde_json::{Value, json};

use super::{completed, small_films, stage};

const TASK: &str = "GenerateBlurHashes";

/// A picture beside a film, older than a scan's patience.
fn picture(path: &Path, width: u32, height: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    photo(path, Picture::TestCard, width, height, 3).unwrap();
    age(path).unwrap();
}

fn item(server: &Server, section: &str) -> Value {
    let page = server.get_json(&format!("/library/sections/{section}/all")).unwrap();
    page["MediaContainer"]["Metadata"][0].clone()
}

fn shown(server: &Server, id: &str) -> String {
    String::from_utf8(server.butler(&["show", id]).unwrap().stdout).unwrap()
}

#[test]
fn a_films_poster_and_background_and_a_photo_have_their_blur_for_clients_and_people() {
    let stage = stage();
    let films = stage.add_movies(&small_films(1)).unwrap();
    let beside = films[0].parent().unwrap();
    picture(&beside.join("poster.jpg"), 400, 600);
    picture(&beside.join("fanart.jpg"), 640, 360);
    picture(&stage.folders.photos().join("2024/a.jpg"), 320, 240);
    let server = stage.server().unwrap();
    let movies = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    let photos = server.add_section("photo", "Photos", &stage.folders.photos()).unwrap();
    completed(&server, "RefreshLibraries");
    let film = item(&server, &movies);
    let id = film["ratingKey"].as_str().unwrap();
    assert_eq!((&film["thumbBlurHash"], &film["artBlurHash"]), (&Value::Null, &Value::Null));
    let early = shown(&server, id);
    assert_eq!(early.matches("blur_hash         not yet: GenerateBlurHashes makes it").count(), 2, "{early}");
    let lacking = server.butler_json(&["items", "--lacking", "blur_hash"]).unwrap();
    assert_eq!(lacking.as_array().unwrap().len(), 1, "the photo: {lacking:#}");

    let run = completed(&server, TASK);
    assert_eq!((&run["done"], &run["failures"]), (&json!(3), &json!(0)), "{run:#}");
    let film = item(&server, &movies);
    let [thumb, art] = ["thumbBlurHash", "artBlurHash"].map(|name| film[name].as_str().unwrap().to_owned());
    assert!(thumb.len() == 4 + 2 * 3 * 5 && art.len() == 4 + 2 * 5 * 3 && thumb != art, "{thumb} {art}");
    let alone = server.get_json(&format!("/library/metadata/{id}")).unwrap();
    assert_eq!(alone["MediaContainer"]["Metadata"][0]["thumbBlurHash"], thumb.as_str());
    assert_eq!(item(&server, &photos)["thumbBlurHash"].as_str().unwrap().len(), 4 + 2 * 4 * 3);
    let text = shown(&server, id);
    let line = format!("blur_hash         picture of 400×600, hash {thumb}; made ");
    assert!(text.contains("poster: ") && text.contains("poster.jpg\n") && text.contains(&line), "{text}");
    let made = server.get_json(&format!("/api/v1/items/{id}/products")).unwrap();
    let of_poster = made["products"]
        .as_array()
        .unwrap()
        .iter()
        .find(|product| product["value"]["hash"] == thumb.as_str());
    let of_poster = of_poster.unwrap();
    assert!(of_poster["file"].as_str().unwrap().ends_with("/poster.jpg") && of_poster.get("part").is_none());
    assert_eq!(made["pictures"].as_array().unwrap().len(), 2);

    // Once more there is nothing to do, and nothing is read.
    let again = completed(&server, TASK);
    assert_eq!((&again["total"], &again["bytes_read"]), (&json!(0), &json!(0)));
}

#[test]
fn a_damaged_picture_is_a_failure_with_its_path_and_its_neighbours_are_made() {
    let stage = stage();
    let films = stage.add_movies(&small_films(2)).unwrap();
    let posters: Vec<_> = films.iter().map(|film| film.with_file_name("poster.jpg")).collect();
    picture(&posters[0], 400, 600);
    let whole = fs::read(&posters[0]).unwrap();
    let damaged = [&whole[..whole.len() / 3], &[0x5a; 4_000]].concat();
    for (name, content) in [("poster.jpg", b"no picture at all".as_slice()), ("fanart.jpg", &damaged[..])] {
        let path = films[1].with_file_name(name);
        fs::write(&path, content).unwrap();
        age(&path).unwrap();
    }
    let server = stage.server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    let run = completed(&server, TASK);
    let failures = server.failures().unwrap();
    let of_poster = failures.iter().find(|failure| failure["part"] == posters[1].to_str().unwrap()).unwrap();
    assert_eq!(
        (&of_poster["class"], &of_poster["error"]),
        (&json!("content"), &json!("This is not a picture of a kind Butler reads."))
    );
    assert_eq!((&run["done"], run["failures"].as_u64()), (&json!(3), Some(failures.len() as u64)), "{run:#}");
    assert!(failures.iter().all(|failure| failure["class"] == "content"), "{failures:#?}");
    let page = server.get_json(&format!("/library/sections/{section}/all")).unwrap();
    let films = page["MediaContainer"]["Metadata"].as_array().unwrap();
    assert!(films[0]["thumbBlurHash"].is_string() && films[1].get("thumbBlurHash").is_none(), "{films:#?}");
    let text = shown(&server, films[1]["ratingKey"].as_str().unwrap());
    assert!(
        text.contains("blur_hash         failed: This is not a picture of a kind Butler reads; 1 try, "),
        "{text}"
    );
}
