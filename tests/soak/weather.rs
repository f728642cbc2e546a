//! What nobody asked for: SIGKILL at any moment, to an upstream server or to a process of a run.

use crate::hosts::Round;
use crate::upstreams::{Upstreams, VICTIM};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use oubliette_tests::Verdict;
use oubliette_tests::dice::Dice;
use oubliette_tests::served::Served;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Strikes until the round is over.
pub(super) fn strike(served: &Served, upstreams: &Upstreams, round: &Round<'_>) -> Verdict {
    let mut dice = Dice(round.seed);
    while Instant::now() < round.until {
        thread::sleep(Duration::from_millis(100 + u64::try_from(dice.roll(500))?));
        upstreams.forget();
        let (is_victim, what): (fn(&str) -> bool, _) = match dice.roll(3) {
            0 => (
                |line| line.ends_with(&format!("scripted-upstream\0{VICTIM}\0")),
                "killed an upstream server",
            ),
            _ => (
                |line| line.starts_with("oubliette-guest: run-") || line.contains("oubliette-jailer"),
                "killed a run's process",
            ),
        };
        let line = |id: &u32| fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let victims: Vec<u32> = served.processes().into_iter().filter(|id| is_victim(&line(id))).collect();
        // It may have ended in the meantime.
        if !victims.is_empty()
            && kill(Pid::from_raw(i32::try_from(*dice.pick(&victims))?), Signal::SIGKILL).is_ok()
        {
            round.tally.count(what);
        }
    }
    Ok(())
}
