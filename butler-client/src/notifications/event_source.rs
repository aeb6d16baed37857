//! Notifications over server-sent events: an answer that does not end.

use std::io;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use tokio::time::timeout;

use super::Notice;
use super::words::{EventReader, of_event};
use crate::error::{Call, Error};
use crate::request::{Request, broken};

pub(super) struct EventSource {
    call: Call,
    response: Response,
    reader: EventReader,
}

impl EventSource {
    pub(super) async fn open(request: Request<'_>) -> Result<Self, Error> {
        let call = request.call();
        let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/event-stream"))]);
        let (_, response) = request.headers(accept).open().await?;
        Ok(Self { call, response, reader: EventReader::default() })
    }

    /// What comes next; nothing is told by a ping.
    pub(super) async fn read(&mut self, silence_limit: Duration) -> Result<Vec<Notice>, Error> {
        let silent = || Error::Timeout { call: self.call.clone(), after: silence_limit };
        let chunk = timeout(silence_limit, self.response.chunk()).await.map_err(|_| silent())?;
        let lost = |source| Error::Connection { call: self.call.clone(), source };
        let Some(bytes) = chunk.map_err(|error| broken(&self.call, silence_limit, error))? else {
            return Err(lost(io::Error::from(io::ErrorKind::UnexpectedEof).into()));
        };
        let events = self.reader.read(&bytes).map_err(|error| lost(error.into()))?;
        Ok(events.into_iter().filter_map(of_event).collect())
    }
}
