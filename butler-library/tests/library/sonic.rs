//! What tracks sound like: only audio files are asked, and who keeps the points in memory learns each change.

use butler_library::{Heard, ItemKind, Library, Scope, SectionKind, SonicNews, SourceId, Versions};
use butler_product::media_info::StreamKind;
use butler_product::sonic::{FEATURES, Sonic};
use butler_product::{ProductKind, Spec, Value};
use rusqlite::Connection;

use crate::world::{World, at, content};

fn sonic(number: f32) -> Sonic {
    Sonic { stream: 0, from_ms: 0, heard_ms: 1_000, features: [number; FEATURES] }
}

fn music(tracks: &[&str]) -> World {
    let world = World::new(SectionKind::Artist);
    for track in tracks {
        world.write(path(track), &content(track, 1_000));
    }
    world.scan();
    world
}

fn path(track: &str) -> String {
    format!("Nina/Blue/{track}.mp3")
}

fn make(world: &World, track: &str, number: f32) -> SourceId {
    let source = world.part(&path(track)).source;
    world.make(source, Spec::Sonic, sonic(number).into());
    source
}

fn news(world: &World, seen: i64) -> SonicNews {
    world.library.sonic_news(Some(seen)).unwrap()
}

fn lacking(library: &Library) -> usize {
    let scope = Scope {
        section: None,
        needs: ProductKind::Sonic.needs(),
        switch: None,
        only: None,
        versions: Versions::Usable,
    };
    library.lacks(&Spec::Sonic, &scope, at(200_000), false).unwrap().len()
}

#[test]
fn a_track_is_asked_before_and_after_its_headers_are_read_and_a_film_never() {
    let world = music(&["One", "Two"]);
    assert_eq!(lacking(&world.library), 2);
    world.make_media_info(world.part(&path("One")).source, &[StreamKind::Audio]);
    assert_eq!(lacking(&world.library), 2);
    make(&world, "One", 0.0);
    assert_eq!(lacking(&world.library), 1);
    let films = World::new(SectionKind::Movie);
    films.write("Heat (1995).mkv", &content("heat", 1_000));
    films.scan();
    assert_eq!(lacking(&films.library), 0);
    films.make_media_info(films.part("Heat (1995).mkv").source, &[StreamKind::Video, StreamKind::Audio]);
    assert_eq!(lacking(&films.library), 0);
}

#[test]
fn who_has_seen_all_learns_what_came_changed_and_went() {
    let world = music(&["One", "Two"]);
    let first = world.library.sonic_news(None).unwrap();
    assert_eq!((first.is_whole, first.points.len()), (true, 0));
    let one = make(&world, "One", 0.25);
    let came = news(&world, first.seen);
    assert_eq!((came.is_whole, &came.points), (false, &vec![(one, Some(sonic(0.25).point()))]));
    assert!(news(&world, came.seen).points.is_empty());
    make(&world, "One", 0.5);
    let changed = news(&world, came.seen);
    assert_eq!(changed.points, [(one, Some(sonic(0.5).point()))]);
    world.make(one, Spec::Sonic, Value::Nothing { why: "It is silent.".into() });
    let went = news(&world, changed.seen);
    assert_eq!(went.points, [(one, None)]);
    // What other products become says nothing of this.
    world.make_media_info(one, &[StreamKind::Audio]);
    assert_eq!(news(&world, went.seen).seen, went.seen);
    let two = make(&world, "Two", 0.0);
    assert_eq!(world.library.sonic_news(None).unwrap().points, [(two, Some(sonic(0.0).point()))]);
    // Of another database, or of too long ago: all of it.
    assert!(news(&world, 1_000_000).is_whole && news(&world, -1).is_whole);
}

#[test]
fn the_changes_that_are_kept_are_bounded_and_who_has_missed_some_reads_all() {
    let world = music(&["One"]);
    let one = make(&world, "One", 0.25);
    let seen = world.library.sonic_news(None).unwrap().seen;
    let mut connection = Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    let mut touch = |times: usize| {
        let tx = connection.transaction().unwrap();
        for _ in 0..times {
            let update = "UPDATE products SET made_at = made_at + 1 WHERE kind = 'sonic'";
            assert_eq!(tx.prepare_cached(update).unwrap().execute([]).unwrap(), 1);
        }
        let kept = "SELECT count(*) FROM sonic_changes";
        assert_eq!(tx.query_row(kept, [], |row| row.get::<_, i64>(0)).unwrap(), 10_000);
        tx.commit().unwrap();
    };
    touch(9_999);
    let known = news(&world, seen);
    assert_eq!((known.is_whole, known.points.len()), (false, 1));
    touch(2);
    let missed = news(&world, seen);
    assert_eq!((missed.is_whole, missed.points), (true, vec![(one, Some(sonic(0.25).point()))]));
}

#[test]
fn a_track_is_heard_or_there_is_nothing_or_it_is_not_yet_and_a_copy_is_one_source() {
    let world = music(&["One", "Two"]);
    // The same content on another album.
    world.write("Nina/Best/One.mp3", &content("One", 1_000));
    world.scan();
    let heard = |track: &str| {
        let part = world.part(&path(track));
        world.library.heard(part.item, world.section).unwrap()
    };
    assert_eq!(heard("One"), Heard::NotYet { are_others: false });
    let one = make(&world, "One", 0.0);
    assert_eq!((heard("One"), heard("Two")), (Heard::As(one), Heard::NotYet { are_others: true }));
    let two = world.part(&path("Two"));
    world.make(two.source, Spec::Sonic, Value::Nothing { why: "It is silent.".into() });
    assert_eq!(heard("Two"), Heard::Nothing("It is silent.".into()));
    let tracks = world.library.tracks_of(world.section, &[two.source, one]).unwrap();
    let both = [world.part(&path("One")).item, world.part("Nina/Best/One.mp3").item];
    assert_eq!(tracks[0], (two.source, two.item));
    assert!(
        tracks.len() == 3 && tracks[1..].iter().all(|(source, track)| *source == one && both.contains(track))
    );
    assert_eq!(world.items(ItemKind::Track).len(), 3);
    world.remove(&path("Two"));
    world.scan();
    assert_eq!(world.library.tracks_of(world.section, &[two.source]).unwrap(), []);
}
