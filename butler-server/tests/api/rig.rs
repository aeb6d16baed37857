//! A server over a data folder of its own, without a socket.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use butler_engine::{Catalogue, Clock, Engine, EngineSettings, Handle, Patience, SettingsFile};
use butler_library::{Library, Token};
use butler_server::{About, App, router};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const XML: &str = "text/xml;charset=utf-8";
pub(crate) const JSON: &str = "application/json";

pub(crate) struct Rig {
    pub(crate) library: Library,
    pub(crate) app: App,
    pub(crate) token: Token,
    handle: Handle,
    router: Router,
    media: PathBuf,
    // Last, so that engine and library are gone before their folder.
    engine: Option<Engine>,
    _folder: TempDir,
}

/// Noon where this machine is, whatever its time: no window opens by itself under a test.
pub(crate) fn noon() -> Timestamp {
    local("2026-11-23T12:00:00")
}

fn local(at: &str) -> Timestamp {
    TimeZone::system().to_ambiguous_timestamp(at.parse::<DateTime>().unwrap()).compatible().unwrap()
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = butler_fixtures::tempdir().unwrap();
        let media = folder.path().join("media");
        std::fs::create_dir(&media).unwrap();
        let library = Library::open(&folder.path().join("data")).unwrap();
        let token = library.admin_token().unwrap();
        // It stands until a test sets it.
        let clock = Clock::driven(noon());
        clock.drive(Some(noon()), Some(0));
        // Nothing here needs a worker; that there is none is what `/healthz` has to tell.
        let settings = EngineSettings {
            worker_program: folder.path().join("no-worker"),
            cores: 1,
            patience: Patience::default(),
            clock: clock.clone(),
            settings_file: SettingsFile::default(),
            catalogue: Catalogue::default(),
        };
        let (engine, handle) = Engine::start(library.clone(), settings).unwrap();
        let about = About {
            friendly_name: "Attic".into(),
            machine_identifier: library.server_id().to_owned(),
            version: "1.2.3".into(),
            platform_version: "6.1.0".into(),
        };
        let app = App::new(handle.clone(), about, clock);
        Self {
            library,
            router: router(app.clone()),
            app,
            token,
            handle,
            media,
            engine: Some(engine),
            _folder: folder,
        }
    }

    /// Ends the engine, as a shutdown does before the last connection ends.
    pub(crate) fn end_engine(&mut self) {
        self.engine = None;
    }

    /// Sets the clock to a moment of this machine's zone, at which it stands.
    pub(crate) fn set_clock(&self, at: &str) {
        self.handle.drive_clock(Some(local(at)), None).unwrap();
    }

    /// A new folder for a section.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.media.join(name);
        std::fs::create_dir_all(&path).unwrap();
        // Sections know their folders without links.
        path.canonicalize().unwrap()
    }

    /// Puts a film into a folder that was changed at this very moment. The clock stands, so that a scan waits
    /// for it until it is stopped.
    pub(crate) fn add_young_film(&self, folder: &Path) {
        let path = folder.join("Heat (1995).mkv");
        std::fs::write(&path, b"still being written").unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let since_epoch = Duration::from_secs(noon().as_second().unsigned_abs());
        file.set_modified(UNIX_EPOCH + since_epoch).unwrap();
    }

    /// A request with the token.
    pub(crate) fn ask(&self, method: Method, uri: impl Into<String>) -> Ask<'_> {
        self.ask_without_token(method, uri).header("X-Plex-Token", self.token.reveal())
    }

    pub(crate) fn ask_without_token(&self, method: Method, uri: impl Into<String>) -> Ask<'_> {
        Ask {
            rig: self,
            method,
            uri: uri.into(),
            headers: vec![("Host".into(), "localhost".into())],
            body: Body::empty(),
        }
    }

    pub(crate) async fn get(&self, uri: impl Into<String>) -> Answer {
        self.ask(Method::GET, uri).send().await
    }

    pub(crate) async fn get_json(&self, uri: impl Into<String>) -> Value {
        let answer = self.ask(Method::GET, uri).header("Accept", JSON).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// A film section over a new folder, not scanned; its id.
    pub(crate) async fn add_films(&self, name: &str) -> (i64, PathBuf) {
        let folder = self.folder(name);
        let answer = self
            .ask(Method::POST, add("movie", name, &[&folder]) + "&scan=0")
            .header("Accept", JSON)
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let key = answer.json()["MediaContainer"]["Directory"][0]["key"].as_str().unwrap().parse().unwrap();
        (key, folder)
    }
}

/// How long a state is waited for: beyond it nothing is slow, but something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until a state is there, looking again and again. `what` says what is waited for.
pub(crate) async fn wait_until(what: &str, mut state: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !state().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

/// The address by which python-plexapi adds a section.
pub(crate) fn add(kind: &str, name: &str, folders: &[&Path]) -> String {
    let locations: String = folders.iter().map(|folder| format!("&location={}", folder.display())).collect();
    format!(
        "/library/sections?name={name}&type={kind}&agent=tv.plex.agents.movie&scanner=Plex+Movie&language=en-US{locations}"
    )
}

pub(crate) struct Ask<'a> {
    rig: &'a Rig,
    method: Method,
    uri: String,
    headers: Vec<(String, String)>,
    body: Body,
}

impl Ask<'_> {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without_host(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "Host");
        self
    }

    pub(crate) fn body(self, body: Vec<u8>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) async fn send(self) -> Answer {
        // As every client's library writes them in a query.
        let uri = self.uri.replace('<', "%3C").replace('>', "%3E");
        let request = Request::builder().method(self.method).uri(uri);
        let request =
            self.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let response = self.rig.router.clone().oneshot(request.body(self.body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: to_bytes(body, 64 << 20).await.unwrap().into(),
        }
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
