//! What was made of an item's files: Butler's own, a Plex Media Server has none (404).

use std::path::Path;

use butler_api::v1::{Bandwidth, ItemFile, ItemFiles, Products};

use crate::client::Client;
use crate::error::Error;
use crate::sections::escape;

/// How a BIF begins.
const BIF: &[u8] = b"\x89BIF\r\n\x1a\n";

impl Client {
    /// What was made of an item's files.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for product in client.products(7).await?.products {
    ///     println!("{} of {}", product.product, product.file);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item; else if the server can't be asked or refuses.
    pub async fn products(&self, item: i64) -> Result<Products, Error> {
        self.get(&["api", "v1", "items", &item.to_string(), "products"])
            .send()
            .await?
            .json("a list of products")
    }

    /// A page of the files whose content lacks a product (`bif`), of one section or of all, with their items:
    /// those behind a part's file, which the page before ended with (none: from the first on). So the whole
    /// list is read once and in order, whatever is made meanwhile.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let mut after = None;
    /// loop {
    ///     let page = client.files_lacking("bif", Some(1), after, 100).await?;
    ///     page.files.iter().for_each(|file| println!("{} ({})", file.file, file.title));
    ///     after = page.files.last().map(|file| file.part);
    ///     if page.files.len() < 100 {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadRequest`] if there is no such product, [`Error::NotFound`] if there is no such section;
    /// else if the server can't be asked or refuses.
    pub async fn files_lacking(
        &self,
        product: &str,
        section: Option<i64>,
        after: Option<i64>,
        size: u32,
    ) -> Result<ItemFiles, Error> {
        self.get(&["api", "v1", "items"])
            .argument("lacking", product)
            .maybe_argument("section", section)
            .maybe_argument("after", after)
            .argument("size", &size.to_string())
            .send()
            .await?
            .json("a list of files")
    }

    /// The file at a path, as the server sees it, with its item; none if no section has it.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// use std::path::Path;
    ///
    /// if let Some(file) = client.file_at(Path::new("/films/Heat.mkv")).await? {
    ///     println!("item {}: {}", file.item, file.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn file_at(&self, path: &Path) -> Result<Option<ItemFile>, Error> {
        let request = self.get(&["api", "v1", "items"]).escaped_argument("file", &escape(path.as_os_str()));
        let found: ItemFiles = request.send().await?.json("a list of files")?;
        Ok(found.files.into_iter().next())
    }

    /// The preview thumbnails of a file: a BIF.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// println!("{} bytes", client.preview(1).await?.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such part or it has none; else if the server can't be asked or
    /// refuses.
    pub async fn preview(&self, part: i64) -> Result<Vec<u8>, Error> {
        let answer = self.get(&["library", "parts", &part.to_string(), "indexes", "sd"]).send().await?;
        answer.bytes("preview thumbnails", BIF)
    }

    /// What a file needs of a network, in steps of so many seconds (1 to 3,600), and where its key frames
    /// are.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let bandwidth = client.bandwidth(1, 10).await?;
    /// println!("{} bit/s at its peak", bandwidth.total.peak);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such part or this was not found out of it yet; else if the server
    /// can't be asked or refuses.
    pub async fn bandwidth(&self, part: i64, step_seconds: u32) -> Result<Bandwidth, Error> {
        self.get(&["api", "v1", "parts", &part.to_string(), "bandwidth"])
            .argument("step", &step_seconds.to_string())
            .send()
            .await?
            .json("a file's bandwidth")
    }
}
