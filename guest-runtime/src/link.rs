//! The blocking client on the guest's one socket.
//!
//! The supervisor always reads, and the guest never has more requests open than it may: so both sides may
//! block in a write without ever waiting for each other.

use crate::clock::RunClock;
use crate::sys;
use guest_protocol::EXIT_LINK;
use guest_protocol::envelope::{self, Message, Refusal};
use guest_protocol::frame::{self, TO_GUEST_HEADER};
use guest_protocol::limits::{Limits, check_json};
use serde::Serialize;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// Levels of JSON that belong to the envelope and to MCP, on top of what a limit grants to values.
const ENVELOPE_DEPTH: usize = 16;

/// A message from the supervisor, read whole.
pub(crate) struct Frame(Vec<u8>);

impl Frame {
    /// What it says. A supervisor that speaks nonsense ends the guest.
    pub(crate) fn message(&self) -> Message<'_> {
        envelope::read(&self.0).unwrap_or_else(|_| broken())
    }

    /// The parameters of the notification `method`, which this frame has to be.
    pub(crate) fn expect<'a, P: serde::Deserialize<'a>>(&'a self, method: &str) -> P {
        match self.message() {
            Message::Notification { method: name, params } if name == method => {
                envelope::params(params).unwrap_or_else(|_| broken())
            }
            _ => broken(),
        }
    }

    fn answers(&self, wanted: u64) -> bool {
        matches!(self.message(), Message::Answer { id, .. } if id == wanted)
    }
}

/// The guest's end of the socket.
pub(crate) struct Link {
    clock: Rc<RunClock>,
    next_id: Cell<u64>,
    depth: Cell<usize>,
    nodes: Cell<usize>,
    arrived: RefCell<VecDeque<Frame>>,
}

impl Link {
    /// A link that keeps `clock` by the supervisor's.
    pub(crate) fn new(clock: Rc<RunClock>) -> Self {
        let link = Self {
            clock,
            next_id: Cell::new(1),
            depth: Cell::new(0),
            nodes: Cell::new(0),
            arrived: RefCell::default(),
        };
        link.limit(&Limits::default());
        link
    }

    /// Takes the bounds of this run.
    pub(crate) fn limit(&self, limits: &Limits) {
        self.depth.set(limits.json_depth + ENVELOPE_DEPTH);
        self.nodes.set(limits.json_nodes);
    }

    /// Sends what wants no answer.
    pub(crate) fn notify<P: Serialize>(&self, method: &str, params: P) {
        send(&envelope::notification(method, params).unwrap_or_else(|_| broken()));
    }

    /// Sends a request; its id.
    pub(crate) fn request<P: Serialize>(&self, method: &str, params: P) -> u64 {
        let id = self.next_id.replace(self.next_id.get() + 1);
        send(&envelope::request(id, method, params).unwrap_or_else(|_| broken()));
        id
    }

    /// Sends a request and waits for its answer. What else arrives meanwhile is kept for [`Link::receive`].
    pub(crate) fn ask<P: Serialize>(&self, method: &str, params: P) -> Result<Box<RawValue>, Refusal> {
        let id = self.request(method, params);
        loop {
            let frame = self.read();
            if !frame.answers(id) {
                self.arrived.borrow_mut().push_back(frame);
                continue;
            }
            return match frame.message() {
                Message::Answer { result, .. } => result.map(ToOwned::to_owned),
                _ => broken(),
            };
        }
    }

    /// The next message.
    pub(crate) fn receive(&self) -> Frame {
        let kept = self.arrived.borrow_mut().pop_front();
        kept.unwrap_or_else(|| self.read())
    }

    fn read(&self) -> Frame {
        let mut header = [0; TO_GUEST_HEADER];
        fill(&mut header);
        let Ok((length, clock)) = frame::from_supervisor(header) else { broken() };
        let mut payload = vec![0; length];
        fill(&mut payload);
        self.clock.advance_to(clock);
        if check_json(&payload, self.depth.get(), self.nodes.get()).is_err() {
            broken();
        }
        Frame(payload)
    }
}

fn send(payload: &[u8]) {
    let Ok(header) = frame::to_supervisor(payload) else { broken() };
    if sys::write(&header).and_then(|()| sys::write(payload)).is_err() {
        broken();
    }
}

fn fill(mut buffer: &mut [u8]) {
    while !buffer.is_empty() {
        match sys::read(buffer) {
            Ok(count) if count > 0 => buffer = &mut buffer[count..],
            _ => broken(),
        }
    }
}

/// The socket is closed or carries nonsense: there is nobody left to tell.
fn broken() -> ! {
    sys::exit(EXIT_LINK)
}
