//! Layers `first filter` and `last filter`: the installed instructions are those of the profile, and there are no
//! others.

use super::expectation::Expectation;
use super::process::Process;
use super::row::{Found, Row, Rows, Unproven};
use jail_spec::Instruction;
use readback::Refusal;

const READ: &str = "ptrace(PTRACE_SECCOMP_GET_FILTER)";
/// `Seccomp:` in proc_pid_status(5).
const MODE_FILTER: &str = "2";
/// The jailer's and the guest's own.
const OURS: usize = 2;

/// What was read back, one installed filter each, the last first.
pub(crate) type Installed = Result<Vec<Vec<Instruction>>, Refusal>;

pub(crate) fn rows(guest: &Process, expected: &Expectation<'_>, installed: &Installed) -> Vec<Row> {
    let (first, last) = (&expected.terms.profile.first_filter, &expected.terms.profile.last_filter);
    // What the host itself had put on the supervisor, and so on the jailer, lies below ours.
    let outer = expected.jailer.number("Seccomp_filters", 0).and_then(|count| usize::try_from(count).ok());
    let ours = installed.as_ref().map_err(|refusal| Unproven::from(refusal.clone())).map(|installed| {
        let ours = installed.len().saturating_sub(outer.unwrap_or(0));
        installed.get(..ours).unwrap_or_default()
    });
    let of = |wanted: &Vec<Instruction>| -> Found {
        let ours = ours.clone()?;
        let others = || ours.iter().filter(|one| *one != first && *one != last);
        Ok(if ours.contains(wanted) {
            described(wanted)
        } else {
            let another = others().next().map(|other| format!("another: {}", described(other)));
            another.unwrap_or_else(|| "not installed".into())
        })
    };
    let mut rows = Rows::of("first filter");
    rows.equal("instructions", described(first), of(first), READ);
    let mut all = rows.rows;
    let mut rows = Rows::of("last filter");
    rows.equal("mode", MODE_FILTER, guest.field("Seccomp"), "Seccomp in /proc/PID/status");
    rows.equal("instructions", described(last), of(last), READ);
    all.append(&mut rows.rows);
    let mut rows = Rows::of("filters");
    let most = OURS + outer.unwrap_or(0);
    match &ours {
        // One that is missing has its own row to say so.
        Ok(ours) => {
            let more = ours.len().saturating_sub(OURS);
            rows.equal("more than these two", "0", Ok(more.to_string()), READ);
        }
        Err(_) => {
            let status = "Seccomp_filters in /proc/PID/status";
            rows.equal("number", most.to_string(), guest.field("Seccomp_filters"), status);
        }
    }
    all.append(&mut rows.rows);
    all
}

fn described(filter: &[Instruction]) -> String {
    let digest = policies::filter_digest(filter);
    format!("{} instructions, sha256 {digest}", filter.len())
}
