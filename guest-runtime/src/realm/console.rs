//! `console`: lines for the log, as many as fit.

use super::inspect::{self, Look};
use super::{define, function, named, object};
use crate::run::Run;
use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::{Context, JsArgs, JsResult, JsValue, NativeFunction};
use guest_protocol::limits::{CONSOLE_LATE_BYTES, CONSOLE_LINES, CONSOLE_WRITTEN_PER_KEPT};
use guest_protocol::message::{ConsoleWrite, Level, method};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

/// What one level of `console.group` indents by.
const INDENT: &str = "  ";
/// Groups inside each other that still indent.
const MAX_GROUPS: usize = 20;
/// Labels of counters and clocks that are kept.
const MAX_LABELS: usize = 1000;

/// Longest line that is held back to the end, bytes; lines that are, with one that says how many are missing.
const MAX_LATE_LINE: usize = 1 << 10;
const LATE_LINES: usize = CONSOLE_LATE_BYTES / (MAX_LATE_LINE + 1) - 1;

/// How much was written, and what the methods remember.
#[derive(Default)]
pub(crate) struct Console {
    /// Bytes and lines that may still be written.
    left: Cell<usize>,
    lines_left: Cell<u64>,
    /// Longest line, bytes.
    longest: Cell<usize>,
    /// The last lines of those that may not, and how many came before them.
    late: RefCell<VecDeque<(Level, String)>>,
    lost: Cell<u64>,
    groups: Cell<usize>,
    counts: RefCell<BTreeMap<String, u64>>,
    clocks: RefCell<BTreeMap<String, u64>>,
}

impl Console {
    /// Takes what is kept of all that is written, bytes.
    pub(crate) fn limit(&self, kept: usize) {
        self.left.set(kept.saturating_mul(CONSOLE_WRITTEN_PER_KEPT));
        self.lines_left.set(CONSOLE_LINES - LATE_LINES as u64 - 1);
        self.longest.set(kept / 2);
    }

    /// Longest line that the next one may be, bytes.
    fn longest(&self) -> usize {
        if self.late.borrow().is_empty() { self.longest.get() } else { MAX_LATE_LINE }
    }

    /// Whether a line of so many bytes may be written, which then is.
    fn takes(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes + 1);
        let lines = self.lines_left.get().checked_sub(1);
        match (left, lines) {
            (Some(left), Some(lines)) if self.late.borrow().is_empty() => {
                self.left.set(left);
                self.lines_left.set(lines);
                true
            }
            _ => false,
        }
    }

    fn hold_back(&self, level: Level, mut text: String) {
        text.truncate(text.floor_char_boundary(MAX_LATE_LINE));
        let mut late = self.late.borrow_mut();
        late.push_back((level, text));
        if late.len() > LATE_LINES {
            late.pop_front();
            self.lost.set(self.lost.get() + 1);
        }
    }
}

/// Writes the lines that were held back. The run is at its end.
pub(crate) fn finish(run: &Run) {
    let lost = run.console.lost.get();
    if lost > 0 {
        let text = format!("[{lost} lines are left out here: the program printed far too much]");
        run.link.notify(method::CONSOLE, ConsoleWrite { level: Level::Warn, text });
    }
    for (level, text) in run.console.late.borrow_mut().drain(..) {
        run.link.notify(method::CONSOLE, ConsoleWrite { level, text });
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
    let text = inspect::line(arguments, Look::bounded(run.console.longest()), context)?;
    write(level, text, &run);
    Ok(JsValue::undefined())
}

fn write(level: Level, text: String, run: &Run) {
    let console = &run.console;
    let mut text = indented(text, console.groups.get());
    if text.len() > console.longest.get() {
        text.truncate(text.floor_char_boundary(console.longest.get()));
    }
    if console.takes(text.len()) {
        run.link.notify(method::CONSOLE, ConsoleWrite { level, text });
    } else {
        console.hold_back(level, text);
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
