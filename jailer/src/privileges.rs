//! Gives up every capability for good. The only module that uses the `caps` crate.

use crate::error::{Taken, at, ensure, found, refused};
use crate::limits::Limited;
use crate::sys;
use caps::CapSet;
use caps::errors::CapsError;
use jail_spec::{Identity, Step, StepError};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, setresgid, setresuid};

const STEP: Step = Step::Privileges;

/// Every secure bit and its lock, but SECBIT_KEEP_CAPS, which is locked while off (capabilities(7)): user 0 means
/// nothing, a change of user gives nothing, nothing can be made ambient.
const SECUREBITS: i32 = 0b1110_1111;

/// A capability set in the kernel's interface has this many bits.
const CAPABILITIES: u8 = 64;

/// Proof: no capability is left, and none can come back.
pub(crate) struct Bare(());

/// Secure bits and bounding set first: changing them takes CAP_SETPCAP, which the last call gives up.
pub(crate) fn give_up(_limited: Limited) -> Taken<Bare> {
    sys::set_securebits(SECUREBITS).map_err(at(STEP, "prctl(PR_SET_SECUREBITS, 0xef)"))?;
    let dropped = drop_bounding()?;
    clear_sets()?;
    let bits = sys::securebits().map_err(at(STEP, "prctl(PR_GET_SECUREBITS)"))?;
    ensure(bits == SECUREBITS, STEP, format!("prctl(PR_GET_SECUREBITS) = {SECUREBITS:#x}"), bits)?;
    let door = refused(STEP, "unshare(CLONE_NEWUTS)", Errno::EPERM, unshare(CloneFlags::CLONE_NEWUTS))?;
    let sets = format!("{dropped} dropped from the bounding set, the other sets empty");
    Ok((Bare(()), format!("{sets}, securebits {bits:#x}, {door}")))
}

fn drop_bounding() -> Result<u8, StepError> {
    for capability in 0..CAPABILITIES {
        match sys::drop_bounding(capability) {
            Ok(()) => {}
            // The first number this kernel has no capability for.
            Err(Errno::EINVAL) => return Ok(capability),
            Err(errno) => return Err(at(STEP, format!("prctl(PR_CAPBSET_DROP, {capability})"))(errno)),
        }
        let left = sys::has_bounding(capability);
        ensure(left == Ok(false), STEP, format!("prctl(PR_CAPBSET_READ, {capability}) = 0"), left)?;
    }
    Ok(CAPABILITIES)
}

fn clear_sets() -> Result<(), StepError> {
    // Effective before permitted, of which it must stay a subset.
    let sets = [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted];
    for set in sets {
        let failed = |error: CapsError| found(STEP, format!("clear {set:?}"), error.to_string());
        caps::clear(None, set).map_err(failed)?;
        let left = caps::read(None, set).map_err(failed)?;
        ensure(left.is_empty(), STEP, format!("{set:?} is empty"), left)?;
    }
    Ok(())
}

/// The jailer outside, once the guest runs: all it still does is to wait, and to kill one process.
///
/// It takes the guest's identity, which an ordinary user has anyway. Without capabilities root could neither signal
/// a process of another user nor pass its parent-death signal on to it: the kernel checks the *dying* parent's
/// permission.
pub(crate) fn follow(identity: Identity) -> Result<(), StepError> {
    let (user, group) = (Uid::from_raw(identity.outside_uid), Gid::from_raw(identity.outside_gid));
    setresgid(group, group, group).map_err(at(STEP, format!("setresgid({group} x3)")))?;
    setresuid(user, user, user).map_err(at(STEP, format!("setresuid({user} x3)")))?;
    clear_sets()?;
    prctl::set_no_new_privs().map_err(at(STEP, "prctl(PR_SET_NO_NEW_PRIVS, 1)"))?;
    prctl::set_dumpable(false).map_err(at(STEP, "prctl(PR_SET_DUMPABLE, 0)"))
}
