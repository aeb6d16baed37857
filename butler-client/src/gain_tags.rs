//! Gains in the tags of music files: Butler's own, a Plex Media Server has none of it (404).

use std::time::Duration;

use butler_api::v1::{TagsStep, WrittenTags};

use crate::client::Client;
use crate::error::Error;

/// A step ends with an album, which may be large and lie on a slow disk.
const STEP_WITHIN: Duration = Duration::from_secs(30 * 60);

impl Client {
    /// A page of the music files of a section whose gain tags Butler wrote; `after` is the `next` of the page
    /// before, or 0.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for file in client.written_tags(1, 0).await?.files {
    ///     println!("{}", file.file);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section; else if the server can't be asked or refuses.
    pub async fn written_tags(&self, section: i64, after: i64) -> Result<WrittenTags, Error> {
        self.get(&["api", "v1", "sections", &section.to_string(), "tags"])
            .maybe_argument("after", (after > 0).then_some(after))
            .send()
            .await?
            .json("a list of files")
    }

    /// Switches on or off whether gains are written into the music files of a section.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// client.set_writes_tags(1, true).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section, [`Error::BadRequest`] if it is none of music; else if
    /// the server can't be asked or refuses.
    pub async fn set_writes_tags(&self, section: i64, on: bool) -> Result<(), Error> {
        self.put(&["library", "sections", &section.to_string(), "prefs"])
            .argument("writeGainTags", if on { "1" } else { "0" })
            .act()
            .await
            .map(drop)
    }

    /// Writes gains into the next music files of a section, or with `dry_run` shows what would be written;
    /// `after` is the `next` of the step before, or 0.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let mut after = Some(0);
    /// while let Some(from) = after {
    ///     let step = client.write_tags(1, from, true).await?;
    ///     println!("{} would be written, or left alone", step.files.len());
    ///     after = step.next;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section, [`Error::Status`] (409) if its setting is off or it
    /// is none of music; else if the server can't be asked or refuses.
    pub async fn write_tags(&self, section: i64, after: i64, dry_run: bool) -> Result<TagsStep, Error> {
        self.tags_step("write", section, after, dry_run).await
    }

    /// Takes back what was written into the next music files of a section, or with `dry_run` shows it.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for file in client.undo_tags(1, 0, false).await?.files {
    ///     println!("{}: {}", file.file, file.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::write_tags`].
    pub async fn undo_tags(&self, section: i64, after: i64, dry_run: bool) -> Result<TagsStep, Error> {
        self.tags_step("undo", section, after, dry_run).await
    }

    async fn tags_step(&self, way: &str, section: i64, after: i64, dry_run: bool) -> Result<TagsStep, Error> {
        self.post(&["api", "v1", "sections", &section.to_string(), "tags", way])
            .maybe_argument("after", (after > 0).then_some(after))
            .maybe_argument("dry_run", dry_run.then_some(1))
            .within(STEP_WITHIN)
            .send()
            .await?
            .json("what became of the files")
    }
}
