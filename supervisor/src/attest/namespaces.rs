//! A layer for each namespace: its own, and all of them owned by its own user namespace.

use super::expectation::Expectation;
use super::identity;
use super::process::Process;
use super::row::{Found, Row, Rows, Unproven};
use readback::{Answers, Refusal, namespaces};
use std::fs;

/// Layers, and the links of `/proc/PID/ns` (namespaces(7)).
const OWN: [(&str, &str); 7] = [
    ("user namespace", "user"),
    ("mount namespace", "mnt"),
    ("pid namespace", "pid"),
    ("net namespace", "net"),
    ("ipc namespace", "ipc"),
    ("uts namespace", "uts"),
    ("cgroup namespace", "cgroup"),
];

pub(crate) fn rows(
    guest: &Process,
    expected: &Expectation<'_>,
    answers: &Result<Answers, Refusal>,
) -> Vec<Row> {
    let mut all = Vec::new();
    for (layer, kind) in OWN {
        let mut rows = Rows::of(layer);
        own(&mut rows, guest, kind);
        match kind {
            "user" => {
                identity::rows(&mut rows, guest, expected);
                owners(&mut rows, guest, expected);
            }
            "pid" => {
                rows.equal("its number inside", "1", innermost(guest, "NSpid"), "NSpid in /proc/PID/status")
            }
            "uts" => {
                let name = answers.as_ref().map_err(|refusal| Unproven::from(refusal.clone()));
                let name = name.map(|answers| {
                    answers.host_name.clone().unwrap_or_else(|errno| format!("uname() = {errno:?}"))
                });
                rows.equal("host name", expected.spec.run.clone(), name, "uname() in the guest's name");
            }
            _ => {}
        }
        all.append(&mut rows.rows);
    }
    let mut rows = Rows::of("time namespace");
    let ours = link("self", "time").unwrap_or_default();
    rows.equal("the host's: it has no clock", ours, guest.link("ns/time"), "/proc/PID/ns/time");
    all.append(&mut rows.rows);
    all
}

fn own(rows: &mut Rows, guest: &Process, kind: &str) {
    let ours = link("self", kind).unwrap_or_default();
    let holds = |found: &str| !ours.is_empty() && found != ours;
    let expected = format!("not {ours}, which is ours");
    rows.holds("its own", expected, holds, guest.link(&format!("ns/{kind}")), "/proc/PID/ns");
}

fn link(process: &str, kind: &str) -> Option<String> {
    Some(fs::read_link(format!("/proc/{process}/ns/{kind}")).ok()?.to_string_lossy().into_owned())
}

/// Capabilities in a user namespace reach what it owns: so each must be owned by the one the guest has none in.
fn owners(rows: &mut Rows, guest: &Process, expected: &Expectation<'_>) {
    let own = inode(&guest.link("ns/user").unwrap_or_default());
    let strangers = || -> Found {
        let mut strangers = Vec::new();
        for (_, kind) in OWN.iter().filter(|(_, kind)| *kind != "user") {
            // One that is not its own has a row of its own to say so.
            if guest.link(&format!("ns/{kind}")).ok() == link("self", kind) {
                continue;
            }
            let owner = namespaces::owner(guest.pid, kind).map_err(Unproven::from)?;
            if Some(owner) != own {
                strangers.push(format!("{kind} by user:[{owner}]"));
            }
        }
        Ok(if strangers.is_empty() { "all its other namespaces".into() } else { strangers.join(", ") })
    };
    rows.equal("owns", "all its other namespaces", strangers(), "ioctl(NS_GET_USERNS)");
    let maker = expected.supervisor.number("Uid", 1).unwrap_or(u32::MAX).to_string();
    let found = namespaces::maker(guest.pid).map(|user| user.to_string()).map_err(Unproven::from);
    rows.equal("made by user", maker, found, "ioctl(NS_GET_OWNER_UID)");
}

/// `user:[4026531837]`.
fn inode(link: &str) -> Option<u64> {
    link.split_once('[')?.1.strip_suffix(']')?.parse().ok()
}

/// The last of a process's numbers: the one in its own namespace, where it has one.
fn innermost(guest: &Process, name: &str) -> Found {
    let numbers = guest.field(name)?;
    let inner: Vec<&str> = numbers.split(' ').skip(1).collect();
    Ok(if inner.is_empty() { "none: it has no namespace of its own".into() } else { inner.join(" ") })
}
