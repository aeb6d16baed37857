//! A file that another replaced leaves once two scans have seen it so; one that only went stays for garbage
//! collection.

use butler_library::{ItemKind, MediaRow, SectionKind};
use butler_product::ProductKind;
use butler_product::bandwidth::{Curve, STEP_MS, StreamCurve, ToldBy};
use butler_product::media_info::MediaInfo;

use crate::world::World;

fn files(world: &World) -> Vec<String> {
    let mut paths: Vec<_> = world.parts().into_iter().map(|(path, _)| path).collect();
    paths.sort();
    paths
}

/// A film whose file was replaced by another one between two scans, beside a film that stays.
fn with_a_replaced_film() -> World {
    let world = World::new(SectionKind::Movie);
    world.write("Film (2002)/Film (2002).avi", b"an old film");
    world.write("Other (2003).mkv", b"another");
    world.scan();
    world.remove("Film (2002)/Film (2002).avi");
    world.write("Film (2002)/Film (2002).mp4", b"the same film anew");
    world.scan();
    world
}

#[test]
fn a_replaced_file_is_shown_last_and_leaves_with_the_next_scan() {
    let world = with_a_replaced_film();
    let film = world.part("Film (2002)/Film (2002).mp4").item;
    let gone = |media: &[MediaRow]| media.iter().map(MediaRow::is_gone).collect::<Vec<_>>();
    assert_eq!(gone(&world.library.item(film).unwrap().unwrap().media), [false, true]);
    world.scan();
    assert_eq!(files(&world), ["Film (2002)/Film (2002).mp4", "Other (2003).mkv"]);
    assert_eq!(gone(&world.library.item(film).unwrap().unwrap().media), [false]);
    assert_eq!(world.items(ItemKind::Movie).len(), 2);
}

#[test]
fn what_only_went_stays_and_so_does_what_lies_elsewhere() {
    let world = World::new(SectionKind::Movie);
    for path in ["Film (2002)/Film (2002) - 720p.mkv", "Film (2002)/Film (2002) - 1080p.mkv", "a.mkv"] {
        world.write(path, path.as_bytes());
    }
    world.scan();
    world.remove("Film (2002)/Film (2002) - 720p.mkv");
    world.scan();
    world.scan();
    assert_eq!(files(&world).len(), 3, "its other version was there before");
    // A version in another folder may be another person's.
    world.write("more/Film (2002).mkv", b"elsewhere");
    world.scan();
    world.scan();
    assert_eq!(files(&world).len(), 4);
}

#[test]
fn nothing_leaves_at_a_scan_of_a_part_or_that_could_not_read_a_folder() {
    let world = with_a_replaced_film();
    world.scan_paths(&["Film (2002)"]);
    assert_eq!(files(&world).len(), 3);
}

#[test]
fn headers_that_state_no_length_show_the_one_that_was_found() {
    let world = World::new(SectionKind::Movie);
    world.write("a.webm", b"film");
    world.scan();
    let source = world.part("a.webm").source;
    let streams = vec![StreamCurve { index: 0, bytes: vec![100; 61] }];
    let summary = Curve { streams, key_frames: Vec::new() }.summary(
        61 * u64::from(STEP_MS),
        ToldBy::Packets,
        Vec::new(),
    );
    let length = || world.library.product_of::<MediaInfo>(source).unwrap().unwrap().value.duration_ms;
    let headers = |stated_ms| MediaInfo { duration_ms: stated_ms, stated_ms, ..MediaInfo::default() };
    world.make_headers(source, headers(None));
    assert_eq!(length(), None);
    world.make_bandwidth(source, summary);
    assert_eq!(length(), Some(61_000));
    world.make_headers(source, headers(None));
    assert_eq!(length(), Some(61_000), "whichever was made last");
    world.make_headers(source, headers(Some(60_000)));
    assert_eq!(length(), Some(60_000));
    assert!(world.part("a.webm").products.contains(&ProductKind::Bandwidth));
}
