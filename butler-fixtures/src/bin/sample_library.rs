//! `sample-library DIR` makes the small library that `./run` shows a newcomer: real films in several codecs
//! and containers, a season whose episodes share an intro, an album and photos.
//!
//! Never touches a file that is there already: a second run does nothing, one that was cut short goes on.
//!
//! Start with [`pieces`], the list of what is made.
#![expect(clippy::print_stdout, reason = "a command that says what it does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use butler_fixtures::{Codec, Container, Film, Folders, Picture, Sound, Tune, age, photo};

/// How many pieces are made at a time.
const HANDS: usize = 2;

enum Piece {
    Film(Film),
    Tune(Tune),
    Photo(Picture, u32),
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        println!("Say where: sample-library FOLDER");
        return ExitCode::from(2);
    };
    match make(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("The sample library was not made: {error:#}.");
            ExitCode::FAILURE
        }
    }
}

fn make(root: &Path) -> Result<()> {
    let missing: Vec<_> =
        pieces(&Folders::new(root))?.into_iter().filter(|(path, _)| !path.exists()).collect();
    if missing.is_empty() {
        println!("The sample library is there already: {}", root.display());
        return Ok(());
    }
    let (next, made) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || -> Result<()> {
        while let Some((path, piece)) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
            make_piece(root, path, piece).with_context(|| format!("`{}`", path.display()))?;
            let count = made.fetch_add(1, Ordering::Relaxed) + 1;
            println!("  [{count:2}/{}] {}", missing.len(), path.strip_prefix(root).unwrap_or(path).display());
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(work)).collect();
        for hand in hands {
            let Ok(done) = hand.join() else { bail!("a maker panicked") };
            done?;
        }
        Ok(())
    })
}

/// Makes one piece under a hidden name and gives it its own when it is whole.
fn make_piece(root: &Path, path: &Path, piece: &Piece) -> Result<()> {
    let name = path.file_name().context("a piece has no name")?.to_string_lossy();
    let staging = root.join(format!(".being-made-{name}"));
    match piece {
        Piece::Film(film) => film.make(&staging)?,
        Piece::Tune(tune) => tune.make(&staging)?,
        Piece::Photo(picture, seed) => photo(&staging, *picture, 1600, 1064, *seed)?,
    }
    age(&staging)?;
    Ok(fs::rename(&staging, path)?)
}

/// Everything in the library, what takes longest first.
fn pieces(folders: &Folders) -> Result<Vec<(PathBuf, Piece)>> {
    let mut pieces = Vec::new();
    for (name, film) in movies() {
        pieces.push((folders.movie(name, film.extension())?, Piece::Film(film)));
    }
    for (episode, (title, picture)) in (1..).zip(EPISODES) {
        let film =
            Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(50).sound(Sound::Aac).chapters(3);
        let film = film.intro(15).picture(picture).seed(300 + episode);
        pieces.push((
            folders.episode("The Long Field", 1, episode, title, film.extension())?,
            Piece::Film(film),
        ));
    }
    for (track, (title, sound)) in (1..).zip(TRACKS) {
        let tags = [
            ("title", title),
            ("artist", ARTIST),
            ("album_artist", ARTIST),
            ("album", ALBUM),
            ("date", "2022"),
        ];
        let mut tags: Vec<_> = tags.map(|(tag, value)| (tag.to_owned(), value.to_owned())).into();
        tags.push(("track".to_owned(), track.to_string()));
        let tune = Tune { sound, seconds: 40, seed: 500 + track, tags };
        pieces.push((folders.track(ARTIST, ALBUM, track, title, sound.extension())?, Piece::Tune(tune)));
    }
    for (seed, (name, picture)) in (700..).zip(PHOTOS) {
        pieces.push((folders.photo("Patterns", name)?, Piece::Photo(picture, seed)));
    }
    Ok(pieces)
}

/// The films: a codec and a container each, and what is odd about one.
fn movies() -> [(&'static str, Film); 7] {
    let wide = |codec, container| Film::new(codec, container).size(640, 360).seconds(60);
    [
        (
            "The Descent Within (2019)",
            wide(Codec::H264, Container::Mkv)
                .seconds(40)
                .picture(Picture::Mandelbrot)
                .sound(Sound::Aac)
                .chapters(5),
        ),
        (
            "Slow Light (2021)",
            wide(Codec::Hevc, Container::Mp4)
                .seconds(30)
                .picture(Picture::Gradients)
                .sound(Sound::Aac)
                .seed(7),
        ),
        ("Signal to Noise (2023)", wide(Codec::Av1, Container::Mkv).seconds(30).sound(Sound::Opus).seed(60)),
        (
            "Small Lives (2018)",
            wide(Codec::Vp9, Container::Webm).seconds(30).picture(Picture::Life).sound(Sound::Opus).seed(11),
        ),
        ("The Test Card (1985)", wide(Codec::Mpeg2, Container::Ts).seconds(45).sound(Sound::Mp2).seed(120)),
        (
            "Rule 110 (1999)",
            wide(Codec::Mpeg4, Container::Avi).picture(Picture::Automaton).sound(Sound::Mp3).seed(3),
        ),
        (
            "Held Upright (2024)",
            wide(Codec::H264, Container::Mov).picture(Picture::Carpet).seconds(30).rotation(90).seed(5),
        ),
    ]
}

const EPISODES: [(&str, Picture); 3] =
    [("Dawn", Picture::Life), ("Noon", Picture::TestCard), ("Dusk", Picture::Automaton)];

const ARTIST: &str = "The Oscillators";
const ALBUM: &str = "Five Notes";
const TRACKS: [(&str, Sound); 3] = [("Rise", Sound::Flac), ("Turn", Sound::Mp3), ("Fall", Sound::Opus)];

const PHOTOS: [(&str, Picture); 4] = [
    ("Colours", Picture::Gradients),
    ("Colony", Picture::Life),
    ("Carpet", Picture::Carpet),
    ("Coast", Picture::Mandelbrot),
];
