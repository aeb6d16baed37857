//! Preview thumbnails over HTTP: as many as there should be, of the right size, and of the right moment.

use std::fs;
use std::path::Path;

use butler_fixtures::{Bif, Codec, Container, Film, Look, Picture, Sound, jpeg_size};
use serde_json::json;

use super::{completed, scanned, stage};

/// Two pictures that show the same differ by less: JPEG's loss and the scaler's.
const SAME_PICTURE: f64 = 8.0;

#[test]
fn a_film_has_a_picture_of_every_tenth_second() {
    let stage = stage();
    let film =
        Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(65).sound(Sound::Aac).chapters(3);
    let path = stage.add_movies(&[("Heat (1995)".to_owned(), film)]).unwrap().remove(0);
    let (server, section) = scanned(&stage);
    let part = server.parts(&section).unwrap().remove(0);
    assert!(!part.has_preview, "there is a preview before one was made");
    assert_eq!(server.get(&format!("/library/parts/{}/indexes/sd", part.id)).unwrap().status, 404);

    let run = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!((&run["done"], &run["total"], &run["failures"]), (&1.into(), &1.into(), &0.into()), "{run:#}");
    assert!(run["bytes_read"].as_u64().unwrap() > 0, "{run:#}");
    let read = &run["bytes_read"];
    let facts = json!([
        {"label": "products made", "value": 1, "unit": "count"},
        {"label": "read from media files", "value": read, "unit": "bytes"},
    ]);
    assert_eq!(run["report"], facts);
    let shown = String::from_utf8(server.butler(&["runs", &run["id"].to_string()]).unwrap().stdout).unwrap();
    assert!(shown.contains("  products made          1\n  read from media files  "), "{shown}");
    assert!(server.parts(&section).unwrap()[0].has_preview);

    let whole = server.get(&format!("/library/parts/{}/indexes/sd", part.id)).unwrap();
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    let bif = Bif::parse(&whole.body).unwrap();
    assert_eq!(bif.pictures.len(), 7, "marks at 0, 10, ... 60 seconds");
    for (number, (_, jpeg)) in bif.pictures.iter().enumerate() {
        assert_eq!(bif.time_ms(number), number as u64 * 10_000);
        assert_eq!(jpeg_size(jpeg).unwrap(), (320, 180));
        assert_shows(jpeg, &path, number as u64 * 10, stage.spare_dir());

        let one = server.get(&format!("/library/parts/{}/indexes/sd/{}", part.id, number * 10_000)).unwrap();
        assert_eq!((one.status, one.header("content-type")), (200, "image/jpeg"));
        assert!(one.body == *jpeg, "picture {number} by its offset is another one");
    }
    assert_eq!(server.get(&format!("/library/parts/{}/indexes/hd", part.id)).unwrap().status, 404);
    assert_eq!(server.get("/library/parts/999999/indexes/sd/0").unwrap().status, 404);
}

#[test]
fn every_codec_and_container_gets_its_pictures() {
    let stage = stage();
    let film = |codec, container| Film::new(codec, container).seconds(31);
    let films = [
        ("H264 (2001)", film(Codec::H264, Container::Mp4).sound(Sound::Aac), (320, 180)),
        ("Hevc (2002)", film(Codec::Hevc, Container::Mp4), (320, 180)),
        ("Vp9 (2003)", film(Codec::Vp9, Container::Webm).sound(Sound::Opus), (320, 180)),
        ("Av1 (2004)", film(Codec::Av1, Container::Mkv), (320, 180)),
        ("Mpeg2 (2005)", film(Codec::Mpeg2, Container::Ts).sound(Sound::Mp2), (320, 180)),
        ("Mpeg4 (2006)", film(Codec::Mpeg4, Container::Avi).sound(Sound::Mp3), (320, 180)),
        ("Portrait (2007)", film(Codec::H264, Container::Mov).rotation(90), (180, 320)),
        ("Narrow (2008)", film(Codec::H264, Container::Mkv).size(200, 120), (200, 120)),
        (
            "Large (2009)",
            film(Codec::H264, Container::Mkv).size(1280, 536).picture(Picture::Gradients),
            (320, 134),
        ),
    ];
    let made = stage
        .add_movies(&films.each_ref().map(|(name, film, _)| ((*name).to_owned(), film.clone())))
        .unwrap();
    let (server, section) = scanned(&stage);
    let run = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(run["failures"], 0, "{:#?}", server.failures().unwrap());
    let parts = server.parts(&section).unwrap();
    for ((name, _, size), path) in films.iter().zip(&made) {
        let part = parts.iter().find(|part| Path::new(&part.file) == path).unwrap();
        let bif = Bif::parse(&server.preview(part.id).unwrap()).unwrap();
        assert_eq!(bif.pictures.len(), 4, "{name}: marks at 0, 10, 20, 30 seconds");
        for (number, (_, jpeg)) in bif.pictures.iter().enumerate() {
            assert_eq!(jpeg_size(jpeg).unwrap(), *size, "{name}");
            assert_shows(jpeg, path, number as u64 * 10, stage.spare_dir());
        }
    }
}

/// Holds a picture against the frame that ffmpeg finds at that time. The films have a key frame every two
/// seconds, and every tenth second is one.
fn assert_shows(jpeg: &[u8], film: &Path, at_seconds: u64, spare: &Path) {
    let file = spare.join("picture.jpg");
    fs::write(&file, jpeg).unwrap();
    let difference = Look::of_jpeg(&file).unwrap().difference(&Look::of_film(film, at_seconds).unwrap());
    assert!(
        difference < SAME_PICTURE,
        "{} at {at_seconds} s: the picture differs by {difference:.1}",
        film.display()
    );
}
