//! The dry run of a scan: Butler's own, a Plex Media Server has none (404).

use std::path::Path;

use butler_api::v1::Check;

use crate::client::Client;
use crate::error::Error;
use crate::sections::escape;

impl Client {
    /// What a folder, as the server sees it, would become as a section of a type, or of the type that it
    /// looks like.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if no section may have the folder, or its type is neither said nor clear; else
    /// if the server can't be asked or refuses.
    pub async fn check_folder(&self, folder: &Path, kind: Option<&str>) -> Result<Check, Error> {
        self.get(&["api", "v1", "sections", "check"])
            .maybe_argument("type", kind)
            .escaped_argument("folder", &escape(folder.as_os_str()))
            .send()
            .await?
            .json("what a folder would become")
    }
}
