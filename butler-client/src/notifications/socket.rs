//! Notifications over a WebSocket. The handshake is an ordinary request of `request.rs`, so that token,
//! certificates, proxies and hooks are those of every call; frames are read by tungstenite.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::Notice;
use super::words::of_frame;
use crate::error::{Call, Error};
use crate::request::{Opened, Request};
use crate::token::Token;

/// Bytes of a frame; Plex's are far smaller.
const MAX_FRAME_BYTES: usize = 8 << 20;
/// What is asked for.
const SOCKET: &str = "a WebSocket";

pub(super) struct Socket {
    call: Call,
    /// That of the handshake, which a server may echo when it hangs up.
    token: Option<Token>,
    socket: WebSocketStream<Upgraded>,
}

impl Socket {
    pub(super) async fn open(request: Request<'_>) -> Result<Self, Error> {
        let key = generate_key();
        let key_header = HeaderValue::from_str(&key).map_err(|error| Error::Decode {
            call: request.call(),
            expected: SOCKET,
            body_start: String::new(),
            source: error.into(),
        })?;
        let headers = HeaderMap::from_iter([
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            (SEC_WEBSOCKET_KEY, key_header),
        ]);
        let opened = request.headers(headers).open().await?;
        let status = opened.response.status();
        let accepted = opened.response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if status != StatusCode::SWITCHING_PROTOCOLS
            || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes())
        {
            let source = format!("the server does not switch to a WebSocket ({status})");
            return Err(opened.unreadable(SOCKET, source.into()).await);
        }
        let Opened { call, token, response, .. } = opened;
        let upgraded = response.upgrade().await.map_err(|source| Error::Connection {
            call: call.clone(),
            source: source.without_url().into(),
        })?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        Ok(Self { call, token, socket })
    }

    /// What comes next. Half way to the limit the server is asked whether it is there.
    pub(super) async fn read(&mut self, silence_limit: Duration) -> Result<Vec<Notice>, Error> {
        let half = silence_limit / 2;
        let message = match timeout(half, self.socket.next()).await {
            Ok(message) => message,
            Err(_) => {
                let silent = Error::Timeout { call: self.call.clone(), after: silence_limit };
                let asked = timeout(half, async {
                    self.socket.send(Message::Ping(Vec::new().into())).await.ok()?;
                    self.socket.next().await
                });
                asked.await.map_err(|_| silent)?
            }
        };
        let lost = |source| Err(Error::Connection { call: self.call.clone(), source });
        match message {
            Some(Ok(Message::Text(text))) => Ok(of_frame(&text)),
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| Token::hidden_in(self.token.as_ref(), &frame.reason));
                let reason = reason.filter(|reason| !reason.is_empty());
                lost(reason.unwrap_or_else(|| "the server hung up".to_owned()).into())
            }
            Some(Ok(_)) => Ok(Vec::new()),
            Some(Err(error)) => lost(error.into()),
            None => lost(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }
}
