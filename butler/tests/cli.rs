//! The command line as a person or a script meets it: the real executable against a stand-in for a server.
//! What it does with the real server is seen in the tests that start one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../../butler-client/tests/wire/stand_in.rs"]
mod stand_in;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use stand_in::{Reply, Request, StandIn};

const TOKEN: &str = "a-token-that-nobody-may-print";

/// `butler`, without what the environment of the tests may say of servers.
fn butler(arguments: &[&str]) -> Command {
    let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
    for name in ["BUTLER_URL", "BUTLER_TOKEN", "BUTLER_DATA_DIR", "NO_COLOR", "XDG_DATA_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").env("TZ", "UTC").args(arguments).stdin(Stdio::null());
    command
}

/// `butler` with a server to ask.
fn at(server: &StandIn, arguments: &[&str]) -> Command {
    let mut command = butler(arguments);
    command.env("BUTLER_URL", server.url()).env("BUTLER_TOKEN", TOKEN);
    command
}

/// What a command printed, and its exit code. Whatever it prints, the token is not in it.
fn said(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(!stdout.contains(TOKEN) && !stderr.contains(TOKEN), "{stdout}{stderr}");
    assert!(!stdout.contains('\u{1b}'), "colours in a pipe: {stdout}");
    (status.code().unwrap(), stdout, stderr)
}

fn said_json(command: Command) -> (i32, Value) {
    let (code, stdout, stderr) = said(command);
    (
        code,
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {stdout}{stderr}")),
    )
}

fn task(name: &str) -> Value {
    json!({"name": name, "interval": 7, "scheduleRandomized": false, "enabled": true, "title": name, "description": "Does it."})
}

/// A run, with what a test says of it changed.
fn run(changes: Value) -> Value {
    let mut run = json!({
        "id": 7, "task": "RefreshLibraries", "state": "completed", "reason": "Everything it found to do is done.", "reason_code": "all-done",
        "origin": "person", "forced": false, "section": null, "asked_at": "2026-11-23T02:00:00Z", "started_at": "2026-11-23T02:00:00Z",
        "ended_at": "2026-11-23T02:00:03.2Z", "day": "2026-11-23", "done": 4, "total": 4, "failures": 0, "bytes_read": 1_234_567,
        "report": [{"label": "new files", "value": 4, "unit": "count"}, {"label": "read", "value": 1_234_567, "unit": "bytes"}], "live": null,
    });
    for (key, value) in changes.as_object().unwrap() {
        run[key] = value.clone();
    }
    run
}

/// A night with a run that fits, one that is cut and one that is not due.
fn plan() -> Value {
    let run = |task: &str, start: Value, end: Value, how: &str, message: &str| json!({"task": task, "origin": "window", "start": start, "end": end, "how": how, "left_seconds": null, "due": null, "message": message});
    let at = |clock: &str| json!(format!("2026-11-24T{clock}:00+01:00"));
    json!({"made_at": at("00:10"), "zone": "Europe/Berlin", "between": [],
        "nights": [{"day": "2026-11-24", "from": at("02:00"), "until": at("05:00"), "runs": [
            run("RefreshLibraries", at("02:00"), at("02:03"), "fits", ""),
            run("GenerateMediaIndexFiles", at("02:03"), at("05:00"), "cut", "The window's end stops it; 2 h 00 min of work is left for the next night."),
            run("BackupDatabase", Value::Null, Value::Null, "not-due", "It is due again on 2026-11-26."),
        ]}],
        "backlogs": [{"task": "GenerateMediaIndexFiles", "lacks": 1200, "bytes": 4_000_000_000_000_u64, "seconds": 28_800, "is_guess": true, "nights": 2}],
        "sentence": "2 tasks in the next window, and 1 does not fit; the backlog is done in 2 nights."})
}

fn active(state: &str, reason: Option<&str>) -> Value {
    let live = json!({"files": ["/films/Heat (1995)/Heat.mkv", "/films/b"], "rate": 0.5, "eta_seconds": 90});
    run(
        json!({"state": state, "reason": reason, "reason_code": null, "ended_at": null, "done": 1, "live": live}),
    )
}

/// A Butler that knows two tasks and some runs. `life` is what run 7 looks like, look by look; the last one
/// stays.
fn server(life: Vec<Value>) -> StandIn {
    let looks = AtomicUsize::new(0);
    StandIn::start(move |request| answer(request, &life, &looks))
}

fn answer(request: &Request, life: &[Value], looks: &AtomicUsize) -> Reply {
    if request.header("x-plex-token") != TOKEN {
        return Reply::page(401, "Unauthorized");
    }
    let started = |outcome: Value| json!({"task": "RefreshLibraries", "outcome": outcome["outcome"], "run": 7, "reason": "not-its-day", "message": outcome["message"]});
    let body = match request.line.as_str() {
        "GET /butler" => {
            json!({"ButlerTasks": {"ButlerTask": [task("RefreshLibraries"), task("BackupDatabase")]}})
        }
        "POST /butler/RefreshLibraries" => {
            started(json!({"outcome": "started", "message": "It starts now, run 7."}))
        }
        "POST /butler/RefreshLibraries?force=1" => {
            return Reply::json(
                202,
                &started(json!({"outcome": "running", "message": "It runs already, run 7."})).to_string(),
            );
        }
        "POST /butler/BackupDatabase" => {
            json!({"task": "BackupDatabase", "outcome": "skipped", "reason": "not-its-day", "due": "2026-11-29",
            "message": "It last completed on 2026-11-22 and is due again on 2026-11-29."})
        }
        "POST /butler" => {
            let skipped = json!({"task": "BackupDatabase", "outcome": "skipped", "reason": "switched-off", "message": "It is switched off."});
            json!({"outcomes": [started(json!({"outcome": "started", "message": "It starts now, run 7."})), skipped]})
        }
        "DELETE /butler" | "DELETE /butler/RefreshLibraries" => json!({"runs": [7]}),
        "DELETE /api/v1/runs/8" => run(json!({"id": 8, "state": "stopping"})),
        "DELETE /api/v1/runs/7" => {
            return Reply::json(
                409,
                r#"{"errors":[{"code":1003,"message":"Run 7 has ended already, completed.","status":409}]}"#,
            );
        }
        "DELETE /api/v1/runs/9" => {
            return Reply::json(
                404,
                r#"{"errors":[{"code":1002,"message":"There is no run 9.","status":404}]}"#,
            );
        }
        "GET /api/v1/plan?nights=1" => plan(),
        "GET /api/v1/window" => {
            json!({"open": false, "from": null, "until": null, "day": null, "whole_day": false, "next": null, "zone": "Europe/Berlin",
            "paused": [], "running": 0, "sentence": "There is no maintenance window: no day of the week has \
                                                     one."})
        }
        "GET /api/v1/runs/7" => {
            let look = looks.fetch_add(1, Ordering::SeqCst).min(life.len() - 1);
            return match &life[look] {
                Value::Null => Reply::page(503, "Service Unavailable"),
                run => Reply::json(200, &run.to_string()),
            };
        }
        line if line.starts_with("GET /api/v1/runs?") => json!({"runs": life, "total": life.len()}),
        "GET /api/v1/failures/summary" => json!({"failures": 2, "files": 4, "group_count": 2, "groups": [
            {"product": "bif", "tasks": ["GenerateMediaIndexFiles"], "class": "content", "error": "The file ends in the middle of a frame.",
             "failures": 1, "files": 3, "resting": 1, "newest": "2026-11-23T02:00:00Z"},
            {"product": "scan", "tasks": ["RefreshLibraries"], "class": "source", "error": "It can't be read.",
             "failures": 1, "files": 1, "resting": 0, "newest": "2026-11-23T01:00:00Z"}]}),
        // Page by page, each behind the mark of the one before.
        line if line.starts_with("GET /api/v1/failures?size=") => json!({"failures": [{
            "id": 5, "product": "bif", "part": "/films/cut off.mkv", "files": ["/films/cut off.mkv", "/b.mkv", "/c.mkv"], "file_count": 3,
            "part_id": 3, "class": "content", "error": "The file ends in the middle of a frame.",
            "tries": 2, "next_try_at": null, "failed_at": "2026-11-23T02:00:00Z", "run": 7}], "total": 2, "next": "1.5"}),
        line if line.starts_with("GET /api/v1/failures?before=1.5&size=") => json!({"failures": [{
            "id": 6, "product": "scan", "part": "/films/locked", "files": ["/films/locked"], "file_count": 1,
            "part_id": null, "class": "source", "error": "It can't be read.", "tries": 1, "next_try_at": "2026-11-23T01:00:00Z",
            "next_try": "2026-11-24T02:00:00+01:00", "failed_at": "2026-11-23T01:00:00Z", "run": 7}]}),
        "POST /api/v1/remake?products=bif&section=12" | "POST /api/v1/remake?missing=1&item=7" => json!({
            "files": 3, "products": 2, "failures": 0, "message": "Of 3 files is made anew: 2 products by \
                                                                  RefreshLibraries.",
            "tasks": [{"task": "RefreshLibraries", "kinds": ["bif"], "count": 2, "next": null}]}),
        "POST /api/v1/failures/5/retry" => {
            json!({"id": 5, "message": "The next run that wants it tries it again."})
        }
        line if line.starts_with("POST /library/sections?") && line.contains("missing") => {
            return Reply::json(
                400,
                r#"{"errors":[{"code":1000,"message":"The folder `/missing` is not there.","status":400}]}"#,
            );
        }
        "GET /api/v1/sections/check?type=movie&folder=%2Fa%20b"
        | "GET /api/v1/sections/check?folder=%2Fa%20b" => json!({
            "folder": "/a b", "type": "movie", "guessed": !request.line.contains("type="),
            "counts": {"files": 2, "movies": 1, "shows": 0, "seasons": 0, "episodes": 0, "artists": 0, "albums": 0, "tracks": 0, "photos": 0, "extras": 1},
            "items": [{"type": "movie", "title": "Heat", "year": 1995, "versions": [{"files": ["Heat.mkv"]}],
                "extras": [{"type": "extra", "title": "Teaser", "extra": "trailer", "versions": [{"files": ["Heat-trailer.mkv"]}]}]}],
            "doubts": [{"path": "odd.mkv", "message": "The name tells no \
                                                       year."}], "ignored": [], "unreadable": []}),
        line if line.starts_with("GET /api/v1/sections/check?") => {
            return Reply::json(
                400,
                r#"{"errors":[{"code":1000,"message":"Nothing in `/x` tells what it holds: say its type.","status":400}]}"#,
            );
        }
        "GET /library/sections/12/refresh" | "GET /library/sections/12/refresh?path=%2Fa%20b&path=%2Fc" => {
            return Reply::new(200, "text/html", "X-Butler-Outcome: started; run=7\r\n", "");
        }
        "GET /library/sections/13/refresh" => return Reply::page(404, "Not Found"),
        line if line.starts_with("GET /library/sections") || line.starts_with("POST /library/sections?") => {
            json!({"MediaContainer": {
            "size": 1, "allowSync": false, "Directory": [{"allowSync": false, "key": "12", "type": "movie", "title": "Films", "agent": "a",
            "scanner": "s", "language": "en-US", "uuid": "u", "updatedAt": 1, "createdAt": 1, "Location": [{"id": 1, "path": "/films"}]}]}})
        }
        "DELETE /library/sections/12" | "PUT /library/sections/12?name=Cinema&location=%2Fa%20b" => {
            return Reply::empty(200);
        }
        _ => return Reply::page(404, "Not Found"),
    };
    Reply::json(200, &body.to_string())
}

/// A Plex Media Server: the five calls, empty answers, nothing of ours.
fn plex() -> StandIn {
    StandIn::start(|request| match request.line.as_str() {
        "GET /butler" => {
            Reply::json(200, &json!({"ButlerTasks": {"ButlerTask": [task("BackupDatabase")]}}).to_string())
        }
        "POST /butler" | "POST /butler/BackupDatabase" | "DELETE /butler" => Reply::empty(200),
        _ => Reply::page(404, "Not Found"),
    })
}

#[test]
fn tasks_are_listed_for_people_and_for_programs() {
    let server = server(vec![run(json!({}))]);
    let (code, stdout, _) = said(at(&server, &["tasks"]));
    let expect = "TASK              EVERY   ON   WHAT IT DOES\nRefreshLibraries  7 days  yes  Does \
                  it.\nBackupDatabase    7 days  yes  Does it.\n";
    assert_eq!((code, stdout.as_str()), (0, expect));
    let (code, tasks) = said_json(at(&server, &["tasks", "--json"]));
    assert_eq!((code, &tasks[1]["name"]), (0, &json!("BackupDatabase")));
}

#[test]
fn a_start_says_what_became_of_it_and_its_code_does_too() {
    let server = server(vec![run(json!({}))]);
    for (arguments, code, line) in [
        (vec!["start", "RefreshLibraries"], 0, "RefreshLibraries: It starts now, run 7.\n"),
        (vec!["start", "RefreshLibraries", "--force"], 0, "RefreshLibraries: It runs already, run 7.\n"),
        (
            vec!["start", "BackupDatabase"],
            3,
            "BackupDatabase: It last completed on 2026-11-22 and is due again on 2026-11-29.\n",
        ),
        (
            vec!["start", "--all"],
            0,
            "RefreshLibraries: It starts now, run 7.\nBackupDatabase: It is switched off.\n",
        ),
    ] {
        let (exit, stdout, stderr) = said(at(&server, &arguments));
        assert_eq!((exit, stdout.as_str()), (code, line), "{arguments:?} {stderr}");
    }
}

#[test]
fn a_wrong_name_is_answered_with_near_ones_and_keeps_no_other_back() {
    let server = server(vec![run(json!({}))]);
    let (code, stdout, stderr) = said(at(&server, &["start", "refreshlibrarys"]));
    assert_eq!((code, stdout.as_str()), (4, ""));
    assert_eq!(
        stderr,
        "Error: There is no task `refreshlibrarys`.\nHint: Did you mean `RefreshLibraries`?\n"
    );
    let (code, stdout, stderr) = said(at(&server, &["start", "BrewCoffee", "RefreshLibraries"]));
    assert_eq!((code, stdout.as_str()), (4, "RefreshLibraries: It starts now, run 7.\n"));
    assert!(stderr.contains("no task `BrewCoffee`") && stderr.contains("`butler tasks` lists"), "{stderr}");
    // A name that a URL would swallow is no call on all tasks.
    assert_eq!(said(at(&server, &["stop", ".."])).0, 4);
    assert!(server.asked().iter().all(|request| request.line != "DELETE /butler"));
}

#[test]
fn waiting_follows_a_run_to_its_end() {
    let queued = active("queued", Some("It waits for the scan of the libraries, run 3."));
    let server = server(vec![queued, active("running", None), Value::Null, run(json!({}))]);
    let (code, stdout, stderr) = said(at(&server, &["start", "RefreshLibraries", "--wait"]));
    let ended = "RefreshLibraries (run 7): completed in 3.2 s, 4 of 4 steps done. Everything it found to do \
                 is done.\n";
    assert_eq!((code, stdout), (0, format!("RefreshLibraries: It starts now, run 7.\n{ended}")));
    assert_eq!(
        stderr.lines().collect::<Vec<_>>(),
        [
            "RefreshLibraries (run 7): queued. It waits for the scan of the libraries, run 3.",
            "RefreshLibraries (run 7): 1 of 4 steps done, 2 min left, 30.0/min, Heat.mkv and 1 more, 1.2 MB \
             read",
            "The server does not answer; waiting for it to come back.",
        ]
    );
}

#[test]
fn waiting_ends_well_only_if_every_run_did() {
    for (end, expect) in [
        (json!({}), 0),
        (json!({"failures": 1, "reason_code": "done-with-failures"}), 1),
        (json!({"reason_code": "roots-away"}), 1),
        (json!({"state": "failed"}), 1),
        (json!({"state": "stopped"}), 1),
        (json!({"state": "interrupted"}), 1),
        (json!({"state": "missed"}), 1),
        (json!({"state": "skipped"}), 3),
    ] {
        let server = server(vec![active("running", None), run(end.clone())]);
        // The second is a task that runs already: its run is waited for.
        for arguments in [
            ["start", "RefreshLibraries", "--wait"].as_slice(),
            &["start", "RefreshLibraries", "--force", "--wait"],
        ] {
            assert_eq!(said(at(&server, arguments)).0, expect, "{end} {arguments:?}");
        }
    }
    let server = server(vec![run(json!({}))]);
    let (code, stdout, _) = said(at(&server, &["start", "BackupDatabase", "--wait"]));
    assert_eq!((code, stdout.contains("is due again on 2026-11-29")), (3, true));
    assert_eq!(said(at(&server, &["start", "--all", "--wait"])).0, 0);
}

#[test]
fn waiting_gives_programs_the_run_at_its_end() {
    let server = server(vec![active("running", None), run(json!({"failures": 2}))]);
    let (code, starts) = said_json(at(&server, &["start", "RefreshLibraries", "--wait", "--json"]));
    let start = &starts[0];
    assert_eq!(
        (code, &start["outcome"], &start["run"], &start["result"]["failures"]),
        (1, &json!("started"), &json!(7), &json!(2))
    );
}

#[test]
fn ctrl_c_leaves_the_run_going_and_says_so() {
    let server = server(vec![active("running", None)]);
    let mut child = at(&server, &["start", "RefreshLibraries", "--wait"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("1 of 4 steps done"), "{line}");
    interrupt(&child);
    stderr.read_to_string(&mut line).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(line.contains("What was started goes on"), "{line}");
    assert!(server.asked().iter().all(|request| !request.line.starts_with("DELETE")));
}

#[test]
fn a_watch_shows_what_runs_until_ctrl_c() {
    let server = server(vec![active("running", None), run(json!({"id": 6}))]);
    for (json, expect) in
        [(true, "\"state\":\"running\""), (false, "RefreshLibraries (run 7): 1 of 4 steps done")]
    {
        let mut command = at(&server, if json { &["watch", "--json"] } else { &["watch"] });
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains(expect) && !line.contains("completed"), "{line}");
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

fn interrupt(child: &Child) {
    butler_fixtures::send(child.id(), butler_fixtures::Signal::INT).unwrap();
}

#[test]
fn runs_are_listed_and_shown_whole() {
    let server = server(vec![
        run(json!({})),
        run(
            json!({"id": 6, "state": "skipped", "reason": "It is off.", "started_at": null, "ended_at": null}),
        ),
    ]);
    let (code, stdout, _) = said(at(&server, &["runs"]));
    assert_eq!(
        (code, stdout.as_str()),
        (
            0,
            "RUN  TASK              STATE      STARTED            TOOK  STEPS  FAILED    READ  REASON\n  \
               7  RefreshLibraries  completed  2026-11-23 02:00  3.2 s    4/4       0  1.2 MB  Everything it \
               found to do is done.\n  \
               6  RefreshLibraries  skipped                               4/4       0  1.2 MB  It is off.\n"
        )
    );
    let (code, runs) = said_json(at(&server, &["runs", "--json"]));
    for key in
        ["id", "task", "state", "reason", "started_at", "ended_at", "done", "total", "failures", "bytes_read"]
    {
        assert!(runs[0].get(key).is_some(), "{key} is lacking");
    }
    assert_eq!(
        (code, runs.as_array().map(Vec::len), &runs[0]["ended_at"]),
        (0, Some(2), &json!("2026-11-23T02:00:03.2Z"))
    );
    let (code, stdout, _) = said(at(&server, &["runs", "7"]));
    assert_eq!(code, 0);
    for line in
        ["Run 7", "  State     completed", "  Took      3.2 s", "  new files  4", "  read       1.2 MB"]
    {
        assert!(stdout.lines().any(|found| found == line), "{line} is not in {stdout}");
    }
    let (code, _, stderr) = said(at(&server, &["runs", "9"]));
    assert_eq!(
        (code, stderr.as_str()),
        (4, "Error: There is no run 9.\nHint: `butler runs` lists the runs.\n")
    );
}

#[test]
fn a_run_that_begins_while_runs_are_listed_does_not_keep_the_list_going() {
    // Newest first; one more is there after each page.
    let pages = AtomicUsize::new(0);
    let server = StandIn::start(move |request| {
        let newest = 250 + pages.fetch_add(1, Ordering::SeqCst);
        let before = request.line.split(['?', '&', ' ']).find_map(|word| word.strip_prefix("before="));
        let before = before.map_or(newest + 1, |id| id.parse().unwrap());
        let ids: Vec<_> = (1..before).rev().take(100).collect();
        let next = ids.last().filter(|id| **id > 1);
        let runs: Vec<_> = ids.iter().map(|id| run(json!({"id": id}))).collect();
        Reply::json(200, &json!({"runs": runs, "total": newest, "next": next}).to_string())
    });
    let (code, runs) = said_json(at(&server, &["runs", "--json"]));
    let ids: Vec<u64> = runs.as_array().unwrap().iter().map(|run| run["id"].as_u64().unwrap()).collect();
    assert_eq!((code, ids), (0, (1..=250).rev().collect()));
    assert!(server.asked().len() <= 4, "{} pages", server.asked().len());
}

#[test]
fn what_is_made_anew_is_told_and_started_if_that_is_asked_for() {
    let server = server(vec![run(json!({}))]);
    let (code, text, remark) = said(at(&server, &["remake", "--section", "12", "--products", "bif"]));
    assert_eq!((code, text.as_str()), (0, "Of 3 files is made anew: 2 products by RefreshLibraries.\n"));
    assert!(remark.contains("`butler start RefreshLibraries --force` makes them now."), "{remark}");
    let (code, text, _) = said(at(&server, &["remake", "7", "--missing", "--now"]));
    assert!(code == 0 && text.contains("RefreshLibraries: It runs already, run 7."), "{text}");
    assert_eq!(said(at(&server, &["remake", "8"])).0, 4);
    assert_eq!(said(at(&server, &["remake"])).0, 2);
    assert_eq!(said(at(&server, &["remake", "7", "--section", "12"])).0, 2);
}

#[test]
fn failures_are_listed_and_tried_again() {
    let server = server(vec![run(json!({}))]);
    let (code, failures) = said_json(at(&server, &["failures", "--json"]));
    for key in ["id", "product", "part", "class", "error", "tries", "next_try_at"] {
        assert!(failures[0].get(key).is_some(), "{key} is lacking");
    }
    assert_eq!((code, &failures[0]["part"]), (0, &json!("/films/cut off.mkv")));
    assert_eq!((failures.as_array().unwrap().len(), &failures[0]["files"][2]), (2, &json!("/c.mkv")));
    let text = said(at(&server, &["failures"])).1;
    assert!(
        text.contains("The file ends in the middle of a frame.") && text.contains("2 failures of 4 files"),
        "{text}"
    );
    assert!(
        text.contains("/films/cut off.mkv and 2 more files of the same content") && text.contains("rests"),
        "{text}"
    );
    assert!(said(at(&server, &["failures", "--limit", "1"])).1.contains("cut off"));
    assert_eq!(
        said(at(&server, &["failures", "--retry", "5"])),
        (0, "The next run that wants it tries it again.\n".into(), String::new())
    );
    assert_eq!(said(at(&server, &["failures", "--retry", "6"])).0, 4);
}

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
    assert_eq!((code, stdout.as_str()), (0, "12\n"));
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
    assert_eq!(said(at(&server, &["sections", "edit", "13", "--name", "Cinema"])).0, 4);
    assert_eq!(
        said(at(&server, &["sections", "edit", "12"])).0,
        2,
        "an edit that changes nothing is no edit"
    );
    assert_eq!(said(at(&server, &["sections", "add", "--no-scan", "movie", "Films", "films"])).0, 0);
    assert!(server.asked().last().unwrap().line.contains("&scan=0&"), "a switch of the server's");
    assert_eq!(said(at(&server, &["sections", "remove", "12"])).0, 0);
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

#[test]
fn a_stop_says_what_it_reached() {
    let server = server(vec![run(json!({}))]);
    assert_eq!(
        said(at(&server, &["stop", "RefreshLibraries"])),
        (0, "RefreshLibraries: Run 7 stops.\n".into(), String::new())
    );
    assert_eq!(said(at(&server, &["stop", "--all"])), (0, "Run 7 stops.\n".into(), String::new()));
    let (code, _, stderr) = said(at(&server, &["stop", "BackupDatabase"]));
    assert!(code == 4 && stderr.contains("`BackupDatabase` does not run and is not queued."), "{stderr}");
    assert!(said(at(&server, &["stop", "BackupDatabas"])).2.contains("Did you mean `BackupDatabase`?"));
}

#[test]
fn one_run_is_stopped_by_its_id_and_one_that_has_ended_says_how() {
    let server = server(vec![run(json!({}))]);
    assert_eq!(said(at(&server, &["stop", "--run", "8"])), (0, "Run 8 stops.\n".into(), String::new()));
    let (code, stdout, stderr) = said(at(&server, &["stop", "--run", "7"]));
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (4, "", "Error: Run 7 has ended already, completed.\n")
    );
    let (code, _, stderr) = said(at(&server, &["stop", "--run", "9"]));
    assert!(code == 4 && stderr.starts_with("Error: There is no run 9.\n"), "{stderr}");
    let (code, stdout, _) = said(at(&server, &["stop", "--run", "9", "--run", "8"]));
    assert_eq!((code, stdout.as_str()), (4, "Run 8 stops.\n"));
    for wrong in [
        ["stop", "--run", "x"].as_slice(),
        &["stop", "--run", "8", "--all"],
        &["stop", "--run", "8", "RefreshLibraries"],
    ] {
        assert_eq!(said(at(&server, wrong)).0, 2, "{wrong:?}");
    }
}

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
    assert_eq!(said(at(&plex, &["stop", "--all"])).1, "The server took the request.\n");
    for arguments in [
        ["start", "BackupDatabase", "--wait"].as_slice(),
        &["start", "--all", "--wait"],
        &["runs"],
        &["failures"],
        &["watch"],
    ] {
        let (code, _, stderr) = said(at(&plex, arguments));
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
fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    let stalled = StandIn::start(|_| Reply::Silence);
    let (code, _, stderr) = said(at(&stalled, &["tasks", "--timeout", "1"]));
    assert!(code == 5 && stderr.contains("does not answer within 1 s."), "{stderr}");
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
fn a_pipe_that_closes_early_is_no_trouble() {
    let many = (0..5000).map(|id| run(json!({"id": id}))).collect();
    let server = server(many);
    for arguments in [["runs", "--json"].as_slice(), &["runs", "--limit", "5000"], &["completions", "bash"]] {
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
fn a_plan_is_a_table_a_night_and_a_last_line() {
    let server = server(vec![]);
    let (code, stdout, stderr) = said(at(&server, &["plan"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(
        stdout,
        "Tuesday, 24 November, 02:00 to 05:00 (Europe/Berlin)\n\
         BEGINS  ENDS   TASK                          TAKES  REMARK\n\
         02:00   02:03  RefreshLibraries              3 min\n\
         02:03   05:00  GenerateMediaIndexFiles  2 h 57 min  The window's end stops it; 2 h 00 min of work is \
         left for the next night.\n\
         -       -      BackupDatabase                       It is due again on 2026-11-26.\n\
         \n\
         BACKLOG                  FILES    SIZE         WORK  DONE IN\n\
         GenerateMediaIndexFiles   1200  4.0 TB  8 h 00 min?  2 nights\n\
         \n\
         2 tasks in the next window, and 1 does not fit; the backlog is done in 2 nights.\n"
    );
    let (code, json) = said_json(at(&server, &["plan", "--json"]));
    assert_eq!((code, &json["nights"][0]["runs"][0]["start"]), (0, &"2026-11-24T02:00:00+01:00".into()));
    assert_eq!(said(at(&server, &["plan", "--nights", "31"])).0, 2);
    let server = StandIn::start(|_: &Request| {
        let mut plan = plan();
        let night = &mut plan["nights"][0];
        night["until"] = "2026-11-25T02:00:00+01:00".into();
        night["runs"][0]["is_guess"] = true.into();
        Reply::json(200, &plan.to_string())
    });
    let (_, stdout, _) = said(at(&server, &["plan"]));
    assert!(stdout.starts_with("Tuesday, 24 November, all day from 02:00 (Europe/Berlin)\n"), "{stdout}");
    assert!(stdout.contains("  3 min?\n"), "{stdout}");
}

#[test]
fn a_closed_window_has_an_exit_code_of_its_own() {
    let server = server(vec![]);
    let (code, stdout, _) = said(at(&server, &["window"]));
    assert_eq!((code, stdout.as_str()), (3, "There is no maintenance window: no day of the week has one.\n"));
    assert_eq!(said_json(at(&server, &["window", "--json"])).0, 3);
}

fn setting(changes: Value) -> Value {
    let mut setting = json!({
        "id": "ButlerStartHour", "label": "Time at which tasks start to run", "summary": "The time.", "group": "butler", "type": "int",
        "value": 2, "default": 2, "source": "default", "file": null, "allowed": "a whole number from 0 to 23", "hidden": false,
        "advanced": false,
    });
    for (key, value) in changes.as_object().unwrap() {
        setting[key] = value.clone();
    }
    setting
}

#[test]
fn settings_are_listed_shown_changed_and_reset() {
    let server = StandIn::start(|request: &Request| {
        let hidden = setting(json!({"id": "GenerateBIFWidth", "hidden": true}));
        let answer = |settings: Vec<Value>| Reply::json(200, &json!({ "settings": settings }).to_string());
        match request.line.as_str() {
            "GET /api/v1/settings" => answer(vec![setting(json!({"value": 1, "source": "person"})), hidden]),
            "PUT /api/v1/settings?ButlerStartHour=3" => {
                answer(vec![setting(json!({"value": 3, "source": "person"}))])
            }
            "PUT /api/v1/settings?reset=ButlerStartHour" => answer(vec![setting(json!({}))]),
            "PUT /api/v1/settings?ButlerStartHour=1" => answer(Vec::new()),
            other => panic!("{other:?}"),
        }
    });
    let check = |arguments: &[&str], expect: (i32, &str, &str)| {
        let (code, stdout, stderr) = said(at(&server, arguments));
        assert_eq!((code, stdout.as_str(), stderr.as_str()), expect, "{arguments:?}");
    };
    let table = "SETTING          VALUE  FROM    WHAT IT IS\nButlerStartHour  1      person  Time at which \
                 tasks start to run\n";
    check(&["settings"], (0, table, "1 more is seldom changed; `butler settings --all` lists it.\n"));
    let shown = "ButlerStartHour = 1\nTime at which tasks start to run. The time.\nIt takes a whole number \
                 from 0 to 23; its default is 2.\n\
                 A person set it; `butler settings --reset ButlerStartHour` gives it its default again.\n";
    check(&["settings", "butlerstarthour"], (0, shown, ""));
    check(&["settings", "ButlerStartHour", "3"], (0, "ButlerStartHour is 3 now.\n", ""));
    check(&["settings", "ButlerStartHour", "1"], (0, "ButlerStartHour stays 1.\n", ""));
    check(&["settings", "--reset", "ButlerStartHour"], (0, "ButlerStartHour is 2 now.\n", ""));
    check(&["settings", "ButlerStartHour", "--reset"], (0, "ButlerStartHour is 2 now.\n", ""));
    let unknown = "Error: There is no setting `ButlerStartHuor`.\nHint: Did you mean `ButlerStartHour`?\n";
    check(&["settings", "ButlerStartHuor", "3"], (4, "", unknown));
    assert_eq!(
        said_json(at(&server, &["settings", "--json"])).1[1]["id"],
        "GenerateBIFWidth",
        "programs get them all"
    );
    for wrong in [
        &["settings", "--reset", "ButlerStartHour", "3"][..],
        &["settings", "ButlerStartHour", "3", "--reset"],
        &["settings", "--reset"],
    ] {
        assert_eq!(said(at(&server, wrong)).0, 2, "{wrong:?}");
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
                Reply::Silence => String::new(),
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
    for shell in ["bash", "fish", "zsh"] {
        let (code, script, _) = said(butler(&["completions", shell]));
        assert!(code == 0 && script.contains("BUTLER_COMPLETE") && script.contains(shell), "{script}");
    }
    assert_eq!(said(butler(&["completions", "dos"])).0, 2);
}
