//! The cgroup of one launch: what is delegated to the caller, and the proof that nothing was left behind.
//!
//! Whatever the binaries start stays inside, whoever its parent is by then. A group with a process or a leaf
//! in it cannot be removed: so removing it is the check.

use crate::caller::{Caller, harness_is_root};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const ROOT: &str = "/sys/fs/cgroup";
const V1_CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// The files of a group that its owner must be able to write (cgroups(7), "Delegation").
const DELEGATED_FILES: [&str; 4] = ["cgroup.procs", "tasks", "cgroup.threads", "cgroup.subtree_control"];
/// How long the kernel and the binaries may take to let go of a group.
const PATIENCE: Duration = Duration::from_secs(5);

static PLACES: AtomicU32 = AtomicU32::new(1);

/// The groups of one launch: one on cgroup v2, one per controller on v1.
#[derive(Debug)]
pub struct Place {
    name: String,
    groups: Vec<PathBuf>,
}

impl Place {
    /// A group for one launch, delegated to `caller`. An ordinary user cannot make one: its launches stay where
    /// the harness is.
    ///
    /// # Errors
    /// When a group cannot be made.
    pub fn new(caller: Caller) -> Result<Self, String> {
        let name =
            format!("oubliette-test-{}-{}", std::process::id(), PLACES.fetch_add(1, Ordering::Relaxed));
        let mut place = Self { name, groups: Vec::new() };
        if !harness_is_root() {
            return Ok(place);
        }
        for parent in parents() {
            let group = parent.join(&place.name);
            let made = fs::create_dir(&group).and_then(|()| delegate(&group, caller));
            place.groups.push(group);
            made.map_err(|error| format!("cannot delegate a cgroup below {}: {error}", parent.display()))?;
        }
        Ok(place)
    }

    /// The group's path from the root of each hierarchy, as a configuration names it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}", self.name)
    }

    /// The `cgroup.procs` files to enter it by.
    #[must_use]
    pub fn procs(&self) -> Vec<String> {
        self.groups.iter().map(|group| group.join("cgroup.procs").display().to_string()).collect()
    }

    /// Every process in it and below, by id.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        self.groups.first().map(|group| processes_below(group)).unwrap_or_default()
    }

    /// How many groups there are below it, the one that a supervisor on v2 steps aside into left out.
    #[must_use]
    pub fn leaves(&self) -> usize {
        let below = self.groups.iter().flat_map(|group| children(group));
        below.filter(|group| !group.ends_with("supervisor")).count()
    }

    /// Removes it.
    ///
    /// # Errors
    /// When a process or a leaf is left in it.
    pub fn remove(&mut self) -> Result<(), String> {
        self.remove_within(PATIENCE)
    }

    /// Removes it, as soon as it is empty.
    ///
    /// # Errors
    /// When a process or a leaf is left in it after this time.
    pub fn remove_within(&mut self, patience: Duration) -> Result<(), String> {
        let begun = Instant::now();
        while let Some(group) = self.groups.last() {
            // What a supervisor may keep for its life: on v2 it steps aside into a group of its own.
            let _ = fs::remove_dir(group.join("supervisor"));
            match fs::remove_dir(group) {
                Ok(()) => {}
                Err(_) if begun.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                Err(error) => {
                    return Err(format!("left behind in {}: {} ({error})", group.display(), contents(group)));
                }
            }
            self.groups.pop();
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for group in &self.groups {
            // A supervisor that was killed could not remove its leaves.
            for group in children(group).iter().chain([group]) {
                let _ = fs::remove_dir(group);
            }
        }
    }
}

/// Why an ordinary user's launches, which stay where the harness is, could make no leaf there.
pub(crate) fn undelegated() -> Option<String> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let unified = Path::new(ROOT).join("cgroup.controllers").exists();
    let of = |controller: &str| {
        let mut fields = own.lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
        fields
            .find(|fields| fields.get(1).is_some_and(|names| names.split(',').any(|name| name == controller)))
    };
    let delegated = |controller: &str, mount: PathBuf| {
        let Some(fields) = of(controller) else { return false };
        let group = mount.join(fields[2].trim_start_matches('/'));
        // On v2 leaves stand beside the harness: a group with members cannot pass its controllers on.
        let parent = if unified { group.parent().map(Path::to_path_buf).unwrap_or_default() } else { group };
        let probe = parent.join(format!("oubliette-test-{}", std::process::id()));
        fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).is_ok()
    };
    let root = Path::new(ROOT);
    let all = if unified {
        delegated("", root.to_path_buf())
    } else {
        V1_CONTROLLERS.iter().all(|controller| delegated(controller, root.join(controller)))
    };
    (!all).then(|| {
        "needs a delegated cgroup: run as root, or by `systemd-run --user --pipe --wait --same-dir -p Delegate=yes \
         -p DelegateSubgroup=supervisor cargo test --workspace`"
            .into()
    })
}

fn parents() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").exists() {
        return vec![root.to_path_buf()];
    }
    V1_CONTROLLERS.iter().map(|controller| root.join(controller)).collect()
}

fn delegate(group: &Path, caller: Caller) -> std::io::Result<()> {
    let Some(owner) = caller.owner() else { return Ok(()) };
    chown(group, Some(owner), Some(owner))?;
    for file in DELEGATED_FILES.map(|file| group.join(file)) {
        if file.exists() {
            chown(file, Some(owner), Some(owner))?;
        }
    }
    Ok(())
}

fn processes_below(group: &Path) -> Vec<u32> {
    let own = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let mut found: Vec<u32> = own.lines().filter_map(|line| line.parse().ok()).collect();
    found.extend(children(group).iter().flat_map(|child| processes_below(child)));
    found
}

/// Every process that descends from this one, itself included: where there is no cgroup to look into.
#[must_use]
pub fn descendants(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    std::iter::once(process)
        .filter(|id| Path::new(&format!("/proc/{id}")).exists())
        .chain(children.flat_map(descendants))
        .collect()
}

fn children(group: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(group).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn contents(group: &Path) -> String {
    let named = |id: u32| {
        let command = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        format!("process {id} {}", command.trim())
    };
    let processes = processes_below(group).into_iter().map(named);
    let leaves = children(group).into_iter().map(|child| child.display().to_string());
    processes.chain(leaves).collect::<Vec<_>>().join(", ")
}
