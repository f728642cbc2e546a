//! The last frame of a guest that cannot go on: written without taking memory, on whatever stack is left.

use crate::sys;
use guest_protocol::message::method;
use guest_protocol::{EXIT_FAULT, frame};
use std::fmt::{self, Write};
use std::panic::PanicHookInfo;

/// Longest frame of a fault, bytes. What does not fit is left out.
const MAX_FRAME: usize = 1024;
/// Room for the end of the frame, bytes.
const CLOSING: usize = 3;

/// Reports a full heap, and ends the process.
pub(crate) fn memory(message: fmt::Arguments<'_>) -> ! {
    end("memory", message)
}

/// Reports a broken rule of our own, and ends the process.
pub(crate) fn panic(message: fmt::Arguments<'_>) -> ! {
    end("panic", message)
}

/// Reports an access to memory that is not there, and ends the process.
pub(crate) fn memory_access(address: usize) -> ! {
    if sys::stack_guard().contains(&address) {
        end("stack", format_args!("the stack is full: something is nested or recursing too deeply"))
    }
    end("crash", format_args!("memory fault at {address:#x}"))
}

/// Has panics end in a frame.
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let message = info.payload_as_str().unwrap_or("no message");
        match info.location() {
            Some(at) => panic(format_args!("{message} ({}:{})", at.file(), at.line())),
            None => panic(format_args!("{message}")),
        }
    }));
}

fn end(kind: &str, message: fmt::Arguments<'_>) -> ! {
    let mut frame = Frame::new();
    frame.fill(kind, message);
    // If the socket is gone there is nobody left to tell; the exit status still says it.
    let _ = sys::write(frame.finished());
    sys::exit(EXIT_FAULT)
}

/// A frame under construction, in place.
struct Frame {
    bytes: [u8; MAX_FRAME],
    length: usize,
}

impl Frame {
    fn new() -> Self {
        Self { bytes: [0; MAX_FRAME], length: frame::TO_SUPERVISOR_HEADER }
    }

    fn fill(&mut self, kind: &str, message: fmt::Arguments<'_>) {
        self.text(r#"{"jsonrpc":"2.0","method":""#);
        self.text(method::FAULT);
        self.text(r#"","params":{"kind":""#);
        self.text(kind);
        self.text(r#"","message":""#);
        // A message that does not fit is cut.
        let _ = Escaped(self).write_fmt(message);
        self.text(r#""}}"#);
    }

    fn finished(&mut self) -> &[u8] {
        let length = self.length - frame::TO_SUPERVISOR_HEADER;
        let header = u32::try_from(length).unwrap_or(0).to_le_bytes();
        self.bytes[..frame::TO_SUPERVISOR_HEADER].copy_from_slice(&header);
        &self.bytes[..self.length]
    }

    fn text(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            self.push(byte, MAX_FRAME);
        }
    }

    fn push(&mut self, byte: u8, bound: usize) {
        if self.length < bound {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
    }
}

/// Writes the inside of a JSON string: ASCII only, so that a cut never splits a character.
struct Escaped<'a>(&'a mut Frame);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let byte = match character {
                '"' | '\\' => b'\'',
                ' '..='~' => u8::try_from(character).unwrap_or(b'?'),
                _ => b'?',
            };
            self.0.push(byte, MAX_FRAME - CLOSING);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, MAX_FRAME};
    use guest_protocol::envelope::{self, Message};
    use guest_protocol::frame::TO_SUPERVISOR_HEADER;
    use guest_protocol::message::{Fault, FaultKind};

    #[test]
    fn a_fault_is_a_frame_however_long_or_strange_its_message() {
        for message in ["full", "\"quoted\" \\ \n ü", &"x".repeat(2 * MAX_FRAME)] {
            let mut frame = Frame::new();
            frame.fill("memory", format_args!("{message}"));
            let bytes = frame.finished();
            let Ok(Message::Notification { params, .. }) = envelope::read(&bytes[TO_SUPERVISOR_HEADER..])
            else {
                panic!("{}", String::from_utf8_lossy(bytes));
            };
            let fault: Fault = envelope::params(params).expect("a fault");
            assert_eq!(fault.kind, FaultKind::Memory);
        }
    }
}
