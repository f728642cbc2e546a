//! Who starts the binaries.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

/// A user that no system allocates to anybody: ordinary, without a name, a home or rights of its own.
const ORDINARY_USER: u32 = 64_123;

/// Who starts the binaries in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// User 0.
    Root,
    /// Anybody else.
    User,
}

impl Caller {
    /// Both, in the order their trials are listed.
    pub const BOTH: [Self; 2] = [Self::Root, Self::User];

    /// As it stands in the names of trials.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "user",
        }
    }

    /// Why this caller cannot be tried here.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Root if !harness_is_root() => Some("needs root: run `sudo -E cargo test` for these".into()),
            Self::User if !harness_is_root() => crate::place::undelegated(),
            _ => None,
        }
    }

    /// The user id that files of a trial must belong to; `None` where they are the caller's anyway.
    #[must_use]
    pub fn owner(self) -> Option<u32> {
        (self == Self::User && harness_is_root()).then_some(ORDINARY_USER)
    }

    /// A command that is executed by this caller after it was put into the cgroups whose `cgroup.procs` files
    /// are given. The shell does the putting, while it is still root; then nothing of root is left.
    #[must_use]
    pub fn command(self, program: &str, procs: &[String]) -> Command {
        if procs.is_empty() && self.owner().is_none() {
            return Command::new(program);
        }
        let mut command = Command::new("/bin/sh");
        command.args([
            "-c",
            r#"for procs in $PROCS; do echo $$ > "$procs" || exit 125; done; unset PROCS; exec "$@""#,
        ]);
        command.arg("sh").env("PROCS", procs.join(" "));
        if let Some(user) = self.owner() {
            let (user, group) = (format!("--reuid={user}"), format!("--regid={user}"));
            command.args(["setpriv", &user, &group, "--clear-groups", "--"]);
        }
        command.arg(program);
        command
    }
}

/// Whether the harness itself runs as root.
#[must_use]
pub fn harness_is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
