//! What a profile's entries mean, evaluated as they are written: no compiler, no filter.

use crate::bpf::{Call, Diagrams, Field, Set, TooComplex, audit_arch};
use crate::document::{Comparison, Condition, Entry, Width};
use crate::profile::Profile;
use crate::reach::{AnalysisError, Filter};
use crate::seccomp::Arch;
use crate::syscalls;

/// The entries of one filter for one architecture.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    filter: Filter,
    arch: Arch,
    /// The first filter's ceiling.
    newest: u32,
    pub(crate) rules: Vec<Declaration<'a>>,
}

/// One call of one entry.
#[derive(Debug)]
pub(crate) struct Declaration<'a> {
    pub(crate) number: u32,
    /// The entry's and the call's place in the document, counted from 0.
    pub(crate) place: (usize, usize),
    when: &'a [Condition],
}

impl<'a> Declared<'a> {
    pub(crate) fn new(profile: &'a Profile, filter: Filter, arch: Arch) -> Result<Self, AnalysisError> {
        let number = |call: &str| {
            syscalls::number(call, arch)
                .ok_or_else(|| AnalysisError::UnknownCall { call: call.to_owned(), arch })
        };
        let entries = match filter {
            Filter::First => profile.jailer_entries(),
            Filter::Last => profile.guest_entries(),
        };
        let mut rules = Vec::new();
        let here = |(_, entry): &(usize, &Entry)| entry.arch.is_empty() || entry.arch.contains(&arch);
        for (at, entry) in entries.iter().enumerate().filter(here) {
            for (nth, call) in entry.calls.iter().enumerate() {
                let number = number(call.get_ref())?;
                rules.push(Declaration { number, place: (at, nth), when: &entry.when });
            }
        }
        Ok(Self { filter, arch, newest: number(profile.document.newest.call.get_ref())?, rules })
    }

    /// Whether the entries let a call through.
    pub(crate) fn permits(&self, call: &Call) -> bool {
        let matched = self.rules.iter().any(|rule| rule.matches(call));
        call.arch == audit_arch(self.arch)
            && match self.filter {
                Filter::First => call.number <= self.newest && !matched,
                Filter::Last => matched,
            }
    }

    /// Every call the entries let through.
    pub(crate) fn set(&self, diagrams: &mut Diagrams) -> Result<Set, TooComplex> {
        let mut matched = self.above_ceiling(diagrams)?;
        for rule in &self.rules {
            let one = rule.set(diagrams)?;
            matched = diagrams.or(matched, one)?;
        }
        let native = diagrams.native(self.arch)?;
        match self.filter {
            Filter::First => diagrams.minus(native, matched),
            Filter::Last => diagrams.and(native, matched),
        }
    }

    /// The numbers a filter decides about without an entry.
    pub(crate) fn above_ceiling(&self, diagrams: &mut Diagrams) -> Result<Set, TooComplex> {
        match self.filter {
            Filter::First => diagrams.at_least(Field::NUMBER, u64::from(self.newest) + 1),
            Filter::Last => Ok(Set::EMPTY),
        }
    }

    /// The entry that speaks of a number, and whose conditions come closest to matching: where to look first.
    pub(crate) fn nearest(&self, call: &Call) -> Option<(usize, usize)> {
        let named = || self.rules.iter().filter(|rule| rule.number == call.number);
        named().find(|rule| rule.matches(call)).or_else(|| named().next()).map(|rule| rule.place)
    }
}

impl Declaration<'_> {
    fn matches(&self, call: &Call) -> bool {
        self.number == call.number && self.when.iter().all(|condition| condition.holds(call))
    }

    pub(crate) fn set(&self, diagrams: &mut Diagrams) -> Result<Set, TooComplex> {
        let mut set = diagrams.equal(Field::NUMBER, self.number.into())?;
        for condition in self.when {
            let holds = condition.set(diagrams)?;
            set = diagrams.and(set, holds)?;
        }
        Ok(set)
    }
}

impl Condition {
    /// Whether it holds for a call.
    fn holds(&self, call: &Call) -> bool {
        let register = call.arguments.get(usize::from(*self.arg.get_ref())).copied().unwrap_or_default();
        let argument = match self.width {
            Width::Int => register & u64::from(u32::MAX),
            Width::Long => register,
        };
        match self.is {
            Comparison::Equal => argument == self.value,
            Comparison::NotEqual => argument != self.value,
            Comparison::Less => argument < self.value,
            Comparison::LessOrEqual => argument <= self.value,
            Comparison::Greater => argument > self.value,
            Comparison::GreaterOrEqual => argument >= self.value,
            Comparison::Masked => argument & self.mask.unwrap_or(u64::MAX) == self.value,
        }
    }

    /// The calls it holds for.
    fn set(&self, diagrams: &mut Diagrams) -> Result<Set, TooComplex> {
        let register =
            Field::ARGUMENTS.get(usize::from(*self.arg.get_ref())).copied().unwrap_or(Field::ARGUMENTS[5]);
        let field = match self.width {
            Width::Int => register.lower(),
            Width::Long => register,
        };
        let above = |diagrams: &mut Diagrams| match self.value.checked_add(1) {
            Some(next) => diagrams.at_least(field, next),
            None => Ok(Set::EMPTY),
        };
        match self.is {
            Comparison::Equal => diagrams.equal(field, self.value),
            Comparison::NotEqual => {
                let equal = diagrams.equal(field, self.value)?;
                diagrams.not(equal)
            }
            Comparison::Greater => above(diagrams),
            Comparison::LessOrEqual => {
                let above = above(diagrams)?;
                diagrams.not(above)
            }
            Comparison::GreaterOrEqual => diagrams.at_least(field, self.value),
            Comparison::Less => {
                let others = diagrams.at_least(field, self.value)?;
                diagrams.not(others)
            }
            Comparison::Masked => diagrams.masked(field, self.mask.unwrap_or(u64::MAX), self.value),
        }
    }
}
