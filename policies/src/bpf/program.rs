//! A filter the kernel would take.

use super::operation::{Operation, SCRATCH, Source};
use jail_spec::{Instruction, MAX_FILTER_INSTRUCTIONS};

/// A filter that has passed every check the kernel makes before it installs one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub(crate) operations: Vec<Operation>,
}

/// Why the kernel would refuse a filter (`EINVAL` from seccomp(2)).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("instruction {at}: {problem}")]
pub struct Invalid {
    /// Which instruction, from 0.
    pub at: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Program {
    /// Reads and checks a filter.
    ///
    /// # Errors
    /// When the kernel would refuse it.
    pub fn new(instructions: &[Instruction]) -> Result<Self, Invalid> {
        let length = instructions.len();
        if length == 0 || length > MAX_FILTER_INSTRUCTIONS {
            let problem = format!("a filter of {length}; it has 1 to {MAX_FILTER_INSTRUCTIONS} instructions");
            return Err(Invalid { at: 0, problem });
        }
        let mut operations = Vec::with_capacity(length);
        for (at, &instruction) in instructions.iter().enumerate() {
            let refuse = |problem: String| Invalid { at, problem };
            let operation = Operation::decode(instruction).map_err(refuse)?;
            let farthest = match operation {
                Operation::Jump(skip) => Some(skip),
                Operation::Branch(_, _, jump_true, jump_false) => Some(jump_true.max(jump_false)),
                _ => None,
            };
            if let Some(skipped) = farthest.filter(|skipped| skipped + 1 >= length - at) {
                return Err(refuse(format!("a jump over {skipped}, out of a filter of {length}")));
            }
            operations.push(operation);
        }
        if !matches!(operations.last(), Some(Operation::Return(_) | Operation::ReturnAccumulator)) {
            return Err(Invalid { at: length - 1, problem: "the last instruction is no return".into() });
        }
        check_scratch(&operations)?;
        Ok(Self { operations })
    }

    /// How many instructions it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Never: the kernel takes no empty filter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

/// Scratch memory is read only where every way to the instruction has written it (`check_load_and_stores`).
fn check_scratch(operations: &[Operation]) -> Result<(), Invalid> {
    const EVERY: u32 = u32::MAX;
    let mut on_arrival = vec![EVERY; operations.len()];
    let mut written = 0_u32;
    for (at, operation) in operations.iter().enumerate() {
        written &= on_arrival[at];
        match *operation {
            Operation::Store(cell) | Operation::StoreIndex(cell) => written |= 1 << cell,
            Operation::Load(Source::Scratch(cell)) | Operation::LoadIndex(Source::Scratch(cell))
                if written & 1 << cell == 0 =>
            {
                return Err(Invalid {
                    at,
                    problem: format!("scratch word {cell} of {SCRATCH} is read before it is written"),
                });
            }
            Operation::Jump(skip) => {
                on_arrival[at + 1 + skip] &= written;
                written = EVERY;
            }
            Operation::Branch(_, _, jump_true, jump_false) => {
                on_arrival[at + 1 + jump_true] &= written;
                on_arrival[at + 1 + jump_false] &= written;
                written = EVERY;
            }
            _ => {}
        }
    }
    Ok(())
}
