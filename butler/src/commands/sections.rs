//! `butler sections`: the library's sections, added, listed, edited, scanned and removed, and folders checked
//! before they become one.

mod check;

use std::path::PathBuf;

use butler_client::{Client, Directory, Error, NewSection, SectionEdit};
use clap::{Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use serde::Serialize;

use crate::candidates;
use crate::cli::number;
use crate::commands::start;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Listing};
use crate::print::words::time;
use crate::print::{Out, json};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Add a section and have it scanned
    Add {
        /// What is in it
        #[arg(value_name = "TYPE")]
        kind: Kind,
        /// Its name: one line of at most 100 characters
        name: String,
        /// Its root folders
        #[arg(required = true, value_name = "FOLDER")]
        folders: Vec<PathBuf>,
        /// Leave it unscanned for now
        #[arg(long)]
        no_scan: bool,
        /// Print its id and nothing else
        #[arg(short, long, conflicts_with = "json")]
        quiet: bool,
    },
    /// List the sections
    List,
    /// Change a section's name or folders
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true).args(["name", "folders"]))]
    Edit {
        /// The section's id
        #[arg(value_parser = number::<i64>("`butler sections list` lists the sections"), add = ArgValueCandidates::new(candidates::sections))]
        id: i64,
        /// Its new name: one line of at most 100 characters
        #[arg(long)]
        name: Option<String>,
        /// A root folder; give all that it shall have. What was made of files that move along is kept
        #[arg(long = "folder", value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
    /// Scan a section now, or only some folders of it
    Refresh {
        /// The section's id
        #[arg(value_parser = number::<i64>("`butler sections list` lists the sections"), add = ArgValueCandidates::new(candidates::sections))]
        id: i64,
        /// A folder or file to scan, on the server's machine; may be given several times [default: the whole
        /// section]
        #[arg(long = "path", value_name = "FOLDER")]
        paths: Vec<PathBuf>,
        /// Wait for the scan to end, and show its progress
        #[arg(long)]
        wait: bool,
    },
    /// Say what a folder would become as a section, and which names leave something open; nothing is written
    Check {
        /// The folder, on the server's machine
        folder: PathBuf,
        /// What is in it [default: that of the section it belongs to, else found out by its files' names]
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<Kind>,
    },
    /// Remove a section; its files are not touched
    Remove {
        /// The section's id
        #[arg(value_parser = number::<i64>("`butler sections list` lists the sections"), add = ArgValueCandidates::new(candidates::sections))]
        id: i64,
    },
}

/// What is in a section.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// Films
    Movie,
    /// Series
    Show,
    /// Music
    Artist,
    /// Photos
    Photo,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Artist => "artist",
            Self::Photo => "photo",
        }
    }
}

/// A section for programs, in Butler's own words rather than Plex's.
#[derive(Serialize)]
struct Section {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    folders: Vec<String>,
    /// Those that are not scanned, for they are under no allowed root any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<String>,
    scanning: bool,
    scanned_at: Option<Timestamp>,
}

/// A section that is gone, for programs.
#[derive(Serialize)]
struct Removed {
    id: i64,
    message: String,
}

impl From<Directory> for Section {
    fn from(section: Directory) -> Self {
        let scanned_at = Some(section.scanned_at)
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        let refused = section.locations.iter().filter(|location| location.refused.is_some());
        Self {
            id: section.key.parse().unwrap_or_default(),
            kind: section.kind,
            name: section.title,
            refused: refused.map(|location| location.path.clone()).collect(),
            folders: section.locations.into_iter().map(|location| location.path).collect(),
            scanning: section.refreshing,
            scanned_at,
        }
    }
}

pub(crate) async fn run(client: &Client, action: Action, out: Out) -> Result<Exit, Trouble> {
    match action {
        Action::Add { kind, name, folders, no_scan, quiet } => {
            let mut new = NewSection::new(kind.as_str(), name, whole(folders)?);
            new.scan = !no_scan;
            add(client, &new, quiet, out).await
        }
        Action::List => list(client, out).await,
        Action::Edit { id, name, folders } => edit(client, id, name, folders, out).await,
        Action::Refresh { id, paths, wait } => refresh(client, id, paths, wait, out).await,
        Action::Check { folder, kind } => check::run(client, folder, kind, out).await,
        Action::Remove { id } => remove(client, id, out).await,
    }
}

async fn add(client: &Client, new: &NewSection, quiet: bool, out: Out) -> Result<Exit, Trouble> {
    let added = client.add_section(new).await?;
    if quiet {
        out.line(&added.key)?;
        return Ok(Exit::Done);
    }
    if out.json {
        json::print(&Section::from(added))?;
        return Ok(Exit::Done);
    }
    let id = &added.key;
    let next = match added.refreshing {
        true => format!(
            "It is scanned now: `butler watch` shows how far that is, `butler items {id}` what it found."
        ),
        false => format!("It is not scanned yet: `butler sections refresh {id}` does that."),
    };
    out.line(format!("Section {id}, {}, is added. {next}", added.title))?;
    // That it is added stands, whatever becomes of this question.
    for remark in client.sections().await.map(|all| nested(&added, &all)).unwrap_or_default() {
        out.remark(remark);
    }
    Ok(Exit::Done)
}

/// What is to be said of a section's folders that lie in those of others, or around them.
fn nested(section: &Directory, all: &[Directory]) -> Vec<String> {
    let mut said = Vec::new();
    for folder in &section.locations {
        for other in all.iter().filter(|other| other.key != section.key) {
            let lies = |at: &str| butler_api::nested(folder.path.as_ref(), &other.title, at.as_ref());
            said.extend(other.locations.iter().filter_map(|location| lies(&location.path)));
        }
    }
    said
}

/// The folders' whole paths: the server's working folder is another one than ours.
fn whole(folders: Vec<PathBuf>) -> Result<Vec<PathBuf>, Trouble> {
    let folders = folders.into_iter().map(std::path::absolute).collect::<Result<Vec<_>, _>>();
    folders.map_err(|error| Trouble::new(Exit::Failed, "A folder's whole path can't be found.").cause(&error))
}

async fn list(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let sections = client.sections().await?;
    let locations = sections.iter().flat_map(|section| &section.locations);
    let refused: Vec<String> = locations
        .filter_map(|location| Some(format!("{}: {}", location.path, location.refused.as_ref()?)))
        .collect();
    let sections: Vec<Section> = sections.into_iter().map(Section::from).collect();
    if out.json {
        json::print(&sections)?;
        return Ok(Exit::Done);
    }
    if sections.is_empty() {
        out.remark("There are no sections yet. Add one with `butler sections add TYPE NAME FOLDER`.");
        return Ok(Exit::Done);
    }
    let columns = [
        Column::new("ID").number(),
        Column::new("TYPE"),
        Column::new("NAME").flexible(),
        Column::new("SCANNED").spare(1),
        Column::new("FOLDERS").flexible(),
    ];
    let mut listing = Listing::new(columns);
    for section in sections {
        let scanned = if section.scanning {
            "now".to_owned()
        } else {
            section.scanned_at.map_or_else(|| "never".to_owned(), time)
        };
        listing.row([
            section.id.to_string().into(),
            section.kind.into(),
            section.name.into(),
            scanned.into(),
            section.folders.join(", ").into(),
        ]);
    }
    listing.print(out)?;
    refused.into_iter().for_each(|folder| out.remark(folder));
    Ok(Exit::Done)
}

async fn edit(
    client: &Client,
    id: i64,
    name: Option<String>,
    folders: Vec<PathBuf>,
    out: Out,
) -> Result<Exit, Trouble> {
    let edit = SectionEdit::new().folders(whole(folders)?);
    let edit = name.into_iter().fold(edit, SectionEdit::name);
    client.edit_section(id, &edit).await.map_err(|error| unknown(id, error))?;
    out.remark(format!("Section {id} is changed."));
    if out.json {
        // What it is now says the server; one that another removed meanwhile is none.
        let now = client.sections().await?.into_iter().find(|section| section.key == id.to_string());
        json::print(&now.map(Section::from))?;
        return Ok(Exit::Done);
    }
    let all = client.sections().await.unwrap_or_default();
    for remark in
        all.iter().filter(|section| section.key == id.to_string()).flat_map(|edited| nested(edited, &all))
    {
        out.remark(remark);
    }
    Ok(Exit::Done)
}

async fn refresh(
    client: &Client,
    id: i64,
    paths: Vec<PathBuf>,
    wait: bool,
    out: Out,
) -> Result<Exit, Trouble> {
    let paths = whole(paths)?;
    let waiting = if wait { Some(start::Waiting::begin(client).await?) } else { None };
    let start = match client.refresh_section(id, &paths).await {
        // The server's sentence says which path it is.
        Err(Error::NotFound { message, .. }) if !paths.is_empty() => {
            return Err(Trouble::new(Exit::NotThere, message));
        }
        start => start.map_err(|error| unknown(id, error))?,
    };
    let starts = [start];
    start::tell(client, Some(&starts), false, Exit::Done, waiting, out).await
}

async fn remove(client: &Client, id: i64, out: Out) -> Result<Exit, Trouble> {
    client.remove_section(id).await.map_err(|error| unknown(id, error))?;
    let message = format!("Section {id} is removed; its files are where they were.");
    if out.json {
        json::print(&Removed { id, message })?;
    } else {
        out.remark(message);
    }
    Ok(Exit::Done)
}

fn unknown(id: i64, error: Error) -> Trouble {
    match error {
        Error::NotFound { .. } => Trouble::new(Exit::NotThere, format!("There is no section {id}."))
            .hint("`butler sections list` lists the sections."),
        other => other.into(),
    }
}
