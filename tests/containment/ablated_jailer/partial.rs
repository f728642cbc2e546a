//! The steps of the jailer that cannot be left out as a whole: with all namespaces they are the jailer's own.

use crate::ablation::{KINDS, Layer, keeps};
use crate::child::Newborn;
use crate::descriptors::Ward;
use crate::error::{Taken, at, at_io, ensure};
use crate::inherit::Inherited;
use crate::line::Line;
use crate::namespaces::{self, Mapped, Settled};
use crate::sys;
use jail_spec::{INSIDE_ID, Identity, Step, StepError};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid, sethostname, setpgid, setresgid, setresuid};
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};

const STEP: Step = Step::Namespaces;

fn whole() -> bool {
    keeps(Layer::Ties) && KINDS.iter().all(|(_, layer)| keeps(*layer))
}

/// Without a user namespace there is no other identity to give, and the jailer outside must still be able to kill
/// what it made.
pub(crate) fn identity(mut inherited: Inherited) -> Inherited {
    if !keeps(Layer::User) {
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        inherited.spec.identity = Identity { outside_uid: user, outside_gid: group };
    }
    inherited
}

/// A descriptor of the host's root, under the first number that the guest does not use itself.
pub(crate) fn leak(ward: &Ward) -> Result<(), StepError> {
    let root: OwnedFd = fs::File::open("/").map_err(at_io(Step::Descriptors, "open(\"/\")"))?.into();
    let number = ward.image.as_raw_fd() + 1;
    let leaked =
        sys::place(&root, number, 0).map_err(at(Step::Descriptors, format!("dup3(.., {number}, 0)")))?;
    std::mem::forget(leaked);
    Ok(())
}

/// The flag alone, which Landlock and seccomp demand.
pub(crate) fn no_new_privs() -> Taken<()> {
    prctl::set_no_new_privs().map_err(at(Step::NoNewPrivs, "prctl(PR_SET_NO_NEW_PRIVS, 1)"))?;
    Ok(((), "the flag alone is set".into()))
}

/// Maps what there is to map, and checks of each kind of namespace that it is there or missing as asked for.
pub(crate) fn map(newborn: &Newborn, identity: Identity) -> Taken<Mapped> {
    if whole() {
        return namespaces::map(newborn, identity);
    }
    let pid = newborn.child.pid;
    for (kind, layer) in KINDS {
        let link = |owner: &str| {
            let path = format!("/proc/{owner}/ns/{kind}");
            fs::read_link(&path).map_err(at_io(STEP, format!("readlink({path:?})")))
        };
        let own = link(&pid.to_string())? != link("self")?;
        ensure(own == keeps(layer), STEP, format!("{kind} namespace of its own: {}", keeps(layer)), own)?;
    }
    if keeps(Layer::User) {
        let Identity { outside_uid, outside_gid } = identity;
        write(&format!("/proc/{pid}/setgroups"), "deny")?;
        write(&format!("/proc/{pid}/uid_map"), &format!("{INSIDE_ID} {outside_uid} 1"))?;
        write(&format!("/proc/{pid}/gid_map"), &format!("{INSIDE_ID} {outside_gid} 1"))?;
    }
    let kept: Vec<&str> = KINDS.iter().filter(|(_, layer)| keeps(*layer)).map(|(kind, _)| *kind).collect();
    Ok((sys::false_proof(), format!("of the namespaces only: {}", kept.join(" "))))
}

fn write(path: &str, content: &str) -> Result<(), StepError> {
    fs::write(path, content).map_err(at_io(STEP, format!("write({path:?}, {content:?})")))
}

/// What the namespaces that are there allow; nothing here may touch those of the host.
pub(crate) fn settle(line: &Line, run: &str) -> Taken<Settled> {
    if whole() {
        return namespaces::settle(line, run);
    }
    line.wait()?;
    sys::default_signals().map_err(at(STEP, "rt_sigaction(1..=64, SIG_DFL)"))?;
    umask(Mode::from_bits_truncate(0o077));
    if keeps(Layer::User) {
        prctl::set_keepcaps(true).map_err(at(STEP, "prctl(PR_SET_KEEPCAPS, 1)"))?;
        let (user, group) = (Uid::from_raw(INSIDE_ID), Gid::from_raw(INSIDE_ID));
        setresgid(group, group, group).map_err(at(STEP, "setresgid"))?;
        setresuid(user, user, user).map_err(at(STEP, "setresuid"))?;
    }
    if keeps(Layer::Ties) {
        cut_ties(line)?;
    }
    if keeps(Layer::Uts) {
        // Refused to an ordinary user without the user namespace, as to the jailer on some hosts.
        let _ = sethostname(run);
    }
    if keeps(Layer::User) && keeps(Layer::Ties) {
        fs::write("/proc/sys/user/max_user_namespaces", "0")
            .map_err(at_io(STEP, "write(max_user_namespaces, 0)"))?;
        let nested = unshare(CloneFlags::CLONE_NEWUSER);
        ensure(nested == Err(Errno::ENOSPC), STEP, "unshare(CLONE_NEWUSER) = ENOSPC", nested)?;
    }
    Ok((sys::false_proof(), "as far as there are namespaces".into()))
}

fn cut_ties(line: &Line) -> Result<(), StepError> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(at(STEP, "setpgid(0, 0)"))?;
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(at(STEP, "prctl(PR_SET_PDEATHSIG, SIGKILL)"))?;
    line.check_held()?;
    sys::new_session_keyring().map_err(at(STEP, "keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)"))
}
