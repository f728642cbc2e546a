//! Stands in the jailer's place, starts the real one as its tracee (ptrace(2)), counts every system call of both its
//! halves up to the guest's first frame, and has one of them fail, or waits there. What it shall do stands in
//! `plan.json` beside it; what it saw it writes to `trace.json`.

#[cfg(target_arch = "x86_64")]
mod tracer;

use oubliette_tests::plan::REAL_JAILER;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Given to itself: be traced, and become the real jailer.
const TRACEE: &str = "tracee";

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some(TRACEE) => become_jailer(),
        _ => tracer::trace(TRACEE),
    };
    done.unwrap_or_else(|error| {
        eprintln!("faulty jailer: {error}");
        ExitCode::FAILURE
    })
}

/// Where this program was put, with what it needs.
fn folder() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    own.parent().map(PathBuf::from).ok_or_else(|| "no folder".into())
}

/// The real jailer must find what the supervisor gave us: no arguments, no environment, its socket as standard input.
fn become_jailer() -> Result<ExitCode, String> {
    nix::sys::ptrace::traceme().map_err(|errno| format!("ptrace(PTRACE_TRACEME): {errno}"))?;
    Err(Command::new(folder()?.join(REAL_JAILER)).arg0("oubliette-jailer").exec().to_string())
}

#[cfg(not(target_arch = "x86_64"))]
mod tracer {
    pub(super) fn trace(_: &str) -> Result<std::process::ExitCode, String> {
        Err("registers are known for x86_64 only".into())
    }
}
