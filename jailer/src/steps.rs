//! The steps of the jail as data. The table in README.md is generated from it:
//! `UPDATE_GENERATED=1 cargo test -p oubliette-jailer`.

use jail_spec::Step;

/// One row: what a reader must know before moving a step.
struct Row {
    step: Step,
    /// What is done.
    action: &'static str,
    /// Why it stands where it stands.
    why_here: &'static str,
    /// How it is checked; a failed check stops the run.
    check: &'static str,
    /// Where the kernel's behaviour is written down, and the Linux version it needs.
    source: &'static str,
}

const STEPS: [Row; 11] = [
    Row {
        step: Step::Inherit,
        action: "close every inherited descriptor, lead an own process group, drop supplementary groups; receive one \
                 message with the spec and its descriptors; make the image execute-only",
        why_here: "setgroups is forbidden in the namespace; an unreadable image keeps the guest undumpable across the \
                   exec, which resets the flag",
        check: "no arguments, no environment, one thread, a SEQPACKET socket; counts and bounds of the spec; the \
                image's seals",
        source: "unix(7), memfd_create(2), execve(2); close_range(2) Linux 5.9",
    },
    Row {
        step: Step::Namespaces,
        action: "one clone3 (or clone) into user, mount, pid, net, ipc, uts and cgroup namespaces; from outside: \
                 setgroups=deny, one uid, one gid; from inside: that identity, own process group, parent-death signal, \
                 new session keyring, host name, no nested user namespace",
        why_here: "one call leaves no moment with some of them; a shared process group would let kill(0) cross them \
                   all; a change of identity clears the parent-death signal, so that comes after it",
        check: "all seven links of /proc/PID/ns differ from ours; the kernel names the outside identity with the \
                child's report (SCM_CREDENTIALS); the parent still holds the line; unshare(CLONE_NEWUSER) fails",
        source: "clone(2), namespaces(7), user_namespaces(7), keyrings(7), PR_SET_PDEATHSIG(2const); clone3 and \
                 pidfds Linux 5.4",
    },
    Row {
        step: Step::Cgroup,
        action: "write the child's id into each cgroup.procs of its leaf; raise its oom_score_adj to 1000",
        why_here: "while the child still waits for the parent: nothing it does is uncounted",
        check: "each file is read back and lists the id",
        source: "cgroups(7)",
    },
    Row {
        step: Step::Root,
        action: "make all mounts private; pivot into a tmpfs with room for nothing but its root; detach the old root; \
                 remount read-only",
        why_here: "needs the capabilities of the namespace, and the settled identity to own the mount",
        check: "/ and its parent are empty, the working directory is /, the flags are ro nosuid nodev noexec, mkdir \
                fails with EROFS",
        source: "mount_namespaces(7), pivot_root(2), tmpfs(5)",
    },
    Row {
        step: Step::Limits,
        action: "set each resource limit of the spec, soft and hard alike",
        why_here: "the steps before need more descriptors than RLIMIT_NOFILE leaves",
        check: "each limit is read back",
        source: "getrlimit(2)",
    },
    Row {
        step: Step::Privileges,
        action: "set and lock the secure bits; empty the bounding, ambient, inheritable, permitted and effective sets",
        why_here: "nothing after it needs a capability; secure bits and bounding set need CAP_SETPCAP, so they go first",
        check: "every set is read back empty, the secure bits are read back, unshare(CLONE_NEWUTS) fails with EPERM",
        source: "capabilities(7)",
    },
    Row {
        step: Step::NoNewPrivs,
        action: "no_new_privs; not dumpable; no memory both writable and executable; no speculative store bypass, no \
                 speculative indirect branches, a core of its own, where kernel and processor offer them",
        why_here: "Landlock and seccomp demand no_new_privs of a process without capabilities, and the libraries would \
                   set it unseen",
        check: "no_new_privs, dumpable and MDWE are read back; what is not offered is reported as such",
        source: "PR_SET_NO_NEW_PRIVS(2const), PR_SET_SPECULATION_CTRL(2const); PR_SET_MDWE Linux 6.3, PR_SCHED_CORE \
                 Linux 5.14",
    },
    Row {
        step: Step::Landlock,
        action: "take every right of the spec's ABI away, with scopes for signals and abstract sockets and no rule",
        why_here: "after the root, which Landlock would not let be changed; before the filter, which would not let \
                   Landlock be called",
        check: "HardRequirement, FullyEnforced; opening / fails with EACCES",
        source: "landlock(7); ABI 6 Linux 6.12",
    },
    Row {
        step: Step::Descriptors,
        action: "close everything but the guest's socket, and two that close on exec: the image and the line",
        why_here: "Landlock's ruleset was the last descriptor anything had to open",
        check: "the numbers 0 to 1023 are probed one by one",
        source: "close_range(2) Linux 5.9, fcntl(2)",
    },
    Row {
        step: Step::Seccomp,
        action: "install the first filter",
        why_here: "it forbids what every step above needs",
        check: "PR_GET_SECCOMP says 2",
        source: "seccomp(2)",
    },
    Row {
        step: Step::Exec,
        action: "report, then execveat the image with one argument and no environment",
        why_here: "a new address space that has never held anything of ours",
        check: "the line to the parent closes while the child is not ending; otherwise it carries the errno",
        source: "execveat(2)",
    },
];

const BEGIN: &str = "<!-- generated from src/steps.rs: begin -->\n";
const END: &str = "<!-- generated from src/steps.rs: end -->\n";

fn table() -> String {
    let rows = STEPS.iter().enumerate().map(|(index, row)| {
        let Row { step, action, why_here, check, source } = row;
        format!("| {} | **{step}** | {action} | {why_here} | {check} | {source} |\n", index + 1)
    });
    let head = "| | step | what is done | why here | how it is checked | man page, Linux version |\n|--|--|--|--|--|--|\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[test]
fn the_steps_are_those_of_the_contract_in_its_order() {
    assert_eq!(STEPS.map(|row| row.step), Step::ALL);
}

#[test]
fn the_table_in_the_readme_is_generated_from_the_steps() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert_eq!(present, table(), "run UPDATE_GENERATED=1 cargo test -p oubliette-jailer");
    }
}
