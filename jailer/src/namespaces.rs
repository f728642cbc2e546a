//! One identity, mapped into namespaces of its own; no way into others.

use crate::child::Newborn;
use crate::error::{Taken, advise, at, at_io, ensure, refused};
use crate::line::Line;
use crate::sys;
use jail_spec::{INSIDE_ID, Identity, Step, StepError};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Pid, Uid, getpid, sethostname, setpgid, setresgid, setresuid};
use std::fs;

const STEP: Step = Step::Namespaces;

const KINDS: [&str; 7] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];

/// Proof: the child's namespaces are its own and one identity is mapped.
pub(crate) struct Mapped(());

/// Proof: this process is that identity.
pub(crate) struct Settled(());

/// From outside: maps the identity. setgroups(2) goes first: without privileges the kernel demands it before
/// gid_map, and with them it stays forbidden for good.
pub(crate) fn map(newborn: &Newborn, identity: Identity) -> Taken<Mapped> {
    let pid = newborn.child.pid;
    check_separate(pid)?;
    let Identity { outside_uid, outside_gid } = identity;
    write_map(pid, "setgroups", "deny")?;
    write_map(pid, "uid_map", &format!("{INSIDE_ID} {outside_uid} 1"))?;
    write_map(pid, "gid_map", &format!("{INSIDE_ID} {outside_gid} 1"))?;
    let kinds = KINDS.join(" ");
    let outside = format!("{INSIDE_ID} is {outside_uid}:{outside_gid} outside");
    Ok((Mapped(()), format!("{}: {kinds}; setgroups denied; {outside}", newborn.by)))
}

fn check_separate(pid: i32) -> Result<(), StepError> {
    let link = |owner: &str, kind: &str| {
        let path = format!("/proc/{owner}/ns/{kind}");
        fs::read_link(&path).map_err(at_io(STEP, format!("readlink({path:?})")))
    };
    for kind in KINDS {
        let (theirs, ours) = (link(&pid.to_string(), kind)?, link("self", kind)?);
        ensure(theirs != ours, STEP, format!("{kind} namespace of its own"), ours)?;
    }
    Ok(())
}

fn write_map(pid: i32, file: &str, content: &str) -> Result<(), StepError> {
    let path = format!("/proc/{pid}/{file}");
    let call = format!("write({path:?}, {content:?})");
    let advice = [
        (Errno::EPERM, "an ordinary user can only map their own user and group id"),
        (Errno::EACCES, "this host restricts user namespaces (AppArmor or SELinux)"),
    ];
    fs::write(&path, content).map_err(|error| advise(at_io(STEP, call)(error), &advice))
}

/// From inside: becomes the mapped identity and cuts what else joins it to the outside.
pub(crate) fn settle(line: &Line, run: &str) -> Taken<Settled> {
    line.wait()?;
    sys::default_signals()
        .map_err(at(STEP, "rt_sigaction(1..=64, SIG_DFL), rt_sigprocmask(SIG_SETMASK, [])"))?;
    umask(Mode::from_bits_truncate(0o077));
    become_inside()?;
    // A shared process group would let kill(0, ...) reach the supervisor across every namespace.
    setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(at(STEP, "setpgid(0, 0)"))?;
    die_with_parent(line)?;
    let keyring = match sys::new_session_keyring() {
        Ok(()) => "new session keyring",
        Err(Errno::ENOSYS) => "kernel without keys",
        Err(errno) => return Err(at(STEP, "keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)")(errno)),
    };
    let name = match sethostname(run) {
        Ok(()) => format!("host name {run}"),
        Err(errno) => format!("host name kept ({errno:?})"),
    };
    let nested = forbid_nesting()?;
    Ok((Settled(()), format!("process 1, own group, dies with its parent; {keyring}; {name}; {nested}")))
}

/// After a clone by root the child is still root outside, only without a name inside; it must change, and keep the
/// capabilities of its own namespace for the mounts.
fn become_inside() -> Result<(), StepError> {
    let own = getpid();
    ensure(own.as_raw() == 1, STEP, "getpid() = 1", own)?;
    prctl::set_keepcaps(true).map_err(at(STEP, "prctl(PR_SET_KEEPCAPS, 1)"))?;
    let (user, group) = (Uid::from_raw(INSIDE_ID), Gid::from_raw(INSIDE_ID));
    setresgid(group, group, group).map_err(at(STEP, format!("setresgid({INSIDE_ID} x3)")))?;
    setresuid(user, user, user).map_err(at(STEP, format!("setresuid({INSIDE_ID} x3)")))
}

/// After the change of identity, which clears the signal (prctl(2)); the parent may have died before it was set.
fn die_with_parent(line: &Line) -> Result<(), StepError> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(at(STEP, "prctl(PR_SET_PDEATHSIG, SIGKILL)"))?;
    line.check_held()
}

/// Namespaces inside the namespace would give capabilities again. Where the sysctl cannot be written (a /proc that
/// is read-only or hides it) the first filter is what forbids them.
fn forbid_nesting() -> Result<String, StepError> {
    if let Err(error) = fs::write("/proc/sys/user/max_user_namespaces", "0") {
        return Ok(format!("nesting left to the filter ({error})"));
    }
    refused(STEP, "unshare(CLONE_NEWUSER)", Errno::ENOSPC, unshare(CloneFlags::CLONE_NEWUSER))
}
