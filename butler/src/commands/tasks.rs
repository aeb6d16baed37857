//! `butler tasks`: what the server can do.

use butler_client::Client;

use crate::commands::pause;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{count, roughly, time};
use crate::print::{Colour, Out, json};

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let tasks = client.butler().tasks().await?;
    if out.json {
        json::print(&tasks)?;
        return Ok(Exit::Done);
    }
    pause::tell(client, out).await?;
    // A Plex Media Server says nothing of that.
    let ahead = client.tasks_ahead().await.map(|ahead| ahead.tasks).unwrap_or_default();
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
        let ahead = ahead.iter().find(|ahead| ahead.name == task.name);
        let next = ahead.and_then(|ahead| ahead.next_at).map(time).unwrap_or_default();
        let usually = ahead
            .map(|ahead| roughly(ahead.usual_seconds) + if ahead.usual_is_guess { "?" } else { "" })
            .unwrap_or_default();
        listing.row([
            task.name.as_str().into(),
            every.into(),
            on,
            next.into(),
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
