//! What a scan makes of folders: the tree of items.

use butler_library::{ItemFilter, ItemKind, SectionKind};

use crate::world::{World, content};

fn titles(world: &World, kind: ItemKind) -> Vec<String> {
    world.items(kind).into_iter().map(|item| item.title).collect()
}

#[test]
fn films_are_listed_by_sort_title_with_paging() {
    let world = World::new(SectionKind::Movie);
    for name in ["The Third Man (1949)", "Amélie (2001)", "Heat (1995)", "alien (1979)"] {
        world.write(format!("{name}/{name}.mkv"), &content(name, 1_000));
    }
    world.write("Heat (1995)/poster.jpg", b"no film");
    let report = world.scan();
    assert_eq!((report.seen, report.added, report.failures.len()), (4, 4, 0));
    assert_eq!(titles(&world, ItemKind::Movie), ["alien", "Amélie", "Heat", "The Third Man"]);

    let page = world.library.items_of_section(world.section, ItemFilter::default(), 1, 2).unwrap();
    assert_eq!(page.rows.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["Amélie", "Heat"]);
    assert_eq!(page.total, 4);
    assert_eq!(page.rows[1].year, Some(1995));
    let section = world.library.section(world.section).unwrap().unwrap();
    assert!(section.scanned_at.is_some() && section.content_changed_at > 0);
}

#[test]
fn two_files_of_one_film_are_two_versions_of_one_item() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995) - 1080p.mkv", b"large");
    world.write("Heat (1995)/Heat (1995) - 480p.mp4", b"small");
    world.write("Other/Heat (1995).mkv", b"another film folder");
    world.scan();
    let mut versions: Vec<_> = world
        .items(ItemKind::Movie)
        .iter()
        .map(|item| world.library.item(item.id).unwrap().unwrap().media.len())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2]);
}

#[test]
fn a_show_has_seasons_and_episodes() {
    let world = World::new(SectionKind::Show);
    for name in [
        "Season 01/Show - S01E01 - Pilot",
        "Season 01/Show - S01E02",
        "Season 02/2x01",
        "Specials/Show S00E01",
    ] {
        world.write(format!("Show (2010)/{name}.mkv"), &content(name, 500));
    }
    world.scan();
    let show = world.only(ItemKind::Show).row;
    assert_eq!((show.title.as_str(), show.year, show.children), ("Show", Some(2010), 3));
    let seasons = world.library.children_of(show.id).unwrap();
    assert_eq!(
        seasons.iter().map(|season| season.title.as_str()).collect::<Vec<_>>(),
        ["Specials", "Season 1", "Season 2"]
    );
    let episodes = world.library.children_of(seasons[1].id).unwrap();
    let told: Vec<_> = episodes.iter().map(|episode| (episode.number, episode.title.as_str())).collect();
    assert_eq!(told, [(Some(1), "Pilot"), (Some(2), "Episode 2")]);
    assert_eq!(episodes[0].parent.as_ref().unwrap().number, Some(1));
    assert_eq!(episodes[0].grandparent.as_ref().unwrap().title, "Show");
}

#[test]
fn an_artist_has_albums_and_tracks() {
    let world = World::new(SectionKind::Artist);
    for name in [
        "Kind of Blue/01 - So What.flac",
        "Kind of Blue/02 - Freddie Freeloader.flac",
        "Milestones/01 Dr. Jackle.mp3",
    ] {
        world.write(format!("Miles Davis/{name}"), &content(name, 500));
    }
    world.scan();
    assert_eq!(titles(&world, ItemKind::Artist), ["Miles Davis"]);
    assert_eq!(titles(&world, ItemKind::Album), ["Kind of Blue", "Milestones"]);
    assert_eq!(titles(&world, ItemKind::Track), ["Dr. Jackle", "Freddie Freeloader", "So What"]);
}

#[test]
fn photos_of_one_name_in_two_folders_are_two() {
    let world = World::new(SectionKind::Photo);
    world.write("2023/IMG_1.jpg", b"a");
    world.write("2024/IMG_1.jpg", b"b");
    world.scan();
    assert_eq!(titles(&world, ItemKind::Photo), ["IMG_1", "IMG_1"]);
}
