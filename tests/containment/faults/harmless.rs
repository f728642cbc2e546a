//! The calls of a setup that may fail without making the jail weaker, each with the reason. Whatever else fails must
//! keep every program from being run.

use nix::libc::{self, c_long};
use oubliette_tests::plan::{Call, Half};

/// Where in its life a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the first line of ours: the C library and Rust's runtime.
    Start,
    /// The jailer's steps.
    Steps,
    /// The guest, up to its first frame.
    Guest,
}

/// A call that may fail.
struct Harmless {
    phase: Phase,
    call: c_long,
    /// Only with this first argument, where one is given.
    first: Option<i32>,
    /// Only with this error, where one is given.
    errno: Option<i32>,
    why: &'static str,
}

const fn at(phase: Phase, call: c_long, why: &'static str) -> Harmless {
    Harmless { phase, call, first: None, errno: None, why }
}

const fn with(phase: Phase, call: c_long, first: i32, why: &'static str) -> Harmless {
    Harmless { phase, call, first: Some(first), errno: None, why }
}

const fn option(first: i32) -> Harmless {
    let why = "not every kernel and processor offers this one; EPERM is among the answers that say so, and the \
               report of the step shows it";
    Harmless { phase: Phase::Steps, call: libc::SYS_prctl, first: Some(first), errno: Some(libc::EPERM), why }
}

const RUNTIME: &str = "the C library and Rust's runtime do without, or abort, before anything of ours runs";
const MEMORY: &str = "the allocator asks for memory in another way, or keeps what it could have given back";
const NEVER: &str = "cannot fail by its definition (getpid(2), getuid(2))";
const HELD: &str = "a descriptor stays open: inside, close_range and the probe of every number come later; outside it \
                    goes with the jailer";
const NESTING: &str = "the sysctl against nested user namespaces: both filters forbid them too, and the report of the \
                       step says which it is";

const HARMLESS: [Harmless; 45] = [
    at(Phase::Start, libc::SYS_set_tid_address, RUNTIME),
    at(Phase::Start, libc::SYS_set_robust_list, RUNTIME),
    at(Phase::Start, libc::SYS_rseq, RUNTIME),
    at(Phase::Start, libc::SYS_prlimit64, RUNTIME),
    at(Phase::Start, libc::SYS_readlink, RUNTIME),
    at(Phase::Start, libc::SYS_getrandom, RUNTIME),
    at(Phase::Start, libc::SYS_brk, MEMORY),
    at(Phase::Start, libc::SYS_mmap, MEMORY),
    at(Phase::Start, libc::SYS_openat, RUNTIME),
    at(Phase::Start, libc::SYS_newfstatat, RUNTIME),
    at(Phase::Start, libc::SYS_read, RUNTIME),
    at(Phase::Start, libc::SYS_close, RUNTIME),
    at(Phase::Start, libc::SYS_poll, RUNTIME),
    at(Phase::Start, libc::SYS_fcntl, RUNTIME),
    at(Phase::Start, libc::SYS_sched_getaffinity, RUNTIME),
    at(
        Phase::Start,
        libc::SYS_rt_sigaction,
        "the handlers for a full stack: without them it is a plain SIGSEGV",
    ),
    at(Phase::Start, libc::SYS_sigaltstack, "as above"),
    at(Phase::Start, libc::SYS_gettid, NEVER),
    at(Phase::Steps, libc::SYS_getpgrp, NEVER),
    at(Phase::Steps, libc::SYS_getpid, NEVER),
    at(Phase::Steps, libc::SYS_geteuid, NEVER),
    at(Phase::Steps, libc::SYS_mmap, MEMORY),
    at(Phase::Steps, libc::SYS_munmap, MEMORY),
    at(Phase::Steps, libc::SYS_brk, MEMORY),
    at(Phase::Steps, libc::SYS_close, HELD),
    at(Phase::Steps, libc::SYS_fcntl, "debug builds look whether a descriptor is open before they close it"),
    at(Phase::Steps, libc::SYS_readlink, "the path of a leaf's file, for an error's words"),
    at(Phase::Steps, libc::SYS_statx, "the length of a file, as a hint for the buffer"),
    at(
        Phase::Steps,
        libc::SYS_openat,
        "the sysctl against nested user namespaces, as below; the allocator's look at overcommit",
    ),
    at(Phase::Steps, libc::SYS_read, "the allocator's look at overcommit"),
    at(Phase::Steps, libc::SYS_write, NESTING),
    at(
        Phase::Steps,
        libc::SYS_sethostname,
        "a name for people; the report of the step says that it was kept",
    ),
    with(
        Phase::Steps,
        libc::SYS_prctl,
        libc::PR_CAPBSET_READ,
        "which ambient capabilities to look for when the empty set is read back: it is a subset of the permitted and \
         the inheritable set (capabilities(7)), which are read back whole",
    ),
    Harmless {
        phase: Phase::Steps,
        call: libc::SYS_unshare,
        first: None,
        errno: Some(libc::EPERM),
        why: "a door that is tried: this is how it must be closed",
    },
    option(libc::PR_SET_MDWE),
    option(libc::PR_GET_MDWE),
    option(libc::PR_SET_SPECULATION_CTRL),
    option(libc::PR_SCHED_CORE),
    at(Phase::Guest, libc::SYS_set_tid_address, RUNTIME),
    at(Phase::Guest, libc::SYS_set_robust_list, RUNTIME),
    at(Phase::Guest, libc::SYS_rseq, RUNTIME),
    at(Phase::Guest, libc::SYS_prlimit64, RUNTIME),
    at(Phase::Guest, libc::SYS_readlink, RUNTIME),
    at(Phase::Guest, libc::SYS_getrandom, RUNTIME),
    at(Phase::Guest, libc::SYS_brk, MEMORY),
];

/// Why this call may fail with this error; nothing where it may not.
pub(super) fn why(call: &Call, phase: Phase, errno: i32) -> Option<&'static str> {
    let applies = |one: &&Harmless| {
        one.phase == phase
            && one.call == call.number
            && one.first.is_none_or(|first| u64::try_from(first) == Ok(call.arguments[0]))
            && one.errno.is_none_or(|only| only == errno)
    };
    HARMLESS.iter().find(applies).map(|one| one.why)
}

/// In which phase a call was made: our own code begins with a look at the socket, the guest with its exec.
pub(super) fn phase(calls: &[Call], call: &Call) -> Phase {
    let made = |number: c_long, nth: usize| {
        calls
            .iter()
            .any(|one| one.point.half == call.point.half && one.number == number && one.point.nth < nth)
    };
    let nth = call.point.nth;
    match call.point.half {
        Half::Outside if !made(libc::SYS_getsockopt, nth + 1) => Phase::Start,
        Half::Inside if made(libc::SYS_execveat, nth) => Phase::Guest,
        _ => Phase::Steps,
    }
}
