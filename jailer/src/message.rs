//! One message from a socket, with what came beside it.

use crate::error::{at, found};
use crate::sys;
use jail_spec::{MAX_DESCRIPTORS, MAX_MESSAGE_BYTES, Step, StepError};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, UnixCredentials, recvmsg};
use std::io::IoSliceMut;
use std::os::fd::{OwnedFd, RawFd};

/// What a message brought.
#[derive(Default)]
pub(crate) struct Message {
    /// Empty at the end of the connection.
    pub(crate) bytes: Vec<u8>,
    /// Moved out of the way of the numbers the child will use.
    pub(crate) descriptors: Vec<OwnedFd>,
    /// Who wrote it, in the kernel's words, where the socket asks for that.
    pub(crate) writer: Option<UnixCredentials>,
}

/// Receives one message, whole or not at all.
pub(crate) fn receive(step: Step, number: RawFd) -> Result<Message, StepError> {
    let call = || format!("recvmsg({number}, MSG_CMSG_CLOEXEC)");
    let mut bytes = vec![0; MAX_MESSAGE_BYTES];
    let mut space = nix::cmsg_space!([RawFd; MAX_DESCRIPTORS], UnixCredentials);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let received = recvmsg::<()>(number, &mut parts, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC)
        .map_err(at(step, call()))?;
    let mut message = Message::default();
    for beside in received.cmsgs().map_err(at(step, call()))? {
        match beside {
            ControlMessageOwned::ScmRights(numbers) => {
                let adopted: Vec<OwnedFd> = numbers.into_iter().map(sys::adopt).collect();
                let moved: Result<Vec<OwnedFd>, _> = adopted.iter().map(sys::aside).collect();
                message.descriptors.extend(moved.map_err(at(step, "fcntl(F_DUPFD_CLOEXEC)"))?);
            }
            ControlMessageOwned::ScmCredentials(writer) => message.writer = Some(writer),
            _ => {}
        }
    }
    let (length, flags) = (received.bytes, received.flags);
    if flags.intersects(MsgFlags::MSG_TRUNC | MsgFlags::MSG_CTRUNC) {
        let bounds = format!("more than {MAX_MESSAGE_BYTES} bytes or {MAX_DESCRIPTORS} descriptors");
        return Err(found(step, call(), bounds));
    }
    bytes.truncate(length);
    message.bytes = bytes;
    Ok(message)
}
