//! What the engine asks its host.

use super::thrown;
use crate::arena;
use crate::rejections::Rejections;
use crate::run::Run;
use boa_engine::Context;
use boa_engine::builtins::promise::{OperationType, Promise, PromiseState};
use boa_engine::context::HostHooks;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsPromise;
use std::rc::Rc;

/// Largest `ArrayBuffer`, bytes: beyond it a program gets a RangeError it can catch.
const MAX_BUFFER: u64 = 64 << 20;

/// Our answers.
pub(super) struct Hooks(pub(super) Rc<Rejections>);

impl HostHooks for Hooks {
    fn promise_rejection_tracker(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        context: &mut Context,
    ) {
        let promise: JsObject = promise.clone().upcast();
        match operation {
            OperationType::Reject => {
                note_place(&promise, context);
                self.0.add(promise);
            }
            OperationType::Handle => self.0.handled(&promise),
        }
    }

    /// The sandbox is in UTC; the default looks for `/etc/localtime`.
    fn local_timezone_offset_seconds(&self, _unix_time_seconds: i64) -> i32 {
        0
    }

    /// Asked before each buffer is made: a safe point, and buffers are what the collector cannot see.
    fn max_buffer_size(&self, _context: &mut Context) -> u64 {
        arena::collect_if_grown();
        MAX_BUFFER
    }
}

/// `Promise.reject("text")` and `reject("text")`; what was thrown has its place already.
fn note_place(promise: &JsObject, context: &mut Context) {
    let state = JsPromise::from_object(promise.clone()).map(|promise| promise.state());
    if let Ok(PromiseState::Rejected(reason)) = state
        && Run::of(context).thrown.calls(&reason).is_empty()
    {
        // Without a place the report has one thing less to say.
        let _ = thrown::remember(&reason, context);
    }
}
