//! Library sections, as Plex's API has them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use butler_api::TaskName;
use butler_api::plex::{Container, Directory, Sections};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::butler::Start;
use crate::client::Client;
use crate::error::Error;

/// A section that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSection {
    /// `movie`, `show`, `artist` or `photo`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its root folders, as the server sees them.
    pub folders: Vec<PathBuf>,
    /// Its language: `en-US`.
    pub language: String,
    /// The metadata agent, which Plex wants to be told and Butler keeps.
    pub agent: String,
    /// The scanner, which Plex wants to be told and Butler keeps.
    pub scanner: String,
    /// Whether it is scanned at once. Plex always does.
    pub scan: bool,
}

impl NewSection {
    /// A section with the agent and scanner that Plex itself proposes for its kind.
    pub fn new(
        kind: impl Into<String>,
        name: impl Into<String>,
        folders: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> Self {
        let kind = kind.into();
        let (agent, scanner) = match kind.as_str() {
            "movie" => ("tv.plex.agents.movie", "Plex Movie"),
            "show" => ("tv.plex.agents.series", "Plex TV Series"),
            "artist" => ("tv.plex.agents.music", "Plex Music"),
            _ => ("com.plexapp.agents.none", "Plex Photo Scanner"),
        };
        let folders = folders.into_iter().map(|folder| folder.as_ref().to_owned()).collect();
        Self {
            name: name.into(),
            folders,
            language: "en-US".into(),
            agent: agent.into(),
            scanner: scanner.into(),
            scan: true,
            kind,
        }
    }
}

/// What shall be different of a section; what is left empty stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionEdit {
    /// Its new name.
    pub name: Option<String>,
    /// All its root folders from now on, as the server sees them; none are meant if there are none.
    pub folders: Vec<PathBuf>,
}

impl SectionEdit {
    /// Nothing is different yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// It shall have this name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// It shall have these root folders and no others.
    #[must_use]
    pub fn folders(mut self, folders: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        self.folders = folders.into_iter().map(|folder| folder.as_ref().to_owned()).collect();
        self
    }
}

impl Client {
    /// The sections.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for section in client.sections().await? {
    ///     println!("{} {} ({})", section.key, section.title, section.kind);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn sections(&self) -> Result<Vec<Directory>, Error> {
        let body: Container<Sections> =
            self.get(&["library", "sections"]).send().await?.plex("a list of sections")?;
        Ok(body.inner.directories)
    }

    /// Adds a section.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let films = butler_client::NewSection::new("movie", "Films", ["/films"]);
    /// println!("section {}", client.add_section(&films).await?.key);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadRequest`] if the server takes no such section; else if it can't be asked or refuses.
    pub async fn add_section(&self, section: &NewSection) -> Result<Directory, Error> {
        let mut request = self
            .post(&["library", "sections"])
            .argument("name", &section.name)
            .argument("type", &section.kind)
            .argument("agent", &section.agent)
            .argument("scanner", &section.scanner)
            .argument("language", &section.language)
            .maybe_argument("scan", (!section.scan).then_some(0));
        for folder in &section.folders {
            request = request.escaped_argument("location", &escape(folder.as_os_str()));
        }
        let body: Container<Sections> = request.send().await?.plex("the new section")?;
        let added = body.inner.directories.into_iter().next();
        match added {
            Some(added) => Ok(added),
            // A server that answers with no section has still made one: the newest of that name.
            None => self.newest_section(&section.name).await,
        }
    }

    /// Changes a section.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// client.edit_section(1, &butler_client::SectionEdit::new().name("Cinema")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section, [`Error::BadRequest`] if the server does not take the
    /// change; else if it can't be asked or refuses.
    pub async fn edit_section(&self, id: i64, edit: &SectionEdit) -> Result<(), Error> {
        let mut request = self.put(&["library", "sections", &id.to_string()]);
        if let Some(name) = &edit.name {
            request = request.argument("name", name);
        }
        for folder in &edit.folders {
            request = request.escaped_argument("location", &escape(folder.as_os_str()));
        }
        request.act().await.map(drop)
    }

    /// Has a section scanned now, or only some files and folders of it.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// client.refresh_section(1, &["/films/Heat (1995)".into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section or a path lies in none of its folders; else if the
    /// server can't be asked or refuses.
    pub async fn refresh_section(&self, id: i64, paths: &[PathBuf]) -> Result<Start, Error> {
        let mut request = self.get(&["library", "sections", &id.to_string(), "refresh"]).starts();
        for path in paths {
            request = request.escaped_argument("path", &escape(path.as_os_str()));
        }
        Ok(Start::read(&TaskName::RefreshLibraries, &request.act().await?))
    }

    /// Removes a section; its files are not touched.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// client.remove_section(1).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section; else if the server can't be asked or refuses.
    pub async fn remove_section(&self, id: i64) -> Result<(), Error> {
        self.delete(&["library", "sections", &id.to_string()]).act().await.map(drop)
    }

    async fn newest_section(&self, name: &str) -> Result<Directory, Error> {
        let request = self.get(&["library", "sections"]);
        let call = request.call();
        let body: Container<Sections> = request.send().await?.plex("a list of sections")?;
        let named = body.inner.directories.into_iter().filter(|section| section.title == name);
        named.max_by_key(|section| section.key.parse::<i64>().unwrap_or(0)).ok_or_else(|| Error::Decode {
            call,
            expected: "a list with the new section",
            body_start: String::new(),
            source: format!("no section is named `{name}`").into(),
        })
    }
}

/// A path for the query, byte by byte: a folder's name need not be UTF-8.
pub(crate) fn escape(path: &OsStr) -> String {
    percent_encode(path.as_encoded_bytes(), NON_ALPHANUMERIC).to_string()
}
