//! What is lost from the data folder, what is made anew, and the list of failures with its marks.

use axum::http::{Method, StatusCode};
use butler_api::v1::{FailureSummary, Failures, Remade};
use butler_library::{ItemKind, NewFailure, SectionKind};
use butler_product::{FailureClass, ProductKind};
use serde_json::from_value;

use crate::items::{part_of, publish_bif, scanned};
use crate::rig::{Rig, noon};

type Damage = fn(&std::path::Path);

#[tokio::test]
async fn a_preview_whose_file_is_cut_damaged_or_no_file_is_not_there_and_says_so() {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, section, ItemKind::Movie);
    let address = format!("/library/parts/{}/indexes/sd", part.id);
    let damage: [(&str, Damage); 4] = [
        ("has 0 bytes", |path| std::fs::write(path, b"").unwrap()),
        ("its file is gone", |path| std::fs::remove_file(path).unwrap()),
        ("is damaged", |path| {
            std::fs::write(path, vec![7; path.metadata().unwrap().len() as usize]).unwrap()
        }),
        ("no plain file", |path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        }),
    ];
    for (word, damage) in damage {
        publish_bif(&rig, &part);
        assert_eq!(rig.get(&address).await.status, StatusCode::OK);
        let blob = rig.library.product(part.source, ProductKind::Bif).unwrap().unwrap().blob.unwrap();
        damage(&rig.library.data_dir().join("blobs").join(blob.name));
        let lost = rig.ask(Method::GET, &address).header("accept", "application/json").send().await;
        assert_eq!(lost.status, StatusCode::NOT_FOUND, "{word}: {}", lost.text());
        assert!(
            lost.text().contains(word) && lost.text().contains("makes it anew"),
            "{word}: {}",
            lost.text()
        );
        assert!(rig.library.product(part.source, ProductKind::Bif).unwrap().is_none(), "{word}");
    }
}

#[tokio::test]
async fn one_thing_is_made_anew_at_a_time_and_the_answer_says_by_whom() {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv", "Alien (1979).mkv"]);
    let part = part_of(&rig, section, ItemKind::Movie);
    publish_bif(&rig, &part);
    let file = part.path.to_str().unwrap().replace(' ', "%20");
    let queries = [
        format!("file={file}"),
        format!("item={}", part.item),
        format!("part={}", part.id),
        format!("section={section}&products=bif"),
    ];
    for query in queries {
        publish_bif(&rig, &part);
        let answer = rig.ask(Method::POST, format!("/api/v1/remake?{query}")).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
        let remade: Remade = from_value(answer.json()).unwrap();
        assert_eq!(
            (remade.files, remade.products, remade.failures),
            (if query.starts_with("section") { 2 } else { 1 }, 1, 0),
            "{query}"
        );
        assert_eq!(
            (remade.tasks[0].task.as_str(), remade.tasks[0].kinds.as_slice()),
            ("GenerateMediaIndexFiles", &["bif".to_owned()][..])
        );
        assert!(
            remade.tasks[0].next.is_some()
                && remade.message.contains("GenerateMediaIndexFiles in the night of"),
            "{}",
            remade.message
        );
        assert_eq!(
            rig.get(format!("/library/parts/{}/indexes/sd", part.id)).await.status,
            StatusCode::OK,
            "the old one serves"
        );
    }
    for (query, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("item=1&section=1", StatusCode::BAD_REQUEST),
        ("item=x", StatusCode::BAD_REQUEST),
        ("item=1&products=hologram", StatusCode::BAD_REQUEST),
        ("item=1&missing=perhaps", StatusCode::BAD_REQUEST),
        ("item=999", StatusCode::NOT_FOUND),
        ("part=999", StatusCode::NOT_FOUND),
        ("section=999", StatusCode::NOT_FOUND),
        ("file=/nowhere", StatusCode::NOT_FOUND),
    ] {
        let answer = rig.ask(Method::POST, format!("/api/v1/remake?{query}")).send().await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn failures_are_read_from_mark_to_mark_and_say_the_night_of_their_next_try() {
    let rig = Rig::new();
    let names = ["A (2001).mkv", "B (2002).mkv", "C (2003).mkv"];
    let section = scanned(&rig, SectionKind::Movie, "films", &names);
    let items =
        rig.library.items_of_section(section, butler_library::ItemFilter::default(), 0, 9).unwrap().rows;
    for item in items {
        let source = rig.library.item(item.id).unwrap().unwrap().media[0].parts[0].source;
        let failure = NewFailure {
            kind: ProductKind::Bif,
            version: ProductKind::Bif.version(),
            class: FailureClass::Content,
            sentence: "It is damaged.".into(),
            run: None,
            // Long ago: whatever the clock says, the next night comes after it.
            next_try_at: Some(jiff::Timestamp::UNIX_EPOCH),
            counts: true,
        };
        rig.library.record_failure(source, failure, noon()).unwrap();
    }
    let first: Failures = from_value(rig.get_json("/api/v1/failures?size=2").await).unwrap();
    assert_eq!((first.failures.len(), first.total), (2, Some(3)));
    let mark = first.next.unwrap();
    let second: Failures =
        from_value(rig.get_json(format!("/api/v1/failures?size=2&before={mark}")).await).unwrap();
    assert_eq!((second.failures.len(), second.total, second.next), (1, None, None));
    assert!(second.failures[0].id < first.failures[1].id);
    assert_eq!(second.failures[0].files, [second.failures[0].part.clone()]);
    let night = second.failures[0].next_try.unwrap();
    assert!(night.at() > jiff::Timestamp::UNIX_EPOCH && night.clock() == "02:00", "{night}");
    let newer: Failures = from_value(rig.get_json(format!("/api/v1/failures?after={mark}")).await).unwrap();
    assert_eq!(newer.failures.iter().map(|failure| failure.id).collect::<Vec<_>>(), [first.failures[0].id]);
    assert_eq!(rig.get("/api/v1/failures?before=yesterday").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(rig.get("/api/v1/runs?before=yesterday").await.status, StatusCode::BAD_REQUEST);

    let summary: FailureSummary = from_value(rig.get_json("/api/v1/failures/summary").await).unwrap();
    let [group] = summary.groups.as_slice() else { panic!("{summary:?}") };
    assert_eq!((group.product.as_str(), group.failures, group.files, group.resting), ("bif", 3, 3, 0));
    assert_eq!(group.tasks.iter().map(|task| task.as_str()).collect::<Vec<_>>(), ["GenerateMediaIndexFiles"]);
}
