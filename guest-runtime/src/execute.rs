//! From a program's text to how it ended.

use crate::realm::tools::catalog;
use crate::realm::{calls, console, json, timers, tools};
use crate::run::Run;
use crate::source::{self, Compiled, Manifest, Names};
use crate::{arena, report};
use boa_engine::builtins::promise::PromiseState;
use boa_engine::module::Module;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsResult, JsValue, Source, js_string};
use guest_protocol::envelope::Message;
use guest_protocol::message::{
    Finding, Finished, Mode, Outcome, ProgramError, ProgramErrorKind, Severity, Start, Usage,
};
use serde_json::value::RawValue;
use std::path::Path;
use std::rc::Rc;

/// How long a run waits for its last timers once its value is there, microseconds. A timeout that lost a race
/// is usually still set, and must not hold the value back.
const GRACE: u64 = 2_000_000;

/// Runs, or only checks, the program of `start`.
pub(crate) fn program(start: &Start, context: &mut Context) -> Finished {
    let run = Run::of(context);
    run.start(start);
    let budget = context.instructions_remaining();
    let mut describe = |name: &str| {
        let server = run.catalog.find(name)?;
        catalog::shape(&run, server).ok().map(|shape| (*shape).clone())
    };
    let names = Names { servers: &start.servers, describe: &mut describe };
    let (outcome, warnings, Manifest { tools, dynamic }) =
        match source::compile(&start.source, &start.file, &start.limits, names) {
            Err(findings) => (Outcome::Error(report::check(findings)), Vec::new(), Manifest::default()),
            Ok(compiled) => outcome(start, compiled, context),
        };
    console::finish(&run);
    let used = budget.saturating_sub(context.instructions_remaining());
    let usage = Usage { instructions: used as u64, memory_bytes: arena::peak() };
    Finished { outcome, warnings, manifest: tools, dynamic, usage }
}

fn outcome(start: &Start, compiled: Compiled, context: &mut Context) -> (Outcome, Vec<Finding>, Manifest) {
    let Compiled { code, map, mut warnings, manifest } = compiled;
    if start.mode == Mode::Check {
        return (Outcome::Checked, warnings, manifest);
    }
    let run = Run::of(context);
    let code = run.sources.add(&start.file, &code, map);
    run.tree.note_imports(&code, &start.file);
    let outcome = match run_module(&code, &start.file, context) {
        Ok(value) => {
            let unhandled = unhandled(&mut warnings, context);
            unhandled.map_or_else(|| value_outcome(&value, context), Outcome::Error)
        }
        Err(error) => Outcome::Error(*error),
    };
    (outcome, warnings, manifest)
}

/// Runs the module to its end; its default export.
fn run_module(code: &str, file: &str, context: &mut Context) -> Result<JsValue, Box<ProgramError>> {
    let module = Source::from_bytes(code).with_path(Path::new(file));
    let evaluated = tools::open(context)
        .and_then(|()| Module::parse(module, None, context))
        .map_err(|error| Box::new(report::thrown(error, ProgramErrorKind::Syntax, context)))?;
    let loaded = evaluated.load(context);
    finish(&loaded, context).map_err(|end| Box::new(end.describe(ProgramErrorKind::Check, context)))?;
    evaluated
        .link(context)
        .map_err(|error| Box::new(report::thrown(error, ProgramErrorKind::Check, context)))?;
    let main = evaluated
        .evaluate(context)
        .map_err(|error| Box::new(report::thrown(error, ProgramErrorKind::Exception, context)))?;
    finish(&main, context).map_err(|end| Box::new(end.describe(ProgramErrorKind::Exception, context)))?;
    evaluated.namespace(context).get(js_string!("default"), context).or_else(|_| Ok(JsValue::undefined()))
}

/// Why a promise did not come to be fulfilled.
enum End {
    Thrown(JsError),
    Stalled,
}

impl From<JsError> for End {
    fn from(error: JsError) -> Self {
        Self::Thrown(error)
    }
}

impl End {
    fn describe(self, kind: ProgramErrorKind, context: &mut Context) -> ProgramError {
        match self {
            Self::Thrown(error) => report::thrown(error, kind, context),
            Self::Stalled => report::stalled(),
        }
    }
}

/// Works until `main` is settled and nothing that was begun is left.
fn finish(main: &JsPromise, context: &mut Context) -> Result<(), End> {
    let run = Run::of(context);
    let mut deadline = None;
    loop {
        context.run_jobs()?;
        if timers::fire_one(context)? {
            continue;
        }
        match main.state() {
            PromiseState::Rejected(reason) => return Err(JsError::from_opaque(reason).into()),
            PromiseState::Fulfilled(_) => {
                let deadline = *deadline.get_or_insert(run.clock.current() + GRACE);
                if !run.calls.outstanding() && !run.timers.outstanding_before(deadline) {
                    return Ok(());
                }
            }
            PromiseState::Pending if !run.calls.outstanding() && !run.timers.any() => {
                return Err(End::Stalled);
            }
            PromiseState::Pending => {}
        }
        arena::collect_if_grown();
        timers::ask_to_be_woken(&run);
        take_message(&run, context)?;
    }
}

fn take_message(run: &Rc<Run>, context: &mut Context) -> JsResult<()> {
    let frame = run.link.receive();
    // The supervisor sends nothing but answers to a running guest.
    let Message::Answer { id, result } = frame.message() else { return Ok(()) };
    match run.timers.woken(id) {
        Some(moment) => {
            run.clock.advance_to(moment);
            Ok(())
        }
        None => calls::settle(id, result, context),
    }
}

/// Rejections that nobody handled: a warning each where a tool call failed that nobody waited for, else an error.
fn unhandled(warnings: &mut Vec<Finding>, context: &mut Context) -> Option<ProgramError> {
    let mut worst = None;
    for reason in Run::of(context).rejections.reasons() {
        let error =
            report::thrown(JsError::from_opaque(reason), ProgramErrorKind::UnhandledRejection, context);
        if error.kind == ProgramErrorKind::Tool {
            warnings.push(Finding {
                severity: Severity::Warning,
                rule: "unawaited-failure".into(),
                message: format!("a call that nothing waited for failed: {}", error.message),
                at: error.at,
                excerpt: error.excerpt,
                hint: Some("await the call, or handle its failure with .catch".into()),
            });
        } else {
            worst = worst.or(Some(error));
        }
    }
    worst
}

fn value_outcome(value: &JsValue, context: &mut Context) -> Outcome {
    let limits = Run::of(context).limits();
    let text = match json::outgoing(value, limits.json_depth, context) {
        Ok(Some(text)) => text,
        Ok(None) => return Outcome::Value(None),
        Err(error) => return Outcome::Error(report::thrown(error, ProgramErrorKind::Value, context)),
    };
    if text.len() > limits.value_bytes {
        let shown = console::shown(value, 200, context).unwrap_or_default();
        return Outcome::Error(report::too_large(text.len(), limits.value_bytes, &shown));
    }
    match RawValue::from_string(text) {
        Ok(raw) => Outcome::Value(Some(raw)),
        Err(error) => Outcome::Error(report::plain(ProgramErrorKind::Value, error.to_string())),
    }
}
