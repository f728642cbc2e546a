//! One shape for everything that can go wrong: the step, the call as strace would print it, and its errno.

use jail_spec::{Step, StepError};
use nix::errno::Errno;
use std::{fmt, io};

/// A step taken: the proof that the next one needs, and what the kernel answered when it was checked.
pub(crate) type Taken<T> = Result<(T, String), StepError>;

/// A failed call; for `map_err`.
pub(crate) fn at(step: Step, call: impl Into<String>) -> impl FnOnce(Errno) -> StepError {
    move |errno| StepError {
        step,
        call: call.into(),
        errno: errno as i32,
        meaning: format!("{errno:?} ({})", errno.desc()),
    }
}

/// A failed call of the standard library; for `map_err`.
pub(crate) fn at_io(step: Step, call: impl Into<String>) -> impl FnOnce(io::Error) -> StepError {
    move |error| at(step, call)(errno(error))
}

/// The error number in an error of the standard library.
pub(crate) fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}

/// A check that found something else than it must be.
pub(crate) fn found(step: Step, check: impl Into<String>, found: impl Into<String>) -> StepError {
    StepError { step, call: check.into(), errno: 0, meaning: found.into() }
}

/// A check of what must hold.
pub(crate) fn ensure<T: fmt::Debug>(
    holds: bool,
    step: Step,
    check: impl Into<String>,
    seen: T,
) -> Result<(), StepError> {
    if holds { Ok(()) } else { Err(found(step, check, format!("found {seen:?}"))) }
}

/// A closed door, tried: the call must fail, and for this reason. Gives the evidence.
pub(crate) fn refused<T: fmt::Debug>(
    step: Step,
    call: &str,
    why: Errno,
    result: Result<T, Errno>,
) -> Result<String, StepError> {
    let door = format!("{call} = {why:?}");
    ensure(matches!(&result, Err(errno) if *errno == why), step, &door, result)?;
    Ok(door)
}

/// Says what to do about the errors for which the kernel's own words do not.
pub(crate) fn advise(mut error: StepError, advice: &[(Errno, &str)]) -> StepError {
    if let Some((_, remedy)) = advice.iter().find(|(errno, _)| *errno as i32 == error.errno) {
        error.meaning = format!("{}: {remedy}", error.meaning);
    }
    error
}

/// Why the sequence stopped.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The last step that was asked for is taken.
    Reached,
    /// A step could not be taken.
    Failed(StepError),
}

impl From<StepError> for Halt {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}
