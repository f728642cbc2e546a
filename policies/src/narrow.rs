//! A child may only narrow: whatever it would widen is an error at the entry that does.

use crate::bpf::Reach;
use crate::difference::{Widening, widened};
use crate::document::{Document, Entry, IdentityTable, LimitEntry, Source, Written};
use crate::error::{Problem, Rule};
use crate::grants::Grants;
use crate::profile::Profile;
use crate::reach::Filter;
use crate::seccomp::Arch;
use toml::Spanned;

/// Everything that `written` widens. `child` is what it comes to, completed by `parent`.
pub(crate) fn check(written: &Written, child: &Document, parent: &Document) -> Vec<Problem> {
    let mut found = Vec::new();
    found.extend(written.identity.as_ref().and_then(|identity| identity_of(identity, parent)));
    if let Some(landlock) = &written.landlock {
        let least = parent.landlock.abi.get_ref();
        if landlock.abi.get_ref() < least {
            found.push(widens(&landlock.abi, "Landlock ABI", format!("at least {least}")));
        }
    }
    found.extend(written.limits.iter().filter_map(|limit| limits(limit, parent)));
    found.extend(cgroup(written, parent));
    found.extend(grants(written, child, parent));
    for lowered in written.lowered.iter().flatten() {
        let layer = lowered.layer.get_ref();
        if !parent.lowered.iter().any(|other| other.layer.get_ref() == layer) {
            found.push(widens(&lowered.layer, "a layer that is given up", "what the parent gives up".into()));
        }
    }
    found
}

/// Every call that a filter of `child` lets through and the same filter of its parent does not, for all arguments. It
/// is an error at the entry that names the call.
pub(crate) fn filters(written: &Written, child: &Profile, parent: &Profile) -> Vec<Problem> {
    let seccomp = &written.seccomp;
    if seccomp.guest.is_none() && seccomp.jailer.is_empty() && seccomp.newest.is_none() {
        return Vec::new();
    }
    let mut found: Vec<Problem> = Vec::new();
    for arch in Arch::ALL {
        match more(child, parent, arch) {
            Ok(widenings) => found.extend(widenings.iter().map(|one| wider(written, one, arch))),
            Err(why) => {
                let remedy = "make the filters simpler: what cannot be compared with the parent is not used";
                found.push(Problem::new(Rule::Widening, written.name.span(), why, remedy));
            }
        }
    }
    found.sort_by_key(|problem| problem.at.start);
    found
}

fn more(child: &Profile, parent: &Profile, arch: Arch) -> Result<Vec<Widening>, String> {
    widened(&parent.compile(arch)?, &child.compile(arch)?, arch).map_err(|error| error.to_string())
}

fn wider(written: &Written, widening: &Widening, arch: Arch) -> Problem {
    let Reach { call, .. } = &widening.reach;
    let of_guest =
        |entry: &Entry| entry.calls.iter().find(|named| named.get_ref() == call).map(Spanned::span);
    let at = match widening.filter {
        Filter::Last => written.seccomp.guest.iter().flatten().find_map(of_guest),
        // Entries for this filter only ever take away; what is left is its ceiling.
        Filter::First => written.seccomp.newest.as_ref().map(|newest| newest.call.span()),
    };
    let (filter, conditions) = (widening.filter.owner(), widening.reach.conditions());
    let problem = format!(
        "the {filter}'s filter lets {call} through on {}, and the parent's does not: {conditions}",
        arch.name()
    );
    let remedy = "give it the parent's condition or a narrower one, or remove it";
    Problem::new(Rule::Widening, at.unwrap_or_else(|| written.name.span()), problem, remedy)
}

fn widens<T>(at: &Spanned<T>, what: &str, allowed: String) -> Problem {
    let problem = format!("{what} is wider than the parent's: the parent has {allowed}");
    Problem::new(Rule::Widening, at.span(), problem, "narrow it, remove it, or change the parent")
}

/// Whose files and processes an identity reaches is the host's to say: no other is narrower.
fn identity_of(identity: &IdentityTable, parent: &Document) -> Option<Problem> {
    let pairs = [(&identity.uid, &parent.identity.uid), (&identity.gid, &parent.identity.gid)];
    let (other, theirs) = pairs.into_iter().find(|(ours, theirs)| ours.get_ref() != theirs.get_ref())?;
    let problem = format!("another identity than the parent's {}", theirs.get_ref());
    let remedy = "remove the table: a child has the identity of its parent, or change the parent";
    Some(Problem::new(Rule::Widening, other.span(), problem, remedy))
}

fn limits(limit: &LimitEntry, parent: &Document) -> Option<Problem> {
    let resource = *limit.resource.get_ref();
    let theirs = parent.limits.iter().find(|other| *other.resource.get_ref() == resource)?;
    match (&limit.value, &theirs.value) {
        (Some(ours), Some(most)) if ours.get_ref() > most.get_ref() => {
            Some(widens(ours, "the limit", format!("{}", most.get_ref())))
        }
        (Some(ours), None) => {
            let problem = "the parent takes this limit from the run, which may be lower";
            let remedy = "remove it, and lower the limit of the run in the configuration";
            Some(Problem::new(Rule::Widening, ours.span(), problem, remedy))
        }
        (None, Some(most)) if limit.from == Some(Source::Run) => {
            Some(widens(&limit.resource, "the limit of a run", format!("{}", most.get_ref())))
        }
        _ => None,
    }
}

fn cgroup(written: &Written, parent: &Document) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut most = |ours: &Spanned<u64>, theirs: &Spanned<u64>, what| {
        if ours.get_ref() > theirs.get_ref() {
            found.push(widens(ours, what, theirs.get_ref().to_string()));
        }
    };
    if let Some(memory) = &written.cgroup.memory {
        most(&memory.beside_heap_bytes, &parent.memory.beside_heap_bytes, "memory beside the heap");
        most(&memory.swap_bytes, &parent.memory.swap_bytes, "swap");
    }
    if let Some(pids) = &written.cgroup.pids {
        most(&pids.most, &parent.pids.most, "the number of processes");
    }
    if let Some(cpu) = &written.cgroup.cpu {
        let (quota, period) = (*cpu.quota_us.get_ref(), *cpu.period_us.get_ref());
        let (their_quota, their_period) = (*parent.cpu.quota_us.get_ref(), *parent.cpu.period_us.get_ref());
        let share = |quota: u64, period: u64| u128::from(quota) * u128::from(period);
        if share(quota, their_period) > share(their_quota, period) {
            let theirs = format!("{their_quota} of {their_period} us");
            found.push(widens(&cpu.quota_us, "the share of processors", theirs));
        }
    }
    found
}

fn grants(written: &Written, child: &Document, parent: &Document) -> Option<Problem> {
    let own = written.grants.as_ref()?;
    let (ours, theirs) = (Grants::new(&child.grants), Grants::new(&parent.grants));
    let widening = ours.beyond(&theirs)?;
    let entry = own.get(widening.entry)?;
    let problem = format!("{} is granted, which the parent denies", widening.name());
    let remedy =
        "remove it, or repeat the parent's denial: a child's grants stand in the place of its parent's";
    Some(Problem::new(Rule::Widening, entry.server.span(), problem, remedy))
}
