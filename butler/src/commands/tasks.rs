//! `butler tasks`: what the server can do.

use butler_client::Client;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::count;
use crate::print::{Colour, Out, json};

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let tasks = client.butler().tasks().await?;
    if out.json {
        json::print(&tasks)?;
        return Ok(Exit::Done);
    }
    let columns = [Column::new("TASK"), Column::new("EVERY").spare(1), Column::new("ON"), Column::new("WHAT IT DOES").flexible().spare(2)];
    let mut listing = Listing::new(columns);
    for task in tasks {
        let on = if task.enabled { Field::painted("yes", Colour::Green) } else { Field::painted("no", Colour::Grey) };
        let every = if task.interval == 1 { "day".to_owned() } else { count(task.interval.into(), "day") };
        listing.row([task.name.as_str().into(), every.into(), on, task.description.into()]);
    }
    listing.print(out)?;
    Ok(Exit::Done)
}
