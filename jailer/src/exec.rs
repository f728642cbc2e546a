//! Executes the guest.

use crate::descriptors::Ward;
use crate::error::{Halt, at, found};
use crate::log::Log;
use crate::seccomp::Filtered;
use jail_spec::Step;
use nix::fcntl::AtFlags;
use nix::unistd::execveat;
use std::convert::Infallible;
use std::ffi::CString;

/// Reports first: afterwards this program is gone, and the line closes.
pub(crate) fn guest(_filtered: Filtered, ward: &Ward, log: &Log) -> Result<Infallible, Halt> {
    if !log.reaches(Step::Exec) {
        return Err(Halt::Reached);
    }
    ward.line.tell(&Ok(log.steps()))?;
    // All there is in its argv: what `ps` shows.
    let title = format!("oubliette-guest: {}", ward.spec.run);
    let call = format!("execveat(image, \"\", [{title:?}], [], AT_EMPTY_PATH)");
    let title = CString::new(title).map_err(|error| found(Step::Exec, "title", error.to_string()))?;
    let Err(errno) = execveat(&ward.image, c"", &[title], &[c""; 0], AtFlags::AT_EMPTY_PATH);
    Err(Halt::Failed(at(Step::Exec, call)(errno)))
}
