//! What a server is busy with, observation by observation: one look at the begin and after each gap, and the
//! server's own word between. It polls only where a server gives no word, so it costs a server next to nothing.

use std::collections::VecDeque;
use std::time::Duration;

use butler_client::{Client, Error, Notice, Notifications, Transport};
use butler_record::Observation;
use tokio::time::timeout;

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

/// Who observes a server.
pub(crate) struct Observer<'a> {
    client: &'a Client,
    /// None where the server tells nothing.
    notifications: Option<Notifications>,
    /// What is known already.
    ready: VecDeque<Observation>,
    wants_tasks: bool,
    /// Whether the next thing to do is a look.
    must_look: bool,
    is_lost: bool,
    /// Looks since it was last tried to listen.
    looks: u32,
}

/// Listens by a WebSocket, or by an event source where something between lets no WebSocket through; not at all
/// where a server has neither.
pub(crate) async fn listen(client: &Client) -> Result<Option<Notifications>, Error> {
    for way in [Transport::WebSocket, Transport::EventSource] {
        let connecting = client.notifications().over(way).only(["activity"]).connect();
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(notifications)) => return Ok(Some(notifications)),
            Ok(Err(error @ Error::Unauthorized { .. })) => return Err(error),
            // It may know the other way; one that is away is found so by the look.
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Ok(None)
}

impl<'a> Observer<'a> {
    /// Observes with what listens already.
    pub(crate) const fn with(client: &'a Client, notifications: Option<Notifications>) -> Self {
        let ready = VecDeque::new();
        Self { client, notifications, ready, wants_tasks: false, must_look: true, is_lost: false, looks: 0 }
    }

    /// Wants the list of tasks too, with each look that follows a gap.
    pub(crate) const fn with_tasks(mut self) -> Self {
        self.wants_tasks = true;
        self
    }

    /// The next observation. A server that is away is waited for; what it refuses is an error.
    pub(crate) async fn next(&mut self) -> Result<Observation, Error> {
        loop {
            if let Some(observation) = self.ready.pop_front() {
                return Ok(observation);
            }
            // Whoever gives up waiting in the middle of a look has it begun anew.
            if self.must_look {
                match self.look().await {
                    Ok(()) => (self.is_lost, self.must_look) = (false, false),
                    Err(error) if error.is_away() => {
                        if !std::mem::replace(&mut self.is_lost, true) {
                            return Ok(Observation::Lost);
                        }
                        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
                    }
                    Err(error) => return Err(error),
                }
                continue;
            }
            let Some(notifications) = &mut self.notifications else {
                tokio::time::sleep(POLL_EVERY).await;
                self.must_look = true;
                self.looks += 1;
                if self.looks >= LOOKS_BEFORE_LISTENING {
                    self.looks = 0;
                    self.notifications = listen(self.client).await?;
                }
                continue;
            };
            match timeout(NOTE_EVERY, notifications.next()).await {
                Err(_) if self.is_lost => {}
                Err(_) => return Ok(Observation::There),
                Ok(Some(Ok(Notice::Activity(notification)))) => return Ok(Observation::Notice(notification)),
                Ok(Some(Ok(Notice::Disconnected(_)))) => {
                    self.is_lost = true;
                    return Ok(Observation::Lost);
                }
                Ok(Some(Ok(Notice::Missed))) => self.must_look = true,
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Err(error),
                Ok(None) => self.notifications = None,
            }
        }
    }

    async fn look(&mut self) -> Result<(), Error> {
        let activities = self.client.activities().await?;
        // Both are asked for before either counts: a server of which one can't be had is not seen.
        let tasks = match self.wants_tasks {
            true => Some(self.client.butler().tasks().await?),
            false => None,
        };
        self.ready.push_back(Observation::Look(activities));
        self.ready.extend(tasks.map(Observation::Tasks));
        Ok(())
    }
}
