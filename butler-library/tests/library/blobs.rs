//! Blobs and the rows that speak of them: what is gone from the disk is a lack again, and what is asked for
//! anew is made anew.

use std::fs;

use butler_library::{
    BlobCheck, FailureId, ItemFile, Loss, NewFailure, OpenProductError, Remade, RemakeScope, Scope,
    SectionId, SectionKind, SourceId, Versions,
};
use butler_product::media_info::StreamKind;
use butler_product::{FailureClass, ProductKind, Spec, Traits, bif};

use crate::world::{World, at, content};

const VIDEO: Scope<'_> =
    Scope { section: None, needs: Traits::VIDEO, switch: None, only: None, versions: Versions::Usable };

fn bif_spec() -> Spec {
    Spec::Bif(bif::Params::default())
}

fn lacks(world: &World, spec: &Spec) -> Vec<SourceId> {
    world
        .library
        .lacks(spec, &VIDEO, at(world.clock.get()), false)
        .unwrap()
        .into_iter()
        .map(|lack| lack.source)
        .collect()
}

/// Films with previews, whose lacks are kept.
fn films<const N: usize>(names: [&str; N]) -> (World, [SourceId; N]) {
    let world = World::new(SectionKind::Movie);
    world.library.keep_lacks(&[(bif_spec(), Traits::VIDEO), (Spec::MediaInfo, Traits::CONTENT)]).unwrap();
    let sources = names.map(|name| {
        world.write(name, &content(name, 1_000));
        world.scan();
        let source = world.part(name).source;
        world.make_media_info(source, &[StreamKind::Video]);
        world.make_bif(source);
        source
    });
    (world, sources)
}

fn path_of(world: &World, source: SourceId) -> std::path::PathBuf {
    let blob = world.library.product(source, ProductKind::Bif).unwrap().unwrap().blob.unwrap();
    world.library.data_dir().join("blobs").join(blob.name)
}

#[test]
fn a_blob_that_is_gone_when_it_is_asked_for_makes_its_product_a_lack_again() {
    let (world, [a, b]) = films(["a.mkv", "b.mkv"]);
    assert_eq!(lacks(&world, &bif_spec()), []);
    fs::write(path_of(&world, a), b"").unwrap();
    let lost = world.library.open_product(a, ProductKind::Bif).unwrap_err();
    assert!(
        matches!(lost, OpenProductError::Lost { loss: Loss::Length { kept: 8, found: 0 }, .. }),
        "{lost}"
    );
    assert_eq!(lacks(&world, &bif_spec()), [a]);
    assert!(world.library.open_product(a, ProductKind::Bif).unwrap().is_none());
    assert!(world.library.open_product(b, ProductKind::Bif).unwrap().is_some());
    world.library.assert_sound();
    // The emptied file is in the way of the name, and is left until the next check.
    world.make_bif(a);
    assert_eq!(lacks(&world, &bif_spec()), []);
    assert_eq!(world.library.open_product(a, ProductKind::Bif).unwrap().unwrap().blob.bytes, 8);
    world.library.assert_sound();
}

#[test]
fn a_check_finds_what_is_gone_emptied_or_no_file_and_leaves_what_no_row_knows() {
    let names = ["a.mkv", "b.mkv", "c.mkv", "d.mkv", "e.mkv"];
    let (world, [a, b, c, d, e]) = films(names);
    fs::remove_file(path_of(&world, a)).unwrap();
    let b_path = path_of(&world, b);
    fs::write(&b_path, b"pic").unwrap();
    let c_path = path_of(&world, c);
    fs::remove_file(&c_path).unwrap();
    fs::create_dir(&c_path).unwrap();
    let d_path = path_of(&world, d);
    fs::remove_file(&d_path).unwrap();
    std::os::unix::fs::symlink(path_of(&world, e), &d_path).unwrap();
    let [stray, young, dead] =
        ["blobs/stray", "blobs/young", "staging/dead"].map(|name| world.library.data_dir().join(name));
    [&stray, &young, &dead].into_iter().for_each(|path| fs::write(path, b"12345").unwrap());
    // Those that an older process wrote.
    for path in [&stray, &dead, &b_path] {
        fs::File::options().write(true).open(path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    let check = world.library.check_blobs(None, &|| false).unwrap();
    let expected =
        BlobCheck { whole: 1, lost: 4, staging_files: 1, unknown: 2, bytes: 5, ..BlobCheck::default() };
    assert_eq!(check, expected, "what a row spoke of when the check began is left for the next");
    assert!(young.exists() && stray.exists() && !dead.exists());
    assert_eq!(lacks(&world, &bif_spec()), [d, c, b, a]);
    assert!(
        world.library.open_product(e, ProductKind::Bif).unwrap().is_some(),
        "its file is what the link led to"
    );
    let again = world.library.check_blobs(None, &|| false).unwrap();
    assert_eq!((again.whole, again.lost), (1, 0), "{again:?}");
    world.library.assert_sound();
    for source in [a, b, c, d] {
        world.make_bif(source);
    }
    assert_eq!(
        world.library.check_blobs(Some(ProductKind::Bif), &|| false).unwrap(),
        BlobCheck { whole: 5, unknown: 2, ..BlobCheck::default() },
        "what was emptied and the link stay in the way of their names"
    );
}

#[test]
fn a_folder_of_blobs_that_is_gone_is_made_again_and_everything_in_it_is_a_lack() {
    let (world, [a, b]) = films(["a.mkv", "b.mkv"]);
    fs::remove_dir_all(world.library.data_dir().join("blobs")).unwrap();
    assert_eq!(
        world.library.check_blobs(Some(ProductKind::Bif), &|| true).unwrap(),
        BlobCheck { is_cut: true, ..BlobCheck::default() }
    );
    assert_eq!(
        world.library.check_blobs(Some(ProductKind::Bandwidth), &|| false).unwrap(),
        BlobCheck::default()
    );
    assert_eq!(world.library.check_blobs(Some(ProductKind::Bif), &|| false).unwrap().lost, 2);
    assert_eq!(lacks(&world, &bif_spec()), [b, a]);
    [a, b].into_iter().for_each(|source| world.make_bif(source));
    world.library.assert_sound();
}

#[test]
fn a_folder_of_blobs_that_holds_nothing_is_taken_for_a_disk_that_is_away() {
    let (world, [a, _]) = films(["a.mkv", "b.mkv"]);
    let (blobs, elsewhere) = (world.library.data_dir().join("blobs"), world.library.data_dir().join("away"));
    fs::rename(&blobs, &elsewhere).unwrap();
    fs::create_dir(&blobs).unwrap();
    let check = world.library.check_blobs(None, &|| false).unwrap();
    assert_eq!(check, BlobCheck { is_away: true, ..BlobCheck::default() });
    fs::remove_dir(&blobs).unwrap();
    fs::rename(&elsewhere, &blobs).unwrap();
    assert_eq!(lacks(&world, &bif_spec()), []);
    assert!(world.library.open_product(a, ProductKind::Bif).unwrap().is_some());
}

#[test]
fn blobs_of_a_kind_whose_folder_is_a_link_to_another_disk_are_found_and_kept() {
    let (world, [a, b]) = films(["a.mkv", "b.mkv"]);
    let (kind, elsewhere) = (world.library.data_dir().join("blobs/bif"), world.media().join("../elsewhere"));
    fs::rename(&kind, &elsewhere).unwrap();
    std::os::unix::fs::symlink(elsewhere.canonicalize().unwrap(), &kind).unwrap();
    let check = world.library.check_blobs(None, &|| false).unwrap();
    assert_eq!(check, BlobCheck { whole: 2, ..BlobCheck::default() });
    fs::remove_file(path_of(&world, a)).unwrap();
    assert_eq!(world.library.check_blobs(None, &|| false).unwrap().lost, 1);
    assert!(kind.is_symlink() && world.library.open_product(b, ProductKind::Bif).unwrap().is_some());
}

#[test]
fn what_is_to_be_made_anew_is_a_lack_and_serves_until_its_successor_is_there() {
    let (world, [a, b]) = films(["a.mkv", "b.mkv"]);
    let remake = |scope, kinds: &[ProductKind]| world.library.remake(&scope, kinds, false, at(9)).unwrap();
    let file = world.media().canonicalize().unwrap().join("a.mkv");
    let remade = remake(RemakeScope::File(file), &[ProductKind::Bif]).unwrap();
    assert_eq!((remade.files, remade.products[&ProductKind::Bif]), (1, 1));
    assert_eq!(remade.places, [(world.section, vec![a])].into());
    assert_eq!(lacks(&world, &bif_spec()), [a]);
    assert!(world.library.open_product(a, ProductKind::Bif).unwrap().is_some());
    world.make_bif(a);
    assert_eq!(lacks(&world, &bif_spec()), []);

    // The headers too, and of everything.
    let remade =
        remake(RemakeScope::Section(world.section), &[ProductKind::MediaInfo, ProductKind::Bif]).unwrap();
    assert_eq!(
        (remade.files, remade.products),
        (2, [(ProductKind::MediaInfo, 2), (ProductKind::Bif, 2)].into())
    );
    assert_eq!((lacks(&world, &bif_spec()), lacks(&world, &Spec::MediaInfo)), (vec![b, a], vec![b, a]));
    assert!(world.part("a.mkv").media_info.is_some(), "it is shown until it is read anew");
    world.library.rebuild_lacks().unwrap();
    assert_eq!(lacks(&world, &bif_spec()), [b, a]);

    let item = world.part("b.mkv").item;
    let again = remake(RemakeScope::Item(item), &[ProductKind::Bif]).unwrap();
    assert_eq!((again.files, again.products[&ProductKind::Bif]), (1, 1), "it is still to be made anew");
    for nowhere in [RemakeScope::Item(butler_library::ItemId(999)), RemakeScope::File("/nowhere".into())] {
        assert_eq!(remake(nowhere, &[ProductKind::Bif]), None);
    }
}

#[test]
fn only_what_is_missing_is_made_anew_if_that_is_asked_for() {
    let (world, [a, b, c]) = films(["a.mkv", "b.mkv", "c.mkv"]);
    fs::remove_file(path_of(&world, a)).unwrap();
    let failure = NewFailure {
        kind: ProductKind::Bandwidth,
        version: ProductKind::Bandwidth.version(),
        class: FailureClass::Content,
        sentence: "It is damaged.".into(),
        run: None,
        next_try_at: None,
        counts: true,
    };
    let failed: FailureId = world.library.record_failure(c, failure, at(1)).unwrap();
    let remade = world
        .library
        .remake(&RemakeScope::Section(world.section), &ProductKind::ALL, true, at(9))
        .unwrap()
        .unwrap();
    let Remade { files, products, failures, places } = remade;
    assert_eq!(places, [(world.section, Vec::new())].into(), "a whole section needs no names");
    assert_eq!((files, products), (3, [(ProductKind::Bif, 1)].into()));
    assert_eq!(failures[&ProductKind::Bandwidth], 1);
    assert_eq!(lacks(&world, &bif_spec()), [a]);
    assert!(world.library.open_product(b, ProductKind::Bif).unwrap().is_some());
    assert_eq!(world.library.failure(failed).unwrap().unwrap().next_try_at, Some(at(9)));
}

#[test]
fn a_forced_look_at_one_section_leaves_the_others_and_ends_when_it_is_told_to() {
    let (world, [a, b]) = films(["a.mkv", "b.mkv"]);
    for source in [a, b] {
        fs::remove_file(path_of(&world, source)).unwrap();
    }
    let look_at = |section, only: Option<&[SourceId]>, is_stopping: bool| {
        world.library.check_blobs_of(section, only, &[ProductKind::Bif], &|| is_stopping).unwrap()
    };
    let look = |section, is_stopping| look_at(section, None, is_stopping);
    assert_eq!(look(SectionId(world.section.0 + 1), false), 0);
    assert_eq!(look(world.section, true), 0);
    assert_eq!((look_at(world.section, Some(&[b]), false), lacks(&world, &bif_spec())), (1, vec![b]));
    assert_eq!((look(world.section, false), lacks(&world, &bif_spec()).len()), (1, 2));
}

#[test]
fn a_file_is_made_anew_and_shown_by_any_path_that_leads_to_it() {
    let (world, [a]) = films(["a.mkv"]);
    let link = world.folder.path().join("link");
    std::os::unix::fs::symlink(world.media(), &link).unwrap();
    for path in [world.media().join("a.mkv"), link.join("a.mkv"), world.media().join("../media/a.mkv")] {
        assert!(world.library.file_at(&path).unwrap().is_some(), "{}", path.display());
        let scope = RemakeScope::File(path);
        let remade = world.library.remake(&scope, &[ProductKind::Bif], false, at(0)).unwrap().unwrap();
        assert_eq!((remade.files, lacks(&world, &bif_spec())), (1, vec![a]));
    }
    let nowhere = RemakeScope::File(link.join("b.mkv"));
    assert_eq!(world.library.remake(&nowhere, &[ProductKind::Bif], false, at(0)).unwrap(), None);
}

#[test]
fn what_lacks_a_product_is_listed_once_from_file_to_file_whatever_is_made_meanwhile() {
    let (world, sources) = films(["d.mkv", "a.mkv", "c.mkv", "b.mkv"]);
    for source in sources {
        fs::remove_file(path_of(&world, source)).unwrap();
        world.library.open_product(source, ProductKind::Bif).unwrap_err();
    }
    let page = |after, size| world.library.files_lacking(&bif_spec(), &[VIDEO], after, (0, size)).unwrap();
    let names = |files: &[ItemFile]| -> Vec<String> {
        files.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    let (first, total) = page(None, 2);
    assert_eq!((names(&first), total), (vec!["a.mkv".to_owned(), "b.mkv".to_owned()], Some(4)));
    world.make_bif(sources[1]);
    let (rest, total) = page(first.last().map(|file| file.part), 9);
    assert_eq!((names(&rest), total), (vec!["c.mkv".to_owned(), "d.mkv".to_owned()], None));
    assert_eq!(page(rest.last().map(|file| file.part), 9).0, []);
}
