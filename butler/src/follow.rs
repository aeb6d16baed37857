//! Follows runs to their ends and shows them on the way.
//!
//! It never stops or changes a run: who gives up following leaves the runs going.

pub(crate) mod activities;
mod news;

use std::io;
use std::time::{Duration, Instant};

use butler_client::{Activity, Client, Error, Notifications, Run, RunId, RunState};
use indicatif::ProgressDrawTarget;

use self::news::News;
use crate::exit::Exit;
use crate::print::bars::Bars;
use crate::print::error::Trouble;
use crate::print::lines::{self, Lines};
use crate::print::{Out, Stream};

/// How long a server may be away: one that is started again takes up a person's run where it was.
const PATIENCE: Duration = Duration::from_secs(60);

/// How runs are shown while they are followed.
pub(crate) enum View {
    /// Bars on the terminal.
    Bars(Bars),
    /// A line now and then.
    Lines(Lines),
    /// Not at all: the result is for a program.
    Silent,
}

impl View {
    /// Bars if the standard error is a terminal, else lines.
    pub(crate) fn new(out: Out) -> Self {
        if out.json {
            Self::Silent
        } else if Stream::Aside.is_terminal() {
            Self::Bars(Bars::new(ProgressDrawTarget::stderr(), None))
        } else {
            Self::Lines(Lines::default())
        }
    }

    fn show(&mut self, runs: &[Run], out: Out) {
        match self {
            Self::Bars(bars) => bars.show(runs),
            Self::Lines(lines) => lines.news(runs).into_iter().for_each(|line| out.remark(line)),
            Self::Silent => {}
        }
    }

    fn show_activities(&mut self, activities: &[Activity], out: Out) {
        match self {
            Self::Bars(bars) => bars.show(activities),
            Self::Lines(lines) => {
                lines.news_of_activities(activities).into_iter().for_each(|line| out.remark(line));
            }
            Self::Silent => {}
        }
    }

    fn ended(&self, run: &Run, out: Out) -> io::Result<()> {
        let line = || out.line(lines::ended(run));
        match self {
            Self::Bars(bars) => bars.above(line),
            Self::Lines(_) => line(),
            Self::Silent => Ok(()),
        }
    }

    fn remark(&self, text: &str, out: Out) {
        match self {
            Self::Bars(bars) => bars.above(|| out.remark(text)),
            Self::Lines(_) | Self::Silent => out.remark(text),
        }
    }

    /// Takes away what must not stay on the terminal.
    pub(crate) fn clear(&mut self) {
        if let Self::Bars(bars) = self {
            bars.clear();
        }
    }
}

/// Follows runs until each is at its end, and looks as soon as the server tells of something. Gives them in
/// the order of their ends.
pub(crate) async fn to_the_end(
    client: &Client,
    runs: &[RunId],
    notifications: Option<Notifications>,
    view: &mut View,
    out: Out,
) -> Result<Vec<Run>, Trouble> {
    let mut open = runs.to_vec();
    open.sort_unstable();
    open.dedup();
    let mut over = Vec::new();
    let mut away_since = None;
    let mut news = News::new(notifications);
    loop {
        match look(client, &open).await {
            Ok(runs) => {
                away_since = None;
                let (ended, active): (Vec<Run>, Vec<Run>) =
                    runs.into_iter().partition(|run| run.state.is_terminal());
                open.retain(|id| active.iter().any(|run| run.id == *id));
                view.show(&active, out);
                for run in ended {
                    view.ended(&run, out)?;
                    over.push(run);
                }
            }
            Err(error) if error.is_away() => {
                if away_since.is_none() {
                    view.remark("The server does not answer; waiting for it to come back.", out);
                }
                if away_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
        if open.is_empty() {
            return Ok(over);
        }
        news.wait().await;
    }
}

async fn look(client: &Client, open: &[RunId]) -> Result<Vec<Run>, Error> {
    let mut runs = Vec::with_capacity(open.len());
    for id in open {
        runs.push(client.run(*id).await?);
    }
    Ok(runs)
}

/// Whether what was asked of a run happened: completed, with no failure, and without roots that it had to
/// leave out.
pub(crate) fn verdict(run: &Run) -> Exit {
    match run.state {
        RunState::Completed if run.failures == 0 && run.reason_code.as_deref() != Some("roots-away") => {
            Exit::Done
        }
        RunState::Skipped => Exit::Skipped,
        _ => Exit::Failed,
    }
}
