//! GarbageCollectLibraryMedia, CleanOldBundles, and the trash that a scan empties.

use std::fs;

use butler_api::TaskName::{CleanOldBundles, GarbageCollectLibraryMedia, RefreshLibraries};
use butler_library::{ItemFilter, ItemKind};
use butler_tasks::{Deed, LibraryChange};

use crate::world::{Told, World, counted, day};

fn films(world: &World) -> u64 {
    let movies = ItemFilter { kind: Some(ItemKind::Movie) };
    world.library.items_of_section(world.section, movies, 0, 1_000).unwrap().total
}

#[test]
fn a_film_leaves_after_its_days_and_what_was_made_of_it_after_as_many_more() {
    let world = World::new(20);
    world.remove(1..=2);
    world.scan(day(1));
    assert_eq!(world.plan(&GarbageCollectLibraryMedia, day(30)).unwrap().actions, []);
    let (plan, facts) = world.does_what_it_shows(&GarbageCollectLibraryMedia, day(32));
    assert_eq!(plan.actions.len(), 2);
    assert!(plan.actions.iter().all(|action| action.deed == Deed::Forget && action.bytes == 500));
    assert_eq!((counted(&facts, "forgotten"), films(&world)), (2, 18));

    // What was made of them goes at the next run; whichever of the two tasks comes first.
    let (plan, _) = world.does_what_it_shows(&CleanOldBundles, day(33));
    assert_eq!(plan.actions.len(), 2);
    assert!(world.library.fingerprint(butler_library::SourceId(1)).unwrap().is_none());
    assert_eq!(world.plan(&GarbageCollectLibraryMedia, day(90)).unwrap().actions, []);
}

#[test]
fn how_long_a_missing_film_stays_is_a_setting() {
    let mut world = World::new(20);
    world.remove(1..=1);
    world.scan(day(1));
    assert_eq!(world.plan(&GarbageCollectLibraryMedia, day(12)).unwrap().actions, []);
    world.set("ButlerTrashDays", "9");
    assert_eq!(world.plan(&GarbageCollectLibraryMedia, day(12)).unwrap().actions.len(), 1);
}

#[test]
fn a_film_that_comes_back_in_time_is_the_film_it_was() {
    let world = World::new(20);
    world.remove(1..=1);
    world.scan(day(1));
    world.write(1);
    // No scan has seen it yet.
    assert_eq!(world.plan(&GarbageCollectLibraryMedia, day(40)).unwrap().actions, []);
    world.scan(day(40));
    assert_eq!(
        (world.plan(&GarbageCollectLibraryMedia, day(90)).unwrap().actions, films(&world)),
        (vec![], 20)
    );
}

#[test]
fn more_than_a_tenth_waits_for_a_persons_word_and_the_word_is_for_that_plan_only() {
    let world = World::new(20);
    world.remove(1..=3);
    world.scan(day(1));
    let now = day(40);
    let waits = world.plan(&GarbageCollectLibraryMedia, now).unwrap().waits.unwrap();
    assert_eq!(waits.actions.len(), 3);
    assert!(
        waits.sentence.starts_with("3 of 20 files of the library \"Films\" are gone"),
        "{}",
        waits.sentence
    );
    let facts = world.run(&GarbageCollectLibraryMedia, now).unwrap().into_facts();
    assert_eq!((counted(&facts, "waiting for a person's word"), films(&world)), (3, 20));
    let kept = world.library.waiting_plans().unwrap();
    assert_eq!((kept.len(), &kept[0].digest, kept[0].confirmed_at), (1, &waits.digest, None));

    // Confirmed, and then one more is gone: the word is void.
    let task = GarbageCollectLibraryMedia;
    world.library.confirm_plan(&task, &waits.digest, &waits.sentence, now).unwrap();
    world.remove(4..=4);
    world.scan(day(2));
    let changed = world.plan(&GarbageCollectLibraryMedia, now).unwrap().waits.unwrap();
    assert_ne!(changed.digest, waits.digest);
    world.run(&GarbageCollectLibraryMedia, now).unwrap();
    assert_eq!((films(&world), world.library.waiting_plans().unwrap()[0].confirmed_at), (20, None));

    world.library.confirm_plan(&task, &changed.digest, &changed.sentence, now).unwrap();
    let (plan, _) = world.does_what_it_shows(&GarbageCollectLibraryMedia, now);
    assert_eq!((plan.actions.len(), plan.waits, films(&world)), (4, None, 16));
    assert_eq!(world.library.waiting_plans().unwrap(), []);
}

#[test]
fn a_person_who_empties_a_sections_trash_waits_no_days_and_is_not_asked() {
    let world = World::new(10);
    world.remove(1..=5);
    world.scan(day(1));
    let told = Told::default();
    let report = world.run_by(&GarbageCollectLibraryMedia, day(1), Some(world.section), &told).unwrap();
    assert_eq!((counted(&report.into_facts(), "forgotten"), films(&world)), (5, 5));
    assert_eq!(*told.changed.lock().unwrap(), [LibraryChange::Section(world.section)]);
}

#[test]
fn a_root_that_is_away_is_told_and_nothing_of_it_is_forgotten_whoever_asks() {
    let world = World::new(20);
    world.remove(1..=1);
    world.scan(day(1));
    let (media, elsewhere) = (world.folder.path().join("media"), world.folder.path().join("elsewhere"));
    fs::rename(&media, &elsewhere).unwrap();
    fs::create_dir(&media).unwrap();
    for section in [None, Some(world.section)] {
        let told = &Told::default();
        let report = world.run_by(&GarbageCollectLibraryMedia, day(40), section, told).unwrap();
        assert_eq!(report.roots_away.len(), 1);
        let facts = report.into_facts();
        assert!(
            facts.iter().any(|fact| fact.value.as_str().is_some_and(|why| why.contains("is empty"))),
            "{facts:?}"
        );
    }
    assert_eq!(films(&world), 20);
    fs::remove_dir(&media).unwrap();
    fs::rename(&elsewhere, &media).unwrap();
    world.does_what_it_shows(&GarbageCollectLibraryMedia, day(41));
    assert_eq!(films(&world), 19);
}

#[test]
fn a_scan_empties_the_trash_if_that_is_set_and_leaves_what_is_too_much() {
    let mut world = World::new(20);
    world.remove(1..=1);
    world.run(&RefreshLibraries, day(1)).unwrap();
    assert_eq!(films(&world), 20);
    world.set("autoEmptyTrash", "1");
    let facts = world.run(&RefreshLibraries, day(2)).unwrap().into_facts();
    assert_eq!((counted(&facts, "forgotten"), films(&world)), (1, 19));
    world.remove(2..=9);
    let facts = world.run(&RefreshLibraries, day(3)).unwrap().into_facts();
    assert!(facts.iter().any(|fact| fact.label == "left in the trash"), "{facts:?}");
    assert_eq!(films(&world), 19);
}

#[test]
fn a_run_that_is_stopped_tells_what_it_did_and_the_next_goes_on() {
    let world = World::new(20);
    world.remove(1..=2);
    world.scan(day(1));
    world.run(&GarbageCollectLibraryMedia, day(32)).unwrap();
    let told = Told { stop_after: Some(1), ..Told::default() };
    let report = world.run_by(&CleanOldBundles, day(70), None, &told).unwrap();
    assert_eq!(counted(&report.into_facts(), "forgotten"), 1);
    assert_eq!(world.plan(&CleanOldBundles, day(70)).unwrap().actions.len(), 1);
}
