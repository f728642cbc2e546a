//! Layer `process`: what it inherited, or did not. Title and environment lie in its own memory: a guest that was taken
//! over can write there, and nowhere else that is looked at.

use super::expectation::Expectation;
use super::privileges::asked;
use super::process::Process;
use super::row::{Found, Row, Rows};
use readback::{Answers, Refusal};

const STATUS: &str = "/proc/PID/status";

/// SIGSEGV and SIGBUS, for a full stack: the one handler of a guest.
const CAUGHT: &str = "0000000000000440";
const NO_SIGNAL: &str = "0000000000000000";
const SIGKILL: &str = "9";

/// The kernel's own default (core(5)); RLIMIT_CORE is 0 besides.
const COREDUMP_FILTER: &str = "00000033";
/// The kernel's own default, nanoseconds (PR_SET_TIMERSLACK(2const)).
const TIMER_SLACK: &str = "50000";

pub(crate) fn rows(
    guest: &Process,
    expected: &Expectation<'_>,
    answers: &Result<Answers, Refusal>,
) -> Vec<Row> {
    let mut rows = Rows::of("process");
    rows.equal(
        "title",
        format!("oubliette-guest: {}\0", expected.spec.run),
        guest.read("cmdline"),
        "/proc/PID/cmdline",
    );
    rows.equal("environment", "", guest.read("environ"), "/proc/PID/environ");
    for (item, field, value) in [
        ("threads", "Threads", "1"),
        ("tracer", "TracerPid", "0"),
        ("umask", "Umask", "0077"),
        ("signals ignored", "SigIgn", NO_SIGNAL),
        ("signals blocked", "SigBlk", NO_SIGNAL),
        ("signals caught", "SigCgt", CAUGHT),
        ("signals pending", "SigPnd", NO_SIGNAL),
        ("shared signals pending", "ShdPnd", NO_SIGNAL),
        ("huge pages", "THP_enabled", "1"),
    ] {
        rows.equal(item, value, guest.field(field), STATUS);
    }
    rows.equal("process group", guest.pid.to_string(), guest.group(), "/proc/PID/stat");
    let jailers = |of: fn(&Process) -> Found| of(expected.jailer).unwrap_or_else(|_| "its jailer's".into());
    rows.equal("session, its jailer's", jailers(Process::session), guest.session(), "/proc/PID/stat");
    rows.equal("terminal of that session", jailers(Process::terminal), guest.terminal(), "/proc/PID/stat");
    rows.equal("personality", "00000000", guest.read("personality"), "/proc/PID/personality");
    rows.equal(
        "core file filter",
        COREDUMP_FILTER,
        guest.read("coredump_filter"),
        "/proc/PID/coredump_filter",
    );
    rows.equal("timer slack", TIMER_SLACK, guest.read("timerslack_ns"), "/proc/PID/timerslack_ns");
    let signal = asked(answers, |answers| answers.death_signal);
    rows.equal("dies with its jailer of", SIGKILL, signal, "prctl(PR_GET_PDEATHSIG) in the guest's name");
    rows.rows
}
