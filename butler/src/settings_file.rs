//! The settings' file: where it lies, and that it is read again when the system's SIGHUP asks for it. What it
//! may say is the settings' table's business.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use butler_engine::{Handle, SettingsFile};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;
use crate::print::error::Trouble;

/// Its name in the data folder.
const NAME: &str = "butler.toml";

/// The file that is meant: the one given, which must be there then, else the data folder's, if there is one.
pub(crate) struct Place {
    path: PathBuf,
    must_be_there: bool,
}

impl Place {
    pub(crate) fn choose(given: Option<&Path>, data_folder: &Path) -> Self {
        match given.filter(|given| !given.as_os_str().is_empty()) {
            Some(given) => Self { path: given.to_owned(), must_be_there: true },
            None => Self { path: data_folder.join(NAME), must_be_there: false },
        }
    }

    /// Reads it.
    pub(crate) fn read(&self) -> Result<SettingsFile, Trouble> {
        let shown = self.path.display();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.must_be_there => {
                return Ok(SettingsFile::default());
            }
            Err(error) => {
                return Err(Trouble::new(
                    Exit::Failed,
                    format!("The settings' file `{shown}` can't be read."),
                )
                .cause(&error));
            }
        };
        SettingsFile::read(&self.path, &text).map_err(|error| {
            let trouble =
                Trouble::new(Exit::Failed, format!("The settings' file `{shown}` can't be taken as it is."))
                    .cause(&error);
            trouble.hint("Mend that line; docs/settings.md lists every setting.")
        })
    }

    /// Reads it again at each SIGHUP, for ever. One that can't be taken changes nothing.
    pub(crate) async fn follow(self, handle: Handle, mut asked: Signal) {
        while asked.recv().await.is_some() {
            match self.read() {
                Ok(file) => match handle.take_settings_file(file).await {
                    Ok(ids) => {
                        tracing::info!(file = %self.path.display(), changed = ids.join(", "), "the settings' file was read again")
                    }
                    Err(_) => return,
                },
                Err(trouble) => tracing::error!("{} The settings stay as they are.", trouble.on_one_line()),
            }
        }
    }
}

/// The signal that asks for the file to be read again. On a terminal it means that the terminal is gone, and
/// ends the server as ever.
pub(crate) fn asked() -> io::Result<Option<Signal>> {
    if io::stdin().is_terminal() { Ok(None) } else { signal(SignalKind::hangup()).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_must_be_there_and_the_data_folders_need_not() {
        let folder = butler_fixtures::tempdir().unwrap();
        assert_eq!(Place::choose(None, folder.path()).read(), Ok(SettingsFile::default()));
        assert_eq!(Place::choose(Some(Path::new("")), folder.path()).read(), Ok(SettingsFile::default()));
        let missing = folder.path().join("other.toml");
        assert!(Place::choose(Some(&missing), folder.path()).read().is_err());
    }
}
