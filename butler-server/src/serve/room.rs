//! The room for connections: `places.rs` at work on sockets. A stream reports each byte that moves, and gives
//! its place back when it is dropped, a WebSocket's too, which leaves HTTP behind.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::places::{Entered, PlaceId, Places};
use crate::bounds::Bounds;

/// Who waits for a place looks again after so long, since somebody may be fresh no more.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The room of a server; clones share it.
#[derive(Clone)]
pub(super) struct Room {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Somebody left, or may go now.
    eased: Notify,
}

struct State {
    places: Places,
    /// Dropped when the connection loses its place.
    keeps: HashMap<PlaceId, oneshot::Sender<()>>,
}

impl Room {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let state = State {
            places: Places::new(bounds.connections, bounds.strangers, bounds.fresh_for),
            keeps: HashMap::new(),
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), eased: Notify::new() }) }
    }

    /// Gives a stream a place as soon as there is one. The receiver is ready when it has lost it.
    pub(super) async fn enter(&self, stream: TcpStream) -> (Seated, oneshot::Receiver<()>) {
        loop {
            if let Some((place, lost)) = self.try_enter() {
                let connection = Connection { place, room: self.clone() };
                return (Seated { stream, connection, is_read_from: false }, lost);
            }
            let _ = timeout(LOOK_AGAIN, self.shared.eased.notified()).await;
        }
    }

    fn try_enter(&self) -> Option<(PlaceId, oneshot::Receiver<()>)> {
        let mut state = self.state();
        let Entered { place, goes } = state.places.enter(Instant::now())?;
        if let Some(goes) = goes {
            state.keeps.remove(&goes);
        }
        let (keep, lost) = oneshot::channel();
        state.keeps.insert(place, keep);
        Some((place, lost))
    }

    /// Ready when nobody is there any more.
    pub(super) async fn emptied(&self) {
        while !self.state().places.is_empty() {
            self.shared.eased.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, as its requests know it.
#[derive(Clone)]
pub(crate) struct Connection {
    place: PlaceId,
    room: Room,
}

impl Connection {
    /// Its client has shown the token.
    pub(crate) fn known(&self) {
        self.room.state().places.known(self.place);
        self.room.shared.eased.notify_one();
    }

    pub(super) fn begun(&self) {
        self.room.state().places.begun(self.place);
    }

    pub(super) fn arrived(&self) {
        self.room.state().places.arrived(self.place);
    }

    pub(super) fn answered(&self) {
        self.room.state().places.answered(self.place);
        self.room.shared.eased.notify_one();
    }

    pub(super) fn sent(&self) {
        self.room.state().places.sent(self.place, Instant::now());
        self.room.shared.eased.notify_one();
    }

    fn read_from(&self) {
        self.room.state().places.read_from(self.place, Instant::now());
    }

    fn moved(&self) {
        self.room.state().places.moved(self.place, Instant::now());
    }

    fn leave(&self) {
        let mut state = self.room.state();
        state.places.leave(self.place);
        state.keeps.remove(&self.place);
        drop(state);
        self.room.shared.eased.notify_one();
    }
}

/// A stream that has a place.
pub(super) struct Seated {
    stream: TcpStream,
    connection: Connection,
    is_read_from: bool,
}

impl Seated {
    pub(super) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// Notes whether bytes moved.
    fn noted<T>(&self, poll: Poll<io::Result<T>>, is_move: impl FnOnce(&T) -> bool) -> Poll<io::Result<T>> {
        if let Poll::Ready(Ok(done)) = &poll
            && is_move(done)
        {
            self.connection.moved();
        }
        poll
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.connection.leave();
    }
}

impl AsyncRead for Seated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_read_from {
            self.is_read_from = true;
            self.connection.read_from();
        }
        let before = bytes.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, bytes);
        self.noted(poll, |()| bytes.filled().len() > before)
    }
}

impl AsyncWrite for Seated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(poll, |written| *written > 0)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.noted(poll, |written| *written > 0)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
