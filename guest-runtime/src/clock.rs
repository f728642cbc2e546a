//! The only clock of a run: what the supervisor stamped on its last frame.

use boa_engine::context::time::{Clock, JsInstant};
use std::cell::Cell;

const MICROSECONDS: u64 = 1_000_000;

/// Time as the run sees it, microseconds since the Unix epoch.
///
/// Each look moves it on by one microsecond: a program that spins until a moment has come gets there, in the
/// same number of steps at every replay.
#[derive(Default)]
pub(crate) struct RunClock {
    now: Cell<u64>,
    start: Cell<u64>,
}

impl RunClock {
    /// Moves on to `now` if that is later.
    pub(crate) fn advance_to(&self, now: u64) {
        self.now.set(self.now.get().max(now));
    }

    /// The run begins now.
    pub(crate) fn start(&self) {
        self.start.set(self.now.get());
    }

    /// The time, in microseconds since the Unix epoch.
    pub(crate) fn look(&self) -> u64 {
        let now = self.now.get() + 1;
        self.now.set(now);
        now
    }

    /// The same without the step that every look of the program takes.
    pub(crate) fn current(&self) -> u64 {
        self.now.get()
    }

    /// When the run began, microseconds since the Unix epoch.
    pub(crate) fn started(&self) -> u64 {
        self.start.get()
    }
}

impl Clock for RunClock {
    fn now(&self) -> JsInstant {
        let now = self.look();
        // The remainder is below a second, so its nanoseconds fit.
        JsInstant::new(now / MICROSECONDS, u32::try_from(now % MICROSECONDS).unwrap_or(0) * 1000)
    }

    fn system_time_millis(&self) -> i64 {
        i64::try_from(self.look() / 1000).unwrap_or(i64::MAX)
    }
}
