//! What a scan makes of a real library's names: editions, versions, pieces, extras, and episodes of every
//! sort. And that a dry run says the same before.

use std::fmt::Write;
use std::path::Path;

use butler_library::query::{Filter, ItemQuery, ItemScope, Relative, Test};
use butler_library::{
    CheckError, CheckedItem, ItemId, ItemKind, ItemRow, RootError, SectionEdit, SectionKind, check_folder,
};

use crate::world::{World, at, content};

/// The films of one person, over years and from everywhere.
const FILMS: &[&str] = &[
    "Alien (1979).mkv",
    "Alien (1979)-trailer.mkv",
    "Blade Runner (1982)/Blade Runner (1982) {edition-Final Cut}.mkv",
    "Blade Runner (1982)/Blade Runner (1982).mkv",
    "Blade Runner (1982)/Trailers/Teaser.mkv",
    "Brazil (1985) {tmdb-68}/Brazil (1985) - 1080p.mkv",
    "Brazil (1985) {tmdb-68}/Brazil (1985) - 480p.mp4",
    "Das Boot (1981)/Das Boot (1981) - cd1.avi",
    "Das Boot (1981)/Das Boot (1981) - cd2.avi",
    "Das Boot (1981)/Behind The Scenes/The Boat.mkv",
    "Das Boot (1981)/Das Boot (1981)-featurette.mkv",
    "Ronin (1998)/Ronin (1998).mkv",
    "Zz/Ronin (1998).mkv",
];

const SHOWS: &[&str] = &[
    "Dark (2017) {tvdb-334824}/Season 01/Dark (2017) - S01E01 - Secrets.mkv",
    "Dark (2017) {tvdb-334824}/Season 01/Dark (2017) - S01E02-E03.mkv",
    "Dark (2017) {tvdb-334824}/Season 02/Dark (2017) - S02E01.mkv",
    "Dark (2017) {tvdb-334824}/Specials/Dark (2017) - S00E01 - Making Of.mkv",
    "Dark (2017) {tvdb-334824}/Trailers/First Look.mkv",
    "The Late Show/Season 2019/The Late Show - 2019-03-04 - Somebody.mkv",
    "The Late Show/Season 2019/The Late Show - 2019-03-05.mkv",
];

fn world(kind: SectionKind, files: &[&str]) -> World {
    let world = World::new(kind);
    for name in files {
        world.write(name, &content(name, 700));
    }
    world
}

/// One line of a tree: what it is, its name and numbers, its versions' files.
fn line(row: &Told<'_>, depth: usize) -> String {
    let mut text = format!("{:indent$}{} {}", "", row.kind, row.title, indent = depth * 2);
    let mut say = |what: Option<String>| what.iter().for_each(|what| write!(text, " {what}").unwrap());
    say(row.year.map(|year| format!("({year})")));
    say(row.edition.map(|edition| format!("{{{edition}}}")));
    say(row.number.map(|number| format!("#{number}")));
    say(row.aired.map(|day| format!("on {day}")));
    say((!row.ids.is_empty()).then(|| row.ids.join(" ")));
    say(row.extra.map(|extra| format!("<{extra}>")));
    for (label, files) in &row.versions {
        let label = label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
        write!(text, " [{label}{}]", files.join(" + ")).unwrap();
    }
    text + "\n"
}

struct Told<'a> {
    kind: ItemKind,
    title: &'a str,
    year: Option<u16>,
    number: Option<u32>,
    aired: Option<jiff::civil::Date>,
    edition: Option<&'a str>,
    ids: &'a [String],
    extra: Option<&'a str>,
    versions: Vec<(Option<String>, Vec<String>)>,
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn stored(world: &World, row: &ItemRow, depth: usize, text: &mut String) {
    let media = world.library.item(row.id).unwrap().unwrap().media;
    let versions = media
        .into_iter()
        .map(|media| (media.label, media.parts.iter().map(|part| name(&part.path)).collect()));
    *text += &line(
        &Told {
            kind: row.kind,
            title: &row.title,
            year: row.year,
            number: row.number,
            aired: row.aired,
            edition: row.edition.as_deref(),
            ids: &row.ids,
            extra: row.extra.as_deref(),
            versions: versions.collect(),
        },
        depth,
    );
    world.library.children_of(row.id).unwrap().iter().for_each(|child| stored(world, child, depth + 1, text));
    world.library.extras_of(row.id).unwrap().iter().for_each(|extra| stored(world, extra, depth + 1, text));
}

fn tree(world: &World) -> String {
    let top = world.library.section(world.section).unwrap().unwrap().kind.top();
    let mut text = String::new();
    world.items(top).iter().for_each(|row| stored(world, row, 0, &mut text));
    text
}

fn would_be(item: &CheckedItem, depth: usize, text: &mut String) {
    let versions = item
        .versions
        .iter()
        .map(|version| (version.label.clone(), version.files.iter().map(|file| name(file)).collect()));
    *text += &line(
        &Told {
            kind: item.kind,
            title: &item.title,
            year: item.year,
            number: item.number,
            aired: item.aired,
            edition: item.edition.as_deref(),
            ids: &item.ids,
            extra: item.extra,
            versions: versions.collect(),
        },
        depth,
    );
    item.children.iter().chain(&item.extras).for_each(|child| would_be(child, depth + 1, text));
}

fn checked(world: &World, kind: Option<SectionKind>) -> String {
    let checked = check_folder(&world.library, &world.media(), kind, &mut || false).unwrap();
    let mut text = String::new();
    checked.items.iter().for_each(|item| would_be(item, 0, &mut text));
    text
}

fn id_of(world: &World, kind: ItemKind, title: &str) -> ItemId {
    let items = world.items(kind);
    items.iter().find(|item| item.title == title).unwrap_or_else(|| panic!("no {title} in {items:?}")).id
}

#[test]
fn films_come_in_editions_versions_and_pieces_with_their_extras() {
    let world = world(SectionKind::Movie, FILMS);
    let before = checked(&world, None);
    world.scan();
    let expect = "\
movie Alien (1979) [Alien (1979).mkv]
  extra Trailer <trailer> [Alien (1979)-trailer.mkv]
movie Blade Runner (1982) [Blade Runner (1982).mkv]
  extra Teaser <trailer> [Teaser.mkv]
movie Blade Runner (1982) {Final Cut} [Blade Runner (1982) {edition-Final Cut}.mkv]
movie Brazil (1985) tmdb://68 [1080p: Brazil (1985) - 1080p.mkv] [480p: Brazil (1985) - 480p.mp4]
movie Das Boot (1981) [Das Boot (1981) - cd1.avi + Das Boot (1981) - cd2.avi]
  extra The Boat <behind-the-scenes> [The Boat.mkv]
  extra Featurette <featurette> [Das Boot (1981)-featurette.mkv]
movie Ronin (1998) [Ronin (1998).mkv]
movie Ronin (1998) [Ronin (1998).mkv]
";
    assert_eq!(sorted(&tree(&world)), sorted(expect), "{}", tree(&world));
    assert_eq!(sorted(&before), sorted(&tree(&world)), "a dry run says what a scan finds");
    let guids: Vec<_> = world.items(ItemKind::Movie).iter().map(|item| item.guid()).collect();
    assert_eq!(guids[1], guids[2], "two editions are one film");
    let of_guid = |guid: &str| {
        let scope = ItemScope::Listed { section: Some(world.section), kinds: vec![ItemKind::Movie] };
        let filter = Filter::Of(Relative::Own, Test::Guid(guid.to_owned()));
        world.library.items(&ItemQuery { filter, ..ItemQuery::all(scope) }, 0, 10).unwrap().rows
    };
    for item in world.items(ItemKind::Movie) {
        let same: Vec<_> = of_guid(&item.guid()).iter().map(|item| item.guid()).collect();
        assert!(!same.is_empty() && same.iter().all(|guid| *guid == item.guid()), "{item:?}: {same:?}");
    }
    assert_eq!(of_guid(&guids[1]).len(), 2);
    assert_eq!(of_guid("tmdb://68")[0].title, "Brazil");
}

/// Items of one title have no order between the two trees.
fn sorted(tree: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in tree.lines() {
        match items.last_mut() {
            Some(item) if line.starts_with(' ') => *item += &format!("\n{line}"),
            _ => items.push(line.to_owned()),
        }
    }
    items.sort();
    items
}

#[test]
fn shows_have_seasons_specials_dated_episodes_and_files_of_several() {
    let world = world(SectionKind::Show, SHOWS);
    let before = checked(&world, None);
    world.scan();
    let expect = "\
show Dark (2017) tvdb://334824
  season Specials #0
    episode Making Of #1 [Dark (2017) - S00E01 - Making Of.mkv]
  season Season 1 #1
    episode Secrets #1 [Dark (2017) - S01E01 - Secrets.mkv]
    episode Episode 2 #2 [Dark (2017) - S01E02-E03.mkv]
    episode Episode 3 #3 [Dark (2017) - S01E02-E03.mkv]
  season Season 2 #2
    episode Episode 1 #1 [Dark (2017) - S02E01.mkv]
  extra First Look <trailer> [First Look.mkv]
show The Late Show
  season Season 2019 #2019
    episode Somebody on 2019-03-04 [The Late Show - 2019-03-04 - Somebody.mkv]
    episode 2019-03-05 on 2019-03-05 [The Late Show - 2019-03-05.mkv]
";
    assert_eq!(tree(&world), expect);
    assert_eq!(before, expect, "a dry run says what a scan finds");
    assert_eq!(world.parts().len(), SHOWS.len(), "a file of two episodes is one part");
}

#[test]
fn an_extra_waits_for_its_film_and_makes_none() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Trailers/Teaser.mkv", b"teaser");
    world.write("Heat (1995)/Heat (1995)-trailer.mkv", b"trailer");
    world.scan();
    assert!(world.items(ItemKind::Movie).is_empty());
    let extras: Vec<_> =
        world.items(ItemKind::Extra).iter().map(|extra| (extra.id, extra.parent.is_some())).collect();
    assert_eq!(extras.len(), 2);
    let check = check_folder(&world.library, &world.media(), None, &mut || false).unwrap();
    assert_eq!((check.items.len(), check.doubts.len()), (0, 2));

    world.write("Heat (1995)/Heat (1995).mkv", b"film");
    world.scan();
    let film = world.only(ItemKind::Movie).row;
    let attached: Vec<_> = world.library.extras_of(film.id).unwrap().iter().map(|extra| extra.id).collect();
    assert_eq!((attached.len(), film.children), (2, 0));
    assert!(extras.iter().all(|(id, was_attached)| attached.contains(id) && !was_attached));
}

#[test]
fn of_several_films_in_a_folder_each_gets_the_extra_that_names_it() {
    let world = world(
        SectionKind::Movie,
        &[
            "Films/Heat (1995).mkv",
            "Films/Heat (1995)-trailer.mkv",
            "Films/Ronin (1998).mkv",
            "Films/Ronin (1998)-trailer.mkv",
            "Films/Trailers/Whose.mkv",
        ],
    );
    world.scan();
    for title in ["Heat", "Ronin"] {
        let extras = world.library.extras_of(id_of(&world, ItemKind::Movie, title)).unwrap();
        assert_eq!(extras.len(), 1, "{title}: {extras:?}");
    }
    // One film left: now it is clear.
    assert!(world.items(ItemKind::Extra).iter().any(|extra| extra.parent.is_none()));
    world.rename("Films/Ronin (1998).mkv", "Ronin (1998)/Ronin (1998).mkv");
    world.rename("Films/Ronin (1998)-trailer.mkv", "Ronin (1998)/Ronin (1998)-trailer.mkv");
    assert_eq!(world.scan().moved, 2);
    assert_eq!(world.library.extras_of(id_of(&world, ItemKind::Movie, "Heat")).unwrap().len(), 2);
    assert_eq!(world.library.extras_of(id_of(&world, ItemKind::Movie, "Ronin")).unwrap().len(), 1);
}

/// Every item with its id, its parts with theirs.
fn ids(world: &World) -> Vec<String> {
    let mut ids: Vec<_> = ItemKind::ALL
        .iter()
        .flat_map(|kind| world.items(*kind))
        .map(|item| format!("{} {}", item.kind, item.id))
        .collect();
    ids.extend(
        world.parts().iter().map(|(_, part)| format!("part {} of {} in {}", part.id, part.item, part.media)),
    );
    ids.sort();
    ids
}

#[test]
fn a_renamed_folder_keeps_every_id_in_it() {
    let world = world(SectionKind::Movie, FILMS);
    world.scan();
    let before = ids(&world);
    let boat = id_of(&world, ItemKind::Movie, "Das Boot");
    for (from, to) in [
        ("Das Boot (1981)", "Films/Das Boot (1981)"),
        ("Blade Runner (1982)", "B"),
        ("Brazil (1985) {tmdb-68}", "Brazil (1985)"),
    ] {
        world.rename(from, to);
    }
    assert_eq!(world.scan().moved, 9);
    assert_eq!(ids(&world), before);
    assert_eq!(world.library.extras_of(boat).unwrap().len(), 2);
    let dump = world.dump();
    world.scan();
    assert_eq!(world.dump(), dump);
}

#[test]
fn a_renamed_show_keeps_every_id_in_it() {
    let world = world(SectionKind::Show, SHOWS);
    world.scan();
    let before = ids(&world);
    world.rename("Dark (2017) {tvdb-334824}", "Finster (2017)");
    assert_eq!(world.scan().moved, 5);
    assert_eq!(ids(&world), before);
    let show = id_of(&world, ItemKind::Show, "Finster");
    assert_eq!(world.library.extras_of(show).unwrap().len(), 1);
}

#[test]
fn a_file_of_two_episodes_that_becomes_one_leaves_the_other() {
    let world = world(SectionKind::Show, &["Dark/S01E01-E02.mkv", "Dark/S01E03.mkv"]);
    world.scan();
    let first = id_of(&world, ItemKind::Episode, "Episode 1");
    world.rename("Dark/S01E01-E02.mkv", "Dark/S01E01.mkv");
    world.scan();
    let left: Vec<_> = world.items(ItemKind::Episode).iter().map(|episode| episode.number).collect();
    assert_eq!((left, id_of(&world, ItemKind::Episode, "Episode 1")), (vec![Some(1), Some(3)], first));
    world.rename("Dark/S01E01.mkv", "Dark/S01E01-E03.mkv");
    world.scan();
    assert_eq!(world.items(ItemKind::Episode).len(), 3);
    let third = id_of(&world, ItemKind::Episode, "Episode 3");
    assert_eq!(world.library.item(third).unwrap().unwrap().media.len(), 2, "its own file and the shared one");
}

#[test]
fn pieces_that_part_become_versions_and_versions_that_join_pieces() {
    let world = world(
        SectionKind::Movie,
        &["Heat (1995)/Heat (1995) - cd1.avi", "Heat (1995)/Heat (1995) - cd2.avi", "b.mkv"],
    );
    world.scan();
    let film = id_of(&world, ItemKind::Movie, "Heat");
    let pieces = || -> Vec<usize> {
        world.library.item(film).unwrap().unwrap().media.iter().map(|media| media.parts.len()).collect()
    };
    assert_eq!(pieces(), [2]);
    world.rename("Heat (1995)/Heat (1995) - cd2.avi", "Heat (1995)/Heat (1995) - Making.avi");
    world.scan();
    assert_eq!(pieces(), [1, 1]);
    world.rename("Heat (1995)/Heat (1995) - Making.avi", "Heat (1995)/Heat (1995) - cd2.avi");
    world.scan();
    assert_eq!(pieces(), [2]);
}

#[test]
fn a_film_that_goes_leaves_its_extra_waiting() {
    let world =
        world(SectionKind::Movie, &["Heat (1995)/Heat (1995).mkv", "Heat (1995)/Trailers/T.mkv", "b.mkv"]);
    world.scan();
    world.rename("Heat (1995)/Heat (1995).mkv", "Crime/Heat (1995).mkv");
    world.scan();
    let extra = world.only(ItemKind::Extra).row;
    assert!(extra.parent.is_none());
    world.rename("Crime/Heat (1995).mkv", "Heat (1995)/Heat (1995).mkv");
    world.scan();
    assert_eq!(world.only(ItemKind::Extra).row.parent.unwrap().id, id_of(&world, ItemKind::Movie, "Heat"));
}

#[test]
fn two_films_of_one_id_in_two_folders_stay_two_of_one_guid() {
    let world = world(
        SectionKind::Movie,
        &["Heat (1995) {tmdb-949}/Heat (1995).mkv", "4K/Heat (1995) {tmdb-949}/Heat (1995).mkv"],
    );
    world.scan();
    let films = world.items(ItemKind::Movie);
    assert_eq!(films.iter().map(ItemRow::guid).collect::<Vec<_>>(), ["tmdb://949", "tmdb://949"]);
}

#[test]
fn a_root_that_goes_takes_a_film_and_leaves_another_roots_extras() {
    let world = World::new(SectionKind::Show);
    let second = world.folder.path().join("second");
    world.write("Dark/Trailers/T.mkv", b"trailer");
    crate::world::write_at(&second.join("Dark/Season 1/S01E01.mkv"), b"one", -100);
    let roots = |roots: &[&Path]| SectionEdit {
        roots: Some(roots.iter().map(|root| root.to_path_buf()).collect()),
        ..SectionEdit::default()
    };
    world.library.edit_section(world.section, roots(&[&world.media(), &second]), at(1)).unwrap();
    world.scan();
    assert!(world.only(ItemKind::Extra).row.parent.is_some());
    world.library.edit_section(world.section, roots(&[&world.media()]), at(2)).unwrap();
    world.scan();
    assert!(world.items(ItemKind::Show).is_empty());
    assert!(world.only(ItemKind::Extra).row.parent.is_none());
}

#[test]
fn a_dry_run_writes_nothing_and_opens_no_media() {
    let world = world(SectionKind::Movie, FILMS);
    let dump = world.dump();
    let checked =
        check_folder(&world.library, &world.media(), Some(SectionKind::Show), &mut || false).unwrap();
    assert_eq!(
        (checked.kind, checked.guessed, checked.files),
        (SectionKind::Show, false, FILMS.len() as u64)
    );
    assert_eq!(world.dump(), dump);
    assert!(world.files.take().is_empty());
}

#[test]
fn a_dry_run_says_what_it_is_asked_wrongly() {
    let world = World::new(SectionKind::Movie);
    let check = |folder: &Path, kind| check_folder(&world.library, folder, kind, &mut || false);
    let elsewhere = world.folder.path().join("elsewhere");
    assert!(matches!(check(&elsewhere, None), Err(CheckError::Root(RootError::Unreachable { .. }))));
    std::fs::create_dir(&elsewhere).unwrap();
    assert!(matches!(check(&elsewhere, None), Err(CheckError::NoMedia(_))));
    assert_eq!(check(&elsewhere, Some(SectionKind::Photo)).unwrap().files, 0);
    std::fs::write(elsewhere.join("Heat (1995).mkv"), b"film").unwrap();
    std::fs::write(elsewhere.join("01 - Track.mp3"), b"track").unwrap();
    let error = check(&elsewhere, None).unwrap_err();
    assert!(matches!(error, CheckError::Unclear { .. }), "{error}");
    assert!(matches!(check_folder(&world.library, &elsewhere, None, &mut || true), Err(CheckError::Stopped)));
    world.library.allow_roots(vec![world.media()]);
    assert!(matches!(check(&elsewhere, None), Err(CheckError::Root(RootError::NotAllowed { .. }))));
}
