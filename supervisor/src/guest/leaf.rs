//! The cgroup leaf of each guest: memory, processes and processor share, limited before it runs.
//!
//! On a cgroup v2 host the leaves stand in a subtree that was delegated to us; on a v1 or hybrid host there is
//! one directory per controller. cgroups-rs knows the files of both. Directories are made and removed here:
//! the crate ignores a directory that it could not make, and on v2 writes to ancestors that are not ours.

use super::owner::Owner;
use super::remover::Remover;
use cgroups_rs::cgroup::Cgroup;
use cgroups_rs::cpu::CpuController;
use cgroups_rs::hierarchies::{V1, V2, is_cgroup2_unified_mode};
use cgroups_rs::memory::MemController;
use cgroups_rs::pid::PidController;
use cgroups_rs::{Controllers, MaxValue};
use guest_protocol::limits::Limits;
use policies::CgroupLimits;
use std::error::Error;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The controllers a leaf must have, by the names v1 mounts them under.
const CONTROLLERS: [(&str, Controllers); 3] =
    [("memory", Controllers::Mem), ("pids", Controllers::Pids), ("cpu", Controllers::Cpu)];

/// Where cgroup v2 is mounted (file-hierarchy(7) and systemd).
pub(crate) const UNIFIED: &str = "/sys/fs/cgroup";

/// Our own processes' place beside the leaves: a v2 group with members cannot pass controllers on
/// ("no internal processes", cgroups(7)).
pub(crate) const OWN_GROUP: &str = "supervisor";

/// A leaf cannot be removed while the kernel still finishes its last process: so long a run's report waits for it,
/// and so long it is tried at all.
const SOON: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);
const REMOVE_PAUSE: Duration = Duration::from_millis(2);

/// Why guests cannot be put into a leaf on this host.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cgroup: {what}: {cause}. {remedy}")]
pub(crate) struct LeafError {
    what: String,
    cause: String,
    remedy: String,
}

const REMEDY_V2: &str = "Start oubliette where a cgroup subtree is delegated to it: as a systemd service with \
    Delegate=cpu memory pids, or by `systemd-run --user --scope -p Delegate=yes oubliette …`; or name a delegated \
    group as [host] cgroup in the configuration";
const REMEDY_V1: &str = "On a cgroup v1 or hybrid host root must hand over one directory per controller: \
    mkdir and chown /sys/fs/cgroup/{memory,pids,cpu}/NAME to this user, and name it as [host] cgroup = \"/NAME\" \
    in the configuration";

/// A directory in which leaves are made: one on v2, one per controller on v1.
#[derive(Debug, Clone)]
struct Parent {
    controller: &'static str,
    mount: PathBuf,
    /// Below the mount, without a leading slash.
    relative: PathBuf,
}

/// What the remover needs that a host may refuse.
const REMEDY_REMOVER: &str = "oubliette starts itself a second time, to clear up after it should it be killed: allow \
    it one more process (TasksMax= in the unit, ulimit -u) and a /proc";

/// Where leaves are made on this host, and who removes them when we cannot.
#[derive(Debug)]
pub(crate) struct Leaves {
    v2: bool,
    parents: Vec<Parent>,
    owner: Owner,
    remover: Remover,
}

impl Leaves {
    /// Finds the place: the configured group, else our own. Starts the remover, and clears leaves that not even a
    /// remover could.
    pub(crate) fn find(configured: Option<&str>) -> Result<Self, LeafError> {
        let v2 = is_cgroup2_unified_mode();
        let parents = if v2 { find_v2(configured)? } else { find_v1(configured)? };
        let owner = Owner::this().map_err(|error| no_remover(&error))?;
        let directories = parents.iter().map(Parent::directory).collect();
        let remover = Remover::start(owner, directories).map_err(|error| no_remover(&error))?;
        remove_abandoned(&parents);
        Ok(Self { v2, parents, owner, remover })
    }

    /// No leaf is made unless there is somebody to remove it.
    pub(crate) fn check_remover(&self) -> Result<(), LeafError> {
        self.remover.check().map_err(|error| no_remover(&error))
    }

    /// A few words for `doctor` and the run's record.
    pub(crate) fn describe(&self) -> String {
        let kind = if self.v2 { "v2" } else { "v1" };
        let places: Vec<String> = self.parents.iter().map(|p| p.directory().display().to_string()).collect();
        format!("cgroup {kind} below {}", places.join(", "))
    }

    /// Makes a leaf and sets its limits: the profile's, and `memory_bytes` for everything in it.
    pub(crate) fn make(&self, run: &str, memory_bytes: u64, most: &CgroupLimits) -> Result<Leaf, LeafError> {
        self.check_remover()?;
        let name = format!("{}{run}", self.owner.prefix());
        let mut leaf = Leaf { v2: self.v2, directories: Vec::new(), cgroups: Vec::new() };
        for parent in &self.parents {
            let directory = parent.directory().join(&name);
            fs::create_dir(&directory)
                .map_err(|error| self.error(format!("mkdir {}", directory.display()), &error))?;
            leaf.directories.push(directory);
            leaf.cgroups.push(self.open(parent, &name));
        }
        leaf.limit(memory_bytes, most).map_err(|(what, error)| self.error(what, &error))?;
        Ok(leaf)
    }

    fn open(&self, parent: &Parent, name: &str) -> Cgroup {
        let path = parent.relative.join(name);
        if self.v2 {
            Cgroup::load(Box::new(V2::new()), path)
        } else {
            Cgroup::load_with_specified_controllers(Box::new(V1::new()), path, vec![parent.controller.into()])
        }
    }

    fn error(&self, what: String, cause: &dyn std::fmt::Display) -> LeafError {
        let remedy = if self.v2 { REMEDY_V2 } else { REMEDY_V1 };
        LeafError { what, cause: cause.to_string(), remedy: remedy.into() }
    }
}

fn find_v2(configured: Option<&str>) -> Result<Vec<Parent>, LeafError> {
    let mount = PathBuf::from(UNIFIED);
    let relative = match configured {
        Some(path) => PathBuf::from(path.trim_start_matches('/')),
        None => own_v2_subtree(&mount)?,
    };
    let parent = Parent { controller: "unified", mount, relative };
    enable_controllers(&parent.directory())?;
    Ok(vec![parent])
}

fn find_v1(configured: Option<&str>) -> Result<Vec<Parent>, LeafError> {
    let own = own_v1_groups()?;
    let mut parents = Vec::new();
    for (name, mount) in mounts() {
        let mount = mount.ok_or_else(|| LeafError {
            what: format!("controller {name}"),
            cause: "not mounted on this host".into(),
            remedy: "Mount it, or boot with cgroup v2".into(),
        })?;
        let path = configured.map_or_else(|| own.get(name).cloned().unwrap_or_default(), str::to_owned);
        let relative = PathBuf::from(path.trim_start_matches('/'));
        parents.push(Parent { controller: name, mount, relative });
    }
    Ok(parents)
}

impl Parent {
    fn directory(&self) -> PathBuf {
        self.mount.join(&self.relative)
    }
}

/// Which limit could not be set, and why.
type Refused = (String, Box<dyn Error>);

/// cgroups-rs writes signed numbers.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What a leaf may hold of memory, bytes: the guest's heap, its stack, and what is beside them.
pub(crate) fn bytes(limits: &Limits, most: &CgroupLimits) -> u64 {
    (limits.memory_bytes + limits.stack_bytes).saturating_add(most.beside_heap_bytes)
}

/// The controllers of a leaf, and where v1 mounts each.
pub(crate) fn mounts() -> [(&'static str, Option<PathBuf>); 3] {
    let hierarchy = V1::new();
    CONTROLLERS.map(|(name, controller)| (name, hierarchy.get_mount_point(controller)))
}

/// One guest's leaf. Removed when dropped; by then its guest must be gone.
#[derive(Debug)]
pub(crate) struct Leaf {
    v2: bool,
    directories: Vec<PathBuf>,
    cgroups: Vec<Cgroup>,
}

impl Leaf {
    /// The open `cgroup.procs` files, for the jailer to write to and to read back.
    pub(crate) fn procs(&self) -> io::Result<Vec<OwnedFd>> {
        let open = |directory: &PathBuf| {
            fs::OpenOptions::new().read(true).write(true).open(directory.join("cgroup.procs"))
        };
        self.directories.iter().map(|directory| open(directory).map(OwnedFd::from)).collect()
    }

    /// Whether the kernel killed in this leaf because its memory was used up.
    pub(crate) fn out_of_memory(&self) -> bool {
        let file = if self.v2 { "memory.events" } else { "memory.oom_control" };
        let count = |text: String| {
            text.lines()
                .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u64>().ok())
                .unwrap_or(0)
        };
        self.directories
            .iter()
            .filter_map(|d| fs::read_to_string(d.join(file)).ok())
            .any(|text| count(text) > 0)
    }

    fn limit(&self, memory_bytes: u64, most: &CgroupLimits) -> Result<(), Refused> {
        for cgroup in &self.cgroups {
            if let Some(memory) = cgroup.controller_of::<MemController>() {
                let bytes = signed(memory_bytes);
                memory.set_limit(bytes).map_err(|error| (format!("memory limit {bytes}"), error.into()))?;
                self.limit_swap(memory, memory_bytes, most.swap_bytes)?;
            }
            if let Some(pids) = cgroup.controller_of::<PidController>() {
                let processes = most.processes;
                pids.set_pid_max(MaxValue::Value(signed(processes)))
                    .map_err(|error| (format!("pids limit {processes}"), error.into()))?;
            }
            if let Some(cpu) = cgroup.controller_of::<CpuController>() {
                let (quota, period) = (most.cpu_quota_us, most.cpu_period_us);
                cpu.set_cfs_quota_and_period(Some(signed(quota)), Some(period))
                    .map_err(|error| (format!("cpu limit of {quota} in {period} us"), error.into()))?;
            }
        }
        if most.oom_group { self.kill_as_one() } else { Ok(()) }
    }

    /// Swap has its own limit, and its file only where the kernel accounts for swap. On v1 the limit counts
    /// memory and swap together.
    fn limit_swap(&self, memory: &MemController, memory_bytes: u64, swap_bytes: u64) -> Result<(), Refused> {
        let (file, limit) = if self.v2 {
            ("memory.swap.max", signed(swap_bytes))
        } else {
            ("memory.memsw.limit_in_bytes", signed(memory_bytes.saturating_add(swap_bytes)))
        };
        if !self.directories.iter().any(|directory| directory.join(file).exists()) {
            return Ok(());
        }
        memory.set_memswap_limit(limit).map_err(|error| (format!("{file} = {limit}"), error.into()))
    }

    /// v2 only: one process over the limit ends all of the leaf. v1 has no such file and one process.
    fn kill_as_one(&self) -> Result<(), Refused> {
        let Some(directory) = self.directories.first().filter(|_| self.v2) else { return Ok(()) };
        fs::write(directory.join("memory.oom.group"), "1")
            .map_err(|error| ("memory.oom.group = 1".into(), error.into()))
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        for cgroup in &self.cgroups {
            let _ = cgroup.kill();
        }
        let mut left = std::mem::take(&mut self.directories);
        if remove(&mut left, SOON) {
            return;
        }
        // On a busy host the kernel takes longer than anybody here should wait; if we end first, the remover goes on.
        let patient = move || remove(&mut left, PATIENCE);
        if let Err(error) = std::thread::Builder::new().name("leaf".into()).spawn(patient) {
            tracing::warn!(%error, "a leaf stays until this supervisor ends");
        }
    }
}

/// Removes these directories; whether all are gone. What cannot be removed at all is left to the remover.
fn remove(directories: &mut Vec<PathBuf>, patience: Duration) -> bool {
    let begun = Instant::now();
    let is_busy = |directory: &PathBuf| {
        fs::remove_dir(directory).is_err_and(|error| error.raw_os_error() == Some(nix::libc::EBUSY))
    };
    loop {
        directories.retain(is_busy);
        if directories.is_empty() || begun.elapsed() >= patience {
            return directories.is_empty();
        }
        std::thread::sleep(REMOVE_PAUSE);
    }
}

/// Leaves of supervisors that are gone, and their removers with them.
fn remove_abandoned(parents: &[Parent]) {
    let directories = parents.iter().filter_map(|parent| fs::read_dir(parent.directory()).ok());
    for entry in directories.flatten().flatten() {
        if Owner::of(&entry.file_name().to_string_lossy()).is_some_and(|owner| !owner.lives()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn no_remover(cause: &io::Error) -> LeafError {
    LeafError {
        what: "start the remover of leaves".into(),
        cause: cause.to_string(),
        remedy: REMEDY_REMOVER.into(),
    }
}

/// Our own v2 group becomes the leaves' parent, so we must first step aside into a group of our own.
fn own_v2_subtree(mount: &Path) -> Result<PathBuf, LeafError> {
    let error = |what: String, cause: &dyn std::fmt::Display| LeafError {
        what,
        cause: cause.to_string(),
        remedy: REMEDY_V2.into(),
    };
    let text =
        fs::read_to_string("/proc/self/cgroup").map_err(|e| error("read /proc/self/cgroup".into(), &e))?;
    let own = text.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let own = Path::new(own);
    if own.file_name().is_some_and(|name| name == OWN_GROUP) {
        return Ok(own.parent().unwrap_or(own).to_path_buf());
    }
    let aside = mount.join(own).join(OWN_GROUP);
    fs::create_dir_all(&aside).map_err(|e| error(format!("mkdir {}", aside.display()), &e))?;
    fs::write(aside.join("cgroup.procs"), std::process::id().to_string())
        .map_err(|e| error(format!("move this process to {}", aside.display()), &e))?;
    Ok(own.to_path_buf())
}

/// Passes the controllers on to the leaves.
fn enable_controllers(directory: &Path) -> Result<(), LeafError> {
    let file = directory.join("cgroup.subtree_control");
    fs::write(&file, "+memory +pids +cpu").map_err(|cause| LeafError {
        what: format!("write \"+memory +pids +cpu\" to {}", file.display()),
        cause: if cause.raw_os_error() == Some(nix::libc::EBUSY) {
            "the group still has other processes in it (a shell, perhaps)".into()
        } else {
            cause.to_string()
        },
        remedy: REMEDY_V2.into(),
    })
}

/// Our own group in each v1 hierarchy, by controller.
fn own_v1_groups() -> Result<std::collections::HashMap<String, String>, LeafError> {
    cgroups_rs::cgroup::get_cgroups_relative_paths().map_err(|error| LeafError {
        what: "read /proc/self/cgroup".into(),
        cause: error.to_string(),
        remedy: "Mount /proc for this process".into(),
    })
}
