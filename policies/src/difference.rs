//! What one profile permits and another does not.

use crate::bpf::{Diagrams, Reach, Set, reaches};
use crate::compile::CompiledProfile;
use crate::reach::{AnalysisError, Filter};
use crate::seccomp::Arch;
use serde::Serialize;

/// Calls that a filter of the child lets through and the same filter of the parent does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Widening {
    /// Which filter. A profile narrows its parent only when it narrows each: one of them must hold when the other
    /// has a fault.
    pub filter: Filter,
    /// The call, and with which arguments.
    pub reach: Reach,
}

/// Everything `child` lets through beyond `parent`, filter by filter; empty when it narrows its parent or permits
/// the same. `arch` is the one both were compiled for.
///
/// # Errors
/// When a filter cannot be analysed.
pub fn widened(
    parent: &CompiledProfile,
    child: &CompiledProfile,
    arch: Arch,
) -> Result<Vec<Widening>, AnalysisError> {
    let mut diagrams = Diagrams::default();
    let mut found = Vec::new();
    for filter in Filter::ALL {
        let before = parent.passes(&mut diagrams, filter)?;
        let after = child.passes(&mut diagrams, filter)?;
        let more = beyond(&mut diagrams, before, after, arch)?;
        found.extend(more.into_iter().map(|reach| Widening { filter, reach }));
    }
    Ok(found)
}

fn beyond(diagrams: &mut Diagrams, before: Set, after: Set, arch: Arch) -> Result<Vec<Reach>, AnalysisError> {
    let more = diagrams.minus(after, before)?;
    Ok(reaches(diagrams, more, arch)?)
}
