//! `butler subtitles check`: how far subtitles lie from what is spoken in their film, and a copy that fits.
//! Without a server: the same workers on plain files.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use butler_engine::{Analyst, Product};
use butler_product::srt::{Move, cues, from_utf16, moved};
use butler_product::voice::{Fit, Pace, Voice, fit};
use butler_product::{Spec, Value};
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

    /// Write a copy that fits beside them, named FILE.synced.srt; what is there already stays. Of UTF-16 the
    /// copy is UTF-8
    #[arg(long)]
    write: bool,

    /// Write the copy over one that is there
    #[arg(long, requires = "write")]
    overwrite: bool,
}

/// What was found, for programs.
#[derive(Serialize)]
struct Found {
    subtitles: String,
    film: String,
    /// What their times have to be multiplied by before they are moved; absent where their pace is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<f64>,
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
    let Check { subtitles, film, write, overwrite } = arguments;
    let text = read(subtitles).map_err(|error| {
        let sentence = format!("`{}` can't be read.", subtitles.display());
        Trouble::new(Exit::of_file(&error), sentence).cause(&error)
    })?;
    let text = from_utf16(&text).unwrap_or(text);
    let cues = cues(&text);
    if cues.is_empty() {
        return Err(Trouble::new(Exit::Failed, format!("`{}` has no subtitles.", subtitles.display())).hint(
            "It takes SubRip files (.srt), whose lines of times are `00:01:02,345 --> 00:01:04,000`.",
        ));
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
    let Some(fit) = fit(&cues, &speech(&film)?) else {
        return Err(Trouble::new(Exit::Failed, format!("Nobody speaks in `{}`.", film.display())));
    };
    let Fit { pace, offset } = fit;
    let fits = pace.is_none() && offset.ms.unsigned_abs() <= FITS_MS;
    let written = if *write && offset.is_clear && !fits {
        let by = Move { times: pace.map_or((1, 1), |pace| pace.times), by_ms: offset.ms };
        Some(write_beside(subtitles, &moved(&text, by), *overwrite)?)
    } else {
        None
    };
    if out.json {
        let factor = |Pace { times: (over, under), .. }: Pace| f64::from(over) / f64::from(under);
        json::print(&Found {
            subtitles: subtitles.display().to_string(),
            film: film.display().to_string(),
            pace: pace.map(factor),
            offset_ms: offset.ms,
            share: offset.now,
            moved_share: offset.then,
            is_clear: offset.is_clear,
            written: written.as_ref().map(|path| path.display().to_string()),
        })?;
    } else {
        out.line(told(cues.len(), &fit, fits))?;
        if let Some(path) = written {
            out.line(format_args!("Written: {}", path.display()))?;
        }
    }
    Ok(if offset.is_clear { Exit::Done } else { Exit::Failed })
}

/// What was found, in words.
fn told(count: usize, Fit { pace, offset }: &Fit, fits: bool) -> String {
    let percent = |share: f64| (share * 100.0).round();
    let (now, then) = (percent(offset.now), percent(offset.then));
    let seconds = offset.ms.unsigned_abs() as f64 / 1_000.0;
    let (come, go) = if offset.ms > 0 { ("early", "later") } else { ("late", "earlier") };
    match pace {
        _ if !offset.is_clear => format!(
            "No offset is clearly the right one, nor is another pace: at best {then} % of the time of \
             {count} subtitles falls on speech. Are they of this film and this cut of it?"
        ),
        Some(Pace { made_for, film, .. }) => format!(
            "They run at another pace: they are made for {made_for} pictures a second, and the film has \
             {film}. {now} % of the time of {count} subtitles falls on speech, and {then} % if they run at \
             its pace and come {seconds:.2} s {go}."
        ),
        None if fits => format!("They fit: {now} % of the time of {count} subtitles falls on speech."),
        None => format!(
            "They come {seconds:.2} s too {come}: {now} % of the time of {count} subtitles falls on speech, \
             and {then} % if they come {seconds:.2} s {go}."
        ),
    }
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
    let scratch = tempfile::Builder::new().prefix("butler-subtitles-").tempdir();
    let scratch = scratch.map_err(|error| unread().cause(&error))?;
    let mut analyst = Analyst::new(worker_program::find()?, 1);
    let analysed = analyst
        .analyse(film, &[Spec::Voice], scratch.path(), &mut |_| {})
        .map_err(|error| unread().cause(&error))?;
    let Some((_, result)) = analysed.results.into_iter().next() else { return Err(unread()) };
    match result {
        Ok(Product { file: Some(file), .. }) => {
            let voice = File::open(file).map_err(Into::into).and_then(Voice::read);
            voice.map_err(|error| unread().cause(&error))
        }
        Ok(Product { value: Value::Nothing { why }, .. }) => {
            Err(Trouble::new(Exit::Failed, format!("Nothing can be heard in `{}`: {why}", film.display())))
        }
        Ok(_) => Ok(Voice::default()),
        Err(failure) => Err(unread().hint(failure.sentence)),
    }
}

/// Writes a copy beside subtitles. It has its name only once it is whole and on the disk: what a full disk
/// cut goes with the name that it had meanwhile.
fn write_beside(subtitles: &Path, text: &[u8], overwrite: bool) -> Result<PathBuf, Trouble> {
    let target = subtitles.with_extension("synced.srt");
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut scratch = tempfile::Builder::new()
            .prefix(".")
            .suffix(".part")
            // As any file of the person's is made.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        scratch.write_all(text)?;
        scratch.as_file().sync_all()?;
        let persist = if overwrite { scratch.persist(&target) } else { scratch.persist_noclobber(&target) };
        persist.map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error: io::Error| {
        let trouble =
            Trouble::new(Exit::Failed, format!("`{}` was not written.", target.display())).cause(&error);
        match error.kind() {
            io::ErrorKind::AlreadyExists => trouble.hint("One is there already; --overwrite writes over it."),
            _ => trouble,
        }
    })?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use butler_product::voice::Offset;

    use super::*;

    #[test]
    fn a_copy_is_there_whole_or_not_at_all() {
        let folder = butler_fixtures::tempdir().unwrap();
        let subtitles = folder.path().join("Heat.en.srt");
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap().flatten();
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let copy = write_beside(&subtitles, b"one", false).unwrap();
        assert_eq!(
            (fs::read(&copy).unwrap(), names()),
            (b"one".to_vec(), vec!["Heat.en.synced.srt".to_owned()])
        );
        assert!(write_beside(&subtitles, b"two", false).is_err());
        assert_eq!(
            (fs::read(&copy).unwrap().as_slice(), names().len()),
            (&b"one"[..], 1),
            "nothing is left beside it"
        );
        write_beside(&subtitles, b"two", true).unwrap();
        assert_eq!((fs::read(&copy).unwrap().as_slice(), names().len()), (&b"two"[..], 1));
        assert!(write_beside(&folder.path().join("gone/Heat.srt"), b"", false).is_err());
    }

    #[test]
    fn another_pace_and_none_at_all_are_told() {
        let offset = |is_clear| Offset { ms: 1_500, now: 0.3, then: 0.9, is_clear };
        let pace = Some(Pace { made_for: "25", film: "23.976", times: (25_025, 24_000) });
        assert_eq!(
            told(40, &Fit { pace, offset: offset(true) }, false),
            "They run at another pace: they are made for 25 pictures a second, and the film has 23.976. 30 \
             % of the time of 40 subtitles falls on speech, and 90 % if they run at its pace and come 1.50 s \
             later."
        );
        assert!(told(40, &Fit { pace: None, offset: offset(false) }, false).ends_with("this cut of it?"));
    }

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
