//! What the client makes of each answer that a Butler, a Plex Media Server, or something that is neither may
//! give. The tables below are the facts it relies on.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod forms;
mod notifications;
mod retries;
mod secrets;

use std::net::TcpListener;
use std::time::Duration;

use butler_client::{
    Client, Error, NewSection, Outcome, RetryPolicy, RunFilter, RunId, RunState, TaskName, UNASKABLE,
};
use butler_fixtures::plex::TROUBLES;
use butler_fixtures::stand_in::{Reply, StandIn, Unanswering, whole};

const TOKEN: &str = "a-token-that-nobody-may-print";
/// Long enough for any answer on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer is waited for that never comes.
const IMPATIENCE: Duration = Duration::from_millis(300);
/// Where a port that nobody listens to stays such: all other tests take theirs of 127.0.0.1.
const NOBODY: &str = "127.83.0.1:0";

fn client(server: &StandIn) -> Client {
    client_at(&server.url())
}

fn client_at(url: &str) -> Client {
    Client::builder()
        .url(url)
        .token(TOKEN)
        .timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .retry(RetryPolicy::none())
        .build()
        .unwrap()
}

/// A server that gives the same answer to everything.
fn always(reply: Reply) -> StandIn {
    StandIn::start(move |_| reply.clone())
}

/// An error in one line: its kind, the server's code, its sentence, the status.
fn show(error: &Error) -> String {
    let (kind, code, message, status) = match error {
        Error::Unauthorized { code, message, status, .. } => {
            ("Unauthorized", code, message.as_str(), *status)
        }
        Error::BadRequest { code, message, status, .. } => ("BadRequest", code, message.as_str(), *status),
        Error::NotFound { code, message, status, .. } => ("NotFound", code, message.as_str(), *status),
        Error::Status { code, message, status, .. } => ("Status", code, message.as_str(), *status),
        Error::Timeout { .. } => return "Timeout".into(),
        Error::Connection { .. } => return "Connection".into(),
        Error::Decode { expected, body_start, .. } => return format!("Decode {expected}: {body_start}"),
        other => return format!("{other:?}"),
    };
    format!("{kind} {} {message} {status}", code.map_or("-".to_owned(), |code| code.to_string()))
}

#[tokio::test]
async fn every_trouble_gives_its_own_error() {
    for trouble in TROUBLES {
        let server = StandIn::start(|_| (trouble.reply)());
        let patience = if trouble.error == "Timeout" { IMPATIENCE } else { PATIENCE };
        let client = Client::builder().url(server.url()).token(TOKEN).timeout(patience);
        let client = client.retry(RetryPolicy::none()).build().unwrap();
        let error = client.butler().tasks().await.unwrap_err();
        assert_eq!(show(&error), trouble.error, "{}", trouble.what);
        assert_eq!(
            (error.call().method.as_str(), error.call().url.clone()),
            ("GET", format!("{}/butler", server.url())),
            "{}",
            trouble.what
        );
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connection_error() {
    let free = TcpListener::bind(NOBODY).unwrap().local_addr().unwrap();
    let error = client_at(&format!("http://{free}")).butler().tasks().await.unwrap_err();
    assert_eq!(show(&error), "Connection");
    assert!(error.is_away());
}

#[tokio::test]
async fn the_token_travels_in_the_header_alone() {
    let server = always(Reply::json(200, r#"{"ButlerTasks":{}}"#));
    let url = format!("{}/?X-Plex-Token=of-the-url", server.url());
    client(&server).butler().tasks().await.unwrap();
    Client::builder().url(&url).build().unwrap().butler().tasks().await.unwrap();
    Client::builder().url(server.url()).build().unwrap().butler().tasks().await.unwrap();
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.line == "GET /butler" && request.header("accept") == "application/json"),
        "{asked:?}"
    );
    assert_eq!(
        asked.iter().map(|request| request.header("x-plex-token")).collect::<Vec<_>>(),
        [TOKEN, "of-the-url", ""]
    );
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    let other = always(Reply::json(200, r#"{"ButlerTasks":{}}"#));
    let location = format!("Location: {}/butler\r\n", other.url());
    let server = always(Reply::new(302, "text/html", &location, ""));
    let error = client(&server).butler().tasks().await.unwrap_err();
    assert_eq!(show(&error), "Status - Found 302");
    assert_eq!(other.asked(), []);
}

#[tokio::test]
async fn a_redirect_on_the_same_origin_is_followed_but_not_for_ever() {
    let server = StandIn::start(|request| match request.line.as_str() {
        "GET /butler" => Reply::new(302, "text/html", "Location: /there\r\n", ""),
        "GET /there" => Reply::json(200, r#"{"ButlerTasks":{}}"#),
        _ => Reply::new(302, "text/html", "Location: /round\r\n", ""),
    });
    assert!(client(&server).butler().tasks().await.unwrap().is_empty());
    assert_eq!(show(&client(&server).sections().await.unwrap_err()), "Status - Found 302");
}

#[tokio::test]
async fn a_call_that_may_take_long_ends_as_soon_as_the_server_answers_nothing_any_more() {
    let stalled = always(Reply::Silence);
    let impatient = |server: &StandIn| {
        let client = Client::builder().url(server.url()).token(TOKEN).timeout(IMPATIENCE);
        client.retry(RetryPolicy::none()).build().unwrap()
    };
    let task = TaskName::GarbageCollectLibraryMedia;
    let error = impatient(&stalled).dry_run(&task).await.unwrap_err();
    assert!(matches!(&error, Error::Timeout { after, .. } if *after == IMPATIENCE), "{error}");
    assert!(error.call().url.ends_with("/api/v1/tasks/GarbageCollectLibraryMedia/plan"), "{error}");
    // One that answers other questions meanwhile, be it that it knows nothing of them, has its time.
    let plan = r#"{"task":"GarbageCollectLibraryMedia","actions":[],"remarks":[],"bytes_written":0,"bytes_removed":0}"#;
    let busy = StandIn::start(move |request| match request.line.as_str() {
        "GET /identity" => Reply::page(404, "Not Found"),
        _ => Reply::Slowly(whole(200, "application/json", "", plan), IMPATIENCE / 60),
    });
    assert!(impatient(&busy).dry_run(&task).await.unwrap().actions.is_empty());
}

#[tokio::test]
async fn a_redirect_says_where_it_points_and_never_with_the_token() {
    let location = format!("Location: https://plex:32400/butler?X-Plex-Token={TOKEN}\r\n");
    let server = always(Reply::new(301, "text/html", &location, ""));
    let error = client(&server).butler().tasks().await.unwrap_err();
    let Error::Status { status: 301, location: Some(location), .. } = &error else { panic!("{error}") };
    assert_eq!(location, "https://plex:32400/butler?X-Plex-Token=***");
}

#[tokio::test]
async fn a_start_is_as_exact_as_what_the_server_says() {
    let seven = RunId(7);
    let started = Some(Outcome::Started { run: seven, waits: None });
    let running = Some(Outcome::Running { run: seven });
    let due = Some("2026-11-29".parse().unwrap());
    let skipped = Some(Outcome::Skipped { reason: "not-its-day".into(), due });
    let header = |status, value: &str, body: &str| {
        Reply::new(status, "application/json", &format!("X-Butler-Outcome: {value}\r\n"), body)
    };
    let body = r#"{"task":"BackupDatabase","outcome":"started","run":7,"message":"It starts."}"#;
    for (reply, outcome, already_running, message) in [
        // Butler, which says all.
        (header(200, "started; run=7", body), started.clone(), false, Some("It starts.")),
        (header(202, "running; run=7", ""), running, true, None),
        (header(200, "skipped; reason=not-its-day; due=2026-11-29", ""), skipped, false, None),
        // A proxy that drops headers it doesn't know.
        (Reply::json(200, body), started, false, Some("It starts.")),
        // Plex: the status is all there is.
        (Reply::empty(200), None, false, None),
        (Reply::empty(202), None, true, None),
        (Reply::page(200, "OK"), None, false, None),
        // A newer Butler, with an outcome that this client doesn't know.
        (
            header(200, "postponed; run=7", r#"{"task":"BackupDatabase","outcome":"postponed"}"#),
            None,
            false,
            None,
        ),
    ] {
        let server = always(reply);
        let start = client(&server).butler().start(TaskName::BackupDatabase).await.unwrap();
        assert_eq!(
            (start.outcome, start.already_running, start.message.as_deref()),
            (outcome, already_running, message)
        );
        assert_eq!(server.asked()[0].line, "POST /butler/BackupDatabase");
    }
}

#[tokio::test]
async fn start_all_and_the_stops_say_what_the_server_says() {
    let server = StandIn::start(|request| match request.line.as_str() {
        "POST /butler?force=1" => Reply::json(
            200,
            r#"{"outcomes":[{"task":"A","outcome":"skipped","reason":"switched-off","message":"It is off."}]}"#,
        ),
        "DELETE /butler" | "DELETE /butler/A" => Reply::json(200, r#"{"runs":[3,4]}"#),
        "DELETE /api/v1/runs/3" => Reply::json(
            409,
            r#"{"errors":[{"code":1003,"message":"Run 3 has ended already, completed.","status":409}]}"#,
        ),
        "DELETE /api/v1/runs/4" => {
            Reply::json(404, r#"{"errors":[{"code":1002,"message":"There is no run 4.","status":404}]}"#)
        }
        _ => Reply::empty(200),
    });
    let client = client(&server);
    let starts = client.butler().start_all().force(true).await.unwrap().unwrap();
    assert_eq!(starts[0].outcome, Some(Outcome::Skipped { reason: "switched-off".into(), due: None }));
    assert_eq!(client.butler().start_all().await.unwrap(), None);
    assert_eq!(client.butler().stop_all().await.unwrap(), Some(vec![RunId(3), RunId(4)]));
    assert_eq!(client.butler().stop("A").await.unwrap(), Some(vec![RunId(3), RunId(4)]));
    assert_eq!(client.butler().stop("B").await.unwrap(), None);
    let ended = client.stop_run(RunId(3)).await.unwrap_err();
    assert!(
        matches!(&ended, Error::Status { status: 409, message, .. } if message == "Run 3 has ended already, completed."),
        "{ended}"
    );
    assert!(matches!(client.stop_run(RunId(4)).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_name_that_a_url_would_swallow_never_becomes_a_call_on_all_tasks() {
    let server = always(Reply::empty(200));
    for name in ["", ".", "..", "%2e", "%2E%2e"] {
        let task = TaskName::from(name);
        assert!(
            matches!(client(&server).butler().start(&task).await, Err(Error::NotFound { .. })),
            "{name:?}"
        );
        assert!(
            matches!(client(&server).butler().stop(&task).await, Err(Error::NotFound { .. })),
            "{name:?}"
        );
    }
    assert_eq!(server.asked(), []);
    client(&server).butler().stop("../a?b#c").await.unwrap();
    assert_eq!(server.asked()[0].line, "DELETE /butler/..%2Fa%3Fb%23c");
}

#[tokio::test]
async fn no_call_takes_a_name_that_a_url_would_swallow() {
    let server = always(Reply::empty(200));
    for name in ["", ".", "..", "%2e"] {
        let (client, task) = (client(&server), TaskName::from(name));
        for error in [
            client.dry_run(&task).await.unwrap_err(),
            client.confirm_plan(&task, "d").await.unwrap_err(),
            client.cancel_activity(name).await.unwrap_err(),
        ] {
            assert!(
                matches!(&error, Error::NotFound { message, .. } if message == UNASKABLE),
                "{name:?} {error}"
            );
        }
    }
    assert_eq!(server.asked(), []);
}

#[tokio::test]
async fn an_action_that_somebody_else_answers_was_not_done() {
    let login = "<!DOCTYPE html><html><body><form>Log in to your router</form></body></html>";
    let fragment = Reply::new(200, "text/html", "", "<p>Welcome</p>");
    for reply in [
        Reply::new(200, "text/html", "", login),
        fragment,
        Reply::new(200, "text/html", "", "<h1>404 Not Found</h1>"),
        Reply::new(200, "text/plain", "", "OK"),
        Reply::json(200, "[1]"),
        Reply::json(200, r#"{"error":"log in first"}"#),
    ] {
        let server = always(reply);
        let client = client(&server);
        for error in [
            client.butler().start(TaskName::BackupDatabase).await.unwrap_err(),
            client.butler().start_all().await.unwrap_err(),
            client.butler().stop(TaskName::BackupDatabase).await.unwrap_err(),
            client.butler().stop_all().await.unwrap_err(),
            client.set_preferences(&[("ButlerStartHour", "1")]).await.unwrap_err(),
            client.cancel_activity("u").await.unwrap_err(),
            client.refresh_section(1, &[]).await.unwrap_err(),
            client.remove_section(1).await.unwrap_err(),
        ] {
            assert!(show(&error).starts_with("Decode the confirmation of an action: "), "{error}");
        }
    }
    // What a Plex Media Server may answer to an action.
    for reply in [
        Reply::empty(200),
        Reply::page(200, "OK"),
        Reply::new(200, "text/xml", "", r#"<?xml version="1.0"?><MediaContainer size="0"/>"#),
        Reply::json(200, r#"{"MediaContainer":{"size":0}}"#),
        Reply::new(200, "text/html", "", "\r\n"),
    ] {
        client(&always(reply)).butler().stop_all().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_does_not_come_to_be_is_a_timeout_of_its_own_limit() {
    let server = Unanswering::start();
    let client = Client::builder().url(server.url()).timeout(PATIENCE).connect_timeout(IMPATIENCE);
    let error = client.retry(RetryPolicy::none()).build().unwrap().butler().tasks().await.unwrap_err();
    assert!(matches!(&error, Error::Timeout { after, .. } if *after == IMPATIENCE), "{error:?}");
}

#[tokio::test]
async fn runs_and_failures_are_asked_for_as_filtered() {
    let server = StandIn::start(|request| match request.line.split('?').next() {
        Some("GET /api/v1/runs") => Reply::json(200, r#"{"runs":[],"total":0}"#),
        Some("GET /api/v1/failures") => Reply::json(200, r#"{"failures":[],"total":0}"#),
        Some("POST /api/v1/failures/5/retry") => Reply::json(200, r#"{"id":5,"message":"Again."}"#),
        Some("GET /healthz") => {
            Reply::json(503, r#"{"status":"degraded","version":"1","sandbox":"partial","checks":[]}"#)
        }
        _ => Reply::page(404, "Not Found"),
    });
    let client = client(&server);
    client.runs(&RunFilter::default()).await.unwrap();
    client
        .runs(&RunFilter::default().task(TaskName::BackupDatabase).state(RunState::Running).page(3, 10))
        .await
        .unwrap();
    client.failures_behind(None, 200).await.unwrap();
    assert_eq!(client.retry_failure(5).await.unwrap().message, "Again.");
    assert_eq!(client.health().await.unwrap().status, "degraded");
    assert!(matches!(client.run(RunId(9)).await, Err(Error::NotFound { .. })));
    let lines: Vec<String> = server.asked().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/runs",
            "GET /api/v1/runs?task=BackupDatabase&state=running&start=3&size=10",
            "GET /api/v1/failures?size=200",
            "POST /api/v1/failures/5/retry",
            "GET /healthz",
            "GET /api/v1/runs/9",
        ]
    );
}

#[tokio::test]
async fn a_section_is_added_as_plex_has_it() {
    let section = r#"{"MediaContainer":{"size":1,"allowSync":false,"Directory":[{"allowSync":false,"key":"12","type":"movie","title":"Films & more",
        "agent":"a","scanner":"s","language":"en-US","uuid":"u","updatedAt":1,"createdAt":1,"Location":[{"id":1,"path":"/films/a b"}]}]}}"#;
    // Plex answers with the section; a server that doesn't is asked for the newest of that name.
    for answers in [true, false] {
        let server = StandIn::start(move |request| match request.line.starts_with("POST") && !answers {
            true => Reply::json(201, r#"{"MediaContainer":{"size":0,"allowSync":false}}"#),
            false => Reply::json(201, section),
        });
        let new = NewSection::new("movie", "Films & more", ["/films/a b", "/b?c=d"]);
        assert_eq!(client(&server).add_section(&new).await.unwrap().key, "12");
        let line = &server.asked()[0].line;
        assert!(
            line.starts_with(
                "POST /library/sections?name=Films+%26+more&type=movie&agent=tv.plex.agents.movie&"
            ),
            "{line}"
        );
        assert!(line.ends_with("&location=%2Ffilms%2Fa%20b&location=%2Fb%3Fc%3Dd"), "{line}");
    }
}
