//! Puts the child into its leaf while it still waits, so that nothing it does is uncounted.

use crate::child::Child;
use crate::error::{Taken, advise, at, at_io, ensure};
use crate::namespaces::Mapped;
use jail_spec::{Leaf, Step, StepError};
use nix::errno::Errno;
use nix::unistd::write;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};

const STEP: Step = Step::Cgroup;

/// First to go when the host runs out of memory (proc_pid_oom_score_adj(5)).
const OOM_SCORE: &str = "1000";

/// Proof: the child is in its leaf, or the operator gave that layer up.
pub(crate) struct Attached(());

/// Writes the child's id into every file of the leaf, then reads each file back.
pub(crate) fn attach(child: &Child, _mapped: Mapped, leaf: &Leaf, files: &[OwnedFd]) -> Taken<Attached> {
    let score = format!("/proc/{}/oom_score_adj", child.pid);
    fs::write(&score, OOM_SCORE).map_err(at_io(STEP, format!("write({score:?}, {OOM_SCORE:?})")))?;
    let score = format!("oom_score_adj {OOM_SCORE}");
    if let Leaf::Lowered(why) = leaf {
        return Ok((Attached(()), format!("LOWERED by the profile: {why}; {score}")));
    }
    for file in files {
        put(child.pid, file)?;
    }
    let groups = read(&format!("/proc/{}/cgroup", child.pid))?;
    let groups: Vec<&str> = groups.lines().filter(|line| !line.ends_with(":/")).collect();
    let joined = format!("process {} in {} cgroup.procs", child.pid, files.len());
    Ok((Attached(()), format!("{joined} ({}); {score}", groups.join(" "))))
}

fn put(pid: i32, file: &OwnedFd) -> Result<(), StepError> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    let path = fs::read_link(&name).unwrap_or_default();
    let advice = [
        (Errno::EACCES, "the supervisor's user must own the leaf and its parent (Delegate=)"),
        (Errno::EBUSY, "the leaf has children or controllers of its own: it must be a leaf"),
        (Errno::ENODEV, "the leaf has been removed"),
        (Errno::EBADF, "the supervisor must open cgroup.procs for writing"),
    ];
    write(file, pid.to_string().as_bytes())
        .map_err(|errno| advise(at(STEP, format!("write({}, \"{pid}\")", path.display()))(errno), &advice))?;
    let members = read(&name)?;
    let joined = members.lines().any(|line| line.parse() == Ok(pid));
    ensure(joined, STEP, format!("{} lists {pid}", path.display()), members.trim())
}

fn read(path: &str) -> Result<String, StepError> {
    fs::read_to_string(path).map_err(at_io(STEP, format!("read({path:?})")))
}
