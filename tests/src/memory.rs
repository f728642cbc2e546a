//! What this process occupies, for benches.

/// Bytes of this process that are in memory: the second figure of proc_pid_statm(5), in pages of 4 KiB.
///
/// # Errors
/// When `/proc` does not say.
pub fn resident() -> Result<u64, String> {
    let statm = std::fs::read_to_string("/proc/self/statm").map_err(|error| error.to_string())?;
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.map(|pages| pages * 4_096).ok_or_else(|| format!("/proc/self/statm says {statm:?}"))
}
