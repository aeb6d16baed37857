//! The system calls that decoding, threads and the socket need; every other one is answered with `EPERM`.
//!
//! It never kills. Whatever takes a path, makes a socket or a process, or turns memory into code is not on
//! the list.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen::Dword, SeccompCmpArgLen::Qword, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Allowed whatever their arguments.
const PLAIN: &[c_long] = &[
    // The descriptors that the engine gave.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_close,
    // The socket.
    libc::SYS_recvmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_ppoll,
    // Memory; pages that may be executed are refused below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads; `clone` has its conditions below.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Time and chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // Signals' own.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // glibc asks how much memory the machine has before it sorts.
    libc::SYS_sysinfo,
];

/// What a thread shares with its maker, and a process does not.
const THREAD: u64 =
    (libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_SIGHAND | libc::CLONE_THREAD) as u64;
/// What a thread never asks for.
const NOT_A_THREAD: u64 = (libc::CLONE_VFORK
    | libc::CLONE_PTRACE
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u64;
/// `prctl`'s number for naming a memory area, which newer C libraries do.
const PR_SET_VMA: u64 = 0x5356_4d41;

/// Puts the filters up; false where this kernel or machine has none.
pub(super) fn install() -> bool {
    // The stricter answer of two filters holds, and an error is stricter than leave: so the first one's
    // ENOSYS for `clone3` stands, which makes glibc fall back to `clone`, whose flags a filter can see.
    let no_clone3 = program(
        [(libc::SYS_clone3, Vec::new())].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
    );
    let allowed = rules()
        .and_then(|rules| program(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow));
    let (Some(no_clone3), Some(allowed)) = (no_clone3, allowed) else {
        return false;
    };
    apply_filter(&no_clone3).is_ok() && apply_filter(&allowed).is_ok()
}

fn program(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> Option<BpfProgram> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, otherwise, matched, arch).ok()?.try_into().ok()
}

fn rules() -> Option<Rules> {
    let mut rules: Rules = PLAIN.iter().map(|&call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_clone3, Vec::new());
    let without_exec = [(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)];
    rules.insert(libc::SYS_mmap, vec![rule(&without_exec)?]);
    rules.insert(libc::SYS_mprotect, vec![rule(&without_exec)?]);
    let thread = (0, SeccompCmpOp::MaskedEq(THREAD), THREAD);
    rules.insert(libc::SYS_clone, vec![rule(&[thread, (0, SeccompCmpOp::MaskedEq(NOT_A_THREAD), 0)])?]);
    // A debug build of Rust looks whether a descriptor it closes is open.
    rules.insert(libc::SYS_fcntl, vec![rule(&[(1, SeccompCmpOp::Eq, libc::F_GETFD as u64)])?]);
    let name_thread = rule(&[(0, SeccompCmpOp::Eq, libc::PR_SET_NAME as u64)])?;
    rules.insert(libc::SYS_prctl, vec![name_thread, rule(&[(0, SeccompCmpOp::Eq, PR_SET_VMA)])?]);
    // abort() signals its own thread.
    rules.insert(libc::SYS_tgkill, vec![rule(&[(0, SeccompCmpOp::Eq, u64::from(std::process::id()))])?]);
    Some(rules)
}

fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Option<SeccompRule> {
    let conditions = conditions.iter().map(|(argument, operator, value)| {
        // The kernel looks at the lower half of an `int` argument only, and so must the filter; flags of
        // memory and threads are long.
        let length = if matches!(operator, SeccompCmpOp::Eq) { Dword } else { Qword };
        SeccompCondition::new(*argument, length, operator.clone(), *value).ok()
    });
    SeccompRule::new(conditions.collect::<Option<_>>()?).ok()
}
