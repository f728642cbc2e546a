//! How much of the jail is in force when an attack is made: nothing, each layer alone, all but the filters, all.

use super::attack::Attack;
use oubliette_tests::Failed;
use oubliette_tests::bench::Bench;
use oubliette_tests::caller::Caller;
use oubliette_tests::launch::Order;

/// One way to start a guest.
pub(super) struct Mode {
    /// As it stands over its column.
    pub(super) name: &'static str,
    /// The letter for it in what a row expects; none for modes that are not one layer alone.
    pub(super) letter: Option<char>,
    /// What the ablated jailer still does; the real jailer does all.
    keeps: Keeps,
    /// Whether the guest locks itself down.
    last_filter: bool,
}

enum Keeps {
    All,
    AllBut(&'static [&'static str]),
    Only(&'static [&'static str]),
}

use Keeps::{All, AllBut, Only};

/// Names of layers as the ablated jailer knows them.
const LAYERS: [&str; 17] = [
    "user",
    "mnt",
    "pid",
    "net",
    "ipc",
    "uts",
    "cgroup",
    "ties",
    "leaf",
    "root",
    "limits",
    "privileges",
    "no-new-privs",
    "hardening",
    "landlock",
    "descriptors",
    "seccomp",
];

/// Every mode, in the order of the columns. Without any layer first: what fails there shows nothing anywhere else.
pub(super) const MODES: [Mode; 13] = [
    Mode { name: "bare", letter: None, keeps: Only(&[]), last_filter: false },
    Mode { name: "lockdown", letter: Some('G'), keeps: Only(&["no-new-privs"]), last_filter: true },
    Mode {
        name: "first filter",
        letter: Some('J'),
        keeps: Only(&["no-new-privs", "seccomp"]),
        last_filter: false,
    },
    Mode {
        name: "namespaces",
        letter: Some('N'),
        keeps: Only(&["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "ties"]),
        last_filter: false,
    },
    Mode { name: "root", letter: Some('R'), keeps: Only(&["mnt", "root"]), last_filter: false },
    Mode { name: "limits", letter: Some('L'), keeps: Only(&["limits"]), last_filter: false },
    Mode { name: "privileges", letter: Some('P'), keeps: Only(&["privileges"]), last_filter: false },
    Mode {
        name: "no-new-privs",
        letter: Some('H'),
        keeps: Only(&["no-new-privs", "hardening"]),
        last_filter: false,
    },
    Mode {
        name: "Landlock",
        letter: Some('A'),
        keeps: Only(&["no-new-privs", "landlock"]),
        last_filter: false,
    },
    Mode { name: "leaf", letter: Some('C'), keeps: Only(&["leaf"]), last_filter: false },
    Mode { name: "descriptors", letter: Some('D'), keeps: Only(&["descriptors"]), last_filter: false },
    Mode { name: "all but filters", letter: None, keeps: AllBut(&["seccomp"]), last_filter: false },
    Mode { name: "all", letter: None, keeps: All, last_filter: true },
];

impl Mode {
    /// How a guest is started in this mode.
    pub(super) fn order(&self, bench: &Bench, attack: &Attack) -> Result<Order, Failed> {
        let jailer = match &self.keeps {
            All => bench.binary("oubliette-jailer")?,
            AllBut(left_out) => bench.ablated_jailer(left_out)?,
            Only(kept) => {
                // An ordinary user has mounts to exchange and capabilities to give up only with users of their own.
                let needs = kept.iter().any(|layer| ["mnt", "privileges"].contains(layer));
                let with_users = bench.caller == Caller::User && needs;
                let keeps = |layer: &str| kept.contains(&layer) || (with_users && layer == "user");
                let left_out: Vec<&str> = LAYERS.into_iter().filter(|layer| !keeps(layer)).collect();
                bench.ablated_jailer(&left_out)?
            }
        };
        let leaf = match &self.keeps {
            Only(kept) => kept.contains(&"leaf"),
            All | AllBut(_) => true,
        };
        let last = if self.last_filter { None } else { Some(Vec::new()) };
        let order = Order::new(&jailer, &bench.hostile_guest()?);
        Ok(Order { last, leaf, listening: attack.heard, ..order })
    }
}
