//! A body on its way: its connection is told when it has been handed over whole, or is given up.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::Connection;

pub(super) fn body(body: Body, connection: Connection) -> Body {
    Body::new(Sending { body, connection })
}

struct Sending {
    body: Body,
    connection: Connection,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.connection.sent();
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
