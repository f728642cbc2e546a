//! `verify` passes for what we ship, and for nothing that differs from it in one byte.

use jail_spec::Instruction;
use policies::bpf::{Action, Call, Program, run};
use policies::{Arch, Fault, Filter, Profile, Verifier, verify};
use std::collections::BTreeMap;

const BUILTIN: &str = include_str!("../profiles/default.toml");

fn builtin() -> Profile {
    Profile::builtin().expect("the built-in profile")
}

fn filter(filter: Filter, arch: Arch) -> Vec<Instruction> {
    builtin().compile(arch).expect("compiles").filter(filter).to_vec()
}

#[test]
fn the_compiled_filters_are_the_profile_for_every_call() {
    let profile = builtin();
    for arch in Arch::ALL {
        let compiled = profile.compile(arch).expect("compiles");
        for result in verify(&profile, &compiled, arch).expect("can be evaluated") {
            assert_eq!(result.findings, [], "{} {}", arch.name(), result.filter);
            assert_eq!(result.instructions, compiled.filter(result.filter).len());
            assert!(result.paths > 6, "{result:?}");
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

/// One byte of one instruction of a filter, exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flip {
    at: usize,
    byte: usize,
    value: u8,
}

/// The flips that `verify` has nothing to say about.
fn survivors(profile: &Profile, which: Filter, arch: Arch, flips: &[Flip]) -> Vec<Flip> {
    let original = filter(which, arch);
    let mut verifier = Verifier::new(profile, which, arch).expect("can be evaluated");
    let mut mutant = original.clone();
    let mut found = Vec::new();
    for &flip in flips {
        mutant[flip.at] = with_byte(original[flip.at], flip.byte, flip.value);
        if mutant != original && verifier.verify(&mutant).expect("can be evaluated").findings.is_empty() {
            found.push(flip);
        }
        mutant[flip.at] = original[flip.at];
    }
    found
}

/// On both processors.
fn survivors_of(which: Filter, arch: Arch, flips: &[Flip]) -> Vec<Flip> {
    let profile = builtin();
    let (one, other) = flips.split_at(flips.len() / 2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| survivors(&profile, which, arch, one));
        let other = survivors(&profile, which, arch, other);
        let mut found = one.join().expect("the other half ends");
        found.extend(other);
        found
    })
}

/// Why a flip changes nothing for any call. Whoever is in none of these groups is a fault of `verify`.
fn reason(original: &[Instruction], flip: Flip) -> &'static str {
    let Instruction(code, ..) = original[flip.at];
    match (code, flip.byte) {
        (0x20, 0) if original[flip.at + 1] == Instruction(0x54, 0, 0, 0) => "loads what is cleared at once",
        (0x15, 0) => "compares with X, which is still 0, as the operand was",
        (0x15, 2 | 3) | (0x05, _) => {
            "jumps to another instruction, from which the same calls end the same way"
        }
        (0x06, 0) => "no longer kills, but loads or computes, and the instructions after it kill",
        _ => "unexplained",
    }
}

/// All 255 other values of all 8 bytes of all 24 instructions.
#[test]
fn every_byte_of_the_last_filter_counts() {
    for (arch, equivalent) in [(Arch::X86_64, 29), (Arch::Aarch64, 28)] {
        let original = filter(Filter::Last, arch);
        let flips: Vec<Flip> = (0..original.len())
            .flat_map(|at| {
                (0..8).flat_map(move |byte| (0..=u8::MAX).map(move |value| Flip { at, byte, value }))
            })
            .collect();
        let survivors = survivors_of(Filter::Last, arch, &flips);
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for &flip in &survivors {
            *reasons.entry(reason(&original, flip)).or_default() += 1;
            equal_on_samples(&original, flip, arch);
        }
        println!("{}: {} flips, equivalent: {reasons:?}", arch.name(), flips.len());
        assert_eq!(reasons.get("unexplained"), None, "{survivors:?}");
        assert_eq!(survivors.len(), equivalent, "{survivors:?}");
    }
}

/// A proof by the explorer is believed when the interpreter finds nothing against it.
fn equal_on_samples(original: &[Instruction], flip: Flip, arch: Arch) {
    let mut changed = original.to_vec();
    changed[flip.at] = with_byte(changed[flip.at], flip.byte, flip.value);
    let (one, other) = (Program::new(original), Program::new(&changed));
    let (one, other) = (one.expect("the kernel takes it"), other.expect("the kernel takes it"));
    for number in 0..400 {
        for descriptor in [0, 3, 4, 3 << 32, 3 | 1 << 32, u64::MAX] {
            let mut call = Call::native(arch, number, [descriptor, 0, 0, 0, 0, 0]);
            assert_eq!(run(&one, &call), run(&other, &call), "{flip:?} {call:?}");
            call.arch = 0x4000_0003;
            assert_eq!(run(&one, &call), run(&other, &call), "{flip:?} {call:?}");
        }
    }
}

/// One byte of every instruction, another byte in each: 1,486 and 1,221 changed filters.
#[test]
fn a_byte_of_every_instruction_of_the_first_filter_counts() {
    for (arch, equivalent) in [(Arch::X86_64, 2), (Arch::Aarch64, 3)] {
        let original = filter(Filter::First, arch);
        let flip = |(at, &instruction): (usize, &Instruction)| {
            let byte = at % 8;
            let value = if with_byte(instruction, byte, 1) == instruction { 0 } else { 1 };
            Flip { at, byte, value }
        };
        let flips: Vec<Flip> = original.iter().enumerate().map(flip).collect();
        let survivors = survivors_of(Filter::First, arch, &flips);
        for &flip in &survivors {
            println!("{}: {flip:?}: {}", arch.name(), reason(&original, flip));
            equal_on_samples(&original, flip, arch);
            assert_ne!(reason(&original, flip), "unexplained", "{flip:?}");
        }
        assert_eq!(survivors.len(), equivalent, "{}: {survivors:?}", arch.name());
    }
}

#[test]
fn a_finding_names_the_call_the_line_and_a_witness() {
    let profile = builtin();
    let mut verifier = Verifier::new(&profile, Filter::Last, Arch::X86_64).expect("can be evaluated");
    let mut wider = filter(Filter::Last, Arch::X86_64);
    wider[8].3 = 2;
    let result = verifier.verify(&wider).expect("can be evaluated");
    let [wide, narrow] = result.findings.as_slice() else { panic!("{:?}", result.findings) };
    assert_eq!((wide.fault, narrow.fault), (Fault::TooWide, Fault::TooNarrow));
    let line = BUILTIN.lines().position(|line| line == "calls = [\"read\"]").expect("it is there") + 1;
    assert_eq!(wide.place.as_ref().map(|place| (place.line, place.column)), Some((line, 10)));
    assert!(wide.problem.starts_with("read(2): the filter answers allow, the profile does not permit it"));
    assert_eq!(narrow.witness, Some(Call::native(Arch::X86_64, 0, [3, 0, 0, 0, 0, 0])));
}

/// Other programs that must not pass, each with what is said first.
#[test]
fn each_fault_is_found() {
    let profile = builtin();
    let last = filter(Filter::Last, Arch::X86_64);
    let changed = |change: &dyn Fn(&mut Vec<Instruction>)| {
        let mut program = last.clone();
        change(&mut program);
        program
    };
    let allow = Instruction(6, 0, 0, Action::ALLOW);
    let cases: [(Fault, Vec<Instruction>); 7] = [
        (Fault::Invalid, Vec::new()),
        (Fault::TooWide, vec![allow]),
        (Fault::TooNarrow, vec![Instruction(6, 0, 0, Action::KILL_PROCESS)]),
        (Fault::OtherAnswer, changed(&|program| program[2].3 = 0)),
        (Fault::OtherAnswer, changed(&|program| program[2].3 = Action::KILL_PROCESS | 1)),
        (Fault::Hidden, changed(&|program| program[2].1 = 1)),
        (Fault::Unreachable, changed(&|program| program[22] = allow)),
    ];
    let mut verifier = Verifier::new(&profile, Filter::Last, Arch::X86_64).expect("can be evaluated");
    for (fault, program) in cases {
        let result = verifier.verify(&program).expect("can be evaluated");
        assert_eq!(
            result.findings.first().map(|finding| finding.fault),
            Some(fault),
            "{:?}",
            result.findings
        );
    }
    let open = verifier.verify(&[allow]).expect("can be evaluated");
    for fault in [Fault::TooWide, Fault::Foreign, Fault::X32] {
        assert!(open.findings.iter().any(|finding| finding.fault == fault), "{fault:?}: {:?}", open.findings);
    }
}

#[test]
fn an_entry_that_changes_nothing_is_found_where_it_stands() {
    let entry = "[[seccomp.jailer]]\ncalls = [\"prctl\"]\nwhen = [{ arg = 0, width = \"long\", is = \"equal\", value = 1 }]\nwhy = \"again\"\n\n[[limits]]\nresource = \"as\"";
    let text = BUILTIN.replacen("[[limits]]\nresource = \"as\"", entry, 1);
    let profile = Profile::parse("x.toml", &text).expect("well-formed");
    let compiled = profile.compile(Arch::X86_64).expect("compiles");
    let results = verify(&profile, &compiled, Arch::X86_64).expect("can be evaluated");
    let findings: Vec<_> = results.iter().flat_map(|result| &result.findings).collect();
    // The superfluous rule is compiled all the same, and its return is reached by nobody.
    let [only, compiled] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((only.fault, compiled.fault), (Fault::Redundant, Fault::Unreachable));
    let line = text[..text.find(entry).expect("it is there")].matches('\n').count() + 2;
    assert_eq!(only.place.as_ref().map(|place| (place.file.as_str(), place.line)), Some(("x.toml", line)));
}
