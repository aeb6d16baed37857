//! The doors themselves: who is let in, what a bad request gets, what the command line prints and how it
//! ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{scanned, small_films, stage};

#[test]
fn nobody_comes_in_without_the_token() {
    let stage = stage();
    let server = stage.server().unwrap();
    for target in ["/identity", "/healthz"] {
        assert_eq!(server.anonymous("GET", target).send().unwrap().status, 200, "{target}");
    }
    for target in [
        "/",
        "/butler",
        "/library/sections",
        "/api/v1/runs",
        "/library/parts/1/indexes/sd",
        "/services/browse",
    ] {
        let plain = server.anonymous("GET", target).send().unwrap();
        assert_eq!(plain.status, 401, "{target}");
        if !target.starts_with("/api/") {
            assert!(plain.header("content-type").starts_with("text/html"), "{plain:?}");
        }
        let wrong = server
            .anonymous("GET", target)
            .header("X-Plex-Token", "wrong")
            .header("Accept", "application/json");
        let wrong = wrong.send().unwrap();
        assert_eq!(wrong.status, 401, "{target}");
        assert_eq!(wrong.json().unwrap()["errors"][0]["status"], 401);
        let by_query =
            server.anonymous("GET", &format!("{target}?X-Plex-Token={}", server.token())).send().unwrap();
        assert_ne!(by_query.status, 401, "{target}");
    }
    assert_eq!(server.anonymous("POST", "/butler/RefreshLibraries").send().unwrap().status, 401);
    let mode = fs::metadata(server.data_dir().join("token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!server.log().contains(server.token()), "the log holds the token");
    assert_eq!(
        fs::read_to_string(server.data_dir().join("address")).unwrap().trim().trim_start_matches("http://"),
        server.address()
    );
}

#[test]
fn a_bad_request_is_never_our_fault() {
    let stage = stage();
    let server = stage.server().unwrap();
    let long = "x".repeat(100_000);
    let long_target = format!("/library/sections/{long}");
    let targets = [
        "/library/parts/none/indexes/sd",
        "/library/parts/99999999999999999999/indexes/sd",
        "/library/parts/1/indexes/sd/-1",
        "/library/parts/1/indexes/hd",
        "/library/metadata/0",
        "/library/metadata/%00",
        "/library/sections/1/all?X-Plex-Container-Start=-5&X-Plex-Container-Size=many",
        "/services/browse/not-base64!",
        "/services/browse/L2V0Yy8uLi8uLi8=",
        "/butler/%2e%2e%2f",
        "/api/v1/runs/x",
        "/api/v1/runs?limit=-1",
        "/%ff%fe",
        long_target.as_str(),
    ];
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
        for target in targets {
            let short = &target[..target.len().min(80)];
            let status = server.request(method, target).send().map(|response| response.status);
            assert!(status.as_ref().is_ok_and(|status| *status < 500), "{method} {short}: {status:?}");
        }
    }
    let refused = server.request("GET", "/butler").header("X-Much", &long).send();
    assert!(refused.is_err() || refused.unwrap().status < 500);
    let added = server.post("/library/sections?name=&type=opera&location=/nowhere").unwrap();
    assert_eq!(added.status, 400, "{}", added.text());
    assert!(!added.json().unwrap()["errors"][0]["message"].as_str().unwrap().is_empty());
}

#[test]
fn json_and_xml_say_the_same() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let (server, section) = scanned(&stage);
    for target in [
        "/butler".to_owned(),
        "/library/sections".to_owned(),
        format!("/library/sections/{section}/all"),
        "/".to_owned(),
    ] {
        let json = server.get(&target).unwrap();
        assert!(json.header("content-type").starts_with("application/json"), "{target}: {json:?}");
        let root = json.json().unwrap().as_object().unwrap().keys().next().unwrap().clone();
        let xml = server.anonymous("GET", &target).header("X-Plex-Token", server.token()).send().unwrap();
        assert!(xml.header("content-type").starts_with("text/xml"), "{target}: {xml:?}");
        let text = xml.text();
        assert!(text.starts_with("<?xml") && text.contains(&format!("<{root}")), "{target}: {text}");
    }
    let openapi = server.get_json("/openapi.json").unwrap();
    assert!(openapi["paths"]["/butler"]["post"].is_object(), "{openapi:#}");
}

#[test]
fn the_command_line_prints_for_programs_and_ends_as_it_says() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let (server, _section) = scanned(&stage);
    let run = server.butler(&["start", "GenerateMediaIndexFiles", "--wait"]).unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let runs = server.butler_json(&["runs"]).unwrap();
    let last = &runs[0];
    for key in ["id", "task", "state", "started_at", "ended_at", "done", "total", "failures", "bytes_read"] {
        assert!(!last[key].is_null(), "no `{key}`: {last:#}");
    }
    assert!(last.as_object().unwrap().contains_key("reason"), "{last:#}");
    assert_eq!((&last["task"], &last["state"]), (&"GenerateMediaIndexFiles".into(), &"completed".into()));
    let tasks = server.butler_json(&["tasks"]).unwrap();
    assert!(tasks.as_array().unwrap().iter().any(|task| task["name"] == "RefreshLibraries"), "{tasks:#}");

    let code = |arguments: &[&str]| server.butler(arguments).unwrap().status.code();
    assert!(code(&["start", "NoSuchTask"]) > Some(0));
    assert!(code(&["stop", "GenerateMediaIndexFiles"]) > Some(0), "it does not run");
    assert!(code(&["runs", "999999"]) > Some(0));
    assert!(code(&["sections", "add", "opera", "Operas", "/"]) > Some(0));
    assert!(code(&["sections", "add", "movie", "Nowhere", "/no/such/folder"]) > Some(0));
    assert!(code(&["--token", "wrong", "tasks"]) > Some(0));
    assert_eq!(code(&["start", "--all", "--wait"]), Some(0));
}

#[test]
fn plain_files_are_analysed_without_a_server() {
    let stage = stage();
    let path = stage.add_movies(&small_films(1)).unwrap().remove(0);
    let server = stage.server().unwrap();
    let out = stage.spare_dir().join("out");
    let arguments = [
        "analyse".as_ref(),
        path.as_os_str(),
        "--products".as_ref(),
        "bif".as_ref(),
        "--out".as_ref(),
        out.as_os_str(),
    ];
    let output = server.butler(&arguments).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    let bif = made.iter().find(|path| path.extension().is_some_and(|end| end == "bif")).unwrap();
    assert_eq!(butler_fixtures::Bif::parse(&fs::read(bif).unwrap()).unwrap().pictures.len(), 3);

    let output = server
        .butler(&["analyse".as_ref(), path.as_os_str(), "/not/there.mkv".as_ref(), "--json".as_ref()])
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "one of the files is not there");
    let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results[0]["products"][0]["product"], "media_info", "{results:#}");
    assert!(results[1]["error"].as_str().unwrap().contains("/not/there.mkv"), "{results:#}");
}
