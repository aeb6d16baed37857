//! Products of items: lacking while there is something to derive them of, and again when that changes.

use butler_api::{Ask, Origin, RunId, RunRecord, TaskName};
use butler_library::{
    Derivation, DerivedProduct, FailureSubject, Inputs, ItemId, ItemKind, RunGain, SectionId, SectionKind,
};
use butler_product::bandwidth::{Rates, Summary, ToldBy};
use butler_product::needed_bandwidth::NeededBandwidth;
use butler_product::{Failure, ProductKind, Spec, Value};
use rusqlite::Connection;

use crate::world::{World, at, content};

const ALBUM: Derivation = Derivation {
    makes: ProductKind::NeededBandwidth,
    of: ItemKind::Album,
    from: &[ProductKind::Bandwidth],
    derive,
};

fn derive(inputs: &Inputs) -> Result<Value, Failure> {
    NeededBandwidth::of(inputs.each::<Summary>())
        .map(Value::from)
        .ok_or_else(|| Failure::content("It is of nothing."))
}

fn music(tracks: &[&str]) -> World {
    let world = World::new(SectionKind::Artist);
    tracks.iter().for_each(|track| write(&world, track));
    world.scan();
    world
}

fn write(world: &World, track: &str) {
    world.write(path(track), &content(track, 1_000));
}

fn path(track: &str) -> String {
    format!("Nina/Blue/{track}.mp3")
}

/// A worker found out what a track needs.
fn analyse(world: &World, track: &str, needed: u64) {
    make(world, &path(track), needed);
}

fn make(world: &World, path: &str, needed: u64) {
    let total = Rates { bytes: 1, average: 1, peak: needed, peak_at_ms: 0, needed: [needed; 8] };
    let summary = Summary {
        duration_ms: 1_000,
        total,
        streams: Vec::new(),
        key_frames: 0,
        longest_gap_ms: 0,
        told_by: ToldBy::Headers,
        damaged: Vec::new(),
    };
    world.clock.set(world.clock.get() + 1);
    world.make(world.part(path).source, Spec::Bandwidth, summary.into());
}

fn lacking(world: &World) -> Vec<ItemId> {
    world.library.underived(&ALBUM, None, None, at(world.clock.get()), false).unwrap()
}

/// What a run does with what is lacking. How many items that were.
fn run(world: &World, derivation: &Derivation) -> usize {
    let items = lacking(world);
    for item in &items {
        let (inputs, made_from) = world.library.inputs(derivation, *item).unwrap().unwrap();
        let outcome = (derivation.derive)(&inputs);
        let derived = DerivedProduct { item: *item, kind: derivation.makes, made_from, outcome };
        let gain = RunGain {
            run: RunId(1),
            done: 1,
            failures: 0,
            failed_files: Vec::new(),
            bytes_read: 0,
            lines: Vec::new(),
        };
        world.library.keep_derived(vec![derived], gain, at(world.clock.get())).unwrap();
    }
    world.library.assert_sound();
    items.len()
}

/// How many files of the album are known, of how many, and the most that one needs.
fn made(world: &World) -> Option<(u64, u64, u64)> {
    let row = world.library.item_products(world.only(ItemKind::Album).row.id).unwrap().pop()?;
    let made: &NeededBandwidth = row.value.get().unwrap();
    Some((made.known, made.files, made.needed[0]))
}

#[test]
fn an_album_is_derived_of_the_tracks_that_are_known_and_anew_whenever_one_changes_comes_or_goes() {
    let world = music(&["01 One", "02 Two"]);
    assert_eq!((run(&world, &ALBUM), made(&world)), (0, None), "there is nothing to derive it of");
    analyse(&world, "01 One", 700);
    assert_eq!((run(&world, &ALBUM), made(&world)), (1, Some((1, 2, 700))));
    assert_eq!(run(&world, &ALBUM), 0);
    analyse(&world, "02 Two", 900);
    assert_eq!((run(&world, &ALBUM), made(&world)), (1, Some((2, 2, 900))));
    analyse(&world, "02 Two", 300);
    assert_eq!((run(&world, &ALBUM), made(&world)), (1, Some((2, 2, 700))), "one was made anew");
    write(&world, "03 Three");
    world.scan();
    assert_eq!((run(&world, &ALBUM), made(&world)), (1, Some((2, 3, 700))), "one came");
    world.remove(&path("01 One"));
    world.scan();
    assert_eq!((run(&world, &ALBUM), made(&world)), (1, Some((1, 2, 300))), "one went");
}

/// What is lacking where every album is looked at, whatever is marked.
fn lacking_of_all(world: &World) -> Vec<ItemId> {
    let db = Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    db.execute("DELETE FROM derivations", []).unwrap();
    lacking(world)
}

fn marked(world: &World) -> u64 {
    let db = Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    db.query_row("SELECT count(*) FROM underived", [], |row| row.get(0)).unwrap()
}

#[test]
fn only_items_below_which_something_changed_are_looked_at_and_none_is_missed() {
    let world = World::new(SectionKind::Artist);
    for album in ["Blue", "Red", "Green"] {
        for track in 1..=2 {
            let path = format!("Nina/{album}/0{track} {album}.mp3");
            world.write(&path, &content(&path, 1_000));
        }
    }
    world.scan();
    assert_eq!((lacking(&world), marked(&world)), (vec![], 0), "all were looked at once");
    let part = |path: &str| world.part(path).source;
    let tags = || Value::Tags(Box::default());
    type Change<'a> = (&'a str, &'a dyn Fn(), u64, usize);
    let changes: [Change<'_>; 8] = [
        ("a product of another kind", &|| world.make(part("Nina/Red/01 Red.mp3"), Spec::Tags, tags()), 1, 0),
        ("a product", &|| make(&world, "Nina/Red/01 Red.mp3", 700), 1, 1),
        (
            "a product of each",
            &|| {
                make(&world, "Nina/Blue/02 Blue.mp3", 700);
                make(&world, "Nina/Green/02 Green.mp3", 700);
            },
            2,
            2,
        ),
        ("a new file", &|| _ = world.write("Nina/Blue/03 Blue.mp3", &content("three", 900)), 1, 1),
        ("a file with new content", &|| _ = world.write("Nina/Red/02 Red.mp3", &content("other", 900)), 1, 1),
        ("a file that is gone", &|| world.remove("Nina/Green/01 Green.mp3"), 1, 1),
        ("a file that is back", &|| _ = world.write("Nina/Green/01 Green.mp3", &content("back", 900)), 1, 1),
        ("a file in another album", &|| world.rename("Nina/Blue/01 Blue.mp3", "Nina/Red/03 Red.mp3"), 2, 2),
    ];
    for (what, change, marks, lacks) in changes {
        change();
        world.scan();
        assert_eq!(marked(&world), marks, "{what}");
        let found = lacking(&world);
        assert_eq!(found.len(), lacks, "{what}");
        assert_eq!(lacking_of_all(&world), found, "{what}");
        assert_eq!((run(&world, &ALBUM), lacking(&world), marked(&world)), (lacks, vec![], 0), "{what}");
    }
    let album = world.items(ItemKind::Album)[0].id;
    let db = Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    db.execute("DELETE FROM item_products WHERE item = ?1", [album.0]).unwrap();
    assert_eq!(lacking(&world), [album], "a product that is lost is a lack again");
}

#[test]
fn what_does_not_touch_the_inputs_makes_nothing_anew() {
    let world = music(&["01 One", "02 Two"]);
    analyse(&world, "01 One", 700);
    assert_eq!(run(&world, &ALBUM), 1);
    // A second file of a track, another name, another product: the same content and what is known of it.
    world.write("Nina/Blue/02 Two.m4a", &content("02 Two", 1_000));
    world.rename(&path("01 One"), &path("01 Uno"));
    world.make_media_info(world.part(&path("02 Two")).source, &[]);
    world.scan();
    assert_eq!((lacking(&world), made(&world).unwrap().2), (vec![], 700));
}

#[test]
fn it_is_told_of_the_sections_that_are_asked_for_and_where_the_switch_is_on() {
    let world = music(&["01 One"]);
    analyse(&world, "01 One", 700);
    let asked = |section: Option<SectionId>, switch: Option<&str>| {
        world.library.underived(&ALBUM, section, switch, at(0), false).unwrap().len()
    };
    assert_eq!((asked(None, None), asked(Some(world.section), None)), (1, 1));
    assert_eq!(asked(Some(SectionId(99)), None), 0);
    world.library.set_section_switches(world.section, vec![("Own".to_owned(), false)]).unwrap();
    assert_eq!((asked(None, Some("Own")), asked(None, Some("Other"))), (0, 1));
}

#[test]
fn a_failure_of_an_item_rests_until_its_inputs_change_or_a_person_asks() {
    let world = music(&["01 One"]);
    analyse(&world, "01 One", 700);
    let record = RunRecord::new(RunId(1), TaskName::LoudnessAnalysis, Origin::Person, Ask::all(false), at(0));
    world.library.save_run(&record).unwrap();
    let fails = Derivation { derive: |_| Err(Failure::content("It is a riddle.")), ..ALBUM };
    assert_eq!((run(&world, &fails), lacking(&world)), (1, vec![]));
    let album = world.only(ItemKind::Album).row.id;
    let failures = world.library.failures(0, 10).unwrap();
    assert_eq!((failures.total, failures.rows.len()), (1, 1));
    let failure = &failures.rows[0];
    assert_eq!((failure.subject, failure.kind), (FailureSubject::Item(album), Some(ALBUM.makes)));
    assert!(failure.path.ends_with("Nina/Blue"), "{failure:?}");
    assert_eq!(world.library.failures_of_item(album).unwrap(), failures.rows);
    assert_eq!(world.library.failure_summary().unwrap().groups[0].failures, 1);
    // By force, since a person asks, and since another track is known.
    assert_eq!(world.library.underived(&ALBUM, None, None, at(0), true).unwrap(), [album]);
    world.library.retry_failure(failure.id, at(world.clock.get())).unwrap();
    assert_eq!((lacking(&world), run(&world, &fails), lacking(&world)), (vec![album], 1, vec![]));
    analyse(&world, "01 One", 500);
    assert_eq!((run(&world, &ALBUM), made(&world)), (1, Some((1, 1, 500))));
    assert_eq!(world.library.failures(0, 10).unwrap().total, 0, "it is made");
}

#[test]
fn a_track_that_is_there_twice_counts_twice_and_one_in_two_qualities_once() {
    let world = music(&["01 One", "02 Two"]);
    // The same content as another track, and another content of the same track.
    world.write(path("03 Again"), &content("01 One", 1_000));
    world.write("Nina/Blue/02 Two.flac", &content("two, lossless", 2_000));
    world.scan();
    for (track, needed) in [("01 One", 700), ("02 Two", 900)] {
        analyse(&world, track, needed);
    }
    let album = world.only(ItemKind::Album).row.id;
    let of_children = || {
        let (inputs, digest) = world.library.inputs(&ALBUM, album).unwrap().unwrap();
        let needed: Vec<Option<u64>> =
            inputs.each_child::<Summary>().map(|made| made.map(|made| made.total.needed[0])).collect();
        (needed, inputs.sources.len(), digest)
    };
    let (needed, sources, before) = of_children();
    assert_eq!((needed, sources), (vec![Some(700), Some(900), Some(700)], 3));
    assert_eq!(run(&world, &ALBUM), 1);
    world.remove(&path("03 Again"));
    world.scan();
    let (needed, sources, after) = of_children();
    assert_eq!((needed, sources), (vec![Some(700), Some(900)], 3));
    assert_ne!(before, after, "the contents are the same, and the tracks are not");
    assert_eq!(run(&world, &ALBUM), 1);
}
