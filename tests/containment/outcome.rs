//! What became of an attack.

use super::attack::Attack;
use jail_spec::EndStatus;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use oubliette_tests::Failed;
use oubliette_tests::driver::{Act, Answer, Driver, Started};
use oubliette_tests::launch::Order;
use serde_json::Value;
use std::fmt;

/// SIGURG among the pending signals of proc_pid_status(5).
const URGENT: u64 = 1 << (23 - 1);

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has worked.
    Succeeded,
    /// The call in this place has failed.
    Refused(i32),
    /// The process was killed.
    Killed(i32),
    /// The guest has seen a memory fault and left.
    Faulted(String),
    /// It ended with this status, which is no success.
    Left(i32),
    /// The calls were let through, and no signal came to the jailer.
    Unheard,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded => f.write_str("**yes**"),
            Self::Refused(errno) => write!(f, "{:?}", Errno::from_raw(*errno)),
            Self::Killed(signal) => match Signal::try_from(*signal) {
                Ok(signal) => write!(f, "{signal}"),
                Err(_) => write!(f, "signal {signal}"),
            },
            Self::Faulted(kind) => f.write_str(kind),
            Self::Left(status) => write!(f, "exit {status}"),
            Self::Unheard => f.write_str("unheard"),
        }
    }
}

/// Makes the attack with a guest started like this.
pub(super) fn of(driver: &mut Driver, order: &Order, attack: &Attack) -> Result<Outcome, Failed> {
    let started = driver.start(order)?;
    let mut answer = driver.ask(&Act::Run(attack.program.clone()))?;
    let mut heard = false;
    if let Answer::Said(method, _) = &answer
        && method == "console.write"
    {
        // It waits, and with it the jailer, whose signals are gone when it ends.
        heard = is_heard(&started);
        answer = driver.ask(&Act::Run(String::new()))?;
    }
    let end = driver.end()?;
    match answer {
        Answer::Said(method, params) if method == "run.finished" => {
            Ok(judge(attack, &params["outcome"]["value"], heard))
        }
        Answer::Said(method, params) if method == "run.fault" => {
            Ok(Outcome::Faulted(params["kind"].as_str().unwrap_or_default().into()))
        }
        Answer::Silent(_) => match end.map(|end| end.status) {
            Some(EndStatus::Killed(signal)) => Ok(Outcome::Killed(signal)),
            Some(EndStatus::Exited(0)) if attack.becomes => Ok(Outcome::Succeeded),
            Some(EndStatus::Exited(status)) => Ok(Outcome::Left(status)),
            None => Err("the jailer was killed".into()),
        },
        other => Err(format!("the guest says {other:?}").into()),
    }
}

/// The calls were made one after the other until one failed; what was put back comes after them and does not count.
fn judge(attack: &Attack, returned: &Value, heard: bool) -> Outcome {
    let numbers = returned.as_array().into_iter().flatten().filter_map(Value::as_i64);
    let results: Vec<i64> = numbers.take(attack.calls).collect();
    let failed = results.iter().position(|result| *result < 0);
    let errno = failed.map(|place| i32::try_from(-results[place]).unwrap_or(i32::MAX));
    let is_last = failed.is_none_or(|place| place + 1 == attack.calls);
    match errno {
        Some(errno) if !(is_last && attack.reached.contains(&format!("{:?}", Errno::from_raw(errno)))) => {
            Outcome::Refused(errno)
        }
        _ if attack.heard && !heard => Outcome::Unheard,
        _ => Outcome::Succeeded,
    }
}

fn is_heard(started: &Started) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", started.jailer)).unwrap_or_default();
    let pending = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    };
    (pending("SigPnd:") | pending("ShdPnd:")) & URGENT != 0
}
