//! The jailer's socket: the spec goes in, reports come out, and closing our end is what kills the guest.

use jail_spec::{JailSpec, MAX_MESSAGE_BYTES, Report};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, Shutdown, SockFlag, SockType, sendmsg, shutdown, socketpair,
};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use tokio::net::UnixStream;

/// Our end of the jailer's standard input. It is a `SOCK_SEQPACKET` socket: each read is one message.
#[derive(Debug)]
pub(crate) struct Control(UnixStream);

impl Control {
    /// A new pair: ours, and the one that becomes the jailer's standard input.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, jailers) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        let ours = std::os::unix::net::UnixStream::from(ours);
        ours.set_nonblocking(true)?;
        Ok((Self(UnixStream::from_std(ours)?), jailers))
    }

    /// The one message. It always fits: the socket is empty and the message bounded.
    pub(crate) fn send(&self, spec: &JailSpec, descriptors: &[RawFd]) -> io::Result<()> {
        let message = jail_spec::encode(spec).map_err(io::Error::other)?;
        let rights = [ControlMessage::ScmRights(descriptors)];
        let parts = [IoSlice::new(&message)];
        sendmsg::<()>(self.0.as_raw_fd(), &parts, &rights, MsgFlags::MSG_NOSIGNAL, None)?;
        Ok(())
    }

    /// The next report; `None` when the jailer is gone.
    pub(crate) async fn report(&self) -> io::Result<Option<Report>> {
        let mut buffer = vec![0; MAX_MESSAGE_BYTES];
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(length) => {
                    return jail_spec::decode(&buffer[..length]).map(Some).map_err(io::Error::other);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // A jailer that left our message unread; its report, if there is one, comes after this.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells the jailer to kill the guest. Its last report still arrives.
    pub(crate) fn end(&self) {
        let _ = shutdown(self.0.as_raw_fd(), Shutdown::Write);
    }
}
