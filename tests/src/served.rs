//! A gateway that serves many hosts over HTTP.

use crate::Failed;
use crate::invocation::{Invocation, wait};
use crate::place::{Place, descendants};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Nothing may take longer to start or to end.
const PATIENCE: Duration = Duration::from_secs(90);
const SAID: &str = "serving MCP at ";

/// A running gateway. Dropping it kills it.
#[derive(Debug)]
pub struct Served {
    child: Child,
    place: Place,
    /// Where it says that it serves: a URL, or the path of a socket.
    pub at: String,
    stderr: Arc<Mutex<String>>,
    listening: Option<JoinHandle<()>>,
}

impl Served {
    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    /// When it does not; with what it says.
    pub fn start(invocation: Invocation) -> Result<Self, Failed> {
        let (mut child, place) = invocation.start()?;
        let stderr = Arc::new(Mutex::new(String::new()));
        let (lines, listening) = listen(child.stderr.take().ok_or("no standard error")?, Arc::clone(&stderr));
        let mut served = Self { child, place, at: String::new(), stderr, listening: Some(listening) };
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some((_, at)) = line.split_once(SAID) {
                at.clone_into(&mut served.at);
                return Ok(served);
            }
        }
        Err(format!("it does not serve: {}", served.said()).into())
    }

    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.at.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// The gateway's own process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How many leaves there are; 0 where the trial has no group of its own to look into.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.place.leaves()
    }

    /// Its standard error so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ids of every process it has started and that still lives, itself included.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        if self.place.procs().is_empty() { descendants(self.child.id()) } else { self.place.processes() }
    }

    /// Tells it to stop, by SIGTERM.
    ///
    /// # Errors
    /// When it has gone already.
    pub fn terminate(&self) -> Result<(), Failed> {
        let id = i32::try_from(self.child.id()).map_err(|error| error.to_string())?;
        kill(Pid::from_raw(id), Signal::SIGTERM).map_err(|errno| format!("SIGTERM: {errno}").into())
    }

    /// Waits for its end, with exit status 0, and makes sure that nothing is left; what it said.
    ///
    /// # Errors
    /// When it does not end, or leaves a process or a leaf.
    pub fn ended(mut self) -> Result<String, Failed> {
        let status = wait(&mut self.child, PATIENCE)?;
        if !status.success() {
            return Err(format!("{status}: {}", self.said()).into());
        }
        self.place.remove()?;
        // Nobody is left who could say more: what is still in the pipe is the end of it.
        self.listening.take().map(JoinHandle::join);
        Ok(self.said())
    }

    /// [`Served::terminate`], then [`Served::ended`].
    ///
    /// # Errors
    /// As both.
    pub fn stop(self) -> Result<String, Failed> {
        self.terminate()?;
        self.ended()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(stderr: std::process::ChildStderr, said: Arc<Mutex<String>>) -> (Receiver<String>, JoinHandle<()>) {
    let (tell, lines) = channel();
    let listening = thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
            drop(said);
            // Nobody waits for lines once it serves.
            let _ = tell.send(line);
        }
    });
    (lines, listening)
}
