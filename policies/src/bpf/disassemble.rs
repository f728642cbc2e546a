//! A filter as text, one instruction per line, with the names of what is compared.

use super::call::{Action, audit_arch, number_text};
use super::operation::{Arithmetic, Operand, Operation, Source, Test};
use super::program::{Invalid, Program};
use crate::seccomp::Arch;
use jail_spec::Instruction;

/// One line per instruction: its index, its bytes as `code jt jf k`, its meaning.
///
/// # Errors
/// When the kernel would refuse the filter.
pub fn disassemble(instructions: &[Instruction], arch: Arch) -> Result<Vec<String>, Invalid> {
    let program = Program::new(instructions)?;
    let loaded = loaded(&program);
    let lines = program.operations.iter().zip(instructions).zip(loaded).enumerate();
    let line =
        |(at, ((operation, instruction), loaded)): (usize, ((&Operation, &Instruction), Option<usize>))| {
            let Instruction(code, jump_true, jump_false, operand) = *instruction;
            let meaning = meaning(*operation, at, loaded, arch);
            format!("{at:04}  {code:04x} {jump_true:3} {jump_false:3} {operand:08x}  {meaning}")
        };
    Ok(lines.map(line).collect())
}

/// For each instruction, the word of `struct seccomp_data` that is in the accumulator, when it is the same on every
/// way there.
fn loaded(program: &Program) -> Vec<Option<usize>> {
    // Outer: whether any way was seen; inner: the word.
    let mut on_arrival: Vec<Option<Option<usize>>> = vec![None; program.len()];
    let mut found = Vec::with_capacity(program.len());
    for (at, operation) in program.operations.iter().enumerate() {
        let here = on_arrival[at].flatten();
        found.push(here);
        let (after, next) = match *operation {
            Operation::Load(Source::Word(word)) => (Some(word), vec![at + 1]),
            Operation::Load(_) | Operation::Compute(..) | Operation::Negate | Operation::FromIndex => {
                (None, vec![at + 1])
            }
            Operation::Jump(skip) => (here, vec![at + 1 + skip]),
            Operation::Branch(_, _, jump_true, jump_false) => {
                (here, vec![at + 1 + jump_true, at + 1 + jump_false])
            }
            Operation::Return(_) | Operation::ReturnAccumulator => (None, Vec::new()),
            _ => (here, vec![at + 1]),
        };
        for next in next {
            on_arrival[next] = match on_arrival[next] {
                Some(other) if other != after => Some(None),
                _ => Some(after),
            };
        }
    }
    found
}

/// `loaded` is the word in the accumulator: where the kernel's words have names, constants compared with them have too.
fn meaning(operation: Operation, at: usize, loaded: Option<usize>, arch: Arch) -> String {
    let target = |skip: usize| format!("{:04}", at + 1 + skip);
    match operation {
        Operation::Load(source) => format!("A = {}", source_text(source)),
        Operation::LoadIndex(source) => format!("X = {}", source_text(source)),
        Operation::Store(cell) => format!("M[{cell}] = A"),
        Operation::StoreIndex(cell) => format!("M[{cell}] = X"),
        Operation::Compute(arithmetic, operand) => {
            format!("A {}= {}", symbol(arithmetic), operand_text(operand, None, arch))
        }
        Operation::Negate => "A = -A".into(),
        Operation::ToIndex => "X = A".into(),
        Operation::FromIndex => "A = X".into(),
        Operation::Jump(skip) => format!("goto {}", target(skip)),
        Operation::Branch(test, operand, jump_true, jump_false) => {
            let comparison = match test {
                Test::Equal => "==",
                Test::Greater => ">",
                Test::GreaterOrEqual => ">=",
                Test::AnyBit => "&",
            };
            let operand = operand_text(operand, loaded, arch);
            format!("if A {comparison} {operand} goto {} else {}", target(jump_true), target(jump_false))
        }
        Operation::Return(value) => format!("return {}", Action::of(value)),
        Operation::ReturnAccumulator => "return A".into(),
    }
}

fn source_text(source: Source) -> String {
    match source {
        Source::Constant(constant) => number_text(constant.into()),
        Source::Scratch(cell) => format!("M[{cell}]"),
        Source::Word(0) => "number".into(),
        Source::Word(1) => "arch".into(),
        Source::Word(word) => {
            let half = if word.is_multiple_of(2) { "low" } else { "high" };
            match word / 2 {
                1 => format!("instruction_pointer.{half}"),
                pair => format!("arg{}.{half}", pair - 2),
            }
        }
    }
}

const fn symbol(arithmetic: Arithmetic) -> &'static str {
    match arithmetic {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::And => "&",
        Arithmetic::Or => "|",
        Arithmetic::Xor => "^",
        Arithmetic::ShiftLeft => "<<",
        Arithmetic::ShiftRight => ">>",
    }
}

fn operand_text(operand: Operand, loaded: Option<usize>, arch: Arch) -> String {
    let Operand::Constant(constant) = operand else { return "X".into() };
    let number = number_text(constant.into());
    match loaded {
        Some(0) => match crate::syscalls::name(constant, arch) {
            Some(name) => format!("{number} ({name})"),
            None => number,
        },
        Some(1) if constant == audit_arch(arch) => format!("{number} ({})", arch.name()),
        _ => number,
    }
}
