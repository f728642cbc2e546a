//! One start of a binary, to its end.

use crate::Failed;
use crate::caller::Caller;
use crate::place::Place;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No command of a trial may take longer.
const DEADLINE: Duration = Duration::from_secs(120);

/// A command about to be started: by whom, with what.
#[derive(Debug)]
pub struct Invocation {
    caller: Caller,
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    home: PathBuf,
    input: Vec<u8>,
    place: Place,
    deadline: Duration,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Invocation {
    /// `program` with `arguments`, started by `caller` with an environment of nothing but PATH and HOME.
    ///
    /// # Errors
    /// When no cgroup can be delegated for it.
    pub fn new(caller: Caller, program: &Path, arguments: &[&str], home: &Path) -> Result<Self, Failed> {
        Ok(Self {
            caller,
            program: program.to_path_buf(),
            arguments: arguments.iter().map(OsString::from).collect(),
            variables: Vec::new(),
            home: home.to_path_buf(),
            input: Vec::new(),
            place: Place::new(caller)?,
            deadline: DEADLINE,
        })
    }

    /// Adds a variable to its environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Gives it something to read on standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// The cgroup it will be started in.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    fn command(&self) -> Command {
        let mut command = self.caller.command(&self.program.display().to_string(), &self.place.procs());
        command.args(&self.arguments).current_dir(&self.home);
        let procs: Vec<_> =
            command.get_envs().map(|(k, v)| (k.to_owned(), v.map(ToOwned::to_owned))).collect();
        command.env_clear();
        for (name, value) in procs {
            command.env(name, value.unwrap_or_default());
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &self.home);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts it and leaves it running.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(self) -> Result<(Child, Place), Failed> {
        let child = self.command().spawn().map_err(|error| format!("{}: {error}", self.program.display()))?;
        Ok((child, self.place))
    }

    /// Runs it to its end, and makes sure that nothing of it is left.
    ///
    /// # Errors
    /// When it cannot be started, does not end in time, or leaves something behind.
    pub fn run(mut self) -> Result<Outcome, Failed> {
        let begun = Instant::now();
        let (input, deadline) = (std::mem::take(&mut self.input), self.deadline);
        let (mut child, mut place) = self.start()?;
        let mut pipe = child.stdin.take().ok_or("no standard input")?;
        // A reader that leaves early is no fault of the trial.
        let feeding = thread::spawn(move || drop(pipe.write_all(&input)));
        let (stdout, stderr) = (gather(child.stdout.take()), gather(child.stderr.take()));
        let status = wait(&mut child, deadline)?;
        let took = begun.elapsed();
        let _ = feeding.join();
        let outcome = Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr), took };
        place.remove()?;
        Ok(outcome)
    }
}

/// Waits for a process, at most until the deadline; then kills it.
///
/// # Errors
/// When it had to be killed.
pub fn wait(child: &mut Child, deadline: Duration) -> Result<ExitStatus, Failed> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        if begun.elapsed() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("did not end within {} s", deadline.as_secs()).into());
        }
        thread::sleep(Duration::from_millis(3));
    }
}

/// Reads a pipe to its end, in a thread of its own.
pub fn gather<R: Read + Send + 'static>(pipe: Option<R>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// What [`gather`] read, as text.
#[must_use]
pub fn text(gathered: JoinHandle<Vec<u8>>) -> String {
    String::from_utf8_lossy(&gathered.join().unwrap_or_default()).into_owned()
}
