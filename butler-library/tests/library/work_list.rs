//! The work list: lacks, products, failures.

use std::path::Path;

use butler_api::RunId;
use butler_library::{
    Failed, FailureRow, FailureSubject, FileMark, HeldBack, ItemKind, Lack, MadeProduct, NewFailure,
    Published, PublishedUnit, RunGain, RunLine, Scope, SectionKind, SourceId, Tries, Versions,
};
use butler_product::media_info::StreamKind;
use butler_product::{FailureClass, Fingerprint, ProductKind, Spec, Traits, bif};
use jiff::Timestamp;

use crate::runs::run;
use crate::world::{World, at, bif_value, blob, content, new_section, set_mtime};

const ALL: Scope<'_> =
    Scope { section: None, needs: Traits::CONTENT, switch: None, only: None, versions: Versions::Usable };
const VIDEO: Scope<'_> =
    Scope { section: None, needs: Traits::VIDEO, switch: None, only: None, versions: Versions::Usable };

fn bif_spec() -> Spec {
    Spec::Bif(bif::Params::default())
}

fn lacks(world: &World, spec: &Spec, scope: &Scope<'_>) -> Vec<SourceId> {
    world
        .library
        .lacks(spec, scope, at(world.clock.get()), false)
        .unwrap()
        .into_iter()
        .map(|lack| lack.source)
        .collect()
}

fn failure(kind: ProductKind, next_try_at: Option<Timestamp>) -> NewFailure {
    NewFailure {
        kind,
        version: kind.version(),
        class: FailureClass::Content,
        sentence: "It is damaged.".into(),
        run: Some(RunId(3)),
        next_try_at,
        counts: true,
    }
}

fn failures(world: &World) -> Vec<FailureRow> {
    let page = world.library.failures(0, 100).unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows
}

/// Films `a`, `b`, `c`, the newest last.
fn three_films() -> (World, [SourceId; 3]) {
    let world = World::new(SectionKind::Movie);
    let sources = ["a.mkv", "b.mkv", "c.mkv"].map(|name| {
        world.write(name, &content(name, 1_000));
        world.scan();
        world.part(name).source
    });
    (world, sources)
}

#[test]
fn every_source_lacks_until_it_has_the_product_newest_first() {
    let (world, [a, b, c]) = three_films();
    assert_eq!(lacks(&world, &Spec::MediaInfo, &ALL), [c, b, a]);
    world.make_media_info(b, &[StreamKind::Video]);
    assert_eq!(lacks(&world, &Spec::MediaInfo, &ALL), [c, a]);
    assert_eq!(lacks(&world, &bif_spec(), &ALL), [c, b, a]);
    world.make_bif(b);
    assert_eq!(lacks(&world, &bif_spec(), &ALL), [c, a]);
    // Other parameters are another product, and replace it once they are made.
    assert_eq!(lacks(&world, &Spec::Bif(bif::Params { interval_ms: 5_000, width: 320 }), &ALL), [c, b, a]);
    let lack = world.library.lacks(&Spec::MediaInfo, &ALL, at(0), false).unwrap().remove(0);
    assert_eq!(
        lack,
        Lack {
            source: c,
            fingerprint: world.part("c.mkv").fingerprint,
            size: 1_000,
            added_at: world.part("c.mkv").added_at
        }
    );
}

#[test]
fn a_doubled_file_is_one_lack_and_a_missing_one_is_none() {
    let world = World::new(SectionKind::Movie);
    world.write("a.mkv", b"same");
    world.write("b.mkv", b"same");
    world.write("c.mkv", b"other");
    world.scan();
    assert_eq!(lacks(&world, &bif_spec(), &ALL).len(), 2);
    world.remove("c.mkv");
    world.scan();
    assert_eq!(lacks(&world, &bif_spec(), &ALL), [world.part("a.mkv").source]);
}

#[test]
fn video_parts_are_known_by_their_streams_and_before_that_by_name() {
    let world = World::new(SectionKind::Movie);
    world.write("film.mkv", b"film");
    world.write("sound only.mkv", b"sound");
    let music = world.folder.path().join("music");
    crate::world::write_at(&music.join("track.flac"), b"track", -100);
    world.scan();
    let films = [world.part("film.mkv").source, world.part("sound only.mkv").source];
    let section = world.library.add_section(new_section(SectionKind::Artist, &[&music]), at(1)).unwrap();
    let world = World { section, ..world };
    world.scan();
    let track = world.only(ItemKind::Track).media[0].parts[0].source;

    let sorted = |mut sources: Vec<SourceId>| {
        sources.sort();
        sources
    };
    assert_eq!(sorted(lacks(&world, &bif_spec(), &VIDEO)), films);
    world.make_media_info(films[1], &[StreamKind::Audio]);
    world.make_media_info(track, &[StreamKind::Audio, StreamKind::Picture]);
    assert_eq!(lacks(&world, &bif_spec(), &VIDEO), [films[0]]);
    let of_section =
        |needs| Scope { section: Some(section), needs, switch: None, only: None, versions: Versions::Usable };
    assert_eq!(lacks(&world, &bif_spec(), &of_section(Traits::CONTENT)), [track]);
    assert!(lacks(&world, &bif_spec(), &of_section(Traits::VIDEO)).is_empty());
}

#[test]
fn a_failure_holds_its_lack_back_until_its_next_try() {
    let (world, [a, b, c]) = three_films();
    let now = at(world.clock.get());
    let in_an_hour = now + jiff::SignedDuration::from_hours(1);
    world.library.record_failure(a, failure(ProductKind::Bif, Some(in_an_hour)), now).unwrap();
    world.library.record_failure(b, failure(ProductKind::Bif, None), now).unwrap();
    assert_eq!(lacks(&world, &bif_spec(), &ALL), [c]);
    assert_eq!(lacks(&world, &Spec::MediaInfo, &ALL), [c, b, a], "another product is not held back");
    let held = world.library.held_back(&[(bif_spec(), ALL)], &[], now).unwrap();
    assert_eq!(
        held,
        HeldBack {
            all: Failed { products: 2, files: 2 },
            tried_again: Failed { products: 1, files: 1 },
            next_try_at: Some(in_an_hour)
        },
        "the other rests"
    );
    assert_eq!(
        world.library.lacks(&bif_spec(), &ALL, now, true).unwrap().len(),
        3,
        "forced, whatever is held back"
    );
    assert_eq!(world.library.lacks(&bif_spec(), &ALL, in_an_hour, false).unwrap().len(), 2);

    let resting =
        failures(&world).into_iter().find(|failure| failure.subject == FailureSubject::Source(b)).unwrap();
    assert_eq!(
        (resting.path.file_name().unwrap().to_str().unwrap(), resting.part, resting.tries),
        ("b.mkv", Some(world.part("b.mkv").id), 1)
    );
    world.library.retry_failure(resting.id, now).unwrap();
    assert_eq!(lacks(&world, &bif_spec(), &ALL), [c, b]);
    assert!(world.library.retry_failure(butler_library::FailureId(999), now).is_err());
}

#[test]
fn what_can_t_be_opened_holds_back_all_that_comes_after() {
    let (world, [a, b, c]) = three_films();
    world.library.record_failure(b, failure(ProductKind::MediaInfo, None), at(0)).unwrap();
    assert_eq!(lacks(&world, &bif_spec(), &ALL), [c, a]);
}

#[test]
fn what_failed_is_told_by_its_own_product_and_a_file_of_several_counts_once() {
    let (world, [a, b, c]) = three_films();
    let library = &world.library;
    let later = Some(at(99));
    for (source, kind, next) in [
        (a, ProductKind::MediaInfo, None),
        (a, ProductKind::Bif, later),
        (b, ProductKind::MediaInfo, later),
        (c, ProductKind::Loudness, None),
    ] {
        library.record_failure(source, failure(kind, next), at(0)).unwrap();
    }
    world.write("copy of a.mkv", &std::fs::read(world.media().join("a.mkv")).unwrap());
    world.scan();
    let section = Scope { section: Some(world.section), ..ALL };
    for scope in [ALL, section] {
        let held = |specs: &[Spec]| {
            let demands: Vec<_> = specs.iter().map(|spec| (spec.clone(), scope)).collect();
            let held = library.held_back(&demands, &[], at(1)).unwrap();
            [held.all, held.tried_again].map(|Failed { products, files }| (products, files))
        };
        assert_eq!(held(&[bif_spec()]), [(1, 2), (1, 2)], "not what the headers hold back");
        assert_eq!(held(&[Spec::MediaInfo]), [(2, 3), (1, 1)]);
        assert_eq!(held(&[Spec::MediaInfo, bif_spec()]), [(3, 3), (2, 3)]);
    }
    library.assert_sound();
}

#[test]
fn tries_are_counted_for_each_version_and_class_and_end_with_a_product() {
    let (world, [a, ..]) = three_films();
    let library = &world.library;
    let tried = |class, version| {
        library.tries(a, ProductKind::Bif, version, class).unwrap().map_or(0, |tries| tries.count)
    };
    for tries in 1..=3 {
        library.record_failure(a, failure(ProductKind::Bif, None), at(tries)).unwrap();
        assert_eq!(tried(FailureClass::Content, ProductKind::Bif.version()), tries as u32);
    }
    let unread = NewFailure { class: FailureClass::Source, ..failure(ProductKind::Bif, None) };
    library.record_failure(a, unread, at(4)).unwrap();
    assert_eq!(tried(FailureClass::Source, ProductKind::Bif.version()), 1, "unreadable nights are no damage");
    let newer = NewFailure { version: ProductKind::Bif.version() + 1, ..failure(ProductKind::Bif, None) };
    library.record_failure(a, newer, at(4)).unwrap();
    let tries = |version| tried(FailureClass::Content, version);
    assert_eq!((tries(ProductKind::Bif.version()), tries(ProductKind::Bif.version() + 1)), (0, 1));
    assert_eq!(lacks(&world, &bif_spec(), &ALL).len(), 3, "another version's failure holds nothing back");
    world.make_bif(a);
    assert!(failures(&world).is_empty());
}

#[test]
fn a_try_that_does_not_count_is_recorded_and_uses_none_up() {
    let (world, [a, ..]) = three_films();
    let forced = |at_ms| {
        let failure = NewFailure { counts: false, ..failure(ProductKind::Bif, Some(at(99))) };
        world.library.record_failure(a, failure, at(at_ms)).unwrap();
        world.library.tries(a, ProductKind::Bif, ProductKind::Bif.version(), FailureClass::Content).unwrap()
    };
    let tried = |count| Some(Tries { count, next_at: Some(at(99)) });
    assert_eq!((forced(1), forced(2)), (tried(0), tried(0)));
    world.library.record_failure(a, failure(ProductKind::Bif, Some(at(99))), at(3)).unwrap();
    assert_eq!(forced(4), tried(1));
    assert_eq!(failures(&world)[0].failed_at, at(4));
}

#[test]
fn a_question_that_names_sources_is_answered_of_these_alone() {
    let (world, [a, b, c]) = three_films();
    world.library.record_failure(b, failure(ProductKind::Bif, None), at(0)).unwrap();
    let now = at(world.clock.get());
    for only in [&[a, b][..], &[c], &[]] {
        let scope = Scope { only: Some(only), ..ALL };
        let expect: Vec<SourceId> = [c, a].into_iter().filter(|source| only.contains(source)).collect();
        assert_eq!(lacks(&world, &bif_spec(), &scope), expect);
        let library = &world.library;
        assert_eq!(library.lack_count(&bif_spec(), &scope).unwrap(), only.len() as u64);
        assert_eq!(library.backlog(&bif_spec(), &scope, now).unwrap().sources, expect.len() as u64);
        let held = library.held_back(&[(bif_spec(), scope)], &[], now).unwrap().all.products;
        assert_eq!(held, u64::from(only.contains(&b)));
    }
}

#[test]
fn a_failure_goes_with_its_content() {
    let (world, [a, b, _]) = three_films();
    for source in [a, b] {
        world.library.record_failure(source, failure(ProductKind::Bif, None), at(1)).unwrap();
    }
    let path = world.write("a.mkv", b"mended");
    set_mtime(&path, -10);
    world.remove("b.mkv");
    world.scan();
    assert!(failures(&world).is_empty());
}

#[test]
fn a_unit_is_kept_whole_with_the_progress_of_each_run() {
    let (world, [a, ..]) = three_films();
    let library = &world.library;
    library.save_run(&run(7)).unwrap();
    let gain = RunGain {
        run: RunId(7),
        done: 2,
        failures: 1,
        failed_files: vec![FileMark::of_path(Path::new("/films/a.mkv"))],
        bytes_read: 1_000,
        lines: vec![RunLine::new(at(5), "/films/a.mkv: It is damaged.", true)],
    };
    let staged = library.blobs().staged().unwrap();
    std::io::Write::write_all(&mut staged.file(), b"pictures").unwrap();
    let made_from = library.fingerprint(a).unwrap().unwrap();
    let kept = staged.publish(&bif_spec().blob_name(made_from), 8).unwrap();
    let product = MadeProduct { spec: bif_spec(), value: bif_value(), blob: Some(kept) };
    let failed = failure(ProductKind::MediaInfo, None);
    let unit = PublishedUnit {
        source: a,
        made_from,
        products: vec![product],
        failures: vec![failed],
        gains: vec![gain],
        cost: None,
        made_at: at(5),
    };
    assert_eq!(library.publish(unit.clone()).unwrap(), Published::Kept);
    library.assert_sound();
    let product = library.product(a, ProductKind::Bif).unwrap().unwrap();
    assert_eq!(
        (product.version, product.value, product.made_at),
        (ProductKind::Bif.version(), bif_value(), at(5))
    );
    assert_eq!(library.products_of(a).unwrap().len(), 1);
    assert_eq!(failures(&world).len(), 1);
    let progress = library.run(RunId(7)).unwrap().unwrap().progress;
    assert_eq!((progress.done, progress.failures, progress.bytes_read), (2, 1, 1_000));
    assert_eq!(progress.failed_files, 1);
    let lines = library.run_lines(RunId(7)).unwrap();
    assert_eq!(lines, [RunLine::new(at(5), "/films/a.mkv: It is damaged.", true)]);

    // Of other content nothing is kept, but what was read was read.
    let other = PublishedUnit { made_from: Fingerprint([9; 32]), products: vec![], ..unit };
    assert_eq!(library.publish(other).unwrap(), Published::SourceGone);
    assert_eq!(library.run(RunId(7)).unwrap().unwrap().progress.bytes_read, 2_000);
}

#[test]
fn a_lost_or_cut_blob_is_unsound() {
    let (world, [a, ..]) = three_films();
    let made_from = world.library.fingerprint(a).unwrap().unwrap();
    let product = MadeProduct { spec: bif_spec(), value: bif_value(), blob: Some(blob("bif/no/where", 8)) };
    let unit = PublishedUnit {
        source: a,
        made_from,
        products: vec![product],
        failures: vec![],
        gains: vec![],
        cost: None,
        made_at: at(5),
    };
    assert_eq!(world.library.publish(unit).unwrap(), Published::Kept);
    assert_eq!(world.library.unsound().unwrap(), ["the blob `bif/no/where` of a product: its file is gone"]);
}

#[test]
fn a_name_says_what_a_file_may_have_and_its_headers_what_it_has() {
    let world = World::new(SectionKind::Movie);
    world.write("film.mkv", b"film");
    world.scan();
    let film = world.part("film.mkv").source;
    let meant = |needs| {
        let scope = Scope { section: None, needs, switch: None, only: None, versions: Versions::Usable };
        !lacks(&world, &bif_spec(), &scope).is_empty()
    };
    let of_headers = [Traits::VIDEO, Traits::SOUND, Traits::CHAPTERS];
    let demands = || of_headers.map(meant);
    assert_eq!(demands(), [true, true, true]);
    assert!(!meant(Traits::SOUND | Traits::HEADERS), "it waits for them");
    assert!(meant(Traits::VIDEO | Traits::CHAPTERS) && !meant(Traits::PHOTO) && !meant(Traits::TAGGED));
    world.make_media_info(film, &[StreamKind::Video, StreamKind::Audio]);
    assert_eq!(demands(), [true, true, false]);
    assert!(meant(Traits::SOUND | Traits::HEADERS) && !meant(Traits::VIDEO | Traits::CHAPTERS));
    // What a later scan reads in the name of a copy takes nothing of it back.
    world.write("copy.mkv", b"film");
    world.scan();
    assert_eq!(demands(), [true, true, false]);
}

#[test]
fn a_source_may_have_a_kind_of_product_with_several_parameters() {
    let (world, [film, ..]) = three_films();
    world.make_bif(film);
    let wide = Spec::Bif(bif::Params { interval_ms: 10_000, width: 640 });
    let db = rusqlite::Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    db.execute(
        "INSERT INTO products SELECT source, kind, version, ?1, value, blob, blob_bytes, made_from, made_at + 1 \
         FROM products WHERE source = ?2",
        rusqlite::params![wide.params(), film.0],
    )
    .unwrap();
    assert!(
        !lacks(&world, &wide, &VIDEO).contains(&film) && !lacks(&world, &bif_spec(), &VIDEO).contains(&film)
    );
    assert_eq!(world.library.products_of(film).unwrap().len(), 2);
    let newest = world.library.product(film, ProductKind::Bif).unwrap().unwrap();
    assert_eq!(newest.params, wide.params());
    // Previews are kept in one size only.
    world.make_bif(film);
    let kept = world.library.products_of(film).unwrap();
    assert_eq!(kept.iter().map(|product| &product.params).collect::<Vec<_>>(), [&bif_spec().params()]);
}
