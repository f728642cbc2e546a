//! A guest's cgroup leaf, made as the supervisor makes it: below this process's own group, which the harness has
//! delegated. By hand and for tests only: what the supervisor does is cgroups-rs's work.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ROOT: &str = "/sys/fs/cgroup";
const V1_CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// A leaf cannot be removed while the kernel still finishes its last process.
const REMOVE_TRIES: u32 = 200;
const REMOVE_PAUSE: Duration = Duration::from_millis(2);

/// The leaf of one guest; removed when dropped.
#[derive(Debug)]
pub(crate) struct Leaf {
    groups: Vec<PathBuf>,
}

impl Leaf {
    /// A leaf for one process with so much memory.
    pub(crate) fn make(name: &str, memory_bytes: u64) -> Result<Self, String> {
        let v2 = Path::new(ROOT).join("cgroup.controllers").exists();
        let parents = if v2 { vec![aside()?] } else { own_v1()? };
        // As the supervisor names them: whose, since when it runs (proc_pid_stat(5)), which run.
        let stat = fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let started = fields.split_whitespace().nth(19).unwrap_or_default();
        let name = format!("oubliette-run-{}-{started}-{name}", std::process::id());
        let mut leaf = Self { groups: Vec::new() };
        for parent in parents {
            let group = parent.join(&name);
            fs::create_dir(&group).map_err(|error| format!("mkdir {}: {error}", group.display()))?;
            leaf.groups.push(group);
        }
        let memory = memory_bytes.to_string();
        let limits: &[(&str, &str)] = if v2 {
            &[
                ("memory.max", &memory),
                ("memory.swap.max", "0"),
                ("memory.oom.group", "1"),
                ("pids.max", "1"),
                ("cpu.max", "100000 100000"),
            ]
        } else {
            &[
                ("memory.limit_in_bytes", &memory),
                ("memory.memsw.limit_in_bytes", &memory),
                ("pids.max", "1"),
                ("cpu.cfs_period_us", "100000"),
                ("cpu.cfs_quota_us", "100000"),
            ]
        };
        for (file, value) in limits {
            leaf.limit(file, value)?;
        }
        Ok(leaf)
    }

    /// Sets a limit in the group whose controller has it; kernels without swap accounting lack its file.
    fn limit(&self, file: &str, value: &str) -> Result<(), String> {
        for path in self.groups.iter().map(|group| group.join(file)).filter(|path| path.is_file()) {
            fs::write(&path, value).map_err(|error| format!("write {}: {error}", path.display()))?;
        }
        Ok(())
    }

    /// The open `cgroup.procs` files.
    pub(crate) fn procs(&self) -> Result<Vec<OwnedFd>, String> {
        let open = |group: &PathBuf| {
            let path = group.join("cgroup.procs");
            let file = fs::OpenOptions::new().read(true).write(true).open(&path);
            file.map(OwnedFd::from).map_err(|error| format!("open {}: {error}", path.display()))
        };
        self.groups.iter().map(open).collect()
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        for group in &self.groups {
            for _ in 0..REMOVE_TRIES {
                if fs::remove_dir(group).is_ok() || !group.exists() {
                    break;
                }
                std::thread::sleep(REMOVE_PAUSE);
            }
        }
    }
}

/// This process's own group of a hierarchy: the line of `/proc/self/cgroup` that names it (cgroups(7)).
fn own(hierarchy: &str) -> Result<PathBuf, String> {
    let groups = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let names =
        |line: &str| line.split(':').nth(1).is_some_and(|names| names.split(',').any(|n| n == hierarchy));
    let line =
        groups.lines().find(|line| names(line)).ok_or_else(|| format!("no hierarchy {hierarchy:?}"))?;
    let path = line.splitn(3, ':').nth(2).unwrap_or_default();
    Ok(Path::new(ROOT).join(hierarchy).join(path.trim_start_matches('/')))
}

fn own_v1() -> Result<Vec<PathBuf>, String> {
    V1_CONTROLLERS.iter().map(|controller| own(controller)).collect()
}

/// On v2 a group with members cannot pass its controllers on: this process steps aside, once.
fn aside() -> Result<PathBuf, String> {
    let group = own("")?;
    if group.ends_with("supervisor") {
        return Ok(group.parent().map(Path::to_path_buf).unwrap_or_default());
    }
    let aside = group.join("supervisor");
    let told = |error: std::io::Error| format!("{}: {error}", group.display());
    fs::create_dir_all(&aside).map_err(told)?;
    fs::write(aside.join("cgroup.procs"), std::process::id().to_string()).map_err(told)?;
    fs::write(group.join("cgroup.subtree_control"), "+memory +pids +cpu").map_err(told)?;
    Ok(group)
}
