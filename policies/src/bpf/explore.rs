//! The explorer: every way through a filter, with the exact set of calls that take it.

use super::diagram::{Diagrams, Set, TooComplex};
use super::operation::{Arithmetic, Operand, Operation, SCRATCH, Source, Test};
use super::program::Program;
use super::vector::Vector;

/// Most ways through one filter. Ours have some hundreds; a filter whose checks follow each other without deciding
/// doubles with each.
pub const MAX_PATHS: usize = 1 << 16;

/// One way through a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The calls that take it; never empty.
    pub calls: Set,
    /// What the filter returns to them.
    pub returns: u32,
    /// The instruction that returns.
    pub at: usize,
}

/// Every way through a filter. Each call takes exactly one.
#[derive(Debug)]
pub struct Exploration {
    /// The ways, in the order of their instructions.
    pub paths: Vec<Path>,
    /// For each instruction, whether any call reaches it.
    pub reached: Vec<bool>,
}

impl Exploration {
    /// The calls to which the filter returns exactly this value.
    ///
    /// # Errors
    /// Beyond [`super::MAX_NODES`].
    pub fn returning(&self, diagrams: &mut Diagrams, value: u32) -> Result<Set, TooComplex> {
        let mut set = Set::EMPTY;
        for path in self.paths.iter().filter(|path| path.returns == value) {
            set = diagrams.or(set, path.calls)?;
        }
        Ok(set)
    }
}

/// A place on a way not yet walked to its end.
#[derive(Clone)]
struct Place {
    at: usize,
    calls: Set,
    accumulator: Vector,
    index: Vector,
    scratch: [Option<Vector>; SCRATCH],
}

/// Walks every way through a filter that at least one call takes.
///
/// # Errors
/// Beyond [`MAX_PATHS`] or [`super::MAX_NODES`].
pub fn explore(diagrams: &mut Diagrams, program: &Program) -> Result<Exploration, TooComplex> {
    let zero = Vector::constant(0);
    let start = Place {
        at: 0,
        calls: Set::ALL,
        accumulator: zero.clone(),
        index: zero,
        scratch: [const { None }; SCRATCH],
    };
    let mut exploration = Exploration { paths: Vec::new(), reached: vec![false; program.len()] };
    let mut open = vec![start];
    while let Some(mut place) = open.pop() {
        while let Some(&operation) = program.operations.get(place.at) {
            exploration.reached[place.at] = true;
            if exploration.paths.len() + open.len() > MAX_PATHS {
                return Err(TooComplex { what: "ways through the filter", limit: MAX_PATHS });
            }
            if !step(diagrams, operation, &mut place, &mut open, &mut exploration.paths)? {
                break;
            }
        }
    }
    exploration.paths.sort_by_key(|path| path.at);
    Ok(exploration)
}

/// Takes one instruction; false where it was the last.
fn step(
    diagrams: &mut Diagrams,
    operation: Operation,
    place: &mut Place,
    open: &mut Vec<Place>,
    paths: &mut Vec<Path>,
) -> Result<bool, TooComplex> {
    let at = place.at;
    place.at += 1;
    match operation {
        Operation::Load(source) => place.accumulator = place.fetch(diagrams, source)?,
        Operation::LoadIndex(source) => place.index = place.fetch(diagrams, source)?,
        Operation::Store(cell) => place.scratch[cell] = Some(place.accumulator.clone()),
        Operation::StoreIndex(cell) => place.scratch[cell] = Some(place.index.clone()),
        Operation::Compute(arithmetic, operand) => {
            let operand = place.operand(operand);
            if arithmetic == Arithmetic::Divide {
                let zero = operand.test(diagrams, Test::Equal, &Vector::constant(0))?;
                let calls = diagrams.and(place.calls, zero)?;
                // The kernel returns 0 for a division by an X of zero.
                paths.extend((!calls.is_empty()).then_some(Path { calls, returns: 0, at }));
                place.calls = diagrams.minus(place.calls, zero)?;
            }
            place.accumulator = place.accumulator.compute(diagrams, arithmetic, &operand)?;
        }
        Operation::Negate => place.accumulator = place.accumulator.negated(diagrams)?,
        Operation::ToIndex => place.index = place.accumulator.clone(),
        Operation::FromIndex => place.accumulator = place.index.clone(),
        Operation::Jump(skip) => place.at += skip,
        Operation::Branch(test, operand, jump_true, jump_false) => {
            let holds = place.accumulator.test(diagrams, test, &place.operand(operand))?;
            let other = diagrams.minus(place.calls, holds)?;
            if !other.is_empty() {
                open.push(Place { at: place.at + jump_false, calls: other, ..place.clone() });
            }
            place.calls = diagrams.and(place.calls, holds)?;
            place.at += jump_true;
        }
        Operation::Return(returns) => paths.push(Path { calls: place.calls, returns, at }),
        Operation::ReturnAccumulator => {
            return_accumulator(diagrams, place, at, paths).map(|()| place.calls = Set::EMPTY)?
        }
    }
    let ended = matches!(operation, Operation::Return(_) | Operation::ReturnAccumulator);
    Ok(!ended && !place.calls.is_empty())
}

/// One way for each value the accumulator can have here.
fn return_accumulator(
    diagrams: &mut Diagrams,
    place: &Place,
    at: usize,
    paths: &mut Vec<Path>,
) -> Result<(), TooComplex> {
    let mut left = place.calls;
    while !left.is_empty() {
        if paths.len() > MAX_PATHS {
            return Err(TooComplex { what: "ways through the filter", limit: MAX_PATHS });
        }
        let (returns, calls) = place.accumulator.some_value(diagrams, left)?;
        paths.push(Path { calls, returns, at });
        left = diagrams.minus(left, calls)?;
    }
    Ok(())
}

impl Place {
    fn fetch(&self, diagrams: &mut Diagrams, source: Source) -> Result<Vector, TooComplex> {
        match source {
            Source::Word(word) => Vector::word(diagrams, word),
            Source::Constant(constant) => Ok(Vector::constant(constant)),
            // A checked program reads only what it has written.
            Source::Scratch(cell) => Ok(self.scratch[cell].clone().unwrap_or_else(|| Vector::constant(0))),
        }
    }

    fn operand(&self, operand: Operand) -> Vector {
        match operand {
            Operand::Constant(constant) => Vector::constant(constant),
            Operand::Index => self.index.clone(),
        }
    }
}
