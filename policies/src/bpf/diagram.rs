//! Sets of system calls, exactly: reduced ordered binary decision diagrams over the 512 bits a filter can see.
//!
//! Every set that comparisons and masks can describe has one diagram, so two sets are equal when their handles are,
//! a set is empty when its handle says so, and a member is found by walking down. Intervals with mask constraints
//! would need a search for each of these.

use super::call::WORDS;
use crate::seccomp::Arch;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Most nodes of all the diagrams of one analysis: about 15 MB. Ours need less than 50,000.
pub const MAX_NODES: usize = 1 << 18;

const VARIABLES: usize = WORDS * 32;

/// An analysis that would need more than it may use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: more than {limit}. Compare fewer bits of fewer arguments, or split the rules")]
pub struct TooComplex {
    /// What there are too many of.
    pub what: &'static str,
    /// How many are allowed.
    pub limit: usize,
}

/// A set of calls: a handle into the [`Diagrams`] that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Set(u32);

impl Set {
    /// No call.
    pub const EMPTY: Self = Self(0);
    /// Every call.
    pub const ALL: Self = Self(1);

    /// Whether no call is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Consecutive variables that are one number, most significant bit first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    first: u16,
    bits: u16,
}

impl Field {
    /// The architecture of the entry into the kernel.
    pub const ARCH: Self = Self { first: 0, bits: 32 };
    /// The call's number.
    pub const NUMBER: Self = Self { first: 32, bits: 32 };
    /// The six argument registers.
    pub const ARGUMENTS: [Self; 6] = {
        let mut fields = [Self { first: 64, bits: 64 }; 6];
        let mut index = 1;
        while index < 6 {
            fields[index].first = fields[index - 1].first + 64;
            index += 1;
        }
        fields
    };
    /// Where the call was made.
    pub const INSTRUCTION_POINTER: Self = Self { first: 448, bits: 64 };

    /// Which word of `struct seccomp_data` stands where in the order of the variables: the architecture before the
    /// number, each upper half before its lower, the instruction pointer last.
    const WORD_AT: [usize; WORDS] = [1, 0, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14, 3, 2];

    /// The lower 32 bits.
    #[must_use]
    pub const fn lower(self) -> Self {
        if self.bits == 64 { Self { first: self.first + 32, bits: 32 } } else { self }
    }

    const fn upper(self) -> Self {
        Self { first: self.first, bits: 32 }
    }

    /// The word at `index` × 4 bytes of `struct seccomp_data`.
    pub(crate) const fn word(index: usize) -> Self {
        match index {
            0 => Self::NUMBER,
            1 => Self::ARCH,
            2 => Self::INSTRUCTION_POINTER.lower(),
            3 => Self::INSTRUCTION_POINTER.upper(),
            _ if index.is_multiple_of(2) => Self::ARGUMENTS[index / 2 - 2].lower(),
            _ => Self::ARGUMENTS[index / 2 - 2].upper(),
        }
    }

    /// The variable of each bit, least significant first, with the bit's index.
    pub(crate) fn variables(self) -> impl Iterator<Item = (u16, u16)> {
        (0..self.bits).map(move |bit| (bit, self.first + self.bits - 1 - bit))
    }

    pub(crate) const fn bits(self) -> u16 {
        self.bits
    }

    pub(crate) const fn first(self) -> u16 {
        self.first
    }

    pub(crate) const fn end(self) -> u16 {
        self.first + self.bits
    }

    /// The largest number that fits.
    #[must_use]
    pub const fn largest(self) -> u64 {
        u64::MAX >> (64 - self.bits)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    variable: u16,
    low: Set,
    high: Set,
}

/// One call, bit by bit.
#[derive(Debug)]
pub(crate) struct Assignment([bool; VARIABLES]);

impl Assignment {
    pub(crate) fn value(&self, field: Field) -> u64 {
        field
            .variables()
            .filter(|(_, variable)| self.0[usize::from(*variable)])
            .map(|(bit, _)| 1 << bit)
            .sum()
    }
}

/// Where diagrams live; every diagram is in it once.
#[derive(Debug)]
pub struct Diagrams {
    nodes: Vec<Node>,
    unique: HashMap<Node, Set, Fast>,
    intersections: HashMap<(Set, Set), Set, Fast>,
    complements: HashMap<Set, Set, Fast>,
}

impl Default for Diagrams {
    fn default() -> Self {
        // Never looked into: their variable is behind every other.
        let terminal = |set| Node { variable: u16::MAX, low: set, high: set };
        Self {
            nodes: vec![terminal(Set::EMPTY), terminal(Set::ALL)],
            unique: HashMap::default(),
            intersections: HashMap::default(),
            complements: HashMap::default(),
        }
    }
}

impl Diagrams {
    fn node(&self, set: Set) -> Node {
        self.nodes[set.0 as usize]
    }

    /// The first variable a set depends on, and the sets that are left where it is 0 and 1; `u16::MAX` for the
    /// empty and the full set.
    pub(crate) fn split(&self, set: Set) -> (u16, Set, Set) {
        let Node { variable, low, high } = self.node(set);
        (variable, low, high)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The calls in `low` where the variable is 0 and in `high` where it is 1; both depend on later variables only.
    pub(crate) fn choose(&mut self, variable: u16, low: Set, high: Set) -> Result<Set, TooComplex> {
        if low == high {
            return Ok(low);
        }
        let node = Node { variable, low, high };
        if let Some(&set) = self.unique.get(&node) {
            return Ok(set);
        }
        if self.nodes.len() >= MAX_NODES {
            return Err(TooComplex { what: "nodes in the decision diagrams", limit: MAX_NODES });
        }
        let set = Set(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        self.unique.insert(node, set);
        Ok(set)
    }

    /// Calls in both.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`], as with every operation here.
    pub fn and(&mut self, left: Set, right: Set) -> Result<Set, TooComplex> {
        match (left, right) {
            (Set::EMPTY, _) | (_, Set::EMPTY) => return Ok(Set::EMPTY),
            (Set::ALL, other) | (other, Set::ALL) => return Ok(other),
            _ if left == right => return Ok(left),
            _ => {}
        }
        let key = if left.0 < right.0 { (left, right) } else { (right, left) };
        if let Some(&set) = self.intersections.get(&key) {
            return Ok(set);
        }
        let (one, other) = (self.node(left), self.node(right));
        let variable = one.variable.min(other.variable);
        let at =
            |set: Set, node: Node| if node.variable == variable { (node.low, node.high) } else { (set, set) };
        let ((low, high), (other_low, other_high)) = (at(left, one), at(right, other));
        let low = self.and(low, other_low)?;
        let high = self.and(high, other_high)?;
        let set = self.choose(variable, low, high)?;
        self.intersections.insert(key, set);
        Ok(set)
    }

    /// Calls that are not in the set.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn not(&mut self, set: Set) -> Result<Set, TooComplex> {
        match set {
            Set::EMPTY => return Ok(Set::ALL),
            Set::ALL => return Ok(Set::EMPTY),
            _ => {}
        }
        if let Some(&complement) = self.complements.get(&set) {
            return Ok(complement);
        }
        let node = self.node(set);
        let low = self.not(node.low)?;
        let high = self.not(node.high)?;
        let complement = self.choose(node.variable, low, high)?;
        self.complements.insert(set, complement);
        self.complements.insert(complement, set);
        Ok(complement)
    }

    /// Calls in at least one.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn or(&mut self, left: Set, right: Set) -> Result<Set, TooComplex> {
        let (left, right) = (self.not(left)?, self.not(right)?);
        let neither = self.and(left, right)?;
        self.not(neither)
    }

    /// Calls in the first and not in the second.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn minus(&mut self, left: Set, right: Set) -> Result<Set, TooComplex> {
        let right = self.not(right)?;
        self.and(left, right)
    }

    /// Calls whose field has these bits where the mask has a one; none when `value` has bits outside the mask.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn masked(&mut self, field: Field, mask: u64, value: u64) -> Result<Set, TooComplex> {
        if value & !(mask & field.largest()) != 0 {
            return Ok(Set::EMPTY);
        }
        let mut set = Set::ALL;
        for (bit, variable) in field.variables().filter(|(bit, _)| mask >> bit & 1 == 1) {
            let one = value >> bit & 1 == 1;
            set = if one {
                self.choose(variable, Set::EMPTY, set)?
            } else {
                self.choose(variable, set, Set::EMPTY)?
            };
        }
        Ok(set)
    }

    /// Calls whose field is this number.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn equal(&mut self, field: Field, value: u64) -> Result<Set, TooComplex> {
        self.masked(field, u64::MAX, value)
    }

    /// Calls whose field is this number or larger.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn at_least(&mut self, field: Field, value: u64) -> Result<Set, TooComplex> {
        if value > field.largest() {
            return Ok(Set::EMPTY);
        }
        let mut set = Set::ALL;
        for (bit, variable) in field.variables() {
            set = if value >> bit & 1 == 1 {
                self.choose(variable, Set::EMPTY, set)?
            } else {
                self.choose(variable, set, Set::ALL)?
            };
        }
        Ok(set)
    }

    /// The member of a set whose bits, in the order of the variables, are the smallest.
    pub(crate) fn witness(&self, set: Set) -> Option<Assignment> {
        let mut bits = [false; VARIABLES];
        let mut at = set;
        while at != Set::ALL {
            if at.is_empty() {
                return None;
            }
            let node = self.node(at);
            let one = node.low.is_empty();
            bits[usize::from(node.variable)] = one;
            at = if one { node.high } else { node.low };
        }
        Some(Assignment(bits))
    }

    /// One call of a set: the smallest by architecture, number and arguments.
    #[must_use]
    pub fn example(&self, set: Set) -> Option<super::Call> {
        self.witness(set).map(|assignment| super::Call::from_assignment(&assignment))
    }

    /// Whether a call is in a set.
    #[must_use]
    pub fn contains(&self, set: Set, call: &super::Call) -> bool {
        let words: [u32; WORDS] = std::array::from_fn(|position| call.word(Field::WORD_AT[position]));
        let mut at = set;
        while at != Set::ALL && !at.is_empty() {
            let node = self.node(at);
            let (word, bit) = (usize::from(node.variable / 32), 31 - node.variable % 32);
            at = if words[word] >> bit & 1 == 1 { node.high } else { node.low };
        }
        at == Set::ALL
    }

    /// Every call through the architecture's own entry.
    ///
    /// # Errors
    /// Beyond [`MAX_NODES`].
    pub fn native(&mut self, arch: Arch) -> Result<Set, TooComplex> {
        self.equal(Field::ARCH, u64::from(super::audit_arch(arch)))
    }
}

/// Multiplies and rotates: the keys are small numbers of our own making, and there are millions of look-ups.
#[derive(Debug, Default)]
struct Mix(u64);

type Fast = BuildHasherDefault<Mix>;

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
