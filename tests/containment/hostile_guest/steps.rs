//! What the program text can ask of a guest that was taken over.

use crate::calls::{self, Entry};
use crate::link::Link;
use crate::memory::{self, Argument};
use crate::{special, sys};
use guest_protocol::frame::TO_SUPERVISOR_HEADER;
use guest_protocol::message::{ConsoleWrite, Level, method};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Makes one system call.
    Call { entry: Entry, number: i64, arguments: [Argument; 6] },
    /// What is not a system call.
    Special(special::Special, Vec<Argument>),
    /// Writes a header that promises so many bytes.
    Header(u32),
    /// Writes bytes without a header.
    Bytes(Vec<Part>),
    /// Writes frames, all alike, each with its true header.
    Frames { payload: Vec<Part>, count: usize },
    /// Writes this to the console.
    Say(String),
    /// Reads one frame.
    Hear,
    /// Reads until it is killed.
    Listen,
    /// Computes until it is killed.
    Spin,
    /// Leaves without a word.
    Exit(i32),
    /// These steps, until one of their calls fails.
    Chain(Vec<Self>),
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
    let mut returned = Vec::new();
    for step in steps {
        one(step, link, &mut returned);
    }
    returned
}

fn one(step: &Step, link: &Link, returned: &mut Vec<i64>) {
    match step {
        Step::Call { entry, number, arguments } => {
            let arguments = memory::resolve(arguments, returned);
            returned.push(calls::make(*entry, *number, arguments));
        }
        Step::Special(special, arguments) => {
            let arguments = memory::resolve(arguments, returned);
            returned.push(special.act(&arguments));
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
        Step::Say(text) => {
            link.notify(method::CONSOLE, ConsoleWrite { level: Level::Log, text: text.clone() })
        }
        Step::Hear => drop(link.receive()),
        Step::Listen => loop {
            drop(link.receive());
        },
        Step::Spin => loop {
            std::hint::spin_loop();
        },
        Step::Exit(status) => sys::exit(*status),
        Step::Chain(steps) => {
            for step in steps {
                let before = returned.len();
                one(step, link, returned);
                if returned[before..].iter().any(|result| *result < 0) {
                    return;
                }
            }
        }
    }
}

fn joined(parts: &[Part]) -> Vec<u8> {
    let one = |part: &Part| [part.text.as_bytes(), &part.bytes].concat().repeat(part.times);
    parts.iter().flat_map(one).collect()
}

/// A supervisor that has stopped listening is about to kill us: the next step goes on until then.
fn write(bytes: &[u8]) {
    let _ = sys::write(bytes);
}
