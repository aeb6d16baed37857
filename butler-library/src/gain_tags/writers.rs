//! Whether any program has a file open for writing, be it idle: what that writes later into a file that was
//! replaced would be lost.
//!
//! A read lease tells it, which the kernel gives nobody else's writers beside (fcntl(2), `F_SETLEASE`); it is given
//! back at once. The kernel gives one to the file's owner and the administrator alone, and on local disks:
//! elsewhere nothing is known. Start with [`has_writers`].

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Names the signal by which a lease is told to break; the crate does not know it (`asm-generic/fcntl.h`).
const F_SETSIG: libc::c_int = 10;

/// Whether somebody has a file, which is open for reading here, open for writing.
pub(super) fn has_writers(file: &File) -> bool {
    let fd = file.as_raw_fd();
    #[expect(unsafe_code, reason = "a call on numbers alone, which no crate that is used here has")]
    // SAFETY: the descriptor is open as long as `file` is borrowed, and no memory is handed over.
    let fcntl = |command, argument: libc::c_int| unsafe { libc::fcntl(fd, command, argument) };
    // Who opens it in this very moment has the kernel tell the holder: by a signal that nobody minds, for the one
    // that it would take ends the process.
    if fcntl(F_SETSIG, libc::SIGURG) != 0 {
        return false;
    }
    if fcntl(libc::F_SETLEASE, libc::F_RDLCK) == 0 {
        fcntl(libc::F_SETLEASE, libc::F_UNLCK);
        return false;
    }
    io::Error::last_os_error().raw_os_error() == Some(libc::EAGAIN)
}
