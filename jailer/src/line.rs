//! The line between the two halves of the jailer: the parent outside, the child that becomes the guest inside.
//!
//! The child never holds the supervisor's socket: it reports here, and the parent passes it on. Both ends close
//! on exec, so an end of file after the child's report means that the guest has been executed.

use crate::error::{at, ensure, found};
use crate::message::receive;
use crate::sys;
use jail_spec::{Identity, Step, StepError, StepReport};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, setsockopt, socketpair, sockopt};
use nix::unistd::{read, write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

const STEP: Step = Step::Namespaces;

/// What the child has to say: its steps, or the one that failed.
pub(crate) type Outcome = Result<Vec<StepReport>, StepError>;

/// One end of the line.
pub(crate) struct Line(pub(crate) OwnedFd);

/// Both ends; the first is the parent's, which learns from the kernel who writes.
pub(crate) fn pair() -> Result<(Line, Line), StepError> {
    let ends = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC);
    let (outside, inside) = ends.map_err(at(STEP, "socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC)"))?;
    setsockopt(&outside, sockopt::PassCred, &true).map_err(at(STEP, "setsockopt(SO_PASSCRED)"))?;
    let inside = sys::aside(&inside).map_err(at(STEP, "fcntl(line, F_DUPFD_CLOEXEC)"))?;
    Ok((Line(outside), Line(inside)))
}

impl Line {
    /// Parent: everything that must be done from outside is done.
    pub(crate) fn release(&self) -> Result<(), StepError> {
        let sent = send(self.0.as_raw_fd(), b"go", MsgFlags::MSG_NOSIGNAL);
        sent.map(drop).map_err(at(STEP, "send(line, \"go\")"))
    }

    /// Child: waits for [`Line::release`].
    pub(crate) fn wait(&self) -> Result<(), StepError> {
        let mut go = [0; 2];
        let length = read(&self.0, &mut go).map_err(at(STEP, "read(line)"))?;
        ensure(length == go.len(), STEP, "read(line)", "the jailer outside is gone")
    }

    /// Child: the parent must still hold its end.
    pub(crate) fn check_held(&self) -> Result<(), StepError> {
        let mut ends = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut ends, PollTimeout::ZERO).map_err(at(STEP, "poll(line, 0)"))?;
        ensure(ready == 0, STEP, "poll(line, 0)", "the jailer outside is gone")
    }

    /// Child: reports. write(2), because the first filter forbids sendmsg(2).
    pub(crate) fn tell(&self, outcome: &Outcome) -> Result<(), StepError> {
        let bytes = jail_spec::encode(outcome).map_err(|error| found(STEP, "encode(outcome)", error))?;
        write(&self.0, &bytes).map(drop).map_err(at(STEP, "write(line)"))
    }

    /// Parent: the child's next report, or nothing when it has executed the guest or is gone. The overflow id inside
    /// is the same number as the mapped one, so only what the kernel says of the writer proves its identity.
    pub(crate) fn hear(&self, identity: Identity) -> Result<Option<Outcome>, StepError> {
        let message = receive(STEP, self.0.as_raw_fd())?;
        if message.bytes.is_empty() {
            return Ok(None);
        }
        let outcome: Outcome =
            jail_spec::decode(&message.bytes).map_err(|error| found(STEP, "decode(line)", error))?;
        let seen = message.writer.map(|writer| (writer.uid(), writer.gid()));
        let wanted = (identity.outside_uid, identity.outside_gid);
        let proven = outcome.is_err() || seen == Some(wanted);
        ensure(proven, STEP, format!("SCM_CREDENTIALS = {wanted:?}"), seen)?;
        Ok(Some(outcome))
    }
}
