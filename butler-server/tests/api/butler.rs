//! The five calls of Plex's Butler.

use axum::http::{Method, StatusCode};
use butler_api::Outcome;

use serde_json::Value;

use crate::rig::{JSON, Rig, XML, wait_until};

#[tokio::test]
async fn the_tasks_are_listed_below_their_own_root_in_both_forms() {
    let rig = Rig::new();
    let json = rig.get_json("/butler").await;
    let tasks = json["ButlerTasks"]["ButlerTask"].as_array().unwrap();
    let scan = tasks.iter().find(|task| task["name"] == "RefreshLibraries").unwrap();
    assert_eq!(
        (&scan["interval"], &scan["enabled"], &scan["scheduleRandomized"]),
        (&1.into(), &true.into(), &false.into())
    );
    let xml = rig.get("/butler").await;
    assert_eq!(xml.header("content-type"), XML);
    let expect = "<ButlerTasks><ButlerTask name=\"";
    assert!(xml.text().contains(expect) && xml.text().contains("enabled=\"1\""), "{}", xml.text());
}

#[tokio::test]
async fn a_start_answers_an_empty_body_and_the_outcome_in_a_header() {
    let rig = Rig::new();
    let answer = rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    assert_eq!(
        (answer.status, answer.text().as_str(), answer.header("content-type")),
        (StatusCode::OK, "", "text/html")
    );
    let outcome: Outcome = answer.header("x-butler-outcome").parse().unwrap();
    assert!(matches!(outcome, Outcome::Started { .. }), "{outcome}");
}

#[tokio::test]
async fn the_body_says_the_same_where_accept_names_json() {
    let rig = Rig::new();
    let answer =
        rig.ask(Method::POST, "/butler/GenerateMediaIndexFiles?force=1").header("Accept", JSON).send().await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, JSON));
    let outcome: Outcome = answer.header("x-butler-outcome").parse().unwrap();
    let json = answer.json();
    assert_eq!((&json["task"], &json["outcome"]), (&"GenerateMediaIndexFiles".into(), &"started".into()));
    assert_eq!(json["run"], outcome.run().unwrap().0);
    assert!(json["message"].as_str().unwrap().ends_with('.'));
}

#[tokio::test]
async fn start_all_tells_one_outcome_a_task() {
    let rig = Rig::new();
    let empty = rig.ask(Method::POST, "/butler").send().await;
    assert_eq!((empty.status, empty.text().as_str()), (StatusCode::OK, ""));
    let all = rig.ask(Method::POST, "/butler/").header("Accept", JSON).send().await.json();
    let tasks = rig.get_json("/butler").await;
    let names = |list: &Value, key: &str| {
        list.as_array().unwrap().iter().map(|entry| entry[key].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&all["outcomes"], "task"), names(&tasks["ButlerTasks"]["ButlerTask"], "name"));
}

#[tokio::test]
async fn a_stop_of_what_does_not_run_is_a_404_and_stop_all_never_is() {
    let rig = Rig::new();
    for name in ["GenerateMediaIndexFiles", "GenerateMediaIndexFiles/", "BrewCoffee"] {
        assert_eq!(
            rig.ask(Method::DELETE, format!("/butler/{name}")).send().await.status,
            StatusCode::NOT_FOUND,
            "{name}"
        );
    }
    let answer = rig.ask(Method::DELETE, "/butler").send().await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, ""));
    assert_eq!(
        rig.ask(Method::DELETE, "/butler").header("Accept", JSON).send().await.json()["runs"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_running_task_answers_202_shows_what_it_does_and_is_stopped() {
    let rig = Rig::new();
    let (section, folder) = rig.add_films("films").await;
    rig.add_young_film(&folder);
    let first: Outcome = rig
        .ask(Method::POST, "/butler/RefreshLibraries")
        .send()
        .await
        .header("x-butler-outcome")
        .parse()
        .unwrap();
    let run = first.run().unwrap();

    let again = rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    assert_eq!(
        (again.status, again.text().as_str(), again.header("content-type")),
        (StatusCode::ACCEPTED, "", "text/html")
    );
    // What came into folders that the first has passed is seen by one more behind it, however often it is
    // asked.
    let behind = format!("started; run={}; waits=behind-itself", run.0 + 1);
    assert_eq!(again.header("x-butler-outcome"), behind);
    let refresh = rig.get(format!("/library/sections/{section}/refresh")).await;
    assert_eq!((refresh.status, refresh.text().as_str()), (StatusCode::OK, ""));
    assert_eq!(rig.get_json("/library/sections").await["MediaContainer"]["Directory"][0]["refreshing"], true);
    assert!(rig.get_json(format!("/api/v1/runs/{run}")).await["live"].is_object());

    let stopped = rig.ask(Method::DELETE, "/butler/RefreshLibraries").header("Accept", JSON).send().await;
    assert_eq!(stopped.status, StatusCode::OK);
    assert!(stopped.json()["runs"].as_array().unwrap().contains(&run.0.into()), "{}", stopped.text());
    let mut shown = Value::Null;
    wait_until("the run is stopped", async || {
        shown = rig.get_json(format!("/api/v1/runs/{run}")).await;
        shown["state"] == "stopped"
    })
    .await;
    assert_eq!((&shown["reason_code"], shown["live"].is_null()), (&"stopped-by-person".into(), true));
    assert_eq!(
        rig.get_json("/library/sections").await["MediaContainer"]["Directory"][0]["refreshing"],
        false
    );
}
