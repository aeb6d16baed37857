//! Failures: Butler's own, a Plex Media Server has none (404).

use butler_api::v1::{FailureSummary, Failures, Retried};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// The failures behind a mark, which the page before gave as [`Failures::next`] (none: from the newest
    /// on), at most `size`. So the whole list is read once and in order, whatever fails meanwhile.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let mut mark = None;
    /// loop {
    ///     let page = client.failures_behind(mark.as_deref(), 100).await?;
    ///     page.failures.iter().for_each(|failure| println!("{}", failure.error));
    ///     mark = page.next;
    ///     if mark.is_none() {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn failures_behind(&self, mark: Option<&str>, size: u32) -> Result<Failures, Error> {
        self.get(&["api", "v1", "failures"])
            .maybe_argument("before", mark)
            .argument("size", &size.to_string())
            .send()
            .await?
            .json("a list of failures")
    }

    /// The failures that stand, counted by product and sentence.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for group in client.failure_summary().await?.groups {
    ///     println!("{} times {}: {}", group.failures, group.product, group.error);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn failure_summary(&self) -> Result<FailureSummary, Error> {
        self.get(&["api", "v1", "failures", "summary"]).send().await?.json("a summary of failures")
    }

    /// Clears a failure, so that the next run that wants its product tries it again.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// println!("{}", client.retry_failure(5).await?.message);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such failure; else if the server can't be asked or refuses.
    pub async fn retry_failure(&self, id: i64) -> Result<Retried, Error> {
        self.post(&["api", "v1", "failures", &id.to_string(), "retry"])
            .send()
            .await?
            .json("the answer to a retry")
    }
}
