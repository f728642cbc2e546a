//! The gateway as an agent's host meets it: every revision of the protocol, every kind of nonsense, the end.

mod broken;
mod catalogs;
mod checks;
mod content;
mod direct;
mod eras;
mod grants;
mod hosts;
mod http;
mod nonsense;
mod output;
mod probes;
mod remote;
mod sessions;
mod tools;

use oubliette_tests::Failed;
use oubliette_tests::trials::Trials;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    broken::add(&mut trials);
    catalogs::add(&mut trials);
    checks::add(&mut trials)?;
    content::add(&mut trials);
    direct::add(&mut trials);
    eras::add(&mut trials);
    grants::add(&mut trials);
    hosts::add(&mut trials);
    http::add(&mut trials);
    nonsense::add(&mut trials);
    output::add(&mut trials);
    probes::add(&mut trials);
    remote::add(&mut trials);
    sessions::add(&mut trials);
    tools::add(&mut trials);
    Ok(trials.run())
}
