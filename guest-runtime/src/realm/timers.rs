//! `setTimeout`, `setInterval`, `sleep`: the guest keeps the list, the supervisor wakes it.

use super::{define, global_function};
use crate::run::Run;
use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{Context, JsArgs, JsNativeError, JsResult, JsValue};
use guest_protocol::message::{Sleep, method};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Longest delay, milliseconds; longer ones fire at once elsewhere, and here are cut to this (HTML, 8.6).
const MAX_DELAY_MS: f64 = 2_147_483_647.0;
/// Timers at the same time.
const MAX_TIMERS: usize = 100_000;

struct Timer {
    handle: u32,
    callback: JsFunction,
    arguments: Vec<JsValue>,
    /// Microseconds between two calls of an interval.
    every: Option<u64>,
}

/// What waits for a moment, by that moment (microseconds since the epoch) and then by age.
#[derive(Default)]
pub(crate) struct Timers {
    due: RefCell<BTreeMap<(u64, u64), Timer>>,
    age: Cell<u64>,
    handles: Cell<u32>,
    /// Requests to be woken: their ids, and when.
    sleeps: RefCell<BTreeMap<u64, u64>>,
}

impl Timers {
    /// Whether a timer is left that fires once, and before `deadline`: an interval keeps no run alive.
    pub(crate) fn outstanding_before(&self, deadline: u64) -> bool {
        self.due.borrow().range(..(deadline, 0)).any(|(_, timer)| timer.every.is_none())
    }

    /// Whether any timer is left.
    pub(crate) fn any(&self) -> bool {
        !self.due.borrow().is_empty()
    }

    /// Whether `id` is a request to be woken; the moment it stood for.
    pub(crate) fn woken(&self, id: u64) -> Option<u64> {
        self.sleeps.borrow_mut().remove(&id)
    }

    fn insert(&self, at: u64, timer: Timer) {
        let age = self.age.replace(self.age.get() + 1);
        self.due.borrow_mut().insert((at, age), timer);
    }

    fn next(&self, now: u64) -> Option<Timer> {
        let mut due = self.due.borrow_mut();
        let first = due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

/// Asks to be woken for the earliest timer, unless that is arranged already.
pub(crate) fn ask_to_be_woken(run: &Run) {
    let Some(&(at, _)) = run.timers.due.borrow().keys().next() else { return };
    if run.timers.sleeps.borrow().values().any(|&moment| moment <= at) {
        return;
    }
    let ms = at.saturating_sub(run.clock.current()).div_ceil(1000);
    let id = run.link.request(method::SLEEP, Sleep { ms });
    run.timers.sleeps.borrow_mut().insert(id, at);
}

/// Calls the first timer that is due, if there is one; whether there was.
pub(crate) fn fire_one(context: &mut Context) -> JsResult<bool> {
    let run = Run::of(context);
    let now = run.clock.current();
    let Some(timer) = run.timers.next(now) else { return Ok(false) };
    let (callback, arguments) = (timer.callback.clone(), timer.arguments.clone());
    if let Some(every) = timer.every {
        run.timers.insert(now + every, timer);
    }
    callback.call(&JsValue::undefined(), &arguments, context)?;
    Ok(true)
}

/// Puts the functions into the realm.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    global_function(context, "setTimeout", 2, |_, arguments, context| set(arguments, false, context))?;
    global_function(context, "setInterval", 2, |_, arguments, context| set(arguments, true, context))?;
    global_function(context, "setImmediate", 1, set_immediate)?;
    for name in ["clearTimeout", "clearInterval", "clearImmediate"] {
        global_function(context, name, 1, clear)?;
    }
    let sleep = global_function(context, "sleep", 1, sleep)?;
    define(&context.global_object(), "delay", sleep, context)
}

fn set(arguments: &[JsValue], repeat: bool, context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments.get_or_undefined(0))?;
    let delay = delay(arguments.get_or_undefined(1), context)?;
    let rest = arguments.get(2..).unwrap_or_default().to_vec();
    add(callback, rest, delay, repeat, context)
}

fn set_immediate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments.get_or_undefined(0))?;
    add(callback, arguments.get(1..).unwrap_or_default().to_vec(), 0, false, context)
}

fn add(
    callback: JsFunction,
    arguments: Vec<JsValue>,
    delay: u64,
    repeat: bool,
    context: &mut Context,
) -> JsResult<JsValue> {
    let run = Run::of(context);
    if run.timers.due.borrow().len() >= MAX_TIMERS {
        let message = format!("more than {MAX_TIMERS} timers at the same time");
        return Err(JsNativeError::range().with_message(message).into());
    }
    let handle = run.timers.handles.get() + 1;
    run.timers.handles.set(handle);
    // An interval of nothing would never let the run end.
    let every = repeat.then_some(delay.max(1000));
    run.timers.insert(run.clock.current() + delay, Timer { handle, callback, arguments, every });
    Ok(handle.into())
}

fn callback(value: &JsValue) -> JsResult<JsFunction> {
    value.as_function().ok_or_else(|| {
        JsNativeError::typ().with_message("the first argument of a timer has to be a function").into()
    })
}

/// A delay in microseconds.
fn delay(value: &JsValue, context: &mut Context) -> JsResult<u64> {
    let ms = value.to_number(context)?;
    let ms = if ms.is_nan() { 0.0 } else { ms.clamp(0.0, MAX_DELAY_MS) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above")]
    Ok((ms * 1000.0) as u64)
}

fn clear(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let handle = arguments.get_or_undefined(0).to_number(context)?;
    let run = Run::of(context);
    let mut due = run.timers.due.borrow_mut();
    let key = due.iter().find(|(_, timer)| f64::from(timer.handle) == handle).map(|(key, _)| *key);
    key.map(|key| due.remove(&key));
    Ok(JsValue::undefined())
}

fn sleep(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    wait(this, arguments.get(..1).unwrap_or_default(), context)
}

/// `setTimeout` of `timers/promises`: a promise of the second argument.
pub(super) fn wait(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let delay = delay(arguments.get_or_undefined(0), context)?;
    let (promise, resolvers) = JsPromise::new_pending(context);
    add(resolvers.resolve, vec![arguments.get_or_undefined(1).clone()], delay, false, context)?;
    Ok(promise.into())
}
