//! Whole walks: a program through supervisor, jailer and guest to its value or its error.

mod configuration;
mod doctor;
mod endings;
mod first_program;
mod idioms;
mod profile;
mod real_servers;
mod servers;
mod ways;

use oubliette_tests::Failed;
use oubliette_tests::trials::Trials;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    first_program::add(&mut trials);
    endings::add(&mut trials)?;
    configuration::add(&mut trials);
    doctor::add(&mut trials);
    idioms::add(&mut trials)?;
    profile::add(&mut trials);
    real_servers::add(&mut trials);
    servers::add(&mut trials);
    ways::add(&mut trials)?;
    Ok(trials.run())
}
