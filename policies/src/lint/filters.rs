//! What the entries of the filters may not say.

use super::SOCKET;
use crate::document::{Comparison, Condition, Entry, WrittenSeccomp};
use crate::error::{Problem, Rule};
use crate::seccomp::{Arch, knows_all, number};
use toml::Spanned;

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

/// Checks both filters.
pub(super) fn check(seccomp: &WrittenSeccomp, inherited: &[Entry]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut note = |checked: Result<(), Problem>| found.extend(checked.err());
    if let Some(newest) = &seccomp.newest {
        note(Arch::ALL.into_iter().try_for_each(|arch| known(&newest.call, arch)));
    }
    let guest = seccomp.guest.as_deref().unwrap_or_default();
    for (list, inherited) in [(guest, &[] as &[Entry]), (&seccomp.jailer, inherited)] {
        for (index, entry) in list.iter().enumerate() {
            note(calls(entry));
            note(entry.when.iter().try_for_each(condition));
            note(duplicates(entry, list.iter().take(index).chain(inherited)));
        }
    }
    guest.iter().for_each(|entry| note(permission(entry)));
    found
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
    // The compiler would drop those bits, and the condition hold where it says that it never does.
    if condition.mask.is_some_and(|mask| condition.value & !mask != 0) {
        let problem = "the value has bits that the mask does not let through";
        return Err(Problem::new(Rule::Condition, at, problem, "remove them, or widen the mask"));
    }
    Ok(())
}

/// The same call may stand twice only with different conditions, which then are alternatives.
fn duplicates<'a>(entry: &Entry, before: impl Iterator<Item = &'a Entry> + Clone) -> Result<(), Problem> {
    for (index, call) in entry.calls.iter().enumerate() {
        let same = |other: &Spanned<String>| other.get_ref() == call.get_ref();
        let twice = entry.calls.iter().take(index).any(same)
            || before.clone().any(|other| {
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

fn permission(entry: &Entry) -> Result<(), Problem> {
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
                && i32::try_from(when.value).is_ok_and(|value| value == SOCKET)
        };
        if matches!(name.as_str(), "read" | "write") && !entry.when.iter().any(on_socket) {
            let remedy = format!("add {{ arg = 0, width = \"int\", is = \"equal\", value = {SOCKET} }}");
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
