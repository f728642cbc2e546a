//! A system call and its arguments, as they are named on the command line.

use super::super::Failure;
use policies::{Arch, syscalls};

/// Nearest names that are offered for one that does not exist.
const OFFERED: usize = 5;

/// A register: what is negative is written in two's complement.
pub(super) fn argument(text: &str) -> Result<u64, String> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let magnitude = magnitude.map_err(|error| format!("{error}: a number of 64 bits, as 3 or 0x1000"))?;
    Ok(if sign < 0 { magnitude.wrapping_neg() } else { magnitude })
}

/// Name and number of a call that is given by either.
pub(super) fn find(call: &str, arch: Arch) -> Result<(String, u32), Failure> {
    if let Ok(number) = call.parse::<u32>() {
        return Ok((syscalls::name(number, arch).unwrap_or("a number without a name").to_owned(), number));
    }
    if let Some(number) = syscalls::number(call, arch) {
        return Ok((call.to_owned(), number));
    }
    let elsewhere = Arch::ALL.into_iter().find(|&other| syscalls::number(call, other).is_some());
    let near = catalog::nearest(call, syscalls::all(arch).map(|(_, name)| name), OFFERED);
    let advice = match elsewhere {
        Some(other) => format!("It is one of {}: add --arch {}", other.name(), other.name()),
        None if near.is_empty() => "Name it as its manual page does, or by its number".into(),
        None => format!("Did you mean {}?", near.join(", ")),
    };
    Err(Failure::operator(format!("{} has no system call {call:?}. {advice}", arch.name())))
}

#[cfg(test)]
mod tests {
    use super::argument;

    #[test]
    fn arguments_are_registers() {
        assert_eq!(argument("3"), Ok(3));
        assert_eq!(argument("0x1000"), Ok(4096));
        assert_eq!(argument("-1"), Ok(u64::MAX));
        assert_eq!(argument("-0x2"), Ok(u64::MAX - 1));
        assert!(argument("three").is_err());
    }
}
