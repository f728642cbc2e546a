//! Layer `root`: one empty, read-only mount, and nowhere else to be.

use super::process::Process;
use super::row::{Found, Row, Rows};

pub(crate) fn rows(guest: &Process) -> Vec<Row> {
    let mut rows = Rows::of("root");
    // Whether that is who it should be is told by the user namespace.
    let owner = |option, kind| match guest.number(kind, 0) {
        // tmpfs(5) is root's where it does not say.
        Some(0) => String::new(),
        id => format!(",{option}={}", id.unwrap_or(u32::MAX)),
    };
    let owner = owner("uid", "Uid") + &owner("gid", "Gid");
    let mount =
        format!("/ on / ro,nosuid,nodev,noexec,relatime tmpfs jail ro,size=4k,nr_inodes=1,mode=555{owner}");
    rows.equal("mounts", mount, mounts(guest), "/proc/PID/mountinfo");
    let entries = guest.entries("root/").map(|names| match names.len() {
        0 => "nothing".into(),
        count => format!("{count} entries: {}", names.iter().take(5).cloned().collect::<Vec<_>>().join(" ")),
    });
    rows.equal("in it", "nothing", entries, "/proc/PID/root");
    rows.equal("root directory", "/", guest.link("root"), "/proc/PID/root");
    rows.equal("working directory", "/", guest.link("cwd"), "/proc/PID/cwd");
    rows.rows
}

/// Every mount without the numbers that differ from run to run; a propagation tag would show.
fn mounts(guest: &Process) -> Found {
    let info = guest.read("mountinfo")?;
    let lines: Vec<String> = info.lines().map(mount).collect();
    Ok(match lines.len() {
        0..=2 => lines.join("; "),
        count => {
            format!("{count} mounts: {}; …", lines.iter().take(2).cloned().collect::<Vec<_>>().join("; "))
        }
    })
}

/// `ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS [TAGS] - TYPE SOURCE OPTIONS` (proc_pid_mountinfo(5)).
fn mount(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').skip(3).collect();
    match words.as_slice() {
        [root, place, options, rest @ ..] => {
            // Which kind of inode numbers a tmpfs has depends on how the kernel was built.
            let rest = rest.join(" ").replace(",inode64", "").replace(",inode32", "");
            format!("{root} on {place} {options} {}", rest.trim_start_matches("- "))
        }
        _ => line.to_owned(),
    }
}
