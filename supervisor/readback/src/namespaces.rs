//! Who owns a namespace (ioctl_nsfs(2)).

use crate::{Refusal, sys};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

const NEEDS: &str = "a caller in the namespace above the guest's, and the right to look into /proc/PID/ns";

/// The user namespace that a namespace of process `pid` belongs to, by inode; `kind` as in `/proc/PID/ns`.
///
/// # Errors
/// When the link may not be followed, or the owner is not below our own user namespace.
pub fn owner(pid: i32, kind: &str) -> Result<u64, Refusal> {
    let namespace = open(pid, kind)?;
    let refused = |cause: String| Refusal::new(format!("ioctl({kind}, NS_GET_USERNS)"), cause, NEEDS);
    let owner = sys::owner(namespace.as_fd()).map_err(|errno| refused(errno.to_string()))?;
    File::from(owner).metadata().map(|owner| owner.ino()).map_err(|error| refused(error.to_string()))
}

/// The user id of whoever made the user namespace of process `pid`.
///
/// # Errors
/// When the link may not be followed.
pub fn maker(pid: i32) -> Result<u32, Refusal> {
    let namespace = open(pid, "user")?;
    sys::maker(namespace.as_fd()).map_err(|errno| Refusal::new("ioctl(user, NS_GET_OWNER_UID)", errno, NEEDS))
}

fn open(pid: i32, kind: &str) -> Result<File, Refusal> {
    let path = format!("/proc/{pid}/ns/{kind}");
    File::open(&path).map_err(|error| Refusal::new(format!("open({path})"), error, NEEDS))
}
