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
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// use std::path::Path;
    ///
    /// let check = client.check_folder(Path::new("/films"), Some("movie")).await?;
    /// println!("{} files become {} films", check.counts.files, check.counts.movies);
    /// # Ok(())
    /// # }
    /// ```
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
