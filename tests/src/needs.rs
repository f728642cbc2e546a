//! What a trial needs from this machine. What is missing is found out before the trial is made, and said.

use crate::{catalogs, judged};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The oldest Node whose answers the tables of programs hold.
const OLDEST_NODE: u32 = 20;

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A harness that runs as root, for what takes privileges on the host itself.
    Root,
    /// strace(1), and a kernel that lets it trace.
    Strace,
    /// A kernel that lets a process trace what it started, and the registers of this architecture.
    Tracing,
    /// A cgroup for each launch, to see that nothing is left when nobody is left to ask.
    Places,
    /// A cgroup v2 hierarchy in which groups may be made.
    Unified,
    /// setpriv(1).
    Setpriv,
    /// systemd-analyze(1) that knows `--offline` (systemd 250).
    SystemdAnalyze,
    /// What [`crate::servers`] installs.
    RealServers,
    /// Labelled queries: [`crate::judged`].
    Judged,
    /// What [`crate::conformance`] installs.
    Conformance,
    /// What [`crate::clients`] installs.
    Clients,
    /// openssl(1), for a certificate and a client.
    OpenSsl,
    /// node(1), version 20 or later.
    Node,
    /// What [`crate::typescript`] installs.
    TypeScript,
    /// The catalogs of [`crate::catalogs::folder`].
    Catalogs,
}

impl Need {
    /// Why the trial cannot be made here.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Root if crate::caller::harness_is_root() => None,
            Self::Root => Some("needs root on this host: run `sudo -E cargo test` for these".into()),
            Self::Strace => strace(),
            Self::Tracing => tracing(),
            Self::Unified => unified_mount().is_none().then(|| "needs root, and cgroup v2 mounted".into()),
            Self::Places => (!crate::caller::harness_is_root())
                .then(|| "needs a cgroup of its own for each launch: run by root".into()),
            Self::RealServers => crate::servers::installed().as_ref().err().cloned(),
            Self::Judged => catalogs::beside(judged::FOLDER_VARIABLE, "retrieval").err(),
            Self::TypeScript => crate::typescript::installed().as_ref().err().cloned(),
            Self::Catalogs => catalogs::folder().err(),
            Self::SystemdAnalyze => {
                on_path("systemd-analyze").is_none().then(|| "needs systemd-analyze (package systemd)".into())
            }
            Self::Node => Self::node_version()
                .is_none_or(|version| version < OLDEST_NODE)
                .then(|| format!("needs Node {OLDEST_NODE} or later on PATH")),
            Self::Conformance => crate::conformance::installed().as_ref().err().cloned(),
            Self::Clients => crate::clients::installed().as_ref().err().cloned(),
            Self::OpenSsl => on_path("openssl").is_none().then(|| "needs openssl".into()),
            Self::Setpriv => {
                on_path("setpriv").is_none().then(|| "needs setpriv (package util-linux)".into())
            }
        }
    }
}

impl Need {
    /// The major version of the Node on PATH.
    #[must_use]
    pub fn node_version() -> Option<u32> {
        let output = Command::new(on_path("node")?).arg("--version").output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().strip_prefix('v')?.split('.').next()?.parse().ok()
    }
}

fn strace() -> Option<String> {
    let Some(strace) = on_path("strace") else { return Some("needs strace".into()) };
    let traced = Command::new(strace)
        .args(["-o", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match traced {
        Ok(status) if status.success() => None,
        _ => Some("needs ptrace, which this machine forbids".into()),
    }
}

/// Where cgroup v2 is mounted, for somebody who may make groups there.
#[must_use]
pub fn unified_mount() -> Option<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let of_type = |line: &str| line.split(' ').nth(2) == Some("cgroup2");
    let mount = mounts.lines().find(|line| of_type(line))?.split(' ').nth(1)?;
    crate::caller::harness_is_root().then(|| PathBuf::from(mount))
}

fn tracing() -> Option<String> {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    match (std::env::consts::ARCH, scope.trim()) {
        ("x86_64", "3") => Some("needs ptrace, which kernel.yama.ptrace_scope = 3 forbids".into()),
        ("x86_64", _) => None,
        (architecture, _) => {
            Some(format!("the faulty jailer knows the registers of x86_64, not of {architecture}"))
        }
    }
}

/// Where a program is found.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
