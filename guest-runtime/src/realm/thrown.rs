//! Where the program threw what is not an Error: an Error knows that by itself, `throw "text"` does not.

use super::{define, function};
use crate::run::Run;
use crate::{source, stack};
use boa_engine::builtins::error::Error;
use boa_engine::{Context, JsArgs, JsResult, JsValue};
use std::cell::RefCell;

/// The latest such value, and the calls that led to it, innermost first.
#[derive(Default)]
pub(crate) struct Thrown(RefCell<Option<(JsValue, Vec<String>)>>);

impl Thrown {
    /// The calls that led to `value`, where they are known.
    pub(crate) fn calls(&self, value: &JsValue) -> Vec<String> {
        match &*self.0.borrow() {
            Some((thrown, calls)) if thrown.strict_equals(value) => calls.clone(),
            _ => Vec::new(),
        }
    }
}

/// Remembers that `value` is thrown, or a promise rejected with it, here and now.
pub(super) fn remember(value: &JsValue, context: &mut Context) -> JsResult<()> {
    if value.as_object().is_some_and(|object| object.is::<Error>()) {
        return Ok(());
    }
    let here = super::tools::error::trace(context)?;
    let calls = stack::of(&here, context)?;
    if !calls.is_empty() {
        *Run::of(context).thrown.0.borrow_mut() = Some((value.clone(), calls));
    }
    Ok(())
}

/// Adds the function that the compiler passes what is thrown through.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let function = function(context, "", 1, |_, arguments, context| {
        let value = arguments.get_or_undefined(0);
        remember(value, context)?;
        Ok(value.clone())
    });
    define(&context.global_object(), source::THROWN, function, context)
}
