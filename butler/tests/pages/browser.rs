//! A real Chromium without a window, spoken to over its own protocol (CDP) on loopback: opens pages, presses
//! keys, asks what is shown, takes pictures. It knows nothing of Butler's pages.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use butler_fixtures::{command, tempdir};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// How long a page may take to come into a state; nothing here is expected to be quick.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(40);

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    last_id: u64,
    _profile: TempDir,
}

impl Browser {
    /// Starts it; `chromium` must be installed, as `./test` does.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts it with further arguments.
    pub(crate) fn start_with(arguments: &[String]) -> Result<Self> {
        let profile = tempdir()?;
        let port_file = profile.path().join("DevToolsActivePort");
        let child = command("chromium")
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args([
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--lang=en-US",
            ])
            .args(["--remote-debugging-port=0", "--window-size=1280,900"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("chromium can't be started: `./test` installs it")?;
        let (port, path) = wait("the browser's port", || {
            let text = fs::read_to_string(&port_file).unwrap_or_default();
            let mut lines = text.lines();
            let port = lines.next().and_then(|port| port.parse::<u16>().ok());
            Ok(port.zip(lines.next().map(str::to_owned)))
        })?;
        let page = new_page(port, &path)?;
        let socket = connect(port, &format!("/devtools/page/{page}"))?;
        let mut browser = Self { child, socket, last_id: 0, _profile: profile };
        for domain in ["Page.enable", "Runtime.enable", "Network.enable"] {
            browser.call(domain, json!({}))?;
        }
        // The page behaves as the window in front does, whichever other browsers run beside.
        browser.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}))?;
        Ok(browser)
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let order = json!({"id": id, "method": method, "params": params});
        self.socket.send(Message::text(order.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read()? else { continue };
            let answer: Value = serde_json::from_str(&text)?;
            if answer["id"] == id {
                ensure!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return Ok(answer["result"].clone());
            }
        }
    }

    /// Opens an address, and waits until all of it is there; also where the page that is left goes elsewhere meanwhile.
    pub(crate) fn open(&mut self, url: &str) -> Result<()> {
        let since = Instant::now();
        loop {
            self.evaluate("window.__before = true").ok();
            let answer = self.call("Page.navigate", json!({"url": url}))?;
            let error = &answer["errorText"];
            if error.is_null() {
                break;
            }
            ensure!(error == "net::ERR_ABORTED" && since.elapsed() < PATIENCE, "{url}: {error}");
            std::thread::sleep(PAUSE);
        }
        self.until("the page is loaded", "document.readyState === 'complete' && !window.__before")
    }

    /// What an expression is in the page; a promise is waited for.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", params)?;
        if !answer["exceptionDetails"].is_null() {
            bail!("{expression}: {}", answer["exceptionDetails"]["exception"]["description"]);
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until an expression holds, whatever page comes between.
    pub(crate) fn until(&mut self, what: &str, expression: &str) -> Result<()> {
        let since = Instant::now();
        loop {
            if self.evaluate(&format!("Boolean({expression})")).is_ok_and(|value| value == true) {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                let shown = self.evaluate("location.href + '\\n' + document.body.innerText");
                bail!("waited in vain until {what}; shown is: {shown:?}");
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until a text is shown.
    pub(crate) fn until_shown(&mut self, text: &str) -> Result<()> {
        let text = json!(text);
        self.until(&format!("{text} is shown"), &format!("document.body.innerText.includes({text})"))
    }

    /// Clicks what a selector finds first.
    pub(crate) fn click(&mut self, selector: &str) -> Result<()> {
        let found = json!(selector);
        self.until(&format!("{selector} is there"), &format!("document.querySelector({found})"))?;
        let place = self.evaluate(&format!(
            "(() => {{ const e = document.querySelector({found}); e.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        ))?;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let params =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", params)?;
        }
        Ok(())
    }

    /// Moves a hand over what a selector finds, to a part of its width from the left.
    pub(crate) fn hover(&mut self, selector: &str, part: f64) -> Result<()> {
        let place = self.evaluate(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width * {part}, b.y + b.height / 2]; }})()",
            json!(selector)
        ))?;
        let params = json!({"type": "mouseMoved", "x": place[0], "y": place[1]});
        self.call("Input.dispatchMouseEvent", params).map(|_| ())
    }

    /// Taps what a selector finds with a finger, at a part of its width from the left.
    pub(crate) fn tap(&mut self, selector: &str, part: f64) -> Result<()> {
        let place = self.evaluate(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width * {part}, b.y + b.height / 2]; }})()",
            json!(selector)
        ))?;
        let finger = json!([{"x": place[0], "y": place[1]}]);
        for (kind, points) in [("touchStart", finger), ("touchEnd", json!([]))] {
            self.call("Input.dispatchTouchEvent", json!({"type": kind, "touchPoints": points}))?;
        }
        Ok(())
    }

    /// Types a text into what has the focus.
    pub(crate) fn write(&mut self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({"text": text})).map(|_| ())
    }

    /// Presses a key: `Tab`, `Enter`, `ArrowRight`.
    pub(crate) fn press(&mut self, key: &str) -> Result<()> {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            " " => (32, " "),
            _ => bail!("the key `{key}` is not known here"),
        };
        for kind in ["keyDown", "keyUp"] {
            let params = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code,
                                "text": if kind == "keyDown" { text } else { "" }});
            self.call("Input.dispatchKeyEvent", params)?;
        }
        Ok(())
    }

    /// Makes the window so large; a phone's is touched, and its page scaled to it.
    pub(crate) fn size(&mut self, width: u32, height: u32, is_phone: bool) -> Result<()> {
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        self.call("Emulation.setDeviceMetricsOverride", params).map(|_| ())
    }

    /// Whether the viewer likes it dark.
    pub(crate) fn dark(&mut self, is_dark: bool) -> Result<()> {
        let value = if is_dark { "dark" } else { "light" };
        let params = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.call("Emulation.setEmulatedMedia", params).map(|_| ())
    }

    /// Whether pages may run scripts.
    pub(crate) fn scripts(&mut self, may_run: bool) -> Result<()> {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !may_run})).map(|_| ())
    }

    /// The zone in which the viewer lives.
    pub(crate) fn zone(&mut self, zone: &str) -> Result<()> {
        self.call("Emulation.setTimezoneOverride", json!({"timezoneId": zone})).map(|_| ())
    }

    /// A picture of the whole page, as its file is called: `.png` or, smaller and less sharp, `.webp`.
    pub(crate) fn picture(&mut self, path: &Path) -> Result<()> {
        let size = self.call("Page.getLayoutMetrics", json!({}))?;
        let content = &size["cssContentSize"];
        let clip =
            json!({"x": 0, "y": 0, "width": content["width"], "height": content["height"], "scale": 1});
        let is_small = path.extension().is_some_and(|extension| extension == "webp");
        let mut params = json!({"captureBeyondViewport": true, "clip": clip});
        if is_small {
            (params["format"], params["quality"]) = ("webp".into(), 75.into());
        }
        let answer = self.call("Page.captureScreenshot", params)?;
        let bytes = STANDARD.decode(answer["data"].as_str().context("no picture")?)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, bytes)?)
    }

    /// What axe-core, whose script is at this path, finds wrong at AA; each with the elements it is about.
    pub(crate) fn axe(&mut self, script: &Path) -> Result<Vec<String>> {
        let script = fs::read_to_string(script).context("axe-core is missing: `./test` installs it")?;
        self.evaluate(&format!("{script}; undefined"))?;
        let found = self.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(r => \
             r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 4).map(n => n.html + ' ' + \
             (n.any[0] ? n.any[0].message : '')).join(' | ')))",
        )?;
        Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call("Browser.close", json!({}));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a page in the browser whose own door this path is: its id.
fn new_page(port: u16, path: &str) -> Result<String> {
    let mut socket = connect(port, path)?;
    let order = json!({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}});
    socket.send(Message::text(order.to_string()))?;
    loop {
        let Message::Text(text) = socket.read()? else { continue };
        let answer: Value = serde_json::from_str(&text)?;
        if answer["id"] == 1 {
            let page = answer["result"]["targetId"].as_str();
            return page.map(str::to_owned).with_context(|| format!("the browser opens no page: {answer}"));
        }
    }
}

fn connect(port: u16, path: &str) -> Result<WebSocket<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream)?;
    Ok(socket)
}

fn wait<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let since = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(since.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(PAUSE);
    }
}
