//! The life of a stream of notifications: connected, lost, connected again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::event_source::EventSource;
use super::socket::Socket;
use super::{Listening, Notice, Transport};
use crate::error::Error;
use crate::retry::backed_off;

/// A connection that lived so long was a sound one, whatever it told: so often at most a server is troubled
/// whose connections all break.
const SOUND_AFTER: Duration = Duration::from_secs(10);

/// A connection by one of the two ways.
enum Connection {
    Socket(Box<Socket>),
    EventSource(Box<EventSource>),
}

pub(super) struct Feed {
    listening: Listening,
    /// None while it is lost.
    connection: Option<Connection>,
    /// Since when it is there, or was.
    since: Instant,
    /// What has come and was not given yet.
    waiting: VecDeque<Notice>,
    /// Tries to connect again since it was lost.
    failures: u32,
    /// How often it came back since the last sound one.
    returns: u32,
    /// Whether the server has refused: then there is nothing to come.
    is_refused: bool,
}

impl Feed {
    pub(super) async fn open(listening: Listening) -> Result<Self, Error> {
        let connection = Some(connect(&listening).await?);
        let (since, waiting) = (Instant::now(), VecDeque::new());
        Ok(Self { listening, connection, since, waiting, failures: 0, returns: 0, is_refused: false })
    }

    pub(super) async fn next(&mut self) -> Option<Result<Notice, Error>> {
        loop {
            if let Some(notice) = self.waiting.pop_front() {
                return Some(Ok(notice));
            }
            if self.is_refused {
                return None;
            }
            match &mut self.connection {
                Some(connection) => match connection.read(self.listening.silence_limit).await {
                    Ok(notices) => self.waiting.extend(notices),
                    Err(error) => {
                        self.connection = None;
                        let lived = self.since.elapsed();
                        self.returns = returns_after(self.returns, lived, self.listening.longest_pause);
                        return Some(Ok(Notice::Disconnected(error)));
                    }
                },
                None => {
                    tokio::time::sleep(self.pause()).await;
                    self.failures += 1;
                    match connect(&self.listening).await {
                        Ok(connection) => {
                            (self.connection, self.since) = (Some(connection), Instant::now());
                            (self.failures, self.returns) = (0, self.returns.saturating_add(1));
                            return Some(Ok(Notice::Missed));
                        }
                        Err(error) if is_refusal(&error) => {
                            self.is_refused = true;
                            return Some(Err(error));
                        }
                        Err(error) => tracing::debug!(%error, "no new connection yet"),
                    }
                }
            }
        }
    }

    fn pause(&self) -> Duration {
        let failures = self.failures.saturating_add(self.returns);
        backed_off(self.listening.first_pause, self.listening.longest_pause, failures, fastrand::f64())
    }
}

impl Connection {
    async fn read(&mut self, silence_limit: Duration) -> Result<Vec<Notice>, Error> {
        match self {
            Self::Socket(socket) => socket.read(silence_limit).await,
            Self::EventSource(events) => events.read(silence_limit).await,
        }
    }
}

async fn connect(listening: &Listening) -> Result<Connection, Error> {
    let filters = (!listening.kinds.is_empty()).then(|| listening.kinds.join(","));
    let request = |way| listening.client.get(&[":", way, "notifications"]).maybe_argument("filters", filters);
    Ok(match listening.transport {
        Transport::WebSocket => Connection::Socket(Box::new(Socket::open(request("websockets")).await?)),
        Transport::EventSource => {
            Connection::EventSource(Box::new(EventSource::open(request("eventsource")).await?))
        }
    })
}

/// The returns that count once a connection is lost. One that breaks as soon as it is there counts as a
/// failure, be it that a frame came: else a server behind a proxy that cuts sockets off would be asked without
/// end, as fast as it answers.
fn returns_after(returns: u32, lived: Duration, longest_pause: Duration) -> u32 {
    if lived >= SOUND_AFTER.min(longest_pause) { 0 } else { returns }
}

/// Whether the same question would be refused again. A server that starts, or is behind a gateway, is not
/// meant by that.
const fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::Unauthorized { .. }
            | Error::BadRequest { .. }
            | Error::NotFound { .. }
            | Error::Status { status: 403, .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connection_that_lived_a_while_is_a_sound_one() {
        let seconds = Duration::from_secs;
        for (lived, longest, expect) in [
            (seconds(0), seconds(30), 7),
            (seconds(9), seconds(30), 7),
            (seconds(10), seconds(30), 0),
            (seconds(4_000), seconds(30), 0),
            (seconds(2), seconds(2), 0),
            (seconds(1), seconds(2), 7),
        ] {
            assert_eq!(returns_after(7, lived, longest), expect, "{lived:?} {longest:?}");
        }
    }
}
