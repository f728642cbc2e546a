//! The rights Landlock knows, by the ABI that brought each (linux/landlock.h).

use jail_spec::Ruleset;

/// Which member of `struct landlock_ruleset_attr` a right belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightKind {
    /// `handled_access_fs`
    Filesystem,
    /// `handled_access_net`
    Network,
    /// `scoped`
    Scope,
}

/// One right a ruleset can take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The constant's name without its prefix.
    pub name: &'static str,
    /// Which member.
    pub kind: RightKind,
    /// Its bit number there.
    pub bit: u32,
    /// The first ABI that knows it.
    pub abi: u32,
}

impl Right {
    /// Whether a ruleset takes it away.
    #[must_use]
    pub const fn is_taken_by(&self, ruleset: Ruleset) -> bool {
        let member = match self.kind {
            RightKind::Filesystem => ruleset.filesystem,
            RightKind::Network => ruleset.network,
            RightKind::Scope => ruleset.scoped,
        };
        member >> self.bit & 1 == 1
    }
}

const fn right(name: &'static str, kind: RightKind, bit: u32, abi: u32) -> Right {
    Right { name, kind, bit, abi }
}

/// Lowest ABI a profile may ask for: the first with scopes for signals and abstract sockets (Linux 6.12).
pub(crate) const LOWEST_ABI: u32 = 6;

/// Highest ABI of which the table below is complete (Linux 6.15; it added logging, but no right).
pub(crate) const HIGHEST_ABI: u32 = 7;

/// Every right up to the highest ABI known here.
pub const RIGHTS: [Right; 20] = [
    right("execute", RightKind::Filesystem, 0, 1),
    right("write_file", RightKind::Filesystem, 1, 1),
    right("read_file", RightKind::Filesystem, 2, 1),
    right("read_dir", RightKind::Filesystem, 3, 1),
    right("remove_dir", RightKind::Filesystem, 4, 1),
    right("remove_file", RightKind::Filesystem, 5, 1),
    right("make_char", RightKind::Filesystem, 6, 1),
    right("make_dir", RightKind::Filesystem, 7, 1),
    right("make_reg", RightKind::Filesystem, 8, 1),
    right("make_sock", RightKind::Filesystem, 9, 1),
    right("make_fifo", RightKind::Filesystem, 10, 1),
    right("make_block", RightKind::Filesystem, 11, 1),
    right("make_sym", RightKind::Filesystem, 12, 1),
    right("refer", RightKind::Filesystem, 13, 2),
    right("truncate", RightKind::Filesystem, 14, 3),
    right("ioctl_dev", RightKind::Filesystem, 15, 5),
    right("bind_tcp", RightKind::Network, 0, 4),
    right("connect_tcp", RightKind::Network, 1, 4),
    right("abstract_unix_socket", RightKind::Scope, 0, 6),
    right("signal", RightKind::Scope, 1, 6),
];

/// Every right `abi` knows: a profile names an ABI, not rights, so that none can be left out.
pub(crate) fn ruleset(abi: u32) -> Ruleset {
    let bits = |kind| {
        RIGHTS.iter().filter(|right| right.kind == kind && right.abi <= abi).map(|right| 1 << right.bit).sum()
    };
    Ruleset {
        abi,
        filesystem: bits(RightKind::Filesystem),
        network: bits(RightKind::Network),
        scoped: bits(RightKind::Scope),
    }
}

/// The ruleset as the kernel is given it: `struct landlock_ruleset_attr` of linux/landlock.h, little-endian.
pub(crate) fn bytes(ruleset: Ruleset) -> Vec<u8> {
    [ruleset.filesystem, ruleset.network, ruleset.scoped].into_iter().flat_map(u64::to_le_bytes).collect()
}
