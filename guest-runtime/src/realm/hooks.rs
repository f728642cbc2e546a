//! What the engine asks its host.

use crate::arena;
use crate::rejections::Rejections;
use boa_engine::Context;
use boa_engine::builtins::promise::{OperationType, Promise};
use boa_engine::context::HostHooks;
use boa_engine::object::JsObject;
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
        _: &mut Context,
    ) {
        let promise = promise.clone().upcast();
        match operation {
            OperationType::Reject => self.0.add(promise),
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
