//! The list of trials of one test executable.

use crate::Verdict;
use crate::bench::Bench;
use crate::binaries::Stage;
use crate::caller::Caller;
use crate::needs::Need;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::process::ExitCode;
use std::sync::Arc;

/// Most trials wait for processes, clocks and each other, not for a processor.
const THREADS: usize = 4;

/// The trials of one test executable, until they are run.
pub struct Trials {
    arguments: Arguments,
    trials: Vec<Trial>,
    stage: Arc<Stage>,
}

impl Trials {
    /// An empty list, and the command line.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn new() -> Result<Self, Failed> {
        let mut arguments = Arguments::from_args();
        arguments.test_threads.get_or_insert(THREADS);
        Ok(Self { arguments, trials: Vec::new(), stage: Arc::new(Stage::new()?) })
    }

    /// Where the binaries are, for trials that start one without a guest.
    #[must_use]
    pub fn stage(&self) -> Arc<Stage> {
        Arc::clone(&self.stage)
    }

    /// Adds a trial for each caller.
    pub fn both<F>(&mut self, name: &str, needs: &[Need], test: F)
    where
        F: Fn(&Bench) -> Verdict + Clone + Send + 'static,
    {
        for caller in Caller::BOTH {
            let (stage, test) = (Arc::clone(&self.stage), test.clone());
            let mut missing = caller.missing();
            if caller.owner().is_some() {
                missing = missing.or_else(|| Need::Setpriv.missing());
            }
            self.add(format!("{}/{name}", caller.name()), missing, needs, move || {
                test(&Bench::new(caller, &stage)?)
            });
        }
    }

    /// Adds a trial that starts no guest.
    pub fn once<F>(&mut self, name: &str, needs: &[Need], test: F)
    where
        F: FnOnce() -> Verdict + Send + 'static,
    {
        self.add(name.to_owned(), None, needs, test);
    }

    fn add<F>(&mut self, name: String, missing: Option<String>, needs: &[Need], test: F)
    where
        F: FnOnce() -> Verdict + Send + 'static,
    {
        // A trial that is only listed, or not asked for, needs nothing.
        let asked =
            !self.arguments.list && self.arguments.filter.as_ref().is_none_or(|filter| name.contains(filter));
        let missing = missing.or_else(|| needs.iter().filter(|_| asked).find_map(|need| need.missing()));
        self.trials.push(match missing {
            None => Trial::test(name, test),
            Some(why) => {
                Trial::ignorable_test(name, move || Ok(Completion::ignored_with(format!("skipped: {why}"))))
            }
        });
    }

    /// Runs them all.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let conclusion = libtest_mimic::run(&self.arguments, self.trials);
        self.stage.remove();
        conclusion.exit_code()
    }
}
