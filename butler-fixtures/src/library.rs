//! Folders as people keep them: films, a season, an album, photos.
//!
//! Never talks to a server. Every file it puts down was last changed an hour before its source was: a scan
//! waits for files that are younger than ten seconds, and a test must not.
//!
//! Start with [`Folders::new`].

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// A tree with the folders `Movies`, `Shows`, `Music` and `Photos`, each made when its first file comes.
#[derive(Debug, Clone)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Begins a tree below `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder above all of them.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the films.
    pub fn movies(&self) -> PathBuf {
        self.root.join("Movies")
    }

    /// The folder of the shows.
    pub fn shows(&self) -> PathBuf {
        self.root.join("Shows")
    }

    /// The folder of the music.
    pub fn music(&self) -> PathBuf {
        self.root.join("Music")
    }

    /// The folder of the photos.
    pub fn photos(&self) -> PathBuf {
        self.root.join("Photos")
    }

    /// Where a film lies: `Movies/Heat (1995)/Heat (1995).mkv` for the name `Heat (1995)`. Its folder is
    /// made.
    pub fn movie(&self, name: &str, extension: &str) -> Result<PathBuf> {
        place(self.movies().join(name).join(format!("{name}.{extension}")))
    }

    /// Where an episode lies: `Shows/The Wire/Season 01/The Wire - S01E02 - The Detail.mkv`. Its folder is
    /// made.
    pub fn episode(
        &self,
        show: &str,
        season: u32,
        episode: u32,
        title: &str,
        extension: &str,
    ) -> Result<PathBuf> {
        let file = format!("{show} - S{season:02}E{episode:02} - {title}.{extension}");
        place(self.shows().join(show).join(format!("Season {season:02}")).join(file))
    }

    /// Where a track lies: `Music/Can/Future Days/03 - Moonshake.flac`. Its folder is made.
    pub fn track(
        &self,
        artist: &str,
        album: &str,
        track: u32,
        title: &str,
        extension: &str,
    ) -> Result<PathBuf> {
        place(self.music().join(artist).join(album).join(format!("{track:02} - {title}.{extension}")))
    }

    /// Where a photo lies: `Photos/Summer/Beach.jpg`. Its folder is made.
    pub fn photo(&self, album: &str, name: &str) -> Result<PathBuf> {
        place(self.photos().join(album).join(format!("{name}.jpg")))
    }

    /// Puts a copy of a finished film among the films, by its name: `Heat (1995)`.
    pub fn add_movie(&self, name: &str, film: &Path) -> Result<PathBuf> {
        let extension = film.extension().and_then(|extension| extension.to_str()).unwrap_or("mkv");
        let path = self.movie(name, extension)?;
        fs::copy(film, &path).with_context(|| format!("could not copy `{}`", film.display()))?;
        age(&path)?;
        Ok(path)
    }

    /// Puts a file of any bytes among the films, by its file name below `Movies`.
    pub fn add_bytes(&self, file: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = place(self.movies().join(file))?;
        fs::write(&path, bytes)?;
        age(&path)?;
        Ok(path)
    }
}

/// Sets a file's time of change an hour back, so that a scan takes it as settled.
pub fn age(path: &Path) -> Result<()> {
    let file = File::options().write(true).open(path)?;
    let changed = file.metadata()?.modified()?;
    file.set_modified(changed - Duration::from_secs(3600))
        .with_context(|| format!("could not age `{}`", path.display()))
}

fn place(path: PathBuf) -> Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    }
    Ok(path)
}
