//! GarbageCollectBlobs and OptimizeDatabase.

use std::fs;
use std::io::Write;

use butler_api::TaskName::{GarbageCollectBlobs, OptimizeDatabase};
use butler_library::{Library, MadeProduct, Published, PublishedUnit, SourceId};
use butler_product::{ProductKind, Spec, bif};
use butler_tasks::{Deed, TaskError};
use jiff::Timestamp;

use crate::world::{World, counted, day};

/// Makes a preview of a source, as a worker would.
fn make_bif(library: &Library, source: SourceId) {
    let made_from = library.fingerprint(source).unwrap().unwrap();
    let spec = Spec::Bif(bif::Params::default());
    let staged = library.blobs().staged().unwrap();
    staged.file().write_all(b"pictures").unwrap();
    let blob = staged.publish(&spec.blob_name(made_from), 8).unwrap();
    let value = bif::Summary { pictures: 1, interval_ms: 10_000, width: 320, height: 180 }.into();
    let unit = PublishedUnit {
        source,
        made_from,
        products: vec![MadeProduct { spec, value, blob: Some(blob) }],
        failures: vec![],
        gains: vec![],
        cost: None,
        made_at: day(0),
    };
    assert_eq!(library.publish(unit).unwrap(), Published::Kept);
}

#[test]
fn what_nothing_needs_goes_after_its_days_and_what_is_lost_is_made_anew() {
    let mut world = World::new(2);
    let sources = [SourceId(1), SourceId(2)];
    sources.iter().for_each(|source| make_bif(&world.library, *source));
    let stray = world.own("blobs/bif/zz/stray.bif", 5, Timestamp::UNIX_EPOCH);
    let lost = world.library.open_product(sources[0], ProductKind::Bif).unwrap().unwrap().blob.name;
    fs::remove_file(world.library.data_dir().join("blobs").join(&lost)).unwrap();

    let (plan, facts) = world.does_what_it_shows(&GarbageCollectBlobs, day(0));
    assert_eq!(plan.actions.iter().map(|action| action.deed).collect::<Vec<_>>(), [Deed::Remake]);
    assert_eq!((counted(&facts, "to be made anew"), counted(&facts, "removed")), (1, 0));
    assert!(stray.exists() && world.library.product(sources[0], ProductKind::Bif).unwrap().is_none());

    assert_eq!(world.plan(&GarbageCollectBlobs, day(4)).unwrap().actions, []);
    let (plan, facts) = world.does_what_it_shows(&GarbageCollectBlobs, day(6));
    assert_eq!((plan.actions[0].deed, plan.actions[0].bytes), (Deed::Remove, 5));
    assert_eq!((counted(&facts, "removed"), counted(&facts, "bytes removed")), (1, 5));
    assert!(!stray.exists() && world.library.open_product(sources[1], ProductKind::Bif).unwrap().is_some());
    assert_eq!(world.plan(&GarbageCollectBlobs, day(60)).unwrap().actions, []);

    // With no days of grace what is new goes at once.
    world.own("blobs/bif/zz/stray.bif", 5, Timestamp::UNIX_EPOCH);
    world.set("ButlerBlobGraceDays", "0");
    world.does_what_it_shows(&GarbageCollectBlobs, day(7));
    assert!(!stray.exists());
}

#[test]
fn nothing_is_done_while_the_disk_of_the_blobs_is_away() {
    let world = World::new(1);
    make_bif(&world.library, SourceId(1));
    world.run(&GarbageCollectBlobs, day(0)).unwrap();
    let (blobs, elsewhere) = (world.library.data_dir().join("blobs"), world.folder.path().join("elsewhere"));
    fs::rename(&blobs, &elsewhere).unwrap();
    fs::create_dir(&blobs).unwrap();
    for refused in [
        world.plan(&GarbageCollectBlobs, day(7)).map(|_| ()),
        world.run(&GarbageCollectBlobs, day(7)).map(|_| ()),
    ] {
        let Err(TaskError::Failed(sentence)) = refused else { panic!("{refused:?}") };
        assert!(sentence.contains("mount it") && sentence.ends_with("Nothing was removed."), "{sentence}");
    }
    fs::remove_dir(&blobs).unwrap();
    fs::rename(&elsewhere, &blobs).unwrap();
    assert_eq!(world.plan(&GarbageCollectBlobs, day(7)).unwrap().actions, []);
}

#[test]
fn a_database_gives_back_what_it_needs_no_more_and_says_what_that_won() {
    let world = World::new(3);
    for number in 0..40 {
        let value = Some("x".repeat(100_000));
        world.library.set_settings(vec![(format!("filling-{number}"), value)]).unwrap();
    }
    for number in 0..40 {
        world.library.set_settings(vec![(format!("filling-{number}"), None)]).unwrap();
    }
    let (plan, facts) = world.does_what_it_shows(&OptimizeDatabase, day(0));
    assert_eq!(
        plan.actions.iter().map(|action| action.deed).collect::<Vec<_>>(),
        [Deed::Compact, Deed::Analyze]
    );
    let won = counted(&facts, "given back");
    assert!(won > 3_000_000 && won <= plan.actions[0].bytes, "{facts:#?}");
    assert!(facts.iter().any(|fact| fact.label == "longest wait of a write" && fact.unit == "ms"));
    let left = world.plan(&OptimizeDatabase, day(0)).unwrap();
    assert!(left.actions.iter().all(|action| action.bytes < 500_000), "{left:#?}");
}

#[test]
fn a_damaged_database_is_told_and_not_touched() {
    use std::os::unix::fs::FileExt;
    let world = World::new(3);
    for number in 0..40 {
        let value = Some("x".repeat(100_000));
        world.library.set_settings(vec![(format!("filling-{number}"), value)]).unwrap();
    }
    let World { library, folder, section, settings } = world;
    let database = library.data_dir().join("butler.db");
    drop(library);
    let file = fs::File::options().write(true).open(&database).unwrap();
    let pages = file.metadata().unwrap().len() / 4_096;
    file.write_all_at(&[0xA5; 4_096], pages / 2 * 4_096).unwrap();
    let before = fs::read(&database).unwrap();
    let library = Library::open(&folder.path().join("data")).unwrap();
    let world = World { library, folder, section, settings };
    assert!(!world.library.is_database_damaged());
    let told = world.plan(&OptimizeDatabase, day(0));
    let Err(TaskError::Failed(sentence)) = told else { panic!("{told:?}") };
    assert!(
        sentence.contains("damaged") && sentence.contains("butler backup restore --newest"),
        "{sentence}"
    );
    assert!(world.library.is_database_damaged());
    assert_eq!(fs::read(&database).unwrap(), before);
}
