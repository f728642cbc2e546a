//! The few modules of Node that have a counterpart here.

use super::{files, modules, timers};
use boa_engine::module::Module;
use boa_engine::{Context, JsResult, Source, js_string};

/// The module that Node calls `name`, if there is one like it.
pub(crate) fn module(name: &str, context: &mut Context) -> JsResult<Option<Module>> {
    let object = match name {
        "fs/promises" => files::promises(context)?,
        "fs" => files::callbacks(context)?,
        "path" | "path/posix" => {
            context.eval(Source::from_bytes(include_str!("path.js")))?.to_object(context)?
        }
        "timers/promises" => {
            let object = super::object(context);
            let wait = super::function(context, "setTimeout", 2, timers::wait);
            object.create_data_property_or_throw(js_string!("setTimeout"), wait, context)?;
            object
        }
        _ => return Ok(None),
    };
    modules::of_object(object, context).map(Some)
}
