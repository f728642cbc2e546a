//! The numbers of system calls and their names, from the kernel's headers and not from the compiler of filters:
//! a wrong number there must not be able to hide itself here.

use crate::seccomp::Arch;

const X86_64: &str = include_str!("../syscalls/x86_64.txt");
const AARCH64: &str = include_str!("../syscalls/aarch64.txt");

/// Every call of an architecture that Linux 6.17 knows: number and name, by number.
pub fn all(arch: Arch) -> impl Iterator<Item = (u32, &'static str)> {
    let table = match arch {
        Arch::X86_64 => X86_64,
        Arch::Aarch64 => AARCH64,
    };
    table.lines().filter_map(|line| {
        let (number, name) = line.split_once(' ')?;
        Some((number.parse().ok()?, name))
    })
}

/// The number of a call.
#[must_use]
pub fn number(call: &str, arch: Arch) -> Option<u32> {
    all(arch).find_map(|(number, name)| (name == call).then_some(number))
}

/// The name of a number.
#[must_use]
pub fn name(number: u32, arch: Arch) -> Option<&'static str> {
    all(arch).find_map(|(one, name)| (one == number).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::{all, name, number};
    use crate::seccomp::{self, Arch};

    #[test]
    fn the_table_and_the_compiler_agree_on_every_number_both_know() {
        for (arch, most) in [(Arch::X86_64, 30), (Arch::Aarch64, 30)] {
            let unknown: Vec<&str> = all(arch)
                .filter(|(number, name)| {
                    let compiler = seccomp::number(name, arch);
                    assert!(compiler.is_none_or(|compiler| compiler == *number), "{name} on {}", arch.name());
                    compiler.is_none()
                })
                .map(|(_, name)| name)
                .collect();
            assert!(unknown.len() <= most, "{}: the compiler lacks {unknown:?}", arch.name());
        }
    }

    #[test]
    fn numbers_and_names_are_inverse_and_sorted() {
        for arch in Arch::ALL {
            let mut last = None;
            for (one, called) in all(arch) {
                assert!(last < Some(one), "{called}");
                last = Some(one);
                assert_eq!((number(called, arch), name(one, arch)), (Some(one), Some(called)));
            }
        }
        assert_eq!((number("read", Arch::X86_64), number("read", Arch::Aarch64)), (Some(0), Some(63)));
        assert_eq!(name(4096, Arch::X86_64), None);
    }
}
