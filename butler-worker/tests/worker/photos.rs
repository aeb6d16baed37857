//! What `photo` says of picture files of each kind, turned each way, with and without EXIF, and of hostile
//! ones.

use std::fs;
use std::path::Path;

use butler_fixtures::Camera;
use butler_product::media_info::StreamKind;
use butler_product::photo::{Orientation, Photo, Taken};
use butler_product::{Failure, FailureClass, Spec, Value};

use crate::films;
use crate::process::Worker;

const TAKEN: &str = "2024:01:31 12:34:56";

fn answer(worker: &Worker, file: &Path) -> Result<Photo, Failure> {
    match worker.make(file, &[Spec::Photo]).answers.remove(0) {
        Some(Ok((Value::Photo(photo), None))) => Ok(*photo),
        Some(Err(failure)) => Err(failure),
        other => panic!("{}: {other:?}", file.display()),
    }
}

/// A picture of 64 by 48 pixels.
fn plain(ending: &str) -> Vec<u8> {
    fs::read(films::other(&format!("plain.{ending}"), "-f lavfi -i testsrc2=s=64x48 -frames:v 1 -update 1"))
        .unwrap()
}

fn sides(photo: &Photo) -> (Option<u32>, Option<u32>) {
    (photo.width, photo.height)
}

#[test]
fn a_jpeg_is_upright_whichever_way_the_camera_was_held() {
    let worker = Worker::start();
    for (orientation, number) in Orientation::ALL.into_iter().zip(1..) {
        let camera = Camera { orientation: Some(number), ..Camera::default() };
        let photo =
            answer(&worker, &films::bytes(&format!("turned{number}.jpg"), &camera.jpeg(&plain("jpg"))))
                .unwrap();
        let upright = if number > 4 { (Some(48), Some(64)) } else { (Some(64), Some(48)) };
        assert_eq!((photo.orientation, sides(&photo)), (orientation, upright), "{number}");
    }
}

#[test]
fn the_date_is_the_camera_s_with_its_offset_where_it_tells_one() {
    let worker = Worker::start();
    let taken = |name: &str, camera: Camera<'_>| {
        answer(&worker, &films::bytes(name, &camera.jpeg(&plain("jpg")))).unwrap().taken
    };
    let local = |offset_minutes| Some(Taken { local: "2024-01-31T12:34:56".into(), offset_minutes });
    assert_eq!(taken("dated.jpg", Camera { taken: Some(TAKEN), ..Camera::default() }), local(None));
    assert_eq!(
        taken("zoned.jpg", Camera { taken: Some(TAKEN), offset: Some("-07:30"), ..Camera::default() }),
        local(Some(-450))
    );
    assert_eq!(
        taken("nonsense.jpg", Camera { taken: Some(TAKEN), offset: Some("noon!"), ..Camera::default() }),
        local(None)
    );
    assert_eq!(taken("unset.jpg", Camera { taken: Some("0000:00:00 00:00:00"), ..Camera::default() }), None);
    assert_eq!(taken("undated.jpg", Camera::default()), None);
}

#[test]
fn camera_lens_numbers_and_place_are_told() {
    let camera = Camera { talks: true, taken: Some(TAKEN), ..Camera::default() };
    let photo = answer(&Worker::start(), &films::bytes("leica.jpg", &camera.jpeg(&plain("jpg")))).unwrap();
    assert_eq!(
        (photo.make.as_deref(), photo.model.as_deref(), photo.lens.as_deref()),
        (Some("Leica"), Some("M10-R"), Some("Summicron-M 35"))
    );
    assert_eq!(
        (photo.exposure_seconds, photo.aperture, photo.iso, photo.focal_length_mm),
        (Some(0.008), Some(2.8), Some(400), Some(35.0))
    );
    let place = photo.place.unwrap();
    assert!(
        (place.latitude - 51.84).abs() < 1e-9
            && (place.longitude - 10.785).abs() < 1e-9
            && place.altitude_m == Some(234.5),
        "{place:?}"
    );
}

#[test]
fn dates_are_read_however_they_are_spelled_and_places_whatever_their_numbers_type() {
    let worker = Worker::start();
    for spelling in ["2024-01-31 12:34:56", "2024/01/31 12:34:56", "2024:01:31T12:34:56", "20240131 123456"] {
        let camera = Camera { taken: Some(spelling), ..Camera::default() };
        let name = format!("spelled{}.jpg", spelling.len() + usize::from(spelling.as_bytes()[4]));
        let photo = answer(&worker, &films::bytes(&name, &camera.jpeg(&plain("jpg")))).unwrap();
        assert_eq!(photo.taken.unwrap().local, "2024-01-31T12:34:56", "{spelling}");
    }
    // Latitude and longitude as signed numbers.
    let mut signed = Camera { talks: true, ..Camera::default() }.jpeg(&plain("jpg"));
    for tag in [2, 4] {
        let entry = [0, tag, 0, 5, 0, 0, 0, 3];
        let at = signed.windows(8).position(|window| window == entry).unwrap();
        signed[at + 3] = 10;
    }
    let place = answer(&worker, &films::bytes("signed.jpg", &signed)).unwrap().place.unwrap();
    assert!((place.latitude - 51.84).abs() < 1e-9 && (place.longitude - 10.785).abs() < 1e-9, "{place:?}");
}

#[test]
fn the_day_it_was_taken_goes_before_the_day_it_was_made_and_that_before_a_change() {
    let worker = Worker::start();
    let xmp = |properties: &str| {
        let packet = format!(
            "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
             xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
             xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/' \
             {properties}/></rdf:RDF></x:xmpmeta>"
        );
        let jpeg = plain("jpg");
        let length = u16::try_from(packet.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, packet.as_bytes(), &jpeg[2..]].concat()
    };
    let (made, changed) =
        ("xmp:CreateDate='2020-02-03T04:05:06+01:00'", "xmp:ModifyDate='2021-02-03T04:05:06'");
    let original = "exif:DateTimeOriginal='2019-02-03T04:05:06'";
    for (name, properties, taken, after) in [
        ("made.jpg", format!("{made} {changed}"), Some("2020-02-03T04:05:06"), true),
        ("original.jpg", format!("{made} {original}"), Some("2019-02-03T04:05:06"), false),
        ("changed.jpg", changed.to_owned(), None, true),
    ] {
        let photo = answer(&worker, &films::bytes(name, &xmp(&properties))).unwrap();
        assert_eq!(photo.taken.map(|taken| taken.local).as_deref(), taken, "{name}");
        assert_eq!(photo.changed.is_some(), after, "{name}");
    }
}

#[test]
fn a_bmp_tells_its_sides_in_each_of_its_forms() {
    let worker = Worker::start();
    let sides_of = |name: &str, header: &[u8]| {
        let file = [b"BM\0\0\0\0\0\0\0\0\x36\0\0\0", header, &[0; 200]].concat();
        sides(&answer(&worker, &films::bytes(name, &file)).unwrap())
    };
    let long = |width: i32, height: i32| {
        [&40_u32.to_le_bytes()[..], &width.to_le_bytes(), &height.to_le_bytes(), &[1, 0, 24, 0]].concat()
    };
    assert_eq!(sides_of("up.bmp", &long(16, 12)), (Some(16), Some(12)));
    assert_eq!(sides_of("down.bmp", &long(16, -12)), (Some(16), Some(12)), "its rows come from the top");
    assert_eq!(sides_of("old.bmp", &[12, 0, 0, 0, 16, 0, 12, 0, 1, 0, 24, 0]), (Some(16), Some(12)));
}

#[test]
fn every_kind_of_picture_tells_its_sides_and_its_exif() {
    let worker = Worker::start();
    let camera = Camera { orientation: Some(6), taken: Some(TAKEN), ..Camera::default() };
    for ending in ["jpg", "png", "webp", "gif", "bmp", "tiff"] {
        let photo = answer(&worker, &films::bytes(&format!("bare.{ending}"), &plain(ending))).unwrap();
        assert_eq!((sides(&photo), photo.taken), ((Some(64), Some(48)), None), "{ending}");
    }
    for (name, content) in [
        ("exif.png", camera.png(&plain("png"))),
        ("exif.webp", camera.webp(&plain("webp"), 64, 48)),
        ("exif.tif", camera.exif()),
    ] {
        let photo = answer(&worker, &films::bytes(name, &content)).unwrap();
        assert_eq!(photo.taken.map(|taken| taken.local).as_deref(), Some("2024-01-31T12:34:56"), "{name}");
        assert_eq!(photo.orientation, Orientation::Turn90, "{name}");
    }
}

#[test]
fn a_heic_is_known_by_its_header_and_turned_by_its_container() {
    let worker = Worker::start();
    // EXIF remembers how the camera was held; the picture is turned by the container, once.
    let camera = Camera { orientation: Some(6), taken: Some(TAKEN), offset: Some("+01:00"), talks: true };
    for (quarters, upright) in [(0, (Some(4_032), Some(3_024))), (3, (Some(3_024), Some(4_032)))] {
        let file = films::bytes(&format!("phone{quarters}.heic"), &camera.heic(4_032, 3_024, quarters));
        let photo = answer(&worker, &file).unwrap();
        assert_eq!(
            (sides(&photo), photo.orientation, photo.model.as_deref()),
            (upright, Orientation::Upright, Some("M10-R"))
        );
        assert_eq!(
            photo.taken,
            Some(Taken { local: "2024-01-31T12:34:56".into(), offset_minutes: Some(60) })
        );
        let info = worker.media_info(&file);
        assert_eq!(
            (info.container.as_str(), info.streams[0].kind, info.streams[0].codec.as_str()),
            ("heif", StreamKind::Picture, "hevc")
        );
    }
}

#[test]
fn hostile_and_damaged_pictures_end_within_bounds() {
    let worker = Worker::start();
    let camera = Camera { orientation: Some(6), taken: Some(TAKEN), talks: true, ..Camera::default() };
    let whole = camera.jpeg(&plain("jpg"));
    // A field that claims four billion characters; a directory that is its own successor.
    let mut claims = whole.clone();
    let make = claims.windows(4).position(|four| four == [0x01, 0x0f, 0, 2]).unwrap();
    claims[make + 4..make + 8].fill(0xff);
    let mut exif = camera.exif();
    let count = usize::from(exif[9]);
    exif[10 + 12 * count..14 + 12 * count].copy_from_slice(&8_u32.to_be_bytes());
    for (name, content) in [
        ("claims.jpg", claims),
        ("circle.tif", exif),
        ("lied.jpg", [&whole[..200], &films::noise(4_000)].concat()),
    ] {
        if let Err(failure) = answer(&worker, &films::bytes(name, &content)) {
            assert_eq!(failure.class, FailureClass::Content, "{failure:?}");
        }
    }
    for length in (0..whole.len()).step_by(97) {
        if let Err(failure) = answer(&worker, &films::bytes(&format!("cut{length}.jpg"), &whole[..length])) {
            assert_eq!(failure.class, FailureClass::Content, "{failure:?}");
        }
    }
    let text = answer(&worker, &films::bytes("text.jpg", b"not a picture\n")).unwrap_err();
    assert_eq!(text.sentence, "This is not a picture of a kind Butler reads.");
    assert!(answer(&worker, &films::bytes("fine.jpg", &whole)).is_ok());
}
