//! What one profile permits and another does not: decided on what the kernel is given, not on how it is written.

mod settings;

pub use settings::Setting;

use crate::bpf::{Diagrams, Reach, Set, reaches};
use crate::compile::CompiledProfile;
use crate::profile::Profile;
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

/// Which filters a change of calls is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// Both: what the kernel carries out.
    Both,
    /// The first alone; the last still stops what the first does not.
    First,
    /// The last alone; the first still stops what the last does not.
    Last,
}

impl Through {
    /// As in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Both => "both filters",
            Self::First => "first filter",
            Self::Last => "last filter",
        }
    }
}

/// Calls that one of two profiles lets through and the other does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Through which filters.
    pub through: Through,
    /// Whether the second profile lets them through; otherwise the first does.
    pub widened: bool,
    /// The call, and with which arguments.
    pub reach: Reach,
}

/// Everything in which two profiles differ, for one architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The architecture.
    pub arch: Arch,
    /// Calls, exactly.
    pub calls: Vec<Change>,
    /// Everything else.
    pub settings: Vec<Setting>,
}

impl Difference {
    /// Whether the second profile permits anything that the first does not, be it through one filter only.
    #[must_use]
    pub fn widened(&self) -> bool {
        self.calls.iter().any(|change| change.widened) || self.settings.iter().any(|setting| setting.widened)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.settings.is_empty()
    }
}

/// Why two profiles cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DifferenceError {
    /// One of them cannot be compiled.
    #[error("{0}")]
    Compile(String),
    /// A filter cannot be analysed.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}

/// What `after` changes against `before`.
///
/// # Errors
/// When one of them cannot be compiled, or a filter cannot be analysed.
pub fn difference(before: &Profile, after: &Profile, arch: Arch) -> Result<Difference, DifferenceError> {
    let (old, new) = (
        before.compile(arch).map_err(DifferenceError::Compile)?,
        after.compile(arch).map_err(DifferenceError::Compile)?,
    );
    let mut diagrams = Diagrams::default();
    let mut calls = Vec::new();
    for through in [Through::Both, Through::First, Through::Last] {
        let old = passes(&old, &mut diagrams, through)?;
        let new = passes(&new, &mut diagrams, through)?;
        for (widened, from, to) in [(true, old, new), (false, new, old)] {
            let reaches = beyond(&mut diagrams, from, to, arch)?;
            calls.extend(reaches.into_iter().map(|reach| Change { through, widened, reach }));
        }
    }
    // What both let through is said once.
    let combined: Vec<Change> =
        calls.iter().filter(|change| change.through == Through::Both).cloned().collect();
    let said = |change: &Change| {
        combined.iter().any(|both| both.reach == change.reach && both.widened == change.widened)
    };
    calls.retain(|change| change.through == Through::Both || !said(change));
    Ok(Difference { arch, calls, settings: settings::settings(before, after, &old, &new) })
}

fn passes(
    compiled: &CompiledProfile,
    diagrams: &mut Diagrams,
    through: Through,
) -> Result<Set, AnalysisError> {
    match through {
        Through::Both => compiled.passes_both(diagrams),
        Through::First => compiled.passes(diagrams, Filter::First),
        Through::Last => compiled.passes(diagrams, Filter::Last),
    }
}
