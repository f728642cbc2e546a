//! Layers `privileges`, `no-new-privs` and `hardening`: no capability, none to come, and what was switched off for
//! good.

use super::process::Process;
use super::row::{Found, Row, Rows, Unproven};
use nix::errno::Errno;
use policies::Privileges;
use readback::{Answer, Answers, Refusal};
use std::fs;
use std::os::unix::fs::MetadataExt;

const STATUS: &str = "/proc/PID/status";

/// Every secure bit and its lock, but SECBIT_KEEP_CAPS, which is locked while off (capabilities(7)).
const SECUREBITS: u64 = 0b1110_1111;

/// A core-scheduling cookie (PR_SCHED_CORE(2const)).
const OWN_COOKIE: &str = "a cookie of its own";

/// `PR_MDWE_REFUSE_EXEC_GAIN` (PR_SET_MDWE(2const)).
const REFUSE_EXEC_GAIN: u64 = 1;

pub(crate) fn rows(guest: &Process, privileges: Privileges, answers: &Result<Answers, Refusal>) -> Vec<Row> {
    let mut rows = Rows::of("privileges");
    let none = format!("{:016x}", privileges.capabilities);
    for (set, name) in [
        ("CapInh", "inheritable"),
        ("CapPrm", "permitted"),
        ("CapEff", "effective"),
        ("CapBnd", "bounding"),
        ("CapAmb", "ambient"),
    ] {
        rows.equal(format!("{name} capabilities"), none.clone(), guest.field(set), STATUS);
    }
    let bits = asked(answers, |answers| answers.securebits);
    rows.equal(
        "secure bits, as a number",
        SECUREBITS.to_string(),
        bits,
        "prctl(PR_GET_SECUREBITS) in the guest's name",
    );
    let mut all = rows.rows;
    all.append(&mut switched_off(guest, privileges, answers));
    all
}

fn switched_off(guest: &Process, privileges: Privileges, answers: &Result<Answers, Refusal>) -> Vec<Row> {
    let mut rows = Rows::of("no-new-privs");
    rows.equal(
        "no_new_privs",
        u8::from(privileges.no_new_privs).to_string(),
        guest.field("NoNewPrivs"),
        STATUS,
    );
    let mut all = rows.rows;
    let mut rows = Rows::of("hardening");
    dumpable(&mut rows, guest, privileges, answers);
    let mdwe = asked(answers, |answers| answers.mdwe);
    let holds = |found: &str| found == REFUSE_EXEC_GAIN.to_string() || found == told(Err(Errno::EINVAL));
    rows.holds(
        "write xor execute",
        "1, or EINVAL before Linux 6.3",
        holds,
        mdwe,
        "prctl(PR_GET_MDWE) in the guest's name",
    );
    speculation(&mut rows, guest);
    core(&mut rows, guest);
    all.append(&mut rows.rows);
    all
}

/// The files below `/proc/PID` of a process that may not be traced are root's (proc(5)).
fn dumpable(rows: &mut Rows, guest: &Process, privileges: Privileges, answers: &Result<Answers, Refusal>) {
    let owner = fs::metadata(guest.path("status"));
    let owner = owner.map(|file| format!("{}:{}", file.uid(), file.gid()));
    let owner = owner.map_err(|error| guest.unproven("status", &error));
    rows.equal("owner of its files", "0:0", owner, "/proc/PID/status");
    let dumpable = asked(answers, |answers| answers.dumpable);
    rows.equal(
        "dumpable",
        u8::from(privileges.dumpable).to_string(),
        dumpable,
        "prctl(PR_GET_DUMPABLE) in the guest's name",
    );
}

/// What the kernel offers shows in our own status: a switch that a thread has is `thread …` or `conditional …`
/// (proc_pid_status(5), PR_SET_SPECULATION_CTRL(2const)).
fn speculation(rows: &mut Rows, guest: &Process) {
    let ours = Process::look(std::process::id().cast_signed());
    for (field, item) in
        [("Speculation_Store_Bypass", "store bypass"), ("SpeculationIndirectBranch", "indirect branches")]
    {
        let ours = ours.as_ref().map_err(Clone::clone).and_then(|ours| ours.field(field));
        let expected = match &ours {
            Ok(own) if own.starts_with("thread") => "thread force mitigated",
            Ok(own) if own.starts_with("conditional") => "conditional force disabled",
            Ok(own) => own,
            Err(_) => "what this host offers",
        };
        // Without knowing what is offered nothing is proven.
        let found = ours.as_ref().map_err(Clone::clone).and_then(|_| guest.field(field));
        rows.equal(item, expected, found, STATUS);
    }
}

fn core(rows: &mut Rows, guest: &Process) {
    let ours = readback::core_cookie(std::process::id().cast_signed());
    let found = match readback::core_cookie(guest.pid) {
        Ok(0) => Ok("none".into()),
        Ok(cookie) if ours == Ok(cookie) => Ok("ours".into()),
        Ok(_) => Ok(OWN_COOKIE.into()),
        // The kernel was built without, or the processor has one thread a core.
        Err(errno @ (Errno::EINVAL | Errno::ENODEV)) => Ok(told(Err(errno))),
        Err(errno) => Err(Unproven {
            why: format!("prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET) = {errno}"),
            needs: "root: CAP_SYS_PTRACE on the host".into(),
        }),
    };
    let holds = |found: &str| found != "none" && found != "ours";
    let expected = format!("{OWN_COOKIE}; EINVAL or ENODEV where kernel or processor have none");
    rows.holds("core", expected, holds, found, "prctl(PR_SCHED_CORE_GET)");
}

/// An answer in words.
pub(crate) fn told(answer: Answer) -> String {
    answer.map_or_else(|errno| format!("{errno:?}"), |value| value.to_string())
}

/// What was asked in the guest's name.
pub(crate) fn asked(answers: &Result<Answers, Refusal>, of: impl FnOnce(&Answers) -> Answer) -> Found {
    answers.as_ref().map(|answers| told(of(answers))).map_err(|refusal| refusal.clone().into())
}
