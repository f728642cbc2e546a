//! The steps of the jail as data. The table in README.md is generated from it.

use jail_spec::Step;

/// One row: what a reader must know before moving a step.
pub(crate) struct Row {
    pub(crate) step: Step,
    /// What is done.
    pub(crate) action: &'static str,
    /// Why it stands where it stands.
    pub(crate) why_here: &'static str,
    /// How it is checked; a failed check stops the run.
    pub(crate) check: &'static str,
    /// Where the kernel's behaviour is written down, and the Linux version it needs.
    pub(crate) source: &'static str,
}
