//! Tries from inside what the sandbox must refuse, for real, and tells by which word it was refused.

use std::fs::File;
use std::ptr;

use butler_product::message::Probe;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket};

/// At most this much is asked for by [`Probe::Allocate`], bytes.
const MOST: usize = 64 << 30;
/// In steps of this many bytes.
const STEP: usize = 256 << 20;

/// Tries it; none if it was not refused.
pub(crate) fn try_out(probe: Probe) -> Option<String> {
    let refused = match probe {
        Probe::OpenFile => File::open("/etc/passwd").err().and_then(|error| Errno::from_io_error(&error)),
        Probe::Socket => socket(AddressFamily::INET, SocketType::STREAM, None).err(),
        Probe::Execve => execve(),
        Probe::Fork => fork(),
        Probe::Allocate => allocate(),
    };
    refused.map(name)
}

fn last_error() -> Option<Errno> {
    Errno::from_io_error(&std::io::Error::last_os_error())
}

fn execve() -> Option<Errno> {
    let program = c"/bin/true".as_ptr();
    // SAFETY: both lists end with a null, and the call comes back only if it was refused.
    unsafe { libc::execve(program, [program, ptr::null()].as_ptr(), [ptr::null()].as_ptr()) };
    last_error()
}

fn fork() -> Option<Errno> {
    // SAFETY: a child that should not be leaves by the bare system call and touches nothing.
    match unsafe { libc::fork() } {
        -1 => last_error(),
        0 => unsafe { libc::_exit(0) },
        child => {
            // SAFETY: reaps the child just made.
            unsafe { libc::waitpid(child, ptr::null_mut(), 0) };
            None
        }
    }
}

fn allocate() -> Option<Errno> {
    let mut taken = Vec::new();
    let mut refused = None;
    while refused.is_none() && taken.len() * STEP < MOST {
        // SAFETY: asks for fresh memory anywhere; it is given back below and never touched.
        let area = unsafe {
            libc::mmap(
                ptr::null_mut(),
                STEP,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if area == libc::MAP_FAILED { refused = last_error() } else { taken.push(area) }
    }
    for area in taken {
        // SAFETY: each was mapped above with this length.
        unsafe { libc::munmap(area, STEP) };
    }
    refused
}

fn name(errno: Errno) -> String {
    match errno {
        Errno::PERM => "EPERM".to_owned(),
        Errno::ACCESS => "EACCES".to_owned(),
        Errno::NOMEM => "ENOMEM".to_owned(),
        Errno::NOSYS => "ENOSYS".to_owned(),
        other => format!("errno {}", other.raw_os_error()),
    }
}
