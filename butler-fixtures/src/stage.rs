//! One test's world: a folder of its own with a library, and a data folder beside it, over which servers run.
//!
//! Never outlives its test, however that ends: the folder goes when the stage does, or with the test's
//! process.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::{Film, Folders, Server, Studio, age, tempdir};

/// A library, a studio to fill it from, and a place for a server's data.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    executable: PathBuf,
    studio: Studio,
    /// The library's folders.
    pub folders: Folders,
}

impl Stage {
    /// Begins an empty world. `executable` is a test's `env!("CARGO_BIN_EXE_butler")`; films are kept below
    /// `kept`, its `env!("CARGO_TARGET_TMPDIR")`, from one test to the next.
    pub fn new(executable: &str, kept: &str) -> Result<Self> {
        let folder = tempdir()?;
        let folders = Folders::new(&folder.path().join("media"));
        let studio = Studio::open(&Path::new(kept).join("films"))?;
        Ok(Self { executable: PathBuf::from(executable), studio, folders, folder })
    }

    /// Makes films and puts them among the movies, each by its name: `Heat (1995)`. Gives their paths there.
    pub fn add_movies(&self, movies: &[(String, Film)]) -> Result<Vec<PathBuf>> {
        let films: Vec<Film> = movies.iter().map(|(_, film)| film.clone()).collect();
        let made = self.studio.films(&films)?;
        movies.iter().zip(made).map(|((name, _), path)| self.folders.add_movie(name, &path)).collect()
    }

    /// Makes a film and puts it among the shows. Gives its path there.
    pub fn add_episode(
        &self,
        show: &str,
        season: u32,
        episode: u32,
        title: &str,
        film: &Film,
    ) -> Result<PathBuf> {
        let path = self.folders.episode(show, season, episode, title, film.extension())?;
        std::fs::copy(self.studio.film(film)?, &path)?;
        age(&path)?;
        Ok(path)
    }

    /// A finished film, to be copied.
    pub fn film(&self, film: &Film) -> Result<PathBuf> {
        self.studio.film(film)
    }

    /// Where a server's data are.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where else a test may put files.
    pub fn spare_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a server over the data folder.
    pub fn server(&self) -> Result<Server> {
        Server::start(&self.executable, &self.data_dir())
    }

    /// Starts a server over the data folder that takes a worker or folder for hung after two seconds without
    /// a sign of it.
    pub fn impatient_server(&self) -> Result<Server> {
        Server::start_with(&self.executable, &self.data_dir(), &["--patience", "2"])
    }

    /// Starts a server over the data folder in a time zone, by a driven clock that begins at this moment; see
    /// [`Server::start_at`].
    pub fn server_at(&self, at: &str, zone: &str) -> Result<Server> {
        Server::start_at(&self.executable, &self.data_dir(), at, zone, &[])
    }

    /// Starts a server over the data folder by a command that is changed; see [`Server::start_by`].
    pub fn server_by(&self, change: impl FnOnce(&mut Command)) -> Result<Server> {
        Server::start_by(&self.executable, &self.data_dir(), change)
    }

    /// As [`Self::server_at`], with stand-ins for kinds of tasks of which the catalogue has none yet.
    pub fn server_with_stand_ins_at(&self, at: &str, zone: &str) -> Result<Server> {
        Server::start_at(&self.executable, &self.data_dir(), at, zone, &["--stand-ins"])
    }

    /// Starts a server over another data folder of this stage.
    pub fn server_over(&self, data: &str) -> Result<Server> {
        Server::start(&self.executable, &self.folder.path().join(data))
    }
}
