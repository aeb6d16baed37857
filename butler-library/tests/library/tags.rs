//! What tags make of tracks: where they stand, what stays as it was when they change, and how two copies of
//! one sound may differ.

use butler_library::{ItemId, ItemKind, ItemRow, Scope, SectionKind, SourceId, Versions};
use butler_product::media_info::StreamKind;
use butler_product::tags::Tags;
use butler_product::{FailureClass, ProductKind, Spec, Traits, Value};

use crate::world::{World, at, content, set_mtime};

const MUSIC: Scope<'_> =
    Scope { section: None, needs: Traits::TAGGED, switch: None, only: None, versions: Versions::Usable };

/// A FLAC with this sound and these bytes for its tags.
fn flac(sound: &str, tags: &str) -> Vec<u8> {
    let length = (tags.len() as u32).to_be_bytes();
    [b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], tags.as_bytes(), &content(sound, 5_000)].concat()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn tags(artist: &str, album: &str, track: u32, title: &str) -> Tags {
    Tags {
        title: text(title),
        artists: vec![artist.into()],
        album: text(album),
        track: Some(track),
        ..Tags::default()
    }
}

/// The sources whose tags nobody has read.
fn lacks(world: &World) -> Vec<SourceId> {
    world
        .library
        .lacks(&Spec::Tags, &MUSIC, at(0), false)
        .unwrap()
        .into_iter()
        .map(|lack| lack.source)
        .collect()
}

/// Has a worker read the tags of the only file that lacks them.
fn hear(world: &World, tags: Tags) {
    let lacks = lacks(world);
    assert_eq!(lacks.len(), 1, "{lacks:?}");
    world.make(lacks[0], Spec::Tags, Value::Tags(Box::new(tags)));
}

/// Writes a file, scans, and has its tags read.
fn add(world: &World, path: &str, tags: Tags) {
    world.write(path, &flac(path, &format!("{tags:?}")));
    world.scan();
    hear(world, tags);
}

/// Every track as `artist / album (year) / disc-number title`.
fn tracks(world: &World) -> Vec<String> {
    let year = |album: ItemId| {
        world
            .library
            .item(album)
            .unwrap()
            .unwrap()
            .row
            .year
            .map(|year| format!(" ({year})"))
            .unwrap_or_default()
    };
    let shown = |track: ItemRow| {
        let (album, artist) = (track.parent.unwrap(), track.grandparent.unwrap());
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        format!(
            "{} / {}{} / {}-{} {}",
            artist.title,
            album.title,
            year(album.id),
            number(track.disc),
            number(track.number),
            track.title
        )
    };
    let mut tracks: Vec<_> = world.items(ItemKind::Track).into_iter().map(shown).collect();
    tracks.sort();
    tracks
}

#[test]
fn tags_say_where_a_track_stands_and_its_items_keep_their_ids() {
    let world = World::new(SectionKind::Artist);
    for track in ["01", "02"] {
        world.write(format!("miles/kob/{track}.flac"), &flac(track, track));
    }
    world.scan();
    let [artist, album] = [ItemKind::Artist, ItemKind::Album].map(|kind| world.only(kind).row.id);
    let ids: Vec<_> = world.items(ItemKind::Track).iter().map(|track| track.id).collect();
    for (source, number) in lacks(&world).into_iter().rev().zip([1, 2]) {
        let spoken = Tags {
            date: text("1959-08-17"),
            genres: vec!["Jazz".into()],
            ..tags("Miles Davis", "Kind of Blue", number, "Blue")
        };
        world.make(source, Spec::Tags, Value::Tags(Box::new(spoken)));
    }
    assert_eq!(
        tracks(&world),
        ["Miles Davis / Kind of Blue (1959) / -1 Blue", "Miles Davis / Kind of Blue (1959) / -2 Blue"]
    );
    assert_eq!([ItemKind::Artist, ItemKind::Album].map(|kind| world.only(kind).row.id), [artist, album]);
    assert_eq!(world.items(ItemKind::Track).iter().map(|track| track.id).collect::<Vec<_>>(), ids);
    assert_eq!(
        (world.only(ItemKind::Album).row.genres, world.only(ItemKind::Artist).row.genres),
        (vec!["Jazz".into()], vec!["Jazz".into()])
    );

    let before = world.dump();
    assert_eq!(world.scan().unchanged, 2);
    assert_eq!(world.dump(), before, "a scan put something back by its name");
    assert!(lacks(&world).is_empty());
}

#[test]
fn a_retagged_file_keeps_its_products_and_its_track_and_goes_to_its_new_album() {
    let world = World::new(SectionKind::Artist);
    add(&world, "A/One/01.flac", tags("A", "One", 1, "First"));
    add(&world, "A/One/02.flac", tags("A", "One", 2, "Second"));
    add(&world, "A/Two/01.flac", tags("A", "Two", 1, "Other"));
    let before = world.part("A/One/02.flac");
    world.make_media_info(before.source, &[StreamKind::Audio]);
    let one = world.items(ItemKind::Album).into_iter().find(|album| album.title == "One").unwrap();

    let path = world.write("A/One/02.flac", &flac("A/One/02.flac", "new tags"));
    set_mtime(&path, -60);
    assert_eq!(world.scan().changed, 1);
    assert_eq!(
        tracks(&world),
        ["A / One / -1 First", "A / One / -2 Second", "A / Two / -1 Other"],
        "before its tags are read"
    );
    let after = world.part("A/One/02.flac");
    assert_eq!((after.id, after.source, after.item), (before.id, before.source, before.item));
    assert!(after.media_info.is_some());
    hear(&world, tags("A", "Two", 2, "Second"));
    assert_eq!(tracks(&world), ["A / One / -1 First", "A / Two / -1 Other", "A / Two / -2 Second"]);
    assert_eq!(world.part("A/One/02.flac").item, before.item);
    assert!(world.items(ItemKind::Album).iter().any(|album| album.id == one.id));

    // The old tags again: what they say is known, and no worker has to read them.
    let path =
        world.write("A/One/02.flac", &flac("A/One/02.flac", &format!("{:?}", tags("A", "One", 2, "Second"))));
    set_mtime(&path, -30);
    world.scan();
    assert!(lacks(&world).is_empty());
    assert_eq!(tracks(&world), ["A / One / -1 First", "A / One / -2 Second", "A / Two / -1 Other"]);
    assert_eq!(world.part("A/One/02.flac").item, before.item);
}

#[test]
fn an_album_that_is_retagged_as_a_whole_stays_the_album_it_was() {
    let world = World::new(SectionKind::Artist);
    for number in [1, 2, 3] {
        add(&world, &format!("A/Album/{number}.flac"), tags("A", "Albun", number, "T"));
    }
    let [artist, album] = [ItemKind::Artist, ItemKind::Album].map(|kind| world.only(kind).row.id);
    for number in [1, 2, 3] {
        let name = format!("A/Album/{number}.flac");
        set_mtime(&world.write(&name, &flac(&name, "mended")), -60);
    }
    world.scan();
    for (source, number) in lacks(&world).into_iter().rev().zip(1..) {
        let mended = Tags { date: text("2001"), ..tags("The A", "Album", number, "T") };
        world.make(source, Spec::Tags, Value::Tags(Box::new(mended)));
    }
    let stand = [ItemKind::Artist, ItemKind::Album].map(|kind| world.only(kind).row);
    assert_eq!((stand[0].id, stand[0].title.as_str()), (artist, "The A"));
    assert_eq!(
        (stand[1].id, stand[1].title.as_str(), stand[1].year, stand[1].children),
        (album, "Album", Some(2001), 3)
    );
}

#[test]
fn two_copies_of_one_sound_stand_where_their_own_tags_say() {
    let world = World::new(SectionKind::Artist);
    world.write("Nena/99/01.flac", &flac("kino", "album"));
    world.write("Various/Hits/07.flac", &flac("kino", "compilation"));
    assert_eq!(world.scan().doubled, 1);
    let parts = world.parts();
    assert_eq!(parts[0].1.source, parts[1].1.source);
    let lacks = lacks(&world);
    assert_eq!(lacks.len(), 2, "each has tags of its own");
    for source in lacks {
        let files = world.library.files_of(source).unwrap();
        assert_eq!(files.len(), 1, "a worker must read just this copy");
        let spoken = match files[0].path.ends_with("01.flac") {
            true => tags("Nena", "99 Luftballons", 1, "Kino"),
            false => Tags { compilation: true, ..tags("Nena", "Hits", 7, "Kino") },
        };
        world.make(source, Spec::Tags, Value::Tags(Box::new(spoken)));
    }
    assert_eq!(tracks(&world), ["Nena / 99 Luftballons / -1 Kino", "Various Artists / Hits / -7 Kino"]);
    assert_eq!(
        world.library.files_of(parts[0].1.source).unwrap().len(),
        2,
        "its sound may be read of either"
    );
}

#[test]
fn a_compilation_is_one_album_and_its_tracks_name_their_performers() {
    let world = World::new(SectionKind::Artist);
    for (number, artist) in [(1, "Nena"), (2, "Falco"), (3, "Opus")] {
        let spoken = Tags { compilation: true, ..tags(artist, "Hits", number, "T") };
        add(&world, &format!("{artist}/Hits/{number}.flac"), spoken);
    }
    add(&world, "Abba/Hits/1.flac", tags("Abba", "Hits", 1, "T"));
    let albums: Vec<_> = world
        .items(ItemKind::Album)
        .into_iter()
        .map(|album| (album.parent.unwrap().title, album.children))
        .collect();
    assert_eq!(
        albums,
        [("Various Artists".to_owned(), 3), ("Abba".to_owned(), 1)],
        "one title, two artists, two albums"
    );
    let performers: Vec<_> =
        world.items(ItemKind::Track).into_iter().filter_map(|track| track.original_title).collect();
    assert_eq!(performers, ["Nena", "Falco", "Opus"]);
}

/// Every album as `artist / title: tracks`.
fn albums(world: &World) -> Vec<String> {
    let shown =
        |album: ItemRow| format!("{} / {}: {}", album.parent.unwrap().title, album.title, album.children);
    let mut albums: Vec<_> = world.items(ItemKind::Album).into_iter().map(shown).collect();
    albums.sort();
    albums
}

#[test]
fn a_sampler_that_names_no_album_artist_is_one_album_and_stays_it_when_its_folder_moves() {
    let world = World::new(SectionKind::Artist);
    for (disc, number, artist) in [(1, 1, "Nena"), (1, 2, "Falco"), (2, 1, "Opus"), (2, 2, "Falco")] {
        let path = format!("Pop/Best of 1985/CD{disc}/{number}.flac");
        add(&world, &path, Tags { disc: Some(disc), ..tags(artist, "Best of 1985", number, artist) });
    }
    add(&world, "Pop/Best of 1985/CD2/9.flac", tags("Abba", "Another", 1, "T"));
    assert_eq!(albums(&world), ["Abba / Another: 1", "Various Artists / Best of 1985: 4"]);
    let performers: Vec<_> =
        world.items(ItemKind::Track).into_iter().filter_map(|track| track.original_title).collect();
    assert_eq!(performers, ["Falco", "Falco", "Nena", "Opus"]);

    let of_various = |world: &World| {
        world.items(ItemKind::Album).into_iter().find(|album| album.children == 4).map(|album| album.id)
    };
    let (before, shown) = (of_various(&world), tracks(&world));
    world.rename("Pop/Best of 1985", "Pop/1985");
    assert_eq!(world.scan().moved, 5);
    assert_eq!((of_various(&world), tracks(&world)), (before, shown));
    world.library.assert_sound();
}

#[test]
fn an_album_with_guests_is_the_one_s_who_performs_most_of_it() {
    let world = World::new(SectionKind::Artist);
    for (number, artist) in [(1, "Nena & Kim"), (2, "Nena"), (3, "Nena")] {
        add(&world, &format!("x/{number}.flac"), tags(artist, "Live", number, "T"));
    }
    assert_eq!(albums(&world), ["Nena / Live: 3"]);
    let guests: Vec<_> =
        world.items(ItemKind::Track).into_iter().filter_map(|track| track.original_title).collect();
    assert_eq!(guests, ["Nena & Kim"]);
    // Of the same title by another in another folder nothing follows.
    add(&world, "y/1.flac", tags("Falco", "Live", 1, "T"));
    assert_eq!(albums(&world), ["Falco / Live: 1", "Nena / Live: 3"]);
}

#[test]
fn an_album_is_weighed_again_when_a_track_leaves_it_and_when_it_comes_back() {
    let world = World::new(SectionKind::Artist);
    for (number, artist) in [(1, "Nena"), (2, "Nena"), (3, "Falco")] {
        add(&world, &format!("x/{number}.flac"), tags(artist, "Live", number, "T"));
    }
    assert_eq!(albums(&world), ["Nena / Live: 3"]);
    // Moved away, and back.
    world.rename("x/1.flac", "y/1.flac");
    assert_eq!(world.scan().moved, 1);
    assert_eq!(albums(&world), ["Nena / Live: 1", "Various Artists / Live: 2"]);
    world.rename("y/1.flac", "x/1.flac");
    assert_eq!(world.scan().moved, 1);
    assert_eq!(albums(&world), ["Nena / Live: 3"]);
    // Gone, and back: what is gone follows its album.
    let elsewhere = butler_fixtures::tempdir().unwrap();
    let kept = elsewhere.path().join("1.flac");
    std::fs::rename(world.media().join("x/1.flac"), &kept).unwrap();
    assert_eq!(world.scan().missing, 1);
    assert_eq!(albums(&world), ["Various Artists / Live: 3"]);
    std::fs::rename(&kept, world.media().join("x/1.flac")).unwrap();
    assert_eq!(world.scan().back, 1);
    assert_eq!(albums(&world), ["Nena / Live: 3"]);
    world.library.assert_sound();
}

#[test]
fn discs_stand_in_order_and_two_first_tracks_are_two() {
    let world = World::new(SectionKind::Artist);
    for (disc, number) in [(2, 1), (1, 2), (1, 1), (2, 2)] {
        let spoken = Tags { disc: Some(disc), disc_total: Some(2), ..tags("A", "Long", number, "Part") };
        add(&world, &format!("A/Long/CD{disc}/{number}.flac"), spoken);
    }
    let album = world.only(ItemKind::Album).row;
    let order: Vec<_> =
        world.library.children_of(album.id).unwrap().iter().map(|track| (track.disc, track.number)).collect();
    assert_eq!(order, [(Some(1), Some(1)), (Some(1), Some(2)), (Some(2), Some(1)), (Some(2), Some(2))]);
}

#[test]
fn tracks_of_one_folder_that_say_different_years_are_on_one_album() {
    let world = World::new(SectionKind::Artist);
    for (number, year) in [(1, "1973"), (2, "1981"), (3, "1975")] {
        add(
            &world,
            &format!("Queen/Best Of/{number}.flac"),
            Tags { date: text(year), ..tags("Queen", "Best Of", number, "T") },
        );
    }
    assert_eq!(world.only(ItemKind::Album).row.children, 3);
    let before = tracks(&world);
    world.rename("Queen/Best Of", "Queen/Greatest");
    assert_eq!((world.scan().moved, tracks(&world)), (3, before));
    // Another folder, and so another album of that name.
    add(&world, "Queen/Best Of 2/1.flac", Tags { date: text("1999"), ..tags("Queen", "Best Of", 1, "T") });
    assert_eq!(world.items(ItemKind::Album).len(), 2);
}

#[test]
fn a_file_that_is_renamed_or_copied_stands_by_its_tags_at_once() {
    let world = World::new(SectionKind::Artist);
    add(&world, "inbox/x.flac", tags("A", "One", 1, "First"));
    let before = world.part("inbox/x.flac");
    world.rename("inbox/x.flac", "sorted/B/Three/09 - y.flac");
    assert_eq!(world.scan().moved, 1);
    assert_eq!(tracks(&world), ["A / One / -1 First"]);
    assert_eq!(world.part("sorted/B/Three/09 - y.flac").item, before.item);
    std::fs::copy(world.media().join("sorted/B/Three/09 - y.flac"), world.media().join("copy.flac")).unwrap();
    set_mtime(&world.media().join("copy.flac"), -60);
    world.scan();
    assert!(lacks(&world).is_empty(), "what these tags say is known");
    assert_eq!(tracks(&world), ["A / One / -1 First"]);
    assert_eq!(world.only(ItemKind::Track).media.len(), 2);
}

#[test]
fn a_file_without_tags_stands_by_its_name() {
    let world = World::new(SectionKind::Artist);
    world.write("Nena/Nena (1983)/04 - Kino.flac", &flac("kino", ""));
    world.scan();
    let before = tracks(&world);
    let lacks = lacks(&world);
    world.make(lacks[0], Spec::Tags, Value::Nothing { why: "The file carries no tags.".into() });
    assert_eq!(tracks(&world), before);
    assert_eq!(before, ["Nena / Nena (1983) / -4 Kino"]);
    let row = world.library.product(lacks[0], ProductKind::Tags).unwrap().unwrap();
    assert!(matches!(row.value, Value::Nothing { .. }));
}

#[test]
fn a_failure_at_tags_names_the_file_and_holds_nothing_else_back() {
    let world = World::new(SectionKind::Artist);
    world.write("A/One/01.flac", &flac("one", "damaged"));
    world.scan();
    let source = lacks(&world)[0];
    let failure = butler_library::NewFailure {
        kind: ProductKind::Tags,
        version: ProductKind::Tags.version(),
        class: FailureClass::Content,
        sentence: "The tags are damaged.".into(),
        run: None,
        next_try_at: None,
        counts: true,
    };
    world.library.record_failure(source, failure, at(5)).unwrap();
    let failures = world.library.failures(0, 10).unwrap().rows;
    assert!(failures[0].path.ends_with("A/One/01.flac") && failures[0].part.is_some());
    assert!(lacks(&world).is_empty());
    let headers = world
        .library
        .lacks(
            &Spec::MediaInfo,
            &Scope {
                section: None,
                needs: Traits::CONTENT,
                switch: None,
                only: None,
                versions: Versions::Usable,
            },
            at(9),
            false,
        )
        .unwrap();
    assert_eq!(headers.len(), 1);
    assert_eq!(headers[0].source, world.part("A/One/01.flac").source);
}

#[test]
fn music_that_an_older_butler_read_is_read_once_more_for_its_tags() {
    let world = World::new(SectionKind::Artist);
    world.write("A/One/01.flac", &flac("one", "tags"));
    world.write("A/One/02.flac", &flac("two", "tags"));
    world.scan();
    let before = world.part("A/One/01.flac");
    let connection = rusqlite::Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    connection.execute("UPDATE parts SET tagged = NULL", []).unwrap();
    assert_eq!(world.scan().changed, 2);
    assert_eq!(world.scan().unchanged, 2);
    let after = world.part("A/One/01.flac");
    assert_eq!((after.id, after.source, after.item), (before.id, before.source, before.item));
    assert_eq!(lacks(&world).len(), 2);
}
