//! What `verify` says about one filter.

use crate::bpf::Call;
use crate::profile::Place;
use crate::reach::Filter;
use crate::seccomp::Arch;
use serde::Serialize;

/// What can be wrong with a compiled filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The kernel would refuse it.
    Invalid,
    /// It could not be explored.
    Unexplored,
    /// It lets calls through that the profile does not permit.
    TooWide,
    /// It stops calls that the profile permits.
    TooNarrow,
    /// It answers with something else than to allow or to kill the process.
    OtherAnswer,
    /// It lets calls of another architecture through.
    Foreign,
    /// It lets x32 numbers through.
    X32,
    /// An instruction does nothing.
    Unreachable,
    /// An instruction has bits that mean nothing.
    Hidden,
    /// An entry of the profile changes nothing.
    Redundant,
    /// Explorer and interpreter answer differently: a fault of oubliette.
    Disagreement,
}

impl Fault {
    /// As in `too-wide`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Invalid => "invalid-filter",
            Self::Unexplored => "unexplored-filter",
            Self::TooWide => "filter-too-wide",
            Self::TooNarrow => "filter-too-narrow",
            Self::OtherAnswer => "filter-other-answer",
            Self::Foreign => "filter-foreign-architecture",
            Self::X32 => "filter-x32",
            Self::Unreachable => "filter-unreachable",
            Self::Hidden => "filter-hidden-bits",
            Self::Redundant => "redundant-entry",
            Self::Disagreement => "explorer-disagrees",
        }
    }

    /// One sentence for whoever reads the name.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Invalid => "The kernel would refuse the compiled filter.",
            Self::Unexplored => "The compiled filter is beyond what can be explored.",
            Self::TooWide => "The compiled filter lets calls through that the profile does not permit.",
            Self::TooNarrow => "The compiled filter stops calls that the profile permits.",
            Self::OtherAnswer => "A filter may only allow, or kill the process.",
            Self::Foreign => "Calls through the entry of another architecture have other numbers.",
            Self::X32 => "x32 numbers are a second way to the same calls.",
            Self::Unreachable => "An instruction that no call reaches is a rule that does nothing.",
            Self::Hidden => "Bits that the kernel does not read have no business in a filter.",
            Self::Redundant => "An entry that changes nothing hides what the profile says.",
            Self::Disagreement => "The explorer and the interpreter of filters must agree.",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Redundant => "remove the entry, or the one that already says it",
            Self::Unreachable => {
                "remove the entry it comes from, if one is named; else report it with the profile"
            }
            Self::Unexplored => "write fewer conditions for one call",
            Self::Disagreement => "report it with the profile: it is a fault of oubliette",
            _ => "start no guest with this filter; build oubliette anew, and report it if it stays",
        }
    }
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind.
    pub fault: Fault,
    /// What is wrong.
    pub problem: String,
    /// The entry it concerns.
    pub place: Option<Place>,
    /// The instruction it concerns, counted from 0.
    pub instruction: Option<usize>,
    /// A call that shows it.
    pub witness: Option<Call>,
}

/// What was found out about one filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Which filter.
    pub filter: Filter,
    /// For which architecture.
    pub arch: Arch,
    /// How many instructions it has.
    pub instructions: usize,
    /// How many ways through it there are; all were walked.
    pub paths: usize,
    /// Returns of the default action that no call reaches: the compiler ends every rule with one.
    pub closing: usize,
    /// What is wrong; empty when the filter is exactly what the profile declares.
    pub findings: Vec<Finding>,
    /// What holds outside of every filter.
    pub notes: Vec<String>,
}

/// Since which Linux the kernel lets these past every filter (kernel/seccomp.c): it makes processes call them itself.
const PAST_EVERY_FILTER: [(&str, &str); 2] = [("uretprobe", "6.14"), ("uprobe", "6.18")];

impl Verification {
    pub(super) fn new(filter: Filter, arch: Arch, instructions: usize) -> Self {
        let note = |(call, since): (&str, &str)| {
            let number = crate::syscalls::number(call, arch)?;
            Some(format!(
                "since Linux {since} the kernel lets {call} ({number}) past every filter; from a guest it does nothing"
            ))
        };
        let notes = PAST_EVERY_FILTER.into_iter().filter_map(note).collect();
        Self { filter, arch, instructions, paths: 0, closing: 0, findings: Vec::new(), notes }
    }

    pub(super) fn finding(&mut self, fault: Fault, problem: String) -> &mut Finding {
        self.findings.push(Finding { fault, problem, place: None, instruction: None, witness: None });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }
}
