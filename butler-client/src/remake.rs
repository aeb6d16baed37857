//! Products made anew on purpose: Butler's own, a Plex Media Server has none of it (404).

use std::path::PathBuf;

use butler_api::v1::Remade;

use crate::client::Client;
use crate::error::Error;
use crate::sections::escape;

/// Of which files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemakeOf {
    /// Those of an item, and of all below it.
    Item(i64),
    /// The file at this whole path.
    File(PathBuf),
    /// All of a section.
    Section(i64),
}

impl Client {
    /// Has products made anew by the next runs of their tasks: of these kinds (none: of all), or with
    /// `missing_only` only what is not there because it failed or was lost.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let of = butler_client::RemakeOf::Section(1);
    /// println!("{}", client.remake(&of, &["bif".into()], false).await?.message);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item, file or section, [`Error::BadRequest`] if there is no
    /// such kind; else if the server can't be asked or refuses.
    pub async fn remake(&self, of: &RemakeOf, kinds: &[String], missing_only: bool) -> Result<Remade, Error> {
        self.ask_to_remake(of, kinds, missing_only, false).await
    }

    /// As [`Client::remake`], and starts the tasks that make them, of these files only: whatever day, switch
    /// and window say.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let of = butler_client::RemakeOf::Item(7);
    /// for started in client.remake_now(&of, &[], true).await?.started {
    ///     println!("{}: {}", started.task, started.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::remake`].
    pub async fn remake_now(
        &self,
        of: &RemakeOf,
        kinds: &[String],
        missing_only: bool,
    ) -> Result<Remade, Error> {
        self.ask_to_remake(of, kinds, missing_only, true).await
    }

    async fn ask_to_remake(
        &self,
        of: &RemakeOf,
        kinds: &[String],
        missing_only: bool,
        now: bool,
    ) -> Result<Remade, Error> {
        let request = self
            .post(&["api", "v1", "remake"])
            .maybe_argument("products", (!kinds.is_empty()).then(|| kinds.join(",")))
            .maybe_argument("missing", missing_only.then_some(1))
            .maybe_argument("now", now.then_some(1));
        let request = match of {
            RemakeOf::Item(id) => request.argument("item", &id.to_string()),
            RemakeOf::File(path) => request.escaped_argument("file", &escape(path.as_os_str())),
            RemakeOf::Section(id) => request.argument("section", &id.to_string()),
        };
        request.send().await?.json("what is made anew")
    }
}
