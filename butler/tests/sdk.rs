//! The client's crate against the real server: each of its operations, both ways of notifications, and what
//! it says of a server that refuses, stops or comes back.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::time::Duration;

use butler_client::{
    ActivityEvent, Client, Error, NewSection, Notice, Notifications, Outcome, RunFilter, RunState,
    SettingValue, TaskName, Transport,
};
use butler_fixtures::{Server, Stage};

fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn client(server: &Server) -> Client {
    Client::builder()
        .url(server.address())
        .token(server.token())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_five_operations_say_what_became_of_them() {
    let stage = stage();
    let server = stage.server().unwrap();
    let client = client(&server);
    let butler = client.butler();
    let tasks = butler.tasks().await.unwrap();
    assert!(tasks.iter().any(|task| task.name == TaskName::RefreshLibraries && task.interval == 1));

    let start = butler.start(TaskName::RefreshLibraries).force(true).await.unwrap();
    let run = start.outcome.as_ref().and_then(Outcome::run).unwrap();
    loop {
        let now = client.run(run).await.unwrap();
        if now.state.is_terminal() {
            assert_eq!(now.state, RunState::Completed);
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let unknown = butler.start("BrewCoffee").await.unwrap_err();
    assert!(matches!(&unknown, Error::NotFound { code: Some(1002), .. }), "{unknown}");
    let idle = butler.stop(TaskName::RefreshLibraries).await.unwrap_err();
    assert!(matches!(idle, Error::NotFound { .. }), "{idle}");
    assert!(!butler.start_all().await.unwrap().unwrap().is_empty());
    assert!(butler.stop_all().await.unwrap().is_some());
    assert!(!client.runs(&RunFilter::default()).await.unwrap().runs.is_empty());
}

#[tokio::test]
async fn what_both_servers_have_is_read_of_the_real_one() {
    let stage = stage();
    let server = stage.server().unwrap();
    let client = client(&server);
    let info = client.server_info().await.unwrap();
    assert!(info.butler_version.is_some() && info.machine_identifier.len() == 40, "{info:?}");
    let hour = async || {
        let all = client.preferences().await.unwrap();
        all.into_iter().find(|preference| preference.id == "ButlerStartHour").unwrap().value
    };
    assert_eq!(hour().await, SettingValue::Int(2));
    client.set_preferences(&[("ButlerStartHour", "4")]).await.unwrap();
    assert_eq!(hour().await, SettingValue::Int(4));
    let refused = client.set_preferences(&[("ButlerStartHour", "44")]).await.unwrap_err();
    assert!(matches!(&refused, Error::BadRequest { code: Some(1000), .. }), "{refused}");
    std::fs::create_dir_all(stage.folders.movies()).unwrap();
    let new = NewSection::new("movie", "Films", [stage.folders.movies()]);
    let added = client.add_section(&new).await.unwrap();
    assert_eq!(client.sections().await.unwrap()[0].key, added.key);
    client.activities().await.unwrap();
    assert!(matches!(client.cancel_activity("none").await, Err(Error::NotFound { .. })));
    client.plan(1).await.unwrap();
    client.failure_summary().await.unwrap();
}

/// The next end of an activity of a type.
async fn ended(notifications: &mut Notifications, kind: &str) {
    loop {
        match notifications.next().await.unwrap().unwrap() {
            Notice::Activity(notification)
                if notification.event == ActivityEvent::Ended && notification.activity.kind == kind =>
            {
                return;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_run_is_told_over_both_ways_and_so_is_the_servers_end() {
    let stage = stage();
    let server = stage.server().unwrap();
    let asks = client(&server);
    let mut ways = Vec::new();
    for way in [Transport::WebSocket, Transport::EventSource] {
        let listening = asks.notifications().over(way).only(["activity"]);
        ways.push(
            listening.pauses(Duration::from_millis(10), Duration::from_millis(200)).connect().await.unwrap(),
        );
    }
    asks.butler().start(TaskName::BackupDatabase).force(true).await.unwrap();
    for notifications in &mut ways {
        ended(notifications, "butler").await;
    }
    drop(server);
    for notifications in &mut ways {
        while !matches!(notifications.next().await.unwrap().unwrap(), Notice::Disconnected(_)) {}
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_in_the_servers_own_words() {
    let stage = stage();
    let server = stage.server().unwrap();
    let stranger = Client::builder().url(server.address()).token("wrong").build().unwrap();
    for refused in [
        stranger.butler().tasks().await.unwrap_err(),
        stranger.preferences().await.unwrap_err(),
        stranger.notifications().connect().await.unwrap_err(),
    ] {
        assert!(matches!(&refused, Error::Unauthorized { code: Some(1001), status: 401, .. }), "{refused}");
    }
}
