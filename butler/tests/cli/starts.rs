//! Tasks listed, started, waited for, watched and stopped.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::atomic::AtomicUsize;

use butler_fixtures::stand_in::{Reply, StandIn};
use serde_json::{Value, json};

use super::{active, answer, at, run, said, said_json, server};

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
fn programs_are_told_when_each_task_comes_next() {
    let server = StandIn::start(|request| {
        match request.line.as_str() {
        "GET /api/v1/tasks" => Reply::json(
            200,
            &json!({"tasks": [{"name": "BackupDatabase", "title": "Back up", "description": "", "every_days": 3, "randomized": false,
                "enabled": true, "due": true, "usual_seconds": 2, "next_at": "2026-11-24T01:00:00Z"}]})
            .to_string(),
        ),
        _ => answer(request, &[run(json!({}))], &AtomicUsize::new(0)),
    }
    });
    let (_, tasks) = said_json(at(&server, &["tasks", "--json"]));
    let keys = ["name", "due", "next_at", "usual_seconds", "usual_is_guess"].map(|key| &tasks[1][key]);
    assert_eq!(
        keys,
        [&json!("BackupDatabase"), &json!(true), &json!("2026-11-24T01:00:00Z"), &json!(2), &json!(false)]
    );
    assert!(tasks[0].get("next_at").is_none(), "{tasks}");
}

#[test]
fn a_start_says_what_became_of_it_and_its_code_does_too() {
    let server = server(vec![run(json!({}))]);
    for (arguments, code, line) in [
        (vec!["start", "RefreshLibraries"], 0, "RefreshLibraries: It starts now, run 7.\n"),
        (vec!["start", "refreshlibraries"], 0, "RefreshLibraries: It starts now, run 7.\n"),
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
    for named in [
        ["stop", ".."].as_slice(),
        &["start", "..", "--dry-run"],
        &["start", "", "--dry-run"],
        &["start", ".", "--confirm"],
    ] {
        let (code, _, stderr) = said(at(&server, named));
        assert!(code == 4 && stderr.starts_with("Error: There is no task `"), "{named:?} {stderr}");
    }
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

pub(super) fn interrupt(child: &Child) {
    butler_fixtures::send(child.id(), butler_fixtures::Signal::INT).unwrap();
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
