//! Layer `leaf`: in a cgroup of its own, with the limits of profile and run.

use super::expectation::Expectation;
use super::process::Process;
use super::row::{Found, Row, Rows, Unproven};
use crate::guest::leaf;
use cgroups_rs::hierarchies::is_cgroup2_unified_mode;
use policies::CgroupLimits;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// First to go when the host runs out of memory: the jailer's own figure.
const OOM_SCORE: &str = "1000";

/// The kernel keeps a memory limit in whole pages.
const PAGE_BYTES: u64 = 4096;

/// One of the groups that make up a leaf: the one of cgroup v2, or one per controller of v1.
struct Group {
    controller: &'static str,
    /// As in `/proc/PID/cgroup`.
    path: String,
    directory: PathBuf,
}

pub(crate) fn rows(guest: &Process, expected: &Expectation<'_>) -> Vec<Row> {
    let mut rows = Rows::of("leaf");
    let score = guest.read("oom_score_adj");
    rows.equal("oom_score_adj", OOM_SCORE, score, "/proc/PID/oom_score_adj");
    let terms = &expected.terms;
    if let Some(why) = &terms.profile.lowered_cgroup {
        rows.equal("given up by the profile", why.clone(), Ok(why.clone()), "[[lowered]] of the profile");
        return rows.rows;
    }
    let groups = guest.read("cgroup");
    let memory = leaf::bytes(terms.limits, &terms.profile.cgroup);
    for group in leaf_groups(expected) {
        let found = groups.clone().map(|groups| group_of(&groups, group.controller).unwrap_or_default());
        let item = format!("{} group", if group.controller.is_empty() { "its" } else { group.controller });
        rows.equal(item, group.path.clone(), found, "/proc/PID/cgroup");
        for (file, value) in group.files(memory, &terms.profile.cgroup) {
            let path = group.directory.join(file);
            rows.equal(file, value, content(&path), &path.display().to_string());
        }
        let members = group.directory.join("cgroup.procs");
        rows.equal("members", guest.pid.to_string(), content(&members), &members.display().to_string());
    }
    rows.rows
}

fn leaf_groups(expected: &Expectation<'_>) -> Vec<Group> {
    let own = expected.supervisor.read("cgroup").unwrap_or_default();
    let unified = [("", Some(PathBuf::from(leaf::UNIFIED)))];
    let controllers = if is_cgroup2_unified_mode() { unified.to_vec() } else { leaf::mounts().to_vec() };
    let group = |(controller, mount): (&'static str, Option<PathBuf>)| {
        let own = group_of(&own, controller).unwrap_or_default();
        // On v2 a supervisor steps aside: its leaves stand beside it.
        let own = own.strip_suffix(leaf::OWN_GROUP).filter(|_| controller.is_empty()).unwrap_or(&own);
        let parent = expected.terms.cgroup.unwrap_or(own).trim_end_matches('/');
        let path = format!("{parent}/{}", expected.leaf);
        let directory = mount.unwrap_or_default().join(path.trim_start_matches('/'));
        Group { controller, path, directory }
    };
    controllers.into_iter().map(group).collect()
}

/// The group of one controller in the text of cgroups(7), `/proc/PID/cgroup`; v2 has one line without a controller.
fn group_of(groups: &str, controller: &str) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (names, path) = (fields.next()?, fields.next()?);
        names.split(',').any(|name| name == controller).then(|| path.to_owned())
    })
}

impl Group {
    /// Its files, and what they must hold. Swap has a file only where the kernel accounts for it.
    fn files(&self, memory: u64, most: &CgroupLimits) -> Vec<(&'static str, String)> {
        let pages = |bytes: u64| (bytes / PAGE_BYTES * PAGE_BYTES).to_string();
        let (quota, period) = (most.cpu_quota_us, most.cpu_period_us);
        let mut files = match self.controller {
            "memory" => vec![
                ("memory.limit_in_bytes", pages(memory)),
                ("memory.memsw.limit_in_bytes", pages(memory.saturating_add(most.swap_bytes))),
            ],
            "pids" => vec![("pids.max", most.processes.to_string())],
            "cpu" => vec![("cpu.cfs_quota_us", quota.to_string()), ("cpu.cfs_period_us", period.to_string())],
            _ => vec![
                ("memory.max", pages(memory)),
                ("memory.swap.max", pages(most.swap_bytes)),
                ("memory.oom.group", u8::from(most.oom_group).to_string()),
                ("pids.max", most.processes.to_string()),
                ("cpu.max", format!("{quota} {period}")),
            ],
        };
        let swap = ["memory.memsw.limit_in_bytes", "memory.swap.max"];
        files.retain(|(file, _)| !swap.contains(file) || self.directory.join(file).exists());
        files
    }
}

fn content(path: &Path) -> Found {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok("there is none".into()),
        Err(error) => Err(Unproven { why: format!("{}: {error}", path.display()), needs: "root".into() }),
    }
}
