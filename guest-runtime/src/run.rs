//! One run: what the realm's functions and the execution share.

use crate::clock::RunClock;
use crate::link::Link;
use crate::realm::calls::Calls;
use crate::realm::console::Console;
use crate::realm::emit::Emitted;
use crate::realm::modules::Tree;
use crate::realm::random::Random;
use crate::realm::thrown::Thrown;
use crate::realm::timers::Timers;
use crate::realm::tools::Catalog;
use crate::rejections::Rejections;
use crate::sources::Sources;
use boa_engine::Context;
use guest_protocol::limits::Limits;
use guest_protocol::message::Start;
use std::cell::RefCell;
use std::rc::Rc;

/// The state of the run. It lies in the engine's context, so that every native function finds it.
pub(crate) struct Run {
    /// The time.
    pub(crate) clock: Rc<RunClock>,
    /// The way out.
    pub(crate) link: Link,
    /// Requests whose answers settle promises.
    pub(crate) calls: Calls,
    /// What waits for a moment.
    pub(crate) timers: Timers,
    /// What was written, and how much more may be.
    pub(crate) console: Console,
    /// How often progress was told.
    pub(crate) emitted: Emitted,
    /// Servers and their tools.
    pub(crate) catalog: Catalog,
    /// Modules that were loaded.
    pub(crate) tree: Tree,
    /// The seeded generator.
    pub(crate) random: Random,
    /// Rejected promises that nobody handles.
    pub(crate) rejections: Rc<Rejections>,
    /// What was thrown last, if it does not know by itself from where.
    pub(crate) thrown: Thrown,
    /// Where compiled code comes from.
    pub(crate) sources: Sources,
    limits: RefCell<Limits>,
}

impl Run {
    /// A run that has not started.
    pub(crate) fn new() -> Rc<Self> {
        let clock = Rc::new(RunClock::default());
        Rc::new(Self {
            link: Link::new(Rc::clone(&clock)),
            clock,
            calls: Calls::default(),
            timers: Timers::default(),
            console: Console::default(),
            emitted: Emitted::default(),
            catalog: Catalog::default(),
            tree: Tree::default(),
            random: Random::default(),
            rejections: Rc::default(),
            thrown: Thrown::default(),
            sources: Sources::default(),
            limits: RefCell::default(),
        })
    }

    /// The run that `context` belongs to.
    pub(crate) fn of(context: &Context) -> Rc<Self> {
        Rc::clone(context.get_data::<Rc<Self>>().expect("the realm is built with its run"))
    }

    /// Takes what `start` brings besides the program.
    pub(crate) fn start(&self, start: &Start) {
        self.clock.start();
        self.link.limit(&start.limits);
        self.calls.limit(start.limits.calls_in_flight);
        self.console.limit(start.limits.console_bytes);
        self.catalog.list(&start.servers);
        self.random.seed(start.seed);
        *self.limits.borrow_mut() = start.limits.clone();
    }

    /// The limits of this run.
    pub(crate) fn limits(&self) -> Limits {
        self.limits.borrow().clone()
    }
}
