//! What holds for every address: token, headers, errors, bounds.

use axum::http::{Method, StatusCode};

use crate::rig::{JSON, Rig, XML};

const PAGE_401: &str =
    "<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>";
const PAGE_404: &str =
    "<html><head><title>Not Found</title></head><body><h1>404 Not Found</h1></body></html>";

#[tokio::test]
async fn without_a_token_only_identity_and_health_answer() {
    let rig = Rig::new();
    for (uri, status) in [
        ("/identity", StatusCode::OK),
        ("/healthz", StatusCode::OK),
        ("/", StatusCode::UNAUTHORIZED),
        ("/butler", StatusCode::UNAUTHORIZED),
        ("/butler/", StatusCode::UNAUTHORIZED),
        ("/openapi.json", StatusCode::UNAUTHORIZED),
        ("/identity/more", StatusCode::UNAUTHORIZED),
        ("/nothing/here", StatusCode::UNAUTHORIZED),
        ("/api/v1/runs", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(rig.ask_without_token(Method::GET, uri).send().await.status, status, "{uri}");
    }
}

#[tokio::test]
async fn the_token_counts_in_header_and_query() {
    let rig = Rig::new();
    let token = rig.token.reveal();
    for uri in [
        format!("/butler?X-Plex-Token={token}"),
        format!("/butler/?X-Plex-Client-Identifier=a&X-Plex-Token={token}"),
    ] {
        assert_eq!(rig.ask_without_token(Method::GET, uri).send().await.status, StatusCode::OK);
    }
    let mut wrong: Vec<String> =
        ["", "x", "0123456789abcdef0123456789abcdef0123456789a"].map(str::to_owned).into();
    wrong.push(format!("{token}x"));
    wrong.push(token[1..].to_owned());
    for wrong in wrong {
        let answer =
            rig.ask_without_token(Method::GET, "/butler").header("X-Plex-Token", &wrong).send().await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_401_is_json_for_who_names_json_and_the_page_of_plex_for_others() {
    let rig = Rig::new();
    let json =
        rig.ask_without_token(Method::POST, "/butler/BackupDatabase").header("Accept", JSON).send().await;
    assert_eq!((json.status, json.header("content-type")), (StatusCode::UNAUTHORIZED, JSON));
    assert_eq!(
        json.text(),
        r#"{"errors":[{"code":1001,"message":"User could not be authenticated","status":401}]}"#
    );
    for accept in ["*/*", "text/*", "application/xml"] {
        let page = rig.ask_without_token(Method::GET, "/butler").header("Accept", accept).send().await;
        assert_eq!((page.header("content-type"), page.text().as_str()), ("text/html", PAGE_401), "{accept}");
        assert_eq!(page.header("content-length"), "91");
    }
}

#[tokio::test]
async fn a_404_has_both_forms() {
    let rig = Rig::new();
    let page = rig.get("/nothing/here").await;
    assert_eq!((page.status, page.text().as_str()), (StatusCode::NOT_FOUND, PAGE_404));
    let json = rig.ask(Method::POST, "/butler/BrewCoffee").header("Accept", JSON).send().await;
    assert_eq!((json.status, &json.json()["errors"][0]["code"]), (StatusCode::NOT_FOUND, &1002.into()));
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_plex() {
    let rig = Rig::new();
    for uri in ["/identity", "/butler", "/nothing"] {
        let answer = rig.get(uri).await;
        assert_eq!(
            (answer.header("x-plex-protocol"), answer.header("cache-control")),
            ("1.0", "no-cache"),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let rig = Rig::new();
    let answer = rig.ask(Method::PUT, "/butler").header("Accept", JSON).send().await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,POST,DELETE")
    );
    assert_eq!(answer.json()["errors"][0]["status"], 405);
    let answer = rig.ask(Method::OPTIONS, "/butler").send().await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::OK, "GET,HEAD,POST,DELETE"));
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn head_has_the_head_of_get_and_no_body() {
    let rig = Rig::new();
    for uri in ["/butler", "/nothing"] {
        let (get, head) = (rig.get(uri).await, rig.ask(Method::HEAD, uri).send().await);
        assert_eq!(
            (head.status, head.header("content-type")),
            (get.status, get.header("content-type")),
            "{uri}"
        );
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{uri}");
        assert!(head.body.is_empty(), "{uri}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_changes_nothing() {
    let rig = Rig::new();
    for uri in ["/butler", "/library", "/library/sections", "/identity", "/services/browse"] {
        let (without, with) = (rig.get(uri).await, rig.get(format!("{uri}/?a=b")).await);
        assert_eq!((with.status, with.text()), (StatusCode::OK, without.text()), "{uri}");
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let rig = Rig::new();
    let answer = rig.get(format!("/butler?a={}", "x".repeat(20_000))).await;
    assert_eq!(answer.status, StatusCode::URI_TOO_LONG);
    let answer = rig.ask(Method::GET, "/butler").header("X-Plex-Product", "x".repeat(40_000)).send().await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let length = (70 << 10).to_string();
    let answer = rig
        .ask(Method::POST, "/butler")
        .header("Content-Length", length)
        .body(vec![0; 70 << 10])
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn bad_input_is_never_a_500() {
    let rig = Rig::new();
    rig.add_films("films").await;
    for (method, uri) in [
        (Method::POST, "/butler?force=maybe"),
        (Method::POST, "/butler/%ff%fe?force=1"),
        (Method::POST, "/butler/..%2f..%2fetc"),
        (Method::POST, "/butler/RefreshLibraries%00"),
        (Method::POST, "/library/sections"),
        (Method::POST, "/library/sections?name=a&type=film&location=/tmp"),
        (Method::POST, "/library/sections?name=a&type=movie&location=relative"),
        (Method::POST, "/library/sections?name=a&type=movie&location=/no/such/folder"),
        (Method::POST, "/library/sections?name=a&type=movie&location=%00"),
        (Method::PUT, "/library/sections/99999999999999999999?name=a"),
        (Method::DELETE, "/library/sections/-1"),
        (Method::GET, "/library/sections/x/all"),
        (Method::GET, "/library/sections/1/all?type=99"),
        (Method::GET, "/library/sections/1/all?X-Plex-Container-Start=-1"),
        (Method::GET, "/library/sections/1/all?X-Plex-Container-Size=many"),
        (Method::GET, "/library/metadata/1,x"),
        (Method::GET, "/library/metadata/9223372036854775807"),
        (Method::GET, "/library/parts/0/indexes/sd"),
        (Method::GET, "/library/parts/1/indexes/hd"),
        (Method::GET, "/library/parts/1/indexes/sd?interval=x"),
        (Method::GET, "/library/parts/1/indexes/sd/-5"),
        (Method::GET, "/library/media/1/chapterImages/1"),
        (Method::GET, "/library/media/x/chapterImages/18446744073709551616"),
        (Method::GET, "/services/browse/%%%"),
        (Method::GET, "/services/browse/AAAA"),
        (Method::GET, "/api/v1/runs?state=asleep"),
        (Method::GET, "/api/v1/runs?start=-1"),
        (Method::GET, "/api/v1/runs/18446744073709551615"),
        (Method::GET, "/api/v1/runs/x"),
        (Method::GET, "/api/v1/failures?size=x"),
        (Method::POST, "/api/v1/failures/0/retry"),
    ] {
        let answer = rig.ask(method.clone(), uri).send().await;
        assert!(answer.status.is_client_error(), "{method} {uri}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn the_server_introduces_itself_in_both_forms() {
    let rig = Rig::new();
    let id = rig.library.server_id();
    let identity = rig.ask_without_token(Method::GET, "/identity").send().await;
    assert_eq!(identity.header("content-type"), XML);
    assert_eq!(
        identity.text(),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><MediaContainer size=\"0\" apiVersion=\"1.2.3\" \
             claimed=\"0\" machineIdentifier=\"{id}\" version=\"1.43.0.0-butler\"/>"
        )
    );
    let root = rig.get_json("/").await;
    assert_eq!(root["MediaContainer"]["friendlyName"], "Attic");
    assert_eq!(root["MediaContainer"]["machineIdentifier"], id);
    assert!(rig.get("/").await.text().contains("<Directory count=\"1\" key=\"butler\" title=\"butler\"/>"));
}

#[tokio::test]
async fn a_client_sees_a_version_that_it_can_read_and_butler_s_own_beside_it() {
    let rig = Rig::new();
    for uri in ["/identity", "/", "/media/providers"] {
        let answer = rig.ask(Method::GET, uri).header("Accept", JSON).send().await;
        assert_eq!(
            (&answer.json()["MediaContainer"]["version"], answer.header("x-butler-version")),
            (&"1.43.0.0-butler".into(), "1.2.3")
        );
    }
    assert_eq!(rig.get_json("/").await["MediaContainer"]["platformVersion"], "6.1.0");
}

#[tokio::test]
async fn head_starts_nothing_anywhere() {
    let rig = Rig::new();
    let (section, _) = rig.add_films("films").await;
    let document = rig.get_json("/openapi.json").await;
    for path in document["paths"].as_object().unwrap().keys() {
        let path = path
            .replace("{id}", &section.to_string())
            .replace("{name}", "RefreshLibraries")
            .replace(['{', '}'], "");
        let answer = rig.ask(Method::HEAD, &path).send().await;
        assert!(answer.body.is_empty(), "{path}");
        assert!(
            !path.ends_with("/refresh") || answer.status == StatusCode::METHOD_NOT_ALLOWED,
            "{path}: {}",
            answer.status
        );
    }
    assert_eq!(rig.get_json("/api/v1/runs").await["total"], 0);
    assert_eq!(rig.get_json("/library/sections").await["MediaContainer"]["size"], 1);
}

#[tokio::test]
async fn a_request_is_for_one_host() {
    let rig = Rig::new();
    for (ask, status) in [
        (rig.ask(Method::GET, "/identity"), StatusCode::OK),
        (rig.ask(Method::GET, "/identity").header("Host", "other"), StatusCode::BAD_REQUEST),
        (rig.ask(Method::GET, "/identity").without_host(), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask.send().await.status, status);
    }
}

#[tokio::test]
async fn a_word_that_butler_s_own_api_does_not_know_is_refused_by_name() {
    let rig = Rig::new();
    let document = rig.get_json("/openapi.json").await;
    let own = document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/api/v1/"));
    for (path, methods) in own {
        let path =
            path.replace("{id}", "1").replace("{name}", "RefreshLibraries").replace("{owner}", "person");
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = rig.ask(method.clone(), format!("{path}?X-Plex-Product=x&nonsense=1")).send().await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}");
            assert!(answer.text().contains("`nonsense`"), "{method} {path}: {}", answer.text());
        }
    }
    let answer =
        rig.ask(Method::PUT, "/api/v1/settings").body(b"{\"ButlerStartHour\":3}".to_vec()).send().await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "a body that nobody reads");
    assert!(answer.text().contains("?NAME=VALUE"), "{}", answer.text());
    let answer = rig.get("/api/v1/failures?limit=200").await.json();
    assert_eq!(
        answer["errors"][0]["message"],
        "`limit` is no parameter of this address; it takes: before, after, task, run, start, size."
    );
    let token = rig.token.reveal();
    let answer =
        rig.ask_without_token(Method::GET, format!("/api/v1/runs?size=1&x-plex-token={token}")).send().await;
    assert_eq!(answer.status, StatusCode::OK);
}
