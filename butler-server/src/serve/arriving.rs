//! A request on its way: its connection is told when all of it has come in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};

use super::Connection;

pub(super) fn request(request: Request<Incoming>, connection: &Connection) -> Request<Body> {
    if request.body().is_end_stream() {
        connection.arrived();
        return request.map(Body::new);
    }
    connection.begun();
    request.map(|body| Body::new(Arriving { body, connection: connection.clone() }))
}

struct Arriving {
    body: Incoming,
    connection: Connection,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() {
            self.connection.arrived();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
