//! What a test asks of a running server: over HTTP, by the command line, and what both say of sections, parts
//! and runs.
//!
//! Never waits for a time: it looks until a state is there.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Server, wait_until};
use crate::command;
use crate::http::{Request, Response};

/// One file of a section, as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The id in `/library/parts/{id}`.
    pub id: u64,
    /// The file's path.
    pub file: String,
    /// Whether the server says that it has preview thumbnails.
    pub has_preview: bool,
}

impl Server {
    /// Asks for `target` with the token, JSON wanted.
    pub fn get(&self, target: &str) -> Result<Response> {
        self.request("GET", target).send()
    }

    /// Asks for `target` and takes the body of a good answer as JSON.
    pub fn get_json(&self, target: &str) -> Result<Value> {
        let response = self.get(target)?;
        ensure!(response.status == 200, "GET {target} answered {}: {}", response.status, response.text());
        response.json()
    }

    /// Posts to `target` with the token, JSON wanted.
    pub fn post(&self, target: &str) -> Result<Response> {
        self.request("POST", target).send()
    }

    /// Puts to `target` with the token, JSON wanted.
    pub fn put(&self, target: &str) -> Result<Response> {
        self.request("PUT", target).send()
    }

    /// Sets the driven clock of a server that was started with [`Self::start_at`]: to a moment
    /// (`2027-03-28T01:00:00Z`), which looks like a suspend, to so many seconds a second, or to both. Gives
    /// the moment that it shows then.
    pub fn set_clock(&self, at: Option<&str>, rate: Option<u32>) -> Result<String> {
        let words = [at.map(|at| format!("at={at}")), rate.map(|rate| format!("rate={rate}"))];
        self.put_clock(&words.into_iter().flatten().collect::<Vec<_>>().join("&"))
    }

    /// Has its driven clock go at a rate to a moment, and from there as fast as the machine's, however late
    /// somebody looks.
    pub fn hurry_clock(&self, until: &str, rate: u32) -> Result<()> {
        self.put_clock(&format!("until={until}&rate={rate}"))?;
        Ok(())
    }

    fn put_clock(&self, words: &str) -> Result<String> {
        let target = format!("/api/v1/clock?{words}");
        let answer = self.put(&target)?;
        ensure!(answer.status == 200, "PUT {target} answered {}: {}", answer.status, answer.text());
        Self::moment(&answer.json()?)
    }

    /// The moment that its driven clock shows.
    pub fn clock(&self) -> Result<String> {
        Self::moment(&self.get_json("/api/v1/clock")?)
    }

    fn moment(answer: &Value) -> Result<String> {
        Ok(answer["now"].as_str().with_context(|| format!("no moment: {answer}"))?.to_owned())
    }

    /// Deletes `target` with the token, JSON wanted.
    pub fn delete(&self, target: &str) -> Result<Response> {
        self.request("DELETE", target).send()
    }

    /// Begins a request with the token, JSON wanted.
    pub fn request(&self, method: &str, target: &str) -> Request {
        self.anonymous(method, target)
            .header("X-Plex-Token", &self.token)
            .header("Accept", "application/json")
    }

    /// Begins a request without token and without `Accept`.
    pub fn anonymous(&self, method: &str, target: &str) -> Request {
        Request::new(&self.address, method, target)
    }

    /// Runs the command line against this server: `["start", "RefreshLibraries", "--wait"]`.
    pub fn butler<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output> {
        let mut command = command(&self.executable);
        command
            .args(arguments)
            .env("TZ", &self.zone)
            .env("BUTLER_URL", self.url())
            .env("BUTLER_TOKEN", &self.token)
            .stdin(Stdio::null());
        command.output().with_context(|| format!("could not start `{}`", self.executable.display()))
    }

    /// Runs the command line with `--json` added and takes what it prints as JSON.
    pub fn butler_json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Value> {
        let mut all: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        all.push("--json".as_ref());
        let output = self.butler(&all)?;
        let (text, error) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text)
            .with_context(|| format!("`butler {all:?}` printed no JSON ({}): {text}{error}", output.status))
    }

    /// Adds a section by the command line and gives its id. It is not scanned by that: a test says when.
    pub fn add_section(&self, kind: &str, name: &str, folder: &Path) -> Result<String> {
        let words = ["sections", "add", "--quiet", "--no-scan", kind, name].map(OsStr::new);
        let output = self.butler(&[&words[..], &[folder.as_os_str()]].concat())?;
        ensure!(
            output.status.success(),
            "the section was not added: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Starts a task as a person does and waits until its run has ended; gives the run.
    pub fn run_task(&self, task: &str) -> Result<Value> {
        let id = self.start_task(task)?;
        self.wait_for_run(&id, is_over)
    }

    /// Starts a task as a person does and gives its run's id.
    pub fn start_task(&self, task: &str) -> Result<Value> {
        let response = self.post(&format!("/butler/{task}"))?;
        ensure!(
            matches!(response.status, 200 | 202),
            "{task} did not start: {} {}",
            response.status,
            response.text()
        );
        let outcome = response.header("x-butler-outcome").to_owned();
        let id = outcome
            .split("run=")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .and_then(|id| id.trim().parse::<u64>().ok());
        Ok(id.with_context(|| format!("`X-Butler-Outcome: {outcome}` names no run"))?.into())
    }

    /// Waits until a run is as wanted, and gives it.
    pub fn wait_for_run(&self, id: &Value, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let target = format!("/api/v1/runs/{id}");
        let mut run = Value::Null;
        wait_until(&format!("run {id} is as wanted"), || {
            run = self.get_json(&target).unwrap_or(Value::Null);
            wanted(&run)
        })
        .with_context(|| format!("the run: {run:#}\nthe log: {}", self.log_tail()))?;
        Ok(run)
    }

    /// The parts of a section of films, ordered by path.
    pub fn parts(&self, section: &str) -> Result<Vec<Part>> {
        let all = self.get_json(&format!("/library/sections/{section}/all"))?;
        let mut parts = Vec::new();
        for item in list(&all["MediaContainer"]["Metadata"]) {
            for part in list(&item["Media"]).iter().flat_map(|media| list(&media["Part"])) {
                parts.push(Part {
                    id: part["id"].as_u64().with_context(|| format!("a part has no id: {part}"))?,
                    file: part["file"]
                        .as_str()
                        .with_context(|| format!("a part has no file: {part}"))?
                        .to_owned(),
                    has_preview: part["indexes"] == "sd",
                });
            }
        }
        parts.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(parts)
    }

    /// The bytes of a part's preview thumbnails.
    pub fn preview(&self, part: u64) -> Result<Vec<u8>> {
        let response = self.get(&format!("/library/parts/{part}/indexes/sd"))?;
        ensure!(response.status == 200, "part {part} has no preview: {}", response.status);
        Ok(response.body)
    }

    /// The failures that stand.
    pub fn failures(&self) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            let page = self.get_json(&format!("/api/v1/failures?start={}", all.len()))?;
            let page = list(&page["failures"]);
            if page.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(page);
        }
    }
}

/// The entries of a JSON array, none where there is no array.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a run's state is one after which nothing happens.
fn is_over(run: &Value) -> bool {
    matches!(
        run["state"].as_str(),
        Some("completed" | "failed" | "stopped" | "interrupted" | "skipped" | "missed")
    )
}
