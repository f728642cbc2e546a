//! What a program finds when it starts.

mod absent;
pub(crate) mod calls;
pub(crate) mod console;
mod date;
mod digest;
pub(crate) mod emit;
mod files;
mod hooks;
mod inspect;
pub(crate) mod json;
mod lazy;
mod locale;
mod math;
pub(crate) mod modules;
mod node;
mod objects;
mod offers;
pub(crate) mod random;
mod regexp;
mod sha;
mod strings;
mod symbols;
mod table;
pub(crate) mod thrown;
pub(crate) mod timers;
pub(crate) mod tools;
mod warm;
mod web;

use crate::jobs::Jobs;
use crate::run::Run;
use crate::{arena, fault, stack, sys};
use boa_engine::context::ContextBuilder;
use boa_engine::vm::CallFrame;
use boa_engine::{Context, JsResult};
use guest_protocol::VERSION;
use guest_protocol::message::Prepare;
use objects::{define, enumerable_keys, function, global_function, is_array, key_text, named, object};
use std::rc::Rc;

/// Everything that must happen before lockdown: the heap, the fault handler, a realm that has been used once.
///
/// What the engine, the compiler and the C library do only at the first use may need a system call; after
/// lockdown it would be the last.
pub(crate) fn prepare(run: &Rc<Run>, prepare: &Prepare) -> Context {
    if prepare.version != VERSION {
        let (theirs, ours) = (prepare.version, VERSION);
        fault::panic(format_args!(
            "the supervisor speaks version {theirs} of the protocol, the guest {ours}"
        ));
    }
    if let Err(error) = arena::open(prepare.memory_bytes).and_then(|()| sys::catch_memory_faults()) {
        fault::panic(format_args!("{} bytes of heap cannot be had: {error}", prepare.memory_bytes));
    }
    let built = build(run, prepare.instructions).and_then(|mut context| {
        warm::up(&mut context)?;
        Ok(context)
    });
    built.unwrap_or_else(|error| fault::panic(format_args!("the realm cannot be built: {error}")))
}

/// Calls inside each other: about four times what other engines allow. Calls that pass through native code (a
/// callback of `map`, a getter) meet the end of the native stack first.
pub(crate) const RECURSION_LIMIT: usize = 40_000;
/// Registers and arguments of a large function.
const SLOTS_PER_CALL: usize = 128;
/// The engine's list of call frames doubles. Its growth to this many bytes, a quarter of the way to the limit (calls
/// through native code count twice), is all that is left to see of a recursion in code that resumed after an
/// await: there the engine drops its own refusal, and the program seems to wait.
const DEEP_FRAMES: usize = size_of::<CallFrame>() * (RECURSION_LIMIT.next_power_of_two() / 4);

/// A realm with everything in it but the tools, which are known when the run starts.
pub(crate) fn build(run: &Rc<Run>, instructions: u64) -> JsResult<Context> {
    let mut context = ContextBuilder::new()
        .host_hooks(Rc::new(hooks::Hooks(Rc::clone(&run.rejections))))
        .clock(Rc::clone(&run.clock))
        .job_executor(Rc::new(Jobs::default()))
        .module_loader(Rc::new(modules::Loader))
        .instructions_remaining(usize::try_from(instructions).unwrap_or(usize::MAX))
        .build()?;
    context.insert_data(Rc::clone(run));
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(RECURSION_LIMIT);
    limits.set_stack_size_limit(RECURSION_LIMIT * SLOTS_PER_CALL);
    arena::watch_for(DEEP_FRAMES);
    for install in [
        stack::install,
        json::install,
        random::install,
        console::install,
        thrown::install,
        emit::install,
        timers::install,
        files::install,
        tools::install,
        web::install,
        offers::install,
        lazy::install,
        date::install,
        locale::install,
        math::install,
        regexp::install,
        symbols::install,
        strings::install,
        absent::install,
    ] {
        install(&mut context)?;
    }
    Ok(context)
}
