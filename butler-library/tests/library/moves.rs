//! Moves are free: what was made of a file is there wherever it lies, and its item stays itself.

use std::fs;

use butler_library::{ItemKind, ProductRow, SectionEdit, SectionKind};
use butler_product::ProductKind;

use crate::world::{World, at, content, set_mtime, write_at};

fn bif(world: &World, path: &str) -> Option<ProductRow> {
    world.library.product(world.part(path).source, ProductKind::Bif).unwrap()
}

#[test]
fn a_moved_file_keeps_its_item_and_products() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995).mkv", &content("heat", 400_000));
    world.write("other.mkv", b"other");
    world.scan();
    let before = world.part("Heat (1995).mkv");
    world.make_bif(before.source);
    world.rename("Heat (1995).mkv", "Films/Heat (1995)/Heat (1995).mkv");
    let report = world.scan();
    assert_eq!((report.moved, report.added, report.missing), (1, 0, 0));
    let after = world.part("Films/Heat (1995)/Heat (1995).mkv");
    assert_eq!((after.id, after.item, after.added_at), (before.id, before.item, before.added_at));
    assert!(bif(&world, "Films/Heat (1995)/Heat (1995).mkv").is_some());
    // And the next scan finds nothing to do.
    let dump = world.dump();
    world.scan();
    assert_eq!(world.dump(), dump);
}

#[test]
fn a_renamed_file_has_its_new_title_and_its_old_item() {
    let world = World::new(SectionKind::Movie);
    world.write("Haet (1994).mkv", b"film");
    world.write("other.mkv", b"other");
    world.scan();
    let before = world.part("Haet (1994).mkv").item;
    world.rename("Haet (1994).mkv", "Heat (1995).mkv");
    world.scan();
    let item = world.library.item(before).unwrap().unwrap().row;
    assert_eq!((item.title.as_str(), item.sort_title.as_str(), item.year), ("Heat", "Heat", Some(1995)));
}

#[test]
fn a_doubled_file_has_the_products_at_once() {
    let world = World::new(SectionKind::Movie);
    let path = world.write("a.mkv", &content("film", 400_000));
    world.scan();
    world.make_bif(world.part("a.mkv").source);
    fs::copy(&path, world.media().join("b.mkv")).unwrap();
    set_mtime(&world.media().join("b.mkv"), -50);
    let report = world.scan();
    assert_eq!((report.added, report.doubled), (1, 1));
    assert_eq!(world.part("b.mkv").products, [ProductKind::Bif]);
    assert_eq!(world.library.files_of(world.part("a.mkv").source).unwrap().len(), 2);
}

#[test]
fn a_renamed_show_keeps_its_seasons_and_episodes() {
    let world = World::new(SectionKind::Show);
    for episode in 1..=3 {
        world.write(format!("Shwo/Season 1/S01E0{episode}.mkv"), &content(&format!("e{episode}"), 1_000));
    }
    world.scan();
    let (show, season) = (world.only(ItemKind::Show).row.id, world.only(ItemKind::Season).row.id);
    let episodes: Vec<_> = world.items(ItemKind::Episode).iter().map(|item| item.id).collect();
    world.rename("Shwo", "Show (2010)");
    assert_eq!(world.scan().moved, 3);
    let renamed = world.only(ItemKind::Show).row;
    assert_eq!((renamed.id, renamed.title.as_str(), renamed.year), (show, "Show", Some(2010)));
    assert_eq!(world.only(ItemKind::Season).row.id, season);
    assert_eq!(world.items(ItemKind::Episode).iter().map(|item| item.id).collect::<Vec<_>>(), episodes);
}

#[test]
fn one_episode_that_moves_to_another_show_leaves_the_rest_where_it_is() {
    let world = World::new(SectionKind::Show);
    world.write("A/Season 1/S01E01.mkv", b"one");
    world.write("A/Season 1/S01E02.mkv", b"two");
    world.scan();
    let (show, moved) = (world.only(ItemKind::Show).row.id, world.part("A/Season 1/S01E02.mkv").item);
    world.rename("A/Season 1/S01E02.mkv", "B/Season 1/S01E02.mkv");
    world.scan();
    let shows = world.items(ItemKind::Show);
    assert_eq!(shows.iter().map(|show| show.title.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(shows[0].id, show);
    assert_eq!(world.part("B/Season 1/S01E02.mkv").item, moved);
}

#[test]
fn a_show_that_is_split_in_two_becomes_two() {
    let world = World::new(SectionKind::Show);
    world.write("A/S01E01.mkv", b"one");
    world.write("A/S01E02.mkv", b"two");
    world.scan();
    world.rename("A/S01E01.mkv", "B/S01E01.mkv");
    world.rename("A/S01E02.mkv", "C/S01E02.mkv");
    assert_eq!(world.scan().moved, 2);
    assert_eq!(
        world.items(ItemKind::Show).iter().map(|show| show.title.as_str()).collect::<Vec<_>>(),
        ["B", "C"]
    );
}

#[test]
fn two_versions_that_move_together_stay_one_item() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995) - 4K.mkv", b"large");
    world.write("Heat (1995)/Heat (1995) - SD.mkv", b"small");
    world.scan();
    let item = world.only(ItemKind::Movie).row.id;
    world.rename("Heat (1995)", "Films/Heat (1995)");
    assert_eq!(world.scan().moved, 2);
    let moved = world.only(ItemKind::Movie);
    assert_eq!((moved.row.id, moved.media.len()), (item, 2));
}

#[test]
fn a_film_that_moves_to_one_that_is_there_becomes_its_version() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995).mkv", b"one");
    world.write("Inbox/heat-rip.mkv", b"two");
    world.scan();
    let item = world.part("Heat (1995)/Heat (1995).mkv").item;
    world.rename("Inbox/heat-rip.mkv", "Heat (1995)/Heat (1995) - rip.mkv");
    world.scan();
    let only = world.only(ItemKind::Movie);
    assert_eq!((only.row.id, only.media.len()), (item, 2));
}

#[test]
fn a_move_that_is_not_unique_is_no_move() {
    let world = World::new(SectionKind::Movie);
    world.write("a.mkv", b"same");
    world.write("b.mkv", b"same");
    world.write("stays.mkv", b"stays");
    world.scan();
    world.make_bif(world.part("a.mkv").source);
    world.remove("a.mkv");
    world.rename("b.mkv", "c.mkv");
    let report = world.scan();
    assert_eq!((report.moved, report.added, report.missing), (0, 1, 2));
    assert_eq!(world.present(), ["c.mkv", "stays.mkv"]);
    assert!(bif(&world, "c.mkv").is_some(), "products belong to the content all the same");
}

#[test]
fn a_file_that_was_missing_and_comes_back_is_itself_again() {
    let world = World::new(SectionKind::Movie);
    let film = content("film", 5_000);
    world.write("a/film.mkv", &film);
    world.write("b.mkv", b"other");
    world.scan();
    let before = world.part("a/film.mkv");
    world.remove("a/film.mkv");
    assert_eq!(world.scan().missing, 1);
    assert_eq!(world.part("a/film.mkv").missing_since, Some(at(world.clock.get())));
    assert_eq!(world.items(ItemKind::Movie).len(), 2, "the item stays listed");
    assert!(world.library.files_of(before.source).unwrap().is_empty());
    world.files.take();

    world.write("a/film.mkv", &film);
    let report = world.scan();
    assert_eq!((report.back, report.added), (1, 0));
    assert!(world.files.take().is_empty());
    let after = world.part("a/film.mkv");
    assert_eq!((after.id, after.missing_since), (before.id, None));

    // Missing for a scan, and then found elsewhere.
    world.remove("a/film.mkv");
    world.scan();
    world.write("c/film.mkv", &film);
    assert_eq!(world.scan().moved, 1);
    assert_eq!(world.part("c/film.mkv").id, before.id);
}

#[test]
fn a_section_whose_folder_moved_keeps_its_items() {
    let world = World::new(SectionKind::Movie);
    for name in ["Heat (1995)/film.mkv", "Ronin (1998)/film.mkv"] {
        world.write(name, &content(name, 2_000));
    }
    world.scan();
    let before: Vec<_> = world.items(ItemKind::Movie).iter().map(|item| item.id).collect();
    let elsewhere = world.folder.path().join("elsewhere");
    fs::rename(world.media(), &elsewhere).unwrap();
    world
        .library
        .edit_section(
            world.section,
            SectionEdit { roots: Some(vec![elsewhere]), ..SectionEdit::default() },
            at(9),
        )
        .unwrap();
    world.library.assert_sound();
    assert_eq!(world.scan().moved, 2);
    assert_eq!(world.items(ItemKind::Movie).iter().map(|item| item.id).collect::<Vec<_>>(), before);
    assert_eq!(world.present().len(), 2);
}

#[test]
fn a_root_that_is_taken_out_takes_its_items_along_at_the_next_scan() {
    let world = World::new(SectionKind::Movie);
    world.write("a.mkv", b"a");
    let second = world.folder.path().join("second");
    write_at(&second.join("b.mkv"), b"b", -100);
    let roots = |roots: &[&std::path::Path]| SectionEdit {
        roots: Some(roots.iter().map(|root| root.to_path_buf()).collect()),
        ..SectionEdit::default()
    };
    world.library.edit_section(world.section, roots(&[&world.media(), &second]), at(1)).unwrap();
    world.scan();
    assert_eq!(world.items(ItemKind::Movie).len(), 2);
    world.library.edit_section(world.section, roots(&[&world.media()]), at(2)).unwrap();
    world.scan();
    assert_eq!(world.items(ItemKind::Movie).len(), 1);
    assert!(second.join("b.mkv").exists());
}
