//! System calls that no safe crate offers. The only file of this binary with `unsafe` in it.
#![allow(unsafe_code, reason = "the one named file for raw system calls")]

use libc::{c_int, c_long, c_ulong, pid_t};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// The namespaces of clone(2), all of those a process can be confined by.
const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Resets handlers in the child (clone3(2), Linux 5.5); not in the libc crate.
const CLONE_CLEAR_SIGHAND: u64 = 0x1_0000_0000;

/// Highest signal number (signal(7)).
const LAST_SIGNAL: c_int = 64;

/// The result of [`clone_into_namespaces`]: it returns twice, like fork(2).
pub(crate) enum Twin {
    Child,
    Parent { pid: pid_t, pidfd: OwnedFd, by: &'static str },
}

fn check(result: c_long) -> Result<c_long, Errno> {
    if result < 0 { Err(Errno::last()) } else { Ok(result) }
}

/// Makes one child in new namespaces of every kind. The caller must be single-threaded.
pub(crate) fn clone_into_namespaces() -> Result<Twin, Errno> {
    let mut pidfd: RawFd = -1;
    let (result, by) = match clone3(&mut pidfd) {
        // A filter of the host (systemd's RestrictNamespaces, older container engines) or an older kernel
        // refuses the newer call only.
        Err(Errno::ENOSYS | Errno::EINVAL) => (clone(&mut pidfd)?, "clone"),
        result => (result?, "clone3"),
    };
    if result == 0 {
        return Ok(Twin::Child);
    }
    let pid = pid_t::try_from(result).map_err(|_| Errno::EOVERFLOW)?;
    Ok(Twin::Parent { pid, pidfd: adopt(pidfd), by })
}

fn clone3(pidfd: &mut RawFd) -> Result<c_long, Errno> {
    // SAFETY: clone_args is plain data; all zero is "nothing asked for".
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = u64::from((NAMESPACES | libc::CLONE_PIDFD).cast_unsigned()) | CLONE_CLEAR_SIGHAND;
    args.pidfd = std::ptr::from_mut(pidfd) as u64;
    args.exit_signal = u64::from(libc::SIGCHLD.cast_unsigned());
    // SAFETY: without CLONE_VM and with no stack given this is fork(2): parent and child each go on with their
    // own copy of memory. The process has one thread, so no lock of the C library is held by another.
    check(unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size_of::<libc::clone_args>()) })
}

fn clone(pidfd: &mut RawFd) -> Result<c_long, Errno> {
    let flags = c_long::from(NAMESPACES | libc::CLONE_PIDFD | libc::SIGCHLD);
    // SAFETY: as above; the third argument is where CLONE_PIDFD stores, on every architecture we build for, and
    // the two that differ between architectures are zero.
    check(unsafe {
        libc::syscall(libc::SYS_clone, flags, 0_usize, std::ptr::from_mut(pidfd), 0_usize, 0_usize)
    })
}

/// Takes ownership of a descriptor the kernel has just given us.
pub(crate) fn adopt(number: RawFd) -> OwnedFd {
    // SAFETY: every caller passes a number it has just received and that nothing else owns.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Above every number a child's table uses, so that filling the table never overwrites what it is filled from.
const ASIDE: RawFd = 128;

/// A duplicate, closed on exec, above every number a child's table uses.
pub(crate) fn aside(from: &OwnedFd) -> Result<OwnedFd, Errno> {
    fcntl(from, FcntlArg::F_DUPFD_CLOEXEC(ASIDE)).map(adopt)
}

/// Duplicates `from` to exactly `number`, replacing what was there.
pub(crate) fn place(from: &OwnedFd, number: RawFd, flags: c_int) -> Result<OwnedFd, Errno> {
    // SAFETY: no memory is passed. The caller replaces only numbers nothing in this process owns.
    check(c_long::from(unsafe { libc::dup3(from.as_raw_fd(), number, flags) }))?;
    Ok(adopt(number))
}

/// Closes every descriptor from `first` to `last`, both included (close_range(2), Linux 5.9).
pub(crate) fn close_range(first: u32, last: u32) -> Result<(), Errno> {
    // SAFETY: no memory is passed. The caller closes only what nothing will use or close again.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) }).map(drop)
}

/// The descriptor's flags (`FD_CLOEXEC`); `EBADF` when the number is closed.
pub(crate) fn descriptor_flags(number: RawFd) -> Result<c_long, Errno> {
    // SAFETY: F_GETFD passes no memory and fails with EBADF for a closed number.
    check(c_long::from(unsafe { libc::fcntl(number, libc::F_GETFD) }))
}

/// Gives every signal its default action and unblocks all of them: the guest starts from a defined state.
pub(crate) fn default_signals() -> Result<(), Errno> {
    let default = [0_u64; 4];
    // SIGKILL and SIGSTOP have no other action, and refuse to be given one.
    for signal in (1..=LAST_SIGNAL).filter(|signal| ![libc::SIGKILL, libc::SIGSTOP].contains(signal)) {
        // SAFETY: all zero is SIG_DFL, no flags, no mask; it outlives the call. The C library's own call would leave
        // out the two signals it keeps for itself, which whoever started us may have ignored.
        check(unsafe {
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), 0_usize, size_of::<u64>())
        })?;
    }
    // SAFETY: sigset_t is plain data, filled by sigemptyset before it is read.
    check(c_long::from(unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut())
    }))
    .map(drop)
}

fn prctl(option: c_int, arguments: [c_ulong; 3]) -> Result<c_int, Errno> {
    let [second, third, fourth] = arguments;
    // SAFETY: private; every option passed below takes integers only.
    let result = unsafe { libc::prctl(option, second, third, fourth, 0 as c_ulong) };
    if result < 0 { Err(Errno::last()) } else { Ok(result) }
}

/// Drops one capability from the bounding set; `EINVAL` for one the kernel does not know.
pub(crate) fn drop_bounding(capability: u8) -> Result<(), Errno> {
    prctl(libc::PR_CAPBSET_DROP, [c_ulong::from(capability), 0, 0]).map(drop)
}

/// Whether the bounding set has this capability; `EINVAL` for one the kernel does not know.
pub(crate) fn has_bounding(capability: u8) -> Result<bool, Errno> {
    prctl(libc::PR_CAPBSET_READ, [c_ulong::from(capability), 0, 0]).map(|set| set == 1)
}

/// Sets the securebits (capabilities(7)).
pub(crate) fn set_securebits(bits: c_int) -> Result<(), Errno> {
    prctl(libc::PR_SET_SECUREBITS, [c_ulong::from(bits.cast_unsigned()), 0, 0]).map(drop)
}

/// Reads the securebits.
pub(crate) fn securebits() -> Result<c_int, Errno> {
    prctl(libc::PR_GET_SECUREBITS, [0; 3])
}

/// Forbids memory that gains the right to be executed (PR_SET_MDWE, Linux 6.3); returns the state read back.
pub(crate) fn deny_write_execute() -> Result<bool, Errno> {
    prctl(libc::PR_SET_MDWE, [c_ulong::from(libc::PR_MDWE_REFUSE_EXEC_GAIN), 0, 0])?;
    prctl(libc::PR_GET_MDWE, [0; 3]).map(|state| state == libc::PR_MDWE_REFUSE_EXEC_GAIN.cast_signed())
}

/// Switches a kind of speculation (`PR_SPEC_...`, prctl(2)) off for good; `ENODEV` or `ENXIO` where the kernel or processor offers no switch.
pub(crate) fn forbid_speculation(kind: c_int) -> Result<(), Errno> {
    let off = c_ulong::from(libc::PR_SPEC_FORCE_DISABLE);
    prctl(libc::PR_SET_SPECULATION_CTRL, [c_ulong::from(kind.cast_unsigned()), off, 0]).map(drop)
}

/// Gives this process a core-scheduling cookie of its own (Linux 5.14), so that no other process shares its core.
pub(crate) fn own_core() -> Result<(), Errno> {
    const THREAD_GROUP: c_ulong = 1;
    let create = c_ulong::from(libc::PR_SCHED_CORE_CREATE.cast_unsigned());
    prctl(libc::PR_SCHED_CORE, [create, 0, THREAD_GROUP]).map(drop)
}

/// Whether this thread runs under a seccomp filter.
pub(crate) fn is_filtered() -> Result<bool, Errno> {
    const SECCOMP_MODE_FILTER: c_int = 2;
    prctl(libc::PR_GET_SECCOMP, [0; 3]).map(|mode| mode == SECCOMP_MODE_FILTER)
}

/// The highest Landlock ABI of this kernel (landlock_create_ruleset(2)); `ENOSYS` without one, `EOPNOTSUPP` when off.
pub(crate) fn landlock_abi() -> Result<c_long, Errno> {
    const VERSION: c_ulong = 1;
    // SAFETY: with this flag the kernel demands a null attribute of size 0; no memory is passed.
    check(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0_usize, 0_usize, VERSION) })
}

/// Joins a new, anonymous session keyring (keyctl(2)).
pub(crate) fn new_session_keyring() -> Result<(), Errno> {
    const JOIN_SESSION_KEYRING: c_long = 1;
    // SAFETY: a null name asks for an anonymous keyring; no memory is passed.
    check(unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, 0_usize) }).map(drop)
}

/// Sends SIGKILL to exactly the process behind the descriptor, whatever its number is used for by now.
pub(crate) fn kill(pidfd: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: a null siginfo asks for the default one; no memory is passed.
    check(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), libc::SIGKILL, 0_usize, 0) })
        .map(drop)
}

/// Waits for a child and reaps it: its wait status and what it used.
pub(crate) fn wait(pid: pid_t) -> Result<(c_int, libc::rusage), Errno> {
    let mut status = 0;
    // SAFETY: rusage is plain data, written by the kernel before it is read.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live, exclusive variables of the right type.
    check(c_long::from(unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) }))?;
    Ok((status, usage))
}

/// Ends the process at once: no destructor and no exit function of the parent's copy runs.
pub(crate) fn exit_now(status: c_int) -> ! {
    // SAFETY: _exit takes no memory and does not return.
    unsafe { libc::_exit(status) }
}
