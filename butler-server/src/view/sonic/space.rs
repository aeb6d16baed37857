//! The points of all tracks in memory, for questions about what is near: read with the first question, kept
//! true by what has changed since, and let go once nobody has asked for a while.
//!
//! 100,000 tracks take 13 MB. Start with [`Space::ask`].

use std::sync::{Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use butler_engine::Clock;
use butler_library::{Library, SonicNews, StoreError};
use butler_product::sonic::Points;
use jiff::{SignedDuration, Timestamp};

/// For so long nobody asks before the points are let go.
const IDLE: SignedDuration = SignedDuration::from_mins(10);
/// So often it is looked whether somebody has asked.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The points, while somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Space {
    held: RwLock<Option<Held>>,
    asked_at: Mutex<Option<Timestamp>>,
}

#[derive(Debug, Default)]
struct Held {
    /// Up to which change the points are true.
    seen: i64,
    points: Points,
}

impl Space {
    /// Asks the points as they are now; `begun` learns if they were read for it, and somebody must look after them.
    pub(super) fn ask<T>(
        &self,
        library: &Library,
        now: Timestamp,
        begun: impl FnOnce(),
        question: impl FnOnce(&Points) -> T,
    ) -> Result<T, StoreError> {
        *self.asked_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        let seen = self.held.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|held| held.seen);
        let news = library.sonic_news(seen)?;
        if Some(news.seen) != seen && self.learn(library, news)? {
            begun();
        }
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Ok(match &*held {
            Some(held) => question(&held.points),
            // Let go between the two lines above: nobody had asked for that long.
            None => question(&Points::default()),
        })
    }

    /// Takes the points in, or the changes; whether there were none before.
    fn learn(&self, library: &Library, mut news: SonicNews) -> Result<bool, StoreError> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let was_empty = held.is_none();
        let seen = held.as_ref().map(|held| held.seen);
        if !news.is_whole && seen.is_some_and(|seen| seen >= news.seen) {
            return Ok(false); // somebody else was quicker
        }
        if was_empty && !news.is_whole {
            news = library.sonic_news(None)?; // they were let go meanwhile
        }
        let held = held.get_or_insert_default();
        if news.is_whole {
            held.points = Points::default();
        }
        for (source, point) in news.points {
            match point {
                Some(point) => held.points.put(source.0, point),
                None => held.points.remove(source.0),
            }
        }
        held.seen = news.seen;
        Ok(was_empty)
    }

    /// Lets the points go if nobody has asked for a while; whether there are none any more.
    fn let_go(&self, now: Timestamp) -> bool {
        let asked_at = *self.asked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = asked_at.is_none_or(|asked_at| now.duration_since(asked_at) >= IDLE);
        if is_idle {
            *self.held.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        is_idle
    }
}

/// Looks after the points until they are let go, or the server is.
pub(super) async fn look_after(space: Weak<Space>, clock: Clock) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if space.upgrade().is_none_or(|space| space.let_go(clock.now())) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_are_read_once_and_again_when_they_were_let_go() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let (space, at) = (Space::default(), |text: &str| text.parse::<Timestamp>().unwrap());
        let ask = |now| {
            let mut has_begun = false;
            (space.ask(&library, now, || has_begun = true, Points::len).unwrap(), has_begun)
        };
        assert_eq!(ask(at("2026-11-23T12:00:00Z")), (0, true));
        assert_eq!(ask(at("2026-11-23T12:05:00Z")), (0, false));
        assert!(!space.let_go(at("2026-11-23T12:14:59Z")) && space.let_go(at("2026-11-23T12:15:00Z")));
        assert_eq!(ask(at("2026-11-23T13:00:00Z")), (0, true));
    }
}
