//! What the server is busy with.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::rig::{JSON, Rig, wait_until};

/// The activities once they are such.
pub(crate) async fn until(rig: &Rig, is_it: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut list = Vec::new();
    wait_until("the activities are as wanted", async || {
        let body = rig.get_json("/activities").await;
        list = body["MediaContainer"]["Activity"].as_array().cloned().unwrap_or_default();
        assert_eq!(body["MediaContainer"]["size"], list.len());
        is_it(&list)
    })
    .await;
    list
}

/// A section with a film that was written just now: its scan runs until it is stopped.
pub(crate) async fn with_a_long_scan() -> (Rig, i64) {
    let rig = Rig::new();
    let (section, folder) = rig.add_films("Films").await;
    rig.add_young_film(&folder);
    (rig, section)
}

pub(crate) fn is_scan(activity: &Value) -> bool {
    activity["type"] == "library.update.section"
}

#[tokio::test]
async fn an_idle_server_has_no_key_for_activities() {
    let rig = Rig::new();
    assert_eq!(rig.get_json("/activities").await, json!({"MediaContainer": {"size": 0}}));
    assert!(rig.get("/activities/").await.text().ends_with("<MediaContainer size=\"0\"/>"));
}

#[tokio::test]
async fn a_scan_is_an_activity_of_its_section_and_is_cancelled() {
    let (rig, section) = with_a_long_scan().await;
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    let settling =
        |list: &[Value]| list.iter().any(|activity| is_scan(activity) && activity["progress"] == 0);
    let list = until(&rig, settling).await;
    let scan = list.iter().find(|activity| is_scan(activity)).unwrap();
    assert_eq!(
        (&scan["title"], &scan["cancellable"], &scan["userID"]),
        (&"Scanning Films".into(), &true.into(), &1.into())
    );
    assert_eq!(
        scan["Context"],
        json!({"key": format!("/library/sections/{section}"), "librarySectionID": section.to_string()})
    );
    assert_eq!(scan["subtitle"], "It waits for files that were written a moment ago to stand still.");
    let keys: Vec<&String> = scan.as_object().unwrap().keys().collect();
    assert!(keys.is_sorted(), "{keys:?}");
    let whole = list.iter().find(|activity| !is_scan(activity)).unwrap();
    assert_eq!(
        (&whole["type"], &whole["title"], &whole["progress"]),
        (&"butler".into(), &"Refresh Libraries".into(), &(-1).into())
    );
    let xml = rig.get("/activities").await.text();
    let expect =
        format!("<Context key=\"/library/sections/{section}\" librarySectionID=\"{section}\"/></Activity>");
    assert!(xml.contains("cancellable=\"1\" progress=\"0\"") && xml.contains(&expect), "{xml}");

    let uuid = scan["uuid"].as_str().unwrap();
    let cancelled = rig.ask(Method::DELETE, format!("/activities/{uuid}")).send().await;
    assert_eq!((cancelled.status, cancelled.text().as_str()), (StatusCode::OK, ""));
    until(&rig, <[Value]>::is_empty).await;
    let again = rig.ask(Method::DELETE, format!("/activities/{uuid}")).header("Accept", JSON).send().await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert!(again.json()["errors"][0]["message"].as_str().unwrap().ends_with('.'));
    let run = rig.get_json("/api/v1/runs?task=RefreshLibraries&origin=person").await["runs"][0].clone();
    assert_eq!((&run["state"], &run["reason_code"]), (&"stopped".into(), &"stopped-by-person".into()));
}

#[tokio::test]
async fn an_order_for_one_run_reaches_no_other_of_its_task() {
    let (rig, section) = with_a_long_scan().await;
    rig.ask(Method::POST, format!("/library/sections/{section}/refresh")).send().await;
    let one = until(&rig, |list| list.iter().any(is_scan))
        .await
        .iter()
        .find(|activity| is_scan(activity))
        .unwrap()
        .clone();
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    let run = async |id: &str| rig.get_json(format!("/api/v1/runs/{id}")).await;
    let (first, whole) = {
        let runs = rig.get_json("/api/v1/runs?task=RefreshLibraries&origin=person").await["runs"].clone();
        (runs[1]["id"].to_string(), runs[0]["id"].to_string())
    };
    assert_eq!(
        (&run(&first).await["section"], &run(&whole).await["state"]),
        (&section.into(), &"queued".into())
    );
    let ended = async |id: &str| {
        wait_until("the run has ended", async || !run(id).await["ended_at"].is_null()).await;
        run(id).await
    };

    // The section's scan is cancelled as an activity; what waits behind it has its turn.
    assert_eq!(
        rig.ask(Method::DELETE, format!("/activities/{}", one["uuid"].as_str().unwrap())).send().await.status,
        StatusCode::OK
    );
    assert_eq!(ended(&first).await["reason_code"], "stopped-by-person");
    until(&rig, |list| list.iter().any(|activity| is_scan(activity) && activity["uuid"] != one["uuid"]))
        .await;
    assert_eq!(run(&whole).await["state"], "running");

    // The same by the run's id.
    let stopped = rig.ask(Method::DELETE, format!("/api/v1/runs/{whole}")).send().await;
    assert_eq!(
        (stopped.status, &stopped.json()["id"].to_string()),
        (StatusCode::OK, &whole),
        "{}",
        stopped.text()
    );
    assert_eq!(ended(&whole).await["state"], "stopped");
    let again = rig.ask(Method::DELETE, format!("/api/v1/runs/{whole}")).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(
        again.json()["errors"][0]["message"],
        format!("Run {whole} has ended already, stopped. A person stopped it.")
    );
    for unknown in ["99", "x", "18446744073709551615"] {
        let answer = rig.ask(Method::DELETE, format!("/api/v1/runs/{unknown}")).send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn cancelling_a_sections_refresh_leaves_the_scan_of_all_that_waits_behind_it() {
    let (rig, section) = with_a_long_scan().await;
    let refresh = format!("/library/sections/{section}/refresh");
    rig.ask(Method::POST, refresh.clone()).send().await;
    until(&rig, |list| list.iter().any(is_scan)).await;
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    assert_eq!(rig.ask(Method::DELETE, refresh).send().await.status, StatusCode::OK);
    wait_until("the section's scan is stopped and that of all works", async || {
        let runs = rig.get_json("/api/v1/runs?task=RefreshLibraries&origin=person").await["runs"].clone();
        (&runs[1]["state"], &runs[0]["state"]) == (&"stopped".into(), &"running".into())
    })
    .await;
}

#[tokio::test]
async fn runs_are_found_by_day_origin_and_time() {
    let rig = Rig::new();
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    let run = rig.get_json("/api/v1/runs").await["runs"][0].clone();
    let (day, asked_at) = (run["day"].as_str().unwrap(), run["asked_at"].as_str().unwrap());
    let found =
        async |query: String| rig.get_json(format!("/api/v1/runs?{query}")).await["total"].as_u64().unwrap();
    for query in [
        format!("day={day}"),
        format!("since={asked_at}"),
        "origin=person".into(),
        "until=2100-01-01T00:00:00Z".into(),
    ] {
        assert_eq!(found(query.clone()).await, 1, "{query}");
    }
    for query in [
        "day=2001-01-01".to_owned(),
        "since=2100-01-01T00:00:00Z".into(),
        "origin=asap".into(),
        format!("until={asked_at}"),
    ] {
        assert_eq!(found(query.clone()).await, 0, "{query}");
    }
    for query in ["day=today", "since=now", "until=1", "origin=nobody"] {
        assert_eq!(rig.get(format!("/api/v1/runs?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
}
