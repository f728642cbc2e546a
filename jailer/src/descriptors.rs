//! Closes everything but the guest's socket.

use crate::error::{Taken, at, ensure};
use crate::inherit::Inherited;
use crate::landlock::Restricted;
use crate::line::Line;
use crate::sys;
use jail_spec::{JailSpec, Step, StepError};
use nix::errno::Errno;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

const STEP: Step = Step::Descriptors;

/// Numbers probed for a leak; RLIMIT_NOFILE is far below.
const PROBED: RawFd = 1024;

/// What the child keeps: the guest's socket under its number, and after it two that close on exec.
pub(crate) struct Ward {
    pub(crate) spec: JailSpec,
    pub(crate) socket: OwnedFd,
    pub(crate) line: Line,
    pub(crate) image: OwnedFd,
}

/// Proof: nothing else is open.
pub(crate) struct Exact(());

/// Gives each descriptor its final number and closes all others, the supervisor's socket and the standard streams
/// among them, and `line` itself, whose duplicate stays. Before the limits: RLIMIT_NOFILE forbids to move one above it.
pub(crate) fn arrange(inherited: Inherited, line: &Line) -> Result<Ward, StepError> {
    let Inherited { spec, image, socket, leaf } = inherited;
    let number = spec.socket_number;
    let ward = Ward {
        socket: place(&socket, number, 0)?,
        line: Line(place(&line.0, number.saturating_add(1), libc::O_CLOEXEC)?),
        image: place(&image, number.saturating_add(2), libc::O_CLOEXEC)?,
        spec,
    };
    drop((image, socket, leaf));
    close_others(&ward)?;
    Ok(ward)
}

fn place(descriptor: &OwnedFd, number: RawFd, flags: i32) -> Result<OwnedFd, StepError> {
    sys::place(descriptor, number, flags).map_err(at(STEP, format!("dup3(.., {number}, {flags:#x})")))
}

fn close_others(ward: &Ward) -> Result<(), StepError> {
    let (first, last) = (ward.socket.as_raw_fd().unsigned_abs(), ward.image.as_raw_fd().unsigned_abs());
    sys::close_range(0, first - 1).map_err(at(STEP, format!("close_range(0, {})", first - 1)))?;
    sys::close_range(last + 1, u32::MAX).map_err(at(STEP, format!("close_range({}, ~0U)", last + 1)))
}

/// After Landlock, whose ruleset was the last descriptor to be opened: probes every number.
pub(crate) fn verify(_restricted: Restricted, ward: &Ward) -> Taken<Exact> {
    close_others(ward)?;
    let number = ward.socket.as_raw_fd();
    let closes = Ok(libc::FD_CLOEXEC.into());
    let wanted = [(number, Ok(0)), (number + 1, closes), (number + 2, closes)];
    let probed = (0..PROBED).map(|number| (number, sys::descriptor_flags(number)));
    let open: Vec<_> = probed.filter(|(_, flags)| *flags != Err(Errno::EBADF)).collect();
    ensure(open == wanted, STEP, format!("open descriptors {wanted:?}"), &open)?;
    let (line, image) = (number + 1, number + 2);
    let evidence = format!("of {PROBED} numbers open: {number} (socket), {line} and {image} (close on exec)");
    Ok((Exact(()), evidence))
}
