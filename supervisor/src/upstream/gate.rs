//! What stands before every call of a server: how many at the same time, how many a minute, and none at all for a
//! while after it failed again and again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout};

use super::failure::CallFailure;
use crate::config::Traffic;

/// A call waits this long for its turn among those of a minute, and fails at once where it would be longer.
const WORTH_WAITING: Duration = Duration::from_secs(2);

/// The way to one server.
pub(super) struct Gate {
    server: String,
    traffic: Traffic,
    places: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the next call may begin, as the calls of a minute are spread.
    next: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    /// The last of them.
    last: String,
    /// Nothing is asked before.
    closed_until: Option<Instant>,
    /// One call tries whether it is over.
    trying: bool,
}

/// A call that may be made. What became of it must be said, or it counts for nothing.
pub(super) struct Pass<'g> {
    gate: &'g Gate,
    _place: Option<SemaphorePermit<'g>>,
    tries: bool,
}

impl Gate {
    pub(super) fn new(server: &str, traffic: &Traffic) -> Self {
        let places = Semaphore::new(traffic.in_flight as usize);
        Self { server: server.to_owned(), traffic: traffic.clone(), places, state: Mutex::default() }
    }

    /// Waits for a place, at most for `patience`.
    ///
    /// # Errors
    /// When there is none in time, or nothing is asked of the server now.
    pub(super) async fn enter(&self, patience: Duration) -> Result<Pass<'_>, CallFailure> {
        self.is_open()?;
        let wait = self.turn().map_err(|wait| {
            let why = format!("all {} calls of this minute (calls_per_minute) are made", self.per_minute());
            CallFailure::paused(&self.server, &why, wait)
        })?;
        sleep(wait).await;
        let place = timeout(patience, self.places.acquire()).await;
        let place =
            place.map_err(|_| CallFailure::crowded(&self.server, self.traffic.in_flight, patience))?;
        let tries = self.admit()?;
        // The semaphore is never closed.
        Ok(Pass { gate: self, _place: place.ok(), tries })
    }

    fn per_minute(&self) -> u32 {
        self.traffic.per_minute.unwrap_or(u32::MAX)
    }

    /// How long until this call's turn.
    ///
    /// # Errors
    /// The same, where it is too long to wait; the call takes no turn then.
    fn turn(&self) -> Result<Duration, Duration> {
        let Some(per_minute) = self.traffic.per_minute else { return Ok(Duration::ZERO) };
        let (now, minute) = (Instant::now(), Duration::from_secs(60));
        let mut state = self.state();
        // The calls of a minute may all come at once, and then one after the other as they are earned back.
        let next = state.next.map_or(now, |next| next.max(now)) + minute / per_minute;
        let wait = next.saturating_duration_since(now + minute);
        if wait > WORTH_WAITING {
            return Err(wait);
        }
        state.next = Some(next);
        Ok(wait)
    }

    fn is_open(&self) -> Result<(), CallFailure> {
        self.state().check(&self.server)
    }

    /// Whether this call is the one that tries the server.
    fn admit(&self) -> Result<bool, CallFailure> {
        let mut state = self.state();
        state.check(&self.server)?;
        if state.closed_until.is_none() {
            return Ok(false);
        }
        state.trying = true;
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, server: &str) -> Result<(), CallFailure> {
        let Some(until) = self.closed_until else { return Ok(()) };
        let wait = until.saturating_duration_since(Instant::now());
        if wait.is_zero() && !self.trying {
            return Ok(());
        }
        let why = match self.failures {
            0 | 1 => self.last.clone(),
            failures => format!("{failures} calls in a row failed, the last because {}", self.last),
        };
        Err(CallFailure::paused(server, &why, wait))
    }
}

impl Pass<'_> {
    /// The server answered.
    pub(super) fn answered(self) {
        let mut state = self.gate.state();
        state.failures = 0;
        if self.tries {
            state.closed_until = None;
        }
    }

    /// It did not, or asked for a pause.
    pub(super) fn failed(self, why: &str, pause_ms: Option<u64>) {
        let breaker = &self.gate.traffic.breaker;
        let mut state = self.gate.state();
        state.failures = state.failures.saturating_add(1);
        why.clone_into(&mut state.last);
        let broken = breaker.failures > 0 && (self.tries || state.failures >= breaker.failures);
        let pause = pause_ms.filter(|ms| *ms > 0).max(broken.then_some(breaker.pause_ms));
        if let Some(ms) = pause {
            state.closed_until = Some(Instant::now() + Duration::from_millis(ms));
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.tries {
            self.gate.state().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use crate::config::{Breaker, Traffic};
    use std::time::Duration;
    use tokio::time::sleep;

    /// The time that a call waits for its place here, and that a failing server is left alone.
    const SHORT: Duration = Duration::from_millis(100);

    fn gate(per_minute: Option<u32>) -> Gate {
        let breaker = Breaker { failures: 2, pause_ms: 100 };
        Gate::new("far", &Traffic { in_flight: 2, per_minute, breaker, cache: None })
    }

    async fn refused(gate: &Gate) -> String {
        let failure = gate.enter(SHORT).await.err().expect("the gate is closed");
        assert!(failure.failure.retryable);
        failure.message
    }

    #[tokio::test]
    async fn it_closes_after_failures_in_a_row_and_one_call_tries() {
        let gate = gate(None);
        gate.enter(SHORT).await.expect("it is open").failed("it was slow", None);
        gate.enter(SHORT).await.expect("it is open").answered();
        for _ in 0..2 {
            gate.enter(SHORT).await.expect("it is open").failed("it was slow", None);
        }
        assert!(refused(&gate).await.contains("2 calls in a row"));
        sleep(SHORT).await;
        let first = gate.enter(SHORT).await.expect("one may try");
        assert!(gate.enter(SHORT).await.is_err(), "only one may try");
        drop(first);
        gate.enter(SHORT).await.expect("another may try").failed("it was slow", None);
        assert!(gate.enter(SHORT).await.is_err(), "it is closed again");
        sleep(SHORT).await;
        gate.enter(SHORT).await.expect("one may try").answered();
        gate.enter(SHORT).await.expect("it is open").answered();
    }

    #[tokio::test]
    async fn a_pause_that_was_asked_for_is_kept() {
        let gate = gate(None);
        gate.enter(SHORT).await.expect("it is open").failed("HTTP 429", Some(60_000));
        assert!(refused(&gate).await.contains("HTTP 429; it is asked again in 60 s"));
    }

    #[tokio::test]
    async fn calls_wait_for_a_place_and_not_for_ever() {
        let gate = gate(None);
        let (one, _two) = (gate.enter(SHORT).await.ok(), gate.enter(SHORT).await.ok());
        assert!(refused(&gate).await.contains("2 calls (calls_in_flight)"));
        drop(one);
        assert!(gate.enter(SHORT).await.is_ok());
    }

    #[tokio::test]
    async fn the_calls_of_a_minute_are_earned_back() {
        let gate = gate(Some(10));
        for n in 0..10 {
            assert!(gate.enter(SHORT).await.is_ok(), "call {n}");
        }
        assert!(refused(&gate).await.contains("all 10 calls of this minute"));
        assert_eq!(gate.turn().expect_err("one is earned in six seconds").as_secs(), 5);
    }
}
