//! A server's process: its environment, its group, its standard error, its end.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, io};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::stderr::Tail;
use crate::config::{Program, ServerConfig};

/// How long a server may take to end by itself, first after its input is closed, then after SIGTERM. The
/// specification asks for both steps (2025-11-25, basic/lifecycle, "Shutdown").
const GRACE: Duration = Duration::from_secs(2);
/// How long an error message waits for the exit status and the last words of a server that closed its output.
const OBITUARY: Duration = Duration::from_millis(300);

/// All that a server inherits of our environment; the rest it gets by configuration only. What programs need to
/// find other programs, their user's files and the language: no token, no proxy with a password in it.
const INHERITED: [&str; 14] = [
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "SSL_CERT_FILE",
];
/// Inherited by prefix: the locale's categories.
const INHERITED_PREFIX: &str = "LC_";

/// A running server. Dropping it ends the server and everything it started, in the background.
pub(in crate::upstream) struct Process {
    ended: watch::Receiver<Option<String>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    stderr: Tail,
}

/// The server's end of its connection.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
}

impl Process {
    /// Starts a server in a process group of its own.
    ///
    /// # Errors
    /// When the program cannot be started; in words that name it.
    pub(super) fn spawn(config: &Arc<ServerConfig>, program: &Program) -> Result<(Self, Pipes), String> {
        let mut child = command(program).spawn().map_err(|error| explain(program, &error))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("its standard streams could not be connected".into());
        };
        let group = Group::of(&child);
        let (stop, stop_asked) = oneshot::channel();
        let (tell_end, ended) = watch::channel(None);
        tokio::spawn(mind(child, group, stop_asked, tell_end));
        let process =
            Self { ended, stop: Mutex::new(Some(stop)), stderr: Tail::follow(config.clone(), stderr) };
        Ok((process, Pipes { stdin, stdout }))
    }

    /// Ends the server; its input should be closed already. Returns when it is gone.
    pub(in crate::upstream) async fn stop(&self) {
        drop(self.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        // An error means that the task that minds the process is gone, and with it the process.
        let _ = self.ended.clone().wait_for(Option::is_some).await;
    }

    /// What is known of a server that does not answer any more: `exit status: 1; its last line on standard
    /// error: …`.
    pub(in crate::upstream) async fn obituary(&self) -> String {
        let status = self.exit().await;
        match self.stderr.last(OBITUARY).await {
            Some(line) => format!("{status}; its last line on standard error: {line}"),
            None => format!("{status}; nothing on standard error"),
        }
    }

    /// Its exit status in words, where it comes soon.
    pub(in crate::upstream) async fn exit(&self) -> String {
        let mut ended = self.ended.clone();
        match timeout(OBITUARY, ended.wait_for(Option::is_some)).await {
            Ok(Ok(status)) => status.clone().unwrap_or_default(),
            _ => "still running".into(),
        }
    }

    /// The last lines of its standard error, oldest first.
    pub(in crate::upstream) async fn last_words(&self) -> Vec<String> {
        self.stderr.lines(OBITUARY).await
    }
}

fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.command);
    let inherited = env::vars_os().filter(|(name, _)| {
        name.to_str().is_some_and(|name| INHERITED.contains(&name) || name.starts_with(INHERITED_PREFIX))
    });
    command.args(&program.args).env_clear().envs(inherited);
    command.envs(program.env.iter().map(|(name, value)| (name, value.expose())));
    if let Some(cwd) = &program.cwd {
        command.current_dir(cwd);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A signal for our terminal's group must not end the servers before the calls that use them.
    command.process_group(0).kill_on_drop(true);
    command
}

fn explain(program: &Program, error: &io::Error) -> String {
    let command = &program.command;
    match (error.kind(), &program.cwd) {
        (io::ErrorKind::NotFound, Some(cwd)) if !cwd.is_dir() => {
            format!("its working directory {} does not exist", cwd.display())
        }
        (io::ErrorKind::NotFound, _) => format!("the program `{command}` was not found"),
        _ => format!("the program `{command}` cannot be started: {error}"),
    }
}

/// Waits for the end of a server and makes sure that nothing of its group stays behind.
async fn mind(
    mut child: Child,
    mut group: Group,
    stop_asked: oneshot::Receiver<()>,
    tell_end: watch::Sender<Option<String>>,
) {
    let mut status = tokio::select! {
        status = child.wait() => Some(status),
        _ = stop_asked => None,
    };
    for next in [Signal::SIGTERM, Signal::SIGKILL] {
        if status.is_none() {
            status = timeout(GRACE, child.wait()).await.ok();
        }
        if status.is_none() {
            group.signal(next);
        }
    }
    let status = match status {
        Some(status) => status,
        None => child.wait().await,
    };
    // What it left behind holds its standard output open, and the calls would wait for it.
    group.end();
    tell_end.send_replace(Some(in_words(&status)));
}

fn in_words(status: &io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.to_string(),
        Err(error) => format!("its exit status is unknown ({error})"),
    }
}

/// The process group of a server. Dropped before its [`Group::end`] (the runtime is going down), it is killed.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // ESRCH: nobody is left in it, which is what is wanted.
            let _ = killpg(group, signal);
        }
    }

    /// Kills what is left. Afterwards the number may belong to another group, so it is forgotten.
    fn end(&mut self) {
        self.signal(Signal::SIGKILL);
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
