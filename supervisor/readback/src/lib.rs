//! What holds a live guest, where no file under `/proc` says it: the instructions of its filters, what Landlock and
//! its own kernel flags answer, who owns its namespaces.
//!
//! A guest is stopped for about a millisecond, asked, put back exactly as it was, and let go. What is asked is fixed
//! here and changes nothing: nobody who uses this crate can have a guest make any other call. The guest is killed
//! rather than let run on with registers that are not its own.
//!
//! It is a crate of its own because this is the one thing the supervisor's side needs `unsafe` for.

#[cfg(target_arch = "x86_64")]
mod borrowed;
pub mod namespaces;
mod questions;
mod stopped;
mod strangers;
mod sys;

use jail_spec::Instruction;
use nix::errno::Errno;
use nix::unistd::Pid;
use std::thread;
use stopped::Stopped;

/// Why something could not be asked. Nothing follows from it about the guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {cause}")]
pub struct Refusal {
    /// The call that failed, as strace would name it.
    pub call: String,
    /// What the kernel said.
    pub cause: String,
    /// What it takes to be answered; empty where nothing would help.
    pub needs: &'static str,
}

impl Refusal {
    pub(crate) fn new(call: impl Into<String>, cause: impl ToString, needs: &'static str) -> Self {
        Self { call: call.into(), cause: cause.to_string(), needs }
    }
}

pub(crate) const NEEDS_TRACE: &str =
    "to trace the guest: CAP_SYS_PTRACE, no other tracer, kernel.yama.ptrace_scope below 3";
pub(crate) const NEEDS_ADMIN: &str = "CAP_SYS_ADMIN in the initial user namespace, a caller without a seccomp \
     filter of its own, and CONFIG_CHECKPOINT_RESTORE (ptrace(2), PTRACE_SECCOMP_GET_FILTER)";

/// What a call in the guest's name came back with.
pub type Answer = Result<u64, Errno>;

/// What Landlock and the guest's kernel flags say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// `open("/", O_RDONLY|O_DIRECTORY)`: `EACCES` where Landlock handles `read_dir` and gives nothing back; every
    /// jail's root may be read by its file mode.
    pub read_dir: Answer,
    /// `bind(AF_INET, 192.0.2.1:65535)`: `EACCES` where Landlock handles `bind_tcp`, else `EADDRNOTAVAIL`: nobody
    /// has an address that is kept for documentation (RFC 5737).
    pub bind_tcp: Answer,
    /// `connect(AF_INET, 255.255.255.255:65535)`: `EACCES` where Landlock handles `connect_tcp`, else
    /// `ENETUNREACH`: TCP connects to no broadcast address, and sends nothing to find out.
    pub connect_tcp: Answer,
    /// `connect` to an abstract socket that we hold in the guest's network namespace: `EPERM` where Landlock scopes
    /// abstract sockets.
    pub abstract_unix_socket: Result<Answer, Refusal>,
    /// `kill(PID, 0)` of a dead process with the guest's identity that we hold in its process namespace: `EPERM`
    /// where Landlock scopes signals.
    pub signal: Result<Answer, Refusal>,
    /// `prctl(PR_GET_SECUREBITS)`.
    pub securebits: Answer,
    /// `prctl(PR_GET_MDWE)`.
    pub mdwe: Answer,
    /// `prctl(PR_GET_PDEATHSIG)`.
    pub death_signal: Answer,
    /// `prctl(PR_GET_DUMPABLE)`.
    pub dumpable: Answer,
    /// `uname()`: the name of its host.
    pub host_name: Result<String, Errno>,
}

/// Everything that could be read back of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readback {
    /// Its filters, the one installed last first.
    pub filters: Result<Vec<Vec<Instruction>>, Refusal>,
    /// What it was asked in its own name.
    pub answers: Result<Answers, Refusal>,
}

/// Reads back what the kernel holds of process `pid`. It is stopped meanwhile, for about a millisecond.
///
/// Once it is stopped its number cannot become another's: then `is_meant` says whether it is still the process that is
/// meant. One that ends meanwhile ends as it would have; what was not answered by then is refused.
#[must_use]
pub fn read(pid: i32, is_meant: impl FnOnce() -> bool + Send) -> Readback {
    let read = || match Stopped::seize(Pid::from_raw(pid)) {
        Ok(mut stopped) if is_meant() => {
            Readback { filters: stopped.filters(), answers: questions::ask(&mut stopped) }
        }
        Ok(_) => {
            refused(&Refusal::new(format!("ptrace(PTRACE_SEIZE, {pid})"), "it is another process by now", ""))
        }
        Err(refusal) => refused(&refusal),
    };
    // Tracing belongs to a thread, and so do the namespaces that are entered for two of the questions.
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("readback".into()).spawn_scoped(scope, read);
        let thread = thread.map_err(|error| Refusal::new("pthread_create", error, ""));
        let read =
            thread.and_then(|thread| thread.join().map_err(|_| Refusal::new("readback", "it panicked", "")));
        read.unwrap_or_else(|refusal| refused(&refusal))
    })
}

fn refused(refusal: &Refusal) -> Readback {
    Readback { filters: Err(refusal.clone()), answers: Err(refusal.clone()) }
}

/// The core-scheduling cookie of a process (`PR_SCHED_CORE_GET`, prctl(2), Linux 5.14); 0 is none.
///
/// # Errors
/// `EINVAL` and `ENODEV` where kernel or processor have no core scheduling; `EPERM` where we may not ask.
pub fn core_cookie(pid: i32) -> Result<u64, Errno> {
    sys::core_cookie(Pid::from_raw(pid))
}
