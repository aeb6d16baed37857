//! `butler music`: tracks that sound like one, and a playlist that leads from one to another.
//!
//! What is near the server says. Start with [`run`]; how a playlist is written is in `music/playlist.rs`, how
//! a track is found by what a person calls it in `music/track.rs`.

mod playlist;
mod track;

use std::path::PathBuf;

use butler_client::{Client, Error, NearTrack, NearTracks};
use clap::{Args, Subcommand};

use crate::cli::within;
use crate::exit::Exit;
use crate::print::error::{Trouble, not_there};
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{count, duration_ms};
use crate::print::{Out, json};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// List the tracks that sound like one, nearest first
    Near(NearArguments),
    /// Make a playlist that leads from one track to another in small steps
    Path(PathArguments),
}

#[derive(Args)]
pub(crate) struct NearArguments {
    /// A track: its id, the path of its file on the server's machine, or words of its title
    #[arg(value_name = "TRACK")]
    track: String,

    /// How many
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20, value_parser = within(1_u32, 1_000))]
    limit: u32,
}

#[derive(Args)]
pub(crate) struct PathArguments {
    /// The track at which it begins: its id, the path of its file on the server's machine, or words of its
    /// title
    #[arg(value_name = "FROM")]
    from: String,

    /// The track to which it leads
    #[arg(value_name = "TO")]
    to: String,

    /// How many tracks, both ends with them; fewer, where there are no more
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = within(2_u32, 202))]
    length: u32,

    /// Write a playlist that players read, with the paths that the files have on the server's machine; an
    /// older one is replaced
    #[arg(short = 'o', long = "out", value_name = "FILE.m3u8", value_parser = playlist::file_name)]
    out_file: Option<PathBuf>,
}

pub(crate) async fn run(client: &Client, action: Action, out: Out) -> Result<Exit, Trouble> {
    match action {
        Action::Near(arguments) => near(client, arguments, out).await,
        Action::Path(arguments) => path(client, arguments, out).await,
    }
}

async fn near(client: &Client, arguments: NearArguments, out: Out) -> Result<Exit, Trouble> {
    let track = track::find(client, &arguments.track).await?;
    let found = client.nearest(track, arguments.limit).await;
    let tracks = known(found.map_err(|error| unknown(&arguments.track, error))?)?;
    if out.json {
        json::print(&tracks)?;
    } else if tracks.is_empty() {
        out.remark("No other track of its section was analysed.");
    } else {
        listing(&tracks).print(out)?;
    }
    Ok(Exit::Done)
}

async fn path(client: &Client, arguments: PathArguments, out: Out) -> Result<Exit, Trouble> {
    let PathArguments { from, to, length, out_file } = arguments;
    let ends = (track::find(client, &from).await?, track::find(client, &to).await?);
    let found = client.path(ends.0, ends.1, length).await;
    let tracks = known(found.map_err(|error| unknown(&format!("{from} or {to}"), error))?)?;
    if let Some(path) = &out_file {
        playlist::write(path, &tracks)?;
    }
    if out.json {
        json::print(&tracks)?;
        return Ok(Exit::Done);
    }
    match &out_file {
        Some(path) => {
            let ms = tracks.iter().filter_map(|track| track.duration_ms).sum();
            let number = count(tracks.len() as u64, "track");
            out.line(format_args!("Written: {} ({number}, {})", path.display(), duration_ms(ms)))?;
        }
        None => listing(&tracks).print(out)?,
    }
    if tracks.len() < length as usize {
        out.remark(format!("There are no more than {} to lead over.", count(tracks.len() as u64, "track")));
    }
    Ok(Exit::Done)
}

/// The tracks; or why there are none, as the server says it.
fn known(found: NearTracks) -> Result<Vec<NearTrack>, Trouble> {
    match found.why {
        Some(why) => Err(Trouble::new(Exit::NotThere, why)),
        None => Ok(found.tracks),
    }
}

fn unknown(what: &str, error: Error) -> Trouble {
    not_there(error, || {
        Trouble::new(Exit::NotThere, format!("There is no track {what}, or the server knows no music so."))
    })
}

fn listing(tracks: &[NearTrack]) -> Listing {
    let mut listing = Listing::new([
        Column::new("DISTANCE").number(),
        Column::new("TRACK").number().spare(2),
        Column::new("TITLE").flexible(),
        Column::new("ARTIST").flexible(),
        Column::new("ALBUM").flexible().spare(1),
        Column::new("TIME").number().spare(3),
    ]);
    for track in tracks {
        let words = |words: &Option<String>| Field::from(words.clone().unwrap_or_default());
        listing.row([
            format!("{:.3}", track.distance).into(),
            track.item.to_string().into(),
            track.title.as_str().into(),
            words(&track.artist),
            words(&track.album),
            track.duration_ms.map(duration_ms).unwrap_or_default().into(),
        ]);
    }
    listing
}
