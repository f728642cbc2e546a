//! Installs the first filter; the guest stacks its own on top of it.

use crate::descriptors::Exact;
use crate::error::{Taken, at_io, ensure, found};
use crate::no_new_privs::NoNewPrivs;
use crate::sys;
use jail_spec::{Instruction, Step};
use seccompiler::{Error, apply_filter, sock_filter};

const STEP: Step = Step::Seccomp;

/// Proof: the first filter is in force.
pub(crate) struct Filtered(());

/// Last before the exec: the filter forbids what the steps above need. `NoNewPrivs` is demanded because the crate
/// would set it in passing.
pub(crate) fn install(_proof: &NoNewPrivs, _exact: Exact, filter: &[Instruction]) -> Taken<Filtered> {
    let program: Vec<_> =
        filter.iter().map(|&Instruction(code, jt, jf, k)| sock_filter { code, jt, jf, k }).collect();
    let call = format!("seccomp(SECCOMP_SET_MODE_FILTER, 0, {} instructions)", program.len());
    apply_filter(&program).map_err(|error| match error {
        Error::Prctl(cause) | Error::Seccomp(cause) => at_io(STEP, call)(cause),
        other => found(STEP, call, other.to_string()),
    })?;
    let filtered = sys::is_filtered();
    ensure(filtered == Ok(true), STEP, "prctl(PR_GET_SECCOMP) = 2", filtered)?;
    Ok((Filtered(()), format!("{} instructions, mode 2", program.len())))
}
