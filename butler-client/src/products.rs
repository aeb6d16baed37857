//! What was made of an item's files: Butler's own, a Plex Media Server has none (404).

use butler_api::v1::{Bandwidth, Products};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// What was made of an item's files.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item; else if the server can't be asked or refuses.
    pub async fn products(&self, item: i64) -> Result<Products, Error> {
        self.get(&["api", "v1", "items", &item.to_string(), "products"]).send().await?.json("a list of products")
    }

    /// What a file needs of a network, in steps of so many seconds (1 to 3,600), and where its key frames are.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such part or this was not found out of it yet; else if the server can't be asked or refuses.
    pub async fn bandwidth(&self, part: i64, step_seconds: u32) -> Result<Bandwidth, Error> {
        self.get(&["api", "v1", "parts", &part.to_string(), "bandwidth"])
            .argument("step", &step_seconds.to_string())
            .send()
            .await?
            .json("a file's bandwidth")
    }
}
