//! Nothing that a client says holds the token: no error, no log at any level.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use butler_client::{Client, Error, Notice, RetryPolicy};
use butler_fixtures::plex::{Plex, TROUBLES};
use butler_fixtures::stand_in::{Reply, StandIn};

use super::{IMPATIENCE, PATIENCE, TOKEN, always, client};

/// An error with all that lies beneath, as anybody may print it.
fn whole(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        shown.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    shown
}

#[tokio::test]
async fn a_server_that_echoes_the_token_has_it_printed_nowhere() {
    let page = |status: u16| Reply::new(status, "text/html", "", &format!("<h1>No {TOKEN} here</h1>"));
    let json = Reply::json(200, &format!(r#"{{"ButlerTasks":{{"ButlerTask":"{TOKEN}"}}}}"#));
    let xml = Reply::new(200, "text/xml", "", &format!("<ButlerTasks><{TOKEN}></ButlerTasks>"));
    for reply in [page(200), page(400), page(401), page(404), page(500), json, xml] {
        let error = client(&always(reply)).butler().tasks().await.unwrap_err();
        let shown = whole(&error);
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

/// A token with letters that HTML, URLs and JSON escape.
const ESCAPED: &str = "s3cret&Plex<Token>/XYZ=";

/// Whether a text holds so much of a token that it is one no more.
fn betrays(text: &str, token: &str) -> bool {
    let letters: Vec<char> = token.chars().collect();
    letters.windows(5).any(|piece| text.contains(&piece.iter().collect::<String>()))
}

#[tokio::test]
async fn no_piece_of_an_echoed_token_is_printed_wherever_the_text_is_cut() {
    let forms: [fn(&str) -> String; 4] = [
        str::to_owned,
        |token| token.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        |token| {
            token
                .replace('&', "%26")
                .replace('<', "%3C")
                .replace('>', "%3e")
                .replace('/', "%2F")
                .replace('=', "%3D")
        },
        |token| token.replace('/', r"\/").replace('<', r"\u003c").replace('>', r"\u003E"),
    ];
    for form in forms {
        // The places at which texts of 200 and 300 characters are cut, and some before these.
        for before in [20].into_iter().chain((170..=200).step_by(3)).chain((270..=300).step_by(3)) {
            for status in [200, 202, 400, 401, 404, 500] {
                let echo = "a".repeat(before) + &form(ESCAPED) + "zzz";
                let body = if status < 300 { echo } else { format!("<h1>{echo}</h1>") };
                let server = always(Reply::new(status, "text/html", "", &body));
                let client = Client::builder().url(server.url()).token(ESCAPED).timeout(PATIENCE);
                let client = client.retry(RetryPolicy::none()).build().unwrap();
                for error in [
                    client.butler().tasks().await.unwrap_err(),
                    client.butler().start_all().await.unwrap_err(),
                ] {
                    let shown = whole(&error);
                    assert!(!betrays(&shown, ESCAPED), "{before} {status} {shown}");
                    assert!(shown.contains("aaa"), "nothing of the echo is shown: {shown}");
                    assert!(before > 20 || shown.contains("a***"), "{shown}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_echoes_the_token_when_it_hangs_up_has_it_printed_nowhere() {
    let server = StandIn::start(|request| {
        let key = request.header("sec-websocket-key").to_owned();
        let head = format!(
            "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n\r\n",
            butler_fixtures::plex::accept_key(&key)
        );
        // A close frame: 1008, and why.
        let reason = [&1008_u16.to_be_bytes(), format!("no {ESCAPED}").as_bytes()].concat();
        let frame = [&[0x88, u8::try_from(reason.len()).unwrap()], reason.as_slice()].concat();
        Reply::Bytes([head.as_bytes(), &frame].concat())
    });
    let client = Client::builder().url(server.url()).token(ESCAPED).timeout(PATIENCE).build().unwrap();
    let mut notifications = client.notifications().connect().await.unwrap();
    let Some(Ok(Notice::Disconnected(error))) = notifications.next().await else { panic!("it goes on") };
    let shown = whole(&error);
    assert!(shown.contains("no ***") && !betrays(&shown, ESCAPED), "{shown}");
}

#[tokio::test]
async fn the_provider_is_asked_at_each_request_and_its_word_is_kept_secret() {
    let server = StandIn::start(|request| {
        let said = format!("<h1>Not {}</h1>", request.header("x-plex-token"));
        Reply::new(401, "text/html", "", &said)
    });
    let times = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&times);
    let provider = move || {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, std::io::Error>(format!("secret-{number}")) }
    };
    let client =
        Client::builder().url(server.url()).token_provider(provider).timeout(PATIENCE).build().unwrap();
    for _ in 0..2 {
        let shown = whole(&client.butler().tasks().await.unwrap_err());
        assert!(shown.contains("Not ***") && !shown.contains("secret-"), "{shown}");
    }
    let tokens: Vec<_> = server.asked().iter().map(|one| one.header("x-plex-token").to_owned()).collect();
    assert_eq!(tokens, ["secret-0", "secret-1"]);
}

#[tokio::test]
async fn a_provider_that_has_none_is_an_error_of_its_own_and_nothing_is_sent() {
    let server = always(Reply::empty(200));
    for provided in [Err("the vault is shut"), Ok("two\nlines".to_owned())] {
        let provider = move || {
            let provided = provided.clone();
            async move { provided }
        };
        let client = Client::builder().url(server.url()).token_provider(provider).build().unwrap();
        let error = client.butler().tasks().await.unwrap_err();
        assert!(matches!(error, Error::Token { .. }), "{error}");
        assert!(!whole(&error).contains("lines"), "{error:?}");
    }
    assert_eq!(server.asked(), []);
}

/// What a log at its most talkative is told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_log_at_any_level_holds_the_token() {
    let log = Log::default();
    let writer = log.clone();
    // For the whole process: what the libraries below say on threads of their own counts too.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let plex = Plex::start();
        let client = super::client_at(&format!("{}/?X-Plex-Token=in-the-url", plex.url()));
        client.butler().tasks().await.unwrap();
        client.butler().start("BackupDatabase").await.unwrap();
        let mut notifications = client.notifications().connect().await.unwrap();
        plex.begin("butler", "Backup");
        notifications.next().await.unwrap().unwrap();
        for trouble in TROUBLES.iter().filter(|trouble| trouble.error != "Timeout") {
            let server = StandIn::start(|_| (trouble.reply)());
            let client = Client::builder().url(server.url()).token(TOKEN).timeout(IMPATIENCE);
            // What becomes of it is another test's.
            drop(client.retry(RetryPolicy::none()).build().unwrap().butler().tasks().await);
        }
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("butler_client") && log.contains("/butler"), "nothing was logged: {log}");
    assert!(!log.contains(TOKEN) && !log.contains("in-the-url"), "{log}");
}
