//! Which server is asked, with which token, and what is said where none answers or it is a Plex Media Server.

use std::net::TcpListener;
use std::path::Path;

use butler_fixtures::stand_in::{Reply, StandIn};
use serde_json::json;

use super::{TOKEN, at, butler, plex, run, said, server};

#[test]
fn a_plex_media_server_is_driven_as_far_as_it_goes() {
    let plex = plex();
    assert_eq!(said(at(&plex, &["tasks"])).0, 0);
    let (code, stdout, _) = said(at(&plex, &["start", "BackupDatabase"]));
    assert_eq!(
        (code, stdout.as_str()),
        (0, "BackupDatabase: The server took the request; it does not say what became of it.\n")
    );
    assert_eq!(said(at(&plex, &["start", "--all"])).0, 0);
    let (code, all) = super::said_json(at(&plex, &["start", "--all", "--json"]));
    assert_eq!((code, &all[0]["task"]), (0, &serde_json::Value::Null));
    assert!(all[0]["message"].as_str().unwrap().starts_with("The server took the request"), "{all}");
    assert_eq!(said(at(&plex, &["stop", "--all"])).1, "The server took the request.\n");
    for arguments in [["runs"], ["failures"]] {
        let (code, _, stderr) = said(at(&plex, &arguments));
        assert!(code == 1 && stderr.contains("Hint: A Plex Media Server"), "{arguments:?} {code} {stderr}");
    }
}

#[test]
fn no_server_no_entry_and_a_wrong_command_line_have_codes_of_their_own() {
    let server = server(vec![run(json!({}))]);
    let mut wrong = at(&server, &["tasks"]);
    wrong.env("BUTLER_TOKEN", "wrong");
    let (code, _, stderr) = said(wrong);
    assert!(code == 5 && stderr.contains("does not accept the token: 401 Unauthorized."), "{stderr}");
    // Of an address at which no other test takes a port.
    let gone = format!("http://{}", TcpListener::bind("127.83.0.1:0").unwrap().local_addr().unwrap());
    let (code, _, stderr) = said(butler(&["tasks", "--url", &gone]));
    assert!(
        code == 5 && stderr.contains(&format!("Error: No server answers at {gone}.\nCaused by:")),
        "{stderr}"
    );
    assert_eq!(said(butler(&["tasks", "--url", "ftp://plex"])).0, 2);
    for wrong in [
        ["start"].as_slice(),
        &["start", "--all", "X"],
        &["brew"],
        &["runs", "x"],
        &["stop"],
        &["serve", "--url", "http://x"],
    ] {
        assert_eq!(said(butler(wrong)).0, 2, "{wrong:?}");
    }
    for (wrong, way_on) in [
        (["runs", "abc"].as_slice(), "it takes a number; `butler runs` lists the runs"),
        (&["runs", "--limit", "0"], "it takes a number from 1 on"),
        (&["failures", "--retry", "x"], "`butler failures` lists the failures"),
        (&["sections", "remove", "Films"], "`butler sections list` lists the sections"),
    ] {
        let (code, _, stderr) = said(butler(wrong));
        assert!(code == 2 && stderr.contains(way_on), "{wrong:?} {stderr}");
    }
    // Without a scheme it is http, and only the system's own word stands below the sentence.
    let host = gone.strip_prefix("http://").unwrap();
    let (_, _, stderr) = said(butler(&["tasks", "--url", host]));
    assert_eq!(stderr.matches("Caused by:").count(), 1, "{stderr}");
    assert!(
        stderr.contains(&format!("No server answers at {gone}."))
            && stderr.contains("as in http://127.0.0.1:32500"),
        "{stderr}"
    );
    let garbage = StandIn::start(|_| Reply::new(200, "text/html", "", "<p>Welcome</p>"));
    let (code, _, stderr) = said(at(&garbage, &["tasks"]));
    assert!(code == 1 && stderr.contains("does not answer with a list of tasks"), "{stderr}");
}

#[test]
fn what_is_neither_a_butler_nor_a_plex_media_server_is_told_so() {
    // As the web server of a programming language answers, and one that knows no other methods.
    let other = StandIn::start(|request| match request.line.starts_with("GET") {
        true => Reply::new(404, "text/html", "", "<!DOCTYPE HTML><html><h1>Error response</h1></html>"),
        false => Reply::new(501, "text/html", "", "<!DOCTYPE HTML><html><h1>Error response</h1></html>"),
    });
    for arguments in [["tasks"].as_slice(), &["sections", "list"], &["settings"], &["watch"]] {
        let (code, _, stderr) = said(at(&other, arguments));
        assert!(
            code == 1 && stderr.contains("is no Butler and no Plex Media Server") && stderr.contains("Hint:"),
            "{arguments:?} {code} {stderr}"
        );
    }
    for arguments in [["start", "BackupDatabase"], ["stop", "BackupDatabase"]] {
        let (code, _, stderr) = said(at(&other, &arguments));
        assert!(code == 1 && stderr.contains("Hint: Is it a Butler or a Plex"), "{arguments:?} {stderr}");
    }
    // A page for people, as a router's, is nothing done.
    let login = "<!DOCTYPE html><html><body><form>Log in to your router</form></body></html>";
    let router = StandIn::start(move |_| Reply::new(200, "text/html", "", login));
    for arguments in [["start", "BackupDatabase"], ["stop", "--all"], ["start", "--all"]] {
        let (code, _, stderr) = said(at(&router, &arguments));
        assert!(
            code == 1 && stderr.contains("does not answer with the confirmation of an action"),
            "{stderr}"
        );
    }
    let closing = StandIn::start(|_| Reply::Bytes(Vec::new()));
    let (code, _, stderr) = said(at(&closing, &["tasks"]));
    assert!(code == 5 && stderr.contains("broke the connection off"), "{stderr}");
}

#[test]
fn an_echo_of_the_token_is_printed_in_no_piece() {
    for before in [195, 200, 290, 295] {
        for status in [200, 400, 401, 500] {
            let server = StandIn::start(move |request| {
                let echo = "a".repeat(before) + request.header("x-plex-token");
                Reply::new(status, "text/html", "", &format!("<h1>{echo}</h1>"))
            });
            let (_, _, stderr) = said(at(&server, &["tasks"]));
            assert!(!stderr.contains(&TOKEN[..5]), "{before} {status} {stderr}");
        }
    }
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    let stalled = StandIn::start(|_| Reply::Silence);
    let (code, _, stderr) = said(at(&stalled, &["tasks", "--timeout", "1"]));
    assert!(code == 5 && stderr.contains("does not answer within 1 s."), "{stderr}");
    // Nor is it asked by all ways of listening before the start.
    let (code, _, stderr) = said(at(&stalled, &["start", "X", "--wait", "--timeout", "1"]));
    assert!(code == 5 && stderr.contains("does not answer within 1 s."), "{stderr}");
    assert_eq!(stalled.asked().len(), 2, "{:?}", stalled.asked());
    // A plan may take half an hour to make, but only a server that answers anything at all is waited for.
    for how in ["--dry-run", "--confirm"] {
        let (code, _, stderr) = said(at(&stalled, &["start", "X", how, "--timeout", "1"]));
        assert!(code == 5 && stderr.contains("does not answer within 1 s."), "{how} {stderr}");
    }
}

#[test]
fn a_data_folder_that_is_not_there_is_said_to_be_not_there() {
    let folder = butler_fixtures::tempdir().unwrap();
    let missing = folder.path().join("missing");
    for arguments in
        [["backup", "list"].as_slice(), &["backup", "verify"], &["backup", "restore", "--newest"]]
    {
        let mut command = butler(arguments);
        command.env("BUTLER_DATA_DIR", &missing);
        let (code, _, stderr) = said(command);
        let expect = format!("Error: There is no data folder `{}`.\nHint: Name it", missing.display());
        assert!(code == 4 && stderr.starts_with(&expect), "{arguments:?} {code} {stderr}");
        assert!(!missing.exists());
    }
}

#[test]
fn the_data_folder_tells_where_the_server_is_and_its_token_goes_nowhere_else() {
    let folder = butler_fixtures::tempdir().unwrap();
    let in_folder = |arguments: &[&str]| {
        let mut command = butler(arguments);
        command.env("BUTLER_DATA_DIR", folder.path());
        command
    };
    let (code, _, stderr) = said(in_folder(&["tasks"]));
    assert!(
        code == 5 && stderr.contains("No server uses the data folder") && stderr.contains("`butler serve`"),
        "{stderr}"
    );

    let server = server(vec![run(json!({}))]);
    write(folder.path(), "address", &format!("{}\n", server.url()));
    write(folder.path(), "token", &format!("{TOKEN}\n"));
    assert_eq!(said(in_folder(&["tasks"])).0, 0);
    assert_eq!(said(in_folder(&["tasks", "--url", &server.url()])).0, 0);

    let other = plex();
    assert_eq!(said(in_folder(&["tasks", "--url", &other.url()])).0, 0);
    assert!(other.asked().iter().all(|request| request.header("x-plex-token").is_empty()));
}

fn write(folder: &Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).unwrap();
}

#[test]
fn two_files_of_one_name_are_not_written_over_one_another() {
    let arguments = ["analyse", "a/film.mkv", "b/film.mp4", "--products", "bif"];
    let (code, _, stderr) = said(butler(&arguments));
    assert!(
        code == 2 && stderr.contains("`a/film.mkv` and `b/film.mp4` would have the same name."),
        "{code} {stderr}"
    );
}

#[test]
fn a_data_folder_on_the_command_line_goes_before_a_url_of_the_environment() {
    let server = server(vec![run(json!({}))]);
    let folder = butler_fixtures::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    // Before and behind the command; the server of the environment is not asked, least of all with its token.
    for arguments in [["--data-dir", folder, "tasks"], ["tasks", "--data-dir", folder]] {
        let (code, _, stderr) = said(at(&server, &arguments));
        assert!(
            code == 5 && stderr.contains(&format!("No server uses the data folder `{folder}`")),
            "{code} {stderr}"
        );
    }
    assert!(server.asked().is_empty());
    let url = server.url();
    assert_eq!(
        said(at(&server, &["tasks", "--data-dir", folder, "--url", &url])).0,
        0,
        "a URL on the command line goes before it"
    );
    let mut from_environment = at(&server, &["tasks"]);
    from_environment.env("BUTLER_DATA_DIR", folder);
    assert_eq!(said(from_environment).0, 0, "of the environment's two the URL counts");
}

#[test]
fn a_zone_that_there_is_not_is_told_wherever_hours_may_be_shown() {
    let server = butler_fixtures::butler();
    for arguments in [&["runs"][..], &["night"], &["tasks"]] {
        let mut command = at(&server, arguments);
        command.env("TZ", "Mars/Olympus");
        let (_, _, stderr) = said(command);
        assert!(stderr.contains("no time zone `Mars/Olympus`"), "{arguments:?}: {stderr}");
        assert!(!said(at(&server, arguments)).2.contains("zone"), "{arguments:?}");
    }
    let mut command = at(&server, &["runs", "--json"]);
    command.env("TZ", "Mars/Olympus");
    assert_eq!(said(command).2, "");
}
