//! Jails made to order, by root or by the ordinary user: a process of that user plays the supervisor's part
//! (`jail-driver`), and is told what to do over its standard input, one line of JSON for each act.

use crate::Failed;
use crate::bench::Bench;
use crate::invocation::Invocation;
use crate::launch::Order;
use crate::place::Place;
use jail_spec::{End, StepReport};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

/// What the driver is asked to do.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Has a guest jailed and locked down.
    Start(Order),
    /// Sends it its program, and hears what it says next.
    Run(String),
    /// Hears what it says next.
    Hear,
    /// Kills it, and waits for its jailer.
    End,
}

/// What the driver answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The guest is ready.
    Ready(Started),
    /// The act failed, and what there was is gone.
    Refused(String),
    /// The guest has sent a frame: method, parameters.
    Said(String, serde_json::Value),
    /// The guest has closed its end, or said nothing for too long, or nonsense: why.
    Silent(String),
    /// The jailer's last report; none when the jailer was killed.
    Ended(Option<End>),
}

/// A guest that is ready.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Started {
    /// The guest's process id outside.
    pub guest: i32,
    /// The jailer's.
    pub jailer: u32,
    /// What the jailer reported of each step.
    pub steps: Vec<StepReport>,
}

/// A running driver; it has one guest at a time. Dropping it ends both.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    place: Place,
}

impl Driver {
    /// Starts one for this trial's caller.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub fn new(bench: &Bench) -> Result<Self, Failed> {
        let driver = bench.binary("jail-driver")?;
        Self::start_as(Invocation::new(bench.caller, &driver, &[], &bench.folder)?)
    }

    /// Starts one that lets every process below it write cores of any size.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub fn with_cores(bench: &Bench) -> Result<Self, Failed> {
        let driver = bench.binary("jail-driver")?.display().to_string();
        let script = ["-c", r#"ulimit -c "$(ulimit -H -c)" && exec "$0""#, &driver];
        Self::start_as(Invocation::new(bench.caller, Path::new("/bin/sh"), &script, &bench.folder)?)
    }

    fn start_as(invocation: Invocation) -> Result<Self, Failed> {
        let (mut child, place) = invocation.start()?;
        let output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let input = child.stdin.take();
        Ok(Self { child, input, output, place })
    }

    /// The driver's own process id: it stands where the supervisor stands.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has a guest jailed.
    ///
    /// # Errors
    /// When a step fails, in the jailer's words.
    pub fn start(&mut self, order: &Order) -> Result<Started, Failed> {
        match self.ask(&Act::Start(order.clone()))? {
            Answer::Ready(started) => Ok(started),
            Answer::Refused(why) => Err(why.into()),
            other => Err(format!("the driver answers {other:?}").into()),
        }
    }

    /// Ends the guest.
    ///
    /// # Errors
    /// When its jailer fails to.
    pub fn end(&mut self) -> Result<Option<End>, Failed> {
        match self.ask(&Act::End)? {
            Answer::Ended(end) => Ok(end),
            other => Err(format!("the driver answers {other:?}").into()),
        }
    }

    /// One act.
    ///
    /// # Errors
    /// When the driver has gone.
    pub fn ask(&mut self, act: &Act) -> Result<Answer, Failed> {
        let told = |error: std::io::Error| format!("the driver has gone: {error}");
        let mut line = serde_json::to_string(act).map_err(|error| error.to_string())?;
        line.push('\n');
        let input = self.input.as_mut().ok_or("the driver has been closed")?;
        input.write_all(line.as_bytes()).map_err(told)?;
        let mut answer = String::new();
        self.output.read_line(&mut answer).map_err(told)?;
        serde_json::from_str(&answer).map_err(|error| format!("the driver says {answer:?}: {error}").into())
    }

    /// Ends it, and makes sure that nothing is left.
    ///
    /// # Errors
    /// When a process or a leaf is left.
    pub fn close(mut self) -> Result<(), Failed> {
        self.input = None;
        crate::invocation::wait(&mut self.child, std::time::Duration::from_secs(30))?;
        self.place.remove().map_err(Failed::from)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.input = None;
        let _ = crate::invocation::wait(&mut self.child, std::time::Duration::from_secs(30));
    }
}
