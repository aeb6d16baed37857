//! What a server is busy with, observation by observation: one look at the begin and after each gap, and the
//! server's own word between. It polls only where a server gives no word, so it costs a server next to
//! nothing.

use std::collections::VecDeque;
use std::time::Duration;

use butler_client::{ActivityEvent, Client, Error, Notice, Notifications, Transport};
use butler_record::Observation;
use tokio::time::{Instant, timeout, timeout_at};

/// The pause between two looks where a server tells nothing.
const POLL_EVERY: Duration = Duration::from_secs(10);
/// So many looks lie between two tries to be told: what lay between may have been a server's start.
const LOOKS_BEFORE_LISTENING: u32 = 30;
/// While a server says nothing, so often it is noted that it is there.
const NOTE_EVERY: Duration = Duration::from_secs(15);
/// The pause before a look is tried again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How long a server may take to let us listen.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// So often the list of tasks is asked for; also when an activity of the server's Butler ended, and after a
/// gap.
const TASKS_EVERY: Duration = Duration::from_secs(3_600);
/// The pause before it is asked for again where it was not to be had, or where there was a gap: gaps may come
/// one after the other.
const TASKS_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// The pause between such an activity's end and the question: of many that end together one is enough.
const TASKS_AFTER_END: Duration = Duration::from_secs(1);
/// The type of such an activity.
pub(crate) const BUTLER: &str = "butler";

/// What is to be known of a server that is polled.
pub(crate) const POLLED: &str = "The server tells nothing by itself: it is asked every 10 s.";

/// Who observes a server.
pub(crate) struct Observer<'a> {
    client: &'a Client,
    /// None where the server tells nothing.
    notifications: Option<Notifications>,
    /// What is known already.
    ready: VecDeque<Observation>,
    wants_tasks: bool,
    /// When the list of tasks is to be asked for.
    tasks_due_at: Instant,
    /// When it was asked for last.
    tasks_asked_at: Option<Instant>,
    /// Whether it is known to be a server of the right kind, so that any answer but a 401 is that of
    /// something between, or of a server that starts.
    is_known: bool,
    /// Whether the next thing to do is a look.
    must_look: bool,
    is_lost: bool,
    /// Looks until it is tried to listen again, where nothing is told.
    looks_to_listening: u32,
}

/// Listens by a WebSocket, or by an event source where something between lets no WebSocket through; not at
/// all where a server has neither.
pub(crate) async fn listen(client: &Client) -> Result<Option<Notifications>, Error> {
    for way in [Transport::WebSocket, Transport::EventSource] {
        let connecting = client.notifications().over(way).only(["activity"]).connect();
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(notifications)) => return Ok(Some(notifications)),
            Ok(Err(error @ (Error::Unauthorized { .. } | Error::Token { .. }))) => return Err(error),
            // It may know the other way; one that is away is found so by the look.
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Ok(None)
}

impl<'a> Observer<'a> {
    /// Observes with what listens already.
    pub(crate) fn with(client: &'a Client, notifications: Option<Notifications>) -> Self {
        Self {
            client,
            notifications,
            ready: VecDeque::new(),
            wants_tasks: false,
            tasks_due_at: Instant::now(),
            tasks_asked_at: None,
            is_known: false,
            must_look: true,
            is_lost: false,
            looks_to_listening: LOOKS_BEFORE_LISTENING,
        }
    }

    /// Wants the list of tasks too: once an hour, after a gap, and when something of the server's Butler
    /// ended.
    pub(crate) const fn with_tasks(mut self) -> Self {
        self.wants_tasks = true;
        self
    }

    /// Says that the server was seen before: whatever it answers first, a token that it does not take apart,
    /// it is waited for.
    pub(crate) const fn of_known_server(mut self) -> Self {
        self.is_known = true;
        self
    }

    /// The next observation. A server that is away is waited for, and so is one that was seen and answers
    /// nonsense now, as a gateway does for it; a token that it does not take is an error.
    pub(crate) async fn next(&mut self) -> Result<Observation, Error> {
        loop {
            if let Some(observation) = self.ready.pop_front() {
                return Ok(observation);
            }
            // Whoever gives up waiting in the middle of a look has it begun anew.
            if self.must_look {
                match self.look().await {
                    Ok(()) => (self.is_lost, self.must_look, self.is_known) = (false, false, true),
                    Err(error) if self.is_final(&error) => return Err(error),
                    Err(error) => {
                        tracing::debug!(%error, "the server is lost");
                        if !self.is_lost {
                            return Ok(self.lose());
                        }
                        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
                    }
                }
                continue;
            }
            let wants_tasks = self.wants_tasks && !self.is_lost;
            if wants_tasks && self.tasks_due_at <= Instant::now() {
                let asked = self.client.butler().tasks().await;
                let pause = if asked.is_ok() { TASKS_EVERY } else { TASKS_AGAIN_AFTER };
                let now = Instant::now();
                (self.tasks_due_at, self.tasks_asked_at) = (now + pause, Some(now));
                match asked {
                    Ok(tasks) => self.ready.push_back(Observation::Tasks(tasks)),
                    Err(error) if self.is_final(&error) => return Err(error),
                    // A server that is away is found so by what else there is.
                    Err(error) => tracing::debug!(%error, "no list of tasks"),
                }
                continue;
            }
            let Some(notifications) = &mut self.notifications else {
                self.must_look = true;
                if self.looks_to_listening == 0 {
                    self.looks_to_listening = LOOKS_BEFORE_LISTENING;
                    self.notifications = listen(self.client).await?;
                    if self.notifications.is_some() {
                        // What began before that is found by the look.
                        continue;
                    }
                }
                self.looks_to_listening -= 1;
                tokio::time::sleep(POLL_EVERY).await;
                continue;
            };
            let note_at = Instant::now() + NOTE_EVERY;
            let until = if wants_tasks { self.tasks_due_at.min(note_at) } else { note_at };
            match timeout_at(until, notifications.next()).await {
                Err(_) if self.is_lost || until < note_at => {}
                Err(_) => return Ok(Observation::There),
                Ok(Some(Ok(Notice::Activity(notification)))) => {
                    if notification.event == ActivityEvent::Ended && notification.activity.kind == BUTLER {
                        self.tasks_due_at = self.tasks_due_at.min(Instant::now() + TASKS_AFTER_END);
                    }
                    return Ok(Observation::Notice(notification));
                }
                Ok(Some(Ok(Notice::Disconnected(_)))) => return Ok(self.lose()),
                Ok(Some(Ok(Notice::Missed))) => self.must_look = true,
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) if self.is_final(&error) => return Err(error),
                // A refusal ends the stream; a gateway refuses for a server that is away.
                Ok(Some(Err(_)) | None) => {
                    (self.notifications, self.must_look) = (None, true);
                    if !self.is_lost {
                        return Ok(self.lose());
                    }
                }
            }
        }
    }

    /// Notes that the server is lost. Once it is back it is looked at anew, and soon for its tasks too.
    fn lose(&mut self) -> Observation {
        (self.is_lost, self.looks_to_listening) = (true, 0);
        if let Some(asked_at) = self.tasks_asked_at {
            self.tasks_due_at = self.tasks_due_at.min(asked_at + TASKS_AGAIN_AFTER);
        }
        Observation::Lost
    }

    /// Whether an error ends it: a token that is not taken, or whatever is no server of the right kind.
    const fn is_final(&self, error: &Error) -> bool {
        matches!(error, Error::Unauthorized { .. } | Error::Token { .. })
            || !(self.is_known || error.is_away())
    }

    async fn look(&mut self) -> Result<(), Error> {
        self.ready.push_back(Observation::Look(self.client.activities().await?));
        Ok(())
    }
}
