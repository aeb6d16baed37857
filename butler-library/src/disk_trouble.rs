//! Tells what is wrong with one file from what is wrong with its disk, and so will be with the next.

use std::error::Error;
use std::io;

use crate::{BlobError, CheckBlobsError, StoreError};

/// Whether an error, or one of its causes, is of the disk or of the database as a whole: full, read-only or
/// closed. Whatever is tried next will meet it too.
pub fn is_of_whole_disk(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.any(|cause| {
        let is_full = matches!(cause.downcast_ref(), Some(BlobError::Full { .. }));
        is_full
            || cause.downcast_ref().is_some_and(is_of_store)
            // Such an error passes its cause on as its own, so that it is not in the chain.
            || matches!(cause.downcast_ref(), Some(CheckBlobsError::Store(store)) if is_of_store(store))
            || matches!(cause.downcast_ref(), Some(CheckBlobsError::Blob(BlobError::Full { .. })))
            || cause.downcast_ref::<io::Error>().is_some_and(|error| {
                matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull
                        | io::ErrorKind::QuotaExceeded
                        | io::ErrorKind::ReadOnlyFilesystem
                )
            })
    })
}

const fn is_of_store(error: &StoreError) -> bool {
    matches!(error, StoreError::Full(_) | StoreError::ReadOnly(_) | StoreError::Closed)
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn a_disk_that_is_full_or_read_only_is_told_through_whatever_wraps_it() {
        let io = |errno: Errno| io::Error::from(errno);
        let blob = |errno| BlobError::Io { path: "bif/7".to_owned(), source: io(errno) };
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::ROFS] {
            assert!(is_of_whole_disk(&io(errno)) && is_of_whole_disk(&blob(errno)), "{errno}");
            assert!(is_of_whole_disk(&CheckBlobsError::from(blob(errno))), "{errno}");
        }
        for errno in [Errno::ACCESS, Errno::BUSY, Errno::IO] {
            assert!(!is_of_whole_disk(&CheckBlobsError::from(blob(errno))), "{errno}");
        }
        let full = || BlobError::Full { free_bytes: 0, source: io(Errno::NOSPC) };
        assert!(is_of_whole_disk(&full()) && is_of_whole_disk(&CheckBlobsError::from(full())));
        assert!(is_of_whole_disk(&CheckBlobsError::from(StoreError::Closed)));
        assert!(!is_of_whole_disk(&CheckBlobsError::from(StoreError::Unknown { what: "part", id: 7 })));
    }
}
