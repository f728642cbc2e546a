//! One instruction's meaning. What is not here, the kernel refuses in a seccomp filter.

use super::call::WORDS;
use jail_spec::Instruction;

/// Words of scratch memory (`BPF_MEMWORDS`, linux/filter.h).
pub(crate) const SCRATCH: usize = 16;

/// What an instruction does to the accumulator A, the index X and the scratch memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A = source
    Load(Source),
    /// X = source
    LoadIndex(Source),
    /// scratch\[n\] = A
    Store(usize),
    /// scratch\[n\] = X
    StoreIndex(usize),
    /// A = A op operand
    Compute(Arithmetic, Operand),
    /// A = -A
    Negate,
    /// X = A
    ToIndex,
    /// A = X
    FromIndex,
    /// Skip this many.
    Jump(usize),
    /// Skip the first number when A compares true with the operand, else the second.
    Branch(Test, Operand, usize, usize),
    /// Answer with a constant.
    Return(u32),
    /// Answer with A.
    ReturnAccumulator,
}

/// Where a load takes its word from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A word of `struct seccomp_data`, by its index.
    Word(usize),
    /// The instruction's own operand.
    Constant(u32),
    /// A word of scratch memory.
    Scratch(usize),
}

/// The second operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// The instruction's own.
    Constant(u32),
    /// X.
    Index,
}

/// Arithmetic on 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Wrapping.
    Add,
    /// Wrapping.
    Subtract,
    /// Wrapping.
    Multiply,
    /// Unsigned; by an X of zero the filter returns 0.
    Divide,
    /// Bitwise.
    And,
    /// Bitwise.
    Or,
    /// Bitwise.
    Xor,
    /// By the lowest five bits.
    ShiftLeft,
    /// By the lowest five bits, zeroes come in.
    ShiftRight,
}

/// Unsigned comparison of A.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// A == operand
    Equal,
    /// A > operand
    Greater,
    /// A >= operand
    GreaterOrEqual,
    /// A & operand != 0
    AnyBit,
}

// linux/bpf_common.h: the low three bits are the class, the rest depends on it.
const CLASS: u16 = 0x07;
const ALU: u16 = 0x04;
const JMP: u16 = 0x05;
/// The second operand is X.
const BY_INDEX: u16 = 0x08;

impl Operation {
    /// What the instruction means, or why the kernel refuses it. Jump targets are the program's business.
    pub(crate) fn decode(instruction: Instruction) -> Result<Self, String> {
        let Instruction(code, jump_true, jump_false, operand) = instruction;
        match code {
            0x20 => Ok(Self::Load(Source::Word(word(operand)?))),
            0x00 => Ok(Self::Load(Source::Constant(operand))),
            0x80 => Ok(Self::Load(Source::Constant(DATA_BYTES))),
            0x60 => Ok(Self::Load(Source::Scratch(scratch(operand)?))),
            0x01 => Ok(Self::LoadIndex(Source::Constant(operand))),
            0x81 => Ok(Self::LoadIndex(Source::Constant(DATA_BYTES))),
            0x61 => Ok(Self::LoadIndex(Source::Scratch(scratch(operand)?))),
            0x02 => Ok(Self::Store(scratch(operand)?)),
            0x03 => Ok(Self::StoreIndex(scratch(operand)?)),
            0x84 => Ok(Self::Negate),
            0x07 => Ok(Self::ToIndex),
            0x87 => Ok(Self::FromIndex),
            0x05 => Ok(Self::Jump(operand as usize)),
            0x06 => Ok(Self::Return(operand)),
            0x16 => Ok(Self::ReturnAccumulator),
            _ => Self::decode_pair(code, operand, usize::from(jump_true), usize::from(jump_false)),
        }
    }

    /// The operations that exist with a constant and with X.
    fn decode_pair(code: u16, constant: u32, jump_true: usize, jump_false: usize) -> Result<Self, String> {
        let operand = if code & BY_INDEX == 0 { Operand::Constant(constant) } else { Operand::Index };
        let operation = code & !(CLASS | BY_INDEX);
        if code & CLASS == ALU {
            let arithmetic = arithmetic(operation).ok_or_else(|| refused(code))?;
            check_constant(arithmetic, operand)?;
            return Ok(Self::Compute(arithmetic, operand));
        }
        let test = match (code & CLASS, operation) {
            (JMP, 0x10) => Test::Equal,
            (JMP, 0x20) => Test::Greater,
            (JMP, 0x30) => Test::GreaterOrEqual,
            (JMP, 0x40) => Test::AnyBit,
            _ => return Err(refused(code)),
        };
        Ok(Self::Branch(test, operand, jump_true, jump_false))
    }

    /// Which of the fields `jt`, `jf` and `k` the kernel reads; the others mean nothing and must be zero.
    pub(crate) const fn reads(&self) -> (bool, bool) {
        match self {
            Self::Branch(_, operand, ..) => (true, matches!(operand, Operand::Constant(_))),
            Self::Compute(_, operand) => (false, matches!(operand, Operand::Constant(_))),
            Self::Negate | Self::ToIndex | Self::FromIndex | Self::ReturnAccumulator => (false, false),
            _ => (false, true),
        }
    }
}

/// `sizeof(struct seccomp_data)`
const DATA_BYTES: u32 = 64;

fn refused(code: u16) -> String {
    format!("operation {code:#06x} is not one the kernel permits in a seccomp filter")
}

fn word(offset: u32) -> Result<usize, String> {
    let index = offset as usize / 4;
    if !offset.is_multiple_of(4) || index >= WORDS {
        return Err(format!("a load at {offset}, which is no word of struct seccomp_data"));
    }
    Ok(index)
}

fn scratch(index: u32) -> Result<usize, String> {
    let index = index as usize;
    if index >= SCRATCH { Err(format!("scratch word {index}; there are {SCRATCH}")) } else { Ok(index) }
}

const fn arithmetic(operation: u16) -> Option<Arithmetic> {
    Some(match operation {
        0x00 => Arithmetic::Add,
        0x10 => Arithmetic::Subtract,
        0x20 => Arithmetic::Multiply,
        0x30 => Arithmetic::Divide,
        0x40 => Arithmetic::Or,
        0x50 => Arithmetic::And,
        0x60 => Arithmetic::ShiftLeft,
        0x70 => Arithmetic::ShiftRight,
        0xa0 => Arithmetic::Xor,
        _ => return None,
    })
}

fn check_constant(arithmetic: Arithmetic, operand: Operand) -> Result<(), String> {
    match (arithmetic, operand) {
        (Arithmetic::Divide, Operand::Constant(0)) => Err("a division by zero".into()),
        (Arithmetic::ShiftLeft | Arithmetic::ShiftRight, Operand::Constant(32..)) => {
            Err("a shift by more than 31".into())
        }
        _ => Ok(()),
    }
}
