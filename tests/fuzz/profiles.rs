//! An operator's profile: every text is either refused at a place in it, or compiles for every architecture into
//! filters that the kernel takes.

#![no_main]

use jail_spec::{Identity, MAX_FILTER_INSTRUCTIONS};
use libfuzzer_sys::fuzz_target;
use policies::{Arch, Profile, RunLimits};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let profile = match Profile::parse("fuzzed.toml", text) {
        Ok(profile) => profile,
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{error} of {lines} lines");
            assert!(error.column >= 1 && !error.problem.is_empty() && !error.remedy.is_empty(), "{error}");
            return;
        }
    };
    for arch in Arch::ALL {
        // Too many rules for the kernel is the one thing that is only known now.
        let Ok(compiled) = profile.compile(arch) else { continue };
        for filter in [&compiled.first_filter, &compiled.last_filter] {
            assert!((1..=MAX_FILTER_INSTRUCTIONS).contains(&filter.len()));
        }
        let identity: Identity = compiled.identity_for(0, 0);
        let limits = RunLimits { cpu_seconds: 1, stack_bytes: 1 << 20 };
        let spec = compiled.jail_spec("fuzzed", 1, identity, limits);
        assert_eq!(spec.check(), Ok(()), "a profile that was accepted makes a spec that is accepted");
    }
});
