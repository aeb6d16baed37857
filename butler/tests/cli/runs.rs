//! Runs, failures, what is made anew, and the nights ahead.

use std::sync::atomic::{AtomicUsize, Ordering};

use butler_fixtures::stand_in::{Reply, Request, StandIn};
use serde_json::json;

use super::{at, plan, run, said, said_json, server};

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
fn runs_of_a_task_that_there_is_not_are_no_empty_list() {
    let server = server(Vec::new());
    for form in
        [["runs", "--task", "RefreshLibrary"].as_slice(), &["runs", "--task", "RefreshLibrary", "--json"]]
    {
        let (code, stdout, stderr) = said(at(&server, form));
        let expect = "Error: There is no task `RefreshLibrary`.\nHint: Did you mean `RefreshLibraries`?\n";
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (4, "", expect));
    }
    let (code, _, stderr) = said(at(&server, &["runs", "--task", "BackupDatabase"]));
    assert_eq!((code, stderr.as_str()), (0, "There are no such runs.\n"));
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
    assert!(remark.contains("With `--now` they are made at once, and nothing else is."), "{remark}");
    let (code, text, _) = said(at(&server, &["remake", "7", "--missing", "--now"]));
    assert!(code == 0 && text.ends_with("\nRefreshLibraries: It runs already, run 7.\n"), "{text}");
    assert!(
        !server.asked().iter().any(|request| request.line.starts_with("POST /butler")),
        "one request does it"
    );
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
        text.contains("The file ends in the middle of a frame.") && text.contains("4 files failed"),
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
         BACKLOG                  PRODUCTS    SIZE         WORK  DONE IN\n\
         GenerateMediaIndexFiles      1200  4.0 TB  8 h 00 min?  2 nights\n\
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
