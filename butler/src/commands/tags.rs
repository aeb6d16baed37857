//! `butler tags`: gains in the tags of music files, for other players: switched on for a section, shown,
//! written, listed and taken back. What is written and why not, the server says.

use butler_api::sizes::bytes;
use butler_client::{Client, Error, GainTag, TaggedFile, TagsStep, WrittenFile};
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::candidates;
use crate::cli::number;
use crate::exit::Exit;
use crate::print::error::{Trouble, not_there};
use crate::print::words::count;
use crate::print::{Colour, Out, Text, json};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Have Butler write what it measures into the music files of a section from now on: it changes these
    /// files
    On(Section),
    /// Have it write no more; what was written stays
    Off(Section),
    /// List the files of a section whose tags were written
    List(Section),
    /// Write what is measured so far at once
    Write(Arguments),
    /// Give all files of a section the gain tags that they had before; nothing is written any more
    Undo(Arguments),
}

#[derive(Args)]
pub(crate) struct Section {
    /// The section's id
    #[arg(value_name = "SECTION", value_parser = number::<i64>("`butler sections list` lists the sections"),
        add = ArgValueCandidates::new(candidates::sections))]
    id: i64,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    section: Section,

    /// Only show what would be written, and which files would be left alone; no file is changed
    #[arg(long)]
    dry_run: bool,
}

/// The files of a section whose tags were written, for programs.
#[derive(Serialize)]
struct Listed {
    enabled: bool,
    files: Vec<WrittenFile>,
}

/// What is done to the files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Write,
    Undo,
}

pub(crate) async fn run(client: &Client, action: Action, out: Out) -> Result<Exit, Trouble> {
    match action {
        Action::On(Section { id }) => switch(client, id, true, out).await,
        Action::Off(Section { id }) => switch(client, id, false, out).await,
        Action::List(Section { id }) => list(client, id, out).await,
        Action::Write(arguments) => go(client, Way::Write, &arguments, out).await,
        Action::Undo(arguments) => go(client, Way::Undo, &arguments, out).await,
    }
}

async fn switch(client: &Client, section: i64, on: bool, out: Out) -> Result<Exit, Trouble> {
    client.set_writes_tags(section, on).await.map_err(|error| unknown(section, error))?;
    if out.json {
        json::print(&serde_json::json!({ "enabled": on }))?;
    } else if on {
        out.line(format!(
            "From now on Butler changes the music files of section {section}: whenever an album is measured, its \
             gains are written into the tags of its files, in place of gains that they carry."
        ))?;
        out.remark(format!(
            "Nothing else of a file changes, but each is written anew as a whole: backups and synchronised copies \
             take it again. `butler tags write {section} --dry-run` shows what would be written now, `butler tags \
             undo {section}` takes all of it back."
        ));
    } else {
        out.line(format!("No file of section {section} gets tags any more. What was written stays."))?;
        out.remark(format!("`butler tags undo {section}` takes it back."));
    }
    Ok(Exit::Done)
}

async fn list(client: &Client, section: i64, out: Out) -> Result<Exit, Trouble> {
    let (mut listed, mut after) = (Listed { enabled: false, files: Vec::new() }, Some(0));
    while let Some(from) = after {
        let page = client.written_tags(section, from).await.map_err(|error| unknown(section, error))?;
        listed.enabled = page.enabled;
        after = page.next;
        if out.json {
            listed.files.extend(page.files);
            continue;
        }
        for file in page.files {
            out.line(Text::from(file.file.as_str()).then(format!(": {}", change(&file.old, &file.new))))?;
        }
        if after.is_none() {
            out.line(format!("{} written.", count(page.total, "file")))?;
            let enabled = if page.enabled { "on" } else { "off" };
            out.remark(format!("The section's setting is {enabled}."));
        }
    }
    if out.json {
        json::print(&listed)?;
    }
    Ok(Exit::Done)
}

/// Goes step by step, so that each file is told when it is done, and Ctrl-C ends it after the step in hand.
async fn go(client: &Client, way: Way, arguments: &Arguments, out: Out) -> Result<Exit, Trouble> {
    let Arguments { section: Section { id }, dry_run } = *arguments;
    let (mut all, mut after) = (TagsStep::default(), Some(0));
    while let Some(from) = after {
        let asked = match way {
            Way::Write => client.write_tags(id, from, dry_run).await,
            Way::Undo => client.undo_tags(id, from, dry_run).await,
        };
        let step = asked.map_err(|error| refused(id, error))?;
        after = step.next;
        all.same += step.same;
        if !out.json {
            step.files.iter().try_for_each(|file| tell(file, out))?;
        }
        all.files.extend(step.files);
    }
    let of = |outcome: &str| {
        let files = all.files.iter().filter(|file| file.outcome == outcome);
        files.fold((0, 0), |(files, sum), file| (files + 1, sum + file.bytes))
    };
    let (left, _) = of("left_alone");
    if out.json {
        json::print(&all)?;
    } else {
        let (done, (number, sum)) = match dry_run {
            true => ("would be written", of("would_be_written")),
            false => ("written", of("written")),
        };
        let sum = if number > 0 { format!(" ({})", bytes(sum)) } else { String::new() };
        out.line(format!(
            "{} {done}{sum}, {left} left alone, {} as they shall be already.",
            count(number, "file"),
            all.same
        ))?;
        if way == Way::Undo && !dry_run {
            out.remark("The section's setting is off: no file of it gets tags any more.");
        }
    }
    // What could not be taken back is not done.
    Ok(if way == Way::Undo && left > 0 { Exit::Failed } else { Exit::Done })
}

fn tell(file: &TaggedFile, out: Out) -> Result<(), Trouble> {
    let path = Text::from(file.file.as_str());
    Ok(out.line(match &file.why {
        Some(why) => path.then(": ").then(Text::painted(why, Colour::Yellow)),
        None => path.then(format!(": {}", change(&file.old, &file.new))),
    })?)
}

/// `track gain -7.03 dB, ...; before: none`.
pub(super) fn change(old: &[GainTag], new: &[GainTag]) -> String {
    format!("{}; before: {}", words(new), words(old))
}

fn words(tags: &[GainTag]) -> String {
    if tags.is_empty() {
        return "none".to_owned();
    }
    let word = |tag: &GainTag| {
        let name = tag.name.to_ascii_lowercase().replace('_', " ");
        format!("{} {}", name.strip_prefix("replaygain ").unwrap_or(&name), tag.value)
    };
    tags.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn unknown(section: i64, error: Error) -> Trouble {
    not_there(error, || {
        Trouble::new(Exit::NotThere, format!("There is no section {section}."))
            .hint("`butler sections list` lists the sections.")
    })
}

fn refused(section: i64, error: Error) -> Trouble {
    let is_off = matches!(error, Error::Status { status: 409, .. });
    let trouble = unknown(section, error);
    if is_off {
        trouble.hint(format!("`butler tags on {section}` switches it on, and says what that means."))
    } else {
        trouble
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_the_words_of_the_tags() {
        let tag = |name: &str, value: &str| GainTag { name: name.to_owned(), value: value.to_owned() };
        let new = [tag("REPLAYGAIN_TRACK_GAIN", "-7.03 dB"), tag("R128_ALBUM_GAIN", "-1024")];
        assert_eq!(change(&[], &new), "track gain -7.03 dB, r128 album gain -1024; before: none");
    }
}
