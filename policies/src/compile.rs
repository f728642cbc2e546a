//! From a profile to what the kernel is given.

use crate::document::{Document, LimitEntry, Namespace, Source};
use crate::grants::Grants;
use crate::landlock;
use crate::profile::{Profile, hex_digest};
use crate::seccomp::{self, Arch};
use jail_spec::{Identity, Instruction, JailSpec, Leaf, Resource, ResourceLimit, Ruleset, VERSION};

/// A profile in the kernel's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledProfile {
    /// The jailer's filter: a deny-list.
    pub first_filter: Vec<Instruction>,
    /// The guest's filter: an allow-list.
    pub last_filter: Vec<Instruction>,
    /// What Landlock takes away.
    pub ruleset: Ruleset,
    /// The limits the profile fixes; those of the run are added by [`CompiledProfile::jail_spec`].
    pub limits: Vec<ResourceLimit>,
    /// The guest's identity outside when the supervisor is root.
    pub identity: Identity,
    /// The number of the guest's socket.
    pub socket_number: i32,
    /// The namespaces that are the guest's own: every kind there is in the document, and those are all.
    pub namespaces: Vec<Namespace>,
    /// What the guest is left with.
    pub privileges: Privileges,
    /// What the leaf of a guest may hold.
    pub cgroup: CgroupLimits,
    /// Which tools of which upstream servers a program may call.
    pub grants: Grants,
    /// Why the operator gave the cgroup leaf up, when that happened.
    pub lowered_cgroup: Option<String>,
    /// What the above can be recognised by.
    pub digests: Digests,
    run_limits: Vec<Resource>,
}

/// What a guest is left with (capabilities(7), prctl(2)). No profile can say anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privileges {
    /// Bits of every capability set: inheritable, permitted, effective, bounding, ambient.
    pub capabilities: u64,
    /// `NoNewPrivs` in proc_pid_status(5).
    pub no_new_privs: bool,
    /// Whether the guest's identity may trace it; if not, the files below `/proc/PID` are root's (proc(5)).
    pub dumpable: bool,
}

/// The limits of one leaf (cgroups(7); Documentation/admin-guide/cgroup-v2.rst for the files).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CgroupLimits {
    /// Memory beside the run's heap and stack, bytes. `memory.max` is the sum of the three; `memory.limit_in_bytes`
    /// on v1.
    pub beside_heap_bytes: u64,
    /// Swap, bytes: `memory.swap.max`; on v1 `memory.memsw.limit_in_bytes` is this and the memory together.
    pub swap_bytes: u64,
    /// Whether a leaf over its limit ends whole: `memory.oom.group`, v2 only.
    pub oom_group: bool,
    /// Processes: `pids.max`.
    pub processes: u64,
    /// Processor time per period, microseconds: `cpu.max`, `cpu.cfs_quota_us` on v1.
    pub cpu_quota_us: u64,
    /// The period, microseconds: `cpu.max`, `cpu.cfs_period_us` on v1.
    pub cpu_period_us: u64,
}

/// SHA-256, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Of the document: [`Profile::digest`].
    pub profile: String,
    /// Of the first filter's instructions as `struct sock_filter`, little-endian.
    pub first_filter: String,
    /// Of the last filter's instructions, likewise.
    pub last_filter: String,
    /// Of the ruleset as `struct landlock_ruleset_attr`, little-endian.
    pub ruleset: String,
}

impl Digests {
    /// Of everything that decides what a guest can do: the digests above in their order and that of the guest's image,
    /// each in hexadecimal with a line break.
    #[must_use]
    pub fn with_image(&self, image: &str) -> String {
        let Self { profile, first_filter, last_filter, ruleset } = self;
        hex_digest(format!("{profile}\n{first_filter}\n{last_filter}\n{ruleset}\n{image}\n").as_bytes())
    }
}

/// The limits that belong to a run, not to a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// Processor time, seconds.
    pub cpu_seconds: u64,
    /// Main stack, bytes.
    pub stack_bytes: u64,
}

impl Profile {
    /// Compiles the profile for `arch`.
    ///
    /// # Errors
    /// When a filter does not fit into what the kernel takes; the text names the compiler's reason.
    pub fn compile(&self, arch: Arch) -> Result<CompiledProfile, String> {
        let document = &self.document;
        let newest = document.newest.call.get_ref();
        let first_filter = seccomp::deny_list(&document.jailer, newest, arch)?;
        let last_filter = seccomp::allow_list(&document.guest, arch)?;
        let ruleset = landlock::ruleset(*document.landlock.abi.get_ref());
        let fixed = |limit: &LimitEntry| {
            let value = *limit.value.as_ref()?.get_ref();
            Some(ResourceLimit { resource: *limit.resource.get_ref(), value })
        };
        let of_run = document.limits.iter().filter(|limit| limit.from == Some(Source::Run));
        Ok(CompiledProfile {
            digests: Digests {
                profile: self.digest().to_owned(),
                first_filter: filter_digest(&first_filter),
                last_filter: filter_digest(&last_filter),
                ruleset: hex_digest(&landlock::bytes(ruleset)),
            },
            first_filter,
            last_filter,
            ruleset,
            limits: document.limits.iter().filter_map(fixed).collect(),
            identity: Identity {
                outside_uid: *document.identity.uid.get_ref(),
                outside_gid: *document.identity.gid.get_ref(),
            },
            socket_number: *document.descriptors.socket.get_ref(),
            namespaces: document.namespaces.kinds.get_ref().iter().map(|kind| *kind.get_ref()).collect(),
            privileges: privileges(document),
            cgroup: cgroup(document),
            grants: self.grants(),
            lowered_cgroup: self.lowered_cgroup().map(str::to_owned),
            run_limits: of_run.map(|limit| *limit.resource.get_ref()).collect(),
        })
    }
}

/// The document may only say that there is none, and a capability by name would be an error in it.
fn privileges(document: &Document) -> Privileges {
    Privileges {
        capabilities: 0,
        no_new_privs: *document.privileges.no_new_privs.get_ref(),
        dumpable: *document.privileges.dumpable.get_ref(),
    }
}

fn cgroup(document: &Document) -> CgroupLimits {
    let (memory, cpu) = (&document.memory, &document.cpu);
    CgroupLimits {
        beside_heap_bytes: *memory.beside_heap_bytes.get_ref(),
        swap_bytes: *memory.swap_bytes.get_ref(),
        oom_group: *memory.oom_group.get_ref(),
        processes: *document.pids.most.get_ref(),
        cpu_quota_us: *cpu.quota_us.get_ref(),
        cpu_period_us: *cpu.period_us.get_ref(),
    }
}

impl CompiledProfile {
    /// The identity a supervisor with these effective ids can give: root the profile's, an ordinary user their own.
    #[must_use]
    pub fn identity_for(&self, effective_uid: u32, effective_gid: u32) -> Identity {
        if effective_uid == 0 {
            return self.identity;
        }
        Identity { outside_uid: effective_uid, outside_gid: effective_gid }
    }

    /// What one jailer is told. `leaf_files` is how many `cgroup.procs` go with it; with none, and the layer not
    /// lowered by the profile, the jailer refuses.
    #[must_use]
    pub fn jail_spec(&self, run: &str, leaf_files: usize, identity: Identity, limits: RunLimits) -> JailSpec {
        let leaf = match &self.lowered_cgroup {
            Some(why) if leaf_files == 0 => Leaf::Lowered(why.clone()),
            _ => Leaf::Attached(leaf_files),
        };
        let of_run = self.run_limits.iter().map(|&resource| ResourceLimit {
            resource,
            value: if resource == Resource::Cpu { limits.cpu_seconds } else { limits.stack_bytes },
        });
        JailSpec {
            version: VERSION,
            run: run.to_owned(),
            identity,
            leaf,
            limits: self.limits.iter().copied().chain(of_run).collect(),
            ruleset: self.ruleset,
            filter: self.first_filter.clone(),
            socket_number: self.socket_number,
            until: None,
        }
    }
}

/// What a filter can be recognised by: SHA-256 of its instructions as `struct sock_filter`, little-endian.
#[must_use]
pub fn filter_digest(program: &[Instruction]) -> String {
    hex_digest(&bytes(program))
}

/// A filter as the kernel is given it: `struct sock_filter` of linux/filter.h, little-endian.
fn bytes(program: &[Instruction]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len().saturating_mul(8));
    for &Instruction(code, jump_true, jump_false, operand) in program {
        bytes.extend(code.to_le_bytes());
        bytes.extend([jump_true, jump_false]);
        bytes.extend(operand.to_le_bytes());
    }
    bytes
}
