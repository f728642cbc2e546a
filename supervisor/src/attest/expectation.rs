//! What a guest must be: from the profile, the limits of its run, and whoever started it.

use super::process::Process;
use crate::guest::owner::Owner;
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
    /// What its leaf is called.
    pub(crate) leaf: String,
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
        // Whoever is gone by now owns nothing: then no leaf is the right one.
        let prefix = Owner::process(supervisor.pid.unsigned_abs()).map(Owner::prefix).unwrap_or_default();
        let run = run_name(guest, &prefix);
        let spec = terms.profile.jail_spec(&run, 1, identity, limits);
        Self { terms, spec, leaf: format!("{prefix}{run}"), jailer, supervisor }
    }
}

/// The run's name. Its leaf says it, which a guest cannot change, unlike its title; without a leaf, the title.
fn run_name(guest: &Process, prefix: &str) -> String {
    let groups = guest.read("cgroup").unwrap_or_default();
    let of_leaf = groups.lines().find_map(|line| line.rsplit('/').next()?.strip_prefix(prefix));
    let title = guest.read("cmdline").unwrap_or_default();
    let of_title = title.split_once(": ").map(|(_, run)| run.trim_end_matches('\0'));
    of_leaf.or(of_title).unwrap_or("unknown").to_owned()
}
