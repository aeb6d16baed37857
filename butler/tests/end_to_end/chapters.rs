//! Chapter thumbnails over HTTP: each chapter of an item names its picture, which shows what the film shows
//! there.

use std::fs;

use butler_fixtures::{Codec, Container, Film, Look, jpeg_size};

use super::{completed, scanned, stage};

/// Two pictures that show the same differ by less: JPEG's loss and the scaler's.
const SAME_PICTURE: f64 = 8.0;

#[test]
fn each_chapter_of_a_film_has_a_picture_of_its_beginning() {
    let stage = stage();
    let film = Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(60).chapters(3);
    let path = stage.add_movies(&[("Heat (1995)".to_owned(), film)]).unwrap().remove(0);
    let (server, section) = scanned(&stage);
    let listed = server.get_json(&format!("/library/sections/{section}/all")).unwrap();
    let item = listed["MediaContainer"]["Metadata"][0]["ratingKey"].as_str().unwrap().to_owned();
    let chapters = || {
        let shown = server.get_json(&format!("/library/metadata/{item}?includeChapters=1")).unwrap();
        shown["MediaContainer"]["Metadata"][0]["Chapter"].as_array().unwrap().clone()
    };
    assert_eq!(chapters().len(), 3);
    assert!(chapters().iter().all(|chapter| chapter["thumb"].is_null()), "{:#?}", chapters());

    let run = completed(&server, "GenerateChapterThumbs");
    assert_eq!((&run["done"], &run["total"], &run["failures"]), (&1.into(), &1.into(), &0.into()), "{run:#}");
    for (chapter, at_seconds) in chapters().iter().zip([0, 20, 40]) {
        let picture = server.get(chapter["thumb"].as_str().unwrap()).unwrap();
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"));
        assert_eq!(jpeg_size(&picture.body).unwrap(), (480, 270));
        let file = stage.spare_dir().join("picture.jpg");
        fs::write(&file, &picture.body).unwrap();
        let expect = Look::of_film(&path, at_seconds).unwrap();
        let difference = Look::of_jpeg(&file).unwrap().difference(&expect);
        assert!(difference < SAME_PICTURE, "at {at_seconds} s the picture differs by {difference:.1}");
    }
    let shown = String::from_utf8(server.butler(&["show", &item]).unwrap().stdout).unwrap();
    assert!(shown.contains("chapter_thumbs    3 pictures, size 480×270; "), "{shown}");
    let again = completed(&server, "GenerateChapterThumbs");
    assert_eq!(again["total"], 0, "there is nothing left to do: {again:#}");
}
