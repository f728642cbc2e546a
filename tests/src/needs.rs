//! What a trial needs from this machine. What is missing is found out before the trial is made, and said.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// strace(1), and a kernel that lets it trace.
    Strace,
    /// setpriv(1).
    Setpriv,
    /// The right to read any process's memory.
    Root,
    /// What [`crate::servers`] installs.
    RealServers,
}

impl Need {
    /// Why the trial cannot be made here.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Strace => strace(),
            Self::Root => {
                (!crate::caller::harness_is_root()).then(|| "needs root, to read the guest's memory".into())
            }
            Self::RealServers => crate::servers::installed().as_ref().err().cloned(),
            Self::Setpriv => {
                on_path("setpriv").is_none().then(|| "needs setpriv (package util-linux)".into())
            }
        }
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

/// Where a program is found.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
