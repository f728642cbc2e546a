//! The child, seen from outside: made in one call, killed and reaped on every way out.

use crate::cgroup::Attached;
use crate::descriptors::{self, Ward};
use crate::error::{Halt, advise, at, at_io, found};
use crate::inherit::Inherited;
use crate::line::{self, Line};
use crate::log::Log;
use crate::report::Control;
use crate::sys::{self, Twin};
use jail_spec::{End, EndStatus, Identity, Step, StepError, StepReport};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::convert::Infallible;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};

/// Which of the two processes goes on here.
pub(crate) enum Side {
    Inside(Line),
    Outside(Newborn),
}

/// A child that has not executed the guest yet.
pub(crate) struct Newborn {
    pub(crate) child: Child,
    pub(crate) line: Line,
    pub(crate) by: &'static str,
}

/// A process that does not outlive this value.
pub(crate) struct Child {
    pub(crate) pid: i32,
    pidfd: OwnedFd,
    reaped: bool,
}

/// In the kernel flags of proc_pid_stat(5) (linux/sched.h).
const PF_EXITING: u32 = 0x4;

/// What a host can have against namespaces.
const REFUSALS: [(Errno, &str); 4] = [
    (Errno::EPERM, "this host forbids this program user namespaces (AppArmor, SELinux or seccomp)"),
    (Errno::ENOSPC, "user.max_user_namespaces or another limit of namespaces is used up or 0"),
    (Errno::EUSERS, "user namespaces are nested too deeply"),
    (Errno::EAGAIN, "pids.max or RLIMIT_NPROC of the supervisor is used up"),
];

/// Makes the child in its namespaces. It must not run far before it is mapped and in its leaf: it waits on the line.
pub(crate) fn divide() -> Result<Side, StepError> {
    let (outside, inside) = line::pair()?;
    let call = "clone3(CLONE_NEWUSER|NEWNS|NEWPID|NEWNET|NEWIPC|NEWUTS|NEWCGROUP|CLONE_PIDFD)";
    let refused = |errno| advise(at(Step::Namespaces, call)(errno), &REFUSALS);
    match sys::clone_into_namespaces().map_err(refused)? {
        Twin::Child => Ok(Side::Inside(inside)),
        Twin::Parent { pid, pidfd, by } => {
            let child = Child { pid, pidfd, reaped: false };
            Ok(Side::Outside(Newborn { child, line: outside, by }))
        }
    }
}

/// The rest of the child's life: takes the steps inside, reports, and executes the guest or ends. Nothing it holds is
/// dropped: its numbers were closed or moved under other owners, and the process ends here.
pub(crate) fn live(
    inherited: Inherited,
    line: Line,
    inside: impl FnOnce(&Ward, &mut Log) -> Result<Infallible, Halt>,
) -> ! {
    let (line, outcome) = match descriptors::arrange(inherited, &line) {
        Ok(ward) => {
            let mut log = Log::new(ward.spec.until);
            let halt = inside(&ward, &mut log);
            (ward.line, halt.map_err(|halt| (halt, log)))
        }
        Err(error) => (line, Err((Halt::Failed(error), Log::new(None)))),
    };
    let Err((halt, log)) = outcome;
    let told = match halt {
        Halt::Reached => line.tell(&Ok(log.steps())),
        Halt::Failed(error) => line.tell(&Err(error)),
    };
    sys::exit_now(if told.is_ok() { 0 } else { jail_spec::EXIT_SETUP_FAILED })
}

impl Newborn {
    /// Lets the child run, once it is where it belongs.
    pub(crate) fn release(self, attached: Result<Attached, Halt>) -> Result<Self, Halt> {
        match attached {
            Ok(Attached { .. }) | Err(Halt::Reached) => {}
            Err(failed) => return Err(failed),
        }
        self.line.release()?;
        Ok(self)
    }

    /// Hears the child's steps, and waits until it has executed the guest if it is asked to.
    pub(crate) fn see_through(self, log: &mut Log, identity: Identity) -> Result<Child, StepError> {
        let Some(outcome) = self.line.hear(identity)? else {
            return Err(self.child.vanished(Step::Namespaces));
        };
        for report in outcome? {
            log.add(report);
        }
        let Identity { outside_uid, outside_gid } = identity;
        let writer = format!("the kernel names {outside_uid}:{outside_gid} as its user");
        log.add(StepReport { step: Step::Namespaces, evidence: writer });
        if log.reaches(Step::Exec) {
            if let Some(outcome) = self.line.hear(identity)? {
                outcome?;
                return Err(found(Step::Exec, "end of the line", "the child reports twice"));
            }
            if self.child.is_leaving()? {
                return Err(self.child.vanished(Step::Exec));
            }
            let evidence = "the line closed, and not because the child ended".into();
            log.add(StepReport { step: Step::Exec, evidence });
        }
        Ok(self.child)
    }
}

impl Child {
    /// Kills the guest as soon as the supervisor is gone or says anything: there is nothing to say after the spec.
    ///
    /// The supervisor's end of the socket is the life line, not PR_SET_PDEATHSIG: that signal follows the *thread*
    /// that spawned us, and the threads of a supervisor's pool come and go.
    pub(crate) fn watch(mut self, control: &Control) -> Result<End, StepError> {
        let (guest, supervisor) = (self.pidfd.as_fd(), control.0.as_fd());
        let mut ends = [guest, supervisor].map(|end| PollFd::new(end, PollFlags::POLLIN));
        poll(&mut ends, PollTimeout::NONE).map_err(at(Step::Exec, "poll([pidfd, 0], -1)"))?;
        // A message left unread would reset the connection, and our last report with it.
        control.discard();
        self.end()
    }

    /// Whether the process is on its way out; the flag is set before its descriptors are closed.
    fn is_leaving(&self) -> Result<bool, StepError> {
        let path = format!("/proc/{}/stat", self.pid);
        let stat = fs::read_to_string(&path).map_err(at_io(Step::Exec, format!("read({path:?})")))?;
        // The name before the last parenthesis may hold anything; the flags are the seventh field after it.
        let flags = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(6)?.parse().ok());
        Ok(flags.is_none_or(|flags: u32| flags & PF_EXITING != 0))
    }

    /// Kills the child whether or not it has ended by itself (it is not reaped yet, so it cannot be another), waits.
    fn end(&mut self) -> Result<End, StepError> {
        sys::kill(&self.pidfd).map_err(at(Step::Exec, "pidfd_send_signal(pidfd, SIGKILL)"))?;
        let (status, usage) = sys::wait(self.pid).map_err(at(Step::Exec, format!("wait4({})", self.pid)))?;
        self.reaped = true;
        let status = if libc::WIFSIGNALED(status) {
            EndStatus::Killed(libc::WTERMSIG(status))
        } else {
            EndStatus::Exited(libc::WEXITSTATUS(status))
        };
        let cpu_us = microseconds(usage.ru_utime).saturating_add(microseconds(usage.ru_stime));
        Ok(End { status, cpu_us, max_rss_kib: usage.ru_maxrss.try_into().unwrap_or_default() })
    }

    /// What to say of a child that ended without a word.
    fn vanished(mut self, step: Step) -> StepError {
        let end = self.end().map(|end| format!("the child has ended: {:?}", end.status));
        end.map_or_else(|error| error, |seen| found(step, "read(line)", seen))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            // Nobody is left to tell; a child that cannot be killed dies of its parent-death signal.
            let _ = self.end();
        }
    }
}

fn microseconds(time: libc::timeval) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000).saturating_add(u64::try_from(time.tv_usec).unwrap_or_default())
}
