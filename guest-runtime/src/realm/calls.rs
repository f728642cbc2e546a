//! Requests whose answers settle promises.

use crate::arena;
use crate::run::Run;
use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsResult, JsValue};
use guest_protocol::envelope::Refusal;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

/// Makes a value, or the reason of a rejection, of an answer.
pub(crate) type Decode = Box<dyn FnOnce(Result<&RawValue, Refusal>, &mut Context) -> JsResult<JsValue>>;

struct Waiting {
    resolvers: ResolvingFunctions,
    decode: Decode,
}

struct Queued {
    method: &'static str,
    params: Box<RawValue>,
    waiting: Waiting,
}

/// Calls in flight, and those that wait for their turn.
#[derive(Default)]
pub(crate) struct Calls {
    bound: Cell<usize>,
    open: RefCell<BTreeMap<u64, Waiting>>,
    queue: RefCell<VecDeque<Queued>>,
}

impl Calls {
    /// Takes the bound on calls in flight.
    pub(crate) fn limit(&self, bound: u32) {
        self.bound.set(usize::try_from(bound).unwrap_or(usize::MAX).max(1));
    }

    /// Whether an answer is still to come.
    pub(crate) fn outstanding(&self) -> bool {
        !self.open.borrow().is_empty()
    }

    fn has_room(&self) -> bool {
        self.open.borrow().len() < self.bound.get()
    }
}

/// Sends a request, or queues it; the promise of its answer.
pub(crate) fn begin(
    method: &'static str,
    params: Box<RawValue>,
    decode: Decode,
    context: &mut Context,
) -> JsPromise {
    arena::collect_if_grown();
    let run = Run::of(context);
    let (promise, resolvers) = JsPromise::new_pending(context);
    let queued = Queued { method, params, waiting: Waiting { resolvers, decode } };
    if run.calls.has_room() {
        send(&run, queued);
    } else {
        run.calls.queue.borrow_mut().push_back(queued);
    }
    promise
}

/// Settles the promise of request `id`, and sends what waited for its place.
pub(crate) fn settle(id: u64, result: Result<&RawValue, Refusal>, context: &mut Context) -> JsResult<()> {
    let run = Run::of(context);
    let Some(waiting) = run.calls.open.borrow_mut().remove(&id) else { return Ok(()) };
    let next = run.calls.queue.borrow_mut().pop_front();
    if let Some(next) = next {
        send(&run, next);
    }
    let (settle, value) = match (waiting.decode)(result, context) {
        Ok(value) => (waiting.resolvers.resolve, value),
        Err(reason) => (waiting.resolvers.reject, reason.into_opaque(context)?),
    };
    settle.call(&JsValue::undefined(), &[value], context)?;
    Ok(())
}

fn send(run: &Run, queued: Queued) {
    let id = run.link.request(queued.method, &queued.params);
    run.calls.open.borrow_mut().insert(id, queued.waiting);
}
