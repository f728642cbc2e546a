//! What the kernel says about a guest that claims to be locked down, read from outside.

use std::fs;

/// `Seccomp:` in proc_pid_status(5).
const SECCOMP_FILTER: &str = "2";
/// The jailer's filter and the guest's own.
const FILTERS: u32 = 2;

/// Checks one guest.
///
/// # Errors
/// With the first field that is not what a locked guest has.
pub(crate) fn check(pid: i32) -> Result<(), String> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim).unwrap_or_default().to_owned()
    };
    let expect = |name: &str, wanted: &str| match field(name) {
        found if found == wanted => Ok(()),
        found => Err(format!("{name} is {found:?} where {wanted:?} was expected")),
    };
    expect("Threads", "1")?;
    expect("NoNewPrivs", "1")?;
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        expect(set, "0000000000000000")?;
    }
    expect("Seccomp", SECCOMP_FILTER)?;
    let filters = field("Seccomp_filters");
    // The field is there since Linux 5.9; an outer sandbox may have put filters of its own below ours.
    match filters.parse::<u32>() {
        Ok(count) if count < FILTERS => {
            Err(format!("{count} seccomp filters where {FILTERS} were installed"))
        }
        Ok(_) => Ok(()),
        Err(_) if filters.is_empty() => Ok(()),
        Err(_) => Err(format!("Seccomp_filters is {filters:?}")),
    }
}
