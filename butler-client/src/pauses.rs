//! Pauses: Butler's own, a Plex Media Server has none (404).

use butler_api::PauseOwner;
use butler_api::v1::Pauses;

use crate::client::Client;
use crate::error::Error;

/// When a pause ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PauseEnd {
    /// Only when it is lifted.
    #[default]
    Lifted,
    /// After a time: `30m`, `1h30m`.
    After(String),
    /// When the maintenance window opens.
    WindowOpens,
}

/// How everything is to be held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PauseOrder {
    /// When it ends by itself.
    pub until: PauseEnd,
    /// Whether what is in hand comes to its end; else it is frozen where it is.
    pub drains: bool,
    /// Why, for people.
    pub note: Option<String>,
}

impl Client {
    /// What holds everything.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// println!("{} pauses", client.pauses().await?.pauses.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn pauses(&self) -> Result<Pauses, Error> {
        self.get(&["api", "v1", "pauses"]).send().await?.json("a list of pauses")
    }

    /// Holds everything in an owner's name; all pauses that there are then.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// use butler_client::{PauseEnd, PauseOrder, PauseOwner};
    ///
    /// let order = PauseOrder { until: PauseEnd::After("30m".into()), ..PauseOrder::default() };
    /// client.pause(PauseOwner::Person, &order).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadRequest`] if the time can't be read; else if the server can't be asked or refuses.
    pub async fn pause(&self, owner: PauseOwner, order: &PauseOrder) -> Result<Pauses, Error> {
        let time = match &order.until {
            PauseEnd::Lifted => None,
            PauseEnd::After(time) => Some(time.as_str()),
            PauseEnd::WindowOpens => Some("until-window"),
        };
        self.put(&["api", "v1", "pauses", owner.as_str()])
            .maybe_argument("for", time)
            .maybe_argument("drain", order.drains.then_some(1))
            .maybe_argument("note", order.note.as_deref())
            .send()
            .await?
            .json("a list of pauses")
    }

    /// Lifts an owner's pause, or (none) all of them; those that were lifted.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// client.resume(Some(butler_client::PauseOwner::Person)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn resume(&self, owner: Option<PauseOwner>) -> Result<Pauses, Error> {
        let request = match owner {
            Some(owner) => self.delete(&["api", "v1", "pauses", owner.as_str()]),
            None => self.delete(&["api", "v1", "pauses"]),
        };
        request.send().await?.json("a list of pauses")
    }
}
