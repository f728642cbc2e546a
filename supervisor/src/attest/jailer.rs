//! Layer `jailer`: the guest's parent, which could still kill it and nothing else.

use super::descriptors;
use super::expectation::Expectation;
use super::identity::four;
use super::row::{Found, Row, Rows, Unproven};
use crate::guest::image;
use std::path::Path;

const STATUS: &str = "/proc/PID/status of the jailer";
const NO_CAPABILITY: &str = "0000000000000000";

pub(crate) fn rows(expected: &Expectation<'_>, installed: &Path) -> Vec<Row> {
    let jailer = expected.jailer;
    let mut rows = Rows::of("jailer");
    let digest = |path: &Path| -> Found {
        image::digest(path)
            .map_err(|cause| Unproven { why: format!("{}: {cause}", path.display()), needs: "root".into() })
    };
    let wanted = digest(installed).unwrap_or_else(|unproven| unproven.why);
    rows.equal(
        "sha256, the installed jailer's",
        wanted,
        digest(&jailer.path("exe")),
        "/proc/PID/exe of the jailer",
    );
    let (user, group) = (expected.spec.identity.outside_uid, expected.spec.identity.outside_gid);
    rows.equal("user ids", four(user), jailer.field("Uid"), STATUS);
    rows.equal("group ids", four(group), jailer.field("Gid"), STATUS);
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
