//! The state that every handler shares. It holds no route and no rule.

use std::sync::Arc;

use butler_api::v1::SignIn;
use butler_engine::settings::FRIENDLY_NAME;
use butler_engine::{Clock, Handle};
use butler_library::{Library, Token, TokenError};
use jiff::Timestamp;
use tokio::sync::{OnceCell, Semaphore};

use crate::bounds::Bounds;
use crate::error::Problem;
use crate::live::{Feed, Listeners};
use crate::metrics::Metrics;
use crate::page::{self, Codes, Flashes};
use crate::view::backups::MOST_BACKUP_CHECKS;
use crate::view::check::MOST_CHECKS;
use crate::view::health::Writing;
use crate::view::outside::Outside;
use crate::view::plan::Recent;
use crate::view::sonic::Space;

/// Blocking questions at a time, most of them to the library; further ones wait, as long as their client
/// does.
const MOST_QUESTIONS: usize = 256;

/// What every handler may use; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The door to the engine.
    pub(crate) handle: Handle,
    /// How the server introduces itself.
    pub(crate) about: Arc<About>,
    pub(crate) clock: Clock,
    /// Who listens to what happens.
    pub(crate) listeners: Listeners,
    pub(crate) bounds: Bounds,
    /// One-time codes that open the pages.
    pub(crate) codes: Codes,
    /// What became of forms.
    pub(crate) flashes: Flashes,
    feed: Arc<OnceCell<Feed>>,
    questions: Arc<Semaphore>,
    pub(crate) writing: Arc<Writing>,
    pub(crate) checks: Arc<Semaphore>,
    /// Whose turn it is to read a backup.
    pub(crate) backup_checks: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) recent_plan: Arc<Recent>,
    pub(crate) outside: Arc<Outside>,
    /// What all tracks sound like, while somebody asks.
    pub(crate) space: Arc<Space>,
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
    /// The name of the machine it runs on, by which browsers of its network may know it; may be empty.
    pub host_name: String,
}

impl App {
    /// The state of a server over a running engine and its library. `clock` tells the time of what people
    /// change.
    pub fn new(handle: Handle, about: About, clock: Clock) -> Self {
        let metrics = Metrics::start(&handle);
        let (listeners, bounds) = (Listeners::new(), Bounds::default());
        let questions = Arc::new(Semaphore::new(MOST_QUESTIONS));
        Self {
            handle,
            about: Arc::new(about),
            clock,
            listeners,
            bounds,
            codes: Codes::default(),
            flashes: Flashes::default(),
            feed: Arc::default(),
            questions,
            writing: Arc::default(),
            checks: Arc::new(Semaphore::new(MOST_CHECKS)),
            backup_checks: Arc::new(Semaphore::new(MOST_BACKUP_CHECKS)),
            metrics,
            recent_plan: Arc::default(),
            outside: Arc::default(),
            space: Arc::default(),
        }
    }

    /// The same with other bounds.
    #[must_use]
    pub fn bounded(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// The stream of news; it begins with the first who listens.
    pub(crate) async fn feed(&self) -> Result<&Feed, Problem> {
        Ok(self.feed.get_or_try_init(|| Feed::start(self.handle.clone())).await?)
    }

    /// Tells the pages that something they show is different, which no fact of the engine says.
    pub(crate) fn tell_changed(&self) {
        if let Some(feed) = self.feed.get() {
            feed.tell_changed();
        }
    }

    /// The server's name for people: the setting's, or its own.
    pub(crate) fn friendly_name(&self) -> String {
        match &*self.handle.settings().text(&FRIENDLY_NAME) {
            "" => self.about.friendly_name.clone(),
            name => name.to_owned(),
        }
    }

    /// An address that opens the pages signed in, once, without the server's own part.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn sign_in(&self) -> Result<SignIn, TokenError> {
        let (code, now) = (Token::random()?, self.now());
        self.codes.allow(&code, now);
        Ok(SignIn {
            path: format!("{}?code={}", page::SIGN_IN, code.reveal()),
            until: now + page::CODE_GOOD_FOR,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the library, on a thread that may block.
    pub(crate) async fn library<T, E>(
        &self,
        ask: impl FnOnce(&Library) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let library = self.handle.library().clone();
        self.blocking(move || ask(&library)).await?.map_err(Into::into)
    }

    /// Does something on a thread that may block: the one place where a handler leaves the async world. It
    /// goes on to its end also when its client has gone, and takes its share of the threads as long.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let share =
            Arc::clone(&self.questions).acquire_owned().await.map_err(|error| Problem::bug(&error))?;
        let done = tokio::task::spawn_blocking(move || {
            let _share = share;
            work()
        });
        done.await.map_err(|error| Problem::bug(&error))
    }
}
