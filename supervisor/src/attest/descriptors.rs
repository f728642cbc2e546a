//! Layer `descriptors`: the socket, and nothing else.

use super::expectation::Expectation;
use super::process::Process;
use super::row::{Found, Row, Rows, Unproven};

pub(crate) fn rows(guest: &Process, expected: &Expectation<'_>) -> Vec<Row> {
    let mut rows = Rows::of("descriptors");
    let number = expected.spec.socket_number;
    rows.equal("open", format!("{number} socket"), kinds(guest), "/proc/PID/fd");
    let flags =
        guest.read(&format!("fdinfo/{number}")).map(|info| field(&info, "flags:").unwrap_or_default());
    rows.equal("flags of the socket", "02", flags, "/proc/PID/fdinfo");
    let kind = socket(guest, expected.supervisor, number);
    rows.equal("kind of the socket", "unix stream, connected, unnamed", kind, "/proc/PID/net/unix");
    rows.rows
}

/// Numbers and kinds of all open descriptors, without the inodes that differ from run to run.
pub(crate) fn kinds(process: &Process) -> Found {
    let numbers = process.entries("fd")?;
    let kind = |number: &String| -> Found {
        let target = process.link(&format!("fd/{number}"))?;
        Ok(format!("{number} {}", kind_of(&target)))
    };
    Ok(numbers.iter().map(kind).collect::<Result<Vec<_>, _>>()?.join(", "))
}

/// `socket:[8332931]` is a socket, `anon_inode:[pidfd]` a pidfd; everything else is a path.
fn kind_of(target: &str) -> &str {
    match target.split_once(":[") {
        Some(("anon_inode", kind)) => kind.trim_end_matches(']'),
        Some((kind, _)) => kind,
        None => target,
    }
}

fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// The socket was made in the supervisor's network namespace, and is listed there.
fn socket(guest: &Process, supervisor: &Process, number: i32) -> Found {
    let link = guest.link(&format!("fd/{number}"))?;
    let inode = link.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
    let sockets = supervisor.read("net/unix")?;
    let line = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut of_inode = line.filter(|words| words.get(6) == Some(&inode));
    // Num RefCount Protocol Flags Type St Inode Path (proc_net(5)); SOCK_STREAM is 1, SS_CONNECTED 3.
    match of_inode.next().as_deref() {
        Some([_, _, _, _, "0001", "03", _]) => Ok("unix stream, connected, unnamed".into()),
        Some(words) => Ok(words.join(" ")),
        None => Err(Unproven {
            why: format!("socket {inode} is not in {}", supervisor.path("net/unix").display()),
            needs: String::new(),
        }),
    }
}
