//! A stand-in for a server: plain sockets and canned answers, so that it can also do what no honest HTTP
//! library lets a server do: answer garbage, break off, or say nothing. It keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Method and target: `GET /butler`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A header's value by its name in small letters, empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// Nothing, and no end either.
    Silence,
}

impl Reply {
    /// A whole answer, with further headers, each ending in `\r\n`.
    pub(crate) fn new(status: u16, kind: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Words\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: \
             {length}\r\n{headers}\r\n"
        );
        Self::Bytes([head.as_bytes(), body.as_bytes()].concat())
    }

    /// JSON.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", "", body)
    }

    /// Plex's short page: `<h1>404 Not Found</h1>`.
    pub(crate) fn page(status: u16, words: &str) -> Self {
        let body =
            format!("<html><head><title>{words}</title></head><body><h1>{status} {words}</h1></body></html>");
        Self::new(status, "text/html", "", &body)
    }

    /// An empty answer, as Plex gives to actions.
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, "text/html", "", "")
    }
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

/// A running stand-in; it ends when it is dropped.
pub(crate) struct StandIn {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
    has_ended: Arc<AtomicBool>,
}

impl StandIn {
    /// Starts one on a free loopback port.
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, has_ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (answer, log, ended): (Arc<Answer>, _, _) =
            (Arc::new(answer), Arc::clone(&asked), Arc::clone(&has_ended));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                // How a connection ends is the client's affair.
                std::thread::spawn(move || drop(serve(stream, &*answer, &log)));
            }
        });
        Self { address, asked, has_ended }
    }

    /// Its URL, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees its end.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, log: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let line = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    for header in lines.by_ref() {
        let header = header?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let request = Request { line: line.trim_end_matches(" HTTP/1.1").to_owned(), headers };
    log.lock().unwrap().push(request.clone());
    match answer(&request) {
        Reply::Bytes(bytes) => stream.write_all(&bytes),
        // Until the client goes away.
        Reply::Silence => stream.read_to_end(&mut Vec::new()).map(drop),
    }
}
