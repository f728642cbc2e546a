//! The contract between the supervisor and the jailer.
//!
//! One `SOCK_SEQPACKET` socket is the jailer's standard input. The supervisor sends exactly one message on it:
//! a [`JailSpec`] as JSON, with the descriptors named by [`descriptors`] attached (`SCM_RIGHTS`, unix(7)).
//! The jailer answers with [`Report`]s, one message each: either [`Report::Failed`], or [`Report::Jailed`]
//! followed, when the guest is gone, by [`Report::Ended`]. When the supervisor shuts its writing side down,
//! or dies, the jailer kills the guest.
//!
//! This crate holds data and bounds only: no I/O, no system call, no policy.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Changes whenever a message of one side would be misread by the other.
pub const VERSION: u32 = 1;

/// Longest message in either direction, in bytes. Two filters of 4,096 instructions would not fit; ours have
/// about a hundred. Below the default `net.core.wmem_max` (212,992 bytes), so one message is never split.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// Most descriptors in one message: the guest image, the guest's socket and one `cgroup.procs` per v1 controller.
pub const MAX_DESCRIPTORS: usize = 8;

/// Longest filter the kernel takes (`BPF_MAXINSNS`, linux/bpf_common.h).
pub const MAX_FILTER_INSTRUCTIONS: usize = 4096;

/// Longest name of a run: the kernel's host name holds one byte more.
pub const MAX_RUN_NAME: usize = 63;

/// Where the guest's socket may stand: above the standard streams, which stay closed, and below the numbers the jailer
/// sorts descriptors with.
pub const SOCKET_NUMBERS: std::ops::RangeInclusive<i32> = 3..=100;

/// Where each attached descriptor stands in the message.
pub mod descriptors {
    /// The guest's executable: a sealed memfd.
    pub const GUEST_IMAGE: usize = 0;
    /// The guest's end of its one socket.
    pub const GUEST_SOCKET: usize = 1;
    /// The first of the leaf's `cgroup.procs` files.
    pub const LEAF: usize = 2;
}

/// Everything the jailer needs to know. Made by `policies` and the supervisor; the jailer only carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JailSpec {
    /// [`VERSION`] of the sender.
    pub version: u32,
    /// Names the run in `ps`, as the guest's host name and in messages: at most 63 of `[a-z0-9-]`.
    pub run: String,
    /// The identity the guest has outside its user namespace.
    pub identity: Identity,
    /// The leaf the guest is put in before it runs.
    pub leaf: Leaf,
    /// Hard and soft limit of each resource, set in this order (getrlimit(2)).
    pub limits: Vec<ResourceLimit>,
    /// The Landlock ruleset; no rule ever grants anything back.
    pub ruleset: Ruleset,
    /// The first filter: a deny-list that stays in force under the guest's own allow-list.
    pub filter: Vec<Instruction>,
    /// The number the guest finds its socket under.
    pub socket_number: i32,
    /// Stop after this step, without starting a guest; [`Step::Exec`] starts it. `doctor` asks for one step more each
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Step>,
}

impl JailSpec {
    /// Checks every bound that a type does not keep.
    ///
    /// # Errors
    /// Says which is broken, and what to do.
    pub fn check(&self) -> Result<(), String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.run.is_empty() || self.run.len() > MAX_RUN_NAME || !self.run.bytes().all(plain) {
            return Err(format!("a run name is 1 to {MAX_RUN_NAME} of [a-z0-9-], not {:?}", self.run));
        }
        if self.identity.outside_uid == 0 || self.identity.outside_gid == 0 {
            return Err("the guest must not be root outside: name another id in the profile".into());
        }
        if self.filter.is_empty() || self.filter.len() > MAX_FILTER_INSTRUCTIONS {
            return Err(format!("{} instructions are no filter", self.filter.len()));
        }
        if !SOCKET_NUMBERS.contains(&self.socket_number) {
            return Err(format!("socket number {} is not in {SOCKET_NUMBERS:?}", self.socket_number));
        }
        if self.leaf == Leaf::Attached(0) {
            return Err("a leaf without cgroup.procs: attach it, or lower the layer in the profile".into());
        }
        Ok(())
    }
}

/// A single user and group, mapped into the guest's user namespace (user_namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// User id outside. Never 0. An unprivileged supervisor can only give its own.
    pub outside_uid: u32,
    /// Group id outside. Never 0. An unprivileged supervisor can only give its own.
    pub outside_gid: u32,
}

/// The id the one mapped user and group have inside the guest's namespace.
pub const INSIDE_ID: u32 = 65_534;

/// The cgroup leaf of one guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Leaf {
    /// This many `cgroup.procs` files are attached, from [`descriptors::LEAF`] on.
    Attached(usize),
    /// The operator gave the layer up in the profile, with this reason.
    Lowered(String),
}

impl Leaf {
    /// How many `cgroup.procs` files are attached.
    #[must_use]
    pub const fn files(&self) -> usize {
        match self {
            Self::Attached(files) => *files,
            Self::Lowered(_) => 0,
        }
    }
}

/// One resource limit. Soft and hard are the same: there is nobody inside to raise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceLimit {
    /// Which.
    pub resource: Resource,
    /// How much, in the unit getrlimit(2) gives for it.
    pub value: u64,
}

/// The resources of getrlimit(2) that a profile can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Address space, bytes.
    As,
    /// Core file, bytes.
    Core,
    /// Processor time, seconds.
    Cpu,
    /// Initialised data and heap, bytes.
    Data,
    /// Written file, bytes.
    Fsize,
    /// Locked memory, bytes.
    Memlock,
    /// POSIX message queues, bytes.
    Msgqueue,
    /// 20 minus the lowest nice value.
    Nice,
    /// Highest descriptor plus one.
    Nofile,
    /// Processes of this user in this user namespace.
    Nproc,
    /// Real-time priority.
    Rtprio,
    /// Queued signals.
    Sigpending,
    /// Stack, bytes.
    Stack,
}

/// What Landlock is asked to take away (landlock(7)); bit sets as in linux/landlock.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// Lowest Landlock ABI that knows every right below.
    pub abi: u32,
    /// `handled_access_fs`.
    pub filesystem: u64,
    /// `handled_access_net`.
    pub network: u64,
    /// `scoped`.
    pub scoped: u64,
}

/// One classic BPF instruction (`struct sock_filter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction(
    /// Operation.
    pub u16,
    /// Instructions to skip when true.
    pub u8,
    /// Instructions to skip when false.
    pub u8,
    /// Operand.
    pub u32,
);

/// The steps of the jail, in the order they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Take over the spec and its descriptors, drop everything else that was inherited.
    Inherit,
    /// Make the namespaces, in one call, and map one identity into them.
    Namespaces,
    /// Put the new process into its leaf before it runs.
    Cgroup,
    /// Exchange the root for an empty, read-only one.
    Root,
    /// Set the resource limits.
    Limits,
    /// Give up every capability for good.
    Privileges,
    /// Forbid new privileges, make the process undumpable, switch off what cannot be switched on again.
    NoNewPrivs,
    /// Take every file, network and signal right away with Landlock.
    Landlock,
    /// Close everything but the guest's socket.
    Descriptors,
    /// Install the first filter.
    Seccomp,
    /// Execute the guest.
    Exec,
}

impl Step {
    /// Every step, first to last.
    pub const ALL: [Self; 11] = [
        Self::Inherit,
        Self::Namespaces,
        Self::Cgroup,
        Self::Root,
        Self::Limits,
        Self::Privileges,
        Self::NoNewPrivs,
        Self::Landlock,
        Self::Descriptors,
        Self::Seccomp,
        Self::Exec,
    ];

    /// The step's name, as it is written in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inherit => "inherit",
            Self::Namespaces => "namespaces",
            Self::Cgroup => "cgroup",
            Self::Root => "root",
            Self::Limits => "limits",
            Self::Privileges => "privileges",
            Self::NoNewPrivs => "no-new-privs",
            Self::Landlock => "landlock",
            Self::Descriptors => "descriptors",
            Self::Seccomp => "seccomp",
            Self::Exec => "exec",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A step that could not be taken: printed like a line of strace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepError {
    /// Which step.
    pub step: Step,
    /// The call with its arguments, `mount("none", "/", MS_PRIVATE|MS_REC)`; or the check that failed.
    pub call: String,
    /// The error number; 0 where a check found something else than it must be.
    pub errno: i32,
    /// What the error number means, or what was found instead.
    pub meaning: String,
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.errno == 0 { ":" } else { " =" };
        write!(f, "{}: {}{separator} {}", self.step, self.call, self.meaning)
    }
}

impl std::error::Error for StepError {}

/// What the kernel answered when a finished step was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// The evidence, in a few words: `Landlock ABI 7, fully enforced, 0 rules`.
    pub evidence: String,
}

/// What the jailer tells the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// A step failed; no guest was started and nothing of it is left.
    Failed(StepError),
    /// Every step up to the last but `exec` is taken and checked; the guest is being executed.
    Jailed {
        /// The guest's process id in the supervisor's namespace; 0 when [`JailSpec::until`] stopped before there was one.
        pid: i32,
        /// One entry per step, in order.
        steps: Vec<StepReport>,
    },
    /// The guest is gone and reaped.
    Ended(End),
}

/// How a guest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct End {
    /// How.
    pub status: EndStatus,
    /// Processor time used, user and system together, in microseconds.
    pub cpu_us: u64,
    /// Largest resident set, in KiB (getrusage(2)).
    pub max_rss_kib: u64,
}

/// The two ways a process ends (wait(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndStatus {
    /// It left by itself with this status.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
}

/// Exit status of a jailer whose setup failed; its [`Report::Failed`] says why.
pub const EXIT_SETUP_FAILED: i32 = 70;
/// Exit status of a jailer or guest that somebody started by hand.
pub const EXIT_STARTED_BY_HAND: i32 = 64;

/// A message as bytes for the socket.
///
/// # Errors
/// When it is longer than [`MAX_MESSAGE_BYTES`].
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, String> {
    let bytes = serde_json::to_vec(message).map_err(|error| error.to_string())?;
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(format!("message of {} bytes; at most {MAX_MESSAGE_BYTES} fit", bytes.len()));
    }
    Ok(bytes)
}

/// A message from the socket.
///
/// # Errors
/// When it is not exactly one message of this contract.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Identity, Instruction, JailSpec, Leaf, Ruleset, Step, StepError, VERSION, decode, encode};

    fn spec() -> JailSpec {
        JailSpec {
            version: VERSION,
            run: "run-1".into(),
            identity: Identity { outside_uid: 1000, outside_gid: 1000 },
            leaf: Leaf::Attached(1),
            limits: Vec::new(),
            ruleset: Ruleset { abi: 6, filesystem: 1, network: 1, scoped: 1 },
            filter: vec![Instruction(6, 0, 0, 0)],
            socket_number: 3,
            until: None,
        }
    }

    #[test]
    fn a_spec_survives_the_socket_and_a_stranger_key_does_not() {
        let bytes = encode(&spec()).unwrap();
        assert_eq!(decode::<JailSpec>(&bytes).unwrap(), spec());
        let strange = String::from_utf8(bytes).unwrap().replacen('{', "{\"also\":1,", 1);
        assert!(decode::<JailSpec>(strange.as_bytes()).unwrap_err().contains("unknown field"));
    }

    #[test]
    fn every_bound_is_checked() {
        assert_eq!(spec().check(), Ok(()));
        let broken: [fn(&mut JailSpec); 7] = [
            |spec| spec.run.clear(),
            |spec| spec.run = "r".repeat(64),
            |spec| spec.run = "../x".into(),
            |spec| spec.identity.outside_gid = 0,
            |spec| spec.filter.clear(),
            |spec| spec.socket_number = 2,
            |spec| spec.leaf = Leaf::Attached(0),
        ];
        for (index, breaks) in broken.into_iter().enumerate() {
            let mut spec = spec();
            breaks(&mut spec);
            assert!(spec.check().is_err(), "{index}");
        }
    }

    #[test]
    fn a_failed_call_reads_like_strace() {
        let call = "pivot_root(\".\", \".\")".to_owned();
        let error =
            StepError { step: Step::Root, call, errno: 22, meaning: "EINVAL (Invalid argument)".into() };
        assert_eq!(error.to_string(), "root: pivot_root(\".\", \".\") = EINVAL (Invalid argument)");
    }
}
