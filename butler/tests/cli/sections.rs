//! Sections: checked, added, listed, edited, scanned and removed.

use serde_json::json;

use super::{at, run, said, said_json, server};

#[test]
fn a_folder_is_checked_for_people_and_for_programs() {
    let server = server(vec![run(json!({}))]);
    let (code, stdout, _) = said(at(&server, &["sections", "check", "/a b"]));
    let expect = "/a b would be a section of type movie (found out): 1 movie, 1 extra in 2 files.\n  Heat \
                  (1995)\n    trailer: Teaser\n\n\
                  1 doubtful:\n  odd.mkv: The name tells no year.\n";
    assert_eq!((code, stdout.as_str()), (0, expect));
    let (code, check) = said_json(at(&server, &["sections", "check", "/a b", "--type", "movie", "--json"]));
    assert_eq!((code, &check["guessed"], &check["items"][0]["title"]), (0, &false.into(), &"Heat".into()));
    let (code, _, stderr) = said(at(&server, &["sections", "check", "/x"]));
    assert_eq!((code, stderr.as_str()), (1, "Error: Nothing in `/x` tells what it holds: say its type.\n"));
}

#[test]
fn sections_are_added_listed_edited_and_removed() {
    let server = server(vec![run(json!({}))]);
    let (code, stdout, _) = said(at(&server, &["sections", "add", "movie", "Films", "films"]));
    let expect =
        "Section 12, Films, is added. It is not scanned yet: `butler sections refresh 12` does that.\n";
    assert_eq!((code, stdout.as_str()), (0, expect));
    assert_eq!(said(at(&server, &["sections", "add", "-q", "movie", "Films", "films"])).1, "12\n");
    assert_eq!(said_json(at(&server, &["sections", "add", "--json", "movie", "Films", "films"])).1["id"], 12);
    let here = std::env::current_dir().unwrap();
    let location = here.join("films").to_str().unwrap().replace('/', "%2F");
    let asked = server.asked();
    assert!(!asked[0].line.contains("scan="), "{}", asked[0].line);
    // A relative folder is meant from here, not from where the server runs.
    assert!(
        asked[0].line.replace("%2D", "-").replace("%5F", "_").ends_with(&format!("&location={location}")),
        "{}",
        asked[0].line
    );
    assert_eq!(
        said(at(&server, &["sections", "add", "movie", "Films", "/missing"])).2,
        "Error: The folder `/missing` is not there.\n"
    );
    assert_eq!(said_json(at(&server, &["sections", "list", "--json"])).1[0]["folders"], json!(["/films"]));
    assert_eq!(said(at(&server, &["sections", "edit", "12", "--name", "Cinema", "--folder", "/a b"])).0, 0);
    let edit = ["sections", "edit", "12", "--name", "Cinema", "--folder", "/a b", "--json"];
    assert_eq!(said_json(at(&server, &edit)).1["folders"], json!(["/films"]), "as the server has it now");
    assert_eq!(said(at(&server, &["sections", "edit", "13", "--name", "Cinema"])).0, 4);
    assert_eq!(
        said(at(&server, &["sections", "edit", "12"])).0,
        2,
        "an edit that changes nothing is no edit"
    );
    assert_eq!(said(at(&server, &["sections", "add", "-q", "--no-scan", "movie", "Films", "films"])).0, 0);
    assert!(server.asked().last().unwrap().line.contains("&scan=0&"), "a switch of the server's");
    assert_eq!(said(at(&server, &["sections", "remove", "12"])).0, 0);
    assert_eq!(said_json(at(&server, &["sections", "remove", "12", "--json"])).1["id"], 12);
    assert_eq!(said(at(&server, &["sections", "remove", "13"])).0, 4);
    assert_eq!(said(at(&server, &["sections", "add", "cartoon", "Films", "films"])).0, 2);
}

#[test]
fn a_section_is_scanned_whole_or_in_part_and_waited_for() {
    let server = server(vec![run(json!({"state": "completed"}))]);
    assert_eq!(said(at(&server, &["sections", "refresh", "12"])).1, "RefreshLibraries: Started, run 7.\n");
    let (code, starts) =
        said_json(at(&server, &["sections", "refresh", "12", "--path", "/a b", "--path", "/c", "--json"]));
    assert_eq!((code, &starts[0]["run"]), (0, &7.into()));
    assert_eq!(said(at(&server, &["sections", "refresh", "12", "--wait"])).0, 0);
    let (code, _, stderr) = said(at(&server, &["sections", "refresh", "13"]));
    assert!(code == 4 && stderr.contains("There is no section 13."), "{stderr}");
}
