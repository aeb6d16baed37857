//! The life of a stream of notifications: connected, lost, connected again.

use std::collections::VecDeque;
use std::time::Duration;

use super::event_source::EventSource;
use super::socket::Socket;
use super::{Listening, Notice, Transport};
use crate::error::Error;
use crate::retry::backed_off;

/// A connection by one of the two ways.
enum Connection {
    Socket(Box<Socket>),
    EventSource(Box<EventSource>),
}

pub(super) struct Feed {
    listening: Listening,
    /// None while it is lost.
    connection: Option<Connection>,
    /// What has come and was not given yet.
    waiting: VecDeque<Notice>,
    /// Failures since something came.
    failures: u32,
    /// Whether the server has refused: then there is nothing to come.
    is_refused: bool,
}

impl Feed {
    pub(super) async fn open(listening: Listening) -> Result<Self, Error> {
        let connection = Some(connect(&listening).await?);
        Ok(Self { listening, connection, waiting: VecDeque::new(), failures: 0, is_refused: false })
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
                    Ok(notices) => {
                        self.failures = 0;
                        self.waiting.extend(notices);
                    }
                    Err(error) => {
                        self.connection = None;
                        return Some(Ok(Notice::Disconnected(error)));
                    }
                },
                None => {
                    tokio::time::sleep(self.pause()).await;
                    self.failures += 1;
                    match connect(&self.listening).await {
                        Ok(connection) => {
                            self.connection = Some(connection);
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
        backed_off(self.listening.first_pause, self.listening.longest_pause, self.failures, fastrand::f64())
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
