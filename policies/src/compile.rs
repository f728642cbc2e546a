//! From a profile to what the kernel is given.

use crate::document::Source;
use crate::landlock;
use crate::profile::Profile;
use crate::seccomp::{self, Arch};
use jail_spec::{Identity, Instruction, JailSpec, Leaf, Resource, ResourceLimit, Ruleset, VERSION};
use sha2::{Digest, Sha256};

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
    /// Why the operator gave the cgroup leaf up, when that happened.
    pub lowered_cgroup: Option<String>,
    /// What the above can be recognised by.
    pub digests: Digests,
    run_limits: Vec<Resource>,
}

/// SHA-256, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Of the document's text.
    pub profile: String,
    /// Of the first filter's instructions as `struct sock_filter`, little-endian.
    pub first_filter: String,
    /// Of the last filter's instructions, likewise.
    pub last_filter: String,
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
        let newest = document.seccomp.newest.call.get_ref();
        let first_filter = seccomp::deny_list(&document.seccomp.jailer, newest, arch)?;
        let last_filter = seccomp::allow_list(&document.seccomp.guest, arch)?;
        let fixed = |limit: &crate::document::LimitEntry| {
            limit.value.map(|value| ResourceLimit { resource: *limit.resource.get_ref(), value })
        };
        let of_run = document.limits.iter().filter(|limit| limit.from == Some(Source::Run));
        Ok(CompiledProfile {
            digests: Digests {
                profile: digest(self.text.as_bytes()),
                first_filter: digest(&bytes(&first_filter)),
                last_filter: digest(&bytes(&last_filter)),
            },
            first_filter,
            last_filter,
            ruleset: landlock::ruleset(*document.landlock.abi.get_ref()),
            limits: document.limits.iter().filter_map(fixed).collect(),
            identity: Identity {
                outside_uid: *document.identity.uid.get_ref(),
                outside_gid: *document.identity.gid.get_ref(),
            },
            socket_number: *document.descriptors.socket.get_ref(),
            lowered_cgroup: self.lowered_cgroup().map(str::to_owned),
            run_limits: of_run.map(|limit| *limit.resource.get_ref()).collect(),
        })
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

fn bytes(program: &[Instruction]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len().saturating_mul(8));
    for &Instruction(code, jump_true, jump_false, operand) in program {
        bytes.extend(code.to_le_bytes());
        bytes.extend([jump_true, jump_false]);
        bytes.extend(operand.to_le_bytes());
    }
    bytes
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
