//! The jailer's socket: the spec goes in, reports come out, and closing our end is what kills the guest.

use jail_spec::{JailSpec, MAX_MESSAGE_BYTES, Report};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, Shutdown, SockFlag, SockType, recv, sendmsg, shutdown, socketpair,
};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use tokio::io::unix::AsyncFd;

/// Our end of the jailer's standard input.
#[derive(Debug)]
pub(crate) struct Control(AsyncFd<OwnedFd>);

impl Control {
    /// A new pair: ours, and the one that becomes the jailer's standard input.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, jailers) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        nix::fcntl::fcntl(&ours, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))?;
        Ok((Self(AsyncFd::register(ours)?), jailers))
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
            let mut ready = self.0.readable().await?;
            let received = ready.try_io(|socket| Ok(recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?));
            match received {
                Ok(Ok(0)) => return Ok(None),
                Ok(Ok(length)) => {
                    return jail_spec::decode(&buffer[..length]).map(Some).map_err(io::Error::other);
                }
                Ok(Err(error)) if error.raw_os_error() == Some(nix::libc::ECONNRESET) => return Ok(None),
                Ok(Err(error)) => return Err(error),
                Err(_would_block) => {}
            }
        }
    }

    /// Tells the jailer to kill the guest. Its last report still arrives.
    pub(crate) fn end(&self) {
        let _ = shutdown(self.0.as_raw_fd(), Shutdown::Write);
    }
}
