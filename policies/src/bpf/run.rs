//! The interpreter: one call in, the kernel's answer out.

use super::call::Call;
use super::operation::{Arithmetic, Operand, Operation, SCRATCH, Source, Test};
use super::program::Program;

/// What the filter returns for a call; [`super::Action::of`] says what the kernel makes of it.
#[must_use]
pub fn run(program: &Program, call: &Call) -> u32 {
    let (mut accumulator, mut index) = (0_u32, 0_u32);
    let mut scratch = [0_u32; SCRATCH];
    let mut at = 0;
    while let Some(operation) = program.operations.get(at) {
        at += 1;
        let fetch = |source: Source, scratch: &[u32; SCRATCH]| match source {
            Source::Word(word) => call.word(word),
            Source::Constant(constant) => constant,
            Source::Scratch(cell) => scratch[cell],
        };
        let second = |operand: Operand| match operand {
            Operand::Constant(constant) => constant,
            Operand::Index => index,
        };
        match *operation {
            Operation::Load(source) => accumulator = fetch(source, &scratch),
            Operation::LoadIndex(source) => index = fetch(source, &scratch),
            Operation::Store(cell) => scratch[cell] = accumulator,
            Operation::StoreIndex(cell) => scratch[cell] = index,
            Operation::Compute(Arithmetic::Divide, Operand::Index) if index == 0 => return 0,
            Operation::Compute(arithmetic, operand) => {
                accumulator = compute(arithmetic, accumulator, second(operand));
            }
            Operation::Negate => accumulator = accumulator.wrapping_neg(),
            Operation::ToIndex => index = accumulator,
            Operation::FromIndex => accumulator = index,
            Operation::Jump(skip) => at += skip,
            Operation::Branch(test, operand, jump_true, jump_false) => {
                at += if holds(test, accumulator, second(operand)) { jump_true } else { jump_false };
            }
            Operation::Return(value) => return value,
            Operation::ReturnAccumulator => return accumulator,
        }
    }
    // A checked program ends in a return and jumps only inside itself.
    super::Action::KILL_PROCESS
}

/// A checked program divides by no constant zero, and [`run`] leaves before it divides by an X of zero.
const fn compute(arithmetic: Arithmetic, left: u32, right: u32) -> u32 {
    match arithmetic {
        Arithmetic::Add => left.wrapping_add(right),
        Arithmetic::Subtract => left.wrapping_sub(right),
        Arithmetic::Multiply => left.wrapping_mul(right),
        Arithmetic::Divide => match left.checked_div(right) {
            Some(quotient) => quotient,
            None => 0,
        },
        Arithmetic::And => left & right,
        Arithmetic::Or => left | right,
        Arithmetic::Xor => left ^ right,
        Arithmetic::ShiftLeft => left.wrapping_shl(right),
        Arithmetic::ShiftRight => left.wrapping_shr(right),
    }
}

const fn holds(test: Test, left: u32, right: u32) -> bool {
    match test {
        Test::Equal => left == right,
        Test::Greater => left > right,
        Test::GreaterOrEqual => left >= right,
        Test::AnyBit => left & right != 0,
    }
}
