//! What came after a section's first scan: what `asap` runs are about.

use butler_library::{ItemKind, PictureRole, SectionKind};

use crate::world::World;

#[test]
fn only_what_a_later_scan_found_is_new_and_a_move_is_not() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995).mkv", b"heat");
    assert!(world.library.newcomers().unwrap().is_empty(), "nothing was scanned");
    world.scan();
    assert!(world.library.newcomers().unwrap().is_empty(), "the first scan brings nothing new");
    world.write("Ronin (1998).mkv", b"ronin");
    world.rename("Heat (1995).mkv", "Heat.mkv");
    world.scan();
    let ronin = world.part("Ronin (1998).mkv").source;
    assert_eq!(world.library.newcomers().unwrap(), [ronin].into());
    world.remove("Ronin (1998).mkv");
    world.scan();
    assert!(world.library.newcomers().unwrap().is_empty(), "what is gone is not asked for");
}

#[test]
fn a_picture_that_a_later_scan_found_beside_a_film_is_new() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995).mkv", b"heat");
    world.write("Heat (1995)/fanart.jpg", b"fanart");
    world.scan();
    world.write("Heat (1995)/poster.jpg", b"poster");
    world.write("Nobody/poster.jpg", b"nobody");
    world.scan();
    let film = world.only(ItemKind::Movie).row.id;
    let poster = world.library.pictures_of(film).unwrap().pop().unwrap();
    assert_eq!(
        (poster.role, world.library.newcomers().unwrap()),
        (PictureRole::Poster, [poster.source].into())
    );
}
