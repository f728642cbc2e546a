//! Whose program runs next. Every host has a lane; the next turn goes to a lane that waits and has the fewest
//! programs running, and among equals to the one whose last turn is longest ago. So a host that sends hundreds waits
//! behind itself, not others behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Whose requests wait behind each other: a session, or what else tells one host from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lane(Arc<str>);

impl Lane {
    /// The lane of this name.
    pub(crate) fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The only one, where there is one host: standard input, or the command line.
    pub(crate) fn only() -> Self {
        Self::new("only")
    }
}

/// The queue.
pub(crate) struct Queue {
    /// Programs at the same time.
    turns: usize,
    /// Programs that wait, of all lanes together.
    places: usize,
    lanes: Mutex<Lanes>,
}

#[derive(Default)]
struct Lanes {
    each: Vec<Waiting>,
    /// Counts turns, to know which lane had one last.
    given: u64,
}

struct Waiting {
    lane: Lane,
    running: usize,
    last: u64,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// Leave to run one program. Dropping it passes it on.
pub(crate) struct Turn {
    queue: Arc<Queue>,
    lane: Lane,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.queue.left(&self.lane);
    }
}

impl Queue {
    /// A queue for so many programs at the same time, and so many that wait.
    pub(crate) fn new(turns: usize, places: usize) -> Arc<Self> {
        Arc::new(Self { turns, places, lanes: Mutex::default() })
    }

    /// Waits for a turn; nothing where too many wait already. Dropping the future gives the place up.
    ///
    /// Where all places are taken, the lane with the most waiting loses its last one to a lane that has at least two
    /// fewer: nobody can fill the queue for the others.
    pub(crate) async fn turn(self: &Arc<Self>, lane: &Lane) -> Option<Turn> {
        let (give, given) = oneshot::channel();
        if !self.lanes().enter(lane, give, self.places + self.turns) {
            return None;
        }
        self.pass_on();
        given.await.ok()
    }

    fn left(self: &Arc<Self>, lane: &Lane) {
        self.lanes().leave(lane);
        self.pass_on();
    }

    /// Gives turns until all are given or nobody waits. They are sent after the lock was let go: one that nobody
    /// takes any more is dropped, and comes back here.
    fn pass_on(self: &Arc<Self>) {
        loop {
            let Some((lane, give)) = self.lanes().next(self.turns) else { return };
            drop(give.send(Turn { queue: Arc::clone(self), lane }));
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    /// Whether there was a place, `most` being those that run and those that wait together.
    fn enter(&mut self, lane: &Lane, give: oneshot::Sender<Turn>, most: usize) -> bool {
        for one in &mut self.each {
            one.waiting.retain(|give| !give.is_closed());
        }
        self.each.retain(|one| one.running > 0 || !one.waiting.is_empty());
        let own = self.lane(lane);
        let inside: usize = self.each.iter().map(|one| one.running + one.waiting.len()).sum();
        let own_length = self.each.get(own).map_or(0, |own| own.waiting.len());
        if inside >= most {
            let longest = self.each.iter_mut().max_by_key(|one| one.waiting.len());
            let Some(longest) = longest.filter(|one| one.waiting.len() > own_length + 1) else {
                return false;
            };
            longest.waiting.pop_back();
        }
        if let Some(own) = self.each.get_mut(own) {
            own.waiting.push_back(give);
        }
        true
    }

    fn lane(&mut self, lane: &Lane) -> usize {
        self.each.iter().position(|one| one.lane == *lane).unwrap_or_else(|| {
            self.each.push(Waiting { lane: lane.clone(), running: 0, last: 0, waiting: VecDeque::new() });
            self.each.len() - 1
        })
    }

    fn leave(&mut self, lane: &Lane) {
        let own = self.lane(lane);
        if let Some(own) = self.each.get_mut(own) {
            own.running = own.running.saturating_sub(1);
        }
    }

    /// Counts a turn as given, and says to whom.
    fn next(&mut self, turns: usize) -> Option<(Lane, oneshot::Sender<Turn>)> {
        let running: usize = self.each.iter().map(|one| one.running).sum();
        let waiting = self.each.iter_mut().filter(|one| !one.waiting.is_empty());
        let next = waiting.min_by_key(|one| (one.running, one.last)).filter(|_| running < turns)?;
        self.given += 1;
        (next.running, next.last) = (next.running + 1, self.given);
        Some((next.lane.clone(), next.waiting.pop_front()?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, Queue, Turn};
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    type Asked<'a> = Pin<Box<dyn Future<Output = Option<Turn>> + 'a>>;

    fn poll(asked: &mut Asked<'_>) -> Poll<Option<Turn>> {
        asked.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn now(queue: &std::sync::Arc<Queue>, lane: &Lane) -> Option<Turn> {
        match pin!(queue.turn(lane)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn,
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_quiet_host_goes_before_the_rest_of_a_loud_one() {
        let queue = Queue::new(1, 10);
        let (loud, quiet) = (Lane::new("loud"), Lane::new("quiet"));
        let first = now(&queue, &loud);
        assert!(first.is_some());
        let mut louds: Vec<Asked<'_>> = (0..3).map(|_| Box::pin(queue.turn(&loud)) as Asked<'_>).collect();
        assert!(louds.iter_mut().all(|asked| poll(asked).is_pending()));
        let mut late: Asked<'_> = Box::pin(queue.turn(&quiet));
        assert!(poll(&mut late).is_pending());
        drop(first);
        assert!(louds.iter_mut().all(|asked| poll(asked).is_pending()));
        assert!(matches!(poll(&mut late), Poll::Ready(Some(_))));
    }

    #[test]
    fn who_fills_the_queue_loses_places_to_others_and_is_told_so() {
        let queue = Queue::new(1, 4);
        let (loud, quiet) = (Lane::new("loud"), Lane::new("quiet"));
        let _running = now(&queue, &loud);
        let mut louds: Vec<Asked<'_>> = (0..4).map(|_| Box::pin(queue.turn(&loud)) as Asked<'_>).collect();
        assert!(louds.iter_mut().all(|asked| poll(asked).is_pending()));
        let mut fifth: Asked<'_> = Box::pin(queue.turn(&loud));
        assert!(matches!(poll(&mut fifth), Poll::Ready(None)));
        let mut late: Asked<'_> = Box::pin(queue.turn(&quiet));
        assert!(poll(&mut late).is_pending());
        assert!(matches!(poll(&mut louds[3]), Poll::Ready(None)));
        assert!(louds[..3].iter_mut().all(|asked| poll(asked).is_pending()));
    }

    #[test]
    fn who_gives_up_takes_no_place_and_no_turn() {
        let queue = Queue::new(1, 1);
        let lane = Lane::only();
        let running = now(&queue, &lane);
        let mut gone: Asked<'_> = Box::pin(queue.turn(&lane));
        assert!(poll(&mut gone).is_pending());
        drop(gone);
        let mut next: Asked<'_> = Box::pin(queue.turn(&lane));
        assert!(poll(&mut next).is_pending());
        drop(running);
        // Granted, and never asked for again.
        drop(next);
        assert!(now(&queue, &lane).is_some());
    }
}
