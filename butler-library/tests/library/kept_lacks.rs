//! The kept lacks against the question asked of the whole library, after random histories of everything that
//! lacks follow from.

use std::collections::BTreeSet;

use butler_library::{Backlog, Library, NewFailure, Scope, SectionId, SectionKind, SourceId, Versions};
use butler_product::media_info::StreamKind;
use butler_product::{FailureClass, ProductKind, Spec, Traits, bif};
use proptest::prelude::*;
use rusqlite::{Connection, params};

use crate::world::{World, at, new_section};

const SOURCES: i64 = 6;
const PARTS: i64 = 8;

/// Something that happens to a library. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Part {
        part: i64,
        source: i64,
        tagged: Option<i64>,
        medium: usize,
        section: i64,
    },
    Missing {
        part: i64,
        missing: bool,
    },
    PartGone {
        part: i64,
    },
    Learnt {
        source: i64,
        traits: u32,
    },
    Made {
        source: i64,
        kind: usize,
        version: u32,
        interval_ms: u32,
    },
    ProductGone {
        source: i64,
        kind: usize,
    },
    Failed {
        source: i64,
        kind: usize,
        hours: Option<i64>,
    },
    /// The interval is a setting: other demands stand.
    Demanded {
        interval_ms: u32,
        with_tags: bool,
    },
    Rebuilt,
    SectionGone,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let interval = prop_oneof![Just(5_000u32), Just(10_000)];
    let step = prop_oneof![
        6 => (0..PARTS, 0..SOURCES, prop::option::of(0..SOURCES), 0usize..3, 1i64..3)
            .prop_map(|(part, source, tagged, medium, section)| Step::Part { part, source, tagged, medium, section }),
        2 => (0..PARTS, any::<bool>()).prop_map(|(part, missing)| Step::Missing { part, missing }),
        1 => (0..PARTS).prop_map(|part| Step::PartGone { part }),
        3 => (0..SOURCES, 0..=Traits::all().bits()).prop_map(|(source, traits)| Step::Learnt { source, traits }),
        5 => (0..SOURCES, 0usize..5, 0u32..3, interval.clone())
            .prop_map(|(source, kind, version, interval_ms)| Step::Made { source, kind, version, interval_ms }),
        1 => (0..SOURCES, 0usize..5).prop_map(|(source, kind)| Step::ProductGone { source, kind }),
        2 => (0..SOURCES, 0usize..5, prop::option::of(-2i64..3)).prop_map(|(source, kind, hours)| Step::Failed { source, kind, hours }),
        2 => (interval, any::<bool>()).prop_map(|(interval_ms, with_tags)| Step::Demanded { interval_ms, with_tags }),
        1 => Just(Step::Rebuilt),
        1 => Just(Step::SectionGone),
    ];
    prop::collection::vec(step, 1..40)
}

fn bif_at(interval_ms: u32) -> Spec {
    Spec::Bif(bif::Params { interval_ms, width: 320 })
}

fn demands(interval_ms: u32, with_tags: bool) -> Vec<(Spec, Traits)> {
    let mut demands = vec![
        (Spec::MediaInfo, Traits::CONTENT),
        (bif_at(interval_ms), Traits::VIDEO),
        (Spec::Bandwidth, Traits::PLAYABLE),
        (Spec::Photo, Traits::PHOTO),
    ];
    demands.extend(with_tags.then_some((Spec::Tags, Traits::TAGGED)));
    demands
}

/// Does a step as the scanner and the publisher would, row by row.
fn take(library: &Library, db: &Connection, step: &Step) {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| db.execute(sql, values).unwrap();
    match step {
        Step::Part { part, source, tagged, medium, section } => {
            let medium = ["video", "audio", "photo"][*medium];
            run(
                "INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, \
                 tagged, added_at) \
                 SELECT ?1, m.id, r.id, CAST(?1 AS BLOB), ?2, 1, 1, 1, 1, ?3, ?4, 1 FROM roots r JOIN media m \
                 ON m.item = ?5 WHERE r.section = ?5 \
                 ON CONFLICT (id) DO UPDATE SET medium = excluded.medium, source = excluded.source, tagged = \
                 excluded.tagged",
                &[&(part + 1), &medium, &(source + 1), &tagged.map(|tagged| tagged + 1), section],
            );
        }
        Step::Missing { part, missing } => {
            run("UPDATE parts SET missing_since = ?2 WHERE id = ?1", &[&(part + 1), &missing.then_some(1)]);
        }
        Step::PartGone { part } => _ = run("DELETE FROM parts WHERE id = ?1", &[&(part + 1)]),
        Step::Learnt { source, traits } => {
            run("UPDATE sources SET traits = ?2 WHERE id = ?1", &[&(source + 1), traits]);
        }
        Step::Made { source, kind, version, interval_ms } => {
            let kind = ProductKind::ALL[*kind];
            let params = if kind == ProductKind::Bif { bif_at(*interval_ms).params() } else { String::new() };
            run(
                "INSERT INTO products (source, kind, version, params, value, made_from, made_at) VALUES (?1, \
                 ?2, ?3, ?4, '{}', zeroblob(32), 1) \
                 ON CONFLICT DO UPDATE SET version = excluded.version, params = excluded.params",
                &[&(source + 1), &kind.as_str(), version, &params],
            );
            if kind == ProductKind::MediaInfo {
                run("UPDATE sources SET headers = ?2 WHERE id = ?1", &[&(source + 1), version]);
            }
        }
        Step::ProductGone { source, kind } => {
            let kind = ProductKind::ALL[*kind];
            run("DELETE FROM products WHERE source = ?1 AND kind = ?2", &[&(source + 1), &kind.as_str()]);
            if kind == ProductKind::MediaInfo {
                run("UPDATE sources SET headers = 0 WHERE id = ?1", &[&(source + 1)]);
            }
        }
        Step::Failed { source, kind, hours } => {
            let kind = ProductKind::ALL[*kind];
            let next_try_at = hours.map(|hours| at(hours * 3_600));
            let failure = NewFailure {
                kind,
                version: kind.version(),
                class: FailureClass::Content,
                sentence: "It is damaged.".into(),
                run: None,
                next_try_at,
                counts: true,
            };
            library.record_failure(SourceId(source + 1), failure, at(-10_000)).unwrap();
        }
        Step::Demanded { interval_ms, with_tags } => {
            library.keep_lacks(&demands(*interval_ms, *with_tags)).unwrap()
        }
        Step::Rebuilt => library.rebuild_lacks().unwrap(),
        Step::SectionGone => _ = run("DELETE FROM sections WHERE id = 2", &[]),
    }
}

/// Two sections with an item each, and sources that nothing holds yet.
fn world() -> (World, Connection) {
    let world = World::new(SectionKind::Movie);
    let other = world.folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    world.library.add_section(new_section(SectionKind::Movie, &[&other]), at(0)).unwrap();
    let db = Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    for section in 1..3 {
        db.execute(
            "INSERT INTO items (id, section, kind, key, title, sort_title, home, added_at, updated_at) \
             VALUES (?1, ?1, 'movie', x'00', 'A', 'A', x'00', 1, 1)",
            [section],
        )
        .unwrap();
        db.execute("INSERT INTO media (id, item) VALUES (?1, ?1)", [section]).unwrap();
    }
    for source in 1..=SOURCES {
        let print = [source as u8; 32];
        db.execute(
            "INSERT INTO sources (id, fingerprint, sampled, deep, size, traits) VALUES (?1, ?2, ?2, ?2, ?3, ?4)",
            params![source, print, source * 100, Traits::OF_VIDEO_FILE.bits()],
        )
        .unwrap();
    }
    (world, db)
}

/// What is asked of a library about each demand, whole and by section.
fn answers(library: &Library) -> Vec<(Vec<SourceId>, u64, Backlog)> {
    let mut answers = Vec::new();
    for interval_ms in [5_000, 10_000] {
        for (spec, needs) in demands(interval_ms, true) {
            for section in [None, Some(SectionId(1)), Some(SectionId(2))] {
                let scope = Scope { section, needs, switch: None, only: None, versions: Versions::Usable };
                let lacks = |force| {
                    let lacks = library.lacks(&spec, &scope, at(0), force).unwrap();
                    lacks.into_iter().map(|lack| lack.source).collect::<Vec<_>>()
                };
                let (open, backlog) = (lacks(false), library.backlog(&spec, &scope, at(0)).unwrap());
                assert_eq!(
                    (open.len() as u64, open.iter().map(|source| source.0 as u64 * 100).sum()),
                    (backlog.sources, backlog.bytes)
                );
                let held = library.held_back(&[(spec.clone(), scope)], &[], at(0)).unwrap();
                answers.push((open, held.all.products, backlog));
                answers.push((lacks(true), 0, backlog));
            }
        }
    }
    answers
}

fn not_kept(library: &Library) -> BTreeSet<String> {
    library.unsound().unwrap().into_iter().filter(|sentence| sentence.contains("lack")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_kept_answers_as_the_whole_library_does(steps in steps()) {
        let (world, db) = world();
        let library = &world.library;
        library.keep_lacks(&demands(10_000, true)).unwrap();
        for step in &steps {
            take(library, &db, step);
        }
        prop_assert_eq!(not_kept(library), BTreeSet::new());
        let kept = answers(library);
        library.keep_lacks(&[]).unwrap();
        let rows: i64 = db.query_row("SELECT (SELECT count(*) FROM lacks) + (SELECT count(*) FROM demands)", [], |row| row.get(0)).unwrap();
        prop_assert_eq!(rows, 0);
        prop_assert_eq!(kept, answers(library));
    }
}

#[test]
fn a_scan_and_what_workers_make_of_it_leave_no_lack_out() {
    let world = World::new(SectionKind::Movie);
    world.library.keep_lacks(&demands(10_000, true)).unwrap();
    world.write("film.mkv", b"film");
    world.write("sound only.mkv", b"sound");
    world.scan();
    let sound = world.part("sound only.mkv").source;
    world.make_media_info(sound, &[StreamKind::Audio]);
    world.library.assert_sound();
    let scope =
        Scope { section: None, needs: Traits::VIDEO, switch: None, only: None, versions: Versions::Usable };
    let lacks = |spec: &Spec| {
        world
            .library
            .lacks(spec, &scope, at(0), false)
            .unwrap()
            .iter()
            .map(|lack| lack.source)
            .collect::<Vec<_>>()
    };
    let film = world.part("film.mkv").source;
    assert_eq!(lacks(&bif_at(10_000)), [film]);
    world.make_bif(film);
    world.library.assert_sound();
    assert_eq!(lacks(&bif_at(10_000)), []);
    world.library.keep_lacks(&demands(5_000, true)).unwrap();
    world.library.assert_sound();
    assert_eq!(lacks(&bif_at(5_000)), [film]);
    world.remove("film.mkv");
    world.scan();
    assert_eq!(lacks(&bif_at(5_000)), []);
}
