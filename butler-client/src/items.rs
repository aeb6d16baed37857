//! The items of a section, as Plex's API has them.

use butler_api::plex::{Container, Metadata, MetadataPage};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// A page of what a section lists: films, shows, artists or photos; and how many there are in all.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let (films, total) = client.items(1, 0, 50).await?;
    /// println!("{} of {total}", films.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such section; else if the server can't be asked or refuses.
    pub async fn items(&self, section: i64, start: u64, size: u32) -> Result<(Vec<Metadata>, u64), Error> {
        let body: Container<MetadataPage> = self
            .get(&["library", "sections", &section.to_string(), "all"])
            .argument("X-Plex-Container-Start", &start.to_string())
            .argument("X-Plex-Container-Size", &size.to_string())
            .send()
            .await?
            .plex("a list of items")?;
        let total = body.inner.total_size.unwrap_or(start + body.inner.metadata.len() as u64);
        Ok((body.inner.metadata, total))
    }

    /// An item with its media, parts and streams.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// println!("{}", client.item(7).await?.title);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item; else if the server can't be asked or refuses.
    pub async fn item(&self, id: i64) -> Result<Metadata, Error> {
        let request = self.get(&["library", "metadata", &id.to_string()]);
        let call = request.call();
        let body: Container<MetadataPage> = request.send().await?.plex("an item")?;
        body.inner.metadata.into_iter().next().ok_or_else(|| Error::Decode {
            call,
            expected: "an item",
            body_start: String::new(),
            source: "the list is empty".into(),
        })
    }

    /// What stands below an item: seasons, episodes, albums, tracks.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for episode in client.children(7).await? {
    ///     println!("{:?}: {}", episode.index, episode.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item; else if the server can't be asked or refuses.
    pub async fn children(&self, id: i64) -> Result<Vec<Metadata>, Error> {
        let body: Container<MetadataPage> = self
            .get(&["library", "metadata", &id.to_string(), "children"])
            .send()
            .await?
            .plex("a list of items")?;
        Ok(body.inner.metadata)
    }
}
