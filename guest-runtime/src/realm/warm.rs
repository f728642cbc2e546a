//! Uses everything once, so that nothing is used for the first time after lockdown.

use crate::source;
use boa_engine::{Context, JsResult, Source};
use guest_protocol::limits::Limits;

/// A program that touches what initialises itself when it is first touched.
const SCRIPT: &str = include_str!("warm.js");
/// The same for the compiler.
const TYPESCRIPT: &str = "enum Warm { Up = 1 }\nexport default Warm.Up as number;";

/// Compiles and runs a little of everything.
pub(super) fn up(context: &mut Context) -> JsResult<()> {
    // Whether this compiles is the compiler's own test; here it only has to have run.
    let _ = source::compile_module(TYPESCRIPT, "/warm.ts", &Limits::default());
    context.eval(Source::from_bytes(SCRIPT))?;
    context.run_jobs()
}
