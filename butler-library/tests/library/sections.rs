//! Sections: which folders they may have.

use std::fs;
use std::path::{Path, PathBuf};

use butler_library::{
    Folder, ItemKind, Library, NewSection, RootError, SectionEdit, SectionError, SectionKind,
};

use crate::world::{World, at, new_section};

struct Place {
    folder: tempfile::TempDir,
    library: Library,
}

impl Place {
    fn new() -> Self {
        let folder = butler_fixtures::tempdir().unwrap();
        for name in ["films", "films/old", "music"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let library = Library::open(&folder.path().join("data")).unwrap();
        Self { folder, library }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn refused(&self, roots: &[&Path]) -> SectionError {
        self.library.add_section(new_section(SectionKind::Movie, roots), at(0)).expect_err("it was taken")
    }
}

#[test]
fn a_section_is_added_edited_listed_and_removed() {
    let place = Place::new();
    let library = &place.library;
    let id = library.add_section(new_section(SectionKind::Movie, &[&place.path("films")]), at(1)).unwrap();
    let section = library.section(id).unwrap().unwrap();
    assert_eq!(
        (section.name.as_str(), section.kind, section.created_at, section.scanned_at),
        ("Media", SectionKind::Movie, at(1), None)
    );
    assert_eq!((section.uuid.len(), section.roots.len()), (36, 1));

    let edit = SectionEdit {
        name: Some("Films".into()),
        roots: Some(vec![place.path("films"), place.path("music")]),
        ..SectionEdit::default()
    };
    library.edit_section(id, edit, at(2)).unwrap();
    let edited = library.section(id).unwrap().unwrap();
    assert_eq!((edited.name.as_str(), edited.updated_at, edited.roots.len()), ("Films", at(2), 2));
    assert_eq!(edited.roots[0], section.roots[0], "a root that stays keeps its id");
    assert_eq!(library.sections().unwrap(), [edited]);

    library.remove_section(id).unwrap();
    assert!(library.sections().unwrap().is_empty());
    assert!(
        library.remove_section(id).is_err()
            && library.edit_section(id, SectionEdit::default(), at(3)).is_err()
    );
    let next = library.add_section(new_section(SectionKind::Movie, &[&place.path("films")]), at(4)).unwrap();
    assert!(next > id, "ids are never used twice");
}

#[test]
fn folders_that_will_not_do_are_refused_with_the_reason() {
    let place = Place::new();
    fs::write(place.path("file"), b"").unwrap();
    let films = place.path("films");
    assert!(matches!(place.refused(&[]), SectionError::NoRoots));
    assert!(matches!(place.refused(&[Path::new("films")]), SectionError::Root(RootError::Relative(_))));
    assert!(matches!(
        place.refused(&[&place.path("nowhere")]),
        SectionError::Root(RootError::Unreachable { .. })
    ));
    assert!(matches!(place.refused(&[&place.path("file")]), SectionError::Root(RootError::NotAFolder(_))));
    assert!(matches!(place.refused(&[&films, &place.path("films/old")]), SectionError::RootsOverlap { .. }));
    assert!(matches!(
        place.refused(&[&films, &place.path("music/../films")]),
        SectionError::RootsOverlap { .. }
    ));
    assert!(matches!(
        place.refused(&[place.folder.path()]),
        SectionError::Root(RootError::HoldsDataFolder { .. })
    ));
    assert!(matches!(
        place.refused(&[&place.path("data/blobs")]),
        SectionError::Root(RootError::InsideDataFolder(_))
    ));
    assert_eq!(
        place.refused(&[&place.path("nowhere")]).to_string(),
        format!("`{}` can't be used: it does not exist", place.path("nowhere").display())
    );
    let blank = NewSection { name: "  ".into(), ..new_section(SectionKind::Movie, &[&films]) };
    assert!(matches!(place.library.add_section(blank, at(0)), Err(SectionError::NoName)));
    // A link is taken for what it leads to.
    std::os::unix::fs::symlink(place.folder.path(), place.path("films/all")).unwrap();
    assert!(matches!(
        place.refused(&[&place.path("films/all")]),
        SectionError::Root(RootError::HoldsDataFolder { .. })
    ));
}

#[test]
fn roots_and_browsing_keep_to_the_allowed_folders() {
    let place = Place::new();
    let library = &place.library;
    assert_eq!(library.browse(None).unwrap(), [Folder { name: "/".into(), path: "/".into() }]);
    library.allow_roots(vec![place.path("films")]);
    let films = place.path("films").canonicalize().unwrap();
    assert_eq!(library.allowed_roots(), std::slice::from_ref(&films));
    assert_eq!(library.browse(None).unwrap()[0].path, films);
    assert_eq!(
        library.browse(Some(&films)).unwrap(),
        [Folder { name: "old".into(), path: films.join("old") }]
    );
    for outside in [place.path("music"), place.path("films/../music"), PathBuf::from("/")] {
        assert!(
            matches!(library.browse(Some(&outside)), Err(RootError::NotAllowed { .. })),
            "{}",
            outside.display()
        );
    }
    std::os::unix::fs::symlink(place.path("music"), place.path("films/out")).unwrap();
    assert!(matches!(library.browse(Some(&place.path("films/out"))), Err(RootError::NotAllowed { .. })));
    assert!(matches!(
        place.refused(&[&place.path("music")]),
        SectionError::Root(RootError::NotAllowed { .. })
    ));
    library.allow_roots(Vec::new());
    assert!(library.add_section(new_section(SectionKind::Artist, &[&place.path("music")]), at(0)).is_ok());
}

#[test]
fn a_removed_section_that_is_added_again_has_its_products() {
    let world = World::new(SectionKind::Movie);
    world.write("film.mkv", b"film");
    world.scan();
    world.make_bif(world.part("film.mkv").source);
    world.library.remove_section(world.section).unwrap();
    world.library.assert_sound();
    let section =
        world.library.add_section(new_section(SectionKind::Movie, &[&world.media()]), at(1)).unwrap();
    let world = World { section, ..world };
    world.scan();
    assert_eq!(world.only(ItemKind::Movie).media[0].parts[0].products.len(), 1);
}

#[test]
fn no_folder_becomes_a_root_that_holds_the_folder_of_backups() {
    let place = Place::new();
    let library = &place.library;
    std::os::unix::fs::symlink(place.path("films/old"), place.path("by a link")).unwrap();
    for backups in ["films/old", "films/not there", "by a link"] {
        library.keep_backups_in(Some(place.path(backups)));
        let refused = place.refused(&[&place.path("films")]);
        assert!(matches!(refused, SectionError::Root(RootError::HoldsBackups { .. })), "{refused}");
    }
    library.keep_backups_in(Some(place.path("music")));
    library.add_section(new_section(SectionKind::Movie, &[&place.path("films")]), at(0)).unwrap();
}
