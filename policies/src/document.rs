//! The document as it is written: one type per table, and nothing that TOML does not say.

use jail_spec::Resource;
use serde::Deserialize;
use toml::Spanned;

/// A profile's file as it is written. What it leaves out comes from its parent; without a parent it is an error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) name: Spanned<String>,
    pub(crate) why: Spanned<String>,
    #[serde(default)]
    pub(crate) parent: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) identity: Option<IdentityTable>,
    #[serde(default)]
    pub(crate) descriptors: Option<DescriptorsTable>,
    #[serde(default)]
    pub(crate) namespaces: Option<NamespacesTable>,
    #[serde(default)]
    pub(crate) privileges: Option<PrivilegesTable>,
    #[serde(default)]
    pub(crate) seccomp: WrittenSeccomp,
    #[serde(default)]
    pub(crate) landlock: Option<LandlockTable>,
    #[serde(default)]
    pub(crate) limits: Vec<LimitEntry>,
    #[serde(default)]
    pub(crate) cgroup: WrittenCgroup,
    #[serde(default)]
    pub(crate) grants: Option<Vec<GrantEntry>>,
    #[serde(default)]
    pub(crate) lowered: Option<Vec<LoweredEntry>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenSeccomp {
    #[serde(default)]
    pub(crate) newest: Option<NewestTable>,
    #[serde(default)]
    pub(crate) guest: Option<Vec<Entry>>,
    #[serde(default)]
    pub(crate) jailer: Vec<Entry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenCgroup {
    #[serde(default)]
    pub(crate) memory: Option<MemoryTable>,
    #[serde(default)]
    pub(crate) pids: Option<PidsTable>,
    #[serde(default)]
    pub(crate) cpu: Option<CpuTable>,
}

/// A whole profile: the file, completed by its parent.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) why: String,
    pub(crate) identity: IdentityTable,
    pub(crate) descriptors: DescriptorsTable,
    pub(crate) namespaces: NamespacesTable,
    pub(crate) privileges: PrivilegesTable,
    pub(crate) newest: NewestTable,
    pub(crate) guest: Vec<Entry>,
    pub(crate) jailer: Vec<Entry>,
    pub(crate) landlock: LandlockTable,
    pub(crate) limits: Vec<LimitEntry>,
    pub(crate) memory: MemoryTable,
    pub(crate) pids: PidsTable,
    pub(crate) cpu: CpuTable,
    pub(crate) grants: Vec<GrantEntry>,
    pub(crate) lowered: Vec<LoweredEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityTable {
    pub(crate) uid: Spanned<u32>,
    pub(crate) gid: Spanned<u32>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DescriptorsTable {
    pub(crate) socket: Spanned<i32>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamespacesTable {
    pub(crate) kinds: Spanned<Vec<Spanned<Namespace>>>,
    pub(crate) why: Spanned<String>,
}

/// A kind of namespace (namespaces(7)). A guest has one of each to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Namespace {
    /// Users, groups, capabilities.
    User,
    /// Mounts.
    Mount,
    /// Processes.
    Pid,
    /// Network devices, addresses, ports.
    Net,
    /// System V objects and POSIX message queues.
    Ipc,
    /// Host name.
    Uts,
    /// The root of the cgroup tree as it is seen.
    Cgroup,
}

impl Namespace {
    /// Every kind but time, which takes nothing away and cannot be entered by clone(2).
    pub const ALL: [Self; 7] =
        [Self::User, Self::Mount, Self::Pid, Self::Net, Self::Ipc, Self::Uts, Self::Cgroup];

    /// As in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Mount => "mount",
            Self::Pid => "pid",
            Self::Net => "net",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::Cgroup => "cgroup",
        }
    }

    /// The name of its link below `/proc/PID/ns`.
    #[must_use]
    pub const fn link(self) -> &'static str {
        match self {
            Self::Mount => "mnt",
            other => other.name(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivilegesTable {
    pub(crate) capabilities: Spanned<Vec<String>>,
    pub(crate) no_new_privs: Spanned<bool>,
    pub(crate) dumpable: Spanned<bool>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewestTable {
    pub(crate) call: Spanned<String>,
    pub(crate) why: Spanned<String>,
}

/// System calls that are treated alike, for one reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Names, as in the manual.
    pub calls: Vec<Spanned<String>>,
    /// All of these must hold for the entry to match; empty: it always matches.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Architectures that have these calls; empty: every one we build for.
    #[serde(default)]
    pub arch: Vec<crate::Arch>,
    /// Who needs the entry, or what it stops.
    pub why: Spanned<String>,
}

/// A condition on one argument.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which argument, 0 to 5.
    pub arg: Spanned<u8>,
    /// Its C type.
    pub width: Width,
    /// How it is compared.
    pub is: Comparison,
    /// With what.
    pub value: u64,
    /// The bits that are compared, for [`Comparison::Masked`] and only for it.
    #[serde(default)]
    pub mask: Option<u64>,
}

/// How much of a register the kernel looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// `int`, 32 bits: descriptors, commands, options.
    Int,
    /// `unsigned long`, 64 bits: sizes, pointers, flags.
    Long,
}

/// Comparison of an argument, unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// `argument == value`
    Equal,
    /// `argument != value`
    NotEqual,
    /// `argument < value`
    Less,
    /// `argument <= value`
    LessOrEqual,
    /// `argument > value`
    Greater,
    /// `argument >= value`
    GreaterOrEqual,
    /// `argument & mask == value`
    Masked,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LandlockTable {
    pub(crate) abi: Spanned<u32>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitEntry {
    pub(crate) resource: Spanned<Resource>,
    #[serde(default)]
    pub(crate) value: Option<Spanned<u64>>,
    #[serde(default)]
    pub(crate) from: Option<Source>,
    pub(crate) why: Spanned<String>,
}

/// Where a limit's value comes from when the profile does not fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    Run,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoryTable {
    pub(crate) beside_heap_bytes: Spanned<u64>,
    pub(crate) swap_bytes: Spanned<u64>,
    pub(crate) oom_group: Spanned<bool>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PidsTable {
    pub(crate) most: Spanned<u64>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CpuTable {
    pub(crate) quota_us: Spanned<u64>,
    pub(crate) period_us: Spanned<u64>,
    pub(crate) why: Spanned<String>,
}

/// Tools of an upstream server that a program may, or may not, call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantEntry {
    pub(crate) server: Spanned<String>,
    pub(crate) tools: Spanned<Vec<Spanned<String>>>,
    pub(crate) verdict: Spanned<GrantVerdict>,
    pub(crate) why: Spanned<String>,
}

/// What an entry of `[[grants]]` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GrantVerdict {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoweredEntry {
    pub(crate) layer: Spanned<String>,
    pub(crate) why: Spanned<String>,
}
