//! Real connections: bounded, and ended at shut-down. The clients here block one of the runtime's threads,
//! the server has the other.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::rig::Rig;

/// How long is waited: less than the half minute after which any connection ends on which nothing comes.
const BEFORE_IDLE_ENDS: Duration = Duration::from_secs(20);

async fn served(rig: &Rig) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.83.0.1:0").await.unwrap();
    // Of an address at which no other test takes a port: what is free when the server has ended stays so.
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(butler_server::serve(listener, rig.app.clone(), async { _ = stopped.await }));
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
        stream.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {}", String::from_utf8_lossy(&head)));
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
    for request in [format!("GET /butler HTTP/1.1\r\nX-A: {}", "x".repeat(200_000)), format!("GET /{}", "x".repeat(200_000))] {
        let mut stream = connect(address);
        // The server may hang up before it has taken all of it.
        let _ = stream.write_all(request.as_bytes());
        let mut text = Vec::new();
        let end = stream.read_to_end(&mut text).map_err(|error| error.kind());
        let text = String::from_utf8_lossy(&text);
        assert!(!matches!(end, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "it is not cut off: {text}");
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
    stream.write_all(format!("DELETE /butler?X-Plex-Token={token} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    let head = head(&mut stream).to_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: 0"), "{head}");
}
