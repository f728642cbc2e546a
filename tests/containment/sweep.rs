//! Counts the system calls of a locked guest: every number, through every door, with several sets of
//! arguments, each in a jail of its own, because almost every try is the last.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::caller::Caller;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Past the highest number any architecture has given out.
const NUMBERS: std::ops::RangeInclusive<i64> = -1..=1023;
const ENTRIES: [&str; 4] = ["native", "x32", "int80", "junk"];
/// Guests at the same time: the supervisor runs no more.
const WINDOW: usize = 16;

const READ: i64 = 0;
const WRITE: i64 = 1;
const EXIT_GROUP: i64 = 231;
/// The kernel lets these two past every filter, because it makes processes call them itself: seccomp would
/// kill whoever is being traced by uprobes (uretprobe since Linux 6.14, uprobe since 6.18, kernel/seccomp.c).
/// From anywhere but the kernel's own trampoline they do nothing: SIGILL, or ENXIO.
const URETPROBE: i64 = 335;
const UPROBE: i64 = 336;

pub(super) fn add(trials: &mut Trials) {
    for entry in ENTRIES {
        trials.both(&format!("syscall sweep/{entry}"), &[], move |bench| sweep(bench, entry));
    }
    trials.once("syscall sweep/README says the same number", &[], readme);
    trials.both("syscall sweep/the probe itself tells calls apart", &[], probe);
}

/// Sets of arguments. No call that is allowed can wait for anything: lengths are zero where the descriptor is
/// the guest's own.
fn sets() -> Vec<(&'static str, Value)> {
    let number = |n: u64| json!({ "number": n });
    let all = |argument: Value| Value::Array(vec![argument; 6]);
    let descriptor =
        |fd: u64, length: u64| json!([number(fd), "buffer", number(length), number(0), number(0), number(0)]);
    vec![
        ("socket", descriptor(3, 0)),
        ("zeroes", all(number(0))),
        ("pointers", all(json!("buffer"))),
        ("minus ones", all(number(u64::MAX))),
        ("standard input", descriptor(0, 1)),
        ("standard output", descriptor(1, 1)),
        ("standard error", descriptor(2, 1)),
        ("next descriptor", descriptor(4, 1)),
        ("socket, upper half set", descriptor(3 | 1 << 32, 0)),
    ]
}

/// Sets with which a call that is allowed on the socket reaches it. The kernel itself takes 32 bits of a
/// descriptor, so the upper half is no other descriptor.
const ON_SOCKET: [&str; 2] = ["socket", "socket, upper half set"];

/// The sets a door is tried with: all of them natively and as root; a jail takes some milliseconds, and what else
/// a filter could look at it looks at before the arguments.
fn sets_for(bench: &Bench, entry: &str) -> Vec<(&'static str, Value)> {
    let most = match (bench.caller, entry) {
        (Caller::Root, "native") => usize::MAX,
        (Caller::Root, _) | (Caller::User, "native") => 3,
        (Caller::User, _) => 1,
    };
    sets().into_iter().take(most).collect()
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// Killed by the filter.
    Killed,
    /// It went on, with this in the register.
    Returned(i64),
    /// It left, as exit_group does.
    Left,
    /// Another signal, or something else.
    Other(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

fn end(report: &Value) -> End {
    if report["ok"] == true {
        return End::Returned(report["value"][0].as_i64().unwrap_or(i64::MIN));
    }
    let text = |name: &str| report["error"][name].as_str().unwrap_or_default();
    match (text("kind"), text("message")) {
        ("containment", _) => End::Killed,
        ("internal", message) if message.contains("left with status") => End::Left,
        (kind, message) => End::Other(format!("{kind}: {message}")),
    }
}

fn step(entry: &str, number: i64, arguments: &Value) -> String {
    json!([{ "call": { "entry": entry, "number": number, "arguments": arguments } }]).to_string()
}

/// Every number through one door. Whoever is not killed must be one of the three, on the socket.
fn sweep(bench: &Bench, entry: &'static str) -> Verdict {
    let mut gateway = bench.serve_hostile("")?;
    let mut survivors: BTreeMap<i64, BTreeSet<(&str, End)>> = BTreeMap::new();
    let sets = sets_for(bench, entry);
    for (set, arguments) in &sets {
        let probes: Vec<String> = NUMBERS.map(|number| step(entry, number, arguments)).collect();
        for (number, report) in NUMBERS.zip(gateway.execute_all(&probes, WINDOW)?) {
            let end = end(&report);
            if end != End::Killed {
                survivors.entry(number).or_default().insert((*set, end));
            }
        }
    }
    gateway.close()?;
    let expected = if entry == "native" || entry == "junk" { expected(&sets) } else { BTreeMap::new() };
    let mut unexpected = survivors;
    unexpected.retain(|number, ends| {
        expected.get(number) != Some(ends) && !is_kernels_own(*number, ends, &expected)
    });
    ensure!(unexpected.is_empty(), "not killed: {unexpected:#?}");
    Ok(())
}

fn readme() -> Verdict {
    let calls = expected(&sets()).len();
    let readme = read("../README.md")?;
    ensure!(
        calls == 3 && readme.contains("with three system calls left"),
        "README says another number than {calls}"
    );
    ensure!(
        readme.contains("`read` and `write` on its one socket, and `exit_group`"),
        "README names other calls"
    );
    Ok(())
}

/// Who survives: three calls, and two of them on the socket only.
fn expected<'a>(sets: &[(&'a str, Value)]) -> BTreeMap<i64, BTreeSet<(&'a str, End)>> {
    let names = || sets.iter().map(|(set, _)| *set);
    let on_socket: BTreeSet<_> =
        names().filter(|set| ON_SOCKET.contains(set)).map(|set| (set, End::Returned(0))).collect();
    let anyhow: BTreeSet<_> = names().map(|set| (set, End::Left)).collect();
    BTreeMap::from([(READ, on_socket.clone()), (WRITE, on_socket), (EXIT_GROUP, anyhow)])
}

/// The kernel's own two, where this kernel has them, and only with the outcome of a call that did nothing.
fn is_kernels_own(
    number: i64,
    ends: &BTreeSet<(&str, End)>,
    expected: &BTreeMap<i64, BTreeSet<(&str, End)>>,
) -> bool {
    const ENXIO: i64 = -6;
    let did_nothing = |end: &End| match end {
        End::Other(how) => how.contains("signal 4"),
        End::Returned(result) => number == UPROBE && *result == ENXIO,
        _ => false,
    };
    !expected.is_empty()
        && matches!(number, URETPROBE | UPROBE)
        && ends.iter().all(|(_, end)| did_nothing(end))
}

/// Before a thousand deaths are believed: the same probe sees a call that is allowed, and one that is not.
fn probe(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve_hostile("")?;
    let ends = |gateway: &mut Gateway, number: i64, set: &str| -> Result<End, Failed> {
        let arguments = sets().into_iter().find(|(name, _)| *name == set).map(|(_, arguments)| arguments);
        let program = step("native", number, &arguments.unwrap_or_default());
        Ok(end(&gateway.execute(&program)?))
    };
    ensure!(ends(&mut gateway, WRITE, "socket")? == End::Returned(0), "write on the socket");
    ensure!(ends(&mut gateway, EXIT_GROUP, "zeroes")? == End::Left, "exit_group");
    const GETPID: i64 = 39;
    ensure!(ends(&mut gateway, GETPID, "zeroes")? == End::Killed, "getpid");
    ensure!(ends(&mut gateway, WRITE, "standard error")? == End::Killed, "write on another descriptor");
    gateway.close().map(|_| ())
}
