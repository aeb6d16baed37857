//! Strangers who flood the server: as many connections as it takes at all, each of which asks again and
//! again, reads nothing, and comes back when it is hung up on. Who has the token is answered all the same.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use butler_fixtures::{Server, wait_until};
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_send_buffer_size};

use super::stage;

/// Connections of the flood: as many as the server has places in all.
const FLOOD: usize = 512;
const FLOODING_THREADS: usize = 4;
/// Answers that the client with the token wants, each on a connection of its own.
const ANSWERS: usize = 15;
/// What a stranger may have and is not small: soon so much waits for it that the server can send no more.
const REQUEST: &[u8] = b"GET /assets/page.css HTTP/1.1\r\nHost: a\r\n\r\n";
/// So that a full connection takes little of the system's memory.
const BUFFER_BYTES: usize = 16 << 10;

/// A connection on which no more can be sent for now; none if the server hung up first.
fn glut(address: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    set_socket_send_buffer_size(&stream, BUFFER_BYTES).unwrap();
    set_socket_recv_buffer_size(&stream, BUFFER_BYTES).unwrap();
    stream.set_nonblocking(true).unwrap();
    let requests = REQUEST.repeat(1_000);
    loop {
        match stream.write(&requests) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(stream),
            Err(_) => return None,
        }
    }
}

fn flood(address: &str, share: usize, is_over: &AtomicBool, come: &AtomicUsize) {
    let mut streams: Vec<TcpStream> = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        if streams.len() < share
            && let Some(stream) = glut(address)
        {
            come.fetch_add(1, Ordering::Relaxed);
            streams.push(stream);
            // Some processor is left to the server.
            thread::sleep(Duration::from_millis(3));
            continue;
        }
        streams.retain_mut(|stream| match stream.write(REQUEST) {
            Err(error) => error.kind() == ErrorKind::WouldBlock,
            Ok(_) => true,
        });
        thread::sleep(Duration::from_millis(5));
    }
}

/// One answer on a connection that is kept, to its end.
fn ask_again(stream: &mut TcpStream, server: &Server) {
    let request = format!("HEAD /butler HTTP/1.1\r\nHost: a\r\nX-Plex-Token: {}\r\n\r\n", server.token());
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("who has the token keeps its connection");
        head.extend(byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
}

#[test]
fn a_client_with_the_token_is_answered_while_strangers_flood_the_server() {
    let stage = stage();
    let server = stage.server().unwrap();
    let mut kept = TcpStream::connect(server.address()).unwrap();
    ask_again(&mut kept, &server);
    let (is_over, come) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        // A failed expectation must end the flood as well.
        let _end = End(&is_over);
        for _ in 0..FLOODING_THREADS {
            scope.spawn(|| flood(server.address(), FLOOD / FLOODING_THREADS, &is_over, &come));
        }
        wait_until("the flood is there", || come.load(Ordering::Relaxed) >= FLOOD).unwrap();
        for answer in 1..=ANSWERS {
            let tasks = server.get("/butler");
            assert!(tasks.as_ref().is_ok_and(|tasks| tasks.status == 200), "answer {answer}: {tasks:?}");
            ask_again(&mut kept, &server);
        }
    });
    assert_eq!(server.get("/healthz").unwrap().status, 200);
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
