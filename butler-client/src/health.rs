//! Health: Butler's own, and it needs no token.

use butler_api::v1::Health;

use crate::client::Client;
use crate::error::Error;

/// The status that a server which can't work may give along with its health.
const UNAVAILABLE: u16 = 503;

impl Client {
    /// Whether the server can do its work.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let health = client.health().await?;
    /// println!("{} ({})", health.status, health.version);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or its answer isn't that of a Butler.
    pub async fn health(&self) -> Result<Health, Error> {
        self.get(&["healthz"]).send_also(Some(UNAVAILABLE)).await?.json("a server's health")
    }
}
