//! The pages through the router: who may see them, what they say in each state, and what their forms do.

use axum::http::{Method, StatusCode};

use crate::rig::{Answer, Ask, JSON, Rig, wait_until};

/// What a browser asks with where a person looks.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const ORIGIN: &str = "http://localhost";

/// A browser that is signed in.
struct Browser<'a> {
    rig: &'a Rig,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn signed_in(rig: &'a Rig) -> Self {
        let answer = open_by_code(rig, &code(rig).await).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        Self { rig, cookie }
    }

    fn ask(&self, method: Method, path: &str) -> Ask<'a> {
        self.rig.ask_without_token(method, path).header("Accept", BROWSER).header("Cookie", &self.cookie)
    }

    async fn see(&self, path: &str) -> String {
        let answer = self.ask(Method::GET, path).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        answer.text()
    }

    /// Posts a form, and gives the page that it leads to.
    async fn post(&self, path: &str, fields: &str) -> String {
        let answer = self.form(path, fields).send().await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text());
        self.see(answer.header("location")).await
    }

    fn form(&self, path: &str, fields: &str) -> Ask<'a> {
        self.ask(Method::POST, path)
            .header("Origin", ORIGIN)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(fields.as_bytes().to_vec())
    }
}

/// The cookie of a browser that is signed in.
pub(crate) async fn cookie(rig: &Rig) -> String {
    Browser::signed_in(rig).await.cookie
}

async fn code(rig: &Rig) -> String {
    let answer = rig.ask(Method::POST, "/api/v1/sign-in").send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["path"].as_str().unwrap().to_owned()
}

async fn open_by_code(rig: &Rig, path: &str) -> Answer {
    rig.ask_without_token(Method::GET, path).header("Accept", BROWSER).send().await
}

const PAGES: [&str; 9] = [
    "/",
    "/tasks",
    "/tasks/BackupDatabase",
    "/tasks/BackupDatabase/plan",
    "/runs",
    "/failures",
    "/sections",
    "/settings",
    "/health",
];

#[tokio::test]
async fn every_page_of_an_empty_server_says_what_to_do() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    for path in PAGES {
        let page = browser.see(path).await;
        assert!(page.len() < 60_000, "{path} has {} bytes", page.len());
        assert!(page.contains("<main id=\"main\"") && page.contains("<h1"), "{path}");
        // No style and no script stands in the markup, and nothing is asked for from elsewhere.
        for unwanted in [" style=", "<style", "onclick", "http://", "https://"] {
            assert!(!page.contains(unwanted), "{path} has {unwanted}");
        }
    }
    assert!(browser.see("/").await.contains("Add a library"));
    assert!(browser.see("/runs").await.contains("Nothing has run yet."));
    assert!(browser.see("/failures").await.contains("Everything that was tried could be made."));
    assert!(browser.see("/sections").await.contains("There is no library yet."));
}

#[tokio::test]
async fn a_page_has_the_headers_that_keep_others_out() {
    let rig = Rig::new();
    let answer = Browser::signed_in(&rig).await.ask(Method::GET, "/").send().await;
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_form_and_back() {
    let rig = Rig::new();
    let answer = open_by_code(&rig, "/runs?task=BackupDatabase").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/sign-in?to=%2Fruns%3Ftask%3DBackupDatabase");
    let form = open_by_code(&rig, answer.header("location")).await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(form.text().contains("value=\"/runs?task=BackupDatabase\""));
    let post = |token: &str| {
        rig.ask_without_token(Method::POST, "/sign-in")
            .header("Accept", BROWSER)
            .header("Origin", ORIGIN)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("to=/runs&token={token}").into_bytes())
    };
    let wrong = post("wrong").send().await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    let right = post(rig.token.reveal()).send().await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, "/runs"));
    let cookie = right.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(rig.token.reveal()), "the token itself is in the cookie");
}

#[tokio::test]
async fn a_code_opens_the_pages_once_and_never_tells_the_token() {
    let rig = Rig::new();
    let path = code(&rig).await;
    assert!(!path.contains(rig.token.reveal()));
    assert_eq!(open_by_code(&rig, &path).await.status, StatusCode::OK);
    let again = open_by_code(&rig, &path).await;
    assert_eq!((again.status, again.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    assert!(again.text().contains("was used already"));
    let old = code(&rig).await;
    rig.set_clock("2026-11-23T12:16:00");
    assert_eq!(open_by_code(&rig, &old).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_signed_in_browser_is_of_no_use_to_other_sites() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    for origin in ["http://evil.example", "null", "http://localhost:8080", "http://localhost.evil.example"] {
        let forged = browser
            .ask(Method::POST, "/hold")
            .header("Origin", origin)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(b"for=30m".to_vec())
            .send()
            .await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{origin}");
    }
    // The API too takes no change by the cookie alone.
    let forged = browser.ask(Method::POST, "/butler/BackupDatabase").send().await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let rebound = browser.ask(Method::GET, "/").without_host().header("Host", "evil.example").send().await;
    assert_eq!(rebound.status, StatusCode::FORBIDDEN);
    assert!(rebound.text().contains("ButlerHostNames"));
    assert_eq!(rig.get_json("/api/v1/pauses").await["pauses"].as_array().unwrap().len(), 0);
}

/// Every form that changes something.
const FORMS: [&str; 15] = [
    "/start",
    "/stop",
    "/hold",
    "/hold/lift",
    "/tasks/BackupDatabase/start",
    "/tasks/BackupDatabase/stop",
    "/tasks/BackupDatabase/switch",
    "/runs/1/stop",
    "/failures/1/retry",
    "/sections/add",
    "/sections/1/scan",
    "/items/1/remake",
    "/settings",
    "/settings/hours",
    "/settings/backups/check",
];

/// A form with fields of every page, as another site would have it posted.
async fn forged(ask: Ask<'_>, origin: Option<&str>, host: &str) -> Answer {
    let fields = "for=30m&on=0&folder=/tmp&type=movie&FriendlyName=forged&from=01:00&until=02:00";
    let ask = ask
        .without_host()
        .header("Host", host)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(fields.as_bytes().to_vec());
    let ask = match origin {
        Some(origin) => ask.header("Origin", origin),
        None => ask,
    };
    ask.send().await
}

#[tokio::test]
async fn no_form_is_taken_from_another_site_under_another_name_or_without_a_session() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    for path in FORMS {
        let signed = || browser.ask(Method::POST, path);
        let stranger = || rig.ask_without_token(Method::POST, path).header("Accept", BROWSER);
        for (ask, origin, host) in [
            (signed(), Some("http://evil.example"), "localhost"),
            (signed(), Some("null"), "localhost"),
            (signed(), None, "localhost"),
            (signed(), Some("http://evil.example"), "evil.example"),
        ] {
            let answer = forged(ask, origin, host).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} from {origin:?} at {host}");
        }
        let answer = forged(stranger(), Some(ORIGIN), "localhost").await;
        assert!(
            answer.status == StatusCode::UNAUTHORIZED || answer.header("location").starts_with("/sign-in"),
            "{path}: {}",
            answer.status
        );
        // And none of them by a picture or link in another's page.
        let got = browser.ask(Method::GET, path).header("Sec-Fetch-Site", "cross-site").send().await;
        assert!(!got.status.is_success(), "{path}: {}", got.status);
    }
    let sign_in = rig
        .ask_without_token(Method::POST, "/sign-in")
        .header("Accept", BROWSER)
        .header("Origin", "http://evil.example")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("token={}", rig.token.reveal()).into_bytes())
        .send()
        .await;
    assert_eq!((sign_in.status, sign_in.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    assert_eq!(rig.get_json("/api/v1/pauses").await["pauses"], serde_json::json!([]));
    assert_eq!(rig.get_json("/api/v1/runs").await["total"], 0);
    assert_eq!(rig.get_json("/library/sections").await["MediaContainer"]["size"], 0);
    assert_eq!(rig.get_json("/api/v1/settings/FriendlyName").await["value"], "");
}

#[tokio::test]
async fn a_further_name_lets_a_browser_in_under_it() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    let under_it =
        || browser.ask(Method::GET, "/tasks").without_host().header("Host", "butler.example.org:443").send();
    assert_eq!(under_it().await.status, StatusCode::FORBIDDEN);
    let set = rig.ask(Method::PUT, "/api/v1/settings?ButlerHostNames=butler.example.org").send().await;
    assert_eq!(set.status, StatusCode::OK);
    assert_eq!(under_it().await.status, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_proxy_every_address_has_its_prefix() {
    let rig = Rig::new();
    rig.ask(Method::PUT, "/api/v1/settings?ButlerPathPrefix=/butler").send().await;
    let browser = Browser::signed_in(&rig).await;
    for path in PAGES {
        let page = browser.see(path).await;
        for attribute in ["href=\"", "action=\"", "src=\"", "data-events=\""] {
            for address in page.split(attribute).skip(1) {
                let is_own = address.starts_with("/butler/") || address.starts_with('#');
                assert!(is_own, "{path}: {attribute}{}", address.split('"').next().unwrap());
            }
        }
    }
    let answer = browser.form("/hold", "for=30m&back=/tasks").send().await;
    assert_eq!(answer.header("location"), "/butler/tasks");
}

#[tokio::test]
async fn a_session_is_listed_ended_and_then_lets_nobody_in() {
    let rig = Rig::new();
    let (one, other) = (Browser::signed_in(&rig).await, Browser::signed_in(&rig).await);
    let page = one.see("/health").await;
    let ids: Vec<&str> =
        page.split("/sessions/").skip(1).map(|rest| rest.split('/').next().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    // The newest stands first.
    assert!(one.post(&format!("/sessions/{}/end", ids[0]), "back=/health").await.contains("is signed out"));
    assert_eq!(other.ask(Method::GET, "/").send().await.status, StatusCode::SEE_OTHER);
    let out = one.form("/sign-out", "").send().await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert_eq!(one.ask(Method::GET, "/").send().await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn plexs_clients_see_no_page() {
    let rig = Rig::new();
    let root = rig.ask(Method::GET, "/").header("Accept", "*/*").send().await;
    assert!(root.text().contains("MediaContainer"));
    let refused = rig.ask_without_token(Method::GET, "/").header("Accept", "*/*").send().await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.text().contains("<h1>401 Unauthorized</h1>"));
    let json = rig.ask_without_token(Method::GET, "/butler").header("Accept", JSON).send().await;
    assert_eq!(json.json()["errors"][0]["status"], 401);
}

#[tokio::test]
async fn an_error_is_a_page_for_a_browser() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    for (path, sentence) in [
        ("/nowhere", "There is nothing at this address."),
        ("/runs/77", "There is no run 77."),
        ("/tasks/Brew", "There is no task"),
        ("/items/1", "There is no item 1."),
        ("/runs?state=asleep", "is none of"),
    ] {
        let answer = browser.ask(Method::GET, path).send().await;
        assert!(answer.status.is_client_error(), "{path}");
        assert!(answer.text().contains(sentence) && answer.text().contains("To the first page"), "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
}

#[tokio::test]
async fn everything_is_held_and_let_go_from_any_page() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    let held = browser.post("/hold", "for=30m&back=/tasks").await;
    assert!(held.contains("Everything is held.") && held.contains("Go on now"));
    let pauses = rig.get_json("/api/v1/pauses").await;
    // The banner says what the API says.
    let message = pauses["pauses"][0]["message"].as_str().unwrap();
    assert!(browser.see("/").await.contains(message), "{message}");
    let on = browser.post("/hold/lift", "back=/").await;
    assert!(on.contains("It goes on.") && !on.contains("Go on now"));
    let wrong = browser.post("/hold", "for=soon&back=/").await;
    assert!(wrong.contains("and takes a time as in") && wrong.contains("flash bad"));
}

#[tokio::test]
async fn a_task_is_started_by_a_button_and_its_run_is_shown_as_the_api_has_it() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    browser.post("/tasks/BackupDatabase/start", "back=/tasks").await;
    wait_until("the backup is done", async || {
        let runs = rig.get_json("/api/v1/runs?task=BackupDatabase").await;
        runs["runs"][0]["state"] == "completed"
    })
    .await;
    let run = rig.get_json("/api/v1/runs/1").await;
    let page = browser.see("/runs/1").await;
    for fact in run["report"].as_array().unwrap() {
        assert!(page.contains(fact["label"].as_str().unwrap()), "{fact}");
    }
    assert!(page.contains("done") && page.contains("a person"));
    for path in ["/", "/runs", "/runs?task=BackupDatabase&state=&origin=&day=", "/tasks/BackupDatabase"] {
        assert!(browser.see(path).await.contains("/runs/1\""), "{path}");
    }
    assert!(browser.see("/runs?state=failed").await.contains("No run is like this: "));
}

#[tokio::test]
async fn a_switch_a_setting_and_the_hours_are_changed_by_forms() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    let enabled = async |name: &str| {
        let tasks = rig.get_json("/api/v1/tasks").await;
        let tasks = tasks["tasks"].as_array().unwrap();
        tasks.iter().find(|task| task["name"] == name).unwrap()["enabled"].as_bool().unwrap()
    };
    for task in ["BackupDatabase", "GenerateMediaIndexFiles"] {
        let path = format!("/tasks/{task}/switch");
        assert!(browser.post(&path, "on=0&back=/tasks").await.contains("is switched off."));
        assert!(!enabled(task).await);
        assert!(browser.post(&path, "on=1&back=/tasks").await.contains("is switched on."));
        assert!(enabled(task).await);
    }
    let page = browser.post("/settings", "GenerateBIFWidth=240&back=/settings").await;
    assert!(page.contains("changed") && page.contains("240"));
    // A wrong value is refused as by the API, and by the name that the page has for the setting.
    let refused = rig.ask(Method::PUT, "/api/v1/settings?GenerateBIFWidth=7").send().await.json();
    let sentence = refused["errors"][0]["message"].as_str().unwrap().to_owned();
    let (_, takes) = sentence.split_once("it takes ").unwrap();
    let page = browser.post("/settings", "GenerateBIFWidth=7&back=/settings").await;
    let label = rig.get_json("/api/v1/settings/GenerateBIFWidth").await["label"].as_str().unwrap().to_owned();
    let refused = format!("{label} can't be <code>7</code>: it takes {takes}");
    assert!(page.contains(&refused), "{refused}");
    let typed = browser.ask(Method::GET, "/settings/check?GenerateBIFWidth=7").send().await;
    assert!(typed.text().contains(&refused), "{}", typed.text());
    let typed = browser.ask(Method::GET, "/settings/check?GenerateBIFWidth=240").send().await;
    assert_eq!(typed.text(), "");
    browser.post("/settings", "reset=GenerateBIFWidth&GenerateBIFWidth=7&back=/settings").await;
    assert_eq!(rig.get_json("/api/v1/settings/GenerateBIFWidth").await["value"], 320);
    let hours = "from=23:30&until=04:15&sat=1&sun=1&back=/settings";
    assert!(browser.post("/settings/hours", hours).await.contains("The hours are changed."));
    for (id, value) in [("ButlerStartHour", 23), ("ButlerStartMinute", 30), ("ButlerEndMinute", 15)] {
        assert_eq!(rig.get_json(format!("/api/v1/settings/{id}")).await["value"], value, "{id}");
    }
    assert_eq!(rig.get_json("/api/v1/settings/ButlerWindowDays").await["value"], "sat,sun");
    assert!(
        browser.post("/settings/hours", "from=2&until=5&back=/settings").await.contains("is no time of day")
    );
}

#[tokio::test]
async fn names_of_strangers_are_escaped_on_every_page() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    let hostile = "<script>alert(1)</script>";
    let folder = rig.folder("films");
    std::fs::create_dir(folder.join("x\"'><img src=x onerror=y>")).unwrap();
    std::fs::write(folder.join(format!("{} (1999).mkv", hostile.replace('/', "_"))), b"no film").unwrap();
    let added = browser
        .form("/sections/add", &format!("folder={}&type=movie&name=%3Cb%3EFilms%3C%2Fb%3E", folder.display()))
        .send()
        .await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text());
    let section = added.header("location").to_owned();
    rig.ask(Method::PUT, "/api/v1/settings?FriendlyName=%3Ci%3EAttic").send().await;
    let look = format!("/sections/add?folder={}&look=1", folder.display());
    for path in PAGES.into_iter().chain([section.as_str(), look.as_str()]) {
        let page = browser.see(path).await;
        for raw in ["<script>alert", "<b>Films", "<img src=x", "<i>Attic"] {
            assert!(!page.contains(raw), "{path} has {raw}");
        }
    }
    assert!(browser.see("/sections").await.contains("&lt;b&gt;Films"));
}

#[tokio::test]
async fn a_folder_is_found_looked_into_and_added() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    let folder = rig.folder("Movies");
    std::fs::create_dir(folder.join("Heat (1995)")).unwrap();
    std::fs::write(folder.join("Heat (1995)/Heat (1995).mkv"), b"no film").unwrap();
    let above = folder.parent().unwrap().display().to_string();
    assert!(browser.see(&format!("/sections/add?folder={above}")).await.contains(">Movies</a>"));
    let found = browser.see(&format!("/sections/add?folder={}&look=1", folder.display())).await;
    assert!(found.contains("1 film in 1 file") && found.contains("Heat"), "{found}");
    assert!(rig.get_json("/library/sections").await["MediaContainer"]["size"] == 0);
    let page =
        browser.post("/sections/add", &format!("folder={}&type=movie&name=Films", folder.display())).await;
    assert!(page.contains("<h1>Films</h1>"));
    assert!(!browser.see("/").await.contains("Add a library"));
}

#[tokio::test]
async fn the_stream_of_events_is_for_signed_in_browsers_and_bounded() {
    let rig = Rig::new();
    let stranger = rig.ask_without_token(Method::GET, "/events").send().await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_that_is_too_large_or_none_is_refused() {
    let rig = Rig::new();
    let browser = Browser::signed_in(&rig).await;
    let large = browser.form("/hold", &format!("note={}", "x".repeat(20_000))).send().await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let other = browser
        .ask(Method::POST, "/hold")
        .header("Origin", ORIGIN)
        .header("Content-Type", "text/plain")
        .body(b"for=30m".to_vec())
        .send()
        .await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // The session alone is none of a program's token: forms are for browsers.
    let program = rig.ask(Method::POST, "/hold").send().await;
    assert_eq!(program.status, StatusCode::FORBIDDEN);
}
