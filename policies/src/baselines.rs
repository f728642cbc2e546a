//! What well-known sandboxes allow, as data: lists of system calls on x86-64, each with its source and how it was read.
//! Nothing here decides anything; it is what `compare` measures a profile by.

use serde::Deserialize;

const FILES: [&str; 7] = [
    include_str!("../baselines/firecracker-vcpu.toml"),
    include_str!("../baselines/openssh-preauth.toml"),
    include_str!("../baselines/crosvm-device.toml"),
    include_str!("../baselines/gvisor-sentry.toml"),
    include_str!("../baselines/chromium-renderer.toml"),
    include_str!("../baselines/systemd-system-service.toml"),
    include_str!("../baselines/docker-default.toml"),
];

/// One list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// As it is asked for.
    pub name: String,
    /// Whose it is.
    pub title: String,
    /// Project and file.
    pub source: String,
    /// Release, or commit and its date.
    pub version: String,
    /// How the list follows from the file.
    pub how: String,
    /// What happens to every other call.
    pub otherwise: String,
    /// How many there are.
    pub count: usize,
    /// Their names, by number. A call that is allowed for some arguments only is one of them.
    pub calls: Vec<String>,
}

/// Every list, the shortest first.
///
/// # Errors
/// Never in a build whose tests pass.
pub fn baselines() -> Result<Vec<Baseline>, String> {
    FILES.iter().map(|text| toml::from_str(text).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::baselines;
    use crate::{Arch, syscalls};

    #[test]
    fn every_list_has_the_calls_it_counts_each_once_and_by_number() {
        let all = baselines().unwrap();
        assert!(all.is_sorted_by_key(|baseline| baseline.count));
        for baseline in &all {
            assert_eq!(baseline.calls.len(), baseline.count, "{}", baseline.name);
            let numbers = baseline.calls.iter().map(|call| {
                syscalls::number(call, Arch::X86_64).unwrap_or_else(|| panic!("{}: {call}", baseline.name))
            });
            let numbers: Vec<u32> = numbers.collect();
            assert!(
                numbers.is_sorted_by(|one, next| one < next),
                "{}: twice, or out of order",
                baseline.name
            );
            let said =
                [&baseline.title, &baseline.source, &baseline.version, &baseline.how, &baseline.otherwise];
            assert!(said.iter().all(|text| !text.is_empty()), "{}", baseline.name);
        }
        let firecracker = all.iter().find(|baseline| baseline.name == "firecracker-vcpu").unwrap();
        assert_eq!(firecracker.count, 27);
    }
}
