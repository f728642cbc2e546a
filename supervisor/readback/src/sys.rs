//! System calls that no safe crate offers. The only file on the supervisor's side with `unsafe` in it.
#![allow(unsafe_code, reason = "the one named file for raw system calls")]

use jail_spec::Instruction;
use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, c_uint, c_ulong};
use nix::unistd::Pid;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// linux/ptrace.h; the libc crate has it for some targets only.
const PTRACE_SECCOMP_GET_FILTER: c_uint = 0x420c;

fn check(result: c_long) -> Result<c_long, Errno> {
    if result < 0 { Err(Errno::last()) } else { Ok(result) }
}

/// One filter of a stopped tracee; index 0 is the one installed last, and `ENOENT` comes after the first.
pub(crate) fn filter(pid: Pid, index: usize) -> Result<Vec<Instruction>, Errno> {
    let none = std::ptr::null_mut::<libc::sock_filter>();
    // SAFETY: without a buffer the kernel only says how many instructions there are.
    let length = check(unsafe { libc::ptrace(PTRACE_SECCOMP_GET_FILTER, pid.as_raw(), index, none) })?;
    let length = usize::try_from(length).map_err(|_| Errno::EOVERFLOW)?;
    let mut program = vec![libc::sock_filter { code: 0, jt: 0, jf: 0, k: 0 }; length];
    // SAFETY: the buffer has room for the whole filter, and a filter that is installed never changes: the tracee is
    // stopped, so this index is the same filter still.
    check(unsafe { libc::ptrace(PTRACE_SECCOMP_GET_FILTER, pid.as_raw(), index, program.as_mut_ptr()) })?;
    Ok(program.into_iter().map(|one| Instruction(one.code, one.jt, one.jf, one.k)).collect())
}

/// The core-scheduling cookie of one thread.
pub(crate) fn core_cookie(pid: Pid) -> Result<u64, Errno> {
    const THREAD: c_ulong = 0;
    let mut cookie: c_ulong = 0;
    // SAFETY: the kernel writes one unsigned long through the last argument, which outlives the call.
    let result = unsafe {
        libc::prctl(libc::PR_SCHED_CORE, libc::PR_SCHED_CORE_GET, pid.as_raw(), THREAD, &raw mut cookie)
    };
    check(c_long::from(result))?;
    Ok(cookie)
}

/// The user namespace that owns a namespace (`NS_GET_USERNS`, ioctl_nsfs(2)).
pub(crate) fn owner(namespace: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: the request takes no argument and returns a new descriptor.
    let number = check(c_long::from(unsafe { libc::ioctl(namespace.as_raw_fd(), libc::NS_GET_USERNS) }))?;
    let number = c_int::try_from(number).map_err(|_| Errno::EOVERFLOW)?;
    // SAFETY: the kernel has just given us this number, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// The user that made a user namespace, as we know it (`NS_GET_OWNER_UID`, ioctl_nsfs(2)).
pub(crate) fn maker(user_namespace: BorrowedFd<'_>) -> Result<u32, Errno> {
    let mut user: libc::uid_t = 0;
    // SAFETY: the kernel writes one uid_t, which outlives the call.
    let result = unsafe { libc::ioctl(user_namespace.as_raw_fd(), libc::NS_GET_OWNER_UID, &raw mut user) };
    check(c_long::from(result))?;
    Ok(user)
}

/// A child with this identity that has already ended. It keeps its process id until it is waited for.
pub(crate) fn stillborn(user: u32, group: u32) -> Result<Pid, Errno> {
    // SAFETY: the child makes raw system calls only, so it needs no lock that another thread may have held.
    match check(c_long::from(unsafe { libc::fork() }))? {
        // SAFETY: no memory is passed, and _exit does not return. The C library would pass a change of identity on
        // to threads that the child does not have.
        0 => unsafe {
            let changed = libc::syscall(libc::SYS_setresgid, group, group, group) == 0
                && libc::syscall(libc::SYS_setresuid, user, user, user) == 0;
            libc::_exit(c_int::from(!changed))
        },
        pid => Ok(Pid::from_raw(pid.try_into().map_err(|_| Errno::EOVERFLOW)?)),
    }
}
