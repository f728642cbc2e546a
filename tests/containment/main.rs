//! Attacks on the jail from inside it, and what a whole run looks like from outside.

mod ablation;
mod attack;
mod attest;
mod crowd;
mod ends;
mod faults;
mod groups;
mod host;
mod killed;
mod matrix;
mod modes;
mod notation;
mod outcome;
mod perturbed;
mod posture;
mod refusals;
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
    groups::add(&mut trials);
    host::add(&mut trials)?;
    ends::add(&mut trials);
    perturbed::add(&mut trials);
    attest::add(&mut trials);
    posture::add(&mut trials);
    sweep::add(&mut trials);
    strace::add(&mut trials);
    faults::add(&mut trials);
    killed::add(&mut trials);
    crowd::add(&mut trials);
    refusals::add(&mut trials);
    Ok(trials.run())
}
