//! What happened.

use oubliette_tests::{Verdict, ensure};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How a run can end that has nothing to do with its program.
const LOSSES: [&str; 3] = ["killed", "internal", "jail"];
/// What a soak has to have in it, or it shows nothing.
const EVERYTHING: [&str; 14] = [
    "run ok",
    "run exception",
    "run time_limit",
    "run busy",
    "cancelled",
    "hung up",
    "sessions ended at rest",
    "sessions ended at work",
    "killed a run's process",
    "killed an upstream server",
    "call answered",
    "call timeout",
    "call unavailable",
    "call upstream",
];

/// Counts, by what is counted.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<BTreeMap<String, u64>>);

impl Tally {
    pub(super) fn count(&self, what: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(what.to_owned()).or_default() += 1;
    }

    fn of(&self, what: &str) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(what).copied().unwrap_or_default()
    }

    /// Everything that a soak is to have in it has happened, and no more runs were lost than were killed.
    pub(super) fn has_everything(&self) -> Verdict {
        for what in EVERYTHING {
            ensure!(self.of(what) > 0, "no {what} in {self}");
        }
        let lost: u64 = LOSSES.iter().map(|kind| self.of(&format!("run {kind}"))).sum();
        let killed = self.of("killed a run's process");
        ensure!(lost <= killed, "{lost} runs were lost, and {killed} killed: {self}");
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let each = counted.iter().map(|(what, count)| format!("{what} {count}"));
        f.write_str(&each.collect::<Vec<_>>().join(", "))
    }
}
