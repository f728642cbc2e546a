//! What a guest could reach without Landlock's scopes: a socket and a process that are not of its domain, held by us
//! in its own namespaces, because nothing outside of them has a name inside.

use crate::{Refusal, sys};
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

const NEEDS: &str =
    "CAP_SYS_ADMIN over the guest's namespaces, to hold something in them that it could reach";

/// An abstract socket in a guest's network namespace.
pub(crate) struct Listener {
    pub(crate) name: Vec<u8>,
    _socket: UnixListener,
}

impl Listener {
    /// Takes this thread into the network namespace for good.
    pub(crate) fn beside(pid: Pid) -> Result<Self, Refusal> {
        enter(pid, "net", CloneFlags::CLONE_NEWNET)?;
        let name = format!("oubliette-readback-{}", std::process::id()).into_bytes();
        let bound =
            SocketAddr::from_abstract_name(&name).and_then(|address| UnixListener::bind_addr(&address));
        let socket = bound.map_err(|error| Refusal::new("bind(AF_UNIX, abstract)", error, NEEDS))?;
        Ok(Self { name, _socket: socket })
    }
}

/// A dead process of a guest's identity in its process namespace. It runs nothing, and is gone when this is dropped;
/// until then the namespace cannot end.
pub(crate) struct Stillborn {
    pid: Pid,
}

impl Stillborn {
    /// Has this thread's next children born in the process namespace, for good.
    pub(crate) fn beside(pid: Pid) -> Result<Self, Refusal> {
        let (user, group) = (number(pid, "Uid", 0)?, number(pid, "Gid", 0)?);
        enter(pid, "pid", CloneFlags::CLONE_NEWPID)?;
        let refused = |errno: Errno| Refusal::new("fork()", errno, NEEDS);
        let child = sys::stillborn(user, group).map_err(refused)?;
        let stillborn = Self { pid: child };
        let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::__WALL;
        match waitid(Id::Pid(child), ended).map_err(refused)? {
            WaitStatus::Exited(_, 0) => Ok(stillborn),
            other => Err(Refusal::new("setresuid()", format!("{other:?}"), NEEDS)),
        }
    }

    /// Its number inside.
    pub(crate) fn number(&self) -> Result<u32, Refusal> {
        innermost_number(self.pid)
    }
}

impl Drop for Stillborn {
    fn drop(&mut self) {
        let _ = waitpid(self.pid, Some(WaitPidFlag::__WALL));
    }
}

fn enter(pid: Pid, kind: &str, flag: CloneFlags) -> Result<(), Refusal> {
    let path = format!("/proc/{pid}/ns/{kind}");
    let namespace = File::open(&path).map_err(|error| Refusal::new(format!("open({path})"), error, NEEDS))?;
    setns(&namespace, flag).map_err(|errno| Refusal::new(format!("setns({kind})"), errno, NEEDS))
}

/// The number a process has in its own process namespace.
pub(crate) fn innermost_number(pid: Pid) -> Result<u32, Refusal> {
    number(pid, "NSpid", usize::MAX)
}

/// One number of a line of proc_pid_status(5); the last where `at` is beyond it.
fn number(pid: Pid, name: &str, at: usize) -> Result<u32, Refusal> {
    let path = format!("/proc/{pid}/status");
    let status =
        fs::read_to_string(&path).map_err(|error| Refusal::new(format!("read({path})"), error, ""))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default();
    let numbers: Vec<u32> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let found = numbers.get(at).or(numbers.last()).copied();
    found.ok_or_else(|| Refusal::new(format!("read({path})"), format!("no {name}"), ""))
}
