//! What is assumed of a Plex Media Server, fact by fact: what it answers to what (`FACTS`), and what may come
//! instead of an answer (`TROUBLES`). How sure each is stands beside it.

use std::time::Duration;

use crate::stand_in::{Reply, whole};

/// The token that the stand-in takes.
pub const TOKEN: &str = "a-token-that-nobody-may-print";

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// Seen on a real server, in a published capture.
    Captured,
    /// Written in the published description of the API.
    Described,
    /// What the code of clients that work against real servers takes for granted.
    ByClients,
    /// Our own conclusion.
    Concluded,
}

/// One answer of a sound server.
#[derive(Debug)]
pub struct Fact {
    /// What is asked.
    pub asked: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// Its type.
    pub kind: &'static str,
    /// Its body.
    pub body: &'static str,
    /// How sure this is.
    pub sure: Sure,
}

impl Fact {
    /// The answer's bytes, with the headers that captures show.
    pub fn reply(&self) -> Reply {
        Reply::new(self.status, self.kind, "Cache-Control: no-cache\r\nX-Plex-Protocol: 1.0\r\n", self.body)
    }
}

const JSON: &str = "application/json";
const XML: &str = "text/xml;charset=utf-8";
const HTML: &str = "text/html";

/// What a sound server answers.
pub const FACTS: &[Fact] = &[
    // Its root is no MediaContainer; the order of the keys is that of the oldest description.
    Fact {
        asked: "GET /butler",
        status: 200,
        kind: JSON,
        sure: Sure::Described,
        body: concat!(
            r#"{"ButlerTasks":{"ButlerTask":["#,
            r#"{"name":"BackupDatabase","interval":3,"scheduleRandomized":false,"enabled":true,"title":"Backup Database","#,
            r#""description":"Create a backup copy of the server's database in the configured backup directory"},"#,
            r#"{"name":"GenerateMediaIndexFiles","interval":1,"scheduleRandomized":false,"enabled":false,"title":"Generate Media Index Files","description":""},"#,
            r#"{"name":"LoudnessAnalysis","interval":1,"scheduleRandomized":false,"enabled":true,"title":"Loudness Analysis","description":""},"#,
            r#"{"name":"RefreshPeriodicMetadata","interval":1,"scheduleRandomized":true,"enabled":true,"title":"Refresh Periodic Metadata","description":""}"#,
            "]}}"
        ),
    },
    // Booleans are 1 and 0 in all captured XML; that of this list is in none.
    Fact {
        asked: "GET /butler as XML",
        status: 200,
        kind: XML,
        sure: Sure::Concluded,
        body: concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><ButlerTasks><ButlerTask name="BackupDatabase" interval="3" "#,
            r#"scheduleRandomized="0" enabled="1" title="Backup Database" description="Create a backup copy &amp; keep it"/></ButlerTasks>"#
        ),
    },
    Fact { asked: "POST /butler", status: 200, kind: HTML, body: "", sure: Sure::Described },
    Fact { asked: "DELETE /butler", status: 200, kind: HTML, body: "", sure: Sure::Described },
    Fact { asked: "POST /butler/{task}", status: 200, kind: HTML, body: "", sure: Sure::Described },
    Fact { asked: "POST /butler/{task} that runs", status: 202, kind: HTML, body: "", sure: Sure::Described },
    // A task that does not run has 404, as one that there is not.
    Fact { asked: "DELETE /butler/{task}", status: 200, kind: HTML, body: "", sure: Sure::Described },
    Fact {
        asked: "GET /identity",
        status: 200,
        kind: JSON,
        sure: Sure::Captured,
        body: r#"{"MediaContainer":{"size":0,"apiVersion":"1.2.3","claimed":true,"machineIdentifier":"0123456789abcdef0123456789abcdef01234567","version":"1.43.4.10903-e5521bd8c"}}"#,
    },
    Fact {
        asked: "GET /:/prefs",
        status: 200,
        kind: JSON,
        sure: Sure::Captured,
        body: concat!(
            r#"{"MediaContainer":{"size":4,"Setting":["#,
            r#"{"id":"ButlerStartHour","label":"Time at which tasks start to run","summary":"The time at which the server starts running background maintenance tasks.","#,
            r#""type":"int","default":2,"value":2,"hidden":false,"advanced":false,"group":"butler","enumValues":"0:Midnight|1:1 am|2:2 am"},"#,
            r#"{"id":"ButlerEndHour","label":"Time at which tasks stop running","summary":"The time at which the server stops running background maintenance tasks.","#,
            r#""type":"int","default":5,"value":5,"hidden":false,"advanced":false,"group":"butler","enumValues":"5:5 am|6:6 am"},"#,
            r#"{"id":"ButlerTaskBackupDatabase","label":"Backup database every three days","summary":"","type":"bool","default":true,"value":true,"hidden":false,"advanced":false,"group":"butler"},"#,
            r#"{"id":"FriendlyName","label":"Friendly name","summary":"","type":"text","default":"","value":"den","hidden":false,"advanced":false,"group":"general"}"#,
            "]}}"
        ),
    },
    Fact {
        asked: "GET /:/prefs as XML",
        status: 200,
        kind: XML,
        sure: Sure::Concluded,
        body: concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><MediaContainer size="2"><Setting id="ButlerStartHour" label="" summary="" type="int" default="2" value="3" hidden="0" advanced="0" group="butler"/>"#,
            r#"<Setting id="ButlerTaskBackupDatabase" label="" summary="" type="bool" default="1" value="0" hidden="0" advanced="0" group="butler"/></MediaContainer>"#
        ),
    },
    Fact {
        asked: "GET /library/sections",
        status: 200,
        kind: JSON,
        sure: Sure::Captured,
        body: concat!(
            r#"{"MediaContainer":{"size":1,"allowSync":false,"title1":"Plex Library","Directory":[{"allowSync":true,"art":"/:/resources/movie-fanart.jpg","composite":"/library/sections/1/composite/1","#,
            r#""filters":true,"refreshing":false,"thumb":"/:/resources/movie.png","key":"1","type":"movie","title":"Films","agent":"tv.plex.agents.movie","scanner":"Plex Movie","language":"en-US","#,
            r#""uuid":"5c7d0e3a-0000-4000-8000-000000000001","updatedAt":1790000000,"createdAt":1780000000,"scannedAt":1790000000,"content":true,"directory":true,"contentChangedAt":7,"hidden":0,"#,
            r#""Location":[{"id":1,"path":"/media/films"}]}]}}"#
        ),
    },
    // The key is absent where nothing is done.
    Fact {
        asked: "GET /activities",
        status: 200,
        kind: JSON,
        body: r#"{"MediaContainer":{"size":0}}"#,
        sure: Sure::Captured,
    },
    Fact {
        asked: "GET /activities as XML",
        status: 200,
        kind: XML,
        sure: Sure::Described,
        body: concat!(
            r#"<MediaContainer size="1"><Activity uuid="d6199ba1" cancellable="0" progress="7" subtitle="Downloaded 173 airings" title="Refreshing EPG" "#,
            r#"type="provider.epg.load" userID="1"><Context librarySectionID="2"/></Activity></MediaContainer>"#
        ),
    },
    // The same whatever `Accept` says, and for a wrong token as for none.
    Fact {
        asked: "GET /anything without a token",
        status: 401,
        kind: HTML,
        sure: Sure::Captured,
        body: "<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>",
    },
    Fact {
        asked: "404",
        status: 404,
        kind: HTML,
        sure: Sure::Captured,
        body: "<html><head><title>Not Found</title></head><body><h1>404 Not Found</h1></body></html>",
    },
];

/// The fact of a question.
pub(super) fn known(asked: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.asked == asked)
}

/// The fact of a question that is in the table.
pub(super) fn find(asked: &str) -> &'static Fact {
    known(asked).unwrap_or_else(|| panic!("`{asked}` is in no fact"))
}

/// What may come instead of an answer.
#[derive(Debug)]
pub struct Trouble {
    /// What it is.
    pub what: &'static str,
    /// What comes.
    pub reply: fn() -> Reply,
    /// The error that a client is to make of it, with its words.
    pub error: &'static str,
}

/// What may come instead of an answer to `GET /butler`.
pub const TROUBLES: &[Trouble] = &[
    Trouble {
        what: "a token that is not known",
        error: "Unauthorized - 401 Unauthorized 401",
        reply: || find("GET /anything without a token").reply(),
    },
    Trouble {
        what: "the same in plex.tv's JSON",
        error: "Unauthorized 1001 User could not be authenticated 401",
        reply: || {
            Reply::json(
                401,
                r#"{"errors":[{"code":1001,"message":"User could not be authenticated","status":401}]}"#,
            )
        },
    },
    Trouble {
        what: "the same in plex.tv's XML",
        error: "Unauthorized 1001 User could not be authenticated 401",
        reply: || {
            Reply::new(
                401,
                XML,
                "",
                r#"<?xml version="1.0"?><Response code="1001" status="User could not be authenticated"/>"#,
            )
        },
    },
    Trouble {
        what: "a 401 without a word",
        error: "Unauthorized - Unauthorized 401",
        reply: || Reply::empty(401),
    },
    Trouble {
        what: "a bad request",
        error: "BadRequest - 400 Bad Request 400",
        reply: || Reply::page(400, "Bad Request"),
    },
    Trouble {
        what: "a path that is not there",
        error: "NotFound - 404 Not Found 404",
        reply: || find("404").reply(),
    },
    Trouble {
        what: "a broken server",
        error: "Status - 500 Internal Server Error 500",
        reply: || Reply::page(500, "Internal Server Error"),
    },
    Trouble {
        what: "maintenance at its start",
        error: "Status - currently running (startup) maintenance tasks 503",
        reply: || {
            Reply::new(
                503,
                XML,
                "",
                r#"<MediaContainer title="Maintenance" text="currently running (startup) maintenance tasks"/>"#,
            )
        },
    },
    Trouble {
        what: "too many requests",
        error: "Status - Too Many Requests 429",
        reply: || Reply::new(429, HTML, "Retry-After: 3600\r\n", ""),
    },
    Trouble {
        what: "a page of something else",
        error: "Decode a list of tasks: <p>Welcome</p>",
        reply: || Reply::new(200, HTML, "", "<p>Welcome</p>"),
    },
    Trouble {
        what: "JSON of something else",
        error: r#"Decode a list of tasks: {"ButlerTasks":{"ButlerTask":7}}"#,
        reply: || Reply::json(200, r#"{"ButlerTasks":{"ButlerTask":7}}"#),
    },
    Trouble { what: "an empty body", error: "Decode a list of tasks: ", reply: || Reply::empty(299) },
    Trouble {
        what: "bytes that are no text",
        error: "Decode a list of tasks: \u{0}\u{1}",
        reply: || Reply::json(200, "\u{0}\u{1}"),
    },
    Trouble {
        what: "XML that is cut off",
        error: r#"Decode a list of tasks: <ButlerTasks><ButlerTask name="Ba"#,
        reply: || Reply::new(200, XML, "", r#"<ButlerTasks><ButlerTask name="Ba"#),
    },
    Trouble {
        what: "a redirect to somebody else",
        error: "Status - Found 302",
        reply: || Reply::new(302, HTML, "Location: http://127.83.0.2:1/butler\r\n", ""),
    },
    Trouble {
        what: "a redirect in a circle",
        error: "Status - Found 302",
        reply: || Reply::new(302, HTML, "Location: /butler\r\n", ""),
    },
    Trouble {
        what: "no HTTP",
        error: "Connection",
        reply: || Reply::Bytes(b"\x16\x03\x01 no HTTP at all".to_vec()),
    },
    Trouble {
        what: "a connection that ends without a word",
        error: "Connection",
        reply: || Reply::Bytes(Vec::new()),
    },
    Trouble {
        what: "a body that is cut off",
        error: "Connection",
        reply: || {
            Reply::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"Bu"
                    .to_vec(),
            )
        },
    },
    Trouble { what: "nothing, for ever", error: "Timeout", reply: || Reply::Silence },
    Trouble {
        what: "a body that dawdles for ever",
        error: "Timeout",
        reply: || Reply::Slowly(whole(200, JSON, "", &" ".repeat(1_000_000)), Duration::from_millis(50)),
    },
];
