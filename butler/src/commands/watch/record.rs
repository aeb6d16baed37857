//! `butler watch --record FILE`: keeps the history of a server that keeps none. What is stored decides the
//! machine of `butler-record`; here it is handed what is observed, and the hour.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use butler_client::{Client, Error, Notifications};
use butler_engine::Clock;
use butler_record::{RecordChange, RecordFile, Recorder};
use jiff::Timestamp;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::runs::record::trouble;
use crate::exit::Exit;
use crate::observer::{Observer, POLLED, listen};
use crate::print::error::Trouble;
use crate::print::words::time_of_day;
use crate::print::{Out, json};

/// The pause before a server that is away is asked again who it is.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// A change of the history, for programs.
#[derive(Serialize)]
struct News<'a> {
    at: Timestamp,
    event: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    uuid: &'a str,
    text: String,
}

pub(super) async fn run(client: &Client, path: &Path, out: Out) -> Result<Exit, Trouble> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut stop = pin!(async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    });
    // A history that is gone on with is one of a server that was there.
    let is_known = path.exists();
    let begun = tokio::select! {
        biased;
        () = &mut stop => return Ok(Exit::Done),
        begun = begin(client, is_known, out) => begun,
    };
    let (server, notifications) = begun?;
    let mut file = RecordFile::open(path, &server).map_err(|error| trouble(path, &error))?;
    let known = file.known().map_err(|error| trouble(path, &error))?;
    let mut recorder = Recorder::new(known);
    let is_polled = notifications.is_none();
    let mut observer = Observer::with(client, notifications).with_tasks().of_known_server();
    out.remark(format!(
        "What {} is busy with is kept in `{}` until Ctrl-C; `butler runs --record {}` shows it.",
        client.url().trim_end_matches('/'),
        path.display(),
        path.display()
    ));
    if is_polled {
        out.remark(POLLED);
    }
    loop {
        // Each observation is stored when it is made, so that little is left for the end.
        let observation = tokio::select! {
            biased;
            () = &mut stop => None,
            observation = observer.next() => Some(observation?),
        };
        let now = Clock::wall().now();
        let Some(observation) = observation else {
            file.store(&recorder.end(now)).map_err(|error| trouble(path, &error))?;
            return Ok(Exit::Done);
        };
        let changes = recorder.observe(observation, now);
        file.store(&changes).map_err(|error| trouble(path, &error))?;
        for news in changes.iter().filter_map(news) {
            if out.json {
                json::print_line(&news)?;
            } else {
                out.line(format!("{}  {}", time_of_day(news.at), news.text))?;
            }
        }
    }
}

/// Which server it is, and what listens to it. One that is away is waited for; one that is known, also while
/// something else answers in its place.
async fn begin(
    client: &Client,
    is_known: bool,
    out: Out,
) -> Result<(String, Option<Notifications>), Trouble> {
    let mut is_reported = false;
    loop {
        match client.server_info().await {
            Ok(server) => return Ok((server.machine_identifier, listen(client).await?)),
            Err(error) if error.is_away() || (is_known && !matches!(error, Error::Unauthorized { .. })) => {
                if !std::mem::replace(&mut is_reported, true) {
                    out.remark(Trouble::from(error).awaited());
                }
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What of a change is worth a line.
fn news(change: &RecordChange) -> Option<News<'_>> {
    let (at, event, uuid, text) = match change {
        RecordChange::Begin { uuid, title, at, saw_begin: true, .. } => {
            (*at, "begin", uuid.as_str(), format!("{title} begins."))
        }
        RecordChange::Begin { uuid, title, at, saw_begin: false, .. } => {
            (*at, "found", uuid.as_str(), format!("{title} goes on since before."))
        }
        RecordChange::Thing { uuid, name, at, .. } => (*at, "thing", uuid.as_str(), format!("  {name}")),
        RecordChange::End { uuid, at, saw_end, title } => {
            let how = if *saw_end { "ends" } else { "ended while nobody saw it" };
            (*at, "end", uuid.as_str(), format!("{title} {how}."))
        }
        RecordChange::Gap { from, until } => {
            (*until, "gap", "", format!("Nothing is known since {}.", time_of_day(*from)))
        }
        RecordChange::SetBack { at } => (
            *at,
            "clock",
            "",
            "The clock was set back; what was noted for later is noted as of now.".to_owned(),
        ),
        RecordChange::Task { .. }
        | RecordChange::Section { .. }
        | RecordChange::See { .. }
        | RecordChange::Watched { .. } => return None,
    };
    Some(News { at, event, uuid, text })
}
