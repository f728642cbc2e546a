//! Layer `limits`: all sixteen resource limits, soft and hard.

use super::expectation::Expectation;
use super::process::Process;
use super::row::{Row, Rows, Unproven};
use jail_spec::Resource;

const SOURCE: &str = "/proc/PID/limits";

/// The lines of proc_pid_limits(5), and the resource of each; the three that no profile sets stay as they were.
const LINES: [(&str, Option<Resource>); 16] = [
    ("Max cpu time", Some(Resource::Cpu)),
    ("Max file size", Some(Resource::Fsize)),
    ("Max data size", Some(Resource::Data)),
    ("Max stack size", Some(Resource::Stack)),
    ("Max core file size", Some(Resource::Core)),
    ("Max resident set", None),
    ("Max processes", Some(Resource::Nproc)),
    ("Max open files", Some(Resource::Nofile)),
    ("Max locked memory", Some(Resource::Memlock)),
    ("Max address space", Some(Resource::As)),
    ("Max file locks", None),
    ("Max pending signals", Some(Resource::Sigpending)),
    ("Max msgqueue size", Some(Resource::Msgqueue)),
    ("Max nice priority", Some(Resource::Nice)),
    ("Max realtime priority", Some(Resource::Rtprio)),
    ("Max realtime timeout", None),
];

pub(crate) fn rows(guest: &Process, expected: &Expectation<'_>) -> Vec<Row> {
    let mut rows = Rows::of("limits");
    let (limits, inherited) = (guest.read("limits"), expected.jailer.read("limits").unwrap_or_default());
    for (name, resource) in LINES {
        let value = resource
            .and_then(|wanted| expected.spec.limits.iter().find(|limit| limit.resource == wanted))
            .map(|limit| format!("{0} {0}", limit.value))
            .or_else(|| of(&inherited, name));
        let found = limits.clone().and_then(|limits| {
            let missing =
                || Unproven { why: format!("no {name:?} in {SOURCE}"), needs: "a newer kernel".into() };
            of(&limits, name).ok_or_else(missing)
        });
        let item = name.trim_start_matches("Max ");
        rows.equal(item, value.unwrap_or_else(|| "as its jailer's".into()), found, SOURCE);
    }
    let strange = limits.map(|limits| {
        let known =
            |line: &&str| line.starts_with("Limit ") || LINES.iter().any(|(name, _)| line.starts_with(name));
        limits.lines().filter(|line| !known(line)).collect::<Vec<_>>().join("; ")
    });
    rows.equal("others", "", strange, SOURCE);
    rows.rows
}

/// Soft and hard limit in the table's line of this name.
fn of(limits: &str, name: &str) -> Option<String> {
    let values = limits.lines().find_map(|line| line.strip_prefix(name))?;
    let mut values = values.split_whitespace();
    Some(format!("{} {}", values.next()?, values.next()?))
}
