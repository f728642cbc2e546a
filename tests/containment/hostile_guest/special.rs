//! Attacks that are not a system call: on the processor, on the heap, on the stack.

use crate::calls;
use serde::Deserialize;
use std::hint::black_box;

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Special {
    /// Reads the processor's clock.
    ReadClock,
    /// Reads the byte at an address.
    Load,
    /// Calls the vsyscall page at this address.
    Vsyscall,
    /// Writes a function to a page and calls it.
    Execute,
    /// Runs 32-bit code in a page.
    FarJump,
    /// Has the kernel take registers from a forged frame.
    ForgedReturn,
    /// Recurses without end.
    Recurse,
    /// Takes memory and writes to all of it.
    Fill,
}

impl Special {
    /// Does it; negative only where it did not work.
    pub(crate) fn act(self, arguments: &[u64; 6]) -> i64 {
        let [first, second, third, ..] = *arguments;
        match self {
            Self::ReadClock => calls::read_clock(),
            Self::Load => calls::load(first),
            Self::Vsyscall => calls::vsyscall(first, [second, third]),
            Self::Execute => calls::execute(first),
            Self::FarJump => calls::far_jump(first),
            Self::ForgedReturn => calls::forged_return(),
            Self::Recurse => recurse(first).cast_signed(),
            Self::Fill => fill(first),
        }
    }
}

fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    if depth == u64::MAX {
        return here[0];
    }
    black_box(recurse(black_box(depth + 1))) + here[0]
}

fn fill(bytes: u64) -> i64 {
    let memory = black_box(vec![0x5a_u8; usize::try_from(bytes).unwrap_or(usize::MAX)]);
    i64::from(memory[memory.len() / 2])
}
