//! A process as the files below `/proc/PID` show it (proc(5)).

use super::row::{Found, Unproven};
use std::fs;
use std::io;
use std::path::PathBuf;

/// Longest of these files that is read, bytes. A guest may have written what stands in its `environ`.
const MOST_BYTES: usize = 1 << 20;

/// One process, and its status at one moment.
pub(crate) struct Process {
    pub(crate) pid: i32,
    status: String,
    stat: Vec<String>,
}

/// Fields of proc_pid_stat(5), counted after the name.
const GROUP: usize = 2;
const SESSION: usize = 3;
const TERMINAL: usize = 4;
const FLAGS: usize = 6;
const BEGUN: usize = 19;

/// In the kernel flags (linux/sched.h).
const PF_EXITING: u32 = 0x4;

impl Process {
    /// Takes note of what it is now.
    pub(crate) fn look(pid: i32) -> Result<Self, Unproven> {
        let mut process = Self { pid, status: String::new(), stat: Vec::new() };
        process.status = process.read("status")?;
        let stat = process.read("stat")?;
        // The name before the last parenthesis may hold anything.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        process.stat = fields.split_whitespace().map(str::to_owned).collect();
        Ok(process)
    }

    /// Whether this is still the same process: not another with its number, and not one that is ending, whose files
    /// say less and less. The flag of that is set before the first thing is taken from it.
    pub(crate) fn is_same(&self) -> bool {
        Self::look(self.pid).is_ok_and(|now| {
            let flags = now.stat.get(FLAGS).and_then(|flags| flags.parse::<u32>().ok());
            now.stat.get(BEGUN) == self.stat.get(BEGUN) && flags.is_some_and(|flags| flags & PF_EXITING == 0)
        })
    }

    /// A line of `status`, its words divided by single spaces.
    pub(crate) fn field(&self, name: &str) -> Found {
        let line = self.status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let words = line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        words.ok_or_else(|| Unproven {
            why: format!("{} has no {name}", self.path("status").display()),
            needs: "a newer kernel".into(),
        })
    }

    /// A number of `status`; the words of a line are counted from 0.
    pub(crate) fn number(&self, name: &str, at: usize) -> Option<u32> {
        self.field(name).ok()?.split(' ').nth(at)?.parse().ok()
    }

    /// Its process group, as we number processes.
    pub(crate) fn group(&self) -> Found {
        self.of_stat(GROUP)
    }

    /// Its session, as we number processes.
    pub(crate) fn session(&self) -> Found {
        self.of_stat(SESSION)
    }

    /// The device number of its controlling terminal; 0 is none.
    pub(crate) fn terminal(&self) -> Found {
        self.of_stat(TERMINAL)
    }

    fn of_stat(&self, at: usize) -> Found {
        let missing = || Unproven { why: format!("stat has no field {at}"), needs: String::new() };
        self.stat.get(at).cloned().ok_or_else(missing)
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.pid))
    }

    /// A file's text.
    pub(crate) fn read(&self, file: &str) -> Found {
        let bytes = fs::read(self.path(file)).map_err(|error| self.unproven(file, &error))?;
        let shown = bytes.get(..bytes.len().min(MOST_BYTES)).unwrap_or_default();
        Ok(String::from_utf8_lossy(shown).trim_end_matches('\n').to_owned())
    }

    /// Where a link points.
    pub(crate) fn link(&self, file: &str) -> Found {
        let target = fs::read_link(self.path(file)).map_err(|error| self.unproven(file, &error))?;
        Ok(target.to_string_lossy().into_owned())
    }

    /// The names in a directory, sorted.
    pub(crate) fn entries(&self, directory: &str) -> Result<Vec<String>, Unproven> {
        let entries = fs::read_dir(self.path(directory)).map_err(|error| self.unproven(directory, &error))?;
        let names: io::Result<Vec<String>> =
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect();
        let mut names = names.map_err(|error| self.unproven(directory, &error))?;
        names.sort_by_key(|name| (name.len(), name.clone()));
        Ok(names)
    }

    /// Why one of its files could not be read.
    pub(crate) fn unproven(&self, file: &str, error: &io::Error) -> Unproven {
        let needs = match error.kind() {
            io::ErrorKind::PermissionDenied => "root: CAP_SYS_PTRACE and CAP_DAC_OVERRIDE on the host",
            io::ErrorKind::NotFound => "a process that still runs, and a kernel that has this file",
            _ => "",
        };
        Unproven { why: format!("{}: {error}", self.path(file).display()), needs: needs.into() }
    }
}
