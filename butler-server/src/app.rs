//! The state that every handler shares. It holds no route and no rule.

use std::sync::Arc;

use butler_engine::settings::FRIENDLY_NAME;
use butler_engine::{Clock, Handle};
use butler_library::Library;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::error::Problem;
use crate::metrics::Metrics;
use crate::plex::{Feed, Listeners};

/// What every handler may use; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The door to the engine.
    pub(crate) handle: Handle,
    /// How the server introduces itself.
    pub(crate) about: Arc<About>,
    pub(crate) clock: Clock,
    /// Who listens to notifications.
    pub(crate) listeners: Listeners,
    feed: Arc<OnceCell<Feed>>,
    pub(crate) metrics: Metrics,
}

/// How a server introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name for people, while no setting gives it another.
    pub friendly_name: String,
    /// 40 hexadecimal digits, the same as long as the data folder lives.
    pub machine_identifier: String,
    /// Its version.
    pub version: String,
    /// The version of the operating system it runs on.
    pub platform_version: String,
}

impl App {
    /// The state of a server over a running engine and its library. `clock` tells the time of what people change.
    pub fn new(handle: Handle, about: About, clock: Clock) -> Self {
        let metrics = Metrics::start(&handle);
        Self { handle, about: Arc::new(about), clock, listeners: Listeners::new(), feed: Arc::default(), metrics }
    }

    /// The stream of notifications; it begins with the first who listens.
    pub(crate) async fn feed(&self) -> Result<&Feed, Problem> {
        Ok(self.feed.get_or_try_init(|| Feed::start(self.handle.clone())).await?)
    }

    /// The server's name for people: the setting's, or its own.
    pub(crate) fn friendly_name(&self) -> String {
        match &*self.handle.settings().text(&FRIENDLY_NAME) {
            "" => self.about.friendly_name.clone(),
            name => name.to_owned(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the library, on a thread that may block: the one place where a handler leaves the async world.
    pub(crate) async fn library<T, E>(&self, ask: impl FnOnce(&Library) -> Result<T, E> + Send + 'static) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let library = self.handle.library().clone();
        match tokio::task::spawn_blocking(move || ask(&library)).await {
            Ok(answer) => answer.map_err(Into::into),
            Err(error) => Err(Problem::bug(&error)),
        }
    }
}
