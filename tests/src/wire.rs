//! The supervisor's end of a guest's socket, frame by frame.

use crate::Failed;
use guest_protocol::envelope::{self, Message};
use guest_protocol::frame::{self, TO_SUPERVISOR_HEADER};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A connection to a guest.
#[derive(Debug)]
pub struct Wire(UnixStream);

/// A frame of the guest.
#[derive(Debug)]
pub enum Said {
    /// A request: id, method, parameters.
    Request(u64, String, String),
    /// A notification: method, parameters.
    Notification(String, String),
}

impl Wire {
    /// Over this socket; no frame may take longer than `patience` to come.
    ///
    /// # Errors
    /// When the socket takes no deadline.
    pub fn new(socket: UnixStream, patience: Duration) -> Result<Self, Failed> {
        socket.set_read_timeout(Some(patience)).map_err(|error| error.to_string())?;
        Ok(Self(socket))
    }

    /// Sends what wants no answer.
    ///
    /// # Errors
    /// When the guest has gone.
    pub fn notify<P: serde::Serialize>(&mut self, method: &str, params: &P) -> Result<(), Failed> {
        let payload = envelope::notification(method, params).map_err(|error| error.to_string())?;
        self.send(&payload)
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// When the guest has gone.
    pub fn send(&mut self, payload: &[u8]) -> Result<(), Failed> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let clock = u64::try_from(since_epoch.as_micros()).unwrap_or(0);
        let header = frame::to_guest(payload, clock).map_err(|error| error.to_string())?;
        let sent = self.0.write_all(&header).and_then(|()| self.0.write_all(payload));
        sent.map_err(|error| format!("the guest has gone: {error}").into())
    }

    /// The next frame.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub fn hear(&mut self) -> Result<Said, Failed> {
        let told = |error: std::io::Error| format!("the guest has gone: {error}");
        let mut header = [0; TO_SUPERVISOR_HEADER];
        self.0.read_exact(&mut header).map_err(told)?;
        let mut payload = vec![0; frame::from_guest(header).map_err(|error| error.to_string())?];
        self.0.read_exact(&mut payload).map_err(told)?;
        match envelope::read(&payload)? {
            Message::Request { id, method, params } => Ok(Said::Request(id, method, params.get().into())),
            Message::Notification { method, params } => Ok(Said::Notification(method, params.get().into())),
            Message::Answer { .. } => Err("the guest answers a question that was not asked".into()),
        }
    }
}
