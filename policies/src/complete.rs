//! From what a file says to a whole profile: what it leaves out is its parent's.

use crate::document::{Document, LimitEntry, Written};
use crate::error::{Problem, Rule};
use jail_spec::Resource;
use std::ops::Range;

/// Every resource must be limited: an entry left out would be an unlimited resource.
const RESOURCES: [Resource; 13] = [
    Resource::As,
    Resource::Core,
    Resource::Cpu,
    Resource::Data,
    Resource::Fsize,
    Resource::Memlock,
    Resource::Msgqueue,
    Resource::Nice,
    Resource::Nofile,
    Resource::Nproc,
    Resource::Rtprio,
    Resource::Sigpending,
    Resource::Stack,
];

/// Completes a profile. A table of a child stands in the place of its parent's, but for two: its limits stand in the
/// place of its parent's for the same resources, and its entries for the jailer's filter stand beside its parent's.
pub(crate) fn complete(written: &Written, parent: Option<&Document>) -> Result<Document, Problem> {
    let own = written.clone();
    let from = Source { parent, end: written.name.span() };
    Ok(Document {
        name: own.name.into_inner(),
        why: own.why.into_inner(),
        identity: from.one(own.identity, |parent| &parent.identity, "[identity]")?,
        descriptors: from.one(own.descriptors, |parent| &parent.descriptors, "[descriptors]")?,
        namespaces: from.one(own.namespaces, |parent| &parent.namespaces, "[namespaces]")?,
        privileges: from.one(own.privileges, |parent| &parent.privileges, "[privileges]")?,
        newest: from.one(own.seccomp.newest, |parent| &parent.newest, "[seccomp.newest]")?,
        guest: from.one(own.seccomp.guest, |parent| &parent.guest, "[[seccomp.guest]]")?,
        jailer: parent.iter().flat_map(|parent| parent.jailer.clone()).chain(own.seccomp.jailer).collect(),
        landlock: from.one(own.landlock, |parent| &parent.landlock, "[landlock]")?,
        limits: limits(written, parent)?,
        memory: from.one(own.cgroup.memory, |parent| &parent.memory, "[cgroup.memory]")?,
        pids: from.one(own.cgroup.pids, |parent| &parent.pids, "[cgroup.pids]")?,
        cpu: from.one(own.cgroup.cpu, |parent| &parent.cpu, "[cgroup.cpu]")?,
        grants: from.one(own.grants, |parent| &parent.grants, "[[grants]]")?,
        lowered: own.lowered.or_else(|| parent.map(|parent| parent.lowered.clone())).unwrap_or_default(),
    })
}

/// Where a table that is left out comes from.
struct Source<'a> {
    parent: Option<&'a Document>,
    /// Where it is said that there is none.
    end: Range<usize>,
}

impl Source<'_> {
    fn one<T: Clone>(&self, own: Option<T>, of: fn(&Document) -> &T, table: &str) -> Result<T, Problem> {
        own.or_else(|| self.parent.map(|parent| of(parent).clone())).ok_or_else(|| {
            let remedy = "copy the table from the built-in profile, or name a parent to take it from";
            Problem::new(Rule::Missing, self.end.clone(), format!("the profile has no {table}"), remedy)
        })
    }
}

fn limits(written: &Written, parent: Option<&Document>) -> Result<Vec<LimitEntry>, Problem> {
    let own = |resource: Resource| written.limits.iter().any(|own| *own.resource.get_ref() == resource);
    let inherited = parent.iter().flat_map(|parent| &parent.limits);
    let all: Vec<LimitEntry> =
        inherited.filter(|limit| !own(*limit.resource.get_ref())).chain(&written.limits).cloned().collect();
    let end = written.limits.last().map_or(written.name.span(), |last| last.resource.span());
    let missing = |resource: &Resource| !all.iter().any(|limit| limit.resource.get_ref() == resource);
    match RESOURCES.into_iter().find(missing) {
        Some(resource) => {
            let remedy = "add a [[limits]] entry for it";
            Err(Problem::new(Rule::Missing, end, format!("{resource:?} is not limited"), remedy))
        }
        None => Ok(all),
    }
}
