//! From a step that failed to what stands in its way on this host, and what removes it.
//!
//! The step, the call and the error number are what really happened; the host is asked only for what such a
//! failure can come from, so that a sysctl is never blamed for what an AppArmor rule did.

use jail_spec::{Step, StepError};
use nix::libc;
use std::fs;

/// One sentence or two: the blocker, and the remedy.
pub(crate) fn remedy(error: &StepError) -> String {
    match error.step {
        Step::Namespaces => namespaces(error),
        Step::Cgroup => "The leaf was made, but the guest could not be moved into it: the process that starts \
            oubliette must be in the same delegated subtree. Start it as a systemd service with Delegate=yes."
            .into(),
        Step::Root => root(error),
        Step::Landlock => landlock(error),
        Step::Seccomp => seccomp(error),
        Step::Limits => "A hard limit of this service is below the profile's: raise it (Limit…= in the unit, or \
            ulimit -H), or lower it in the profile."
            .into(),
        Step::Exec => exec(error),
        Step::Inherit | Step::Privileges | Step::NoNewPrivs | Step::Descriptors => {
            "No host is known to refuse this step: please report it, with the output of `oubliette doctor --json`."
                .into()
        }
    }
}

fn namespaces(error: &StepError) -> String {
    if error.call.starts_with("keyctl") {
        return format!(
            "A seccomp filter around this process forbids keyctl{}, which gives a guest an empty keyring of its own. In \
             systemd, SystemCallFilter= must not take @keyring away.",
            in_container()
        );
    }
    if sysctl("kernel/apparmor_restrict_unprivileged_userns") == Some(1) && !is_root() {
        return "AppArmor keeps unprivileged processes from user namespaces (Ubuntu 24.04 and later). Give oubliette \
            a profile with `userns,`, or set kernel.apparmor_restrict_unprivileged_userns=0."
            .into();
    }
    if sysctl("kernel/unprivileged_userns_clone") == Some(0) && !is_root() {
        return "Unprivileged user namespaces are switched off: set kernel.unprivileged_userns_clone=1."
            .into();
    }
    if sysctl("user/max_user_namespaces") == Some(0) {
        return "User namespaces are switched off: set user.max_user_namespaces to a number above 0.".into();
    }
    match error.errno {
        libc::ENOSPC | libc::EUSERS => {
            "A limit on namespaces is used up: raise user.max_*_namespaces.".into()
        }
        libc::ENOSYS | libc::EPERM => format!(
            "A seccomp filter around this process forbids it{}. In systemd, leave RestrictNamespaces= out or list all \
             seven kinds; in Docker, run with a seccomp profile that allows clone with namespaces.",
            in_container()
        ),
        libc::EINVAL => {
            "This kernel was built without one of the namespaces (CONFIG_USER_NS, PID_NS, NET_NS, IPC_NS, \
            UTS_NS, CGROUPS)."
                .into()
        }
        _ => "See user_namespaces(7) for what refuses this.".into(),
    }
}

fn root(error: &StepError) -> String {
    if sysctl("kernel/apparmor_restrict_unprivileged_userns") == Some(1) && !is_root() {
        return "AppArmor lets this process make a user namespace but gives it no capabilities there (Ubuntu 24.04 and \
            later). Give oubliette a profile with `userns,`."
            .into();
    }
    match error.errno {
        libc::EPERM | libc::EACCES => format!(
            "A security module or a seccomp filter forbids mounting inside the new namespace{}. In systemd, \
             SystemCallFilter= must allow @mount; in Docker, AppArmor's docker-default profile denies mount.",
            in_container()
        ),
        _ => "The kernel refused to build an empty root; see mount(2) and pivot_root(2).".into(),
    }
}

fn landlock(error: &StepError) -> String {
    match error.errno {
        libc::ENOSYS => {
            "This kernel has no Landlock, or a filter around this process answers in its place: it needs \
             CONFIG_SECURITY_LANDLOCK and Linux 6.12 or later (ABI 6)."
                .into()
        }
        libc::EOPNOTSUPP => {
            "Landlock is built in but not started: add it to the kernel's lsm= parameter.".into()
        }
        libc::EPERM => {
            format!("A seccomp filter around this process forbids Landlock's calls{}.", in_container())
        }
        _ => "This kernel's Landlock is older than the profile asks for: Linux 6.12 has ABI 6.".into(),
    }
}

fn seccomp(error: &StepError) -> String {
    match error.errno {
        libc::ENOSYS | libc::EINVAL => "This kernel was built without CONFIG_SECCOMP_FILTER.".into(),
        libc::EPERM | libc::EACCES => {
            format!("A filter around this process forbids seccomp(2){}.", in_container())
        }
        _ => "The kernel refused the filter; see seccomp(2).".into(),
    }
}

fn exec(error: &StepError) -> String {
    match error.errno {
        libc::EACCES | libc::EPERM if sysctl("vm/memfd_noexec").is_some_and(|level| level > 0) => {
            "vm.memfd_noexec forbids executing sealed memory: set it to 0.".into()
        }
        libc::EACCES | libc::EPERM => {
            "A security module forbids executing from sealed memory (SELinux: execmem, \
            execute on tmpfs_t; systemd: MemoryDenyWriteExecute is fine, NoExecPaths is not)."
                .into()
        }
        libc::ENOMEM | libc::E2BIG => {
            "The address-space limit of the profile is too small for the guest.".into()
        }
        _ => "See execveat(2).".into(),
    }
}

fn sysctl(name: &str) -> Option<i64> {
    fs::read_to_string(format!("/proc/sys/{name}")).ok()?.trim().parse().ok()
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Named only when there is one.
fn in_container() -> &'static str {
    let docker = fs::exists("/.dockerenv").unwrap_or(false);
    let podman = fs::exists("/run/.containerenv").unwrap_or(false);
    if docker || podman { " (this is a container: its own profile is the likely one)" } else { "" }
}
