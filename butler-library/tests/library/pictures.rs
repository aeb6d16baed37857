//! Posters, covers and backgrounds beside the media: whose they are, what can be demanded of them, and how
//! they go.

use butler_library::{
    BlurHashes, ItemId, ItemKind, NewFailure, Orphans, PicturePlace, PictureRole, RemakeScope, Scope,
    SectionKind, SourceId, Versions,
};
use butler_product::blur_hash::BlurHash;
use butler_product::media_info::StreamKind;
use butler_product::photo::Photo;
use butler_product::{FailureClass, ProductKind, Spec, Traits, Value};
use jiff::Timestamp;

use crate::world::{World, at, content};

const ARTWORK: Scope<'_> =
    Scope { section: None, needs: Traits::ARTWORK, switch: None, only: None, versions: Versions::Usable };

fn pictures(world: &World, item: ItemId) -> Vec<(PictureRole, String)> {
    let name = |place: PicturePlace| match place {
        PicturePlace::File(path) => path.file_name().unwrap().to_string_lossy().into_owned(),
        PicturePlace::Part(_) => "embedded".to_owned(),
    };
    let pictures = world.library.pictures_of(item).unwrap();
    pictures.into_iter().map(|picture| (picture.role, name(picture.place))).collect()
}

fn lacks(world: &World) -> Vec<SourceId> {
    world
        .library
        .lacks(&Spec::Photo, &ARTWORK, at(0), false)
        .unwrap()
        .iter()
        .map(|lack| lack.source)
        .collect()
}

#[test]
fn pictures_beside_a_film_are_its_own_and_can_be_demanded() {
    for is_kept in [true, false] {
        let world = World::new(SectionKind::Movie);
        world.library.keep_lacks(&[(Spec::Photo, Traits::ARTWORK)][..usize::from(is_kept)]).unwrap();
        world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 900));
        world.write("Heat (1995)/poster.jpg", &content("poster", 500));
        world.write("Heat (1995)/Heat (1995)-fanart.jpg", &content("fanart", 500));
        world.write("Heat (1995)/holiday.jpg", &content("holiday", 500));
        world.write("Nobody/poster.jpg", &content("nobody", 500));
        assert_eq!(world.scan().seen, 1);
        let film = world.only(ItemKind::Movie).row.id;
        let own = [
            (PictureRole::Background, "Heat (1995)-fanart.jpg".to_owned()),
            (PictureRole::Poster, "poster.jpg".to_owned()),
        ];
        assert_eq!(pictures(&world, film), own);
        let wanted = lacks(&world);
        assert_eq!(wanted.len(), 2, "that of nobody is not wanted");
        let files = world.library.files_of(wanted[0]).unwrap();
        assert!(files.len() == 1 && files[0].part.is_none(), "{files:?}");
        world.make(wanted[0], Spec::Photo, Value::Photo(Box::<Photo>::default()));
        assert_eq!(lacks(&world), [wanted[1]]);

        // Nothing is read twice; one that is written anew is another content, one that is gone is nobody's.
        world.files.take();
        world.scan();
        assert!(world.files.take().is_empty());
        let poster = world.library.pictures_of(film).unwrap()[1].source;
        world.write("Heat (1995)/poster.jpg", &content("a better poster", 600));
        world.remove("Heat (1995)/Heat (1995)-fanart.jpg");
        world.scan();
        let now = world.library.pictures_of(film).unwrap();
        assert!(now.len() == 1 && now[0].source != poster, "{now:?}");
        assert_eq!(lacks(&world), [now[0].source]);

        // The film moves away from its poster, and later takes it along.
        world.rename("Heat (1995)/Heat (1995).mkv", "Heat/Heat (1995).mkv");
        world.scan();
        assert_eq!((pictures(&world, film), lacks(&world)), (vec![], vec![]));
        world.rename("Heat (1995)/poster.jpg", "Heat/poster.jpg");
        world.scan();
        assert_eq!((pictures(&world, film).len(), lacks(&world).len()), (1, 1));
    }
}

#[test]
fn a_picture_named_as_a_film_is_the_films_and_no_extras_with_a_longer_name() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat.Cut-trailer.mkv", &content("trailer", 900));
    world.write("Heat.Extras/clip.mkv", &content("clip", 900));
    world.write("Heat.mkv", &content("heat", 900));
    world.write("Heat-poster.jpg", &content("poster", 500));
    world.scan();
    let films = world.items(ItemKind::Movie);
    let heat = films.iter().find(|film| film.title == "Heat").unwrap();
    assert_eq!(pictures(&world, heat.id), [(PictureRole::Poster, "Heat-poster.jpg".to_owned())]);
}

#[test]
fn what_was_made_of_a_picture_goes_only_when_no_file_is_that_picture_any_more() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 900));
    world.write("Heat (1995)/poster.jpg", &content("poster", 500));
    world.scan();
    let film = world.only(ItemKind::Movie).row.id;
    let poster = world.library.pictures_of(film).unwrap()[0].source;
    world.make(poster, Spec::Photo, Value::Photo(Box::<Photo>::default()));
    let held = || world.library.orphans(Timestamp::MAX).unwrap();
    assert_eq!(held(), Orphans::default());
    assert!(!world.library.remove_orphan(poster, Timestamp::MAX).unwrap());

    world.remove("Heat (1995)/poster.jpg");
    world.scan();
    assert_eq!(
        held().overdue.iter().map(|orphan| (orphan.source, orphan.products)).collect::<Vec<_>>(),
        [(poster, 1)]
    );
    world.write("Heat (1995)/cover.jpg", &content("poster", 500));
    world.scan();
    assert_eq!(world.library.pictures_of(film).unwrap()[0].source, poster, "it has all that was made of it");
    assert!(!world.library.remove_orphan(poster, Timestamp::MAX).unwrap());

    world.remove("Heat (1995)/cover.jpg");
    world.scan();
    assert!(world.library.remove_orphan(poster, Timestamp::MAX).unwrap());
    assert_eq!(held(), Orphans::default());
}

#[test]
fn a_shows_folder_a_season_an_episode_and_an_album_have_pictures() {
    let world = World::new(SectionKind::Show);
    for episode in 1..=2 {
        world.write(format!("Dark/Season 1/Dark - S01E0{episode}.mkv"), &content(&episode.to_string(), 500));
    }
    world.write("Dark/poster.jpg", &content("show", 500));
    world.write("Dark/season01-poster.jpg", &content("season", 500));
    world.write("Dark/Season 1/Dark - S01E02-thumb.jpg", &content("episode", 500));
    world.scan();
    let of = |kind, index: usize| pictures(&world, world.items(kind)[index].id);
    assert_eq!(of(ItemKind::Show, 0), [(PictureRole::Poster, "poster.jpg".to_owned())]);
    assert_eq!(of(ItemKind::Season, 0), [(PictureRole::Poster, "season01-poster.jpg".to_owned())]);
    assert_eq!(of(ItemKind::Episode, 0), []);
    assert_eq!(of(ItemKind::Episode, 1), [(PictureRole::Thumb, "Dark - S01E02-thumb.jpg".to_owned())]);

    let world = World::new(SectionKind::Artist);
    world.write("Miles/Blue/01 So What.mp3", &content("track", 500));
    world.write("Miles/Blue/cover.jpg", &content("cover", 500));
    world.write("Miles/fanart.png", &content("fanart", 500));
    world.scan();
    let of = |kind: ItemKind| pictures(&world, world.only(kind).row.id);
    assert_eq!(of(ItemKind::Album), [(PictureRole::Poster, "cover.jpg".to_owned())]);
    assert_eq!(of(ItemKind::Artist), [(PictureRole::Background, "fanart.png".to_owned())]);
}

#[test]
fn a_picture_that_a_file_carries_is_one_of_its_item_and_reached_by_its_trait() {
    let world = World::new(SectionKind::Artist);
    world.write("Miles/Blue/01 So What.mp3", &content("track", 500));
    world.scan();
    let track = world.only(ItemKind::Track).row.id;
    let source = world.only(ItemKind::Track).media[0].parts[0].source;
    let wanted = || {
        let scope = Scope { needs: Traits::EMBEDDED, ..ARTWORK };
        world.library.lacks(&Spec::Photo, &scope, at(0), false).unwrap().len()
    };
    assert_eq!((pictures(&world, track).len(), wanted()), (0, 0));
    world.make_media_info(source, &[StreamKind::Audio, StreamKind::Picture]);
    assert_eq!(pictures(&world, track), [(PictureRole::Poster, "embedded".to_owned())]);
    assert_eq!(wanted(), 1);
}

/// The hash of a picture, of four by three components.
fn blur(hash: &str) -> Value {
    BlurHash { hash: hash.to_owned(), width: 400, height: 300 }.into()
}

const FIRST: &str = "LEHV6nWB2yk8pyo0adR*.7kCMdnj";
const SECOND: &str = "LGF5]+Yk^6#M@-5c,1J5@[or[Q6.";

#[test]
fn an_item_has_the_blur_of_its_poster_and_background_and_a_photo_its_own() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 900));
    world.write("Heat (1995)/poster.jpg", &content("poster", 500));
    world.write("Heat (1995)/cover.jpg", &content("cover", 500));
    world.write("Heat (1995)/thumb.jpg", &content("thumb", 500));
    world.write("Heat (1995)/fanart.jpg", &content("fanart", 500));
    world.scan();
    let film = world.only(ItemKind::Movie).row.id;
    let hashes = || {
        let mut found = world.library.blur_hashes(&[film, ItemId(999)]).unwrap();
        assert!(found.len() <= 1);
        let BlurHashes { thumb, art } = found.remove(&film).unwrap_or_default();
        [thumb, art].map(|blur| blur.map(|blur| blur.hash))
    };
    assert_eq!(hashes(), [None, None]);
    let hash = |role, hash| {
        let pictures = world.library.pictures_of(film).unwrap();
        let picture = pictures.into_iter().rfind(|picture| picture.role == role).unwrap();
        world.make(picture.source, Spec::BlurHash, blur(hash));
    };
    hash(PictureRole::Thumb, SECOND);
    assert_eq!(hashes(), [Some(SECOND.to_owned()), None], "for want of a poster");
    hash(PictureRole::Poster, FIRST);
    hash(PictureRole::Background, SECOND);
    assert_eq!(hashes(), [FIRST, SECOND].map(|hash| Some(hash.to_owned())));

    let world = World::new(SectionKind::Artist);
    for track in ["01 One.flac", "02 Two.flac"] {
        world.write(format!("Nina/Blue/{track}"), &content(track, 900));
    }
    world.scan();
    let (album, library) = (world.only(ItemKind::Album).row.id, &world.library);
    let thumb = || library.blur_hashes(&[album]).unwrap().remove(&album)?.thumb.map(|blur| blur.hash);
    assert_eq!(thumb(), None);
    let track = |name: &str| world.part(&format!("Nina/Blue/{name}")).source;
    world.make(track("02 Two.flac"), Spec::BlurHash, blur(SECOND));
    assert_eq!(thumb().as_deref(), Some(SECOND), "that of a track");
    world.make(track("01 One.flac"), Spec::BlurHash, blur(FIRST));
    assert_eq!(thumb().as_deref(), Some(FIRST), "that of its first one");
    world.write("Nina/Blue/cover.jpg", &content("cover", 500));
    world.scan();
    let cover = library.pictures_of(album).unwrap().remove(0);
    world.make(cover.source, Spec::BlurHash, blur(SECOND));
    assert_eq!(thumb().as_deref(), Some(SECOND), "its own goes before");

    let world = World::new(SectionKind::Photo);
    world.write("2024/a.jpg", &content("photo", 900));
    world.scan();
    let photo = world.only(ItemKind::Photo);
    world.make(photo.media[0].parts[0].source, Spec::BlurHash, blur(FIRST));
    let hashes = world.library.blur_hashes(&[photo.row.id]).unwrap().remove(&photo.row.id).unwrap();
    assert_eq!((hashes.thumb.map(|blur| blur.hash), hashes.art), (Some(FIRST.to_owned()), None));
}

#[test]
fn what_fails_of_a_picture_is_told_with_its_file_and_is_made_anew_with_its_item() {
    let world = World::new(SectionKind::Movie);
    world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 900));
    for copy in ["poster.jpg", "cover.jpg"] {
        world.write(format!("Heat (1995)/{copy}"), &content("poster", 500));
    }
    world.scan();
    let film = world.only(ItemKind::Movie).row.id;
    let poster = world.library.pictures_of(film).unwrap()[0].source;
    let failure = NewFailure {
        kind: ProductKind::BlurHash,
        version: ProductKind::BlurHash.version(),
        class: FailureClass::Content,
        sentence: "The picture is damaged or cut off.".into(),
        counts: true,
        run: None,
        next_try_at: None,
    };
    world.library.record_failure(poster, failure, at(1)).unwrap();
    let page = world.library.failures(0, 10).unwrap();
    let [row] = page.rows.as_slice() else { panic!("{page:?}") };
    assert!(row.path.ends_with("Heat (1995)/cover.jpg") && row.part.is_none(), "{row:?}");
    assert_eq!((row.file_count, page.total), (2, 1));
    assert_eq!(world.library.failure_summary().unwrap().files, 2);
    let lacks = || {
        let scope = Scope { needs: Traits::ARTWORK, ..ARTWORK };
        world.library.lacks(&Spec::BlurHash, &scope, at(2), false).unwrap().len()
    };
    assert_eq!(lacks(), 0, "it rests");
    assert!(world.library.picture_lacks(poster, &Spec::BlurHash, &ARTWORK).unwrap());
    let file = RemakeScope::File(world.media().join("Heat (1995)/poster.jpg"));
    for (scope, sources, files) in
        [(RemakeScope::Item(film), 2, 3), (RemakeScope::Section(world.section), 2, 3), (file, 1, 2)]
    {
        let remade = world.library.remake(&scope, &[ProductKind::BlurHash], false, at(2)).unwrap().unwrap();
        assert_eq!((remade.files, remade.failures[&ProductKind::BlurHash]), (files, 1), "{scope:?}");
        assert_eq!(world.library.count_to_remake(&scope).unwrap(), Some(sources), "{scope:?}");
    }
    assert_eq!(lacks(), 1);
    world.make(poster, Spec::BlurHash, blur(FIRST));
    assert!(!world.library.picture_lacks(poster, &Spec::BlurHash, &ARTWORK).unwrap());
    world.remove("Heat (1995)/poster.jpg");
    world.remove("Heat (1995)/cover.jpg");
    world.scan();
    assert_eq!(world.library.failures(0, 10).unwrap().total, 0);
}
