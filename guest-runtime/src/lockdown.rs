//! The last filter. Nothing a program sends is read before it is in force.

use crate::{fault, sys};
use guest_protocol::message::Prepare;

/// Installs the filter of `prepare` for good, or ends the process.
///
/// The jailer has set `no_new_privs`; a guest that finds it unset is not in a jail and stops.
pub(crate) fn enter(prepare: &Prepare) {
    if !sys::no_new_privs() {
        fault::panic(format_args!(
            "lockdown refused: no_new_privs is not set, so this is not the jailer's child"
        ));
    }
    if let Err(error) = sys::hide_clock() {
        fault::panic(format_args!("lockdown failed: prctl(PR_SET_TSC): {error}"));
    }
    let installed = if prepare.strict { sys::install_strict() } else { sys::install_filter(&prepare.filter) };
    if let Err(error) = installed {
        fault::panic(format_args!("lockdown failed: seccomp: {error}"));
    }
}
