//! Switches off, one after the other, what cannot be switched on again.

use crate::error::{Taken, at, ensure};
use crate::privileges::Bare;
use crate::sys;
use jail_spec::{Step, StepError};
use nix::errno::Errno;
use nix::sys::prctl;

const STEP: Step = Step::NoNewPrivs;

/// Proof: no execve(2) gives this process anything. Landlock and seccomp demand it of a process without
/// capabilities, and would set it themselves, silently, if nobody had.
pub(crate) struct NoNewPrivs(());

/// After the capabilities are gone, so that nothing set here could have been set by privilege alone.
pub(crate) fn set(_bare: Bare) -> Taken<NoNewPrivs> {
    prctl::set_no_new_privs().map_err(at(STEP, "prctl(PR_SET_NO_NEW_PRIVS, 1)"))?;
    prctl::set_dumpable(false).map_err(at(STEP, "prctl(PR_SET_DUMPABLE, 0)"))?;
    let flags = (prctl::get_no_new_privs(), prctl::get_dumpable());
    ensure(flags == (Ok(true), Ok(false)), STEP, "no_new_privs is set, dumpable is not", flags)?;
    let evidence = [
        "no_new_privs, not dumpable".to_owned(),
        write_execute()?,
        offered("store bypass", sys::forbid_speculation(libc::PR_SPEC_STORE_BYPASS))?,
        offered("indirect branches", sys::forbid_speculation(libc::PR_SPEC_INDIRECT_BRANCH))?,
        offered("own core", sys::own_core())?,
    ];
    Ok((NoNewPrivs(()), evidence.join("; ")))
}

fn write_execute() -> Result<String, StepError> {
    let set = sys::deny_write_execute();
    ensure(set != Ok(false), STEP, "prctl(PR_GET_MDWE) = PR_MDWE_REFUSE_EXEC_GAIN", set)?;
    offered("write xor execute", set.map(drop))
}

/// A protection that not every kernel and processor has: set, or honestly reported as not offered.
fn offered(what: &str, result: Result<(), Errno>) -> Result<String, StepError> {
    match result {
        Ok(()) => Ok(format!("{what}: forced")),
        Err(errno @ (Errno::EINVAL | Errno::ENODEV | Errno::ENXIO | Errno::EPERM)) => {
            Ok(format!("{what}: not offered here ({errno:?})"))
        }
        Err(errno) => Err(at(STEP, format!("prctl({what})"))(errno)),
    }
}
