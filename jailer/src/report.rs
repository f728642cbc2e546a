//! The supervisor's socket: what goes back to it, and the exit status.

use crate::child::Newborn;
use crate::error::{Halt, at, found};
use crate::inherit::{Inherited, TakenOver};
use crate::log::Log;
use crate::privileges;
use jail_spec::{EXIT_SETUP_FAILED, EXIT_STARTED_BY_HAND, Identity, Report, Step, StepError};
use nix::sys::socket::{MsgFlags, recv, send};
use std::io::{Stdin, Write};
use std::os::fd::AsRawFd;

/// The supervisor's end of everything: reports go out, an end of file comes in when it is gone.
pub(crate) struct Control(pub(crate) Stdin);

impl Control {
    /// Throws away what the supervisor has said.
    pub(crate) fn discard(&self) {
        while matches!(recv(self.0.as_raw_fd(), &mut [0; 1], MsgFlags::MSG_DONTWAIT), Ok(1..)) {}
    }

    /// Sends one report. `EPIPE`, without a signal, when the supervisor is gone.
    fn send(&self, report: &Report) -> Result<(), StepError> {
        let bytes = jail_spec::encode(report).map_err(|error| found(Step::Exec, "encode(report)", error))?;
        let sent = send(self.0.as_raw_fd(), &bytes, MsgFlags::MSG_NOSIGNAL);
        sent.map(drop).map_err(at(Step::Exec, "send(0, report)"))
    }
}

/// Takes the steps, reports what became of them, and gives the exit status. The one place a failure leaves by.
pub(crate) fn finish(
    taken: TakenOver,
    outside: impl FnOnce(Inherited, &mut Log) -> Result<Newborn, Halt>,
) -> i32 {
    let (control, inherited) = match taken {
        Ok(taken) => taken,
        Err(reason) => {
            say(&format!("oubliette-jailer is started by oubliette, not by hand: {reason}."));
            return EXIT_STARTED_BY_HAND;
        }
    };
    match inherited.and_then(|inherited| run(&control, inherited, outside)) {
        Ok(()) => 0,
        Err(error) => {
            let text = error.to_string();
            if control.send(&Report::Failed(error)).is_err() {
                say(&text);
            }
            EXIT_SETUP_FAILED
        }
    }
}

fn run(
    control: &Control,
    inherited: Inherited,
    outside: impl FnOnce(Inherited, &mut Log) -> Result<Newborn, Halt>,
) -> Result<(), StepError> {
    let identity = inherited.spec.identity;
    let mut log = Log::new(inherited.spec.until);
    match outside(inherited, &mut log) {
        Ok(newborn) => guard(control, newborn, log, identity),
        // Stopped before there was a process.
        Err(Halt::Reached) => control.send(&Report::Jailed { pid: 0, steps: log.steps() }),
        Err(Halt::Failed(error)) => Err(error),
    }
}

fn guard(control: &Control, newborn: Newborn, mut log: Log, identity: Identity) -> Result<(), StepError> {
    let child = newborn.see_through(&mut log, identity)?;
    privileges::follow(identity)?;
    let runs = log.reaches(Step::Exec);
    control.send(&Report::Jailed { pid: child.pid, steps: log.steps() })?;
    if runs {
        let end = child.watch(control)?;
        // A supervisor that is gone is why the guest was killed; nobody is left to tell.
        let _ = control.send(&Report::Ended(end));
    }
    Ok(())
}

fn say(sentence: &str) {
    // Standard error may be closed; there is nowhere else to complain.
    let _ = writeln!(std::io::stderr(), "{sentence}");
}
