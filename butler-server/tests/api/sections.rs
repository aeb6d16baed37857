//! Sections, as python-plexapi lists, adds, edits, scans and deletes them.

use std::os::unix::ffi::OsStrExt;

use axum::http::{Method, StatusCode};

use crate::rig::{JSON, Rig, add};

#[tokio::test]
async fn a_section_is_added_listed_edited_and_deleted() {
    let rig = Rig::new();
    let (id, folder) = rig.add_films("films").await;
    let list = rig.get_json("/library/sections").await;
    let section = &list["MediaContainer"]["Directory"][0];
    assert_eq!(
        (&section["key"], &section["type"], &section["title"]),
        (&id.to_string().into(), &"movie".into(), &"films".into())
    );
    assert_eq!(
        (&section["agent"], &section["scanner"]),
        (&"tv.plex.agents.movie".into(), &"Plex Movie".into())
    );
    assert_eq!(section["Location"][0]["path"], folder.to_str().unwrap());
    assert_eq!(section["createdAt"], crate::rig::noon().as_second());
    assert!(
        rig.get("/library/sections")
            .await
            .text()
            .contains("<Directory allowSync=\"1\" filters=\"1\" refreshing=\"0\" key=\"")
    );

    let other = rig.folder("more films");
    let uri = format!(
        "/library/sections/{id}?agent=a&name=Better&location={}&location={}",
        folder.display(),
        other.display().to_string().replace(' ', "%20")
    );
    let answer = rig.ask(Method::PUT, uri).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, ""));
    let list = rig.get_json("/library/sections").await;
    let section = &list["MediaContainer"]["Directory"][0];
    assert_eq!((&section["title"], section["Location"].as_array().unwrap().len()), (&"Better".into(), 2));

    assert_eq!(
        rig.ask(Method::DELETE, format!("/library/sections/{id}")).send().await.status,
        StatusCode::OK
    );
    assert_eq!(
        rig.ask(Method::DELETE, format!("/library/sections/{id}")).send().await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        rig.get_json("/library/sections").await["MediaContainer"]["Directory"],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn a_section_that_will_not_do_is_refused_with_the_reason() {
    let rig = Rig::new();
    let folder = rig.folder("films");
    let check = async |uri: String, words: &str| {
        let answer = rig.ask(Method::POST, uri).header("Accept", JSON).send().await;
        let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{message}");
        assert!(message.contains(words) && message.ends_with('.'), "{message}");
    };
    check(add("film", "a", &[&folder]), "`type` is `film`").await;
    check(add("movie", "%20", &[&folder]), "needs a name").await;
    check(add("movie", "a", &[]), "at least one folder").await;
    check(add("movie", "a", &[&folder.join("not-there")]), "does not exist").await;
    check(add("movie", "a", &[rig.library.data_dir()]), "data folder").await;
    check(add("movie", "a", &[std::path::Path::new("/proc/self/task")]), "of the system's own (proc)").await;
    let allowed = format!("/api/v1/settings?ButlerAllowedRoots={}", rig.folder("elsewhere").display());
    assert_eq!(rig.ask(Method::PUT, allowed).send().await.status, StatusCode::OK);
    check(add("movie", "a", &[&folder]), "not under an allowed root").await;
    assert_eq!(
        rig.ask(Method::PUT, "/api/v1/settings?reset=ButlerAllowedRoots").send().await.status,
        StatusCode::OK
    );
    rig.add_films("taken").await;
    check(add("movie", "a", &[&rig.folder("taken")]), "a folder of the section `taken` already").await;
}

#[tokio::test]
async fn a_folder_that_is_not_allowed_any_more_is_listed_as_that() {
    let rig = Rig::new();
    rig.add_films("films").await;
    let refused = async || {
        let listed = rig.ask(Method::GET, "/library/sections").header("Accept", JSON).send().await.json();
        listed["MediaContainer"]["Directory"][0]["Location"][0]["refused"].clone()
    };
    assert!(refused().await.is_null());
    let allowed = format!("/api/v1/settings?ButlerAllowedRoots={}", rig.folder("elsewhere").display());
    assert_eq!(rig.ask(Method::PUT, allowed).send().await.status, StatusCode::OK);
    let sentence = refused().await;
    assert!(
        sentence.as_str().unwrap().contains("(setting ButlerAllowedRoots), and is not scanned"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_folder_in_or_around_another_sections_is_told_by_the_check_and_taken() {
    let rig = Rig::new();
    let (_, films) = rig.add_films("films").await;
    let inner = films.join("4K");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("Heat (1995).mkv"), b"film").unwrap();
    for (folder, words) in [
        (inner.as_path(), "/films/4K` lies in `"),
        (films.parent().unwrap(), "/films`, a folder of the section `films`"),
    ] {
        let check =
            rig.get_json(format!("/api/v1/sections/check?type=movie&folder={}", folder.display())).await;
        let told = check["nested"][0].as_str().unwrap_or_else(|| panic!("{check:#}"));
        assert!(told.contains(words) && told.contains(".plexignore"), "{told}");
        let added = rig.ask(Method::POST, add("movie", "other", &[folder])).send().await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    }
}

#[tokio::test]
async fn a_folder_whose_name_is_no_text_is_added_all_the_same() {
    let rig = Rig::new();
    let folder = rig.folder("").join(std::ffi::OsStr::from_bytes(b"caf\xe9 + films"));
    std::fs::create_dir(&folder).unwrap();
    let uri = add("movie", "a", &[&rig.folder("").join("caf%E9+%2B%20films")]);
    assert_eq!(rig.ask(Method::POST, uri).send().await.status, StatusCode::CREATED);
    assert_eq!(rig.library.sections().unwrap()[0].roots[0].path, folder);
}

#[tokio::test]
async fn a_nul_in_a_path_is_the_request_s_fault() {
    let rig = Rig::new();
    let uri = add("movie", "a", &[&rig.folder("").join("a%00b")]);
    assert_eq!(rig.ask(Method::POST, uri).send().await.status, StatusCode::BAD_REQUEST);
    // `/a\0b` in base64.
    assert_eq!(rig.get("/services/browse/L2EAYg==").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refresh_answers_200_and_empty_however_it_is_asked() {
    let rig = Rig::new();
    let (id, folder) = rig.add_films("films").await;
    for (method, uri) in [
        (Method::GET, format!("/library/sections/{id}/refresh")),
        (Method::GET, format!("/library/sections/{id}/refresh?force=1&path={}/Heat", folder.display())),
        (Method::GET, format!("/library/sections/all/refresh?path={}/Heat", folder.display())),
        (Method::POST, format!("/library/sections/{id}/refresh")),
        (Method::GET, "/library/sections/all/refresh".into()),
        (Method::POST, "/library/sections/refresh".into()),
        (Method::DELETE, format!("/library/sections/{id}/refresh")),
        (Method::DELETE, "/library/sections/all/refresh".into()),
    ] {
        let answer = rig.ask(method.clone(), uri.clone()).header("Accept", "*/*").send().await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, ""), "{method} {uri}");
    }
    assert_eq!(rig.get("/library/sections/77/refresh").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refresh_of_a_path_outside_of_the_section_is_404_with_the_reason() {
    let rig = Rig::new();
    let (id, folder) = rig.add_films("films").await;
    let (_, other) = rig.add_films("more").await;
    let outside =
        [other.clone(), folder.join(".."), "/".into(), "films".into(), folder.with_file_name("films 2")];
    for path in outside {
        for target in [format!("{id}"), "all".to_owned()] {
            let answer = rig
                .get(format!(
                    "/library/sections/{target}/refresh?path={}",
                    path.display().to_string().replace(' ', "+")
                ))
                .await;
            let expect =
                if target == "all" && path == other { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(answer.status, expect, "{target} {}", path.display());
        }
    }
    let uri = format!("/library/sections/{id}/refresh?path=/nowhere");
    let answer = rig.ask(Method::GET, uri).header("Accept", JSON).send().await;
    let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert_eq!(
        message,
        format!("`/nowhere` lies in none of the folders that could be scanned: {}.", folder.display())
    );
    assert_eq!(
        rig.library.runs(&butler_library::RunFilter::default(), 0, 10).unwrap().total,
        1,
        "only the one that was found"
    );
}

#[tokio::test]
async fn a_section_that_is_added_is_scanned_unless_it_is_not_to_be() {
    let rig = Rig::new();
    let scanned = rig.ask(Method::POST, add("movie", "a", &[&rig.folder("a")])).send().await;
    assert_eq!((scanned.status, scanned.header("x-butler-outcome")), (StatusCode::CREATED, "started; run=1"));
    let left = rig.ask(Method::POST, add("movie", "b", &[&rig.folder("b")]) + "&scan=0").send().await;
    assert_eq!((left.status, left.header("x-butler-outcome")), (StatusCode::CREATED, ""));
    let wrong = rig.ask(Method::POST, add("movie", "c", &[&rig.folder("c")]) + "&scan=maybe").send().await;
    assert_eq!((wrong.status, rig.library.sections().unwrap().len()), (StatusCode::BAD_REQUEST, 2));
}

#[tokio::test]
async fn the_library_says_what_is_below_it() {
    let rig = Rig::new();
    let (id, _) = rig.add_films("films").await;
    assert!(
        rig.get("/library").await.text().contains("<Directory key=\"sections\" title=\"Library Sections\"/>")
    );
    assert!(
        rig.get(format!("/library/sections/{id}"))
            .await
            .text()
            .contains("<Directory key=\"all\" title=\"All\"/>")
    );
    assert_eq!(rig.get_json("/library/sections/all").await, rig.get_json("/library/sections").await);
}

#[tokio::test]
async fn a_section_that_is_stored_is_added_whatever_becomes_of_its_scan() {
    let mut rig = Rig::new();
    let folder = rig.folder("films");
    rig.end_engine();
    let added = rig.ask(Method::POST, add("movie", "Films", &[&folder])).send().await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    assert!(added.header("x-butler-not-scanned").contains("shutting down"));
    assert_eq!(rig.library.sections().unwrap().len(), 1);
}

#[tokio::test]
async fn a_section_is_scanned_when_it_is_added_and_when_its_folders_change() {
    let rig = Rig::new();
    let (id, folder) = rig.add_films("films").await;
    let edit = |query: String| rig.ask(Method::PUT, format!("/library/sections/{id}?{query}"));
    let more = rig.folder("more");
    let both = format!("location={}&location={}", folder.display(), more.display());
    let edited = edit(both.clone()).send().await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.text());
    assert!(edited.header("x-butler-outcome").contains("run="), "{}", edited.header("x-butler-outcome"));
    // Clients name all that there is, whatever they change.
    let renamed = edit(format!("{both}&name=Others")).send().await;
    assert_eq!((renamed.status, renamed.header("x-butler-outcome")), (StatusCode::OK, ""));
}
