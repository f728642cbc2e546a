//! A profile is refused at the place that is wrong, and compiles to what it says.

use policies::{Arch, Profile, ProfileError, RunLimits};

const BUILTIN: &str = include_str!("../profiles/default.toml");

/// The built-in profile with one change, refused; the place is where `at` begins in the changed text.
fn refused(from: &str, to: &str, at: &str) -> ProfileError {
    assert_eq!(BUILTIN.matches(from).count(), 1, "{from:?} must be unique");
    let text = BUILTIN.replace(from, to);
    let error = Profile::parse("x.toml", &text).expect_err("accepted");
    let start = text.find(at).expect("the place is in the text");
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = start - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    assert_eq!((error.line, error.column), (line, column), "{error}");
    error
}

#[test]
fn the_built_in_profile_compiles_for_every_architecture() {
    for arch in Arch::ALL {
        let compiled = Profile::builtin().unwrap().compile(arch).unwrap();
        println!(
            "{}: {} and {} instructions",
            arch.name(),
            compiled.first_filter.len(),
            compiled.last_filter.len()
        );
        assert!(compiled.last_filter.len() < 32);
        assert_eq!(compiled.digests.first_filter.len(), 64);
        let spec =
            compiled.jail_spec("r", 0, compiled.identity, RunLimits { cpu_seconds: 1, stack_bytes: 1 << 23 });
        assert_eq!(spec.limits.len(), 13);
        assert_eq!((spec.ruleset.filesystem, spec.ruleset.network, spec.ruleset.scoped), (0xffff, 3, 3));
    }
}

#[test]
fn numbers_above_the_newest_call_are_killed_before_any_rule() {
    use jail_spec::Instruction;
    let compiled = Profile::builtin().unwrap().compile(Arch::X86_64).unwrap();
    assert_eq!(
        compiled.first_filter[4..6],
        [Instruction(0x25, 0, 1, 334), Instruction(6, 0, 0, 0x8000_0000)]
    );
}

#[test]
fn an_unknown_key_is_refused_where_it_stands() {
    let error = refused("socket = 3", "sockets = 3\nsocket = 3", "sockets");
    assert!(error.problem.contains("unknown field `sockets`"), "{error}");
}

#[test]
fn an_entry_without_a_reason_is_refused_where_it_stands() {
    let why = "why = \"the guest ends itself when its program is done or has used up its memory\"\n";
    let error = refused(why, "", "[[seccomp.guest]]\ncalls = [\"exit_group\"]");
    assert!(error.problem.contains("missing field `why`"), "{error}");
}

#[test]
fn an_empty_reason_is_refused() {
    refused("why = \"no file can grow, not even one in memory\"", "why = \"  \"", "\"  \"");
}

#[test]
fn a_dangerous_permission_needs_a_condition() {
    let error =
        refused("calls = [\"exit_group\"]", "calls = [\"exit_group\", \"mprotect\"]", "\"mprotect\"]\nwhy");
    assert!(error.problem.contains("dangerous"), "{error}");
}

#[test]
fn reading_from_another_descriptor_is_refused() {
    let read = "calls = [\"read\"]\nwhen = [{ arg = 0, width = \"int\", is = \"equal\", value = 3 }]";
    let error = refused(read, &read.replace("value = 3", "value = 0"), "\"read\"");
    assert!(error.remedy.contains("value = 3"), "{error}");
}

#[test]
fn a_call_decided_twice_is_refused() {
    refused("calls = [\"add_key\", ", "calls = [\"keyctl\", \"add_key\", ", "\"keyctl\", \"request_key\"");
}

#[test]
fn a_call_that_one_architecture_lacks_needs_its_name() {
    let error =
        refused("calls = [\"add_key\", ", "calls = [\"fork\", \"add_key\", ", "\"fork\", \"add_key\"");
    assert_eq!(error.problem, "aarch64 has no system call \"fork\"");
    assert_eq!(error.remedy, "put it into an entry with arch = [\"x86_64\"]");
}

#[test]
fn only_the_cgroup_can_be_lowered() {
    let lowered =
        |layer: &str| format!("[[lowered]]\nlayer = \"{layer}\"\nwhy = \"a host without\"\n\n[landlock]");
    let error = refused("[landlock]", &lowered("seccomp"), "\"seccomp\"\nwhy");
    assert!(error.problem.contains("cannot be lowered"), "{error}");
    let profile = Profile::parse("x", &BUILTIN.replace("[landlock]", &lowered("cgroup"))).unwrap();
    assert_eq!(profile.lowered_cgroup(), Some("a host without"));
}

#[test]
fn a_missing_limit_and_an_old_landlock_are_refused() {
    let nice = "[[limits]]\nresource = \"nice\"\nvalue = 0\nwhy = \"no priority above the lowest can be asked for\"\n";
    assert!(refused(nice, "", "\"stack\"\nfrom").problem.contains("Nice is not limited"));
    refused("abi = 6", "abi = 5", "5\nwhy = \"Linux 6.12");
}

#[test]
fn root_is_never_the_guest() {
    refused("uid = 1900000000", "uid = 0", "0\ngid");
}
