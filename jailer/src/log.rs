//! What was done so far, and where to stop.

use crate::error::{Halt, Taken};
use jail_spec::{Step, StepError, StepReport};

/// The steps taken, each with what the kernel answered when it was checked.
pub(crate) struct Log {
    until: Option<Step>,
    taken: Vec<StepReport>,
}

impl Log {
    pub(crate) fn new(until: Option<Step>) -> Self {
        Self { until, taken: Vec::new() }
    }

    /// Whether this step is asked for at all.
    pub(crate) fn reaches(&self, step: Step) -> bool {
        self.until.is_none_or(|last| step <= last)
    }

    /// Begins a step that ends elsewhere.
    pub(crate) fn start<T>(&self, step: Step, act: impl FnOnce() -> Result<T, StepError>) -> Result<T, Halt> {
        if self.reaches(step) { Ok(act()?) } else { Err(Halt::Reached) }
    }

    /// Takes one step and keeps its evidence; its proof goes to the step after it.
    pub(crate) fn take<T>(&mut self, step: Step, act: impl FnOnce() -> Taken<T>) -> Result<T, Halt> {
        let (proof, evidence) = self.start(step, act)?;
        self.add(StepReport { step, evidence });
        Ok(proof)
    }

    /// Adds evidence; to the same step's when it was taken from both sides.
    pub(crate) fn add(&mut self, report: StepReport) {
        match self.taken.iter_mut().find(|taken| taken.step == report.step) {
            Some(taken) => taken.evidence = format!("{}; {}", taken.evidence, report.evidence),
            None => self.taken.push(report),
        }
    }

    pub(crate) fn steps(&self) -> Vec<StepReport> {
        self.taken.clone()
    }
}
