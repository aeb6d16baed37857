//! Settings: Butler's own form of them, with all that is known of each; a Plex Media Server has `/:/prefs`
//! only (404 here).

use butler_api::v1::Settings;

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Every setting.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for setting in client.settings().await?.settings {
    ///     println!("{} = {} ({})", setting.id, setting.value, setting.allowed);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn settings(&self) -> Result<Settings, Error> {
        self.get(&["api", "v1", "settings"]).send().await?.json("a list of settings")
    }

    /// Changes settings, all of these or none: id and value, no value for a setting that shall have its
    /// default again. Those that have another value now.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// client.change_settings(&[("ButlerStartHour", Some("1")), ("ButlerEndHour", None)]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadRequest`] if an id or a value is wrong, with what it takes; else if the server can't be
    /// asked or refuses: with status 403 if the server's settings' file fixes one.
    pub async fn change_settings(&self, changes: &[(&str, Option<&str>)]) -> Result<Settings, Error> {
        let request =
            changes.iter().fold(self.put(&["api", "v1", "settings"]), |request, (id, value)| match value {
                Some(value) => request.argument(id, value),
                None => request.argument("reset", id),
            });
        request.send().await?.json("a list of settings")
    }
}
