//! What two profiles say differently outside of their filters, and in which direction.

use crate::compile::CompiledProfile;
use crate::document::Document;
use crate::landlock::RIGHTS;
use crate::profile::Profile;
use serde::Serialize;

/// Something outside of the filters that two profiles say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The table of the document.
    pub layer: &'static str,
    /// What is set.
    pub what: String,
    /// What the first profile says.
    pub before: String,
    /// What the second says.
    pub after: String,
    /// Whether the second permits more, or takes from somewhere else what the first fixes.
    pub widened: bool,
}

/// What was found so far.
struct Found(Vec<Setting>);

impl Found {
    fn compare<T: PartialEq + ToString>(
        &mut self,
        (layer, what): (&'static str, &str),
        before: &T,
        after: &T,
        widened: bool,
    ) {
        if before != after {
            let (before, after) = (before.to_string(), after.to_string());
            self.0.push(Setting { layer, what: what.to_owned(), before, after, widened });
        }
    }
}

pub(super) fn settings(
    before: &Profile,
    after: &Profile,
    old: &CompiledProfile,
    new: &CompiledProfile,
) -> Vec<Setting> {
    let mut found = Found(Vec::new());
    process(&mut found, old, new);
    landlock(&mut found, old, new);
    limits(&mut found, &before.document, &after.document);
    leaf(&mut found, old, new);
    grants(&mut found, before, after);
    found.0
}

fn process(found: &mut Found, old: &CompiledProfile, new: &CompiledProfile) {
    let (one, other) = (old.identity, new.identity);
    found.compare(("identity", "uid"), &one.outside_uid, &other.outside_uid, false);
    found.compare(("identity", "gid"), &one.outside_gid, &other.outside_gid, false);
    found.compare(("descriptors", "socket"), &old.socket_number, &new.socket_number, false);
    let (one, other) = (old.privileges, new.privileges);
    let bits = (one.capabilities, other.capabilities);
    found.compare(("privileges", "capabilities"), &bits.0, &bits.1, bits.1 & !bits.0 != 0);
    found.compare(("privileges", "no_new_privs"), &one.no_new_privs, &other.no_new_privs, one.no_new_privs);
    found.compare(("privileges", "dumpable"), &one.dumpable, &other.dumpable, other.dumpable);
    let kinds = |compiled: &CompiledProfile| {
        let mut names: Vec<&str> = compiled.namespaces.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.join(", ")
    };
    let fewer = old.namespaces.iter().any(|kind| !new.namespaces.contains(kind));
    found.compare(("namespaces", "kinds"), &kinds(old), &kinds(new), fewer);
}

fn landlock(found: &mut Found, old: &CompiledProfile, new: &CompiledProfile) {
    let (one, other) = (old.ruleset, new.ruleset);
    found.compare(("landlock", "abi"), &one.abi, &other.abi, other.abi < one.abi);
    for right in RIGHTS {
        let (before, after) = (right.is_taken_by(one), right.is_taken_by(other));
        let text = |taken| if taken { "taken" } else { "left" };
        found.compare(("landlock", right.name), &text(before), &text(after), before);
    }
}

fn limits(found: &mut Found, old: &Document, new: &Document) {
    let value = |document: &Document, resource| {
        let limit = document.limits.iter().find(|limit| *limit.resource.get_ref() == resource)?;
        limit.value.as_ref().map(|value| *value.get_ref())
    };
    let text = |value: Option<u64>| value.map_or_else(|| "the run's".to_owned(), |value| value.to_string());
    for limit in &old.limits {
        let resource = *limit.resource.get_ref();
        let (before, after) = (value(old, resource), value(new, resource));
        // The run's own limit may be lower or higher than a fixed one.
        let wider = !matches!((before, after), (Some(before), Some(after)) if after <= before);
        let name = format!("{resource:?}").to_lowercase();
        found.compare(("limits", &name), &text(before), &text(after), wider);
    }
}

fn leaf(found: &mut Found, old: &CompiledProfile, new: &CompiledProfile) {
    let (one, other) = (old.cgroup, new.cgroup);
    let mut most = |what, before: u64, after: u64| {
        found.compare(("cgroup", what), &before, &after, after > before);
    };
    most("memory beside the heap", one.beside_heap_bytes, other.beside_heap_bytes);
    most("swap", one.swap_bytes, other.swap_bytes);
    most("processes", one.processes, other.processes);
    let share =
        |limits: crate::CgroupLimits| format!("{} of {} us", limits.cpu_quota_us, limits.cpu_period_us);
    let product = |quota: u64, period: u64| u128::from(quota) * u128::from(period);
    let more =
        product(other.cpu_quota_us, one.cpu_period_us) > product(one.cpu_quota_us, other.cpu_period_us);
    found.compare(("cgroup", "processor time"), &share(one), &share(other), more);
    found.compare(("cgroup", "ends as one"), &one.oom_group, &other.oom_group, one.oom_group);
    let lowered = |compiled: &CompiledProfile| {
        compiled.lowered_cgroup.as_ref().map_or_else(|| "held".to_owned(), |why| format!("given up: {why}"))
    };
    let given_up = old.lowered_cgroup.is_none() && new.lowered_cgroup.is_some();
    found.compare(("lowered", "cgroup"), &lowered(old), &lowered(new), given_up);
}

fn grants(found: &mut Found, before: &Profile, after: &Profile) {
    let said = |profile: &Profile| {
        let grants = profile.statements().into_iter().filter(|statement| statement.layer == "grants");
        grants.map(|statement| statement.what).collect::<Vec<_>>().join("; ")
    };
    let wider = after.grants().beyond(&before.grants()).is_some();
    found.compare(("grants", "tools"), &said(before), &said(after), wider);
}
