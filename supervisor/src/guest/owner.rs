//! Which supervisor a leaf belongs to. It stands in the leaf's name, so that whoever comes later can tell a leaf
//! that is in use from one that was left behind.

use std::fs;
use std::io;

/// Names of leaves: this, the supervisor's process id, its start, the run.
const LEAF_PREFIX: &str = "oubliette-run-";

/// A process, told apart from every other since boot: numbers are given out again, together with the start they
/// are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pid: u32,
    /// Clock ticks since boot (`starttime`, proc_pid_stat(5)).
    started: u64,
}

impl Owner {
    /// This process.
    pub(super) fn this() -> io::Result<Self> {
        Self::process(std::process::id())
    }

    /// The process that has this number now.
    pub(crate) fn process(pid: u32) -> io::Result<Self> {
        let (_, started) = state(pid)?;
        Ok(Self { pid, started })
    }

    /// What the names of all leaves of this owner begin with, and of nobody else's.
    pub(crate) fn prefix(self) -> String {
        format!("{LEAF_PREFIX}{}-{}-", self.pid, self.started)
    }

    /// Whose leaf has this name; nothing where it is no leaf's.
    pub(super) fn of(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix(LEAF_PREFIX)?.splitn(3, '-');
        let (pid, started) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().map(|_run| Self { pid, started })
    }

    /// Whether it can still make use of a leaf. One that is dead and not yet waited for cannot; where the kernel
    /// does not tell, it is taken to be alive.
    pub(super) fn lives(self) -> bool {
        match state(self.pid) {
            Ok((state, started)) => started == self.started && !matches!(state, 'Z' | 'X'),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

/// State and start of a process (`state`, `starttime`, proc_pid_stat(5)).
fn state(pid: u32) -> io::Result<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before the last parenthesis may hold anything; the start is the twentieth field after it.
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let state = fields.next().and_then(|field| field.chars().next());
    let started = fields.nth(18).and_then(|field| field.parse().ok());
    state.zip(started).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is {stat:?}")))
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn a_leaf_is_its_owners_by_name_and_nobody_elses() {
        let this = Owner::this().unwrap();
        assert_eq!(Owner::of(&format!("{}run-1", this.prefix())), Some(this));
        for stranger in ["supervisor", "oubliette-run-", "oubliette-run-1-run-1", "oubliette-run-1-2"] {
            assert_eq!(Owner::of(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn a_number_that_was_given_out_again_is_not_the_owner() {
        let this = Owner::this().unwrap();
        assert!(this.lives());
        assert!(!Owner { started: this.started - 1, ..this }.lives());
        assert!(!Owner { pid: u32::MAX, ..this }.lives());
    }

    #[test]
    fn a_process_that_is_dead_and_not_waited_for_owns_nothing() {
        let mut child = std::process::Command::new("/proc/self/exe").arg("--list").spawn().unwrap();
        let (_, started) = super::state(child.id()).unwrap();
        let owner = Owner { pid: child.id(), started };
        while super::state(child.id()).unwrap().0 != 'Z' {
            std::thread::yield_now();
        }
        assert!(!owner.lives());
        child.wait().unwrap();
    }
}
