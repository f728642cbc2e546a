//! A process that is stopped by us, and let go on every way out.

use crate::{NEEDS_ADMIN, NEEDS_TRACE, Refusal, sys};
use jail_spec::Instruction;
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::marker::PhantomData;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A process that is asked to stop does so when it next leaves the kernel; one that cannot must not keep us.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_micros(50);

/// More filters than anybody stacks: the kernel refuses far fewer by their length (`MAX_INSNS_PER_PATH`, seccomp(2)).
const MOST_FILTERS: usize = 4096;

/// A stop that is neither a signal's nor a system call's (linux/ptrace.h).
const PTRACE_EVENT_STOP: i32 = 128;

/// A tracee in a stop. Dropping it lets it go; what it was stopped out of goes on.
pub(crate) struct Stopped {
    pid: Pid,
    gone: bool,
    /// A signal somebody sent meanwhile, which it gets when it is let go.
    held: Option<Signal>,
    /// ptrace(2) belongs to the thread that attached.
    _of_this_thread: PhantomData<*const ()>,
}

impl Stopped {
    /// Attaches to a process and stops it, without a signal it could see.
    pub(crate) fn seize(pid: Pid) -> Result<Self, Refusal> {
        let refused = |errno| Refusal::new(format!("ptrace(PTRACE_SEIZE, {pid})"), errno, NEEDS_TRACE);
        ptrace::seize(pid, Options::empty()).map_err(refused)?;
        let mut stopped = Self { pid, gone: false, held: None, _of_this_thread: PhantomData };
        ptrace::interrupt(pid).map_err(|errno| Refusal::new("ptrace(PTRACE_INTERRUPT)", errno, ""))?;
        loop {
            match stopped.wait()? {
                WaitStatus::PtraceEvent(_, Signal::SIGTRAP, PTRACE_EVENT_STOP) => return Ok(stopped),
                // One that was on its way before us: it is delivered, and the stop comes after it.
                WaitStatus::Stopped(_, signal) => stopped.resume("PTRACE_CONT", ptrace::cont(pid, signal))?,
                WaitStatus::PtraceEvent(_, signal, PTRACE_EVENT_STOP) => {
                    let cause = format!("the guest is stopped by {signal}");
                    return Err(Refusal::new("ptrace(PTRACE_INTERRUPT)", cause, "SIGCONT first"));
                }
                other => return Err(stopped.unexpected(&other)),
            }
        }
    }

    pub(crate) const fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether it has ended, and been waited for: its process id may already be another's.
    pub(crate) const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Every filter, the one installed last first.
    pub(crate) fn filters(&self) -> Result<Vec<Vec<Instruction>>, Refusal> {
        let mut filters = Vec::new();
        for index in 0..MOST_FILTERS {
            match sys::filter(self.pid, index) {
                Ok(filter) => filters.push(filter),
                Err(Errno::ENOENT) => return Ok(filters),
                // A process without a filter has no index at all.
                Err(Errno::EINVAL) if filters.is_empty() => return Ok(filters),
                Err(errno) => {
                    let call = format!("ptrace(PTRACE_SECCOMP_GET_FILTER, {index})");
                    return Err(Refusal::new(call, errno, NEEDS_ADMIN));
                }
            }
        }
        Err(Refusal::new("ptrace(PTRACE_SECCOMP_GET_FILTER)", format!("{MOST_FILTERS} filters and more"), ""))
    }

    /// Keeps a signal for the moment the process is let go.
    pub(crate) fn hold(&mut self, signal: Signal) {
        self.held = Some(signal);
    }

    /// What the process did next. It may have ended.
    pub(crate) fn wait(&mut self) -> Result<WaitStatus, Refusal> {
        let begun = Instant::now();
        loop {
            let status = waitpid(self.pid, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG));
            match status.map_err(|errno| Refusal::new(format!("waitpid({})", self.pid), errno, ""))? {
                WaitStatus::StillAlive if begun.elapsed() < PATIENCE => sleep(PAUSE),
                WaitStatus::StillAlive => {
                    let cause = format!("it did not stop within {} s", PATIENCE.as_secs());
                    return Err(Refusal::new(format!("waitpid({})", self.pid), cause, ""));
                }
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                    self.gone = true;
                    return Err(Refusal::new(
                        format!("waitpid({})", self.pid),
                        "the guest ended meanwhile",
                        "",
                    ));
                }
                status => return Ok(status),
            }
        }
    }

    /// A request that lets the process run a little; `ESRCH` when it was killed in its stop.
    pub(crate) fn resume(&mut self, request: &str, result: Result<(), Errno>) -> Result<(), Refusal> {
        match result {
            Ok(()) => Ok(()),
            Err(Errno::ESRCH) => self.wait().map(drop),
            Err(errno) => Err(Refusal::new(format!("ptrace({request}, {})", self.pid), errno, "")),
        }
    }

    pub(crate) fn unexpected(&self, status: &WaitStatus) -> Refusal {
        Refusal::new(format!("waitpid({})", self.pid), format!("an unexpected stop: {status:?}"), "")
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Where this fails the process is not in a stop, or no more; the end of this thread detaches then.
        if !self.gone {
            let _ = ptrace::detach(self.pid, self.held);
        }
    }
}
