//! Which host this is, and what is so on it.

use policies::Host;
use std::fs;
use std::path::Path;

/// The host we run on, as it names itself.
pub(super) struct Here {
    pub(super) name: String,
    /// What `ids` of a written-down host may be.
    ids: Vec<String>,
}

impl Here {
    /// Reads os-release(5), and looks for a container and a service manager around us.
    pub(super) fn look() -> Self {
        let release = fs::read_to_string("/etc/os-release")
            .or_else(|_| fs::read_to_string("/usr/lib/os-release"))
            .unwrap_or_default();
        let field = |name: &str| {
            let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let mut ids: Vec<String> = ["ID", "ID_LIKE"]
            .iter()
            .filter_map(|name| field(name))
            .flat_map(|ids| ids.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        ids.push("*".into());
        // systemd.exec(5): every process of a service has it.
        if std::env::var_os("INVOCATION_ID").is_some() {
            ids.push("systemd".into());
        }
        if ["/.dockerenv", "/run/.containerenv"].iter().any(|file| Path::new(file).exists()) {
            ids.push("container".into());
        }
        Self { name: field("PRETTY_NAME").unwrap_or_else(|| "a Linux without os-release".into()), ids }
    }

    /// The entries that are about this host.
    pub(super) fn needs(&self, known: Vec<Host>) -> Vec<Host> {
        known.into_iter().filter(|host| host.ids.iter().any(|id| self.ids.contains(id))).collect()
    }
}

/// The kernel's release.
pub(super) fn kernel() -> String {
    nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned()).unwrap_or_default()
}

/// What no layer decides, and what an auditor asks.
pub(super) fn notes() -> Vec<String> {
    let mut notes = Vec::new();
    if read("/sys/devices/system/cpu/smt/active").as_deref() == Some("1") {
        notes.push(
            "simultaneous multithreading is on: unless the no-new-privs row says \"own core: forced\", a guest shares a \
             core's caches with whatever runs beside it (boot with nosmt to rule that out)"
                .into(),
        );
    }
    let v1_memory = Path::new("/sys/fs/cgroup/memory");
    if v1_memory.exists() && !v1_memory.join("memory.memsw.limit_in_bytes").exists() && swaps() {
        notes.push(
            "this kernel does not account for swap in cgroup v1 and swap is on: the leaf limits memory alone (boot with \
             swapaccount=1)"
                .into(),
        );
    }
    let release = release();
    for (call, since) in
        PROBE_CALLS.into_iter().filter(|(_, since)| cfg!(target_arch = "x86_64") && release >= *since)
    {
        let (major, minor) = since;
        notes.push(format!(
            "since Linux {major}.{minor} {call} passes every seccomp filter; outside of a probe's trampoline it only fails"
        ));
    }
    notes
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// proc_swaps(5): a heading, then a line per device.
fn swaps() -> bool {
    read("/proc/swaps").is_some_and(|swaps| swaps.lines().count() > 1)
}

/// What kernel/seccomp.c lets past every filter on x86-64, and since which release.
const PROBE_CALLS: [(&str, (u32, u32)); 2] = [("uretprobe (335)", (6, 14)), ("uprobe (336)", (6, 18))];

/// The first two numbers of the kernel's release.
fn release() -> (u32, u32) {
    let version = kernel();
    let mut numbers = version.split(|character: char| !character.is_ascii_digit());
    let mut number = || numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    (number(), number())
}
