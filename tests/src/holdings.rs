//! What a supervisor holds, as the kernel tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// How many descriptors of each kind a process has: sockets, pipes, files by their path.
#[must_use]
pub fn descriptors(process: u32) -> BTreeMap<String, usize> {
    let links = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let mut found = BTreeMap::new();
    for link in links.filter_map(|entry| fs::read_link(entry.path()).ok()) {
        let kind = link.display().to_string().split(':').next().unwrap_or_default().to_owned();
        *found.entry(kind).or_default() += 1;
    }
    found
}

/// How many children of these processes have ended and were not waited for.
#[must_use]
pub fn zombies(processes: &BTreeSet<u32>) -> usize {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let status = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("status")).unwrap_or_default();
    let is_theirs = |status: &String| {
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        status.contains("\nState:\tZ") && parent.is_some_and(|parent| processes.contains(&parent))
    };
    all.map(status).filter(is_theirs).count()
}

/// A figure of `/proc/PROCESS/status` (proc_pid_status(5)), sizes in KiB.
///
/// # Errors
/// When the process has gone, or has no such figure.
pub fn figure(process: u32, name: &str) -> Result<u64, String> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let value = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    value.ok_or_else(|| format!("{path}: no {name}"))
}
