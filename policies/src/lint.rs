//! What a profile may not say although it is well-formed.

use crate::document::{Comparison, Condition, Document, Entry, LimitEntry};
use crate::error::{Problem, Rule};
use crate::landlock::{HIGHEST_ABI, LOWEST_ABI};
use crate::seccomp::{Arch, knows_all, number};
use jail_spec::Resource;
use std::ops::Range;
use toml::Spanned;

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

/// The only layer a host may do without.
const LOWERABLE: &str = "cgroup";

/// Calls whose danger is in their arguments: the guest's list may name them only with a condition.
const DANGEROUS: [&str; 28] = [
    "read",
    "write",
    "readv",
    "writev",
    "recvmsg",
    "sendmsg",
    "recvfrom",
    "sendto",
    "open",
    "openat",
    "openat2",
    "socket",
    "ioctl",
    "fcntl",
    "mmap",
    "mprotect",
    "mremap",
    "prctl",
    "clone",
    "clone3",
    "execve",
    "execveat",
    "ptrace",
    "seccomp",
    "kill",
    "bpf",
    "io_uring_setup",
    "unshare",
];

/// Largest argument index of a system call.
const LAST_ARGUMENT: u8 = 5;

/// Checks everything a type cannot. Each check says the first thing that it finds wrong.
pub(crate) fn check(document: &Document) -> Vec<Problem> {
    let seccomp = &document.seccomp;
    let socket = *document.descriptors.socket.get_ref();
    let mut found: Vec<Problem> = reasons(document).filter_map(|why| reason(why).err()).collect();
    let mut note = |checked: Result<(), Problem>| found.extend(checked.err());
    note(identity(document));
    note(Arch::ALL.into_iter().try_for_each(|arch| known(&seccomp.newest.call, arch)));
    for list in [&seccomp.guest, &seccomp.jailer] {
        for (index, entry) in list.iter().enumerate() {
            note(calls(entry));
            note(entry.when.iter().try_for_each(condition));
            note(duplicates(entry, list.get(..index).unwrap_or_default()));
        }
    }
    seccomp.guest.iter().for_each(|entry| note(permission(entry, socket)));
    note(landlock(&document.landlock.abi));
    note(limits(&document.limits));
    note(lowered(document));
    found
}

/// Every reason in the document.
fn reasons(document: &Document) -> impl Iterator<Item = &Spanned<String>> {
    let seccomp = &document.seccomp;
    let first = [
        &document.why,
        &document.identity.why,
        &document.descriptors.why,
        &seccomp.newest.why,
        &document.landlock.why,
    ];
    let entries = seccomp.guest.iter().chain(&seccomp.jailer).map(|entry| &entry.why);
    let limits = document.limits.iter().map(|limit| &limit.why);
    let lowered = document.lowered.iter().map(|lowered| &lowered.why);
    first.into_iter().chain(entries).chain(limits).chain(lowered)
}

fn reason(why: &Spanned<String>) -> Result<(), Problem> {
    if why.get_ref().trim().is_empty() {
        let remedy = "say who needs the entry or what it stops";
        return Err(Problem::new(Rule::MissingWhy, why.span(), "an empty reason", remedy));
    }
    Ok(())
}

fn identity(document: &Document) -> Result<(), Problem> {
    for id in [&document.identity.uid, &document.identity.gid] {
        if *id.get_ref() == 0 {
            let remedy = "name an id that nothing else on this host has";
            return Err(Problem::new(
                Rule::Fixed,
                id.span(),
                "the guest would be root outside its namespace",
                remedy,
            ));
        }
    }
    let socket = &document.descriptors.socket;
    if *socket.get_ref() != 3 {
        let remedy = "leave it at 3: the guest is built for that number";
        return Err(Problem::new(
            Rule::Fixed,
            socket.span(),
            format!("the guest's socket at {}", socket.get_ref()),
            remedy,
        ));
    }
    Ok(())
}

fn calls(entry: &Entry) -> Result<(), Problem> {
    if entry.calls.is_empty() {
        return Err(Problem::new(
            Rule::Missing,
            entry.why.span(),
            "an entry without calls",
            "name at least one, or remove the entry",
        ));
    }
    for arch in Arch::ALL.into_iter().filter(|&arch| entry.is_for(arch)) {
        // One compilation for all; only a wrong entry is worth the search for the wrong name.
        if !knows_all(entry, arch) {
            entry.calls.iter().try_for_each(|call| known(call, arch))?;
        }
    }
    Ok(())
}

fn known(call: &Spanned<String>, arch: Arch) -> Result<(), Problem> {
    let name = call.get_ref();
    if number(name, arch).is_some() {
        return Ok(());
    }
    let others: Vec<String> = Arch::ALL
        .into_iter()
        .filter(|&other| number(name, other).is_some())
        .map(|a| format!("{:?}", a.name()))
        .collect();
    let remedy = if others.is_empty() {
        "correct the spelling: no architecture has it".to_owned()
    } else {
        format!("put it into an entry with arch = [{}]", others.join(", "))
    };
    Err(Problem::new(
        Rule::UnknownCall,
        call.span(),
        format!("{} has no system call {name:?}", arch.name()),
        remedy,
    ))
}

fn condition(condition: &Condition) -> Result<(), Problem> {
    let at = condition.arg.span();
    if *condition.arg.get_ref() > LAST_ARGUMENT {
        return Err(Problem::new(
            Rule::Condition,
            at,
            "a system call has arguments 0 to 5",
            "correct the index",
        ));
    }
    if (condition.is == Comparison::Masked) != condition.mask.is_some() {
        let problem = "`mask` belongs to is = \"masked\", and only to it";
        return Err(Problem::new(Rule::Condition, at, problem, "give both or neither"));
    }
    let narrow = condition.width == crate::Width::Int;
    if narrow && condition.value.max(condition.mask.unwrap_or_default()) > u64::from(u32::MAX) {
        return Err(Problem::new(
            Rule::Condition,
            at,
            "an int holds 32 bits",
            "use width = \"long\" or a smaller value",
        ));
    }
    Ok(())
}

/// The same call may stand twice only with different conditions, which then are alternatives.
fn duplicates(entry: &Entry, before: &[Entry]) -> Result<(), Problem> {
    for (index, call) in entry.calls.iter().enumerate() {
        let same = |other: &Spanned<String>| other.get_ref() == call.get_ref();
        let twice = entry.calls.iter().take(index).any(same)
            || before.iter().any(|other| {
                other.calls.iter().any(same)
                    && (other.when == entry.when || other.when.is_empty() || entry.when.is_empty())
            });
        if twice {
            let problem = format!("{:?} is decided twice", call.get_ref());
            return Err(Problem::new(
                Rule::Twice,
                call.span(),
                problem,
                "keep one, or give each a condition of its own",
            ));
        }
    }
    Ok(())
}

fn permission(entry: &Entry, socket: i32) -> Result<(), Problem> {
    for call in entry.calls.iter().filter(|call| DANGEROUS.contains(&call.get_ref().as_str())) {
        let name = call.get_ref();
        if entry.when.is_empty() {
            let remedy = "add `when`: which argument makes it harmless?";
            return Err(Problem::new(
                Rule::Dangerous,
                call.span(),
                format!("{name:?} is dangerous without a condition"),
                remedy,
            ));
        }
        let on_socket = |when: &Condition| {
            *when.arg.get_ref() == 0
                && when.is == Comparison::Equal
                && i32::try_from(when.value).is_ok_and(|value| value == socket)
        };
        if matches!(name.as_str(), "read" | "write") && !entry.when.iter().any(on_socket) {
            let remedy = format!("add {{ arg = 0, width = \"int\", is = \"equal\", value = {socket} }}");
            return Err(Problem::new(
                Rule::Dangerous,
                call.span(),
                format!("{name:?} is not kept to the socket"),
                remedy,
            ));
        }
    }
    Ok(())
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
    let all = limits.last().map_or(0..0, |last| last.resource.span());
    match RESOURCES
        .iter()
        .find(|&&resource| !limits.iter().any(|limit| *limit.resource.get_ref() == resource))
    {
        Some(missing) => Err(Problem::new(
            Rule::Missing,
            all,
            format!("{missing:?} is not limited"),
            "add a [[limits]] entry for it",
        )),
        None => Ok(()),
    }
}

fn lowered(document: &Document) -> Result<(), Problem> {
    for (index, lowered) in document.lowered.iter().enumerate() {
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
