//! Executes the guest.

use crate::descriptors::Ward;
use crate::error::{Halt, at};
use crate::log::Log;
use crate::seccomp::Filtered;
use jail_spec::Step;
use nix::fcntl::AtFlags;
use nix::unistd::execveat;
use std::convert::Infallible;
use std::ffi::CStr;

/// The guest's name in `ps`; also all there is in its argv.
const NAME: &CStr = c"oubliette-guest";

/// Reports first: afterwards this program is gone, and the line closes.
pub(crate) fn guest(_filtered: Filtered, ward: &Ward, log: &Log) -> Result<Infallible, Halt> {
    if !log.reaches(Step::Exec) {
        return Err(Halt::Reached);
    }
    ward.line.tell(&Ok(log.steps()))?;
    let Err(errno) = execveat(&ward.image, c"", &[NAME], &[c""; 0], AtFlags::AT_EMPTY_PATH);
    let call = "execveat(image, \"\", [\"oubliette-guest\"], [], AT_EMPTY_PATH)";
    Err(Halt::Failed(at(Step::Exec, call)(errno)))
}
