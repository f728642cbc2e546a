//! When a server may be started, or connected to, again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Least time between two starts of a server; doubled with every start that failed.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// Most doublings: about a minute.
const MAX_DOUBLINGS: u32 = 6;
/// A call waits this long for a start that is due, and fails at once where it is due later.
const WORTH_WAITING: Duration = Duration::from_secs(2);

/// The starts of one server so far.
#[derive(Default)]
pub(super) struct Starts {
    last: Option<Instant>,
    failed: u32,
}

impl Starts {
    /// Waits for the next start where it is due soon.
    ///
    /// # Errors
    /// How long it is until then, where it is not worth waiting for.
    pub(super) async fn take_turn(&mut self) -> Result<(), Duration> {
        if let Some(last) = self.last {
            let due = last + RESTART_PAUSE * 2_u32.pow(self.failed.min(MAX_DOUBLINGS));
            let wait = due.saturating_duration_since(Instant::now());
            if wait > WORTH_WAITING {
                return Err(wait);
            }
            sleep_until(due).await;
        }
        self.last = Some(Instant::now());
        Ok(())
    }

    pub(super) fn failed(&mut self) {
        self.failed += 1;
    }

    pub(super) fn succeeded(&mut self) {
        self.failed = 0;
    }
}
