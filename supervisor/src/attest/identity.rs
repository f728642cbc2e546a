//! Layer `identity`: one user and group that is nobody else's, mapped alone.

use super::expectation::Expectation;
use super::process::Process;
use super::row::{Found, Row, Rows};
use jail_spec::{INSIDE_ID, Identity};

/// Real, effective, saved and file-system id.
pub(crate) fn four(id: u32) -> String {
    [id.to_string(), id.to_string(), id.to_string(), id.to_string()].join(" ")
}

pub(crate) fn rows(guest: &Process, expected: &Expectation<'_>) -> Vec<Row> {
    let Identity { outside_uid, outside_gid } = expected.spec.identity;
    let mut rows = Rows::of("identity");
    let source = "/proc/PID/status";
    rows.equal("user ids", four(outside_uid), guest.field("Uid"), source);
    rows.equal("group ids", four(outside_gid), guest.field("Gid"), source);
    // Only root can give groups up; an ordinary user's guest keeps theirs, and can name none of them.
    let own = if expected.supervisor.number("Uid", 1) == Some(0) {
        String::new()
    } else {
        expected.supervisor.field("Groups").unwrap_or_default()
    };
    rows.equal("supplementary groups", own, guest.field("Groups"), source);
    rows.rows
}

/// The rows of the user namespace that say who is in it.
pub(crate) fn maps(rows: &mut Rows, guest: &Process, identity: Identity) {
    let words = |file| -> Found {
        guest.read(file).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let Identity { outside_uid, outside_gid } = identity;
    rows.equal("user map", format!("{INSIDE_ID} {outside_uid} 1"), words("uid_map"), "/proc/PID/uid_map");
    rows.equal("group map", format!("{INSIDE_ID} {outside_gid} 1"), words("gid_map"), "/proc/PID/gid_map");
    rows.equal("setgroups", "deny", words("setgroups"), "/proc/PID/setgroups");
}
