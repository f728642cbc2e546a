//! Rejected promises that nobody has handled yet.

use boa_engine::JsValue;
use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsPromise;
use std::cell::RefCell;

/// The list, oldest first. A promise that gets a handler later is taken off again.
#[derive(Default)]
pub(crate) struct Rejections(RefCell<Vec<JsObject>>);

impl Rejections {
    /// `promise` was rejected and has no handler.
    pub(crate) fn add(&self, promise: JsObject) {
        self.0.borrow_mut().push(promise);
    }

    /// `promise` has a handler after all.
    pub(crate) fn handled(&self, promise: &JsObject) {
        let mut list = self.0.borrow_mut();
        if let Some(index) = list.iter().rposition(|other| JsObject::equals(other, promise)) {
            list.remove(index);
        }
    }

    /// The reasons of those that are left.
    pub(crate) fn reasons(&self) -> Vec<JsValue> {
        let list = self.0.borrow();
        let states = list.iter().filter_map(|promise| JsPromise::from_object(promise.clone()).ok());
        states
            .filter_map(|promise| match promise.state() {
                PromiseState::Rejected(reason) => Some(reason),
                _ => None,
            })
            .collect()
    }
}
