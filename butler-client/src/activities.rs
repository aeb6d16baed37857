//! What a server is busy with, in Plex's words: Butler and a Plex Media Server both answer.

use butler_api::plex::{Activities, Activity, Container};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// What the server is busy with at this moment.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # plex.begin("media.generate.loudness", "Generating loudness data");
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// for activity in client.activities().await? {
    ///     println!("{} ({} %): {}", activity.title, activity.progress, activity.subtitle);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn activities(&self) -> Result<Vec<Activity>, Error> {
        let body: Container<Activities> =
            self.get(&["activities"]).send().await?.plex("a list of activities")?;
        Ok(body.inner.activities)
    }

    /// Ends an activity by its [`Activity::uuid`].
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # plex.begin("library.update.section", "Scanning Films");
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// for activity in client.activities().await? {
    ///     if activity.cancellable {
    ///         client.cancel_activity(&activity.uuid).await?;
    ///     }
    /// }
    /// # assert!(client.activities().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadRequest`] if it can't be cancelled, [`Error::NotFound`] if there is none such; else if the
    /// server can't be asked or refuses.
    pub async fn cancel_activity(&self, uuid: &str) -> Result<(), Error> {
        self.delete(&["activities", uuid]).act().await.map(drop)
    }
}
