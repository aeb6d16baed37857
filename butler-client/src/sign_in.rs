//! The way to the pages for people: Butler's own, a Plex Media Server has none (404).

use butler_api::v1::SignIn;

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Asks for an address that opens the pages signed in, once and for some minutes.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn sign_in(&self) -> Result<SignIn, Error> {
        self.post(&["api", "v1", "sign-in"]).send().await?.json("an address of pages")
    }
}
