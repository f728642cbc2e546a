//! The line between the two halves of the jailer: the parent outside, the child that becomes the guest inside.
//!
//! The child never holds the supervisor's socket: it reports here, and the parent passes it on. Both ends close
//! on exec, so an end of file after the child's report means that the guest has been executed.

use crate::error::{at, found};
use jail_spec::{Identity, MAX_MESSAGE_BYTES, Step, StepError, StepReport};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixCredentials, recvmsg, send,
    setsockopt, socketpair, sockopt,
};
use nix::unistd::{read, write};
use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

const STEP: Step = Step::Namespaces;

/// What the child has to say: its steps, or the one that failed.
pub(crate) type Outcome = Result<Vec<StepReport>, StepError>;

/// One end of the line.
pub(crate) struct Line(OwnedFd);

/// Both ends; the first is the parent's, which learns from the kernel who writes.
pub(crate) fn pair() -> Result<(Line, Line), StepError> {
    let (outside, inside) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)
            .map_err(at(STEP, "socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC)"))?;
    setsockopt(&outside, sockopt::PassCred, &true).map_err(at(STEP, "setsockopt(SO_PASSCRED)"))?;
    Ok((Line(outside), Line(inside)))
}

impl Line {
    /// An end that has been given another number.
    pub(crate) fn moved(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    pub(crate) fn as_owned(&self) -> &OwnedFd {
        &self.0
    }

    /// Parent: everything that must be done from outside is done.
    pub(crate) fn release(&self) -> Result<(), StepError> {
        send(self.0.as_raw_fd(), b"go", MsgFlags::MSG_NOSIGNAL)
            .map(drop)
            .map_err(at(STEP, "send(line, \"go\")"))
    }

    /// Child: waits for [`Line::release`].
    pub(crate) fn wait(&self) -> Result<(), StepError> {
        let mut go = [0; 2];
        match read(&self.0, &mut go).map_err(at(STEP, "read(line)"))? {
            2 => Ok(()),
            _ => Err(found(STEP, "read(line)", "the jailer outside is gone")),
        }
    }

    /// Child: whether the parent still holds its end.
    pub(crate) fn is_held(&self) -> Result<bool, Errno> {
        let mut ends = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        poll(&mut ends, PollTimeout::ZERO).map(|ready| ready == 0)
    }

    /// Child: reports. write(2), because the first filter forbids sendmsg(2).
    pub(crate) fn tell(&self, outcome: &Result<&[StepReport], StepError>) -> Result<(), StepError> {
        let bytes = jail_spec::encode(outcome).map_err(|error| found(STEP, "encode(outcome)", error))?;
        write(&self.0, &bytes).map(drop).map_err(at(STEP, "write(line)"))
    }

    /// Parent: the child's next report, or nothing when it has executed the guest or is gone. A report that does
    /// not come from `identity` is an error: the kernel says who wrote it.
    pub(crate) fn hear(&self, identity: Identity) -> Result<Option<Outcome>, StepError> {
        let mut bytes = vec![0; MAX_MESSAGE_BYTES];
        let mut control = nix::cmsg_space!(UnixCredentials);
        let (length, writer) = {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let message =
                recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::MSG_CMSG_CLOEXEC)
                    .map_err(at(STEP, "recvmsg(line)"))?;
            (message.bytes, message.cmsgs().map_err(at(STEP, "recvmsg(line)"))?.find_map(credentials))
        };
        if length == 0 {
            return Ok(None);
        }
        let outcome: Outcome = jail_spec::decode(bytes.get(..length).unwrap_or_default())
            .map_err(|error| found(STEP, "decode(line)", error))?;
        if outcome.is_ok() {
            check_writer(writer, identity)?;
        }
        Ok(Some(outcome))
    }
}

fn credentials(message: ControlMessageOwned) -> Option<UnixCredentials> {
    match message {
        ControlMessageOwned::ScmCredentials(credentials) => Some(credentials),
        _ => None,
    }
}

// The overflow id inside is the same number as the mapped one, so only the view from outside proves the change.
fn check_writer(writer: Option<UnixCredentials>, identity: Identity) -> Result<(), StepError> {
    let seen = writer.map(|writer| (writer.uid(), writer.gid()));
    if seen == Some((identity.outside_uid, identity.outside_gid)) {
        return Ok(());
    }
    let wanted = format!("SCM_CREDENTIALS is {}:{}", identity.outside_uid, identity.outside_gid);
    Err(found(STEP, wanted, format!("the child writes as {seen:?}")))
}
