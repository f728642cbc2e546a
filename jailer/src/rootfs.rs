//! Exchanges the root for an empty, read-only one.

use crate::error::{Taken, advise, at, at_io, ensure, refused};
use crate::namespaces::Settled;
use jail_spec::Step;
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::Mode;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{chdir, mkdir, pivot_root};
use std::fs;
use std::path::PathBuf;

const STEP: Step = Step::Root;

/// The one directory that must exist here: the identity was mapped through it.
const COVERED: &str = "/proc";

/// One page and one inode: room for the root directory and nothing else (tmpfs(5)).
const OPTIONS: &str = "size=4k,nr_inodes=1,mode=0555";

/// What a mount of our own can be refused for, although the namespace was granted.
const DENIED: [(Errno, &str); 2] = [(Errno::EPERM, RESTRICTED), (Errno::EACCES, RESTRICTED)];
const RESTRICTED: &str = "this host lets a user namespace be made, but takes its capabilities away; on Ubuntu, give \
                          the jailer an AppArmor profile with `userns` (kernel.apparmor_restrict_unprivileged_userns)";

/// Proof: there is no file to open.
pub(crate) struct Emptied(());

/// Takes the proof that the identity is settled: mounts by root itself would be owned by root.
pub(crate) fn replace(_settled: Settled) -> Taken<Emptied> {
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_PRIVATE | MsFlags::MS_REC, none)
        .map_err(|errno| advise(at(STEP, "mount(NULL, \"/\", NULL, MS_PRIVATE|MS_REC)")(errno), &DENIED))?;
    let closed = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let call = format!("mount(\"jail\", {COVERED:?}, \"tmpfs\", MS_NOSUID|MS_NODEV|MS_NOEXEC, {OPTIONS:?})");
    mount(Some("jail"), COVERED, Some("tmpfs"), closed, Some(OPTIONS)).map_err(at(STEP, call))?;
    chdir(COVERED).map_err(at(STEP, format!("chdir({COVERED:?})")))?;
    let advice = [(Errno::EINVAL, "the host's root is the initial ramfs, which cannot be left")];
    pivot_root(".", ".").map_err(|errno| advise(at(STEP, "pivot_root(\".\", \".\")")(errno), &advice))?;
    umount2(".", MntFlags::MNT_DETACH).map_err(at(STEP, "umount2(\".\", MNT_DETACH)"))?;
    chdir("/").map_err(at(STEP, "chdir(\"/\")"))?;
    // Now, not at the first mount: pivot_root needs nothing written, but a tmpfs starts writable.
    mount(none, "/", none, MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | closed, Some(OPTIONS))
        .map_err(at(STEP, "mount(NULL, \"/\", NULL, MS_REMOUNT|MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC)"))?;
    check()
}

fn check() -> Taken<Emptied> {
    let entries = fs::read_dir("/").map_err(at_io(STEP, "getdents(\"/\")"))?.count();
    let parent = fs::read_dir("/..").map_err(at_io(STEP, "getdents(\"/..\")"))?.count();
    let directory = std::env::current_dir().map_err(at_io(STEP, "getcwd()"))?;
    let seen = (entries, parent, &directory);
    ensure(seen == (0, 0, &PathBuf::from("/")), STEP, "nothing in / and /.., working directory /", seen)?;
    let flags = statvfs("/").map_err(at(STEP, "statvfs(\"/\")"))?.flags();
    let wanted = FsFlags::ST_RDONLY | FsFlags::ST_NOSUID | FsFlags::ST_NODEV | FsFlags::ST_NOEXEC;
    ensure(flags.contains(wanted), STEP, "statvfs(\"/\") has ro,nosuid,nodev,noexec", flags)?;
    let door = refused(STEP, "mkdir(\"/door\")", Errno::EROFS, mkdir("/door", Mode::S_IRWXU))?;
    Ok((Emptied(()), format!("empty tmpfs, ro nosuid nodev noexec; {door}")))
}
