//! Takes over from the supervisor: one socket, one message, its descriptors; nothing else of what was inherited.

use crate::error::{Taken, at, ensure, found};
use crate::message::receive;
use crate::report::Control;
use crate::sys;
use jail_spec::{JailSpec, Step, StepError, VERSION, descriptors};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::socket::{SockType, UnixAddr, getsockname, getsockopt, sockopt};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{Gid, Pid, geteuid, getgroups, setgroups, setpgid};
use std::os::fd::{AsRawFd, OwnedFd};

const STEP: Step = Step::Inherit;

/// What the supervisor handed over.
pub(crate) struct Inherited {
    pub(crate) spec: JailSpec,
    pub(crate) image: OwnedFd,
    pub(crate) socket: OwnedFd,
    pub(crate) leaf: Vec<OwnedFd>,
}

/// The supervisor's socket and what came through it. Otherwise, in words for whoever started this program, why not.
pub(crate) type TakenOver = Result<(Control, Result<Inherited, StepError>), &'static str>;

/// Takes over.
pub(crate) fn take_over() -> TakenOver {
    let control = from_supervisor()?;
    let inherited = first_message(&control)?;
    Ok((control, inherited))
}

fn from_supervisor() -> Result<Control, &'static str> {
    if std::env::args_os().len() != 1 {
        return Err("it takes no arguments");
    }
    if std::env::vars_os().next().is_some() {
        return Err("its environment must be empty");
    }
    let input = std::io::stdin();
    if getsockopt(&input, sockopt::SockType) != Ok(SockType::SeqPacket)
        || getsockname::<UnixAddr>(input.as_raw_fd()).is_err()
    {
        return Err("its standard input is not the supervisor's socket");
    }
    // A list that breaks off could look like that of one thread.
    match std::fs::read_dir("/proc/self/task").and_then(|tasks| tasks.collect::<Result<Vec<_>, _>>()) {
        Ok(tasks) if tasks.len() == 1 => Ok(Control(input)),
        Ok(_) => Err("it must have one thread"),
        Err(_) => {
            Err("/proc is not mounted here or cannot be read, and without it no namespace can be set up")
        }
    }
}

// The outer result refuses a supervisor of another version, which could misread a report.
fn first_message(control: &Control) -> Result<Result<Inherited, StepError>, &'static str> {
    let message = match close_inherited().and_then(|()| receive(STEP, control.0.as_raw_fd())) {
        Ok(message) => message,
        Err(error) => return Ok(Err(error)),
    };
    match jail_spec::decode::<JailSpec>(&message.bytes) {
        Ok(spec) if spec.version != VERSION => {
            Err("the supervisor speaks another version: install both from one build")
        }
        Ok(spec) => Ok(sort(spec, message.descriptors)),
        Err(error) => Ok(Err(found(STEP, "decode(JailSpec)", error))),
    }
}

/// Leaves behind what a child would share: descriptors, process group, supplementary groups.
fn close_inherited() -> Result<(), StepError> {
    sys::close_range(3, u32::MAX).map_err(at(STEP, "close_range(3, ~0U, 0)"))?;
    sys::close_range(1, 1).map_err(at(STEP, "close_range(1, 1, 0)"))?;
    // A leader of a session already is the leader of its group; everybody else can become one.
    if nix::unistd::getpgrp() != Pid::this() {
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(at(STEP, "setpgid(0, 0)"))?;
    }
    // Now or never: inside a user namespace with setgroups=deny they can no longer be dropped.
    if geteuid().is_root() {
        setgroups(&[] as &[Gid]).map_err(at(STEP, "setgroups(0, [])"))?;
    }
    Ok(())
}

/// Gives each descriptor its role.
fn sort(spec: JailSpec, attached: Vec<OwnedFd>) -> Result<Inherited, StepError> {
    spec.check().map_err(|problem| found(STEP, "check(JailSpec)", problem))?;
    let (wanted, count) = (descriptors::LEAF.saturating_add(spec.leaf.files()), attached.len());
    let mut attached = attached.into_iter();
    match (attached.next(), attached.next()) {
        (Some(image), Some(socket)) if count == wanted => {
            Ok(Inherited { spec, image, socket, leaf: attached.collect() })
        }
        _ => Err(found(STEP, format!("{wanted} descriptors attached"), format!("found {count}"))),
    }
}

/// Checks the image, and hides it: a file that may be executed but not read makes its process undumpable from its
/// first instruction (execve(2)); a `prctl` before the exec would be undone by it.
pub(crate) fn check_image(inherited: &Inherited) -> Taken<()> {
    let seals = fcntl(&inherited.image, FcntlArg::F_GET_SEALS);
    let seals = seals.map_err(at(STEP, "fcntl(image, F_GET_SEALS)"))?;
    let fixed = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK;
    let wanted = fixed | SealFlag::F_SEAL_SEAL;
    let sealed = SealFlag::from_bits_truncate(seals).contains(wanted);
    ensure(sealed, STEP, "fcntl(image, F_GET_SEALS) = F_SEAL_SEAL|SHRINK|GROW|WRITE", seals)?;
    fchmod(&inherited.image, Mode::from_bits_truncate(0o111)).map_err(at(STEP, "fchmod(image, 0111)"))?;
    let groups = getgroups().map_err(at(STEP, "getgroups()"))?.len();
    let started = format!("1 thread, no arguments, no environment, {groups} supplementary groups");
    let leaf = inherited.leaf.len();
    Ok(((), format!("{started}; image sealed and execute-only; {leaf} cgroup.procs")))
}
