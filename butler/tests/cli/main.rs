//! The command line as a person or a script meets it: the real executable against a stand-in for a server.
//! What it does with the real server is seen in the tests that start one. One file a subject: `analyse`
//! (products of plain files), `starts` (tasks started, waited for, watched, stopped), `runs` (what ran,
//! failed, and will), `sections`, `settings`, `servers` (which one is asked, and what if none answers),
//! `plex` (a Plex Media Server), `subtitles`, `terminal` (what is printed and what never is).

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod analyse;
mod plex;
mod runs;
mod sections;
mod servers;
mod settings;
mod starts;
mod subtitles;
mod terminal;

use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use butler_fixtures::stand_in::{Reply, Request, StandIn};
use serde_json::{Value, json};

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
        "POST /api/v1/remake?products=bif&section=12" | "POST /api/v1/remake?missing=1&now=1&item=7" => {
            json!({
            "started": if request.line.contains("now=1") {
                json!([started(json!({"outcome": "running", "message": "It runs already, run 7."}))])
            } else {
                json!([])
            },
            "files": 3, "products": 2, "failures": 0, "message": "Of 3 files is made anew: 2 products by \
                                                                  RefreshLibraries.",
            "tasks": [{"task": "RefreshLibraries", "kinds": ["bif"], "count": 2, "next": null}]})
        }
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
        // Of its own resources a Butler says in JSON which one is not there.
        line if line.contains(" /api/v1/") => {
            return Reply::json(
                404,
                r#"{"errors":[{"code":1002,"message":"There is no such thing.","status":404}]}"#,
            );
        }
        _ => return Reply::page(404, "Not Found"),
    };
    Reply::json(200, &body.to_string())
}

/// A Plex Media Server that takes any token: the five calls, empty answers, nothing of ours.
fn plex() -> StandIn {
    StandIn::start(|request| match request.line.as_str() {
        "GET /butler" => {
            Reply::json(200, &json!({"ButlerTasks": {"ButlerTask": [task("BackupDatabase")]}}).to_string())
        }
        "POST /butler" | "POST /butler/BackupDatabase" | "DELETE /butler" => Reply::empty(200),
        _ => Reply::page(404, "Not Found"),
    })
}
