//! `butler tasks`: what the server can do.

use butler_client::{ButlerTask, Client, Task};
use jiff::Timestamp;
use serde::Serialize;

use crate::commands::pause;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{count, roughly, short_time, time};
use crate::print::{Colour, Out, json};

/// A task for programs: Plex's words for it, and what Butler alone says.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    task: &'a ButlerTask,
    #[serde(flatten)]
    ahead: Option<Ahead<'a>>,
}

/// When a task comes next, and how long it takes.
#[derive(Serialize)]
struct Ahead<'a> {
    due: bool,
    next_at: Option<Timestamp>,
    usual_seconds: u64,
    usual_is_guess: bool,
    waits_for: Option<&'a str>,
}

impl<'a> From<&'a Task> for Ahead<'a> {
    fn from(task: &'a Task) -> Self {
        let Task { due, next_at, usual_seconds, usual_is_guess, waits_for, .. } = task;
        Self {
            due: *due,
            next_at: *next_at,
            usual_seconds: *usual_seconds,
            usual_is_guess: *usual_is_guess,
            waits_for: waits_for.as_deref(),
        }
    }
}

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let tasks = client.butler().tasks().await?;
    // A Plex Media Server says nothing of that.
    let ahead = client.tasks_ahead().await.map(|ahead| ahead.tasks).unwrap_or_default();
    let ahead_of = |task: &ButlerTask| ahead.iter().find(|ahead| ahead.name == task.name);
    if out.json {
        let shown: Vec<_> =
            tasks.iter().map(|task| Shown { task, ahead: ahead_of(task).map(Ahead::from) }).collect();
        json::print(&shown)?;
        return Ok(Exit::Done);
    }
    pause::tell(client, out).await?;
    let columns = [
        Column::new("TASK"),
        Column::new("EVERY").spare(2),
        Column::new("ON"),
        Column::new("NEXT").spare(1),
        Column::new("USUALLY").spare(3),
        Column::new("WHAT IT DOES").flexible().spare(4),
    ];
    let mut listing = Listing::new(columns);
    for task in tasks {
        let on = if task.enabled {
            Field::painted("yes", Colour::Green)
        } else {
            Field::painted("no", Colour::Grey)
        };
        let every = if task.interval == 1 { "day".to_owned() } else { count(task.interval.into(), "day") };
        let ahead = ahead_of(&task);
        let next = ahead.and_then(|ahead| ahead.next_at);
        let next = next.map_or_else(|| "".into(), |at| Field::from(time(at)).or_short(short_time(at)));
        let usually = ahead
            .map(|ahead| roughly(ahead.usual_seconds) + if ahead.usual_is_guess { "?" } else { "" })
            .unwrap_or_default();
        listing.row([
            task.name.as_str().into(),
            every.into(),
            on,
            next,
            usually.into(),
            task.description.into(),
        ]);
    }
    listing.without_empty_columns().print(out)?;
    for waiting in ahead.iter().filter_map(|ahead| ahead.waits_for.as_deref()) {
        out.line(waiting)?;
    }
    Ok(Exit::Done)
}
