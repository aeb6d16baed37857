//! A stand-in for a Plex Media Server: what is known of one, as a table (`plex/facts.rs`), and the little
//! life that the table can't show: activities that come and go, and who is told of them.

mod facts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

pub use self::facts::{FACTS, Fact, Sure, TOKEN, TROUBLES, Trouble};
use crate::stand_in::{Reply, Request, StandIn};

/// What a Plex Media Server is doing.
#[derive(Default)]
struct Doing {
    activities: Vec<Value>,
    /// Tasks that were started and not stopped.
    running: BTreeSet<String>,
    /// The preferences that were changed.
    changed: Vec<String>,
    begun: u32,
    /// The tasks whose switches were flipped, and how they are since.
    switched: BTreeMap<String, bool>,
    /// What a gateway answers while the server behind it is away.
    gateway: Option<u16>,
}

/// A running stand-in for a Plex Media Server; it ends when it is dropped.
pub struct Plex {
    server: StandIn,
    doing: Arc<Mutex<Doing>>,
}

impl Plex {
    /// Starts one on a free loopback port.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0")
    }

    /// Starts one at an address: one that comes back.
    pub fn start_at(address: &str) -> Self {
        let doing: Arc<Mutex<Doing>> = Arc::default();
        let answering = Arc::clone(&doing);
        Self { server: StandIn::start_at(address, move |request| answer(request, &answering)), doing }
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Request> {
        self.server.asked()
    }

    /// Begins an activity, which can be cancelled, and notifies of it; its id.
    pub fn begin(&self, kind: &str, title: &str) -> String {
        let activity = {
            let mut doing = locked(&self.doing);
            doing.begun += 1;
            let activity = json!({"cancellable": true, "progress": 0, "subtitle": "", "title": title, "type": kind,
                "userID": 1, "uuid": format!("00000000-0000-4000-8000-{:012}", doing.begun)});
            doing.activities.push(activity.clone());
            activity
        };
        self.notify("started", &activity);
        activity["uuid"].as_str().unwrap_or_default().to_owned()
    }

    /// Lets an activity come further, and notifies of it.
    pub fn advance(&self, uuid: &str, progress: i8, subtitle: &str) {
        let changed = locked(&self.doing).activities.iter_mut().find(|one| one["uuid"] == uuid).map(|one| {
            (one["progress"], one["subtitle"]) = (progress.into(), subtitle.into());
            one.clone()
        });
        changed.iter().for_each(|activity| self.notify("updated", activity));
    }

    /// Lets an activity say which section it is about, as a server does some time after the begin, and
    /// notifies of it.
    pub fn locate(&self, uuid: &str, section: &str) {
        let changed = locked(&self.doing).activities.iter_mut().find(|one| one["uuid"] == uuid).map(|one| {
            one["Context"] = json!({"librarySectionID": section});
            one.clone()
        });
        changed.iter().for_each(|activity| self.notify("updated", activity));
    }

    /// Flips a task's switch.
    pub fn switch(&self, task: &str, enabled: bool) {
        locked(&self.doing).switched.insert(task.to_owned(), enabled);
    }

    /// The server goes away behind a gateway, which answers everything with this status; or it comes back.
    pub fn gateway(&self, status: Option<u16>) {
        locked(&self.doing).gateway = status;
        if status.is_some() {
            self.drop_listeners();
        }
    }

    /// Ends an activity, and notifies of it.
    pub fn end(&self, uuid: &str) {
        let ended = {
            let mut doing = locked(&self.doing);
            let place = doing.activities.iter().position(|one| one["uuid"] == uuid);
            place.map(|place| doing.activities.remove(place))
        };
        ended.iter().for_each(|activity| self.notify("ended", activity));
    }

    /// Ends an activity without a word.
    pub fn end_silently(&self, uuid: &str) {
        locked(&self.doing).activities.retain(|one| one["uuid"] != uuid);
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.server.listeners()
    }

    /// Breaks off the connections of all who listen.
    pub fn drop_listeners(&self) {
        self.server.drop_listeners();
    }

    /// The preferences that were changed, as `ButlerStartHour=1`.
    pub fn changed(&self) -> Vec<String> {
        locked(&self.doing).changed.clone()
    }

    fn notify(&self, event: &str, activity: &Value) {
        let one = json!({"event": event, "uuid": activity["uuid"], "Activity": activity});
        let frame =
            json!({"NotificationContainer": {"type": "activity", "size": 1, "ActivityNotification": [one]}});
        let event = json!({"ActivityNotification": one});
        self.server.push(|request| match request.line.contains("eventsource") {
            true => format!("event: activity\ndata: {event}\n\n").into_bytes(),
            false => text_frame(&frame.to_string()),
        });
    }
}

fn locked(doing: &Mutex<Doing>) -> MutexGuard<'_, Doing> {
    doing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a server answers to the key of a client that wants a WebSocket (RFC 6455, section 4.2.2).
pub fn accept_key(key: &str) -> String {
    derive_accept_key(key.as_bytes())
}

/// A text frame of a server (RFC 6455, section 5.2): whole, and without a mask.
pub fn text_frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut frame = match u8::try_from(length) {
        Ok(length @ 0..126) => vec![0x81, length],
        _ => [&[0x81, 126], length.to_be_bytes().as_slice()].concat(),
    };
    frame.extend_from_slice(text.as_bytes());
    frame
}

fn answer(request: &Request, doing: &Mutex<Doing>) -> Reply {
    if let Some(status) = locked(doing).gateway {
        return Reply::new(status, "text/plain", "", &format!("{status} page not found\n"));
    }
    let has_token = request.header("x-plex-token") == TOKEN;
    let (method, target) = request.line.split_once(' ').unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    if !has_token && path != "/identity" {
        return facts::find("GET /anything without a token").reply();
    }
    match (method, words.as_slice()) {
        ("GET", [":", "websockets" | "websocket", "notifications"]) => {
            let key = accept_key(request.header("sec-websocket-key"));
            let head = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \
                 websocket\r\nSec-WebSocket-Accept: {key}\r\n\r\n"
            );
            Reply::Open(head.into_bytes())
        }
        ("GET", [":", "eventsource", "notifications"]) => Reply::Open(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nevent: \
              ping\ndata: {}\n\n"
                .to_vec(),
        ),
        ("GET", ["activities"]) => {
            let activities = &locked(doing).activities;
            let mut body = json!({"MediaContainer": {"size": activities.len()}});
            if !activities.is_empty() {
                body["MediaContainer"]["Activity"] = activities.clone().into();
            }
            Reply::json(200, &body.to_string())
        }
        ("DELETE", ["activities", uuid]) => {
            let activities = &mut locked(doing).activities;
            let before = activities.len();
            activities.retain(|one| one["uuid"] != *uuid);
            if activities.len() < before { Reply::empty(200) } else { facts::find("404").reply() }
        }
        ("GET", ["butler"]) if !locked(doing).switched.is_empty() => {
            let mut list: Value = serde_json::from_str(facts::find("GET /butler").body).unwrap_or_default();
            for task in list["ButlerTasks"]["ButlerTask"].as_array_mut().into_iter().flatten() {
                let enabled = locked(doing).switched.get(task["name"].as_str().unwrap_or_default()).copied();
                enabled.into_iter().for_each(|enabled| task["enabled"] = enabled.into());
            }
            Reply::json(200, &list.to_string())
        }
        ("PUT", [":", "prefs"]) => {
            locked(doing).changed.extend(query.split('&').map(str::to_owned));
            Reply::empty(200)
        }
        ("POST", ["butler", task]) if is_task(task) => {
            let is_new = locked(doing).running.insert((*task).to_owned());
            facts::find(if is_new { "POST /butler/{task}" } else { "POST /butler/{task} that runs" }).reply()
        }
        ("DELETE", ["butler", task]) if locked(doing).running.remove(*task) => {
            facts::find("DELETE /butler/{task}").reply()
        }
        ("DELETE", ["butler"]) => {
            locked(doing).running.clear();
            facts::find("DELETE /butler").reply()
        }
        _ => {
            let wants_json = request.header("accept").contains("json");
            let asked = format!("{method} /{}", words.join("/"));
            let xml = format!("{asked} as XML");
            let fact = facts::known(if wants_json { &asked } else { &xml });
            fact.unwrap_or_else(|| facts::find("404")).reply()
        }
    }
}

fn is_task(name: &str) -> bool {
    facts::find("GET /butler").body.contains(&format!("\"name\":\"{name}\""))
}
