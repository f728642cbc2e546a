//! The tracer: one loop over what the kernel reports of the tracees.

use super::folder;
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use oubliette_tests::plan::{self, Act, Call, GO, Half, PLAN, Plan, Point, TRACE, Trace};
use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// One traced process.
struct Tracee {
    half: Half,
    /// How many calls it has begun.
    calls: usize,
    /// The registers at the entry of the call it is in.
    entered: Option<libc::user_regs_struct>,
    /// Whether the call it is in is being refused in the kernel's place.
    failing: Option<i32>,
    /// Whether a filter looks at its calls, which -1 would not pass.
    filtered: bool,
    /// Whether it has executed the guest.
    is_guest: bool,
}

impl Tracee {
    const fn new(half: Half) -> Self {
        Self { half, calls: 0, entered: None, failing: None, filtered: false, is_guest: false }
    }
}

struct Tracer {
    folder: PathBuf,
    plan: Plan,
    jailer: Pid,
    tracees: HashMap<Pid, Tracee>,
    trace: Trace,
    /// The guest has spoken: nothing is counted any more.
    over: bool,
}

pub(super) fn trace(tracee: &str) -> Result<ExitCode, String> {
    let folder = folder()?;
    let plan = plan::read(&folder, PLAN)?.unwrap_or(Plan { at: None });
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let jailer = Command::new(own).arg(tracee).process_group(0).spawn().map_err(|error| error.to_string())?;
    // The supervisor must notice when the real one closes the socket.
    nix::unistd::close(libc::STDIN_FILENO).map_err(|errno| format!("close(0): {errno}"))?;
    let jailer = Pid::from_raw(jailer.id().cast_signed());
    let trace = Trace { calls: Vec::new(), reached: false, guest: None };
    let mut tracer = Tracer { folder, plan, jailer, tracees: HashMap::new(), trace, over: false };
    tracer.run().map_err(|errno| format!("ptrace: {errno}"))
}

impl Tracer {
    fn run(&mut self) -> Result<ExitCode, Errno> {
        let mut code = ExitCode::FAILURE;
        loop {
            let status = match waitpid(None::<Pid>, Some(WaitPidFlag::__WALL)) {
                Err(Errno::ECHILD) => return Ok(code),
                status => status?,
            };
            match status {
                WaitStatus::Exited(pid, status) if pid == self.jailer => {
                    code = ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX));
                }
                WaitStatus::PtraceSyscall(pid) => self.at_call(pid)?,
                WaitStatus::PtraceEvent(pid, _, event) => self.at_event(pid, event)?,
                WaitStatus::Stopped(pid, signal) => self.at_signal(pid, signal)?,
                _ => {}
            }
        }
    }

    /// A tracee that was killed while it was stopped is gone, which is no error.
    fn go_on(&self, pid: Pid, signal: Option<Signal>) -> Result<(), Errno> {
        match if self.over { ptrace::cont(pid, signal) } else { ptrace::syscall(pid, signal) } {
            Err(Errno::ESRCH) => Ok(()),
            result => result,
        }
    }

    fn at_event(&mut self, pid: Pid, event: i32) -> Result<(), Errno> {
        if event == libc::PTRACE_EVENT_EXEC
            && let Some(tracee) = self.tracees.get_mut(&pid)
        {
            tracee.is_guest = true;
        }
        self.go_on(pid, None)
    }

    /// Each tracee begins with a signal that is the kernel's own: SIGTRAP after the exec, SIGSTOP after the clone.
    fn at_signal(&mut self, pid: Pid, signal: Signal) -> Result<(), Errno> {
        if self.tracees.contains_key(&pid) {
            return self.go_on(pid, Some(signal));
        }
        let half = if pid == self.jailer { Half::Outside } else { Half::Inside };
        if half == Half::Outside {
            ptrace::setoptions(
                pid,
                Options::PTRACE_O_TRACESYSGOOD
                    | Options::PTRACE_O_TRACEFORK
                    | Options::PTRACE_O_TRACECLONE
                    | Options::PTRACE_O_TRACEEXEC
                    | Options::PTRACE_O_EXITKILL,
            )?;
        }
        self.tracees.insert(pid, Tracee::new(half));
        self.go_on(pid, None)
    }

    fn at_call(&mut self, pid: Pid) -> Result<(), Errno> {
        // A tracee that was killed just now has no registers; its end is reported next.
        if let (Some(tracee), Ok(now)) = (self.tracees.get_mut(&pid), ptrace::getregs(pid)) {
            match tracee.entered.take() {
                None => self.enter(pid, now)?,
                Some(entered) => self.leave(pid, entered, now)?,
            }
        }
        self.go_on(pid, None)
    }

    fn enter(&mut self, pid: Pid, now: libc::user_regs_struct) -> Result<(), Errno> {
        let Some(tracee) = self.tracees.get_mut(&pid) else { return Ok(()) };
        let point = Point { half: tracee.half, nth: tracee.calls };
        tracee.calls += 1;
        tracee.entered = Some(now);
        if self.over {
            return Ok(());
        }
        let number = now.orig_rax.cast_signed();
        self.trace.calls.push(Call { point, number, arguments: [now.rdi, now.rsi] });
        match self.plan.at {
            Some((planned, Act::Fail(errno))) if planned == point => {
                self.trace.reached = true;
                // Now: a launch that fails is killed, and nobody could write afterwards.
                let _ = plan::write(&self.folder, TRACE, &self.trace);
                tracee.failing = Some(errno);
                let mut instead = now;
                if tracee.filtered {
                    // Writing nothing to the guest's socket passes every filter, and does nothing.
                    (instead.orig_rax, instead.rdi, instead.rdx) = (libc::SYS_write.cast_unsigned(), 3, 0);
                } else {
                    instead.orig_rax = u64::MAX;
                }
                ptrace::setregs(pid, instead)
            }
            Some((planned, Act::Hold)) if planned == point => {
                self.trace.reached = true;
                self.over = true;
                self.hold();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn leave(
        &mut self,
        pid: Pid,
        entered: libc::user_regs_struct,
        now: libc::user_regs_struct,
    ) -> Result<(), Errno> {
        let Some(tracee) = self.tracees.get_mut(&pid) else { return Ok(()) };
        let number = entered.orig_rax.cast_signed();
        let failed = tracee.failing.take();
        if let Some(errno) = failed {
            let result = (-i64::from(errno)).cast_unsigned();
            ptrace::setregs(pid, libc::user_regs_struct { rax: result, orig_rax: now.orig_rax, ..entered })?;
        } else if number == libc::SYS_seccomp && now.rax == 0 && tracee.half == Half::Inside {
            tracee.filtered = true;
        }
        if tracee.is_guest && number == libc::SYS_write && failed.is_none() && !self.over {
            self.over = true;
            self.trace.guest = Some(pid.as_raw());
            self.hold();
        }
        Ok(())
    }

    /// Keeps everything where it is until the harness has seen it. The supervisor would not wait longer either.
    fn hold(&self) {
        if plan::write(&self.folder, TRACE, &self.trace).is_err() {
            return;
        }
        let patience = Duration::from_secs(15);
        let begun = std::time::Instant::now();
        while !self.folder.join(GO).exists() && begun.elapsed() < patience {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}
