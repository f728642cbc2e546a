//! Everything that /proc says of a process that a jail is about, without what differs from one launch to the next.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Fields of proc_pid_status(5) that a jail decides.
const STATUS: [&str; 27] = [
    "Name",
    "Umask",
    "Uid",
    "Gid",
    "Groups",
    "NStgid",
    "NSpid",
    "NSpgid",
    "NSsid",
    "Kthread",
    "Threads",
    "SigBlk",
    "SigIgn",
    "SigCgt",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "CapAmb",
    "NoNewPrivs",
    "Seccomp",
    "Seccomp_filters",
    "Speculation_Store_Bypass",
    "SpeculationIndirectBranch",
    "Cpus_allowed_list",
    "Mems_allowed_list",
    "CoreDumping",
];
const NAMESPACES: [&str; 8] = ["user", "mnt", "pid", "pid_for_children", "net", "ipc", "uts", "cgroup"];
/// Files that say the same of every guest.
const WHOLE: [&str; 8] = [
    "limits",
    "uid_map",
    "gid_map",
    "setgroups",
    "environ",
    "oom_score_adj",
    "personality",
    "coredump_filter",
];

/// What the kernel says of one process, by what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posture(BTreeMap<String, String>);

impl Posture {
    /// Asks. What may not be asked is part of the answer.
    #[must_use]
    pub fn of(process: i32) -> Self {
        let folder = PathBuf::from(format!("/proc/{process}"));
        let text = |name: &str| {
            told(fs::read(folder.join(name)).map(|text| String::from_utf8_lossy(&text).into_owned()))
        };
        let link = |name: &str| told(fs::read_link(folder.join(name)).map(|link| link.display().to_string()));
        let mut answers: BTreeMap<String, String> =
            WHOLE.iter().map(|name| ((*name).to_owned(), text(name))).collect();
        let status = text("status");
        for field in STATUS {
            let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            // Of ids in nested namespaces the outer ones are new each time.
            let value =
                if field.starts_with("NS") { line.and_then(|ids| ids.split('\t').next_back()) } else { line };
            answers.insert(format!("status {field}"), value.unwrap_or("absent").trim().to_owned());
        }
        for kind in NAMESPACES {
            let (theirs, ours) =
                (link(&format!("ns/{kind}")), fs::read_link(format!("/proc/self/ns/{kind}")));
            let shared = ours.is_ok_and(|ours| ours.display().to_string() == theirs);
            let seen =
                if theirs.contains('[') { if shared { "shared" } else { "own" }.into() } else { theirs };
            answers.insert(format!("namespace {kind}"), seen);
        }
        // Ids of mounts and the numbers of anonymous devices are new each time.
        let mounts = text("mountinfo");
        let mounts: Vec<_> = mounts.lines().map(|line| line.splitn(4, ' ').last().unwrap_or(line)).collect();
        answers.insert("mounts".into(), mounts.join("\n"));
        answers.insert("root".into(), listing(folder.join("root")));
        answers.insert("working directory".into(), link("cwd"));
        // The title and the leaf are named after the run.
        answers.insert("cmdline".into(), without_digits(&text("cmdline")));
        answers.insert("cgroups".into(), without_digits(&text("cgroup")));
        answers.insert("descriptors".into(), descriptors(&folder));
        Self(answers)
    }

    /// What is not the same, as `what: theirs, not ours`.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let other = |name: &String| expected.0.get(name).cloned().unwrap_or_default();
        self.0
            .iter()
            .filter(|(name, value)| other(name) != **value)
            .map(|(name, value)| format!("{name}: {value:?}, not {:?}", other(name)))
            .collect()
    }

    /// One answer.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

fn told(answer: io::Result<String>) -> String {
    answer.unwrap_or_else(|error| format!("refused: {error}"))
}

fn listing(folder: PathBuf) -> String {
    let names = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()));
    told(names.map(|names| names.collect::<Vec<_>>().join(" ")))
}

/// Each number with what it is, and its flags.
fn descriptors(folder: &std::path::Path) -> String {
    let numbers = listing(folder.join("fd"));
    let mut numbers: Vec<&str> = numbers.split(' ').collect();
    numbers.sort_unstable();
    let describe = |number: &&str| {
        let link = told(fs::read_link(folder.join("fd").join(number)).map(|link| link.display().to_string()));
        let info = told(fs::read_to_string(folder.join("fdinfo").join(number)));
        let flags =
            info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or(&info).trim().to_owned();
        format!("{number} {} {flags}", without_digits(&link))
    };
    numbers.iter().map(describe).collect::<Vec<_>>().join("\n")
}

fn without_digits(text: &str) -> String {
    let mut parts = text.split(|character: char| character.is_ascii_digit());
    let first = parts.next().unwrap_or_default().to_owned();
    // Between two digits there is an empty part: a number, however long, becomes one sign.
    parts.filter(|part| !part.is_empty()).fold(first, |text, part| format!("{text}#{part}"))
}
