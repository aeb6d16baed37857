//! `butler subtitles check`: how far subtitles lie from what is spoken in their film, and a copy that fits.
//! Without a server: the same workers on plain files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use butler_engine::{Analyst, Product};
use butler_product::Spec;
use butler_product::srt::{Cue, cues, moved};
use butler_product::voice::{Offset, Voice, offset};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, json};
use crate::worker_program;

/// Larger files are no subtitles.
const MOST_BYTES: u64 = 64 << 20;
/// What films are called, by the ends of their names.
const FILMS: [&str; 10] = ["mkv", "mp4", "m4v", "avi", "mov", "ts", "m2ts", "webm", "mpg", "wmv"];
/// Subtitles that are so near are as they should be, milliseconds.
const FITS_MS: u64 = 200;

/// Hold subtitles against what is spoken in their film, without a server
#[derive(Subcommand)]
pub(crate) enum Action {
    /// Tell by how much subtitles come too early or too late
    Check(Check),
}

#[derive(Args)]
pub(crate) struct Check {
    /// The subtitles, a SubRip file
    #[arg(value_name = "FILE.srt")]
    subtitles: PathBuf,

    /// Their film [default: the one beside them whose name they have]
    #[arg(long, value_name = "FILM")]
    film: Option<PathBuf>,

    /// Write a copy that fits beside them, named FILE.synced.srt; what is there already stays
    #[arg(long)]
    write: bool,
}

/// What was found, for programs.
#[derive(Serialize)]
struct Found {
    subtitles: String,
    film: String,
    /// By so much they have to be moved, milliseconds: later if it is above 0.
    offset_ms: i64,
    /// The share of their time that falls on speech, and the share that would.
    share: f64,
    moved_share: f64,
    /// Whether no other offset is nearly as good.
    is_clear: bool,
    /// The copy that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<String>,
}

pub(crate) fn run(action: Action, out: Out) -> Result<Exit, Trouble> {
    match action {
        Action::Check(arguments) => check(&arguments, out),
    }
}

fn check(arguments: &Check, out: Out) -> Result<Exit, Trouble> {
    let Check { subtitles, film, write } = arguments;
    let text = read(subtitles).map_err(|error| {
        let sentence = format!("`{}` can't be read.", subtitles.display());
        Trouble::new(Exit::of_file(&error), sentence).cause(&error)
    })?;
    let cues = cues(&text);
    if cues.is_empty() {
        return Err(Trouble::new(Exit::Failed, format!("`{}` has no subtitles.", subtitles.display()))
            .hint("It takes SubRip files (.srt) whose characters are bytes: no UTF-16."));
    }
    let film = match film {
        Some(film) => film.clone(),
        None => film_of(subtitles).ok_or_else(|| {
            Trouble::new(Exit::NotThere, format!("There is no film beside `{}`.", subtitles.display()))
                .hint("Name it with --film.")
        })?,
    };
    butler_library::open_regular(&film).map_err(|error| {
        Trouble::new(Exit::of_file(&error), format!("`{}` can't be read.", film.display())).cause(&error)
    })?;
    let Some(offset) = offset(&cues, &speech(&film)?) else {
        return Err(Trouble::new(Exit::Failed, format!("Nobody speaks in `{}`.", film.display())));
    };
    let fits = offset.ms.unsigned_abs() <= FITS_MS;
    let written = if *write && offset.is_clear && !fits {
        Some(write_moved(subtitles, &text, offset.ms)?)
    } else {
        None
    };
    if out.json {
        json::print(&Found {
            subtitles: subtitles.display().to_string(),
            film: film.display().to_string(),
            offset_ms: offset.ms,
            share: offset.now,
            moved_share: offset.then,
            is_clear: offset.is_clear,
            written: written.as_ref().map(|path| path.display().to_string()),
        })?;
    } else {
        show(&cues, &offset, fits, written.as_deref(), out)?;
    }
    Ok(if offset.is_clear { Exit::Done } else { Exit::Failed })
}

fn show(cues: &[Cue], offset: &Offset, fits: bool, written: Option<&Path>, out: Out) -> Result<(), Trouble> {
    let percent = |share: f64| (share * 100.0).round();
    let seconds = offset.ms.unsigned_abs() as f64 / 1_000.0;
    let count = cues.len();
    if !offset.is_clear {
        out.line(format_args!(
            "No offset is clearly the right one: at best {} % of the time of {count} subtitles falls on speech.",
            percent(offset.then)
        ))?;
    } else if fits {
        out.line(format_args!(
            "They fit: {} % of the time of {count} subtitles falls on speech.",
            percent(offset.now)
        ))?;
    } else {
        let (come, go) = if offset.ms > 0 { ("early", "later") } else { ("late", "earlier") };
        out.line(format_args!(
            "They come {seconds:.2} s too {come}: {} % of the time of {count} subtitles falls on speech, and {} % if \
             they come {seconds:.2} s {go}.",
            percent(offset.now),
            percent(offset.then)
        ))?;
    }
    if let Some(path) = written {
        out.line(format_args!("Written: {}", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = butler_library::open_regular(path)?;
    if file.metadata()?.len() > MOST_BYTES {
        return Err(io::Error::other("it is too large for subtitles"));
    }
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, MOST_BYTES), &mut text)?;
    Ok(text)
}

/// The film beside subtitles: `Film.en.forced.srt` are those of `Film.mkv`.
fn film_of(subtitles: &Path) -> Option<PathBuf> {
    let mut name = subtitles.with_extension("");
    loop {
        let stem = name.file_name()?.to_owned();
        let beside = FILMS.iter().map(|end| {
            let mut file = stem.clone();
            file.push(".");
            file.push(end);
            name.with_file_name(file)
        });
        if let Some(film) = beside.into_iter().find(|film| film.is_file()) {
            return Some(film);
        }
        // One word less: a language, `forced`, `sdh`.
        name.extension()?;
        name.set_extension("");
    }
}

/// Where somebody speaks in a film.
fn speech(film: &Path) -> Result<Voice, Trouble> {
    let unread = || Trouble::new(Exit::Failed, format!("`{}` was not analysed.", film.display()));
    let scratch = Scratch::new().map_err(|error| unread().cause(&error))?;
    let mut analyst = Analyst::new(worker_program::find()?, 1);
    let analysed = analyst
        .analyse(film, &[Spec::Voice], &scratch.0, &mut |_| {})
        .map_err(|error| unread().cause(&error))?;
    let Some((_, result)) = analysed.results.into_iter().next() else { return Err(unread()) };
    match result {
        Ok(Product { file: Some(file), .. }) => {
            let voice = File::open(file).map_err(Into::into).and_then(Voice::read);
            voice.map_err(|error| unread().cause(&error))
        }
        Ok(_) => Ok(Voice::default()),
        Err(failure) => Err(unread().hint(failure.sentence)),
    }
}

fn write_moved(subtitles: &Path, text: &[u8], by_ms: i64) -> Result<PathBuf, Trouble> {
    let target = subtitles.with_extension("synced.srt");
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&target)
        .and_then(|mut file| file.write_all(&moved(text, by_ms)).and_then(|()| file.sync_all()));
    written.map_err(|error| {
        Trouble::new(Exit::Failed, format!("`{}` was not written.", target.display())).cause(&error)
    })?;
    Ok(target)
}

/// A folder for what is needed no longer than the command lasts.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let name = format!("butler-subtitles-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed does no harm there.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_is_found_by_the_name_before_languages_and_marks() {
        let folder = butler_fixtures::tempdir().unwrap();
        let film = folder.path().join("Dr. Who (1963).mkv");
        fs::write(&film, "").unwrap();
        for name in ["Dr. Who (1963).srt", "Dr. Who (1963).en.srt", "Dr. Who (1963).en.sdh.forced.srt"] {
            assert_eq!(film_of(&folder.path().join(name)), Some(film.clone()), "{name}");
        }
        assert_eq!(film_of(&folder.path().join("Heat (1995).en.srt")), None);
    }
}
