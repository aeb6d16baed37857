//! A channel of frames between engine and worker over a Unix stream socket, with descriptors riding along.
//!
//! A frame is a length (4 bytes, little-endian, at most [`MAX_FRAME`]) and that many bytes of JSON.
//! Descriptors ride on the frame's first byte. Reading and writing block.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest frame, bytes: a film of many streams and chapters fits a hundred times.
pub const MAX_FRAME: usize = 8 << 20;
/// The most descriptors on one frame.
pub const MAX_DESCRIPTORS: usize = 32;

/// Why a frame could not be sent or taken.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The other side is gone.
    #[error("the other side closed the channel")]
    Closed,
    /// The system's word.
    #[error("the channel broke")]
    Io(#[from] io::Error),
    /// Longer than [`MAX_FRAME`].
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
    /// Not a message of this protocol.
    #[error("a frame is no message of this protocol")]
    Garbage(#[from] serde_json::Error),
}

/// Sends one message, and descriptors with it.
///
/// # Errors
/// If the other side is gone, or the message is longer than [`MAX_FRAME`].
pub fn send(
    mut socket: &UnixStream,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), ChannelError> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - 4;
    if length > MAX_FRAME {
        return Err(ChannelError::TooLong(length));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(ChannelError::TooLong(descriptors.len()));
    }
    let sent = loop {
        match sendmsg(socket, &[IoSlice::new(&frame)], &mut ancillary, SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => return Err(ChannelError::Closed),
            Err(errno) => return Err(ChannelError::Io(errno.into())),
            Ok(sent) => break sent,
        }
    };
    socket.write_all(&frame[sent..]).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ChannelError::Closed,
        _ => ChannelError::Io(error),
    })
}

/// Takes one message and the descriptors that came with it, which close when they are dropped.
///
/// # Errors
/// If the other side is gone, or what comes is no message.
pub fn receive<T: DeserializeOwned>(socket: &UnixStream) -> Result<(T, Vec<OwnedFd>), ChannelError> {
    let mut descriptors = Vec::new();
    let mut head = [0; 4];
    let mut filled = 0;
    while filled < head.len() {
        filled += receive_some(socket, &mut head[filled..], &mut descriptors)?;
    }
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX_FRAME {
        return Err(ChannelError::TooLong(length));
    }
    let mut body = Vec::new();
    let mut stream = socket;
    let taken = Read::by_ref(&mut stream).take(length as u64).read_to_end(&mut body)?;
    if taken < length {
        return Err(ChannelError::Closed);
    }
    Ok((serde_json::from_slice(&body)?, descriptors))
}

fn receive_some(
    socket: &UnixStream,
    buffer: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> Result<usize, ChannelError> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let taken = loop {
        match recvmsg(socket.as_fd(), &mut [IoSliceMut::new(buffer)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)
        {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CONNRESET) => return Err(ChannelError::Closed),
            Err(errno) => return Err(ChannelError::Io(errno.into())),
            Ok(taken) => break taken.bytes,
        }
    };
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    if taken == 0 { Err(ChannelError::Closed) } else { Ok(taken) }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Seek;

    use super::*;
    use crate::message::{FromWorker, ToWorker};

    #[test]
    fn a_message_and_its_descriptors_arrive_together() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"payload").unwrap();
        file.rewind().unwrap();
        send(&ours, &ToWorker::Cancel { unit: 7 }, &[file.as_fd()]).unwrap();
        send(&ours, &ToWorker::Quit, &[]).unwrap();

        let (first, mut descriptors) = receive::<ToWorker>(&theirs).unwrap();
        assert_eq!(first, ToWorker::Cancel { unit: 7 });
        let mut text = String::new();
        File::from(descriptors.pop().unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "payload");
        let (second, descriptors) = receive::<ToWorker>(&theirs).unwrap();
        assert_eq!(second, ToWorker::Quit);
        assert!(descriptors.is_empty());
    }

    #[test]
    fn a_closed_channel_says_so() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(ours);
        assert!(matches!(receive::<FromWorker>(&theirs), Err(ChannelError::Closed)));
    }

    #[test]
    fn a_length_beyond_the_cap_allocates_nothing_and_is_refused() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(&u32::MAX.to_le_bytes()).unwrap();
        assert!(matches!(receive::<FromWorker>(&theirs), Err(ChannelError::TooLong(_))));
    }

    #[test]
    fn garbage_is_refused() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(&3u32.to_le_bytes()).unwrap();
        ours.write_all(b"{]}").unwrap();
        assert!(matches!(receive::<FromWorker>(&theirs), Err(ChannelError::Garbage(_))));
    }
}
