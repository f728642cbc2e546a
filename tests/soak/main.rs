//! A gateway as it lives: four hosts, eight upstream servers of which six are bad ones, programs of every kind, faults
//! and cancellations at random, for as long as `OUBLIETTE_SOAK_S` says. Afterwards it holds what it held before.

mod hosts;
mod programs;
mod soak;
mod tally;
mod upstreams;
mod weather;

use oubliette_tests::Failed;
use oubliette_tests::trials::Trials;
use std::process::ExitCode;
use std::time::Duration;

/// How long it lasts, seconds; without it half a minute.
const LENGTH_VARIABLE: &str = "OUBLIETTE_SOAK_S";
const DEFAULT_LENGTH_S: u64 = 30;

fn main() -> Result<ExitCode, Failed> {
    let length = match std::env::var(LENGTH_VARIABLE) {
        Ok(given) => given.parse().map_err(|error| format!("{LENGTH_VARIABLE}={given:?}: {error}"))?,
        Err(_) => DEFAULT_LENGTH_S,
    };
    let mut trials = Trials::new()?;
    trials.both("soak/nothing is left", &[], move |bench| soak::soak(bench, Duration::from_secs(length)));
    Ok(trials.run())
}
