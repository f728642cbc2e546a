//! What the program text can ask of a guest that was taken over.

use crate::calls::{self, Entry};
use crate::link::Link;
use crate::sys;
use guest_protocol::frame::TO_SUPERVISOR_HEADER;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Makes one system call.
    Call { entry: Entry, number: i64, arguments: [Argument; 6] },
    /// Writes a header that promises so many bytes.
    Header(u32),
    /// Writes bytes without a header.
    Bytes(Vec<Part>),
    /// Writes frames, all alike, each with its true header.
    Frames { payload: Vec<Part>, count: usize },
    /// Reads one frame.
    Hear,
    /// Reads until it is killed.
    Listen,
    /// Computes until it is killed.
    Spin,
    /// Leaves without a word.
    Exit(i32),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Argument {
    /// As it is.
    Number(u64),
    /// The address of a page of zeroes that may be written.
    Buffer,
}

/// A byte string, so many times.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    #[serde(default)]
    text: String,
    #[serde(default)]
    bytes: Vec<u8>,
    #[serde(default = "Part::once")]
    times: usize,
}

impl Part {
    const fn once() -> usize {
        1
    }
}

/// Takes the steps; what the calls among them returned.
pub(crate) fn take(steps: &[Step], link: &Link) -> Vec<i64> {
    steps.iter().filter_map(|step| one(step, link)).collect()
}

fn one(step: &Step, link: &Link) -> Option<i64> {
    match step {
        Step::Call { entry, number, arguments } => {
            let mut page = [0_u8; 4096];
            let address = page.as_mut_ptr().expose_provenance() as u64;
            let arguments = arguments.map(|argument| match argument {
                Argument::Number(number) => number,
                Argument::Buffer => address,
            });
            return Some(calls::make(*entry, *number, arguments));
        }
        Step::Header(length) => write(&length.to_le_bytes()),
        Step::Bytes(parts) => write(&joined(parts)),
        Step::Frames { payload, count } => {
            let payload = joined(payload);
            let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            let header: [u8; TO_SUPERVISOR_HEADER] = length.to_le_bytes();
            for _ in 0..*count {
                write(&header);
                write(&payload);
            }
        }
        Step::Hear => drop(link.receive()),
        Step::Listen => loop {
            drop(link.receive());
        },
        Step::Spin => loop {
            std::hint::spin_loop();
        },
        Step::Exit(status) => sys::exit(*status),
    }
    None
}

fn joined(parts: &[Part]) -> Vec<u8> {
    let one = |part: &Part| [part.text.as_bytes(), &part.bytes].concat().repeat(part.times);
    parts.iter().flat_map(one).collect()
}

/// A supervisor that has stopped listening is about to kill us: the next step goes on until then.
fn write(bytes: &[u8]) {
    let _ = sys::write(bytes);
}
