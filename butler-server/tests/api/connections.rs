//! Real connections: bounded, and ended at shut-down. The clients here block one of the runtime's threads,
//! the server has the other.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use butler_server::Bounds;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use butler_library::{ItemKind, SectionKind};

use crate::items::{part_of, publish_pictures, scanned};
use crate::rig::Rig;

/// How long is waited: less than the half minute after which any connection ends on which nothing comes.
const BEFORE_IDLE_ENDS: Duration = Duration::from_secs(20);

async fn served(rig: &Rig) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    served_within(rig, Bounds::default()).await
}

async fn served_within(rig: &Rig, bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    // Of an address at which no other test takes a port: what is free when the server has ended stays so.
    let listener = TcpListener::bind("127.83.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(butler_server::serve(listener, rig.app.clone().bounded(bounds), async {
        _ = stopped.await
    }));
    (address, stop, server)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(BEFORE_IDLE_ENDS)).unwrap();
    stream
}

/// The head of an answer, however many pieces it comes in.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream
            .read_exact(&mut byte)
            .unwrap_or_else(|error| panic!("{error} after {}", String::from_utf8_lossy(&head)));
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let rig = Rig::new();
    let (address, stop, server) = served(&rig).await;
    let mut idle = connect(address);
    idle.write_all(b"GET /identity HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(head(&mut idle).starts_with("HTTP/1.1 200 OK"));
    // A second one that has sent half of a request.
    let mut half = connect(address);
    half.write_all(b"GET /iden").unwrap();

    stop.send(()).unwrap();
    timeout(BEFORE_IDLE_ENDS, server).await.expect("the server ends").unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_without_end_is_cut_off() {
    let rig = Rig::new();
    let (address, _stop, _server) = served(&rig).await;
    for request in [
        format!("GET /butler HTTP/1.1\r\nX-A: {}", "x".repeat(200_000)),
        format!("GET /{}", "x".repeat(200_000)),
    ] {
        let mut stream = connect(address);
        // The server may hang up before it has taken all of it.
        let _ = stream.write_all(request.as_bytes());
        let mut text = Vec::new();
        let end = stream.read_to_end(&mut text).map_err(|error| error.kind());
        let text = String::from_utf8_lossy(&text);
        assert!(
            !matches!(end, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)),
            "it is not cut off: {text}"
        );
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_headers_are_too_many() {
    let rig = Rig::new();
    let (address, _stop, _server) = served(&rig).await;
    let mut stream = connect(address);
    let headers: String = (0..200).map(|number| format!("X-{number}: a\r\n")).collect();
    stream.write_all(format!("GET /identity HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes()).unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 431"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_answer_says_its_length() {
    let rig = Rig::new();
    let (address, _stop, _server) = served(&rig).await;
    let mut stream = connect(address);
    let token = rig.token.reveal();
    stream
        .write_all(format!("DELETE /butler?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
        .unwrap();
    let head = head(&mut stream).to_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: 0"), "{head}");
}

/// Asks again and again and reads nothing, until no more can be sent for now.
fn glut(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = connect(address);
    stream.set_nonblocking(true).unwrap();
    while stream.write(request.repeat(1_000).as_bytes()).is_ok() {}
    stream.set_nonblocking(false).unwrap();
    stream
}

/// Waits until the server has hung up; what it still sent is taken.
fn hung_up(mut stream: TcpStream) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
            Err(error) => panic!("not hung up on: {error}"),
        }
    }
}

fn ask(stream: &mut TcpStream, token: &str) -> String {
    stream
        .write_all(format!("HEAD /butler?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
        .unwrap();
    head(stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_that_take_nothing_shut_nobody_out() {
    let rig = Rig::new();
    let bounds = Bounds { connections: 4, strangers: 3, fresh_for: Duration::ZERO, ..Bounds::default() };
    let (address, _stop, _server) = served_within(&rig, bounds).await;
    let _silent = connect(address);
    // More of them than there are places for strangers.
    let _gluttons: Vec<TcpStream> =
        (0..3).map(|_| glut(address, "GET /identity HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    let mut clients = Vec::new();
    for _ in 0..6 {
        let mut client = connect(address);
        assert!(ask(&mut client, rig.token.reveal()).starts_with("HTTP/1.1 200 OK"));
        clients.push(client);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_places_are_held_the_longest_idle_one_goes() {
    let rig = Rig::new();
    let (address, _stop, _server) =
        served_within(&rig, Bounds { connections: 2, strangers: 2, ..Bounds::default() }).await;
    let (mut idle, mut second) = (connect(address), connect(address));
    assert!(ask(&mut idle, rig.token.reveal()).starts_with("HTTP/1.1 200 OK"));
    assert!(ask(&mut second, rig.token.reveal()).starts_with("HTTP/1.1 200 OK"));
    let mut newest = connect(address);
    assert!(ask(&mut newest, rig.token.reveal()).starts_with("HTTP/1.1 200 OK"));
    hung_up(idle);
    assert!(ask(&mut second, rig.token.reveal()).starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_of_an_answer_is_hung_up_on() {
    let rig = Rig::new();
    let bounds = Bounds { taken_within: Duration::from_millis(100), ..Bounds::default() };
    let (address, _stop, _server) = served_within(&rig, bounds).await;
    let request = format!("GET /butler?X-Plex-Token={} HTTP/1.1\r\nHost: a\r\n\r\n", rig.token.reveal());
    let mut stream = glut(address, &request);
    // Nothing is read: only the server's end can end this.
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    while stream.write_all(request.as_bytes()).is_ok() {}
    hung_up(stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_taken_lives_longer_than_every_bound() {
    let rig = Rig::new();
    let bounds = Bounds {
        head_within: Duration::from_secs(2),
        taken_within: Duration::from_millis(50),
        ping_every: Duration::from_millis(250),
        ..Bounds::default()
    };
    let (address, _stop, _server) = served_within(&rig, bounds).await;
    let mut stream = connect(address);
    let token = rig.token.reveal();
    stream
        .write_all(
            format!("GET /:/eventsource/notifications?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\n\r\n")
                .as_bytes(),
        )
        .unwrap();
    let lines = BufReader::new(stream).lines().map(|line| line.expect("the stream lives"));
    assert_eq!(lines.filter(|line| line == "event: ping").take(12).count(), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_comes_slowly_is_not_waited_for() {
    let rig = Rig::new();
    let (address, _stop, _server) = served(&rig).await;
    for token in ["wrong", rig.token.reveal()] {
        let mut slow = connect(address);
        let request = format!(
            "POST /butler/None?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nx"
        );
        slow.write_all(request.as_bytes()).unwrap();
        assert!(head(&mut slow).starts_with("HTTP/1.1 40"));
        hung_up(slow);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_whose_forms_never_come_shut_nobody_out() {
    let rig = Rig::new();
    let bounds = Bounds { connections: 4, strangers: 3, fresh_for: Duration::ZERO, ..Bounds::default() };
    let (address, _stop, _server) = served_within(&rig, bounds).await;
    let half = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nx";
    let mut strangers = Vec::new();
    for _ in 0..3 {
        for _ in 0..6 {
            let mut stranger = connect(address);
            // It may have lost its place already.
            let _ = stranger.write_all(half.as_bytes());
            strangers.push(stranger);
        }
        assert!(ask(&mut connect(address), rig.token.reveal()).starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_clients_waits_and_is_served_whole() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // All have come and asked before the server takes the first.
    let token = rig.token.reveal();
    let request = format!("GET /butler?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut clients: Vec<TcpStream> = (0..32).map(|_| connect(address)).collect();
    clients.iter_mut().for_each(|client| client.write_all(request.as_bytes()).unwrap());
    let bounds = Bounds { strangers: 1, fresh_for: Duration::from_secs(60), ..Bounds::default() };
    let (_stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(butler_server::serve(listener, rig.app.clone().bounded(bounds), async {
        _ = stopped.await
    }));
    for client in &mut clients {
        assert!(head(client).starts_with("HTTP/1.1 200 OK"));
    }
}

/// Connections of strangers who flood the server: each asks again and again and reads nothing.
const FLOOD: usize = 192;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_a_large_answer_slowly_gets_it_whole_while_others_flood_the_server() {
    let rig = Rig::new();
    let section = scanned(&rig, SectionKind::Movie, "films", &["Heat (1995).mkv"]);
    let part = part_of(&rig, section, ItemKind::Movie);
    // More than the sockets' buffers hold: most of it waits for the client to take what came before.
    let bytes = publish_pictures(&rig, &part, 6 << 20);
    let bounds = Bounds { connections: 24, strangers: 16, fresh_for: Duration::ZERO, ..Bounds::default() };
    let (address, _stop, _server) = served_within(&rig, bounds).await;
    let token = rig.token.reveal();
    let mut slow = connect(address);
    let request =
        format!("GET /library/parts/{}/indexes/sd?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\n\r\n", part.id);
    slow.write_all(request.as_bytes()).unwrap();
    assert!(head(&mut slow).starts_with("HTTP/1.1 200 OK"));
    let mut taken = vec![0; 64 << 10];
    slow.read_exact(&mut taken).unwrap();

    let _flood: Vec<TcpStream> =
        (0..FLOOD).map(|_| glut(address, "GET /identity HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    // So many that each of them takes a place of somebody who was longer idle.
    let mut others = Vec::new();
    for _ in 0..32 {
        let mut other = connect(address);
        assert!(ask(&mut other, token).starts_with("HTTP/1.1 200 OK"));
        others.push(other);
    }
    let mut rest = vec![0; bytes.len() - taken.len()];
    slow.read_exact(&mut rest).expect("it was not cut off");
    taken.extend(rest);
    assert!(taken == bytes, "it came whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_streams_of_events_leave_the_pages_to_honest_callers() {
    let rig = Rig::new();
    let (address, _stop, _server) = served(&rig).await;
    let cookie = crate::pages::cookie(&rig).await;
    let ask = |path: &str| {
        let mut stream = connect(address);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let head = head(&mut stream);
        (stream, head)
    };
    let (mut open, mut refused) = (Vec::new(), 0);
    for _ in 0..2_000 {
        let (stream, head) = ask("/events");
        if head.starts_with("HTTP/1.1 200 OK") {
            open.push(stream);
        } else {
            assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
            refused += 1;
        }
    }
    assert_eq!((open.len(), refused), (128, 1_872));
    for path in ["/", "/tasks", "/runs"] {
        assert!(ask(path).1.starts_with("HTTP/1.1 200 OK"), "{path}");
    }
    // Who leaves makes room.
    drop(open.pop());
    crate::rig::wait_until("there is room for one", async || ask("/events").1.starts_with("HTTP/1.1 200 OK"))
        .await;
}
