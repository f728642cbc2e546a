//! What one trial has to work with: who starts the binaries, where they are, and a folder of its own.

use crate::Failed;
use crate::binaries::{Stage, make_folder, workspace};
use crate::caller::Caller;
use crate::gateway::Gateway;
use crate::invocation::{Invocation, Outcome};
use crate::served::Served;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

static FOLDERS: AtomicU32 = AtomicU32::new(1);

/// What one trial has to work with.
#[derive(Debug)]
pub struct Bench {
    /// Who starts the binaries.
    pub caller: Caller,
    /// A folder that belongs to the caller, and is its home.
    pub folder: PathBuf,
    stage: Arc<Stage>,
}

impl Bench {
    /// A bench for one trial.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn new(caller: Caller, stage: &Arc<Stage>) -> Result<Self, Failed> {
        let folder = stage.folder().join(format!("trial-{}", FOLDERS.fetch_add(1, Ordering::Relaxed)));
        make_folder(&folder)?;
        chown(&folder, caller.owner(), caller.owner()).map_err(|error| error.to_string())?;
        Ok(Self { caller, folder, stage: Arc::clone(stage) })
    }

    /// Writes a file that the caller can read; its path.
    ///
    /// # Errors
    /// When that fails.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Result<String, Failed> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        chown(&path, self.caller.owner(), self.caller.owner()).map_err(|error| error.to_string())?;
        Ok(path.display().to_string())
    }

    /// The path of one of the built binaries.
    ///
    /// # Errors
    /// When they cannot be built.
    pub fn binary(&self, name: &str) -> Result<PathBuf, Failed> {
        Ok(self.stage.product()?.join(name))
    }

    /// The path of the hostile guest.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn hostile_guest(&self) -> Result<PathBuf, Failed> {
        Ok(self.stage.hostile()?.join("oubliette-guest"))
    }

    /// A jailer that leaves these layers out.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn ablated_jailer(&self, left_out: &[&str]) -> Result<PathBuf, Failed> {
        Ok(self.stage.ablated_jailer(left_out)?)
    }

    /// `oubliette` with these arguments.
    ///
    /// # Errors
    /// When it cannot be built or be given a cgroup.
    pub fn oubliette(&self, arguments: &[&str]) -> Result<Invocation, Failed> {
        Invocation::new(self.caller, &self.binary("oubliette")?, arguments, &self.folder)
    }

    /// Runs one program with `oubliette run`, on standard input.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run_program(&self, arguments: &[&str], program: &str) -> Result<Outcome, Failed> {
        let invocation = self.oubliette(&["run"])?;
        arguments
            .iter()
            .fold(invocation, |run, argument| run.argument(argument))
            .argument("-")
            .input(program)
            .run()
    }

    /// An initialised session with `oubliette serve`.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub fn serve(&self, config: &str) -> Result<Gateway, Failed> {
        let mut gateway = Gateway::start(self.oubliette(&["serve", "--config", config])?)?;
        gateway.initialize(crate::gateway::LEGACY)?;
        Ok(gateway)
    }

    /// A gateway for many hosts over HTTP, on a port of its own, with the servers of [`Bench::config`] and `more`.
    ///
    /// # Errors
    /// When it does not serve.
    pub fn serve_http(&self, more: &str) -> Result<Served, Failed> {
        let config = self.config(more)?;
        Served::start(self.oubliette(&["serve", "--config", &config, "--http", "127.0.0.1:0"])?)
    }

    /// An initialised session whose runs are all hostile: the program text is what a taken-over guest does.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub fn serve_hostile(&self, more: &str) -> Result<Gateway, Failed> {
        let config = self.config(more)?;
        let oubliette = self.stage.hostile()?.join("oubliette");
        let serve = Invocation::new(self.caller, &oubliette, &["serve", "--config", &config], &self.folder)?;
        let mut gateway = Gateway::start(serve)?;
        gateway.initialize(crate::gateway::LEGACY)?;
        Ok(gateway)
    }

    /// A configuration with the scripted upstream as `scripted`, which takes a hundred calls at once, the demo shop as
    /// `shop`, and `more` before them; its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn config(&self, more: &str) -> Result<String, Failed> {
        let (scripted, oubliette) = (self.binary("scripted-upstream")?, self.binary("oubliette")?);
        let servers = format!(
            "\n[servers.scripted]\ncommand = {scripted:?}\nenv = {{ GRANTED = \"configured\" }}\n\
             calls_in_flight = 100\n\
             [servers.shop]\ncommand = {oubliette:?}\nargs = [\"demo-server\"]\n"
        );
        self.write("oubliette.toml", format!("{more}{servers}"))
    }
}

/// The text of a file in this package.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &str) -> Result<String, Failed> {
    let path = workspace().join("tests").join(Path::new(path));
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}
