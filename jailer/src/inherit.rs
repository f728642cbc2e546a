//! Takes over from the supervisor: one socket, one message, its descriptors; nothing else of what was inherited.

use crate::error::{at, at_io, found};
use crate::report::Control;
use crate::sys;
use jail_spec::{JailSpec, descriptors};
use jail_spec::{
    Leaf, MAX_DESCRIPTORS, MAX_FILTER_INSTRUCTIONS, MAX_MESSAGE_BYTES, Step, StepError, VERSION,
};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockType, UnixAddr, getsockname, getsockopt, recvmsg, sockopt,
};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{Gid, Pid, geteuid, getgroups, setgroups, setpgid};
use std::io::IoSliceMut;
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

const STEP: Step = Step::Inherit;

/// Longest run name: the kernel's host name holds one more byte.
const MAX_RUN_NAME: usize = 63;

/// Where the guest's socket may stand: above the standard streams, which stay closed, and below where descriptors
/// are kept while they are sorted.
const SOCKET_NUMBERS: RangeInclusive<RawFd> = 3..=100;

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
    let inherited = receive(&control)?;
    Ok((control, inherited))
}

fn from_supervisor() -> Result<Control, &'static str> {
    if std::env::args_os().len() != 1 {
        return Err("it takes no arguments");
    }
    if std::env::vars_os().next().is_some() {
        return Err("its environment must be empty");
    }
    let input = sys::standard_input();
    if getsockopt(&input, sockopt::SockType) != Ok(SockType::SeqPacket)
        || getsockname::<UnixAddr>(input.as_raw_fd()).is_err()
    {
        return Err("its standard input is not the supervisor's socket");
    }
    match std::fs::read_dir("/proc/self/task").map(Iterator::count) {
        Ok(1) => Ok(Control::new(input)),
        Ok(_) => Err("it must have one thread"),
        Err(_) => Err("/proc is not mounted here, and without it no namespace can be set up"),
    }
}

// The outer result refuses a supervisor of another version, which could misread a report.
fn receive(control: &Control) -> Result<Result<Inherited, StepError>, &'static str> {
    let received = match close_inherited().and_then(|()| read_message(control)) {
        Ok(received) => received,
        Err(error) => return Ok(Err(error)),
    };
    let (bytes, attached) = received;
    match jail_spec::decode::<JailSpec>(&bytes) {
        Ok(spec) if spec.version != VERSION => {
            Err("the supervisor speaks another version: install both from one build")
        }
        Ok(spec) => Ok(sort(spec, attached)),
        Err(error) => Ok(Err(found(STEP, "decode(JailSpec)", error))),
    }
}

/// Leaves behind what a child would share: descriptors, process group, supplementary groups.
fn close_inherited() -> Result<(), StepError> {
    sys::close_range(3, u32::MAX).map_err(at(STEP, "close_range(3, ~0U, 0)"))?;
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

fn read_message(control: &Control) -> Result<(Vec<u8>, Vec<OwnedFd>), StepError> {
    let call = || at(STEP, "recvmsg(0, MSG_CMSG_CLOEXEC)");
    let mut bytes = vec![0; MAX_MESSAGE_BYTES];
    let mut space = nix::cmsg_space!([RawFd; MAX_DESCRIPTORS]);
    let (length, flags, attached) = {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let message =
            recvmsg::<()>(control.number(), &mut parts, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC)
                .map_err(call())?;
        let attached = message.cmsgs().map_err(call())?.flat_map(adopt_all).collect();
        (message.bytes, message.flags, attached)
    };
    if flags.intersects(MsgFlags::MSG_TRUNC | MsgFlags::MSG_CTRUNC) {
        let bound =
            format!("longer than {MAX_MESSAGE_BYTES} bytes or more than {MAX_DESCRIPTORS} descriptors");
        return Err(found(STEP, "recvmsg(0, MSG_CMSG_CLOEXEC)", bound));
    }
    bytes.truncate(length);
    // Not before: a received descriptor would take its number.
    sys::close_range(1, 1).map_err(at(STEP, "close_range(1, 1, 0)"))?;
    Ok((bytes, attached))
}

fn adopt_all(message: ControlMessageOwned) -> Vec<OwnedFd> {
    match message {
        ControlMessageOwned::ScmRights(numbers) => numbers.into_iter().map(sys::adopt).collect(),
        _ => Vec::new(),
    }
}

/// Gives each descriptor its role.
fn sort(spec: JailSpec, attached: Vec<OwnedFd>) -> Result<Inherited, StepError> {
    check_spec(&spec)?;
    let files = match &spec.leaf {
        Leaf::Attached(0) => return Err(found(STEP, "leaf", "attached, but with no cgroup.procs")),
        Leaf::Attached(files) => *files,
        Leaf::Lowered(_) => 0,
    };
    let wanted = descriptors::LEAF.saturating_add(files);
    if attached.len() != wanted {
        let count = format!("{} attached, {wanted} announced", attached.len());
        return Err(found(STEP, "count of descriptors", count));
    }
    let mut attached = attached.into_iter();
    let (Some(image), Some(socket)) = (attached.next(), attached.next()) else {
        return Err(found(STEP, "count of descriptors", "guest image or guest socket missing"));
    };
    Ok(Inherited { spec, image, socket, leaf: attached.collect() })
}

fn check_spec(spec: &JailSpec) -> Result<(), StepError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if spec.run.is_empty() || spec.run.len() > MAX_RUN_NAME || !spec.run.bytes().all(plain) {
        return Err(found(STEP, "run name", format!("not 1 to {MAX_RUN_NAME} of [a-z0-9-]: {:?}", spec.run)));
    }
    if spec.identity.outside_uid == 0 || spec.identity.outside_gid == 0 {
        return Err(found(
            STEP,
            "identity",
            "the guest must not be root outside: name another id in the profile",
        ));
    }
    if spec.filter.is_empty() || spec.filter.len() > MAX_FILTER_INSTRUCTIONS {
        return Err(found(STEP, "filter", format!("{} instructions", spec.filter.len())));
    }
    if !SOCKET_NUMBERS.contains(&spec.socket_number) {
        return Err(found(
            STEP,
            "socket number",
            format!("{} is not in {SOCKET_NUMBERS:?}", spec.socket_number),
        ));
    }
    Ok(())
}

/// Checks the image, and hides it: a file that may be executed but not read makes its process undumpable from its
/// first instruction (execve(2)); a `prctl` before the exec would be undone by it.
pub(crate) fn check_image(inherited: &Inherited) -> Result<((), String), StepError> {
    let seals =
        fcntl(&inherited.image, FcntlArg::F_GET_SEALS).map_err(at(STEP, "fcntl(image, F_GET_SEALS)"))?;
    let wanted =
        SealFlag::F_SEAL_SEAL | SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK;
    if !SealFlag::from_bits_truncate(seals).contains(wanted) {
        return Err(found(
            STEP,
            "fcntl(image, F_GET_SEALS)",
            format!("{seals:#x}: the image could still change"),
        ));
    }
    fchmod(&inherited.image, Mode::from_bits_truncate(0o111)).map_err(at(STEP, "fchmod(image, 0111)"))?;
    let groups = getgroups().map_err(at(STEP, "getgroups()"))?.len();
    let copies = inherited.leaf.len();
    Ok((
        (),
        format!(
            "1 thread, no arguments, no environment, {groups} supplementary groups; image sealed and \
                     execute-only; {copies} cgroup.procs"
        ),
    ))
}

/// Reads a small file of /proc; for checks made from outside.
pub(crate) fn read_proc(step: Step, path: &str) -> Result<String, StepError> {
    std::fs::read_to_string(path).map_err(at_io(step, format!("read({path:?})")))
}
