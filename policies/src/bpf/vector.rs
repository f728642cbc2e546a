//! A register of which only is known how its bits follow from the call: for each bit, the calls in which it is 1.

use super::diagram::{Diagrams, Field, Set, TooComplex};
use super::operation::{Arithmetic, Test};
use std::rc::Rc;

const BITS: usize = 32;

/// 32 bits, least significant first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vector(Rc<[Set; BITS]>);

type Bits = [Set; BITS];

impl Vector {
    pub(crate) fn constant(value: u32) -> Self {
        let bit = |index: usize| if value >> index & 1 == 1 { Set::ALL } else { Set::EMPTY };
        Self(Rc::new(std::array::from_fn(bit)))
    }

    pub(crate) fn word(diagrams: &mut Diagrams, index: usize) -> Result<Self, TooComplex> {
        let mut bits = [Set::EMPTY; BITS];
        for (bit, variable) in Field::word(index).variables() {
            bits[usize::from(bit)] = diagrams.choose(variable, Set::EMPTY, Set::ALL)?;
        }
        Ok(Self(Rc::new(bits)))
    }

    /// The calls in which it compares true.
    pub(crate) fn test(&self, diagrams: &mut Diagrams, test: Test, right: &Self) -> Result<Set, TooComplex> {
        match test {
            Test::Equal => equal(diagrams, &self.0, &right.0),
            Test::GreaterOrEqual => at_least(diagrams, &self.0, &right.0),
            Test::Greater => {
                let at_most = at_least(diagrams, &right.0, &self.0)?;
                diagrams.not(at_most)
            }
            Test::AnyBit => {
                let mut any = Set::EMPTY;
                for (&left, &right) in self.0.iter().zip(right.0.iter()).rev() {
                    let both = diagrams.and(left, right)?;
                    any = diagrams.or(any, both)?;
                }
                Ok(any)
            }
        }
    }

    pub(crate) fn compute(
        &self,
        diagrams: &mut Diagrams,
        arithmetic: Arithmetic,
        right: &Self,
    ) -> Result<Self, TooComplex> {
        let (left, right) = (&*self.0, &*right.0);
        let bits = match arithmetic {
            Arithmetic::And => zip(diagrams, left, right, Diagrams::and)?,
            Arithmetic::Or => zip(diagrams, left, right, Diagrams::or)?,
            Arithmetic::Xor => zip(diagrams, left, right, different)?,
            Arithmetic::Add => add(diagrams, left, right, Set::EMPTY)?,
            Arithmetic::Subtract => subtract(diagrams, left, right)?,
            Arithmetic::Multiply => multiply(diagrams, left, right)?,
            Arithmetic::Divide => divide(diagrams, left, right)?,
            Arithmetic::ShiftLeft => shift(diagrams, left, right, |bits, by| {
                std::array::from_fn(|bit| if bit < by { Set::EMPTY } else { bits[bit - by] })
            })?,
            Arithmetic::ShiftRight => shift(diagrams, left, right, |bits, by| {
                std::array::from_fn(|bit| bits.get(bit + by).copied().unwrap_or(Set::EMPTY))
            })?,
        };
        Ok(Self(Rc::new(bits)))
    }

    pub(crate) fn negated(&self, diagrams: &mut Diagrams) -> Result<Self, TooComplex> {
        Ok(Self(Rc::new(subtract(diagrams, &[Set::EMPTY; BITS], &self.0)?)))
    }

    /// Its value in one call out of `set`, and the calls of `set` in which it has that value.
    pub(crate) fn some_value(&self, diagrams: &mut Diagrams, set: Set) -> Result<(u32, Set), TooComplex> {
        let (mut value, mut calls) = (0, set);
        for (index, &bit) in self.0.iter().enumerate() {
            let ones = diagrams.and(calls, bit)?;
            if ones.is_empty() {
                calls = diagrams.minus(calls, bit)?;
            } else {
                calls = ones;
                value |= 1 << index;
            }
        }
        Ok((value, calls))
    }
}

fn zip(
    diagrams: &mut Diagrams,
    left: &Bits,
    right: &Bits,
    mut each: impl FnMut(&mut Diagrams, Set, Set) -> Result<Set, TooComplex>,
) -> Result<Bits, TooComplex> {
    let mut bits = [Set::EMPTY; BITS];
    for (bit, (&left, &right)) in bits.iter_mut().zip(left.iter().zip(right)) {
        *bit = each(diagrams, left, right)?;
    }
    Ok(bits)
}

fn different(diagrams: &mut Diagrams, left: Set, right: Set) -> Result<Set, TooComplex> {
    let one = diagrams.minus(left, right)?;
    let other = diagrams.minus(right, left)?;
    diagrams.or(one, other)
}

/// `high` in the calls of `condition`, `low` in the others.
fn either(diagrams: &mut Diagrams, condition: Set, high: Set, low: Set) -> Result<Set, TooComplex> {
    let one = diagrams.and(condition, high)?;
    let other = diagrams.minus(low, condition)?;
    diagrams.or(one, other)
}

fn equal(diagrams: &mut Diagrams, left: &Bits, right: &Bits) -> Result<Set, TooComplex> {
    let mut same = Set::ALL;
    for (&left, &right) in left.iter().zip(right) {
        let different = different(diagrams, left, right)?;
        same = diagrams.minus(same, different)?;
    }
    Ok(same)
}

fn at_least(diagrams: &mut Diagrams, left: &Bits, right: &Bits) -> Result<Set, TooComplex> {
    let mut holds = Set::ALL;
    for (&left, &right) in left.iter().zip(right) {
        let different = different(diagrams, left, right)?;
        holds = either(diagrams, different, left, holds)?;
    }
    Ok(holds)
}

fn add(diagrams: &mut Diagrams, left: &Bits, right: &Bits, mut carry: Set) -> Result<Bits, TooComplex> {
    zip(diagrams, left, right, |diagrams, left, right| {
        let one = different(diagrams, left, right)?;
        let sum = different(diagrams, one, carry)?;
        carry = either(diagrams, one, carry, left)?;
        Ok(sum)
    })
}

fn subtract(diagrams: &mut Diagrams, left: &Bits, right: &Bits) -> Result<Bits, TooComplex> {
    let complement = zip(diagrams, right, right, |diagrams, bit, _| diagrams.not(bit))?;
    add(diagrams, left, &complement, Set::ALL)
}

fn multiply(diagrams: &mut Diagrams, left: &Bits, right: &Bits) -> Result<Bits, TooComplex> {
    let mut product = [Set::EMPTY; BITS];
    for (by, &times) in right.iter().enumerate() {
        let shifted: Bits = std::array::from_fn(|bit| if bit < by { Set::EMPTY } else { left[bit - by] });
        let addend = zip(diagrams, &shifted, &shifted, |diagrams, bit, _| diagrams.and(bit, times))?;
        product = add(diagrams, &product, &addend, Set::EMPTY)?;
    }
    Ok(product)
}

/// Long division; where the divisor is zero the result is never looked at. A remainder stays below its divisor, so a
/// bit that is shifted out says that the divisor fits.
fn divide(diagrams: &mut Diagrams, left: &Bits, right: &Bits) -> Result<Bits, TooComplex> {
    let (mut quotient, mut remainder) = ([Set::EMPTY; BITS], [Set::EMPTY; BITS]);
    for bit in (0..BITS).rev() {
        let shifted_out = remainder[BITS - 1];
        remainder.copy_within(..BITS - 1, 1);
        remainder[0] = left[bit];
        let large = at_least(diagrams, &remainder, right)?;
        let fits = diagrams.or(shifted_out, large)?;
        let less = subtract(diagrams, &remainder, right)?;
        remainder =
            zip(diagrams, &less, &remainder, |diagrams, less, same| either(diagrams, fits, less, same))?;
        quotient[bit] = fits;
    }
    Ok(quotient)
}

/// By the lowest five bits of `right`, one power of two after the other.
fn shift(
    diagrams: &mut Diagrams,
    left: &Bits,
    right: &Bits,
    moved: impl Fn(&Bits, usize) -> Bits,
) -> Result<Bits, TooComplex> {
    let mut bits = *left;
    for (power, &by) in right.iter().enumerate().take(5) {
        let shifted = moved(&bits, 1 << power);
        bits = zip(diagrams, &shifted, &bits, |diagrams, shifted, same| either(diagrams, by, shifted, same))?;
    }
    Ok(bits)
}
