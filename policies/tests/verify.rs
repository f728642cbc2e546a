//! `verify` passes for what we ship, and for nothing that differs from it in one byte.

use jail_spec::Instruction;
use policies::{Arch, Filter, Profile, Verifier, verify};
use std::collections::BTreeMap;
use std::time::Instant;

fn builtin() -> Profile {
    Profile::builtin().expect("the built-in profile")
}

#[test]
fn the_built_in_profile_is_what_its_filters_are() {
    let profile = builtin();
    for arch in Arch::ALL {
        let begun = Instant::now();
        let results =
            verify(&profile, &profile.compile(arch).expect("compiles"), arch).expect("can be evaluated");
        for result in results {
            println!(
                "{} {}: {} {} {} {:?}",
                arch.name(),
                result.filter,
                result.instructions,
                result.paths,
                result.closing,
                begun.elapsed()
            );
            assert_eq!(result.findings, [], "{} {}", arch.name(), result.filter);
        }
    }
}

/// The instruction with one of its eight bytes exchanged for another value.
fn with_byte(instruction: Instruction, byte: usize, value: u8) -> Instruction {
    let Instruction(code, jump_true, jump_false, operand) = instruction;
    let mut bytes = [0; 8];
    bytes[..2].copy_from_slice(&code.to_le_bytes());
    bytes[2..4].copy_from_slice(&[jump_true, jump_false]);
    bytes[4..].copy_from_slice(&operand.to_le_bytes());
    bytes[byte] = value;
    let code = u16::from_le_bytes([bytes[0], bytes[1]]);
    Instruction(code, bytes[2], bytes[3], u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]))
}

#[test]
fn every_byte_of_the_last_filter_counts() {
    let profile = builtin();
    for arch in Arch::ALL {
        let original = profile.compile(arch).expect("compiles").last_filter;
        let mut verifier = Verifier::new(&profile, Filter::Last, arch).expect("can be evaluated");
        let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
        let mut mutant = original.clone();
        let begun = Instant::now();
        for (at, &instruction) in original.iter().enumerate() {
            for byte in 0..8 {
                for value in 0..=u8::MAX {
                    mutant[at] = with_byte(instruction, byte, value);
                    if mutant[at] == instruction {
                        continue;
                    }
                    let result = verifier.verify(&mutant).expect("within bounds");
                    match result.findings.first() {
                        Some(finding) => *faults.entry(finding.fault.id()).or_default() += 1,
                        None => {
                            println!("{at} {byte} {value}: {instruction:?}");
                            *faults.entry("equivalent").or_default() += 1
                        }
                    }
                }
            }
            mutant[at] = instruction;
        }
        println!("{faults:?} {:?}", begun.elapsed());
    }
}
