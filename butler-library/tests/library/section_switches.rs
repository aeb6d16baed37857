//! The switches of sections, and what a section that is switched off demands.

use butler_library::{Scope, SectionKind, StoreError, Versions};
use butler_product::{Spec, Traits, bif};

use crate::world::{World, at, content, new_section, write_at};

const SWITCH: &str = "enableBIFGeneration";

fn lacks(world: &World) -> usize {
    let spec = Spec::Bif(bif::Params::default());
    let scope = Scope {
        section: None,
        needs: Traits::VIDEO,
        switch: Some(SWITCH),
        only: None,
        versions: Versions::Usable,
    };
    world.library.lacks(&spec, &scope, at(0), false).unwrap().len()
}

#[test]
fn a_section_that_is_switched_off_demands_nothing_kept_or_not() {
    let world = World::new(SectionKind::Movie);
    world.write("a.mkv", &content("a", 1_000));
    world.scan();
    let spec = Spec::Bif(bif::Params::default());
    for kept in [vec![], vec![(spec, Traits::VIDEO)]] {
        world.library.keep_lacks(&kept).unwrap();
        for (is_on, expect) in [(true, 1), (false, 0), (true, 1)] {
            world.library.set_section_switches(world.section, vec![(SWITCH.into(), is_on)]).unwrap();
            assert_eq!(lacks(&world), expect, "{kept:?}, {is_on}");
            let scope = Scope {
                section: None,
                needs: Traits::VIDEO,
                switch: Some(SWITCH),
                only: None,
                versions: Versions::Usable,
            };
            let count = world.library.lack_count(&Spec::Bif(bif::Params::default()), &scope).unwrap();
            assert_eq!(count, expect as u64, "{kept:?}, {is_on}");
        }
    }
}

#[test]
fn another_switch_of_the_section_is_no_matter() {
    let world = World::new(SectionKind::Movie);
    world.write("a.mkv", &content("a", 1_000));
    world.scan();
    world
        .library
        .set_section_switches(world.section, vec![("enableIntroMarkerGeneration".into(), false)])
        .unwrap();
    assert_eq!(lacks(&world), 1);
}

#[test]
fn what_lies_in_two_sections_is_wanted_as_long_as_one_of_them_wants_it() {
    let mut world = World::new(SectionKind::Movie);
    world.write("a.mkv", &content("a", 1_000));
    world.scan();
    let first = world.section;
    // The same content in a folder of another section.
    let other = world.folder.path().join("other");
    write_at(&other.join("a.mkv"), &content("a", 1_000), -100);
    world.section = world.library.add_section(new_section(SectionKind::Movie, &[&other]), at(0)).unwrap();
    world.scan();
    world.library.set_section_switches(first, vec![(SWITCH.into(), false)]).unwrap();
    assert_eq!(lacks(&world), 1);
    world.library.set_section_switches(world.section, vec![(SWITCH.into(), false)]).unwrap();
    assert_eq!(lacks(&world), 0);
}

#[test]
fn switches_go_with_their_section_and_an_unknown_section_has_none() {
    let world = World::new(SectionKind::Movie);
    world.library.set_section_switches(world.section, vec![(SWITCH.into(), false)]).unwrap();
    assert_eq!(world.library.section_switches(world.section).unwrap(), [(SWITCH.to_owned(), false)].into());
    world.library.remove_section(world.section).unwrap();
    assert!(world.library.section_switches(world.section).unwrap().is_empty());
    let refused = world.library.set_section_switches(world.section, vec![(SWITCH.into(), false)]);
    assert!(matches!(refused, Err(StoreError::Unknown { what: "section", .. })), "{refused:?}");
}
