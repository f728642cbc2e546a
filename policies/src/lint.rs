//! What a profile may not say although it is well-formed.

mod filters;

use crate::document::{
    DescriptorsTable, Entry, GrantEntry, IdentityTable, LimitEntry, LoweredEntry, Namespace, NamespacesTable,
    PrivilegesTable, Written, WrittenCgroup,
};
use crate::error::{Problem, Rule};
use crate::grants::EVERY;
use crate::landlock::{HIGHEST_ABI, LOWEST_ABI};
use jail_spec::Resource;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// The only layer a host may do without.
const LOWERABLE: &str = "cgroup";

/// What the kernel takes for a period and, at least, for a quota (`max_cfs_quota_period` and `min_cfs_quota_period`,
/// kernel/sched/core.c).
const CPU_TIMES_US: RangeInclusive<u64> = 1_000..=1_000_000;

/// The socket's number, which the guest is built for.
const SOCKET: i32 = 3;

/// Checks everything a type cannot, in what the file itself says. `inherited` are the parent's entries for the jailer's
/// filter, beside which its own stand. Each check says the first thing that it finds wrong.
pub(crate) fn check(written: &Written, inherited: &[Entry]) -> Vec<Problem> {
    let mut found: Vec<Problem> = reasons(written).filter_map(|why| reason(why).err()).collect();
    let mut note = |checked: Result<(), Problem>| found.extend(checked.err());
    note(written.identity.as_ref().map_or(Ok(()), identity));
    note(written.descriptors.as_ref().map_or(Ok(()), descriptors));
    note(written.namespaces.as_ref().map_or(Ok(()), namespaces));
    note(written.privileges.as_ref().map_or(Ok(()), privileges));
    note(written.landlock.as_ref().map_or(Ok(()), |landlock| self::landlock(&landlock.abi)));
    note(limits(&written.limits));
    note(cgroup(&written.cgroup));
    written.grants.iter().flatten().for_each(|entry| note(grant(entry)));
    note(lowered(written.lowered.as_deref().unwrap_or_default()));
    found.extend(filters::check(&written.seccomp, inherited));
    found
}

/// Every reason in the file.
fn reasons(written: &Written) -> impl Iterator<Item = &Spanned<String>> {
    let (seccomp, cgroup) = (&written.seccomp, &written.cgroup);
    let tables = [
        Some(&written.why),
        written.identity.as_ref().map(|table| &table.why),
        written.descriptors.as_ref().map(|table| &table.why),
        written.namespaces.as_ref().map(|table| &table.why),
        written.privileges.as_ref().map(|table| &table.why),
        seccomp.newest.as_ref().map(|table| &table.why),
        written.landlock.as_ref().map(|table| &table.why),
        cgroup.memory.as_ref().map(|table| &table.why),
        cgroup.pids.as_ref().map(|table| &table.why),
        cgroup.cpu.as_ref().map(|table| &table.why),
    ];
    let entries = seccomp.guest.iter().flatten().chain(&seccomp.jailer).map(|entry| &entry.why);
    let limits = written.limits.iter().map(|limit| &limit.why);
    let grants = written.grants.iter().flatten().map(|grant| &grant.why);
    let lowered = written.lowered.iter().flatten().map(|lowered| &lowered.why);
    tables.into_iter().flatten().chain(entries).chain(limits).chain(grants).chain(lowered)
}

fn reason(why: &Spanned<String>) -> Result<(), Problem> {
    if why.get_ref().trim().is_empty() {
        let remedy = "say who needs the entry or what it stops";
        return Err(Problem::new(Rule::MissingWhy, why.span(), "an empty reason", remedy));
    }
    Ok(())
}

fn fixed(at: Range<usize>, problem: impl Into<String>, remedy: &str) -> Problem {
    Problem::new(Rule::Fixed, at, problem, remedy)
}

fn identity(table: &IdentityTable) -> Result<(), Problem> {
    match [&table.uid, &table.gid].into_iter().find(|id| *id.get_ref() == 0) {
        Some(id) => {
            let remedy = "name an id that nothing else on this host has";
            Err(fixed(id.span(), "the guest would be root outside its namespace", remedy))
        }
        None => Ok(()),
    }
}

fn descriptors(table: &DescriptorsTable) -> Result<(), Problem> {
    let socket = &table.socket;
    if *socket.get_ref() == SOCKET {
        return Ok(());
    }
    let problem = format!("the guest's socket at {}", socket.get_ref());
    Err(fixed(socket.span(), problem, "leave it at 3: the guest is built for that number"))
}

fn namespaces(table: &NamespacesTable) -> Result<(), Problem> {
    let kinds = table.kinds.get_ref();
    for (index, kind) in kinds.iter().enumerate() {
        if kinds.iter().take(index).any(|other| other.get_ref() == kind.get_ref()) {
            let problem = format!("the {} namespace is named twice", kind.get_ref().name());
            return Err(Problem::new(Rule::Twice, kind.span(), problem, "keep one"));
        }
    }
    match Namespace::ALL.into_iter().find(|kind| !kinds.iter().any(|named| named.get_ref() == kind)) {
        Some(missing) => {
            let problem = format!("no {} namespace", missing.name());
            let remedy = "add it: a guest never shares one, and no host may lower this layer";
            Err(fixed(table.kinds.span(), problem, remedy))
        }
        None => Ok(()),
    }
}

fn privileges(table: &PrivilegesTable) -> Result<(), Problem> {
    if let Some(kept) = table.capabilities.get_ref().first() {
        let remedy = "leave it empty: every capability works on namespaces that are already closed";
        return Err(fixed(table.capabilities.span(), format!("the guest would keep {kept:?}"), remedy));
    }
    if !table.no_new_privs.get_ref() {
        let remedy =
            "leave it true: without it the kernel takes no filter from a process without capabilities";
        return Err(fixed(table.no_new_privs.span(), "an execve could give privileges", remedy));
    }
    if *table.dumpable.get_ref() {
        let remedy = "leave it false: others of the guest's identity could trace it";
        return Err(fixed(table.dumpable.span(), "the guest's memory could be read", remedy));
    }
    Ok(())
}

fn cgroup(cgroup: &WrittenCgroup) -> Result<(), Problem> {
    if let Some(group) =
        cgroup.memory.as_ref().map(|memory| &memory.oom_group).filter(|group| !group.get_ref())
    {
        let remedy = "leave it true: a leaf is one guest, and ends as one";
        return Err(fixed(group.span(), "a part of a guest could outlive its memory limit", remedy));
    }
    if let Some(most) = cgroup.pids.as_ref().map(|pids| &pids.most).filter(|most| *most.get_ref() != 1) {
        let problem = format!("{} processes in a leaf", most.get_ref());
        return Err(fixed(most.span(), problem, "leave it at 1: a guest is one process"));
    }
    let Some(cpu) = &cgroup.cpu else { return Ok(()) };
    for time in [&cpu.period_us, &cpu.quota_us] {
        if !CPU_TIMES_US.contains(time.get_ref()) {
            let problem = format!("{} us", time.get_ref());
            let remedy = "name 1,000 to 1,000,000: the kernel takes no other";
            return Err(fixed(time.span(), problem, remedy));
        }
    }
    Ok(())
}

fn grant(entry: &GrantEntry) -> Result<(), Problem> {
    let tools = entry.tools.get_ref();
    if tools.is_empty() {
        let remedy = "name at least one, or [\"*\"] for every tool of the server";
        return Err(Problem::new(Rule::Missing, entry.tools.span(), "a grant without tools", remedy));
    }
    for name in std::iter::once(&entry.server).chain(tools) {
        let text = name.get_ref();
        if text.is_empty() || (text.contains('*') && text != EVERY) {
            let remedy = "write names out: only \"*\" alone stands for others";
            return Err(Problem::new(
                Rule::Malformed,
                name.span(),
                format!("{text:?} names nothing"),
                remedy,
            ));
        }
    }
    let twice = |(index, tool): &(usize, &Spanned<String>)| {
        let same = |other: &Spanned<String>| other.get_ref() == tool.get_ref();
        tools.iter().take(*index).any(same) || (tool.get_ref() == EVERY && tools.len() > 1)
    };
    match tools.iter().enumerate().find(twice) {
        Some((_, tool)) => {
            let problem = format!("{:?} is named twice", tool.get_ref());
            Err(Problem::new(Rule::Twice, tool.span(), problem, "keep one; \"*\" stands alone"))
        }
        None => Ok(()),
    }
}

fn landlock(abi: &Spanned<u32>) -> Result<(), Problem> {
    if (LOWEST_ABI..=HIGHEST_ABI).contains(abi.get_ref()) {
        return Ok(());
    }
    let remedy = format!("name one from {LOWEST_ABI} (the first that scopes signals) to {HIGHEST_ABI}");
    Err(Problem::new(Rule::Fixed, abi.span(), format!("Landlock ABI {}", abi.get_ref()), remedy))
}

fn limits(limits: &[LimitEntry]) -> Result<(), Problem> {
    for (index, limit) in limits.iter().enumerate() {
        let at: Range<usize> = limit.resource.span();
        let resource = *limit.resource.get_ref();
        if limits.iter().take(index).any(|other| *other.resource.get_ref() == resource) {
            return Err(Problem::new(Rule::Twice, at, format!("{resource:?} is limited twice"), "keep one"));
        }
        if limit.value.is_some() == limit.from.is_some() {
            let remedy = "give `value`, or from = \"run\"";
            return Err(Problem::new(
                Rule::Malformed,
                at,
                format!("{resource:?} needs one source for its value"),
                remedy,
            ));
        }
        if limit.from.is_some() && !matches!(resource, Resource::Cpu | Resource::Stack) {
            let remedy = "give it a `value`: runs have limits for cpu and stack only";
            return Err(Problem::new(
                Rule::Malformed,
                at,
                format!("{resource:?} cannot come from the run"),
                remedy,
            ));
        }
    }
    Ok(())
}

fn lowered(entries: &[LoweredEntry]) -> Result<(), Problem> {
    for (index, lowered) in entries.iter().enumerate() {
        let layer = lowered.layer.get_ref();
        if layer != LOWERABLE {
            let remedy =
                format!("only {LOWERABLE:?} can be lowered; for every other layer the host must be changed");
            return Err(Problem::new(
                Rule::Fixed,
                lowered.layer.span(),
                format!("layer {layer:?} cannot be lowered"),
                remedy,
            ));
        }
        if index > 0 {
            return Err(Problem::new(
                Rule::Twice,
                lowered.layer.span(),
                format!("{layer:?} is lowered twice"),
                "keep one",
            ));
        }
    }
    Ok(())
}
