//! What an older version made serves, and can be asked for to be made anew: that product only, and only where
//! something older is stored.

use butler_library::{Backlog, RemakeScope, Scope, SectionKind, SourceId, Versions};
use butler_product::{ProductKind, Spec, Traits, bif};
use rusqlite::Connection;

use crate::world::{World, at};

const USABLE: Scope<'_> = Scope {
    section: None,
    needs: Traits::VIDEO,
    switch: Some("enableBIF"),
    only: None,
    versions: Versions::Usable,
};
const NEWEST: Scope<'_> = Scope { versions: Versions::Newest, ..USABLE };

fn previews() -> Spec {
    Spec::Bif(bif::Params::default())
}

/// Sets the stored version of a kind back by one, as if an older build had made it.
fn set_back(world: &World, kind: &str) {
    let connection = Connection::open(world.library.data_dir().join("butler.db")).unwrap();
    connection.execute("UPDATE products SET version = version - 1 WHERE kind = ?1", [kind]).unwrap();
    world.library.assert_sound();
}

/// Two films with headers and previews.
fn films() -> (World, [SourceId; 2]) {
    let world = World::new(SectionKind::Movie);
    ["a.mkv", "b.mkv"].into_iter().for_each(|name| _ = world.write(name, name.as_bytes()));
    world.scan();
    let sources = ["a.mkv", "b.mkv"].map(|name| world.part(name).source);
    for source in sources {
        world.make_media_info(source, &[butler_product::media_info::StreamKind::Video]);
        world.make_bif(source);
    }
    (world, sources)
}

/// The sources that are asked for, which every question agrees about.
fn asked(world: &World, spec: &Spec, scope: &Scope<'_>) -> Vec<SourceId> {
    let library = &world.library;
    let mut lacks = library.lacks(spec, scope, at(9), false).unwrap();
    lacks.sort_by_key(|lack| lack.source);
    let bytes = lacks.iter().map(|lack| lack.size).sum();
    assert_eq!(library.backlog(spec, scope, at(9)).unwrap(), Backlog { sources: lacks.len() as u64, bytes });
    assert_eq!(library.lack_count(spec, scope).unwrap(), lacks.len() as u64);
    for name in ["a.mkv", "b.mkv"] {
        let part = world.part(name);
        let is_lacking = lacks.iter().any(|lack| lack.source == part.source);
        assert_eq!(library.part_lacks(part.id, spec, scope).unwrap(), is_lacking, "{name}");
    }
    lacks.into_iter().map(|lack| lack.source).collect()
}

#[test]
fn a_newer_version_of_one_maker_is_asked_for_of_what_is_stored_of_it_and_of_nothing_else() {
    for is_kept in [true, false] {
        let (world, [a, b]) = films();
        world.library.keep_lacks(&[(previews(), Traits::VIDEO)][..usize::from(is_kept)]).unwrap();
        assert_eq!(asked(&world, &previews(), &NEWEST), []);
        set_back(&world, "bif");
        assert_eq!(asked(&world, &previews(), &NEWEST), [a, b]);
        assert_eq!(asked(&world, &previews(), &USABLE), [], "the older one serves");
        assert_eq!(asked(&world, &Spec::MediaInfo, &NEWEST), [], "of another maker nothing is older");
        assert!(world.library.product(a, ProductKind::Bif).unwrap().unwrap().is_usable());

        world.make_bif(a);
        world.library.assert_sound();
        assert_eq!(asked(&world, &previews(), &NEWEST), [b]);
        // What shall be made anew whatever its version is a lack of its own task.
        world
            .library
            .remake(&RemakeScope::Section(world.section), &[ProductKind::Bif], false, at(9))
            .unwrap();
        assert_eq!(asked(&world, &previews(), &NEWEST), []);
        assert_eq!(asked(&world, &previews(), &USABLE), [a, b]);
        world.library.assert_sound();
    }
}

#[test]
fn nothing_is_made_anew_that_is_not_there_with_these_parameters_or_of_which_no_file_is() {
    let (world, [a, b]) = films();
    set_back(&world, "bif");
    let others = Spec::Bif(bif::Params::new(2_000, 320).unwrap());
    assert_eq!(asked(&world, &others, &NEWEST), []);
    assert_eq!(asked(&world, &others, &USABLE), [a, b], "these are its own task's business");
    let switch =
        |is_on| world.library.set_section_switches(world.section, vec![("enableBIF".into(), is_on)]).unwrap();
    switch(false);
    assert_eq!(asked(&world, &previews(), &NEWEST), [], "its task is off there");
    switch(true);
    world.remove("b.mkv");
    world.scan();
    let lacks = world.library.lacks(&previews(), &NEWEST, at(9), false).unwrap();
    assert_eq!(lacks.iter().map(|lack| lack.source).collect::<Vec<_>>(), [a]);
}
