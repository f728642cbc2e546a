//! What a system call is about, in a few words: so that a list of three hundred can be read.

const CLASSES: &str = include_str!("../syscalls/classes.txt");

/// Every class and its calls, in the order of the table.
pub fn classes() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    CLASSES.split('[').filter_map(|class| {
        let (name, calls) = class.split_once(']')?;
        Some((name, calls.split_whitespace().collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::classes;
    use crate::{Arch, syscalls};
    use std::collections::BTreeSet;

    #[test]
    fn every_call_of_every_architecture_is_in_one_class() {
        let listed: Vec<&str> = classes().flat_map(|(_, calls)| calls).collect();
        let once: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(once.len(), listed.len(), "a call is listed twice");
        let known: BTreeSet<&str> =
            Arch::ALL.into_iter().flat_map(syscalls::all).map(|(_, name)| name).collect();
        assert_eq!(once, known);
    }
}
