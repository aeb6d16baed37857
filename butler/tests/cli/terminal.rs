//! What goes to the terminal, and what never does: help, completions, strangers' words, a pipe that closes.

use std::io::Read;
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;

use butler_fixtures::stand_in::{Reply, StandIn};
use serde_json::json;

use super::{TOKEN, active, answer, at, butler, plex, run, said, said_json, server};

#[test]
fn a_pipe_that_closes_early_is_no_trouble() {
    let many = (0..5000).map(|id| run(json!({"id": id}))).collect();
    let server = server(many);
    // The watch has nothing to print, and ends all the same.
    for arguments in [
        ["runs", "--json"].as_slice(),
        &["runs", "--limit", "5000"],
        &["completions", "bash"],
        &["watch"],
        &["watch", "--json"],
    ] {
        let mut child = at(&server, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn the_help_has_the_exit_codes_and_never_the_token() {
    let server = server(vec![run(json!({}))]);
    let (code, stdout, _) = said(at(&server, &["--help"]));
    assert!(code == 0 && stdout.contains("Exit codes:") && stdout.contains("BUTLER_TOKEN"), "{stdout}");
    for command in
        ["serve", "sections", "tasks", "runs", "failures", "start", "stop", "watch", "analyse", "completions"]
    {
        assert_eq!(said(at(&server, &[command, "--help"])).0, 0, "{command}");
    }
}

#[test]
fn nothing_that_a_server_says_is_an_order_to_the_terminal() {
    const ORDERS: &str = "\\u001b[2J\\u009b31m\\u202e\\r\\n";
    let evil = StandIn::start(|request| {
        let life = [active("running", Some("waits")), run(json!({}))];
        let body = match request.line.as_str() {
            "GET /api/v1/runs/7" => life[1].to_string(),
            "GET /api/v1/pauses" => json!({"pauses": [{"owner": "person", "note": "guests", "since": "2026-11-23T02:00:00Z", "until": null,
                "until_window": false, "drains": false, "message": ""}]})
            .to_string(),
            line if line.starts_with("GET /api/v1/runs?") => json!({"runs": [life[1]], "total": 1}).to_string(),
            line if line.starts_with("GET /api/v1/items?") => json!({"files": [{"item": 1, "type": "movie", "title": "Heat", "section": 1,
                "part": 1, "file": "/films/Heat.mkv", "bytes": 1}], "total": 1})
            .to_string(),
            _ => match answer(request, &life, &AtomicUsize::new(1)) {
                Reply::Bytes(bytes) => String::from_utf8(bytes).unwrap().split_once("\r\n\r\n").unwrap().1.to_owned(),
                Reply::Silence | Reply::Slowly(..) | Reply::Open(_) => String::new(),
            },
        };
        let words = [
            "task",
            "title",
            "description",
            "message",
            "reason",
            "path",
            "error",
            "part",
            "file",
            "folder",
            "label",
            "note",
        ];
        let words = words.iter().chain(&["sentence", "product", "class", "zone"]);
        let hostile = words.fold(body, |body, word| {
            body.replace(&format!("\"{word}\":\""), &format!("\"{word}\":\"{ORDERS}"))
        });
        Reply::json(200, &hostile)
    });
    for arguments in [
        ["tasks"].as_slice(),
        &["runs"],
        &["runs", "7"],
        &["start", "RefreshLibraries", "--wait"],
        &["start", "--all"],
        &["failures"],
        &["failures", "--retry", "5"],
        &["sections", "list"],
        &["sections", "check", "/a b"],
        &["plan"],
        &["window"],
        &["items", "--lacking", "bif"],
        &["tasks", "--json"],
        &["failures", "--json"],
    ] {
        let (_, stdout, stderr) = said(at(&evil, arguments));
        assert!(!stdout.is_empty(), "{arguments:?} {stderr}");
        let is_order = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(
            !stdout.contains(is_order) && !stderr.contains(is_order),
            "{arguments:?} {stdout:?} {stderr:?}"
        );
    }
}

#[test]
fn programs_get_an_address_by_its_name_and_no_file_that_they_did_not_name() {
    let server = butler_fixtures::butler();
    let (code, page) = said_json(at(&server, &["page", "--json"]));
    assert_eq!((code, &page["url"]), (0, &json!(format!("{}/sign-in?code=once", server.url()))));
    assert!(page.get("path").is_none(), "{page}");
    let folder = butler_fixtures::tempdir().unwrap();
    let mut preview = at(&server, &["preview", "7", "--json"]);
    preview.current_dir(folder.path());
    let (code, shown) = said_json(preview);
    assert_eq!((code, &shown["pictures"], shown.get("written")), (0, &json!(0), None));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// What a command prints on a terminal of so many columns.
fn on_a_terminal(server: &StandIn, columns: u16, arguments: &str) -> String {
    let line = format!("stty cols {columns}; {} {arguments} 2>&1", env!("CARGO_BIN_EXE_butler"));
    let mut command = butler_fixtures::command("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env("BUTLER_URL", server.url()).env("BUTLER_TOKEN", TOKEN).env("NO_COLOR", "1");
    command.env_remove("BUTLER_DATA_DIR").env("TZ", "UTC").env("TERM", "xterm");
    String::from_utf8(command.output().unwrap().stdout).unwrap().replace('\r', "")
}

#[test]
fn a_narrow_terminal_is_told_what_it_does_not_get_and_no_line_is_wider() {
    let server = server(vec![run(json!({"task": "ButlerTaskGenerateVoiceActivity"}))]);
    let shown = on_a_terminal(&server, 80, "runs");
    assert!(shown.contains("11-23 02:00") && shown.contains("Left out: "), "{shown}");
    assert!(shown.contains("READ, REASON. A wider terminal or --json shows all."), "{shown}");
    for columns in [80, 50] {
        for arguments in ["runs", "plan", "tasks", "failures", "runs 7"] {
            let shown = on_a_terminal(&server, columns, arguments);
            assert!(shown.lines().count() > 1, "{shown}");
            for line in shown.lines() {
                assert!(line.chars().count() <= usize::from(columns), "{arguments} at {columns}: {shown}");
            }
        }
    }
}

#[test]
fn a_shell_is_offered_tasks_settings_and_sections() {
    let server = server(vec![run(json!({}))]);
    let offered = |words: &[&str]| {
        let mut command = at(&server, &[]);
        // As the script for fish asks.
        command.arg("--").arg("butler").args(words).env("BUTLER_COMPLETE", "fish");
        said(command).1
    };
    assert!(offered(&["start", "Ref"]).starts_with("RefreshLibraries\t"), "{}", offered(&["start", "Ref"]));
    assert!(offered(&["settings", "ButlerStartH"]).starts_with("ButlerStartHour\t"));
    assert_eq!(offered(&["sections", "remove", ""]).lines().next(), Some("12\tFilms"));
    // Of a server that knows other tasks than we, and of none.
    let plex = plex();
    let mut other = at(&plex, &[]);
    other.args(["--", "butler", "start", ""]).env("BUTLER_COMPLETE", "fish");
    assert_eq!(said(other).1.lines().next(), Some("BackupDatabase\tBackupDatabase"));
    let mut alone = butler(&["--", "butler", "start", "Ref"]);
    alone.env("BUTLER_COMPLETE", "fish").env("BUTLER_URL", "http://127.83.0.2:1");
    assert!(said(alone).1.starts_with("RefreshLibraries\t"));
    // A data folder on the line names the server, whatever the environment says.
    let folder = butler_fixtures::tempdir().unwrap();
    std::fs::write(folder.path().join("address"), plex.url()).unwrap();
    std::fs::write(folder.path().join("token"), TOKEN).unwrap();
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let folder = folder.path().to_str().unwrap();
    for line in [["--data-dir", folder, "start", ""], ["start", "--data-dir", folder, ""]] {
        let mut near = at(&server, &["--", "butler"]);
        near.args(line).env("BUTLER_COMPLETE", "fish");
        assert_eq!(said(near).1.lines().next(), Some("BackupDatabase\tBackupDatabase"), "{line:?}");
    }
    for shell in ["bash", "fish", "zsh"] {
        let (code, script, _) = said(butler(&["completions", shell]));
        assert!(code == 0 && script.contains("BUTLER_COMPLETE") && script.contains(shell), "{script}");
    }
    assert_eq!(said(butler(&["completions", "dos"])).0, 2);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = butler_fixtures::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    assert_eq!(said(butler(&["man", pages.to_str().unwrap()])).0, 0);
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    assert!(page("butler.1").contains(".SH \"EXIT STATUS\"\n"), "{}", page("butler.1"));
    for name in ["butler-start.1", "butler-watch.1", "butler-sections-add.1"] {
        assert!(page(name).starts_with(".ie"), "{}", page(name));
    }
    assert!(!pages.join("butler-help.1").exists());
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, _, stderr) = said(butler(&["man", file.to_str().unwrap()]));
    assert!(code == 1 && stderr.contains("No pages can be written"), "{stderr}");
}
