//! A file as the body of an answer: read piece by piece while the client takes it, never whole into memory.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of one piece.
const PIECE_BYTES: u64 = 128 << 10;

/// The body of a file's next `bytes` bytes.
pub(crate) fn body(file: File, bytes: u64) -> Body {
    Body::new(BlobBody { next: spawn_blocking(move || piece(file, bytes)), left: bytes })
}

struct BlobBody {
    next: JoinHandle<io::Result<(File, Bytes)>>,
    left: u64,
}

impl HttpBody for BlobBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let (file, bytes) =
            match ready!(Pin::new(&mut self.next).poll(context)).map_err(io::Error::other).flatten() {
                Ok(read) => read,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
        self.left -= bytes.len() as u64;
        let left = self.left;
        if left > 0 {
            self.next = spawn_blocking(move || piece(file, left));
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

fn piece(mut file: File, left: u64) -> io::Result<(File, Bytes)> {
    let mut bytes = vec![0; left.min(PIECE_BYTES) as usize];
    file.read_exact(&mut bytes)?;
    Ok((file, bytes.into()))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    #[tokio::test]
    async fn a_file_of_several_pieces_arrives_whole() {
        let bytes: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let body = body(file(&bytes), 300_000);
        assert_eq!(body.size_hint().exact(), Some(300_000));
        assert_eq!(axum::body::to_bytes(body, usize::MAX).await.unwrap(), bytes);
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_than_promised_ends_in_an_error() {
        assert!(axum::body::to_bytes(body(file(b"short"), 6), usize::MAX).await.is_err());
    }

    #[tokio::test]
    async fn an_empty_file_is_an_empty_body() {
        assert!(axum::body::to_bytes(body(file(b""), 0), usize::MAX).await.unwrap().is_empty());
    }
}
