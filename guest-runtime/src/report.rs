//! What went wrong in a program, as a model is told.

use crate::realm::tools::error::origin;
use crate::realm::{RECURSION_LIMIT, console};
use crate::run::Run;
use crate::{arena, fault, stack};
use boa_engine::error::{EngineError, PanicError, RuntimeLimitError};
use boa_engine::object::JsObject;
use boa_engine::{Context, JsError, JsResult, JsString, JsValue};
use guest_protocol::message::{Finding, Position, ProgramError, ProgramErrorKind, Severity};

/// Longest message, bytes.
const MAX_MESSAGE: usize = 8 << 10;
/// Lines of a stack that are told.
const MAX_STACK: usize = 12;
/// Findings beside the first that are told.
const MAX_MORE: usize = 20;

/// An error that has no place.
pub(crate) fn plain(kind: ProgramErrorKind, message: String) -> ProgramError {
    ProgramError {
        kind,
        message,
        at: None,
        excerpt: None,
        hint: None,
        stack: Vec::new(),
        rule: None,
        more: Vec::new(),
    }
}

/// A program that was not run: the first error of the check, and the other findings.
pub(crate) fn check(mut findings: Vec<Finding>) -> ProgramError {
    let first = findings.iter().position(|finding| finding.severity == Severity::Error).unwrap_or(0);
    if findings.is_empty() {
        return plain(ProgramErrorKind::Syntax, "the program does not compile".into());
    }
    let first = findings.remove(first);
    findings.truncate(MAX_MORE);
    let kind = match first.rule.as_str() {
        "syntax" | "unsupported-syntax" => ProgramErrorKind::Syntax,
        "nesting" | "source-size" => ProgramErrorKind::SizeLimit,
        _ => ProgramErrorKind::Check,
    };
    ProgramError {
        at: first.at,
        excerpt: first.excerpt,
        hint: first.hint,
        rule: Some(first.rule),
        more: findings,
        ..plain(kind, first.message)
    }
}

/// A main promise that can never be settled.
pub(crate) fn stalled() -> ProgramError {
    if arena::saw_telltale() {
        return too_deep();
    }
    let message = "the program waits for a promise that nothing can settle: no call and no timer is left";
    let hint = "every new Promise needs a path that calls resolve or reject";
    ProgramError { hint: Some(hint.into()), ..plain(ProgramErrorKind::Stalled, message.into()) }
}

/// A value that is too large to return.
pub(crate) fn too_large(bytes: usize, bound: usize, shown: &str) -> ProgramError {
    let message =
        format!("the program's value is {bytes} bytes of JSON, and at most {bound} may be returned: {shown}");
    let hint = "return less: pick fields, filter, aggregate, or return one page of it";
    ProgramError { hint: Some(hint.into()), ..plain(ProgramErrorKind::SizeLimit, message) }
}

/// Something that was thrown, or that the engine gave up on.
pub(crate) fn thrown(error: JsError, kind: ProgramErrorKind, context: &mut Context) -> ProgramError {
    if context.instructions_remaining() == 0 {
        return engine(&EngineError::NoInstructionsRemain);
    }
    if let Some(refused) = error.as_engine() {
        return engine(refused);
    }
    let described = error.into_opaque(context).and_then(|value| describe(&value, kind, context));
    described.unwrap_or_else(|error| match error.as_engine() {
        Some(refused) => engine(refused),
        None => plain(kind, "the program threw something that cannot be looked at".into()),
    })
}

/// `found`, where the innermost of `lines` is.
fn at_lines(found: ProgramError, mut lines: Vec<String>, run: &Run) -> ProgramError {
    lines.truncate(MAX_STACK);
    let at = lines.iter().find_map(|line| stack::place(line));
    let excerpt = at.as_ref().and_then(|at| run.sources.excerpt(at));
    ProgramError { at, excerpt, stack: lines, ..found }
}

fn too_deep() -> ProgramError {
    let message =
        format!("functions call each other too deeply: at most {RECURSION_LIMIT} calls inside each other");
    let hint = "look for a recursion that does not end, or use a loop with a list of what is left to do; the engine \
                does not say where it was, the last lines that were logged may";
    ProgramError { hint: Some(hint.into()), ..plain(ProgramErrorKind::RecursionLimit, message) }
}

fn engine(error: &EngineError) -> ProgramError {
    match error {
        EngineError::NoInstructionsRemain => {
            let message = "the program used up its instructions".into();
            let hint = "look for a loop that does not end, behind the last line that was logged; otherwise do less in one run";
            ProgramError { hint: Some(hint.into()), ..plain(ProgramErrorKind::InstructionLimit, message) }
        }
        EngineError::RuntimeLimit(RuntimeLimitError::LoopIteration) => {
            plain(ProgramErrorKind::InstructionLimit, "a loop ran too often".into())
        }
        EngineError::RuntimeLimit(_) => too_deep(),
        // A refusal in a place where the specification knows no failure: an async function's own machinery.
        EngineError::Panic(panic) => match cause(panic) {
            Some(refused) => engine(refused),
            None => fault::panic(format_args!("the engine: {}", panic.message())),
        },
    }
}

fn cause(panic: &PanicError) -> Option<&EngineError> {
    std::error::Error::source(panic)?.downcast_ref::<JsError>()?.as_engine()
}

fn describe(value: &JsValue, kind: ProgramErrorKind, context: &mut Context) -> JsResult<ProgramError> {
    let error = value.as_object().filter(|object| object.is::<boa_engine::builtins::error::Error>());
    let Some(error) = error else {
        let shown = console::shown(value, MAX_MESSAGE / 2, context)?;
        let run = Run::of(context);
        let message = format!("the program threw a value that is not an Error: {shown}");
        let found = at_lines(plain(kind, message), run.thrown.calls(value), &run);
        let hint =
            found.at.is_none().then(|| "throw, or reject with, new Error(…): it knows its line".into());
        return Ok(ProgramError { hint, ..found });
    };
    let tool = origin(value, context)?;
    let kind = if tool.is_some() { ProgramErrorKind::Tool } else { kind };
    let lines = lines(&error, context)?;
    let at = lines.iter().find_map(|line| stack::place(line));
    let mut message = message(&error, at.as_ref(), context)?;
    message.truncate(message.floor_char_boundary(MAX_MESSAGE));
    let excerpt = at.as_ref().and_then(|at| Run::of(context).sources.excerpt(at));
    let hint = match tool {
        Some(_) => tool_hint(&error, context)?,
        None => None,
    };
    Ok(ProgramError { at, excerpt, hint, stack: lines, ..plain(kind, message) })
}

/// The calls that led to `error`, from what the program can see of it.
fn lines(error: &JsObject, context: &mut Context) -> JsResult<Vec<String>> {
    let shown = text(error, "stack", context)?;
    let lines = shown.lines().filter_map(|line| line.trim().strip_prefix("at "));
    Ok(lines.take(MAX_STACK).map(ToOwned::to_owned).collect())
}

fn text(object: &JsObject, name: &str, context: &mut Context) -> JsResult<String> {
    let value = object.get(JsString::from(name), context)?;
    Ok(value.as_string().map(|text| text.to_std_string_lossy()).unwrap_or_default())
}

/// `Name: message`, with the names that the engine leaves out, and the causes.
fn message(error: &JsObject, at: Option<&Position>, context: &mut Context) -> JsResult<String> {
    let (name, message) = (text(error, "name", context)?, text(error, "message", context)?);
    let expression = at.and_then(|at| Run::of(context).sources.expression_at(at));
    let message = improved(&message, expression.as_deref()).unwrap_or(message);
    let mut full = match (name.as_str(), message.as_str()) {
        ("", message) => message.to_owned(),
        (name, "") => name.to_owned(),
        (name, message) => format!("{name}: {message}"),
    };
    let cause = error.get(JsString::from("cause"), context)?;
    if !cause.is_undefined() && full.len() < MAX_MESSAGE {
        full.push_str(" (cause: ");
        full.push_str(&console::shown(&cause, MAX_MESSAGE / 4, context)?);
        full.push(')');
    }
    Ok(full)
}

/// The engine's message with the expression it is about.
fn improved(message: &str, expression: Option<&str>) -> Option<String> {
    let expression = expression?;
    match message {
        "not a callable function" => Some(format!("{expression} is not a function")),
        "not a constructor" => Some(format!("{expression} is not a constructor")),
        "cannot convert 'null' or 'undefined' to object" => {
            Some(format!("cannot read a property of null or undefined in {expression}"))
        }
        _ => None,
    }
}

fn tool_hint(error: &JsObject, context: &mut Context) -> JsResult<Option<String>> {
    let retryable = error.get(JsString::from("retryable"), context)?.to_boolean();
    Ok(retryable.then(|| "the same call may succeed later: retry it, or catch the ToolError".into()))
}
