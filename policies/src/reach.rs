//! What a compiled profile's filters let through: exact sets, read from the instructions alone.

use crate::bpf::{Action, Diagrams, Exploration, Invalid, Program, Set, TooComplex, explore};
use crate::compile::CompiledProfile;
use crate::seccomp::Arch;
use jail_spec::Instruction;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two filters a guest is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// The jailer's: a deny-list, in force from the guest's first instruction on.
    First,
    /// The guest's own: an allow-list, in force before it reads a program.
    Last,
}

impl Filter {
    /// Both, in the order they are installed.
    pub const ALL: [Self; 2] = [Self::First, Self::Last];

    /// The word on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn owner(self) -> &'static str {
        match self {
            Self::First => "jailer",
            Self::Last => "guest",
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a filter could not be analysed. Fail closed: what cannot be analysed is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// The kernel would not take it either.
    #[error("the {filter} filter is none the kernel takes: {invalid}")]
    Invalid {
        /// Which filter.
        filter: Filter,
        /// What is wrong.
        invalid: Invalid,
    },
    /// The profile names a call that the kernel's headers do not.
    #[error("{arch} has no system call {call:?} in the kernel's headers of Linux 6.17", arch = arch.name())]
    UnknownCall {
        /// The name.
        call: String,
        /// The architecture.
        arch: Arch,
    },
    /// A bound of the analysis.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
}

impl CompiledProfile {
    /// The instructions of one filter.
    #[must_use]
    pub fn filter(&self, filter: Filter) -> &[Instruction] {
        match filter {
            Filter::First => &self.first_filter,
            Filter::Last => &self.last_filter,
        }
    }

    /// The calls that one filter lets through.
    ///
    /// # Errors
    /// When the filter is not one the kernel takes, or beyond a bound of the analysis.
    pub fn passes(&self, diagrams: &mut Diagrams, filter: Filter) -> Result<Set, AnalysisError> {
        let program = Program::new(self.filter(filter))
            .map_err(|invalid| AnalysisError::Invalid { filter, invalid })?;
        let exploration = explore(diagrams, &program)?;
        Ok(let_through(diagrams, &exploration)?)
    }

    /// The calls that both filters let through: what the kernel carries out for a guest.
    ///
    /// # Errors
    /// As [`CompiledProfile::passes`].
    pub fn passes_both(&self, diagrams: &mut Diagrams) -> Result<Set, AnalysisError> {
        let first = self.passes(diagrams, Filter::First)?;
        let last = self.passes(diagrams, Filter::Last)?;
        Ok(diagrams.and(first, last)?)
    }
}

/// The calls a filter does not stop by itself. Whatever somebody else decides about may be carried out.
fn let_through(diagrams: &mut Diagrams, exploration: &Exploration) -> Result<Set, TooComplex> {
    let mut set = Set::EMPTY;
    for path in &exploration.paths {
        if matches!(Action::of(path.returns), Action::Allow | Action::Log | Action::Notify | Action::Trace(_))
        {
            set = diagrams.or(set, path.calls)?;
        }
    }
    Ok(set)
}
