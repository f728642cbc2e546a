//! `emit(value)`: a word of progress, for the host as the program runs.

use super::{console, global_function, json};
use crate::run::Run;
use boa_engine::{Context, JsArgs, JsResult, JsValue};
use guest_protocol::limits::{EMIT_BYTES, EMITS};
use guest_protocol::message::{Emit, method};
use std::cell::Cell;

/// How often it was used.
#[derive(Default)]
pub(crate) struct Emitted(Cell<usize>);

/// Adds `emit`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    global_function(context, "emit", 1, emit).map(drop)
}

fn emit(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let run = Run::of(context);
    let said = run.emitted.0.replace(run.emitted.0.get() + 1);
    let text = match said + 1 {
        again if again > EMITS => return Ok(JsValue::undefined()),
        EMITS => format!("[progress ends here: a run may tell {EMITS} words of it]"),
        _ => text(arguments.get_or_undefined(0), &run, context)?,
    };
    run.link.notify(method::EMIT, Emit { text });
    Ok(JsValue::undefined())
}

/// A string as it is, anything else as JSON; what JSON cannot say as the console would.
fn text(value: &JsValue, run: &Run, context: &mut Context) -> JsResult<String> {
    if value.as_string().is_none()
        && let Ok(Some(text)) = json::outgoing(value, run.limits().json_depth, context)
    {
        return Ok(cut(text));
    }
    console::shown(value, EMIT_BYTES, context).map(cut)
}

fn cut(mut text: String) -> String {
    const MARK: &str = "…";
    if text.len() > EMIT_BYTES {
        text.truncate(text.floor_char_boundary(EMIT_BYTES - MARK.len()));
        text.push_str(MARK);
    }
    text
}
