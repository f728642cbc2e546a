//! What becomes of a call: for these arguments, or for all there can be; layer by layer.

mod layers;

pub use layers::Backing;

use crate::bpf::{Call, Diagrams, Field, Reach, Set, TooComplex, reaches};
use crate::compile::CompiledProfile;
use crate::reach::{AnalysisError, Filter};
use crate::seccomp::Arch;
use crate::syscalls;
use serde::Serialize;

/// What is known of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Argument {
    /// Its 64 bits.
    Known(u64),
    /// Nothing: the answer holds for every value.
    Any,
}

/// What a filter answers to a call of which some arguments are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It lets the call through, whatever the other arguments are.
    Allowed,
    /// It ends the process, whatever the other arguments are.
    Killed,
    /// It depends on the other arguments; these are the ones with which it lets the call through.
    Depends(String),
}

/// What becomes of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// The call's name, or its number where it has none.
    pub call: String,
    /// Its number.
    pub number: u32,
    /// The first filter's answer.
    pub first: Answer,
    /// The last filter's.
    pub last: Answer,
    /// Both together: the answer of the jail.
    pub both: Answer,
    /// A call that both let through, when there is one.
    pub example: Option<Call>,
    /// The layers behind the filters: what each would answer if the filters were not there.
    pub behind: Vec<Backing>,
}

/// What becomes of a call by its number, over all values of the arguments that are not known.
///
/// # Errors
/// When a filter cannot be analysed.
pub fn simulate(
    compiled: &CompiledProfile,
    arch: Arch,
    number: u32,
    arguments: [Argument; 6],
) -> Result<Simulation, AnalysisError> {
    let mut diagrams = Diagrams::default();
    let asked = asked(&mut diagrams, arch, number, arguments)?;
    let first = compiled.passes(&mut diagrams, Filter::First)?;
    let last = compiled.passes(&mut diagrams, Filter::Last)?;
    let through = diagrams.and(first, last)?;
    let reached = diagrams.and(asked, through)?;
    let call = syscalls::name(number, arch).map_or_else(|| format!("number {number}"), str::to_owned);
    Ok(Simulation {
        number,
        first: answer(&mut diagrams, asked, first, arch)?,
        last: answer(&mut diagrams, asked, last, arch)?,
        both: answer(&mut diagrams, asked, through, arch)?,
        example: diagrams.example(reached),
        behind: layers::behind(&call),
        call,
    })
}

fn asked(
    diagrams: &mut Diagrams,
    arch: Arch,
    number: u32,
    arguments: [Argument; 6],
) -> Result<Set, TooComplex> {
    let native = diagrams.native(arch)?;
    let number = diagrams.equal(Field::NUMBER, number.into())?;
    let mut asked = diagrams.and(native, number)?;
    for (field, argument) in Field::ARGUMENTS.into_iter().zip(arguments) {
        if let Argument::Known(value) = argument {
            let known = diagrams.equal(field, value)?;
            asked = diagrams.and(asked, known)?;
        }
    }
    Ok(asked)
}

fn answer(diagrams: &mut Diagrams, asked: Set, through: Set, arch: Arch) -> Result<Answer, TooComplex> {
    let reached = diagrams.and(asked, through)?;
    if reached == asked {
        return Ok(Answer::Allowed);
    }
    if reached.is_empty() {
        return Ok(Answer::Killed);
    }
    // Said of the other arguments: those that are known are the same in every row.
    let rows = reaches(diagrams, reached, arch)?;
    Ok(Answer::Depends(rows.iter().map(Reach::conditions).collect::<Vec<_>>().join("; ")))
}
