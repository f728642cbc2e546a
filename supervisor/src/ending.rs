//! From how a run ended to whose fault it was and what to do next: every ending that is not the program's own
//! value passes here, and gets words for a model to read.

use crate::guest::jail::{Ending, JailError};
use crate::monitor::{Last, Monitored};
use crate::report::{Blame, RunError};
use guest_protocol::limits::Limits;
use guest_protocol::message::{Fault, FaultKind, Finished, ProgramError, ProgramErrorKind, ToolFailureCode};
use jail_spec::EndStatus;
use nix::libc;

fn error(kind: &'static str, blame: Blame, message: impl Into<String>, hint: Option<&str>) -> Box<RunError> {
    Box::new(RunError {
        kind,
        blame,
        message: message.into(),
        at: None,
        excerpt: None,
        hint: hint.map(str::to_owned),
        stack: Vec::new(),
        rule: None,
        more: Vec::new(),
    })
}

/// The program text is over its limit.
pub(crate) fn source_too_long(source: &str, limits: &Limits) -> Option<Box<RunError>> {
    let (length, most) = (source.len(), limits.source_bytes);
    (length > most).then(|| {
        let message = format!("the program has {length} bytes; at most {most} are taken");
        error(
            "source_limit",
            Blame::Guest,
            message,
            Some("Send a shorter program; fetch data through tools instead of pasting it."),
        )
    })
}

/// Too many programs wait already.
pub(crate) fn busy(running: usize, waiting: usize) -> Box<RunError> {
    let message = format!("{running} programs are running and {waiting} are waiting; no more are taken");
    let hint = "The program was not run. Send it again when some of the others have ended.";
    error("busy", Blame::Operator, message, Some(hint))
}

/// There is no guest to run it in.
pub(crate) fn no_guest(cause: &JailError) -> Box<RunError> {
    let hint =
        "The program was not run. A person must look at this host: `oubliette doctor` names what is missing.";
    error("jail", cause.blame(), cause.to_string(), Some(hint))
}

/// Something of ours broke.
pub(crate) fn internal(cause: &str) -> Box<RunError> {
    let hint = "This is a fault of oubliette, not of the program; please report it.";
    error("internal", Blame::Us, cause, Some(hint))
}

/// The wall clock ran out. Whoever was waited for is to blame.
pub(crate) fn out_of_time(limits: &Limits, run: &Monitored) -> Box<RunError> {
    let seconds = limits.wall_ms as f64 / 1000.0;
    let open = run.open_calls();
    if open.is_empty() {
        let message = format!("the program did not end within {seconds} s and was stopped");
        let hint = "Look for an endless loop, a pattern that backtracks, or a timer that never ends; or ask for less at once.";
        return error("time_limit", Blame::Guest, message, Some(hint));
    }
    let message = format!("after {seconds} s the run was stopped; it was waiting for {}", open.join(", "));
    let hint = "The upstream server had not answered. Try a smaller request, or a longer timeout_ms.";
    error("time_limit", Blame::Upstream, message, Some(hint))
}

/// What the guest said last, against what the kernel says of it.
pub(crate) fn judge(
    last: Last,
    ending: Ending,
    run: &Monitored,
    limits: &Limits,
) -> Result<Finished, Box<RunError>> {
    match last {
        Last::Finished(finished) => Ok(*finished),
        Last::Fault(fault) => Err(guest_fault(&fault, limits)),
        Last::Breach(what) => Err(breach(&what)),
        Last::CutOff(what) if matches!(ending.end.map(|end| end.status), Some(EndStatus::Exited(_))) => {
            Err(breach(&what))
        }
        Last::CutOff(_) | Last::Closed => Err(left_without_a_word(ending, run, limits)),
    }
}

fn breach(what: &str) -> Box<RunError> {
    error(
        "protocol",
        Blame::Guest,
        format!("the guest broke its protocol and was killed: {what}"),
        Some(
            "No ordinary program can do this. The guest's engine was taken over, or has a fault: please report it.",
        ),
    )
}

fn guest_fault(fault: &Fault, limits: &Limits) -> Box<RunError> {
    let detail = if fault.message.is_empty() { String::new() } else { format!(": {}", fault.message) };
    match fault.kind {
        FaultKind::Memory => memory_limit(limits),
        FaultKind::Stack => error(
            "stack_limit",
            Blame::Guest,
            format!("the program used up its stack of {} MiB", limits.stack_bytes >> 20),
            Some("Data or functions are nested too deeply; use a loop or an explicit stack instead."),
        ),
        FaultKind::Panic => internal(&format!("the script engine gave up{detail}")),
        FaultKind::Crash => internal(&format!("the guest crashed{detail}")),
    }
}

fn memory_limit(limits: &Limits) -> Box<RunError> {
    error(
        "memory_limit",
        Blame::Guest,
        format!("the program used up its {} MiB of memory", limits.memory_bytes >> 20),
        Some(
            "Ask tools for fewer rows or fields, handle them page by page, and keep only what the result needs. Where \
             in the program is not known: look at the last lines that it logged.",
        ),
    )
}

/// No last frame: only the kernel knows why.
fn left_without_a_word(ending: Ending, run: &Monitored, limits: &Limits) -> Box<RunError> {
    if ending.out_of_memory {
        return memory_limit(limits);
    }
    let Some(end) = ending.end else {
        return internal("the jailer was killed during the run, and the guest with it");
    };
    match end.status {
        EndStatus::Killed(libc::SIGSYS) => error(
            "containment",
            Blame::Guest,
            "the guest made a system call that it may not make, and was killed by the kernel",
            Some(
                "No ordinary program can do this. The guest's engine was taken over, or has a fault: please report it.",
            ),
        ),
        // The kernel's limit counts ticks, this figure real time: on a busy host they were seen a third apart.
        EndStatus::Killed(libc::SIGKILL | libc::SIGXCPU) if end.cpu_us >= limits.cpu_s * 1_000_000 / 2 => {
            let message = format!("the program used up its {} s of processor time", limits.cpu_s);
            let hint = "Look for an endless loop or a regular expression that backtracks; do less at once. Where in the \
                        program is not known: look at the last lines that it logged.";
            error("cpu_limit", Blame::Guest, message, Some(hint))
        }
        EndStatus::Killed(libc::SIGKILL) => error(
            "killed",
            Blame::Operator,
            "something on this host killed the guest (SIGKILL) before its deadline",
            Some("Look for the out-of-memory killer in the kernel's log, or for whoever sent the signal."),
        ),
        EndStatus::Killed(signal) => internal(&format!("the guest died of signal {signal}")),
        EndStatus::Exited(status) => {
            let open = run.open_calls().len();
            internal(&format!("the guest left with status {status} and {open} calls open"))
        }
    }
}

/// The program's own error, as the guest described it.
pub(crate) fn program_error(found: ProgramError, run: &Monitored) -> Box<RunError> {
    let (kind, blame) = match found.kind {
        ProgramErrorKind::Syntax => ("syntax", Blame::Guest),
        ProgramErrorKind::Check => ("check", Blame::Guest),
        ProgramErrorKind::Exception => ("exception", Blame::Guest),
        ProgramErrorKind::UnhandledRejection => ("unhandled_rejection", Blame::Guest),
        ProgramErrorKind::Tool => ("tool", blame_of_tool_error(run)),
        ProgramErrorKind::Stalled => ("stalled", Blame::Guest),
        ProgramErrorKind::Value => ("value", Blame::Guest),
        ProgramErrorKind::InstructionLimit => ("instruction_limit", Blame::Guest),
        ProgramErrorKind::RecursionLimit => ("recursion_limit", Blame::Guest),
        ProgramErrorKind::SizeLimit => ("size_limit", Blame::Guest),
    };
    Box::new(RunError {
        kind,
        blame,
        message: found.message,
        at: found.at,
        excerpt: found.excerpt,
        hint: found.hint,
        stack: found.stack,
        rule: found.rule,
        more: found.more,
    })
}

/// A call that never reached an upstream failed by the program's own doing.
fn blame_of_tool_error(run: &Monitored) -> Blame {
    match run.last_failure() {
        Some(
            ToolFailureCode::UnknownServer
            | ToolFailureCode::UnknownTool
            | ToolFailureCode::NotOffered
            | ToolFailureCode::InvalidArguments
            | ToolFailureCode::Limit,
        ) => Blame::Guest,
        Some(ToolFailureCode::Denied) => Blame::Operator,
        Some(ToolFailureCode::Unavailable | ToolFailureCode::Timeout | ToolFailureCode::Upstream) => {
            Blame::Upstream
        }
        None if run.any_call_failed() => Blame::Upstream,
        None => Blame::Guest,
    }
}
