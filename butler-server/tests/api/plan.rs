//! The plan of the nights ahead, and the window.

use axum::http::StatusCode;
use butler_api::v1::{Plan, Window};

use crate::rig::Rig;

#[tokio::test]
async fn a_plan_has_every_task_in_every_night_and_a_last_line() {
    let rig = Rig::new();
    let plan: Plan = serde_json::from_value(rig.get_json("/api/v1/plan?nights=3").await).unwrap();
    assert_eq!(plan.nights.len(), 3);
    assert!(plan.nights.is_sorted_by_key(|night| night.day));
    let butler = rig.get_json("/butler").await;
    let tasks: Vec<&str> = butler["ButlerTasks"]["ButlerTask"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["name"].as_str().unwrap())
        .collect();
    assert!(tasks.contains(&"RefreshLibraries"));
    let of_last: Vec<&str> = plan.nights[2].runs.iter().map(|run| run.task.as_str()).collect();
    assert!(tasks.iter().all(|task| of_last.contains(task)), "{of_last:?}");
    assert!(plan.nights[2].runs.iter().filter(|run| run.start.is_some()).all(|run| run.how == "fits"));
    assert!(
        plan.sentence.contains("; what the first scan will find to do is not known yet."),
        "{}",
        plan.sentence
    );
    assert!(
        plan.nights[2].runs.iter().all(|run| run.is_guess == run.start.is_some()),
        "nothing completed here yet"
    );
    assert!(
        plan.backlogs
            .iter()
            .all(|backlog| (backlog.lacks, backlog.nights, backlog.is_guess) == (0, Some(0), false))
    );
    let one: Plan = serde_json::from_value(rig.get_json("/api/v1/plan").await).unwrap();
    assert_eq!(one.nights.len(), 1);
}

#[tokio::test]
async fn there_is_no_plan_of_no_night_or_of_a_year() {
    let rig = Rig::new();
    for nights in ["0", "31", "-1", "many", "4294967296"] {
        let answer = rig.get(format!("/api/v1/plan?nights={nights}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{nights}");
        assert!(answer.text().contains("from 1 to 30"), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_window_says_whether_it_is_open_and_when_the_next_one_opens() {
    let rig = Rig::new();
    let window: Window = serde_json::from_value(rig.get_json("/api/v1/window").await).unwrap();
    let next = window.next.unwrap();
    assert_eq!(
        (next.from.clock().as_str(), next.until.clock().as_str(), next.day),
        ("02:00", "05:00", next.from.civil().date())
    );
    // It is noon: the night to come is tomorrow's.
    assert_eq!((window.open, window.from, window.day), (false, None, None));
    assert_eq!(next.day, jiff::civil::date(2026, 11, 24));
    assert!(
        window.sentence.starts_with("No maintenance now; the next window opens on "),
        "{}",
        window.sentence
    );
    assert_eq!((window.paused.len(), window.running), (0, 0));
    assert!(!window.zone.is_empty());

    rig.set_clock("2026-11-24T03:00:00");
    let window: Window = serde_json::from_value(rig.get_json("/api/v1/window").await).unwrap();
    assert_eq!((window.open, window.day), (true, Some(jiff::civil::date(2026, 11, 24))));
    assert_eq!(window.from.unwrap().clock(), "02:00");
    assert!(window.sentence.starts_with("Maintenance now, until 05:00."), "{}", window.sentence);
    assert_eq!(window.next.unwrap().day, jiff::civil::date(2026, 11, 25));
}

#[tokio::test]
async fn the_window_says_what_holds_everything() {
    let rig = Rig::new();
    let paused = rig.ask(axum::http::Method::PUT, "/api/v1/pauses/person?note=film+night").send().await;
    assert_eq!(paused.status, StatusCode::OK, "{}", paused.text());
    let window: Window = serde_json::from_value(rig.get_json("/api/v1/window").await).unwrap();
    assert_eq!(window.paused.len(), 1);
    assert!(window.sentence.ends_with("A person paused everything: film night."), "{}", window.sentence);
    let plan: Plan = serde_json::from_value(rig.get_json("/api/v1/plan").await).unwrap();
    assert!(plan.nights[0].runs.iter().all(|run| run.start.is_none()), "{:?}", plan.nights[0].runs);
    assert!(plan.sentence.ends_with("A person paused everything: film night."), "{}", plan.sentence);
}
