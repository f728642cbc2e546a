//! The jailer's own system calls, but for the one that makes the child; and the false proofs.
#![allow(unsafe_code, reason = "the one named file for raw system calls")]

#[path = "../../../jailer/src/sys.rs"]
mod real;

use crate::ablation::{KINDS, keeps};
use libc::{c_int, pid_t};
use nix::errno::Errno;
use std::os::fd::RawFd;

#[allow(
    clippy::wildcard_imports,
    reason = "all of it, but for the one function that this file has of its own"
)]
pub(crate) use real::*;

/// The flag of each kind, in the order of [`KINDS`].
const FLAGS: [c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Makes one child in those new namespaces that are not left out.
pub(crate) fn clone_into_namespaces() -> Result<Twin, Errno> {
    let kept = KINDS.iter().zip(FLAGS).filter(|((_, layer), _)| keeps(*layer));
    let flags = kept.fold(libc::CLONE_PIDFD, |flags, (_, flag)| flags | flag);
    let mut pidfd: RawFd = -1;
    // SAFETY: clone_args is plain data; all zero is "nothing asked for".
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = u64::from(flags.cast_unsigned());
    args.pidfd = std::ptr::from_mut(&mut pidfd) as u64;
    args.exit_signal = u64::from(libc::SIGCHLD.cast_unsigned());
    // SAFETY: without CLONE_VM and with no stack given this is fork(2), from a process with one thread.
    let result = unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size_of::<libc::clone_args>()) };
    match pid_t::try_from(result).map_err(|_| Errno::EOVERFLOW)? {
        ..0 => Err(Errno::last()),
        0 => Ok(Twin::Child),
        pid => Ok(Twin::Parent { pid, pidfd: adopt(pidfd), by: "clone3" }),
    }
}

/// A proof of a step that was left out.
pub(crate) fn false_proof<T>() -> T {
    const { assert!(size_of::<T>() == 0, "a proof is nothing but a type") };
    // SAFETY: the type has no bytes, so any memory holds a value of it. That the value claims what is not so is
    // what this program is for.
    unsafe { std::mem::zeroed() }
}
