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

/// The built-in profile's child with these tables.
fn child(tables: &str) -> Result<Profile, ProfileError> {
    Profile::parse(
        "child.toml",
        &format!("name = \"child\"\nwhy = \"a trial\"\nparent = \"default\"\n{tables}"),
    )
}

#[test]
fn a_child_has_what_it_leaves_out_from_its_parent_and_narrows_the_rest() {
    let builtin = Profile::builtin().unwrap();
    assert_eq!(child("").unwrap().compile(Arch::X86_64).unwrap().limits, compiled(&builtin).limits);
    let narrowed = child(
        "[landlock]\nabi = 7\nwhy = \"w\"\n\
         [[limits]]\nresource = \"nofile\"\nvalue = 3\nwhy = \"w\"\n\
         [cgroup.cpu]\nquota_us = 50000\nperiod_us = 100000\nwhy = \"w\"\n\
         [[seccomp.guest]]\ncalls = [\"exit_group\"]\nwhen = [{ arg = 0, width = \"int\", is = \"equal\", value = 0 }]\nwhy = \"w\"\n\
         [[seccomp.jailer]]\ncalls = [\"getpid\"]\nwhy = \"w\"\n\
         [[grants]]\nserver = \"shop\"\ntools = [\"get_order\"]\nverdict = \"allow\"\nwhy = \"w\"\n",
    )
    .unwrap();
    assert_eq!((narrowed.parent_name(), narrowed.guest_entries().len()), (Some("default"), 1));
    assert_eq!(narrowed.jailer_entries().len(), builtin.jailer_entries().len() + 1);
    let (narrow, wide) = (compiled(&narrowed), compiled(&builtin));
    assert_eq!(
        (narrow.limits.len(), narrow.ruleset.abi, narrow.cgroup.cpu_quota_us),
        (wide.limits.len(), 7, 50_000)
    );
    assert_eq!(narrow.cgroup.beside_heap_bytes, wide.cgroup.beside_heap_bytes);
    assert!(matches!(narrow.grants.decide("shop", "get_order"), policies::Verdict::Allowed(_)));
    assert_eq!(narrow.grants.decide("shop", "create_refund"), policies::Verdict::Denied(None));
    assert_ne!(narrowed.digest(), child("").unwrap().digest());
}

fn compiled(profile: &Profile) -> policies::CompiledProfile {
    profile.compile(Arch::X86_64).unwrap()
}

/// What a child may not say; the place is where the last text begins.
const WIDENINGS: [(&str, &str, &str); 15] = [
    ("another identity", "[identity]\nuid = 1900000000\ngid = 100\nwhy = \"w\"", "100\nwhy"),
    ("an older Landlock", "[landlock]\nabi = 6\nwhy = \"w\"", "6\nwhy"),
    ("a higher limit", "[[limits]]\nresource = \"nofile\"\nvalue = 5\nwhy = \"w\"", "5\nwhy"),
    ("a limit that was the run's", "[[limits]]\nresource = \"cpu\"\nvalue = 1\nwhy = \"w\"", "1\nwhy"),
    (
        "a run's limit that was fixed",
        "[[limits]]\nresource = \"stack\"\nfrom = \"run\"\nwhy = \"w\"",
        "\"stack\"",
    ),
    (
        "more memory",
        "[cgroup.memory]\nbeside_heap_bytes = 33554433\nswap_bytes = 0\noom_group = true\nwhy = \"w\"",
        "33554433",
    ),
    (
        "swap",
        "[cgroup.memory]\nbeside_heap_bytes = 33554432\nswap_bytes = 1\noom_group = true\nwhy = \"w\"",
        "1\noom",
    ),
    ("more processors", "[cgroup.cpu]\nquota_us = 60000\nperiod_us = 50000\nwhy = \"w\"", "60000"),
    ("a layer given up", "[[lowered]]\nlayer = \"cgroup\"\nwhy = \"w\"", "\"cgroup\"\nwhy"),
    ("another call", "[[seccomp.guest]]\ncalls = [\"getpid\"]\nwhy = \"w\"", "\"getpid\""),
    (
        "a call with another argument",
        "[[seccomp.guest]]\ncalls = [\"dup3\"]\nwhen = [{ arg = 0, width = \"int\", is = \"equal\", value = 9 }]\nwhy = \"w\"",
        "\"dup3\"",
    ),
    (
        "a higher ceiling",
        "[seccomp.newest]\ncall = \"pidfd_send_signal\"\nwhy = \"w\"",
        "\"pidfd_send_signal\"",
    ),
    (
        "a tool that the parent denies",
        "[[grants]]\nserver = \"shop\"\ntools = [\"create_refund\"]\nverdict = \"allow\"\nwhy = \"w\"",
        "\"shop\"",
    ),
    (
        "every tool, without the parent's denial",
        "[[grants]]\nserver = \"*\"\ntools = [\"*\"]\nverdict = \"allow\"\nwhy = \"w\"",
        "\"*\"\ntools",
    ),
    (
        "a server that the parent does not name",
        "[[grants]]\nserver = \"billing\"\ntools = [\"get_invoice\"]\nverdict = \"allow\"\nwhy = \"w\"",
        "\"billing\"",
    ),
];

#[test]
fn each_widening_is_refused_where_it_stands() {
    let folder = std::env::temp_dir().join(format!("oubliette-policies-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let denial =
        "\n[[grants]]\nserver = \"shop\"\ntools = [\"create_refund\"]\nverdict = \"deny\"\nwhy = \"w\"\n";
    let parent = BUILTIN
        .replace("abi = 6", "abi = 7")
        .replace("resource = \"stack\"\nfrom = \"run\"", "resource = \"stack\"\nvalue = 1048576")
        .replace("server = \"*\"", "server = \"shop\"");
    let parent = parent + denial;
    std::fs::write(folder.join("parent.toml"), parent).unwrap();
    let file = folder.join("child.toml").display().to_string();
    for (name, table, at) in WIDENINGS {
        let text = format!("name = \"c\"\nwhy = \"x\"\nparent = \"parent.toml\"\n{table}\n");
        let error = Profile::parse(&file, &text).expect_err(name);
        let before = &text[..text.find(at).unwrap()];
        let place = (before.matches('\n').count() + 1, before.len() - before.rfind('\n').unwrap());
        assert_eq!(
            (error.rule, (error.line, error.column)),
            (policies::Rule::Widening, place),
            "{name}: {error}"
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_profile_above_itself_and_a_missing_parent_are_refused() {
    let folder = std::env::temp_dir().join(format!("oubliette-parents-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let own = folder.join("own.toml");
    std::fs::write(&own, "name = \"c\"\nwhy = \"x\"\nparent = \"own.toml\"\n").unwrap();
    let error = Profile::load(&own).unwrap_err();
    assert!(error.problem.contains("above itself") && error.line == 3, "{error}");
    std::fs::write(&own, "name = \"c\"\nwhy = \"x\"\nparent = \"nobody.toml\"\n").unwrap();
    let error = Profile::load(&own).unwrap_err();
    assert!(error.problem.contains("nobody.toml") && (error.line, error.column) == (3, 10), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_no_profile_may_choose_is_refused() {
    refused("capabilities = []", "capabilities = [\"CAP_SYS_ADMIN\"]", "[\"CAP_SYS_ADMIN\"]");
    refused("no_new_privs = true", "no_new_privs = false", "false\ndumpable");
    refused("dumpable = false", "dumpable = true", "true\nwhy");
    refused("most = 1", "most = 2", "2\nwhy = \"the guest is the one process of its leaf");
    refused("oom_group = true", "oom_group = false", "false\nwhy = \"32 MiB");
    refused("period_us = 100000", "period_us = 999", "999");
    let error = refused("\"pid\", \"net\"", "\"pid\"", "[\"user\", \"mount\"");
    assert!(error.problem.contains("net"), "{error}");
}

#[test]
fn grants_name_servers_and_tools_by_name() {
    refused("tools = [\"*\"]", "tools = []", "[]\nverdict");
    refused("tools = [\"*\"]", "tools = [\"get_*\"]", "\"get_*\"");
    refused("tools = [\"*\"]", "tools = [\"get\", \"*\"]", "\"*\"]\nverdict");
    refused("server = \"*\"", "server = \"\"", "\"\"\ntools");
}

#[test]
fn the_most_restrictive_of_several_grants_counts() {
    let grants = child(
        "[[grants]]\nserver = \"*\"\ntools = [\"*\"]\nverdict = \"allow\"\nwhy = \"w\"\n\
         [[grants]]\nserver = \"shop\"\ntools = [\"*\"]\nverdict = \"deny\"\nwhy = \"not the shop\"\n\
         [[grants]]\nserver = \"shop\"\ntools = [\"get_order\"]\nverdict = \"allow\"\nwhy = \"w\"\n",
    )
    .unwrap()
    .grants();
    let denied = policies::Verdict::Denied(Some("not the shop".into()));
    assert_eq!(grants.decide("shop", "get_order"), denied);
    for (server, tool) in [("other", "get_order"), ("Shop", "get_order"), ("shop ", "*")] {
        let policies::Verdict::Allowed(allowed) = grants.decide(server, tool) else { panic!("{server}") };
        assert_eq!((allowed.server(), allowed.tool()), (server, tool));
    }
}

#[test]
fn every_fault_of_a_profile_is_told_at_once() {
    let text = BUILTIN.replace("abi = 6", "abi = 5").replace("uid = 1900000000", "uid = 0");
    let error = Profile::parse("x.toml", &text).unwrap_err();
    let lines: Vec<usize> =
        std::iter::once(error.line).chain(error.more.iter().map(|one| one.line)).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.is_sorted(), "{error}");
}

#[test]
fn the_example_in_the_readme_is_a_profile_that_narrows() {
    let readme = include_str!("../README.md");
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let profile = Profile::parse("reader.toml", example).unwrap();
    assert_eq!((profile.name(), profile.parent_name()), ("reader", Some("default")));
    assert_eq!(compiled(&profile).cgroup.cpu_quota_us, 50_000);
    assert_eq!(profile.grants().decide("shop", "create_refund"), policies::Verdict::Denied(None));
}
