//! Photos: when they were taken, in which order they are listed, and that films among them are not lost.

use butler_library::{ItemFilter, ItemKind, Scope, SectionKind, Versions};
use butler_product::photo::{Photo, Taken};
use butler_product::{Spec, Traits, Value};

use crate::world::{START, World, at, content, set_mtime};

fn taken(world: &World) -> Vec<(String, String, Option<u16>, String)> {
    let page = world.library.items_of_section(world.section, ItemFilter::default(), 0, 100).unwrap();
    let shown = page
        .rows
        .into_iter()
        .map(|photo| (photo.title, photo.taken.unwrap().local, photo.year, photo.taken_from.unwrap()));
    shown.collect()
}

#[test]
fn photos_are_listed_by_the_best_date_that_is_known() {
    let world = World::new(SectionKind::Photo);
    world.write("Harz/IMG_0001.jpg", &content("one", 500));
    world.write("Harz/IMG_20231224_180000.jpg", &content("two", 500));
    let phone = world.write("Harz/VID_20240131_123456.mp4", &content("film", 500));
    set_mtime(&phone, -60);
    assert_eq!(world.scan().added, 3);
    let line = |title: &str, local: &str, year, from: &str| {
        (title.to_owned(), local.to_owned(), Some(year), from.to_owned())
    };
    let (two, film) = (
        line("IMG_20231224_180000", "2023-12-24T18:00:00", 2023, "name"),
        line("VID_20240131_123456", "2024-01-31T12:34:56", 2024, "name"),
    );
    let written =
        jiff::Timestamp::from_second(START - 3_600).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    assert_eq!(taken(&world), [two.clone(), film.clone(), line("IMG_0001", &written, 2027, "file")]);

    let lacks = world
        .library
        .lacks(
            &Spec::Photo,
            &Scope {
                section: None,
                needs: Traits::PHOTO,
                switch: None,
                only: None,
                versions: Versions::Usable,
            },
            at(0),
            false,
        )
        .unwrap();
    assert_eq!(lacks.len(), 2, "a film has no EXIF");
    let one = world.part("Harz/IMG_0001.jpg");
    let exif = Photo {
        taken: Taken::of((1999, 5, 6), (7, 8, 9), Some(60)),
        width: Some(30),
        height: Some(40),
        ..Photo::default()
    };
    world.make(one.source, Spec::Photo, Value::Photo(Box::new(exif.clone())));
    assert_eq!(taken(&world), [line("IMG_0001", "1999-05-06T07:08:09", 1999, "exif"), two, film]);
    assert_eq!(world.part("Harz/IMG_0001.jpg").photo.as_deref(), Some(&exif));
    let item = world.library.item(one.item).unwrap().unwrap().row;
    assert_eq!((item.kind, item.taken.unwrap().offset_minutes), (ItemKind::Photo, Some(60)));

    // Neither a scan nor a move forgets it.
    world.rename("Harz/IMG_0001.jpg", "Brocken/IMG_20200101_000000.jpg");
    assert_eq!(world.scan().moved, 1);
    assert_eq!(taken(&world)[0], line("IMG_20200101_000000", "1999-05-06T07:08:09", 1999, "exif"));
    assert_eq!(world.part("Brocken/IMG_20200101_000000.jpg").item, one.item);
}

#[test]
fn a_photo_that_was_only_touched_has_the_new_date_of_its_file() {
    let world = World::new(SectionKind::Photo);
    let path = world.write("a.jpg", &content("one", 500));
    world.scan();
    let source = world.part("a.jpg").source;
    world.make(source, Spec::Photo, Value::Photo(Box::default()));
    set_mtime(&path, -86_400);
    world.scan();
    let expect =
        jiff::Timestamp::from_second(START - 86_400).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    assert_eq!(taken(&world)[0].1, expect);
}
