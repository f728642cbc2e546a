//! A run in its middle: `oubliette run` that was started and left running, and the guest of it.

use crate::Failed;
use crate::invocation::{Invocation, Outcome, gather, text, wait};
use crate::place::{Place, descendants};
use std::fs;
use std::process::Child;
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// No guest takes longer to be locked down.
const PATIENCE: Duration = Duration::from_secs(30);

/// A run with a locked guest. Dropping it kills the supervisor, and so the guest.
#[derive(Debug)]
pub struct LiveRun {
    child: Child,
    place: Place,
    begun: Instant,
    output: Option<[JoinHandle<Vec<u8>>; 2]>,
    /// The guest's process id.
    pub guest: i32,
}

impl LiveRun {
    /// Starts the run and waits for the lockdown of its guest.
    ///
    /// # Errors
    /// When it ends before, or takes too long.
    pub fn start(invocation: Invocation) -> Result<Self, Failed> {
        let begun = Instant::now();
        let (mut child, place) = invocation.start()?;
        let output = Some([gather(child.stdout.take()), gather(child.stderr.take())]);
        drop(child.stdin.take());
        let mut run = Self { child, place, begun, output, guest: 0 };
        while begun.elapsed() < PATIENCE {
            if let Some(guest) = run.processes().into_iter().find(|pid| is_run(*pid) && is_locked(*pid)) {
                run.guest = i32::try_from(guest).map_err(|error| error.to_string())?;
                return Ok(run);
            }
            if run.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err(format!("it ended before there was a guest: {:?}", run.end()?).into());
            }
            sleep(Duration::from_millis(5));
        }
        Err("no guest was locked down in time".into())
    }

    fn processes(&self) -> Vec<u32> {
        if self.place.procs().is_empty() { descendants(self.child.id()) } else { self.place.processes() }
    }

    /// Waits for the run's own end, and makes sure that nothing of it is left.
    ///
    /// # Errors
    /// When it does not end, or leaves something behind.
    pub fn end(mut self) -> Result<Outcome, Failed> {
        let status = wait(&mut self.child, Duration::from_secs(120))?;
        let [stdout, stderr] = self.output.take().ok_or("the output was taken")?.map(text);
        self.place.remove()?;
        Ok(Outcome { code: status.code(), stdout, stderr, took: self.begun.elapsed() })
    }

    /// Ends the run where it is, and makes sure that nothing of it is left.
    ///
    /// # Errors
    /// When it cannot be ended, or leaves something behind.
    pub fn kill(mut self) -> Result<(), Failed> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.end().map(drop)
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether it is the guest of a run: the first guest of a supervisor is a trial of the jail, and gone at once.
fn is_run(pid: u32) -> bool {
    let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    title.starts_with("oubliette-guest: run-")
}

/// A guest has two filters more than its jailer (proc_pid_status(5)).
fn is_locked(pid: u32) -> bool {
    let field = |pid: u32, name: &str| -> Option<u32> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
    };
    let own = field(pid, "Seccomp_filters:");
    let parents = field(pid, "PPid:").and_then(|parent| field(parent, "Seccomp_filters:"));
    own.zip(parents).is_some_and(|(own, parents)| own == parents + 2)
}
