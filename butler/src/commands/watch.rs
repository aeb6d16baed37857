//! `butler watch`: everything that runs or waits, until Ctrl-C; of a server that keeps no runs its
//! activities, and with `--record` a history of them.

mod activities;
mod record;

use std::path::PathBuf;
use std::time::Duration;

use butler_client::{Client, Run, RunFilter};
use clap::Args;
use indicatif::ProgressDrawTarget;

use crate::commands::pause;
use crate::exit::Exit;
use crate::print::bars::Bars;
use crate::print::error::{Trouble, knows_plex_only};
use crate::print::lines::Lines;
use crate::print::{Out, Stream, json, reader_is_gone};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// The newest runs, among which the active ones are looked for; what is older is at its end.
const NEWEST: u32 = 100;
/// What stands there while nothing runs.
const IDLE: &str = "Nothing runs. Ctrl-C ends the watch.";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Keep a history of what the server is busy with in this file, which is made if it is not there; `butler
    /// runs --record FILE` shows it. For a Plex Media Server, which keeps none. The server may come and go,
    /// and so may the watch
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// How what runs is shown.
enum View {
    Bars(Bars),
    Lines(Lines),
    /// One line of JSON whenever something changed.
    Json(Option<Vec<Run>>),
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    if let Some(file) = arguments.record {
        return record::run(client, &file, out).await;
    }
    // The first look's trouble ends the command; later on the server may come back.
    let first = match active(client).await {
        Err(error) if knows_plex_only(&error) => return activities::run(client, out).await,
        first => first?,
    };
    let mut view = if out.json {
        View::Json(None)
    } else if Stream::Result.is_terminal() {
        View::Bars(Bars::new(ProgressDrawTarget::stdout(), Some(IDLE)))
    } else {
        View::Lines(Lines::default())
    };
    let ended = tokio::select! {
        // Heard before anything is shown.
        biased;
        _ = tokio::signal::ctrl_c() => Ok(()),
        () = reader_is_gone() => Ok(()),
        ended = watch(client, first, &mut view, out) => ended,
    };
    if let View::Bars(bars) = &mut view {
        bars.clear();
    }
    ended.map(|()| Exit::Done)
}

async fn watch(client: &Client, mut runs: Vec<Run>, view: &mut View, out: Out) -> Result<(), Trouble> {
    let mut is_away = false;
    let mut paused = Vec::new();
    loop {
        view.show(&runs, out)?;
        // A server that is away says so below.
        if let Ok(now) = pause::sentences(client).await
            && now != paused
        {
            let news = if now.is_empty() { vec!["Everything goes on.".to_owned()] } else { now.clone() };
            news.iter().for_each(|line| view.remark(line, out));
            paused = now;
        }
        tokio::time::sleep(PAUSE).await;
        match active(client).await {
            Ok(now) => (runs, is_away) = (now, false),
            Err(error) if error.is_away() => {
                if !is_away {
                    view.remark("The server does not answer; waiting for it to come back.", out);
                }
                (runs, is_away) = (Vec::new(), true);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The runs that are not at their end, the oldest first, so that bars keep their places.
async fn active(client: &Client) -> Result<Vec<Run>, butler_client::Error> {
    let mut runs = client.runs(&RunFilter::default().page(0, NEWEST)).await?.runs;
    runs.retain(|run| !run.state.is_terminal());
    runs.sort_by_key(|run| run.id);
    Ok(runs)
}

impl View {
    fn show(&mut self, runs: &[Run], out: Out) -> Result<(), Trouble> {
        match self {
            Self::Bars(bars) => bars.show(runs),
            Self::Lines(lines) => {
                for line in lines.news(runs) {
                    out.line(line)?;
                }
            }
            Self::Json(said) => {
                if said.as_deref() != Some(runs) {
                    json::print_line(&runs)?;
                    *said = Some(runs.to_vec());
                }
            }
        }
        Ok(())
    }

    fn remark(&self, text: &str, out: Out) {
        match self {
            Self::Bars(bars) => bars.above(|| out.remark(text)),
            Self::Lines(_) | Self::Json(_) => out.remark(text),
        }
    }
}
