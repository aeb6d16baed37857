//! `butler remake`: has products made anew on purpose, and says by which task and when; with `--now` at
//! once.

use std::path::PathBuf;

use butler_client::{Client, RemakeOf};
use clap::Args;
use clap_complete::ArgValueCandidates;

use super::show;
use crate::candidates;
use crate::cli::number;
use crate::exit::Exit;
use crate::print::error::{Trouble, not_there};
use crate::print::{Out, json};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["of", "section"]))]
pub(crate) struct Arguments {
    /// An item's id, with all that stands below it, or the path of a file; a file that is named as a number
    /// is ./NUMBER
    #[arg(value_name = "ITEM|FILE")]
    of: Option<PathBuf>,

    /// All files of this section
    #[arg(long, value_name = "ID", value_parser = number::<i64>("`butler sections list` lists the sections"),
        add = ArgValueCandidates::new(candidates::sections))]
    section: Option<i64>,

    /// Only these products, as bif,bandwidth [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    products: Vec<String>,

    /// Only what is not there: what failed, and what was lost from the data folder
    #[arg(long)]
    missing: bool,

    /// Make them at once and nothing else, whatever the day, the switch and the maintenance window
    #[arg(long)]
    now: bool,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let of = match (arguments.section, &arguments.of) {
        (Some(section), _) => RemakeOf::Section(section),
        (None, Some(of)) => match of.to_str().and_then(|text| text.parse().ok()) {
            Some(item) => RemakeOf::Item(item),
            None => RemakeOf::File(show::known_path(of)),
        },
        (None, None) => return Err(Trouble::new(Exit::Usage, "Name an item, a file or --section.")),
    };
    let Arguments { products, missing, now, .. } = &arguments;
    let asked = match now {
        true => client.remake_now(&of, products, *missing).await,
        false => client.remake(&of, products, *missing).await,
    };
    let remade = asked.map_err(|error| {
        not_there(error, || {
            Trouble::new(Exit::NotThere, format!("There is no {}.", what(&of))).hint(match of {
                RemakeOf::Item(_) => "`butler items` lists the items.",
                RemakeOf::Section(_) => "`butler sections list` lists the sections.",
                RemakeOf::File(_) => {
                    "A file that came since the last scan is known after the next: `butler start \
                     RefreshLibraries`."
                }
            })
        })
    })?;
    if out.json {
        json::print(&remade)?;
        return Ok(Exit::Done);
    }
    out.line(&remade.message)?;
    for start in &remade.started {
        out.line(format!("{}: {}", start.task, start.message))?;
    }
    if !now && !remade.tasks.is_empty() {
        out.remark("With `--now` they are made at once, and nothing else is.");
    }
    Ok(Exit::Done)
}

fn what(of: &RemakeOf) -> String {
    match of {
        RemakeOf::Item(id) => format!("item {id}"),
        RemakeOf::Section(id) => format!("section {id}"),
        RemakeOf::File(path) => format!("file `{}` in any section", path.display()),
    }
}
