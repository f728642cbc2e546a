//! Layer `jailer`: the guest's parent, which could still kill it and nothing else.

use super::descriptors;
use super::expectation::Expectation;
use super::identity::four;
use super::image::digest_of;
use super::process::Process;
use super::row::{Row, Rows};
use std::path::Path;

const STATUS: &str = "/proc/PID/status of the jailer";
const NO_CAPABILITY: &str = "0000000000000000";

pub(crate) fn rows(guest: &Process, expected: &Expectation<'_>, installed: &Path) -> Vec<Row> {
    let jailer = expected.jailer;
    let mut rows = Rows::of("jailer");
    let wanted = digest_of(installed).unwrap_or_else(|unproven| unproven.why);
    rows.equal(
        "sha256, the installed jailer's",
        wanted,
        digest_of(&jailer.path("exe")),
        "/proc/PID/exe of the jailer",
    );
    // Root's jailer takes the guest's identity, to be allowed to kill it; whether that is the right one is told there.
    let of_guest = |kind| guest.number(kind, 0).map(|id| four(&id.to_string())).unwrap_or_default();
    rows.equal("user ids, the guest's", of_guest("Uid"), jailer.field("Uid"), STATUS);
    rows.equal("group ids, the guest's", of_guest("Gid"), jailer.field("Gid"), STATUS);
    for (item, field) in [
        ("inheritable capabilities", "CapInh"),
        ("permitted capabilities", "CapPrm"),
        ("effective capabilities", "CapEff"),
        ("ambient capabilities", "CapAmb"),
    ] {
        rows.equal(item, NO_CAPABILITY, jailer.field(field), STATUS);
    }
    rows.equal("no_new_privs", "1", jailer.field("NoNewPrivs"), STATUS);
    rows.equal("threads", "1", jailer.field("Threads"), STATUS);
    rows.equal("environment", "", jailer.read("environ"), "/proc/PID/environ of the jailer");
    let open = "0 socket, 2 pipe, 3 pidfd";
    rows.equal("open", open, descriptors::kinds(jailer), "/proc/PID/fd of the jailer");
    rows.rows
}
