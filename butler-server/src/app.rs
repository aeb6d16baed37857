//! The state that every handler shares. It holds no route and no rule.

use std::sync::Arc;

use butler_engine::Handle;
use butler_library::Library;
use jiff::Timestamp;

use crate::error::Problem;

/// What every handler may use; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The door to the engine.
    pub(crate) handle: Handle,
    /// How the server introduces itself.
    pub(crate) about: Arc<About>,
    clock: fn() -> Timestamp,
}

/// How a server introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name for people.
    pub friendly_name: String,
    /// 40 hexadecimal digits, the same as long as the data folder lives.
    pub machine_identifier: String,
    /// Its version.
    pub version: String,
}

impl App {
    /// The state of a server over a running engine and its library. `clock` tells the time of what people change.
    pub fn new(handle: Handle, about: About, clock: fn() -> Timestamp) -> Self {
        Self { handle, about: Arc::new(about), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
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
