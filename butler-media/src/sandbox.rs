//! The walls a worker raises around itself before its first thread and before it reads a byte that others
//! wrote.
//!
//! Limits, no new rights, landlock without a single rule, and an allow-list of system calls that answers
//! `EPERM` and never kills, for libraries have fall-backs. Nothing here opens what the work needs:
//! descriptors come over the socket. Start with [`enter`].
#![expect(unsafe_code, reason = "prctl, mallopt, signal and the probes' bare system calls have no safe door")]

mod filter;
mod probe;

use butler_product::message::{Limits, Sandbox};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};

pub(crate) use probe::try_out;

/// Address space: several 4K decoders at 10 bits fit, a bomb doesn't fill the machine.
const MAX_ADDRESS_SPACE: u64 = 4 << 30;
/// Descriptors: the standard ones, the socket, and those of one unit with room to spare.
const MAX_OPEN_FILES: u64 = 96;
/// Memory pools of glibc: each reserves 64 MiB of address space, by default eight for every core.
const MAX_ARENAS: libc::c_int = 2;

/// Raises every wall that this kernel has, and says which hold.
pub(crate) fn enter() -> Sandbox {
    die_with_parent();
    let_others_read_first();
    calm_the_allocator();
    let rlimits = limit_resources();
    let no_new_privs = rustix::thread::set_no_new_privs(true).is_ok();
    let landlock = forbid_paths();
    let seccomp = filter::install();
    Sandbox { rlimits, no_new_privs, landlock, seccomp }
}

/// A worker without its supervisor is of no use to anybody. A parent that is gone already shows by its end of
/// the socket.
fn die_with_parent() {
    // A refusal changes nothing: the closed socket ends the worker as well, only later if it is deep in a
    // decoder.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
}

/// The idle class of I/O: whoever else wants the disk goes first. Threads made later inherit it. Numbers:
/// `ioprio_set(2)`.
fn let_others_read_first() {
    const WHO_PROCESS: libc::c_int = 1;
    const SELF: libc::c_int = 0;
    const IDLE: libc::c_int = 3 << 13;
    // SAFETY: the call takes three numbers and no memory. A kernel without classes refuses, which changes
    // nothing.
    let _ = unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, SELF, IDLE) };
}

fn calm_the_allocator() {
    // SAFETY: both are called before there is a second thread, with constants that their manual pages name.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, MAX_ARENAS);
        // A write past the file size limit then answers EFBIG instead of killing.
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

fn limit_resources() -> bool {
    // Processes aren't limited here: the count is the whole user's, with all threads. The allow-list refuses
    // fork instead.
    let limits = [
        (Resource::As, MAX_ADDRESS_SPACE),
        (Resource::Nofile, MAX_OPEN_FILES),
        (Resource::Core, 0),
        (Resource::Fsize, Limits::default().max_output_bytes),
    ];
    limits.into_iter().fold(true, |all, (resource, most)| {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).is_ok() && all
    })
}

/// Forbids every path: whole from the first landlock on, network and signals where the kernel's landlock
/// knows them too.
fn forbid_paths() -> bool {
    let raise = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V1))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V6))?
            .handle_access(AccessNet::from_all(ABI::V6))?
            .scope(BitFlags::<Scope>::all())?
            .create()?
            .restrict_self()
    };
    raise().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}
