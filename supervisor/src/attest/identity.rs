//! Who a guest is: one user and one group, mapped alone into its user namespace. Rows of that layer, because without
//! it there is no other identity to give.

use super::expectation::Expectation;
use super::process::Process;
use super::row::{Found, Rows};
use jail_spec::{INSIDE_ID, Identity};

const STATUS: &str = "/proc/PID/status";

/// Real, effective, saved and file-system id.
pub(crate) fn four(id: &str) -> String {
    [id; 4].join(" ")
}

pub(crate) fn rows(rows: &mut Rows, guest: &Process, expected: &Expectation<'_>) {
    let Identity { outside_uid, outside_gid } = expected.spec.identity;
    rows.equal("user ids", four(&outside_uid.to_string()), guest.field("Uid"), STATUS);
    rows.equal("group ids", four(&outside_gid.to_string()), guest.field("Gid"), STATUS);
    // Only root can give groups up; an ordinary user's guest keeps theirs, and can name none of them.
    let own = if expected.supervisor.number("Uid", 1) == Some(0) {
        String::new()
    } else {
        expected.supervisor.field("Groups").unwrap_or_default()
    };
    rows.equal("supplementary groups", own, guest.field("Groups"), STATUS);
    let words = |file| -> Found {
        guest.read(file).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    rows.equal("user map", format!("{INSIDE_ID} {outside_uid} 1"), words("uid_map"), "/proc/PID/uid_map");
    rows.equal("group map", format!("{INSIDE_ID} {outside_gid} 1"), words("gid_map"), "/proc/PID/gid_map");
    rows.equal("setgroups", "deny", words("setgroups"), "/proc/PID/setgroups");
}
