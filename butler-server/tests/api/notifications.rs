//! Notifications over real connections: WebSockets, the event source, and their end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use butler_server::Bounds;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::activities::{is_scan, until, with_a_long_scan};
use crate::rig::{PATIENCE, Rig, wait_until};

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

async fn serve(rig: &Rig) -> Served {
    serve_within(rig, Bounds::default()).await
}

async fn serve_within(rig: &Rig, bounds: Bounds) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(butler_server::serve(listener, rig.app.clone().bounded(bounds), async {
        _ = stopped.await
    }));
    Served { address, stop, server }
}

impl Served {
    /// A socket whose token is in the query, or in the header.
    async fn socket(&self, rig: &Rig, path: &str, in_header: bool) -> WebSocketStream<TcpStream> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let token = rig.token.reveal();
        let query = if in_header { String::new() } else { format!("{sign}X-Plex-Token={token}") };
        let mut request = format!("ws://{}{path}{query}", self.address).into_client_request().unwrap();
        if in_header {
            request.headers_mut().insert("x-plex-token", token.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        client_async(request, stream).await.unwrap().0
    }

    /// The lines of an event source's answer, from its head on.
    async fn events(&self, rig: &Rig, filters: &str) -> Lines<BufReader<TcpStream>> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let token = rig.token.reveal();
        let request = format!(
            "GET /:/eventsource/notifications{filters} HTTP/1.1\r\nHost: a\r\nX-Plex-Token: {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let mut head = Vec::new();
        while let Some(line) = line(&mut lines).await.filter(|line| !line.is_empty()) {
            head.push(line.to_lowercase());
        }
        assert!(
            head[0].starts_with("http/1.1 200") && head.contains(&"content-type: text/event-stream".into()),
            "{head:?}"
        );
        lines
    }
}

async fn line(lines: &mut Lines<BufReader<TcpStream>>) -> Option<String> {
    timeout(PATIENCE, lines.next_line()).await.expect("a line").unwrap()
}

async fn frame(socket: &mut WebSocketStream<TcpStream>) -> Option<Message> {
    timeout(PATIENCE, socket.next()).await.expect("a frame").transpose().unwrap()
}

/// The next notification, without its container.
async fn notification(socket: &mut WebSocketStream<TcpStream>) -> Value {
    loop {
        let Some(Message::Text(text)) = frame(socket).await else { continue };
        let body: Value = serde_json::from_str(&text).unwrap();
        let container = &body["NotificationContainer"];
        assert_eq!((container.as_object().unwrap().len(), &container["size"]), (3, &1.into()), "{text}");
        return container.clone();
    }
}

/// The events of the activity of a type, up to its end.
async fn life(socket: &mut WebSocketStream<TcpStream>, kind: &str) -> Vec<Value> {
    let mut life = Vec::new();
    loop {
        let told = notification(socket).await["ActivityNotification"][0].clone();
        if told["Activity"]["type"] != kind {
            continue;
        }
        assert_eq!(told["uuid"], told["Activity"]["uuid"]);
        life.push(told);
        if life.last().unwrap()["event"] == "ended" {
            return life;
        }
    }
}

#[tokio::test]
async fn a_run_is_told_from_its_start_to_its_end_on_both_sockets() {
    let rig = Rig::new();
    let served = serve(&rig).await;
    let mut one = served.socket(&rig, "/:/websockets/notifications", false).await;
    let mut other = served.socket(&rig, "/:/websocket/notifications?filter=activity", true).await;
    let (section, _) = rig.add_films("Films").await;
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    for socket in [&mut one, &mut other] {
        let scan = life(socket, "library.update.section").await;
        assert_eq!(
            (&scan[0]["event"], &scan[0]["Activity"]["title"]),
            (&"started".into(), &"Scanning Films".into())
        );
        assert_eq!(scan[0]["Activity"]["Context"]["librarySectionID"], section.to_string());
        assert_eq!(scan.last().unwrap()["Activity"]["progress"], 100);
    }
    let status = notification(&mut one).await;
    assert_eq!(
        (&status["type"], &status["StatusNotification"][0]["title"]),
        (&"status".into(), &"Library scan complete".into())
    );
    // The other one did not ask for it.
    let ended = life(&mut other, "butler").await.pop().unwrap();
    assert_eq!((&ended["event"], &ended["Activity"]["progress"]), (&"ended".into(), &100.into()));
    until(&rig, <[Value]>::is_empty).await;
}

#[tokio::test]
async fn a_ping_is_answered_and_words_are_not_heeded() {
    let rig = Rig::new();
    let served = serve(&rig).await;
    let mut socket = served.socket(&rig, "/:/websockets/notifications", false).await;
    socket.send(Message::Text("hello".into())).await.unwrap();
    socket.send(Message::Ping(vec![7].into())).await.unwrap();
    assert_eq!(frame(&mut socket).await, Some(Message::Pong(vec![7].into())));
    // Longer than anything a client has to say.
    socket.send(Message::Text("x".repeat(100_000).into())).await.ok();
    while let Some(Ok(_)) = timeout(PATIENCE, socket.next()).await.expect("it is hung up on") {}
}

#[tokio::test]
async fn both_sockets_and_the_event_source_are_never_silent_for_long() {
    // Tautulli reads with a limit of 15 seconds and takes a server that is silent for so long for dead.
    assert!(Bounds::default().ping_every <= Duration::from_secs(10));
    let rig = Rig::new();
    let bounds = Bounds {
        ping_every: Duration::from_millis(20),
        taken_within: Duration::from_millis(20),
        ..Bounds::default()
    };
    let served = serve_within(&rig, bounds).await;
    for path in ["/:/websockets/notifications", "/:/websocket/notifications"] {
        let mut socket = served.socket(&rig, path, false).await;
        for _ in 0..5 {
            while !matches!(frame(&mut socket).await, Some(Message::Ping(_))) {}
        }
    }
    let mut lines = served.events(&rig, "").await;
    for _ in 0..5 {
        while line(&mut lines).await.expect("the stream goes on") != "event: ping" {}
    }
}

#[tokio::test]
async fn who_has_no_token_or_speaks_no_websocket_is_refused() {
    let rig = Rig::new();
    let path = "/:/websockets/notifications";
    assert_eq!(rig.ask_without_token(Method::GET, path).send().await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        rig.ask_without_token(Method::GET, "/:/eventsource/notifications").send().await.status,
        StatusCode::UNAUTHORIZED
    );
    let plain = rig.get(path).await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST);
    assert!(plain.text().contains("WebSocket"), "{}", plain.text());
}

#[tokio::test]
async fn an_event_source_names_each_event_and_sends_one_object() {
    let rig = Rig::new();
    let served = serve(&rig).await;
    let mut lines = served.events(&rig, "?filters=activity").await;
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    loop {
        let name = line(&mut lines).await.unwrap();
        // Sizes of the answer's pieces stand between the events.
        if name != "event: activity" {
            continue;
        }
        let data = line(&mut lines).await.unwrap();
        let body: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["ActivityNotification"]);
        assert_eq!(body["ActivityNotification"]["Activity"]["type"], "butler");
        if body["ActivityNotification"]["event"] == "ended" {
            break;
        }
    }
}

#[tokio::test]
async fn all_who_listen_are_told_that_the_server_ends_and_it_ends() {
    let (rig, _) = with_a_long_scan().await;
    let served = serve(&rig).await;
    let mut socket = served.socket(&rig, "/:/websockets/notifications", false).await;
    let mut lines = served.events(&rig, "").await;
    // One that does not listen to what it is told holds up nobody.
    let _silent = served.socket(&rig, "/:/websockets/notifications", false).await;
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    until(&rig, |list| list.iter().any(is_scan)).await;
    served.stop.send(()).unwrap();
    loop {
        if let Some(Message::Close(close)) = frame(&mut socket).await {
            assert_eq!(close.unwrap().code, CloseCode::Away);
            break;
        }
    }
    while line(&mut lines).await.is_some() {}
    timeout(PATIENCE, served.server).await.expect("the server ends").unwrap();
    assert_eq!(rig.get("/:/eventsource/notifications").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn more_than_so_many_are_refused_and_a_place_is_free_again_when_one_goes() {
    let rig = Rig::new();
    let served = serve(&rig).await;
    let mut sockets = Vec::new();
    for _ in 0..128 {
        sockets.push(served.socket(&rig, "/:/websockets/notifications", true).await);
    }
    let refused = rig.get("/:/eventsource/notifications").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    sockets.pop();
    wait_until("the place is free again", async || {
        let stream = TcpStream::connect(served.address).await.unwrap();
        let uri =
            format!("ws://{}/:/websockets/notifications?X-Plex-Token={}", served.address, rig.token.reveal());
        client_async(uri, stream).await.is_ok()
    })
    .await;
}
