//! The guest without a jail around it, driven frame by frame as the supervisor would: for what only the guest
//! itself can show.

use crate::Failed;
use crate::invocation::wait;
use crate::wire::{Said, Wire};
use guest_protocol::envelope;
use guest_protocol::limits::Limits;
use guest_protocol::message::{Finished, Mode, Outcome, Prepare, ServerName, Start, method};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// No frame may take longer to come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A guest that was started by hand, with what it needs to not notice.
#[derive(Debug)]
pub struct LooseGuest {
    child: Child,
    wire: Wire,
}

impl LooseGuest {
    /// Starts `guest` with its socket under number 3 and without new privileges.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(guest: &Path) -> Result<Self, Failed> {
        let told = |error: std::io::Error| error.to_string();
        let (socket, theirs) = UnixStream::pair().map_err(told)?;
        let child = Command::new("/bin/sh")
            .args(["-c", r#"exec setpriv --no-new-privs -- "$0" 3<&0 </dev/null"#])
            .arg(guest)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .map_err(told)?;
        Ok(Self { child, wire: Wire::new(socket, PATIENCE)? })
    }

    /// Has it lock itself down in strict mode, and waits until it has.
    ///
    /// # Errors
    /// When it does not.
    pub fn lock_down_strictly(&mut self) -> Result<(), Failed> {
        let limits = Limits::default();
        let prepare = Prepare {
            version: guest_protocol::VERSION,
            filter: Vec::new(),
            filter_digest: "strict".into(),
            memory_bytes: limits.memory_bytes,
            instructions: limits.instructions,
            strict: true,
        };
        self.wire.notify(method::PREPARE, &prepare)?;
        match self.wire.hear()? {
            Said::Notification(name, _) if name == method::READY => Ok(()),
            other => Err(format!("not ready: {other:?}").into()),
        }
    }

    /// Sends a program.
    ///
    /// # Errors
    /// When the guest has gone.
    pub fn run(&mut self, source: &str, servers: Vec<ServerName>) -> Result<(), Failed> {
        let start = Start {
            source: source.into(),
            file: "/main.ts".into(),
            seed: [1, 2, 3, 4],
            servers,
            limits: Limits::default(),
            mode: Mode::Run,
        };
        self.wire.notify(method::START, &start)
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When the guest has gone.
    pub fn answer(&mut self, id: u64, result: &serde_json::Value) -> Result<(), Failed> {
        let result = envelope::raw(result).map_err(|error| error.to_string())?;
        let payload = envelope::success(id, &result).map_err(|error| error.to_string())?;
        self.wire.send(&payload)
    }

    /// The next frame.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub fn hear(&mut self) -> Result<Said, Failed> {
        self.wire.hear()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not come.
    pub fn end(mut self) -> Result<ExitStatus, Failed> {
        wait(&mut self.child, PATIENCE)
    }
}

impl Drop for LooseGuest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value in the parameters of `run.finished`.
///
/// # Errors
/// When the program failed.
pub fn value(params: &str) -> Result<serde_json::Value, Failed> {
    let finished: Finished = serde_json::from_str(params).map_err(|error| error.to_string())?;
    match finished.outcome {
        Outcome::Value(Some(value)) => {
            serde_json::from_str(value.get()).map_err(|error| error.to_string().into())
        }
        other => Err(format!("no value: {other:?}").into()),
    }
}
