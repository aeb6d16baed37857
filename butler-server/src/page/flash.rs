//! What became of a form, told once on the page that is shown next in the same session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use butler_library::{MOST_WEB_SESSIONS, WebSessionId};

/// A sentence, and whether it is a good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flash {
    pub(crate) sentence: String,
    pub(crate) is_good: bool,
}

/// What is to be told, one sentence a session; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Flashes {
    waiting: Arc<Mutex<HashMap<WebSessionId, Flash>>>,
}

impl Flashes {
    /// Keeps a sentence for a session, in place of an earlier one.
    pub(crate) fn put(&self, session: WebSessionId, flash: Flash) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Sessions that have ended leave theirs behind.
        if waiting.len() > MOST_WEB_SESSIONS as usize {
            waiting.clear();
        }
        waiting.insert(session, flash);
    }

    /// The sentence for a session; from now on there is none.
    pub(crate) fn take(&self, session: WebSessionId) -> Option<Flash> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&session)
    }
}
