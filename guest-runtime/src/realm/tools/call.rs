//! One call of one tool.

use super::super::{calls, json, named};
use super::error::{self, ToolError};
use super::{arguments, catalog, result};
use crate::run::Run;
use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{Context, JsNativeError, JsResult, JsValue, NativeFunction};
use guest_protocol::envelope::Refusal;
use guest_protocol::message::{ToolCall, ToolShape, method};
use serde_json::value::{RawValue, to_raw_value};

/// The function of tool number `tool` of server number `server`.
pub(super) fn function(server: usize, tool: usize, name: &str, context: &Context) -> JsFunction {
    let native = NativeFunction::from_copy_closure(move |_, arguments, context| {
        let begun = begin(server, tool, arguments, context);
        let promise = match begun {
            Ok(promise) => promise,
            Err(reason) if reason.as_engine().is_some() => return Err(reason),
            Err(reason) => JsPromise::reject(reason, context)?,
        };
        Ok(promise.into())
    });
    named(context, name, 1, native)
}

fn begin(server: usize, tool: usize, given: &[JsValue], context: &mut Context) -> JsResult<JsPromise> {
    let run = Run::of(context);
    let servers = run.catalog.servers();
    let shape = catalog::describe(&run, server, context)?;
    let (Some(server), Some(shape)) = (servers.get(server), shape.tools.get(tool)) else {
        return Err(JsNativeError::typ().with_message("no such tool").into());
    };
    let trace = error::trace(context)?;
    let (server, tool) = (server.name.clone(), shape.name.clone());
    let text = match arguments_text(shape, given, &run, context) {
        Ok(text) => text,
        Err(Wrong::Thrown(reason)) => return Err(reason),
        Err(Wrong::Argument(wrong)) => {
            let message = format!("{}: {wrong}. Signature: {}", shape.identifier, shape.signature);
            let error = ToolError::new(&server, &tool, "invalid_arguments", message);
            return Err(error.traced(trace).throw(context)?);
        }
    };
    let call = ToolCall { server: server.clone(), tool: tool.clone(), arguments: text };
    let params =
        to_raw_value(&call).map_err(|error| JsNativeError::error().with_message(error.to_string()))?;
    let unwrap = shape.unwrap_result;
    let decode = Box::new(move |answer: Result<&RawValue, Refusal>, context: &mut Context| match answer {
        Ok(answer) => match result::decode(answer, unwrap, context)? {
            Ok(value) => Ok(value),
            Err(failed) => {
                let error = ToolError::new(&server, &tool, "tool_error", failed.message);
                Err(error.details(failed.details).traced(trace).throw(context)?)
            }
        },
        Err(refusal) => Err(ToolError::refused(&server, &tool, refusal).traced(trace).throw(context)?),
    });
    Ok(calls::begin(method::TOOL_CALL, params, decode, context))
}

/// Why a call is not sent.
enum Wrong {
    /// What is wrong with its arguments.
    Argument(String),
    /// Looking at them threw.
    Thrown(boa_engine::JsError),
}

impl From<boa_engine::JsError> for Wrong {
    fn from(reason: boa_engine::JsError) -> Self {
        Self::Thrown(reason)
    }
}

fn arguments_text(
    shape: &ToolShape,
    given: &[JsValue],
    run: &Run,
    context: &mut Context,
) -> Result<Box<RawValue>, Wrong> {
    let bound = arguments::bind(shape, given, context)?.map_err(Wrong::Argument)?;
    if let Some(wrong) = arguments::check(shape, &bound, context)? {
        return Err(Wrong::Argument(wrong));
    }
    let limits = run.limits();
    let text = json::outgoing(&bound.into(), limits.json_depth, context)?.unwrap_or_else(|| "{}".into());
    if text.len() > limits.argument_bytes {
        return Err(Wrong::Argument(format!(
            "the arguments are {} bytes of JSON, more than the {} that one call may carry; send less at once",
            text.len(),
            limits.argument_bytes
        )));
    }
    RawValue::from_string(text).map_err(|error| Wrong::Argument(error.to_string()))
}
