//! The guest's socket: what a supervisor must survive from it, and how little a guest needs besides it.

mod attackers;
mod nonsense;
mod strict;

use oubliette_tests::Failed;
use oubliette_tests::trials::Trials;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    attackers::add(&mut trials);
    strict::add(&mut trials);
    Ok(trials.run())
}
