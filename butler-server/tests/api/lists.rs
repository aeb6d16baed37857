//! Lists of items: filtered, sorted and cut into pages as clients ask; what they ask for and is not known is
//! refused.

use axum::http::{Method, StatusCode};
use butler_library::{ItemKind, SectionId, SectionKind};
use butler_product::{Spec, Value};
use serde_json::Value as Json;

use crate::items::{film, part_of, publish, scanned};
use crate::rig::Rig;

fn titles(page: &Json) -> Vec<String> {
    let items = page["MediaContainer"]["Metadata"].as_array().into_iter().flatten();
    items.map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

async fn found(rig: &Rig, uri: &str) -> Vec<String> {
    titles(&rig.get_json(uri).await)
}

fn films(rig: &Rig) -> SectionId {
    let files =
        ["Alien (1979).mkv", "Heat (1995).mkv", "The Matrix (1999).mkv", "Élan (1999).mkv", "Yearless.mkv"];
    let id = scanned(rig, SectionKind::Movie, "films", &files);
    // Alien is the first: a minute of 720 lines.
    publish(
        rig,
        &part_of(rig, id, ItemKind::Movie),
        Spec::MediaInfo,
        Value::MediaInfo(Box::new(film())),
        None,
    );
    id
}

fn shows(rig: &Rig) -> SectionId {
    let files = [
        "Dark/Season 01/Dark - S01E01.mkv",
        "Dark/Season 01/Dark - S01E02.mkv",
        "Dark/Season 02/Dark - S02E01.mkv",
    ];
    scanned(rig, SectionKind::Show, "shows", &files)
}

#[tokio::test]
async fn filters_find_what_they_mean() {
    let rig = Rig::new();
    let id = films(&rig);
    for (query, expect) in [
        ("year=1999", vec!["Élan", "The Matrix"]),
        ("year=1979,1995", vec!["Alien", "Heat"]),
        ("year!=1999", vec!["Alien", "Heat"]),
        ("year>>=1995", vec!["Élan", "The Matrix"]),
        ("year>=1995&year<<=1999", vec!["Heat"]),
        ("decade=1990", vec!["Élan", "Heat", "The Matrix"]),
        ("title=%C3%89L", vec!["Élan"]),
        ("title==heat", vec!["Heat"]),
        ("title%3D=heat", vec!["Heat"]),
        ("title!=a", vec![]),
        ("title!=EA", vec!["Alien", "Élan", "The Matrix"]),
        ("title<=the", vec!["The Matrix"]),
        ("title>=IX", vec!["The Matrix"]),
        ("resolution=720", vec!["Alien"]),
        ("resolution!=720", vec![]),
        ("duration<<=61001", vec!["Alien"]),
        ("duration<<=61000", vec![]),
        ("unwatched=1&year=1995", vec!["Heat"]),
        ("unwatched=0", vec![]),
        ("nocache=0&unwatched=0&year=1995", vec!["Heat"]),
        ("trash=1", vec![]),
        ("duplicate=1", vec![]),
        ("addedAt>>=-1d&year=1995", vec!["Heat"]),
        ("addedAt<<=-1d", vec![]),
        ("push=1&title=heat&or=1&title=alien&pop=1&year>>=1980", vec!["Heat"]),
        ("includeGuids=1&checkFiles=1&X-Plex-Product=x&includeExternalMedia=1&year=1995", vec!["Heat"]),
        ("type=18", vec![]),
    ] {
        let mut expect: Vec<String> = expect.into_iter().map(str::to_owned).collect();
        let mut found = found(&rig, &format!("/library/sections/{id}/all?{query}")).await;
        expect.sort();
        found.sort();
        assert_eq!(found, expect, "{query}");
    }
}

#[tokio::test]
async fn a_filter_or_sort_that_is_unknown_is_refused_by_name() {
    let rig = Rig::new();
    let (films, shows) = (films(&rig), shows(&rig));
    let show = rig.get_json(format!("/library/sections/{shows}/all")).await["MediaContainer"]["Metadata"][0]
        ["ratingKey"]
        .clone();
    let show = show.as_str().unwrap();
    for (uri, word) in [
        (format!("/library/sections/{films}/all?studio=A24"), "`studio`"),
        (format!("/library/sections/{films}/all?genre=Drama"), "`genre`"),
        (format!("/library/sections/{films}/all?sort=rating:desc"), "`rating`"),
        (format!("/library/sections/{films}/recentlyAdded?label=x"), "`label`"),
        ("/library/all?year=1999&nonsense=1".into(), "`nonsense`"),
        ("/library/recentlyAdded?viewCount>>=1".into(), "`viewCount`"),
        (format!("/library/metadata/{show}/children?colour=red"), "`colour`"),
        (format!("/library/metadata/{show}/allLeaves?viewCount=0"), "`viewCount`"),
        (format!("/library/metadata/{show}/extras?year=1"), "`year`"),
        (format!("/library/sections/{films}/all?push=1{}", "&id=1,2".repeat(2)), "`push`"),
    ] {
        let answer = rig.get(&uri).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{uri}");
        assert!(answer.text().contains(word), "{uri}: {}", answer.text());
    }
    // A list as long as an address takes is answered, not a fault.
    let ids: Vec<String> = (1..3_000).map(|id| id.to_string()).collect();
    assert_eq!(found(&rig, &format!("/library/sections/{films}/all?id={}", ids.join(","))).await.len(), 5);
}

#[tokio::test]
async fn lists_are_sorted_as_asked() {
    let rig = Rig::new();
    let (films, shows) = (films(&rig), shows(&rig));
    let sorted =
        async |query: &str| found(&rig, &format!("/library/sections/{films}/all?sort={query}")).await;
    assert_eq!(
        sorted("year:desc:nullsLast,titleSort").await,
        ["Élan", "The Matrix", "Heat", "Alien", "Yearless"]
    );
    assert_eq!(sorted("year,titleSort:desc").await, ["Yearless", "Alien", "Heat", "The Matrix", "Élan"]);
    assert_eq!(sorted("movie.titleSort:asc&limit=2").await, ["Alien", "Élan"]);
    let numbers = async |query: &str| {
        let page = rig.get_json(format!("/library/sections/{shows}/all?type=4&{query}")).await;
        let items = page["MediaContainer"]["Metadata"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|item| (item["parentIndex"].as_u64().unwrap(), item["index"].as_u64().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers("sort=season.index:desc,index:desc").await, [(2, 1), (1, 2), (1, 1)]);
    assert_eq!(numbers("season.index=2").await, [(2, 1)]);
    assert_eq!(numbers("show.title==Dark&index=2").await, [(1, 2)]);
    assert!(numbers("show.title==Light").await.is_empty());
}

#[tokio::test]
async fn every_list_pages_alike() {
    let rig = Rig::new();
    let (films, shows) = (films(&rig), shows(&rig));
    let show = rig.get_json(format!("/library/sections/{shows}/all")).await["MediaContainer"]["Metadata"][0]
        ["ratingKey"]
        .clone();
    let show = show.as_str().unwrap();
    let media = rig.folder("films");
    let media = media.parent().unwrap().as_os_str().as_encoded_bytes();
    let media = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE, media);
    for (uri, list, total) in [
        (format!("/library/sections/{films}/all"), "Metadata", 5),
        (format!("/library/sections/{films}/recentlyAdded"), "Metadata", 5),
        ("/library/all".into(), "Metadata", 6),
        ("/library/recentlyAdded".into(), "Metadata", 8),
        (format!("/library/metadata/{show}/children"), "Metadata", 2),
        (format!("/library/metadata/{show}/allLeaves"), "Metadata", 3),
        (format!("/library/metadata/{show}/extras"), "Metadata", 0),
        ("/library/metadata/1,2,3".into(), "Metadata", 3),
        (format!("/library/sections/{films}/collections"), "Metadata", 0),
        (format!("/library/sections/{films}/year"), "Directory", 3),
        (format!("/library/sections/{films}/sorts"), "Directory", 6),
        ("/library/sections".into(), "Directory", 2),
        ("/library/sections/all".into(), "Directory", 2),
        (format!("/services/browse/{media}"), "Path", 2),
    ] {
        let mut seen = Vec::new();
        for start in 0..=total {
            let ask = rig.ask(Method::GET, uri.clone()).header("Accept", "application/json");
            let ask =
                ask.header("X-Plex-Container-Start", start.to_string()).header("X-Plex-Container-Size", "1");
            let page = ask.send().await.json()["MediaContainer"].clone();
            let rows = page[list].as_array().cloned().unwrap_or_default();
            assert_eq!((&page["totalSize"], &page["offset"]), (&total.into(), &start.into()), "{uri}");
            assert_eq!(
                (rows.len(), &page["size"]),
                (usize::from(start < total), &rows.len().into()),
                "{uri}"
            );
            seen.extend(rows);
        }
        let whole = rig.get_json(&uri).await["MediaContainer"].clone();
        assert_eq!(whole[list].as_array().cloned().unwrap_or_default(), seen, "{uri}");
        assert_eq!((&whole["size"], whole.get("totalSize")), (&total.into(), None), "{uri}");
    }
}

#[tokio::test]
async fn a_limit_holds_over_all_pages() {
    let rig = Rig::new();
    let id = films(&rig);
    let page = rig
        .get_json(format!(
            "/library/sections/{id}/all?limit=3&X-Plex-Container-Start=2&X-Plex-Container-Size=2"
        ))
        .await;
    assert_eq!((titles(&page).len(), &page["MediaContainer"]["totalSize"]), (1, &3.into()));
    assert!(found(&rig, &format!("/library/sections/{id}/all?limit=0")).await.is_empty());
}

#[tokio::test]
async fn clients_are_told_what_can_be_asked() {
    let rig = Rig::new();
    let (films, shows) = (films(&rig), shows(&rig));
    let uri =
        format!("/library/sections/{shows}/all?includeMeta=1&includeAdvanced=1&X-Plex-Container-Size=0");
    let meta = rig.get_json(uri).await["MediaContainer"]["Meta"].clone();
    let types: Vec<&str> =
        meta["Type"].as_array().unwrap().iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["show", "season", "episode"]);
    // Whatever is named as a field with an operator is taken, and whatever is named as a sort.
    for row in meta["Type"].as_array().unwrap() {
        let list = row["key"].as_str().unwrap();
        for field in row["Field"].as_array().unwrap() {
            let types = meta["FieldType"].as_array().unwrap();
            let of_type = types.iter().find(|known| known["type"] == field["type"]).unwrap();
            for operator in of_type["Operator"].as_array().unwrap() {
                let asked = format!(
                    "{list}&{}{}1",
                    field["key"].as_str().unwrap(),
                    operator["key"].as_str().unwrap()
                );
                assert_eq!(rig.get(&asked).await.status, StatusCode::OK, "{asked}");
            }
        }
        for sort in row["Sort"].as_array().unwrap() {
            let asked = format!(
                "{list}&sort={},{}",
                sort["key"].as_str().unwrap(),
                sort["descKey"].as_str().unwrap()
            );
            assert_eq!(rig.get(&asked).await.status, StatusCode::OK, "{asked}");
        }
        for filter in
            row["Filter"].as_array().unwrap().iter().filter(|filter| filter["filterType"] != "boolean")
        {
            let asked = filter["key"].as_str().unwrap();
            assert_eq!(rig.get(asked).await.status, StatusCode::OK, "{asked}");
        }
    }
    let years =
        rig.get_json(format!("/library/sections/{films}/decade")).await["MediaContainer"]["Directory"]
            .clone();
    assert_eq!((&years[0]["key"], &years[1]["title"]), (&"1970".into(), &"1990s".into()));
    assert_eq!(found(&rig, years[0]["fastKey"].as_str().unwrap()).await, ["Alien"]);
    let resolutions =
        rig.get_json(format!("/library/sections/{films}/resolution")).await["MediaContainer"]["Directory"]
            .clone();
    assert_eq!((resolutions.as_array().unwrap().len(), &resolutions[0]["key"]), (1, &"720".into()));
    for unknown in ["studio", "title", "genre"] {
        assert_eq!(
            rig.get(format!("/library/sections/{films}/{unknown}")).await.status,
            StatusCode::NOT_FOUND,
            "{unknown}"
        );
    }
    let filters = rig.get_json(format!("/library/sections/{films}/filters")).await;
    let filters = filters["MediaContainer"]["Directory"].as_array().unwrap();
    assert!(filters.iter().any(|filter| filter["filter"] == "year"));
    assert!(filters.iter().any(|filter| filter["filterType"] == "boolean"));
    for filter in filters {
        let choices = rig.get_json(filter["key"].as_str().unwrap()).await["MediaContainer"].clone();
        if filter["filterType"] == "boolean" {
            let keys = [&choices["Directory"][0]["key"], &choices["Directory"][1]["key"]];
            assert_eq!((&choices["size"], keys), (&2.into(), [&"1".into(), &"0".into()]), "{filter}");
        }
    }
}

#[tokio::test]
async fn a_show_counts_its_episodes_and_says_where_it_lies() {
    let rig = Rig::new();
    let id = shows(&rig);
    let show =
        rig.get_json(format!("/library/sections/{id}/all")).await["MediaContainer"]["Metadata"][0].clone();
    assert_eq!(
        (&show["childCount"], &show["leafCount"], &show["viewedLeafCount"]),
        (&2.into(), &3.into(), &0.into())
    );
    let show = rig.get_json(format!("/library/metadata/{}", show["ratingKey"].as_str().unwrap())).await;
    let folder = rig.folder("shows").join("Dark");
    assert_eq!(
        show["MediaContainer"]["Metadata"][0]["Location"],
        serde_json::json!([{ "path": folder.to_str().unwrap() }])
    );
}

#[tokio::test]
async fn a_name_with_control_characters_breaks_neither_form() {
    let rig = Rig::new();
    let id =
        scanned(&rig, SectionKind::Movie, "films", &["A\u{1}b\u{1b}[31m\u{7f} & <c>\u{85} \"d\" (1999).mkv"]);
    let uri = format!("/library/sections/{id}/all");
    let file =
        rig.get_json(&uri).await["MediaContainer"]["Metadata"][0]["Media"][0]["Part"][0]["file"].clone();
    assert!(file.as_str().unwrap().contains('\u{1}'), "{file:?}");
    let xml = rig.get(&uri).await.text();
    let allowed =
        |letter: char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}');
    assert!(xml.chars().all(allowed), "{xml:?}");
    assert!(xml.contains("&amp; &lt;c&gt;"), "{xml}");
    let refused = rig.get(format!("{uri}?a%01%1B%3Cb%3E=1")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("`a\u{fffd}\u{fffd}&lt;b`"), "{}", refused.text());
}

#[tokio::test]
async fn there_are_no_collections_and_every_list_says_so() {
    let rig = Rig::new();
    let id = films(&rig);
    let section = format!("/library/sections/{id}");
    for list in ["all", "recentlyAdded", "filters", "sorts", "year"] {
        let uri = format!("{section}/{list}?type=18");
        assert_eq!(rig.get_json(&uri).await["MediaContainer"]["size"], 0, "{uri}");
    }
    for uri in ["/library/all?type=18", "/library/recentlyAdded?type=18"] {
        assert_eq!(rig.get_json(uri).await["MediaContainer"]["size"], 0, "{uri}");
    }
}
