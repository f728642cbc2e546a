//! Which layers are left out: their names, one a line, in the file [`FILE`] beside the executable. The contract with
//! the supervisor says nothing of it, and the real jailer never looks.

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

/// The file's name.
const FILE: &str = "left-out";

/// What can be left out, alone or together with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// The user namespace, and the identity in it.
    User,
    /// The mount namespace; the root needs it, and goes with it.
    Mnt,
    Pid,
    Net,
    Ipc,
    Uts,
    Cgroup,
    /// The cut ties to the outside: own process group, parent-death signal, session keyring, no nested namespace.
    Ties,
    Leaf,
    Root,
    Limits,
    Privileges,
    /// The flag alone: without it Landlock and seccomp need privileges.
    NoNewPrivs,
    /// The rest of its step, and the image that cannot be read. It sets the flag too.
    Hardening,
    Landlock,
    Descriptors,
    /// The first filter.
    Seccomp,
}

/// Every layer, by its name in the file.
const NAMES: [(&str, Layer); 17] = [
    ("user", Layer::User),
    ("mnt", Layer::Mnt),
    ("pid", Layer::Pid),
    ("net", Layer::Net),
    ("ipc", Layer::Ipc),
    ("uts", Layer::Uts),
    ("cgroup", Layer::Cgroup),
    ("ties", Layer::Ties),
    ("leaf", Layer::Leaf),
    ("root", Layer::Root),
    ("limits", Layer::Limits),
    ("privileges", Layer::Privileges),
    ("no-new-privs", Layer::NoNewPrivs),
    ("hardening", Layer::Hardening),
    ("landlock", Layer::Landlock),
    ("descriptors", Layer::Descriptors),
    ("seccomp", Layer::Seccomp),
];

/// The kinds of namespaces, by their names in `/proc/PID/ns`.
pub(crate) const KINDS: [(&str, Layer); 7] =
    [NAMES[0], NAMES[1], NAMES[2], NAMES[3], NAMES[4], NAMES[5], NAMES[6]];

/// Whether the layer is in force.
pub(crate) fn keeps(layer: Layer) -> bool {
    static LEFT_OUT: OnceLock<BTreeSet<Layer>> = OnceLock::new();
    !LEFT_OUT.get_or_init(left_out).contains(&layer)
}

/// A list that cannot be read or has a stranger in it would be another experiment than the one asked for.
fn left_out() -> BTreeSet<Layer> {
    let file = std::env::current_exe().expect("/proc is mounted").with_file_name(FILE);
    let list = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let layer = |name: &str| NAMES.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer);
    let mut layers: BTreeSet<Layer> =
        list.lines().map(|name| layer(name).unwrap_or_else(|| panic!("no layer is called {name}"))).collect();
    if layers.contains(&Layer::Mnt) {
        // The host's own root would be exchanged.
        layers.insert(Layer::Root);
    }
    layers
}
