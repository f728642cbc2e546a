//! The remover: one small process beside the supervisor, which does nothing until the supervisor is gone, and then
//! removes the leaves that it left.
//!
//! A guest cannot remove its leaf, and its jailer has given up the identity that could; a supervisor that was
//! killed cannot do anything. The remover holds one end of a socket and nothing else: no credential, no
//! environment, no descriptor of the supervisor. The names of the leaves begin with what no later supervisor can be
//! called ([`super::owner`]), so it can never take a leaf from anybody else, however late it is.

use super::owner::Owner;
use nix::sys::signal::SigSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The first argument of this program as the remover. No subcommand, for it is nothing to be started by hand.
const SUBCOMMAND: &str = "remove-leaves";

/// The one thing the remover ever says: it is there, and no signal but SIGKILL ends it any more.
const READY: [u8; 1] = [b'r'];

/// Starting takes milliseconds; a host this slow cannot run guests.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the guests of a supervisor that is gone may take to be gone too.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// The remover, seen from the supervisor: it goes to work when this value, or the whole supervisor, is gone.
#[derive(Debug)]
pub(super) struct Remover {
    owner: Owner,
    directories: Vec<PathBuf>,
    process: Mutex<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// Only ever closed.
    line: UnixStream,
    ready: bool,
}

impl Remover {
    /// Starts it; nobody waits for it yet.
    pub(super) fn start(owner: Owner, directories: Vec<PathBuf>) -> io::Result<Self> {
        let process = Mutex::new(Process::start(owner, &directories)?);
        Ok(Self { owner, directories, process })
    }

    /// Makes sure that it is there; starts another one when something has ended it.
    pub(super) fn check(&self) -> io::Result<()> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if process.ready && process.child.try_wait()?.is_some() {
            *process = Process::start(self.owner, &self.directories)?;
        }
        process.wait_until_ready()
    }
}

impl Process {
    /// Started from the very file this program runs from, whatever has been put in its place since.
    fn start(owner: Owner, directories: &[PathBuf]) -> io::Result<Self> {
        let (line, removers) = UnixStream::pair()?;
        line.set_read_timeout(Some(START_TIMEOUT))?;
        let child = Command::new("/proc/self/exe")
            .arg0("oubliette")
            .arg(SUBCOMMAND)
            .arg(owner.prefix())
            .args(directories)
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(removers)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, line, ready: false })
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        if self.ready {
            return Ok(());
        }
        let mut said = [0; READY.len()];
        self.line.read_exact(&mut said)?;
        self.ready = said == READY;
        if self.ready { Ok(()) } else { Err(io::Error::other(format!("it said {said:?}"))) }
    }
}

impl Drop for Remover {
    /// Waits for its end, so that nothing is left of a supervisor that ends by itself.
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = process.line.shutdown(std::net::Shutdown::Both);
        let _ = process.child.wait();
    }
}

/// Is the remover, from its start to its end, where this program was started as one.
pub(crate) fn when_started_as_such(arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.skip(1);
    let owner = arguments.next().filter(|first| first == SUBCOMMAND).and(arguments.next())?;
    let directories: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    Owner::of(&owner.to_string_lossy()).map(|owner| remove_when_gone(owner, &directories))
}

fn remove_when_gone(owner: Owner, directories: &[PathBuf]) -> ExitCode {
    // A service manager or a terminal signals the whole group: that is when there is something to do.
    let prepared = SigSet::all().thread_block().map_err(io::Error::from).and_then(|()| close_inherited());
    let mut line = io::stdin();
    if prepared.and_then(|()| say_ready()).is_err() {
        return ExitCode::FAILURE;
    }
    // Nothing is ever sent: whatever this returns, the supervisor is gone.
    let _ = line.read(&mut [0; 1]);
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if remove_all(owner, directories) {
            return ExitCode::SUCCESS;
        }
        std::thread::sleep(PAUSE);
    }
    // The next supervisor finds what is left.
    ExitCode::FAILURE
}

/// Standard input is a socket, so it can be written to.
fn say_ready() -> io::Result<()> {
    let line = UnixStream::from(std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?);
    (&line).write_all(&READY)
}

/// What the supervisor itself inherited without asking would otherwise outlive it here.
fn close_inherited() -> io::Result<()> {
    let numbers = fs::read_dir("/proc/self/fd")?.flatten();
    let numbers: Vec<i32> = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > nix::libc::STDERR_FILENO) {
        // One was the listing's own, and is closed already.
        let _ = nix::unistd::close(number);
    }
    Ok(())
}

/// Whether no leaf is left. A leaf that still has its guest stays for another look: the guest's jailer kills it.
fn remove_all(owner: Owner, directories: &[PathBuf]) -> bool {
    let is_left = |leaf: &PathBuf| {
        // On v2 the kernel kills what is inside; v1 has no such file.
        let _ = fs::OpenOptions::new()
            .write(true)
            .open(leaf.join("cgroup.kill"))
            .and_then(|mut kill| kill.write_all(b"1"));
        fs::remove_dir(leaf).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
    };
    let leaves = directories.iter().flat_map(|directory| leaves_in(directory, owner));
    leaves.filter(is_left).count() == 0
}

fn leaves_in(directory: &Path, owner: Owner) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| Owner::of(&entry.file_name().to_string_lossy()) == Some(owner))
        .map(|entry| entry.path())
        .collect()
}
