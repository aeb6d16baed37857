//! Notifications over server-sent events: an answer that does not end.

use std::io;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::time::timeout;

use super::Notice;
use super::words::{EventReader, of_event};
use crate::error::{Call, Error};
use crate::request::{Request, broken};

/// The type of an answer that is a stream of events. Whatever else comes with a 200, the page of a portal
/// say, is none.
const EVENTS: &str = "text/event-stream";

pub(super) struct EventSource {
    call: Call,
    response: Response,
    reader: EventReader,
}

impl EventSource {
    pub(super) async fn open(request: Request<'_>) -> Result<Self, Error> {
        let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(EVENTS))]);
        let opened = request.headers(accept).open().await?;
        let kind = opened.response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        if !kind.eq_ignore_ascii_case(EVENTS) {
            return Err(opened
                .unreadable("a stream of events", format!("its type is `{kind}`").into())
                .await);
        }
        Ok(Self { call: opened.call, response: opened.response, reader: EventReader::default() })
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
