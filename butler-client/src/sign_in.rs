//! The way to the pages for people: Butler's own, a Plex Media Server has none (404).

use butler_api::v1::SignIn;

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Asks for an address that opens the pages signed in, once and for some minutes.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let sign_in = client.sign_in().await?;
    /// println!("{}{}", client.url().trim_end_matches('/'), sign_in.path);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn sign_in(&self) -> Result<SignIn, Error> {
        self.post(&["api", "v1", "sign-in"]).send().await?.json("an address of pages")
    }
}
