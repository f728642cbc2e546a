//! What a guest must be: from the profile, the limits of its run, and whoever started it.

use super::process::Process;
use crate::guest::leaf;
use guest_protocol::limits::Limits;
use jail_spec::{Identity, JailSpec};
use policies::{CompiledProfile, RunLimits};

/// What an operator says of the guests of this host.
pub(crate) struct Terms<'a> {
    /// Their profile.
    pub(crate) profile: &'a CompiledProfile,
    /// The limits of their runs.
    pub(crate) limits: &'a Limits,
    /// Where their leaves are made, if not in the supervisor's own group.
    pub(crate) cgroup: Option<&'a str>,
}

/// What one guest must be.
pub(crate) struct Expectation<'a> {
    pub(crate) terms: Terms<'a>,
    /// What its jailer was told.
    pub(crate) spec: JailSpec,
    pub(crate) jailer: &'a Process,
    pub(crate) supervisor: &'a Process,
}

impl<'a> Expectation<'a> {
    pub(crate) fn of(
        terms: Terms<'a>,
        guest: &Process,
        jailer: &'a Process,
        supervisor: &'a Process,
    ) -> Self {
        // Root gives the identity of the profile, an ordinary user their own.
        let id = |kind| supervisor.number(kind, 1).unwrap_or(u32::MAX);
        let identity: Identity = terms.profile.identity_for(id("Uid"), id("Gid"));
        let limits = RunLimits { cpu_seconds: terms.limits.cpu_s, stack_bytes: terms.limits.stack_bytes };
        let run = run_name(guest, supervisor.pid);
        let spec = terms.profile.jail_spec(&run, 1, identity, limits);
        Self { terms, spec, jailer, supervisor }
    }
}

/// The run's name. Its leaf says it, which a guest cannot change, unlike its title; without a leaf, the title.
fn run_name(guest: &Process, supervisor: i32) -> String {
    let groups = guest.read("cgroup").unwrap_or_default();
    let prefix = leaf::name(supervisor.unsigned_abs(), "");
    let of_leaf = groups.lines().find_map(|line| line.rsplit('/').next()?.strip_prefix(&prefix));
    let title = guest.read("cmdline").unwrap_or_default();
    let of_title = title.split_once(": ").map(|(_, run)| run.trim_end_matches('\0'));
    of_leaf.or(of_title).unwrap_or("unknown").to_owned()
}
