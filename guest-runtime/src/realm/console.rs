//! `console`: lines for the log, as many as fit.

use super::inspect::{self, Look};
use super::{define, function, named, object};
use crate::run::Run;
use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::{Context, JsArgs, JsResult, JsValue, NativeFunction};
use guest_protocol::message::{ConsoleWrite, Level, method};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// What one level of `console.group` indents by.
const INDENT: &str = "  ";
/// Groups inside each other that still indent.
const MAX_GROUPS: usize = 20;
/// Labels of counters and clocks that are kept.
const MAX_LABELS: usize = 1000;

/// How much was written, and what the methods remember.
#[derive(Default)]
pub(crate) struct Console {
    left: Cell<usize>,
    bound: Cell<usize>,
    cut: Cell<bool>,
    groups: Cell<usize>,
    counts: RefCell<BTreeMap<String, u64>>,
    clocks: RefCell<BTreeMap<String, u64>>,
}

impl Console {
    /// Takes the bound on all that is written, bytes.
    pub(crate) fn limit(&self, bytes: usize) {
        self.left.set(bytes);
        self.bound.set(bytes);
    }
}

/// Adds `console`.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let console = object(context);
    for (name, level) in [
        ("log", Level::Log),
        ("info", Level::Info),
        ("warn", Level::Warn),
        ("error", Level::Error),
        ("debug", Level::Debug),
        ("dir", Level::Log),
        ("dirxml", Level::Log),
    ] {
        let native = NativeFunction::from_copy_closure(move |_, arguments, context| {
            let arguments = if name == "dir" { arguments.get(..1).unwrap_or(arguments) } else { arguments };
            print(level, arguments, context)
        });
        let function = named(context, name, 0, native);
        define(&console, name, function, context)?;
    }
    for (name, native) in METHODS {
        let function = function(context, name, 0, native);
        define(&console, name, function, context)?;
    }
    define(&context.global_object(), "console", console, context)
}

const METHODS: [(&str, NativeFunctionPointer); 11] = [
    ("trace", trace),
    ("assert", assert),
    ("table", table),
    ("group", group),
    ("groupCollapsed", group),
    ("groupEnd", group_end),
    ("count", count),
    ("countReset", count_reset),
    ("time", time),
    ("timeLog", time_log),
    ("timeEnd", time_end),
];

fn print(level: Level, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let run = Run::of(context);
    if !run.console.cut.get() {
        let look = Look::bounded(run.console.left.get());
        let text = inspect::line(arguments, look, context)?;
        write(level, text, &run);
    }
    Ok(JsValue::undefined())
}

fn write(level: Level, text: String, run: &Run) {
    let console = &run.console;
    if console.cut.get() {
        return;
    }
    let mut text = indented(text, console.groups.get());
    let left = console.left.get();
    if text.len() > left {
        text.truncate(text.floor_char_boundary(left));
        console.cut.set(true);
    }
    console.left.set(left - text.len());
    run.link.notify(method::CONSOLE, ConsoleWrite { level, text });
    if console.cut.get() {
        let text = format!(
            "[console output is cut here: a run may write {} bytes; log less, or return the data as the value]",
            console.bound.get()
        );
        run.link.notify(method::CONSOLE, ConsoleWrite { level: Level::Warn, text });
    }
}

fn indented(text: String, groups: usize) -> String {
    if groups == 0 {
        return text;
    }
    let indent = INDENT.repeat(groups.min(MAX_GROUPS));
    format!("{indent}{}", text.replace('\n', &format!("\n{indent}")))
}

fn trace(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let here = super::tools::error::trace(context)?;
    let message = inspect::line(arguments, Look::default(), context)?;
    let text = crate::stack::with_header("Trace", &message, &crate::stack::of(&here, context)?);
    write(Level::Debug, text, &Run::of(context));
    Ok(JsValue::undefined())
}

fn assert(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if arguments.get_or_undefined(0).to_boolean() {
        return Ok(JsValue::undefined());
    }
    let rest = inspect::line(arguments.get(1..).unwrap_or_default(), Look::default(), context)?;
    let text = if rest.is_empty() { "Assertion failed".into() } else { format!("Assertion failed: {rest}") };
    write(Level::Error, text, &Run::of(context));
    Ok(JsValue::undefined())
}

fn table(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match super::table::text(arguments.get_or_undefined(0), context)? {
        Some(text) => write(Level::Log, text, &Run::of(context)),
        None => return print(Level::Log, arguments, context),
    }
    Ok(JsValue::undefined())
}

fn group(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if !arguments.is_empty() {
        print(Level::Log, arguments, context)?;
    }
    let run = Run::of(context);
    run.console.groups.set(run.console.groups.get() + 1);
    Ok(JsValue::undefined())
}

fn group_end(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let run = Run::of(context);
    run.console.groups.set(run.console.groups.get().saturating_sub(1));
    Ok(JsValue::undefined())
}

fn label(arguments: &[JsValue], context: &mut Context) -> JsResult<String> {
    match arguments.first() {
        Some(label) if !label.is_undefined() => Ok(label.to_string(context)?.to_std_string_lossy()),
        _ => Ok("default".into()),
    }
}

fn count(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let run = Run::of(context);
    let mut counts = run.console.counts.borrow_mut();
    if counts.len() < MAX_LABELS || counts.contains_key(&label) {
        let count = counts.entry(label.clone()).or_default();
        *count += 1;
        write(Level::Log, format!("{label}: {count}"), &run);
    }
    Ok(JsValue::undefined())
}

fn count_reset(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    Run::of(context).console.counts.borrow_mut().remove(&label);
    Ok(JsValue::undefined())
}

fn time(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let run = Run::of(context);
    let mut clocks = run.console.clocks.borrow_mut();
    if clocks.len() < MAX_LABELS {
        clocks.insert(label, run.clock.look());
    }
    Ok(JsValue::undefined())
}

fn time_log(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let rest = inspect::line(arguments.get(1..).unwrap_or_default(), Look::default(), context)?;
    let run = Run::of(context);
    if let Some(start) = run.console.clocks.borrow().get(&label) {
        write(Level::Log, format!("{} {rest}", elapsed(&label, *start, &run)).trim_end().into(), &run);
    }
    Ok(JsValue::undefined())
}

fn time_end(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let run = Run::of(context);
    let start = run.console.clocks.borrow_mut().remove(&label);
    if let Some(start) = start {
        write(Level::Log, elapsed(&label, start, &run), &run);
    }
    Ok(JsValue::undefined())
}

fn elapsed(label: &str, start: u64, run: &Run) -> String {
    let micros = run.clock.look().saturating_sub(start);
    format!("{label}: {}.{:03} ms", micros / 1000, micros % 1000)
}

/// The text of `value` as `console.log` would print it, at most `bytes` long.
pub(crate) fn shown(value: &JsValue, bytes: usize, context: &mut Context) -> JsResult<String> {
    inspect::line(std::slice::from_ref(value), Look::bounded(bytes), context)
}
