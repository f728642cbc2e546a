//! Attacks on the jail from inside it, and what a whole run looks like from outside.

mod ablation;
mod attack;
mod ends;
mod host;
mod matrix;
mod modes;
mod notation;
mod outcome;
mod perturbed;
mod results;
mod strace;
mod sweep;

use oubliette_tests::Failed;
use oubliette_tests::trials::Trials;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    ablation::add(&mut trials);
    matrix::add(&mut trials)?;
    host::add(&mut trials)?;
    ends::add(&mut trials);
    perturbed::add(&mut trials);
    sweep::add(&mut trials);
    strace::add(&mut trials);
    Ok(trials.run())
}
