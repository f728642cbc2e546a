//! Arguments of calls, and the memory that some of them point to.

use serde::Deserialize;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// What [`Argument::Buffer`] points to, bytes.
const PAGE: usize = 4096;

#[derive(Deserialize, Clone)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Argument {
    /// As it is.
    Number(u64),
    /// The address of a page that may be written, all zeroes at first, the same in all steps.
    Buffer,
    /// The 32-bit number that an earlier call has left at this place of that page.
    Stored(usize),
    /// The address of this text and a zero byte.
    Text(String),
    /// The address of these, each in so many bytes, one after the other.
    Fields(Vec<(Self, usize)>),
    /// What this call, counted from 0, has returned.
    Result(usize),
    /// The address of a page of the program's own instructions.
    Code,
    /// The address of the stack.
    Stack,
}

/// The arguments as registers. What they point to is never freed: an attack is short, and the call may keep it.
pub(crate) fn resolve(arguments: &[Argument], returned: &[i64]) -> [u64; 6] {
    let mut registers = [0; 6];
    for (register, argument) in registers.iter_mut().zip(arguments) {
        *register = one(argument, returned);
    }
    registers
}

fn one(argument: &Argument, returned: &[i64]) -> u64 {
    match argument {
        Argument::Number(number) => *number,
        Argument::Buffer => BUFFER.0.as_ptr().expose_provenance() as u64,
        Argument::Stored(place) => stored(*place),
        Argument::Text(text) => keep([text.as_bytes(), &[0]].concat()),
        Argument::Fields(fields) => {
            let bytes = fields.iter().flat_map(|(field, size)| {
                one(field, returned).to_le_bytes().into_iter().take(*size).collect::<Vec<u8>>()
            });
            keep(bytes.collect())
        }
        Argument::Result(index) => returned.get(*index).copied().unwrap_or_default().cast_unsigned(),
        Argument::Code => one as fn(&Argument, &[i64]) -> u64 as usize as u64 & !0xfff,
        Argument::Stack => {
            let here = 0_u8;
            (&raw const here).expose_provenance() as u64
        }
    }
}

/// What the kernel writes is seen by loads only.
#[repr(align(4096))]
struct Page([AtomicU8; PAGE]);

static BUFFER: Page = Page([const { AtomicU8::new(0) }; PAGE]);

fn stored(place: usize) -> u64 {
    let bytes = BUFFER.0.get(place..place + 4).unwrap_or_default();
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(byte.load(Relaxed)))
}

fn keep(bytes: Vec<u8>) -> u64 {
    Vec::leak(bytes).as_ptr().expose_provenance() as u64
}
