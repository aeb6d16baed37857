//! Notifications over both ways: what is told, what becomes of a lost connection, and what ends the stream.

use std::time::Duration;

use butler_client::{Client, Error, Listening, Notice, Notifications, Transport};
use butler_fixtures::plex::Plex;
use butler_fixtures::stand_in::{Reply, StandIn};

use super::{IMPATIENCE, PATIENCE, TOKEN, always, client_at, show};

const WAYS: [Transport; 2] = [Transport::WebSocket, Transport::EventSource];

/// Comes back at once, and is not hurried by a machine that is busy.
fn listening(client: &Client, way: Transport) -> Listening {
    client
        .notifications()
        .over(way)
        .pauses(Duration::from_millis(1), Duration::from_millis(20))
        .silence_limit(PATIENCE)
}

/// The next notice in one line.
async fn next(notifications: &mut Notifications) -> String {
    match notifications.next().await {
        None => "the end".into(),
        Some(Err(error)) => show(&error),
        Some(Ok(Notice::Activity(notification))) => {
            format!(
                "{:?} {} {}",
                notification.event, notification.activity.title, notification.activity.progress
            )
        }
        Some(Ok(Notice::Disconnected(error))) => format!("Disconnected: {}", show(&error)),
        Some(Ok(notice)) => format!("{notice:?}"),
    }
}

#[tokio::test]
async fn what_happens_is_told_over_both_ways() {
    for way in WAYS {
        let plex = Plex::start();
        let client = client_at(&plex.url());
        let mut notifications = listening(&client, way).only(["activity", "status"]).connect().await.unwrap();
        let uuid = plex.begin("media.generate.loudness", "Generating loudness data");
        plex.advance(&uuid, 50, "Show E S01 E05");
        plex.end(&uuid);
        for expect in ["Started", "Updated", "Ended"] {
            let notified = next(&mut notifications).await;
            let progress = if expect == "Started" { 0 } else { 50 };
            assert_eq!(notified, format!("{expect} Generating loudness data {progress}"), "{way:?}");
        }
        let line = &plex.asked()[0].line;
        assert!(line.ends_with("/notifications?filters=activity%2Cstatus"), "{line}");
    }
}

#[tokio::test]
async fn a_lost_connection_is_told_and_taken_up_again() {
    for way in WAYS {
        let plex = Plex::start();
        let mut notifications = listening(&client_at(&plex.url()), way).connect().await.unwrap();
        for round in ["first", "second"] {
            plex.drop_listeners();
            let notified = next(&mut notifications).await;
            assert!(notified.starts_with("Disconnected: Connection"), "{way:?}: {notified}");
            assert_eq!(next(&mut notifications).await, "Missed", "{way:?}");
            plex.begin("butler", round);
            assert_eq!(next(&mut notifications).await, format!("Started {round} 0"), "{way:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_waited_for() {
    // Of an address at which no other test takes the port meanwhile.
    let plex = Plex::start_at("127.83.0.3:0");
    let address = plex.url().replace("http://", "");
    let mut notifications = listening(&client_at(&plex.url()), Transport::WebSocket).connect().await.unwrap();
    drop(plex);
    assert!(next(&mut notifications).await.starts_with("Disconnected"));
    // Tries on while nobody is there.
    let waited = tokio::time::timeout(Duration::from_millis(50), next(&mut notifications)).await;
    assert!(waited.is_err(), "{waited:?}");
    let plex = Plex::start_at(&address);
    assert_eq!(next(&mut notifications).await, "Missed");
    plex.begin("butler", "again");
    assert_eq!(next(&mut notifications).await, "Started again 0");
}

#[tokio::test]
async fn a_refusal_is_an_error_at_the_begin_and_the_end_of_a_stream() {
    for way in WAYS {
        let plex = Plex::start();
        let stranger = Client::builder().url(plex.url()).token("wrong").timeout(PATIENCE).build().unwrap();
        let refused = listening(&stranger, way).connect().await.unwrap_err();
        assert_eq!(show(&refused), "Unauthorized - 401 Unauthorized 401", "{way:?}");

        let token = std::sync::Arc::new(std::sync::Mutex::new(TOKEN.to_owned()));
        let provider = std::sync::Arc::clone(&token);
        let client = Client::builder().url(plex.url()).timeout(PATIENCE).token_provider(move || {
            let token = provider.lock().unwrap().clone();
            async move { Ok::<_, std::convert::Infallible>(token) }
        });
        let mut notifications = listening(&client.build().unwrap(), way).connect().await.unwrap();
        "revoked".clone_into(&mut token.lock().unwrap());
        plex.drop_listeners();
        assert!(next(&mut notifications).await.starts_with("Disconnected"));
        assert_eq!(next(&mut notifications).await, "Unauthorized - 401 Unauthorized 401", "{way:?}");
        assert_eq!(next(&mut notifications).await, "the end", "{way:?}");
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_taken_for_lost() {
    for way in WAYS {
        let plex = Plex::start();
        let limit = Duration::from_millis(200);
        let mut notifications =
            listening(&client_at(&plex.url()), way).silence_limit(limit).connect().await.unwrap();
        assert_eq!(next(&mut notifications).await, "Disconnected: Timeout", "{way:?}");
    }
}

#[tokio::test]
async fn a_page_of_something_else_is_no_notification_by_either_way() {
    for (way, expected) in
        [(Transport::WebSocket, "a WebSocket"), (Transport::EventSource, "a stream of events")]
    {
        let body = format!("<p>Welcome, {TOKEN}</p>");
        for (kind, body, shown) in [
            ("text/html", body.as_str(), "<p>Welcome, ***</p>"),
            ("application/json", "{}", "{}"),
            ("text/html", "", ""),
        ] {
            let page = always(Reply::new(200, kind, "", body));
            let error = client_at(&page.url()).notifications().over(way).connect().await.unwrap_err();
            assert_eq!(show(&error), format!("Decode {expected}: {shown}"), "{way:?}");
        }
        // One whose page never ends is given up within the limit, and shows nothing that may end in a token.
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>a-token-that";
        let page = StandIn::start(|_| Reply::Open(head.to_vec()));
        let client = Client::builder().url(page.url()).token(TOKEN).timeout(IMPATIENCE).build().unwrap();
        let error = client.notifications().over(way).connect().await.unwrap_err();
        assert!(matches!(
            show(&error).as_str(),
            "Timeout" | "Decode a WebSocket: " | "Decode a stream of events: "
        ));
    }
}

#[tokio::test]
async fn an_event_source_is_known_by_its_type_however_that_is_written() {
    for kind in ["text/event-stream", "text/event-stream;charset=utf-8", "Text/Event-Stream ; x=y"] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n");
        let events = StandIn::start(move |_| Reply::Open(head.clone().into_bytes()));
        client_at(&events.url()).notifications().over(Transport::EventSource).connect().await.unwrap();
    }
}

#[tokio::test]
async fn what_speaks_no_websocket_is_told_from_one_that_does() {
    let wrong_key = StandIn::start(|_| {
        Reply::Open(b"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n".to_vec())
    });
    let error = client_at(&wrong_key.url()).notifications().connect().await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error}");
}
