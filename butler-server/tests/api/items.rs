//! Items with media, parts and streams, and the preview thumbnails of their files.

use std::fs::File;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::{Method, StatusCode};
use butler_library::{
    BlobRef, ItemFilter, ItemKind, MadeProduct, NewSection, PartRow, PublishedUnit, RealFiles, ScanObserver,
    ScanProgress, ScanReport, ScanWorld, SectionId, SectionKind, scan_section,
};
use butler_product::bif::{self, Bif, BifWriter};
use butler_product::chapter_thumbs::ChapterThumbs;
use butler_product::media_info::{Chapter, MediaInfo, PictureShape, Stream, StreamKind};
use butler_product::{Spec, Value};

use crate::rig::{Rig, noon};

struct Nobody;

impl ScanObserver for Nobody {
    fn progress(&mut self, _: ScanProgress) {}

    fn should_stop(&mut self) -> bool {
        false
    }
}

/// A section of these files, scanned. Their content is their own path; what is in them matters to nobody
/// here.
pub(crate) fn scanned(rig: &Rig, kind: SectionKind, name: &str, files: &[&str]) -> SectionId {
    let root = rig.folder(name);
    for path in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::create(&path).unwrap();
        file.write_all(path.as_os_str().as_encoded_bytes()).unwrap();
        // Old enough to be taken as whole.
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    }
    let new = NewSection {
        name: name.into(),
        kind,
        roots: vec![root],
        agent: "a".into(),
        scanner: "s".into(),
        language: "en-US".into(),
    };
    let id = rig.library.add_section(new, noon()).unwrap();
    let report = scan(rig, id);
    assert_eq!((report.added, report.failures.len()), (files.len() as u64, 0));
    id
}

pub(crate) fn scan(rig: &Rig, section: SectionId) -> ScanReport {
    let world = ScanWorld {
        root_threads: rig.library.root_threads(),
        files: Arc::new(RealFiles),
        now: &noon,
        settle: &|_| {},
        run: None,
    };
    scan_section(&rig.library, section, &world, &mut Nobody).unwrap()
}

pub(crate) fn part_of(rig: &Rig, section: SectionId, kind: ItemKind) -> PartRow {
    let item =
        rig.library.items_of_section(section, ItemFilter { kind: Some(kind) }, 0, 1).unwrap().rows.remove(0);
    rig.library.item(item.id).unwrap().unwrap().media.remove(0).parts.remove(0)
}

pub(crate) fn publish(rig: &Rig, part: &PartRow, spec: Spec, value: Value, blob: Option<BlobRef>) {
    let products = vec![MadeProduct { spec, value, blob }];
    let (source, made_from) = (part.source, part.fingerprint);
    let unit = PublishedUnit {
        source,
        made_from,
        products,
        failures: Vec::new(),
        gains: Vec::new(),
        cost: None,
        made_at: noon(),
    };
    let _ = rig.library.publish(unit).unwrap();
}

/// The headers of a film with a chapter and a subtitle.
pub(crate) fn film() -> MediaInfo {
    let stream = |index, kind, codec: &str| Stream {
        index,
        kind,
        codec: codec.into(),
        profile: None,
        bit_rate: None,
        language: None,
        title: None,
        default: false,
        forced: false,
        encrypted: false,
        picture: None,
        sound: None,
    };
    let picture = PictureShape {
        width: 1280,
        height: 720,
        pixel_aspect: (1, 1),
        frame_rate: 25.0,
        rotation: 0,
        bit_depth: 8,
        pixel_format: None,
        transfer: None,
        interlaced: false,
        ..PictureShape::default()
    };
    let video = Stream { picture: Some(picture), ..stream(0, StreamKind::Video, "h264") };
    MediaInfo {
        container: "matroska".into(),
        duration_ms: Some(61_000),
        streams: vec![video, stream(1, StreamKind::Audio, "aac"), stream(2, StreamKind::Subtitle, "subrip")],
        chapters: vec![Chapter { start_ms: 0, end_ms: 61_000, title: Some("All of it".into()) }],
        ..MediaInfo::default()
    }
}

/// Gives a part a BIF of 7 pictures, one every 10 seconds; its bytes.
pub(crate) fn publish_bif(rig: &Rig, part: &PartRow) -> Vec<u8> {
    publish_pictures(rig, part, 3)
}

/// The same with pictures of so many bytes.
pub(crate) fn publish_pictures(rig: &Rig, part: &PartRow, picture_bytes: usize) -> Vec<u8> {
    let mut writer = BifWriter::new(Cursor::new(Vec::new()), 10_000, 7).unwrap();
    let mut picture = vec![0; picture_bytes];
    (0..7_u8).for_each(|number| {
        picture[..3].copy_from_slice(&[0xff, 0xd8, number]);
        writer.picture(&picture).unwrap();
    });
    let (written, bytes) = writer.finish().unwrap();
    let spec = Spec::Bif(bif::Params::default());
    let staged = rig.library.blobs().staged().unwrap();
    File::from(staged.descriptor().unwrap()).write_all(written.get_ref()).unwrap();
    let blob = staged.publish(&spec.blob_name(part.fingerprint), bytes).unwrap();
    let summary = bif::Summary { pictures: 7, interval_ms: 10_000, width: 320, height: 180 };
    publish(rig, part, spec, summary.into(), Some(blob));
    written.into_inner()
}

#[tokio::test]
async fn a_section_lists_its_items_in_the_words_of_plex() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995)/Heat (1995).mkv", "Alien (1979).mkv"]);
    let page = rig.get_json(format!("/library/sections/{id}/all?type=1&includeGuids=1")).await;
    let container = &page["MediaContainer"];
    assert_eq!(
        (&container["size"], &container["librarySectionID"], &container["viewGroup"]),
        (&2.into(), &id.0.into(), &"movie".into())
    );
    assert_eq!(
        (&container["Metadata"][0]["title"], &container["Metadata"][0]["year"]),
        (&"Alien".into(), &1979.into())
    );
    let part = &container["Metadata"][1]["Media"][0]["Part"][0];
    assert!(part["file"].as_str().unwrap().ends_with("films/Heat (1995)/Heat (1995).mkv"), "{part}");
    assert_eq!(
        (&part["indexes"], part["key"].as_str().unwrap().ends_with("/1700000000/file.mkv")),
        (&serde_json::Value::Null, true)
    );
    let xml = rig.get(format!("/library/sections/{id}/all")).await.text();
    assert!(xml.contains("<Video ratingKey=\"") && xml.contains("type=\"movie\" title=\"Alien\""), "{xml}");
}

#[tokio::test]
async fn an_item_whose_file_is_gone_says_since_when() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv", "Alien (1979).mkv"]);
    std::fs::remove_file(rig.folder("films").join("Heat (1995).mkv")).unwrap();
    assert_eq!(scan(&rig, id).missing, 1);
    let page = rig.get_json(format!("/library/sections/{id}/all")).await;
    let since = |item: usize| page["MediaContainer"]["Metadata"][item]["deletedAt"].clone();
    assert_eq!((since(0), since(1)), (serde_json::Value::Null, noon().as_second().into()));
}

#[tokio::test]
async fn a_version_that_is_gone_stands_behind_those_that_are_there_and_is_marked() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995)/Heat (1995).avi"]);
    let folder = rig.folder("films").join("Heat (1995)");
    std::fs::remove_file(folder.join("Heat (1995).avi")).unwrap();
    let mut replacement = File::create(folder.join("Heat (1995).mp4")).unwrap();
    replacement.write_all(b"another film").unwrap();
    replacement.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    scan(&rig, id);
    let part = part_of(&rig, id, ItemKind::Movie);
    let page = rig.get_json(format!("/library/metadata/{}?checkFiles=1", part.item)).await;
    let media = &page["MediaContainer"]["Metadata"][0]["Media"];
    let told = |at: usize| {
        let part = &media[at]["Part"][0];
        let ending = part["file"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
        (ending, part["exists"].clone(), part["accessible"].clone())
    };
    assert_eq!(told(0), ("mp4".into(), true.into(), true.into()));
    assert_eq!(told(1), ("avi".into(), false.into(), false.into()));
    let since = noon().as_second();
    assert_eq!((&media[0]["deletedAt"], &media[1]["deletedAt"]), (&serde_json::Value::Null, &since.into()));
    assert_eq!(media[1]["Part"][0]["deletedAt"], since);
    assert_eq!(page["MediaContainer"]["Metadata"][0]["deletedAt"], serde_json::Value::Null);
    let plain = rig.get_json(format!("/library/metadata/{}", part.item)).await;
    assert_eq!(
        plain["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0]["exists"],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn a_page_says_how_many_there_are_in_all() {
    let rig = Rig::new();
    let files: Vec<String> = (1..=5).map(|number| format!("Film {number}.mkv")).collect();
    let id =
        scanned(&rig, SectionKind::Movie, "films", &files.iter().map(String::as_str).collect::<Vec<_>>());
    let check = async |query: &str, titles: &[&str], total: Option<u64>, offset: Option<u64>| {
        let page = rig.get_json(format!("/library/sections/{id}/all?{query}")).await;
        let container = &page["MediaContainer"];
        let found: Vec<&str> = container["Metadata"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| item["title"].as_str().unwrap())
            .collect();
        assert_eq!(found, titles, "{query}");
        assert_eq!(
            (container["totalSize"].as_u64(), container["offset"].as_u64()),
            (total, offset),
            "{query}"
        );
        assert_eq!(container["size"], titles.len(), "{query}");
    };
    let all = ["Film 1", "Film 2", "Film 3", "Film 4", "Film 5"];
    check("", &all, None, None).await;
    check("X-Plex-Container-Start=1&X-Plex-Container-Size=2", &all[1..3], Some(5), Some(1)).await;
    check("X-Plex-Container-Start=4&X-Plex-Container-Size=100", &all[4..], Some(5), Some(4)).await;
    check("X-Plex-Container-Start=9", &[], Some(5), Some(9)).await;
    check("X-Plex-Container-Size=0", &[], Some(5), Some(0)).await;
    check(
        "title=FILM+4&limit=1&X-Plex-Container-Start=0&X-Plex-Container-Size=100",
        &all[3..4],
        Some(1),
        Some(0),
    )
    .await;
    check("title=film&X-Plex-Container-Start=3&X-Plex-Container-Size=9", &all[3..], Some(5), Some(3)).await;
    check("title=nothing+like+it", &[], None, None).await;
    let page = rig
        .ask(Method::GET, format!("/library/sections/{id}/all"))
        .header("X-Plex-Container-Size", "1")
        .send()
        .await
        .text();
    assert!(page.contains("size=\"1\" totalSize=\"5\" offset=\"0\""), "{page}");
}

#[tokio::test]
async fn a_show_leads_to_seasons_and_episodes_and_back() {
    let rig = Rig::new();
    let id = scanned(
        &rig,
        SectionKind::Show,
        "shows",
        &[
            "Dark/Season 01/Dark - S01E01.mkv",
            "Dark/Season 01/Dark - S01E02.mkv",
            "Dark/Season 02/Dark - S02E01.mkv",
        ],
    );
    let show = &rig.get_json(format!("/library/sections/{id}/all")).await["MediaContainer"]["Metadata"][0];
    assert_eq!((&show["type"], &show["childCount"]), (&"show".into(), &2.into()));
    let seasons = rig.get_json(show["key"].as_str().unwrap()).await;
    let season = &seasons["MediaContainer"]["Metadata"][0];
    assert_eq!(
        (&season["type"], &season["index"], &season["leafCount"]),
        (&"season".into(), &1.into(), &2.into())
    );
    let episodes = rig.get_json(season["key"].as_str().unwrap()).await;
    let episode = &episodes["MediaContainer"]["Metadata"][1];
    assert_eq!(
        (&episode["index"], &episode["parentIndex"], &episode["grandparentTitle"]),
        (&2.into(), &1.into(), &"Dark".into())
    );
    assert_eq!(
        (&episode["parentRatingKey"], &episode["grandparentRatingKey"]),
        (&season["ratingKey"], &show["ratingKey"])
    );
    let leaves =
        rig.get_json(format!("/library/metadata/{}/allLeaves", show["ratingKey"].as_str().unwrap())).await;
    assert_eq!(leaves["MediaContainer"]["size"], 3);
    assert_eq!(rig.get_json(format!("/library/sections/{id}/all?type=4")).await["MediaContainer"]["size"], 3);
    let xml =
        rig.get(format!("/library/metadata/{}/children", season["ratingKey"].as_str().unwrap())).await.text();
    assert!(xml.contains("<Video ") && xml.contains("type=\"episode\""), "{xml}");
}

#[tokio::test]
async fn an_item_shows_streams_and_on_request_chapters() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, id, ItemKind::Movie);
    publish(&rig, &part, Spec::MediaInfo, Value::MediaInfo(Box::new(film())), None);
    let item = rig.get_json(format!("/library/metadata/{}", part.item)).await;
    let item = &item["MediaContainer"]["Metadata"][0];
    assert_eq!((&item["duration"], &item["Media"][0]["videoResolution"]), (&61_000.into(), &"720".into()));
    let streams = item["Media"][0]["Part"][0]["Stream"].as_array().unwrap();
    assert_eq!(
        streams.iter().map(|stream| stream["streamType"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(item["Chapter"].is_null());
    let item =
        rig.get_json(format!("/library/metadata/{}?includeChapters=1&includeMarkers=1", part.item)).await;
    assert_eq!(item["MediaContainer"]["Metadata"][0]["Chapter"][0]["tag"], "All of it");
    let listed = rig.get_json(format!("/library/sections/{id}/all")).await;
    assert!(listed["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0]["Stream"].is_null());
}

#[tokio::test]
async fn several_items_are_shown_at_once_and_unknown_ones_left_out() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["A.mkv", "B.mkv"]);
    let rows = rig.library.items_of_section(id, ItemFilter::default(), 0, 9).unwrap().rows;
    let page = rig.get_json(format!("/library/metadata/{},999,{}", rows[1].id, rows[0].id)).await;
    let titles: Vec<_> = page["MediaContainer"]["Metadata"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["B", "A"]);
    let again = rig.get_json(format!("/library/metadata/{0},{0},{0}", rows[1].id)).await;
    assert_eq!(again["MediaContainer"]["size"], 1, "each is given once");
    assert_eq!(rig.get("/library/metadata/999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn photos_are_listed_alone_by_album_and_by_month() {
    let rig = Rig::new();
    let names = ["2024/Harz/IMG_20240102_101112.jpg", "2024/Harz/IMG_20231231_101112.jpg", "loose.jpg"];
    let id = scanned(&rig, SectionKind::Photo, "photos", &names);
    let all = |query: &str| format!("/library/sections/{id}/all?{query}");
    let photos = rig.get(all("type=13")).await.text();
    assert_eq!(photos.matches("<Photo ").count(), 3, "{photos}");
    assert!(photos.contains("parentTitle=\"Harz\""), "{photos}");

    let albums = rig.get(all("type=14")).await.text();
    assert!(albums.contains("<Directory ") && albums.contains("size=\"1\""), "{albums}");
    let album = rig.get_json(all("type=14&sort=originallyAvailableAt:desc")).await;
    let album = &album["MediaContainer"]["Metadata"][0];
    assert_eq!(
        (&album["title"], &album["type"], &album["leafCount"]),
        (&"Harz".into(), &"photo".into(), &2.into())
    );
    let below = rig.get_json(album["key"].as_str().unwrap().to_owned()).await;
    let titles: Vec<_> =
        below["MediaContainer"]["Metadata"].as_array().unwrap().iter().map(|photo| &photo["title"]).collect();
    assert_eq!(titles, ["IMG_20231231_101112", "IMG_20240102_101112"], "by when they were taken");

    let months = rig.get_json(format!("/library/sections/{id}/month?type=13")).await;
    let month = &months["MediaContainer"]["Directory"][1];
    assert_eq!((&month["key"], &month["title"]), (&"202312".into(), &"2023-12".into()));
    let of_month = rig.get_json(month["fastKey"].as_str().unwrap().to_owned()).await;
    assert_eq!(of_month["MediaContainer"]["size"], 1);
}

#[tokio::test]
async fn a_bif_is_given_whole_thinned_and_by_picture() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv", "Other.mkv"]);
    let part = part_of(&rig, id, ItemKind::Movie);
    let uri = format!("/library/parts/{}/indexes/sd", part.id);
    assert_eq!(rig.get(&uri).await.status, StatusCode::NOT_FOUND);
    let bytes = publish_bif(&rig, &part);

    let item = rig.get_json(format!("/library/metadata/{}", part.item)).await;
    assert_eq!(item["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0]["indexes"], "sd");
    let whole = rig.get(&uri).await;
    assert_eq!((whole.status, whole.header("content-type")), (StatusCode::OK, "application/octet-stream"));
    assert_eq!(whole.header("content-length"), bytes.len().to_string());
    assert_eq!(whole.body, bytes);
    let head = rig.ask(Method::HEAD, &uri).send().await;
    assert_eq!((head.header("content-length"), head.body.len()), (whole.header("content-length"), 0));

    let thin = rig.get(format!("{uri}?interval=20000")).await.body;
    assert_eq!(Bif::open(Cursor::new(thin)).unwrap().pictures(), 4);
    assert_eq!(rig.get(format!("{uri}?interval=10000")).await.body, bytes);
    assert_eq!(rig.get(format!("{uri}?interval=2000")).await.status, StatusCode::NOT_FOUND);

    for (offset, number) in [(0, 0), (9_999, 0), (10_000, 1), (69_999, 6)] {
        let picture = rig.get(format!("{uri}/{offset}")).await;
        assert_eq!(
            (picture.header("content-type"), picture.body.as_slice()),
            ("image/jpeg", [0xff, 0xd8, number].as_slice()),
            "{offset}"
        );
    }
    assert_eq!(rig.get(format!("{uri}/70000")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_chapters_picture_is_named_by_the_item_and_given_with_a_tag() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv", "Other.mkv"]);
    let part = part_of(&rig, id, ItemKind::Movie);
    let chapter = |start_ms| Chapter { start_ms, end_ms: start_ms + 20_000, title: None };
    let info = MediaInfo { chapters: [0, 20_000, 40_000].map(chapter).to_vec(), ..film() };
    publish(&rig, &part, Spec::MediaInfo, info.into(), None);
    let thumbs = async || -> Vec<serde_json::Value> {
        let item = rig.get_json(format!("/library/metadata/{}?includeChapters=1", part.item)).await;
        let chapters = item["MediaContainer"]["Metadata"][0]["Chapter"].as_array().unwrap().clone();
        chapters.into_iter().map(|chapter| chapter["thumb"].clone()).collect()
    };
    assert_eq!(thumbs().await, [serde_json::Value::Null, serde_json::Value::Null, serde_json::Value::Null]);

    let mut writer = BifWriter::new(Cursor::new(Vec::new()), 1_000, 3).unwrap();
    for jpeg in [&b"one"[..], b"", b"three"] {
        writer.picture(jpeg).unwrap();
    }
    let (written, bytes) = writer.finish().unwrap();
    let staged = rig.library.blobs().staged().unwrap();
    File::from(staged.descriptor().unwrap()).write_all(written.get_ref()).unwrap();
    let blob = staged.publish(&Spec::ChapterThumbs.blob_name(part.fingerprint), bytes).unwrap();
    let made = ChapterThumbs { chapters: 3, missing: vec![2], width: 480, height: 270 };
    publish(&rig, &part, Spec::ChapterThumbs, made.into(), Some(blob));

    let thumbs = thumbs().await;
    assert_eq!(thumbs[0], format!("/library/media/{}/chapterImages/1", part.media));
    assert_eq!(thumbs[1], serde_json::Value::Null, "there is none");
    let third = rig.get(thumbs[2].as_str().unwrap()).await;
    assert_eq!((third.status, third.header("content-type")), (StatusCode::OK, "image/jpeg"));
    assert_eq!(third.body, b"three");
    let tag = third.header("etag").to_owned();
    let first = rig.get(thumbs[0].as_str().unwrap()).await;
    assert!(tag.starts_with('"') && tag != first.header("etag"), "{tag}");
    let again =
        rig.ask(Method::GET, thumbs[2].as_str().unwrap()).header("If-None-Match", tag.as_str()).send().await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let other =
        rig.ask(Method::GET, thumbs[0].as_str().unwrap()).header("If-None-Match", tag.as_str()).send().await;
    assert_eq!(other.status, StatusCode::OK);
    for none in ["0", "2", "4", "-1", "x", "18446744073709551615"] {
        let address = format!("/library/media/{}/chapterImages/{none}", part.media);
        assert_eq!(rig.get(address).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn a_blob_that_is_lost_is_not_there_rather_than_a_fault() {
    let rig = Rig::new();
    let id = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, id, ItemKind::Movie);
    publish_bif(&rig, &part);
    std::fs::remove_dir_all(Path::new(rig.library.data_dir()).join("blobs")).unwrap();
    assert_eq!(rig.get(format!("/library/parts/{}/indexes/sd", part.id)).await.status, StatusCode::NOT_FOUND);
}
