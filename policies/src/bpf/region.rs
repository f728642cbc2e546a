//! A set of calls in words: one row per call, and with which arguments.
//!
//! The rows follow from the set alone, not from the filter it came from: two filters that permit the same have the
//! same rows.

use super::call::{Call, audit_arch, number_text};
use super::diagram::{Diagrams, Field, Set, TooComplex};
use crate::seccomp::Arch;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Most rows, and most alternatives in one row: more could not be read.
const MAX_ROWS: usize = 4096;

/// Most intervals of one argument; a set with more is written with masks.
const MAX_INTERVALS: usize = 16;

/// A call, or consecutive numbers without names, and the arguments with which it is in the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The call's name, or what stands for it.
    pub call: String,
    /// First and last number.
    pub numbers: (u32, u32),
    /// Alternatives, each of conditions that hold together; empty: any arguments.
    pub when: Vec<Vec<String>>,
}

impl Reach {
    /// `arg0 (int) = 3, or arg1 = 0`; `any arguments` without a condition.
    #[must_use]
    pub fn conditions(&self) -> String {
        if self.when.is_empty() {
            return "any arguments".into();
        }
        self.when.iter().map(|all| all.join(" and ")).collect::<Vec<_>>().join(", or ")
    }
}

/// The rows of a set, by number. Calls through an entry of another architecture are one row at the end.
///
/// # Errors
/// When there are too many to be read.
pub fn reaches(diagrams: &mut Diagrams, set: Set, arch: Arch) -> Result<Vec<Reach>, TooComplex> {
    let native = diagrams.native(arch)?;
    let foreign = diagrams.minus(set, native)?;
    let inside = walk(diagrams, set, Field::ARCH, u64::from(audit_arch(arch)));
    let runs = runs(diagrams, inside, Field::NUMBER, MAX_ROWS).ok_or(too_many())?;
    let mut rows = Vec::new();
    for (first, last, arguments) in runs.into_iter().filter(|(_, _, arguments)| !arguments.is_empty()) {
        let mut when = Vec::new();
        alternatives(diagrams, arguments, 0, &mut Vec::new(), &mut when)?;
        if when == [Vec::<String>::new()] {
            when.clear();
        }
        rows.extend(named(first, last, arch).into_iter().map(|(call, numbers)| Reach {
            call,
            numbers,
            when: when.clone(),
        }));
    }
    rows.extend(diagrams.example(foreign).map(|call| foreign_row(&call)));
    Ok(rows)
}

const fn too_many() -> TooComplex {
    TooComplex { what: "rows", limit: MAX_ROWS }
}

fn foreign_row(call: &Call) -> Reach {
    let example = format!("for example number {} through architecture {:#x}", call.number, call.arch);
    Reach {
        call: "calls of another architecture".into(),
        numbers: (call.number, call.number),
        when: vec![vec![example]],
    }
}

/// What is left of a set when a field that comes first is known.
fn walk(diagrams: &Diagrams, set: Set, field: Field, value: u64) -> Set {
    let mut at = set;
    loop {
        let (variable, low, high) = diagrams.split(at);
        if variable >= field.end() {
            return at;
        }
        at = if value >> (field.end() - 1 - variable) & 1 == 1 { high } else { low };
    }
}

type Run = (u64, u64, Set);

/// The values of a field in consecutive runs with the same rest; nothing when there are more than `limit`.
fn runs(diagrams: &Diagrams, set: Set, field: Field, limit: usize) -> Option<Vec<Run>> {
    let mut found: Vec<Run> = Vec::new();
    // Highest first on the stack, so that runs are found in order.
    let mut open = vec![(set, 0_u64, field.bits())];
    while let Some((set, prefix, left)) = open.pop() {
        let (variable, low, high) = diagrams.split(set);
        if variable >= field.end() {
            let first = if left == 64 { 0 } else { prefix << left };
            let last = if left == 0 { first } else { first | u64::MAX >> (64 - left) };
            match found.last_mut() {
                Some(run) if run.2 == set => run.1 = last,
                _ => found.push((first, last, set)),
            }
            if found.len() > limit {
                return None;
            }
            continue;
        }
        let here = variable == field.end() - left;
        let (low, high) = if here { (low, high) } else { (set, set) };
        open.push((high, prefix << 1 | 1, left - 1));
        open.push((low, prefix << 1, left - 1));
    }
    Some(found)
}

/// Names one by one, and what lies between them as ranges.
fn named(first: u64, last: u64, arch: Arch) -> Vec<(String, (u32, u32))> {
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let (first, last) = (narrow(first), narrow(last));
    let range = |from: u32, to: u32| {
        let text = if from == to { format!("number {from}") } else { format!("numbers {from} to {to}") };
        (text, (from, to))
    };
    let mut rows = Vec::new();
    let mut next = Some(first);
    for (number, name) in crate::syscalls::all(arch).filter(|(number, _)| (first..=last).contains(number)) {
        rows.extend(next.filter(|&from| from < number).map(|from| range(from, number - 1)));
        rows.push((name.to_owned(), (number, number)));
        next = number.checked_add(1);
    }
    rows.extend(next.filter(|&from| from <= last).map(|from| range(from, last)));
    rows
}

const FIELDS: [(&str, Field); 7] = [
    ("arg0", Field::ARGUMENTS[0]),
    ("arg1", Field::ARGUMENTS[1]),
    ("arg2", Field::ARGUMENTS[2]),
    ("arg3", Field::ARGUMENTS[3]),
    ("arg4", Field::ARGUMENTS[4]),
    ("arg5", Field::ARGUMENTS[5]),
    ("instruction pointer", Field::INSTRUCTION_POINTER),
];

/// Splits a set by what its first field allows to follow; each way to the end is one alternative.
fn alternatives(
    diagrams: &mut Diagrams,
    set: Set,
    field: usize,
    conditions: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> Result<(), TooComplex> {
    let Some(&(name, bits)) = FIELDS.get(field) else {
        if found.len() >= MAX_ROWS {
            return Err(too_many());
        }
        found.push(conditions.clone());
        return Ok(());
    };
    for rest in rests(diagrams, set, bits) {
        let values = values(diagrams, set, bits, rest, &mut HashMap::new())?;
        let condition = describe(diagrams, values, name, bits)?;
        let before = conditions.len();
        conditions.extend(condition);
        alternatives(diagrams, rest, field + 1, conditions, found)?;
        conditions.truncate(before);
    }
    Ok(())
}

/// What can follow a field, in the order of the smallest value it follows; without the empty set.
fn rests(diagrams: &Diagrams, set: Set, field: Field) -> Vec<Set> {
    let (mut found, mut seen, mut open) = (Vec::new(), std::collections::HashSet::new(), vec![set]);
    while let Some(set) = open.pop() {
        if set.is_empty() || !seen.insert(set) {
            continue;
        }
        let (variable, low, high) = diagrams.split(set);
        if variable >= field.end() {
            found.push(set);
        } else {
            open.extend([high, low]);
        }
    }
    found
}

/// The values of a field that `rest` follows.
fn values(
    diagrams: &mut Diagrams,
    set: Set,
    field: Field,
    rest: Set,
    known: &mut HashMap<Set, Set>,
) -> Result<Set, TooComplex> {
    let (variable, low, high) = diagrams.split(set);
    if variable >= field.end() {
        return Ok(if set == rest { Set::ALL } else { Set::EMPTY });
    }
    if let Some(&values) = known.get(&set) {
        return Ok(values);
    }
    let low = values(diagrams, low, field, rest, known)?;
    let high = values(diagrams, high, field, rest, known)?;
    let result = diagrams.choose(variable, low, high)?;
    known.insert(set, result);
    Ok(result)
}

/// The values of one field in words; nothing when it can be anything.
fn describe(
    diagrams: &mut Diagrams,
    values: Set,
    name: &str,
    field: Field,
) -> Result<Option<String>, TooComplex> {
    if values == Set::ALL {
        return Ok(None);
    }
    let (first, ..) = diagrams.split(values);
    let only_lower = field.bits() == 64 && first >= field.lower().first();
    let (label, field) =
        if only_lower { (format!("{name} (int)"), field.lower()) } else { (name.to_owned(), field) };
    if let Some(runs) = runs(diagrams, values, field, MAX_INTERVALS) {
        return Ok(Some(format!("{label} {}", intervals(&runs, field.largest()))));
    }
    let masks_of = masks(diagrams, values, field)?;
    let complement = diagrams.not(values)?;
    if masks_of.len() > 1
        && let [(mask, value)] = masks(diagrams, complement, field)?.as_slice()
    {
        return Ok(Some(format!("{name} & {} != {}", number_text(*mask), number_text(*value))));
    }
    let texts: BTreeSet<String> = masks_of
        .iter()
        .map(|(mask, value)| format!("{name} & {} = {}", number_text(*mask), number_text(*value)))
        .collect();
    let joined = texts.iter().cloned().collect::<Vec<_>>().join(" or ");
    Ok(Some(if texts.len() == 1 { joined } else { format!("({joined})") }))
}

/// `= 3`, `<= 4`, `in {1, 5..9}` or `not in {…}`, whichever names fewer values.
fn intervals(runs: &[Run], largest: u64) -> String {
    let select = |wanted: Set| -> Vec<(u64, u64)> {
        runs.iter().filter(|(_, _, set)| *set == wanted).map(|(first, last, _)| (*first, *last)).collect()
    };
    let (inside, outside) = (select(Set::ALL), select(Set::EMPTY));
    let one = |&(first, last): &(u64, u64)| {
        if first == last {
            number_text(first)
        } else {
            format!("{}..{}", number_text(first), number_text(last))
        }
    };
    let list = |ranges: &[(u64, u64)]| ranges.iter().map(one).collect::<Vec<_>>().join(", ");
    match (inside.as_slice(), outside.as_slice()) {
        ([(first, last)], _) if first == last => format!("= {}", number_text(*first)),
        ([(0, last)], _) => format!("<= {}", number_text(*last)),
        ([(first, last)], _) if *last == largest => format!(">= {}", number_text(*first)),
        (_, [(first, last)]) if first == last => format!("!= {}", number_text(*first)),
        _ if outside.len() < inside.len() => format!("not in {{{}}}", list(&outside)),
        _ => format!("in {{{}}}", list(&inside)),
    }
}

/// The set as disjoint comparisons under a mask.
fn masks(diagrams: &Diagrams, set: Set, field: Field) -> Result<Vec<(u64, u64)>, TooComplex> {
    let mut found = Vec::new();
    let mut open = vec![(set, 0_u64, 0_u64)];
    while let Some((set, mask, value)) = open.pop() {
        if set == Set::ALL {
            if found.len() >= MAX_ROWS {
                return Err(too_many());
            }
            found.push((mask, value));
        } else if !set.is_empty() {
            let (variable, low, high) = diagrams.split(set);
            let bit = 1 << (field.end() - 1 - variable);
            open.push((high, mask | bit, value | bit));
            open.push((low, mask | bit, value));
        }
    }
    Ok(found)
}
