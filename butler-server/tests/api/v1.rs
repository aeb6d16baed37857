//! Butler's own API.

use axum::http::{Method, StatusCode};
use butler_api::v1::{Failures, Health, Run, Runs};
use butler_api::{Origin, Outcome};

use crate::rig::{JSON, Rig};

#[tokio::test]
async fn a_run_is_listed_and_shown() {
    let rig = Rig::new();
    let started = rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    let id = started.header("x-butler-outcome").parse::<Outcome>().unwrap().run().unwrap();
    let one: Run = serde_json::from_value(rig.get_json(format!("/api/v1/runs/{id}")).await).unwrap();
    assert_eq!((one.id, one.task.as_str(), one.origin), (id, "RefreshLibraries", Origin::Person));
    let all: Runs =
        serde_json::from_value(rig.get_json("/api/v1/runs?task=RefreshLibraries&size=1").await).unwrap();
    assert_eq!((all.total, all.runs.len(), all.runs[0].id), (Some(1), 1, id));
    let none: Runs = serde_json::from_value(rig.get_json("/api/v1/runs?task=BackupDatabase").await).unwrap();
    assert_eq!(none.total, Some(0));
    assert_eq!(rig.get("/api/v1/runs/999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_state_is_refused_with_those_there_are_in_json_always() {
    let rig = Rig::new();
    let answer = rig.get("/api/v1/runs?state=asleep").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::BAD_REQUEST, JSON));
    assert!(
        answer.json()["errors"][0]["message"].as_str().unwrap().contains("queued, scheduled, running"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_library_without_failures_lists_none() {
    let rig = Rig::new();
    let failures: Failures = serde_json::from_value(rig.get_json("/api/v1/failures").await).unwrap();
    assert_eq!((failures.total, failures.failures.len()), (Some(0), 0));
}

#[tokio::test]
async fn health_names_the_version_and_what_is_wrong() {
    let rig = Rig::new();
    let health: Health = serde_json::from_value(rig.get_json("/healthz").await).unwrap();
    assert_eq!(health.version, "1.2.3");
    assert!(["ok", "degraded"].contains(&health.status.as_str()));
    assert!(health.checks.iter().all(|check| check.message.ends_with('.')));
}
