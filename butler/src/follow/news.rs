//! When a second look is worth it: as soon as the server tells of something, and after a pause in any case.

use std::time::Duration;

use butler_client::{Notice, Notifications};
use tokio::time::{Instant, sleep_until};

/// The pause between the first two looks; each is longer than the last, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(40);
/// The longest one where nothing is told.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The longest one where a server tells what happens: of a run that only waits it tells nothing.
const LONGEST_PAUSE_WITH_NEWS: Duration = Duration::from_secs(2);

/// What a server tells while its runs are followed.
pub(super) struct News {
    /// None where the server tells nothing: then the pauses alone count.
    notifications: Option<Notifications>,
    pause: Duration,
}

impl News {
    pub(super) const fn new(notifications: Option<Notifications>) -> Self {
        Self { notifications, pause: FIRST_PAUSE }
    }

    /// Waits until a look is worth it. News that come together are worth one.
    pub(super) async fn wait(&mut self) {
        let begun = Instant::now();
        let until = begun + self.pause;
        let longest = if self.notifications.is_some() { LONGEST_PAUSE_WITH_NEWS } else { LONGEST_PAUSE };
        self.pause = (self.pause * 2).min(longest);
        loop {
            let Some(notifications) = &mut self.notifications else { return sleep_until(until).await };
            tokio::select! {
                () = sleep_until(until) => return,
                notice = notifications.next() => match notice {
                    Some(Ok(Notice::Activity(_) | Notice::Missed)) => {
                        return sleep_until(until.min(begun + FIRST_PAUSE)).await;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => self.notifications = None,
                },
            }
        }
    }
}
