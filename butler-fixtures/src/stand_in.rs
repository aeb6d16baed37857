//! A stand-in for a server: plain sockets and canned answers, so that it can also do what no honest HTTP
//! library lets a server do: answer garbage, break off, dawdle, or say nothing. It keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Method and target: `GET /butler`.
    pub line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A header's value by its name in small letters, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// Nothing, and no end either.
    Silence,
    /// These bytes one by one, each after a pause, then the end.
    Slowly(Vec<u8>, Duration),
    /// These bytes, and then what is told to [`StandIn::push`] until the client goes.
    Open(Vec<u8>),
}

impl Reply {
    /// A whole answer, with further headers, each ending in `\r\n`.
    pub fn new(status: u16, kind: &str, headers: &str, body: &str) -> Self {
        Self::Bytes(whole(status, kind, headers, body))
    }

    /// JSON.
    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", "", body)
    }

    /// Plex's short page: `<h1>404 Not Found</h1>`.
    pub fn page(status: u16, words: &str) -> Self {
        let body =
            format!("<html><head><title>{words}</title></head><body><h1>{status} {words}</h1></body></html>");
        Self::new(status, "text/html", "", &body)
    }

    /// An empty answer, as Plex gives to actions.
    pub fn empty(status: u16) -> Self {
        Self::new(status, "text/html", "", "")
    }
}

/// The bytes of a whole answer.
pub fn whole(status: u16, kind: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Words\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: \
         {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

/// What the threads of a stand-in share.
struct Shared {
    answer: Box<Answer>,
    asked: Mutex<Vec<Request>>,
    has_ended: AtomicBool,
    /// Connections that are told news, each with what opened it.
    listeners: Mutex<Vec<(Request, TcpStream)>>,
}

/// A running stand-in; it ends when it is dropped.
pub struct StandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts one on a free loopback port.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", answer)
    }

    /// Starts one at an address.
    pub fn start_at(address: &str, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).expect("a stand-in finds no port");
        let address = listener.local_addr().expect("a socket that listens has an address");
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            asked: Mutex::default(),
            has_ended: AtomicBool::new(false),
            listeners: Mutex::default(),
        });
        let sharing = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if sharing.has_ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&sharing);
                // How a connection ends is the client's affair.
                std::thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Request> {
        locked(&self.shared.asked).clone()
    }

    /// Sends to each open connection what is made for it.
    pub fn push(&self, news: impl Fn(&Request) -> Vec<u8>) {
        locked(&self.shared.listeners)
            .retain_mut(|(request, stream)| stream.write_all(&news(request)).is_ok());
    }

    /// How many connections are open.
    pub fn listeners(&self) -> usize {
        locked(&self.shared.listeners).len()
    }

    /// Breaks the open connections off.
    pub fn drop_listeners(&self) {
        for (_, stream) in locked(&self.shared.listeners).drain(..) {
            // One that is gone is broken already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        self.drop_listeners();
        // Wakes the listener, so that it sees its end.
        drop(TcpStream::connect(self.address));
        // Its port is free for one that comes after it. How it ended is nobody's concern any more.
        self.accepting.take().map(JoinHandle::join);
    }
}

/// A port at which no connection comes to be: whoever knocks waits.
pub struct Unanswering {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Unanswering {
    /// Takes a free loopback port, and fills the queue of those who wait there.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is no port");
        let address = listener.local_addr().expect("a socket that listens has an address");
        rustix::net::listen(&listener, 0).expect("a queue can be made shorter");
        let mut waiting = Vec::new();
        // The kernel lets in at once, or not at all.
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
            waiting.push(stream);
        }
        Self { address, _listener: listener, _waiting: waiting }
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let line = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    for header in lines.by_ref() {
        let header = header?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let request = Request { line: line.trim_end_matches(" HTTP/1.1").to_owned(), headers };
    locked(&shared.asked).push(request.clone());
    match (shared.answer)(&request) {
        Reply::Bytes(bytes) => stream.write_all(&bytes),
        // Until the client goes away.
        Reply::Silence => stream.read_to_end(&mut Vec::new()).map(drop),
        Reply::Slowly(bytes, pause) => bytes.chunks(1).try_for_each(|byte| {
            std::thread::sleep(pause);
            stream.write_all(byte)
        }),
        Reply::Open(bytes) => {
            {
                // Nobody is told anything before the answer's head.
                let mut listeners = locked(&shared.listeners);
                stream.write_all(&bytes)?;
                listeners.push((request, stream.try_clone()?));
            }
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
    }
}
