//! `resources` and `prompts`: what servers have besides tools.

use super::tools::error::{self, ToolError};
use super::{calls, global_function, json};
use crate::run::Run;
use boa_engine::object::builtins::{JsArray, JsPromise};
use boa_engine::{Context, JsArgs, JsNativeError, JsResult, JsString, JsValue};
use guest_protocol::envelope::Refusal;
use guest_protocol::message::method;
use guest_protocol::offers::{Ask, Asked};
use serde_json::value::{RawValue, to_raw_value};

/// Adds what the script behind the two globals finds in their place: how to ask, and whom.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    global_function(context, "resources", 2, ask)?;
    global_function(context, "prompts", 1, offering)?;
    Ok(())
}

/// `ask(server, { method, params })`: a promise of the answer.
fn ask(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match begin(arguments, context) {
        Ok(promise) => Ok(promise.into()),
        Err(reason) if reason.as_engine().is_some() => Err(reason),
        Err(reason) => JsPromise::reject(reason, context).map(Into::into),
    }
}

fn begin(arguments: &[JsValue], context: &mut Context) -> JsResult<JsPromise> {
    let run = Run::of(context);
    let name = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let Some(server) = run.catalog.find(&name) else {
        return Err(super::tools::unknown_server(&name, context)?);
    };
    let server = run.catalog.servers()[server].name.clone();
    let limits = run.limits();
    let text = json::outgoing(arguments.get_or_undefined(1), limits.json_depth, context)?;
    let text = text.unwrap_or_default();
    if text.len() > limits.argument_bytes {
        let message = format!("what is asked is {} bytes of JSON; ask for less at once", text.len());
        return Err(JsNativeError::range().with_message(message).into());
    }
    let wrong = |error: serde_json::Error| JsNativeError::typ().with_message(error.to_string());
    let asked: Asked = serde_json::from_str(&text).map_err(wrong)?;
    let (trace, name) = (error::trace(context)?, asked.method());
    let params = to_raw_value(&Ask { server: server.clone(), asked }).map_err(wrong)?;
    let decode = move |answer: Result<&RawValue, Refusal>, context: &mut Context| match answer {
        Ok(answer) => json::incoming(answer.get(), context),
        Err(refusal) => Err(ToolError::refused(&server, name, refusal).traced(trace).throw(context)?),
    };
    Ok(calls::begin(method::ASK, params, Box::new(decode), context))
}

/// `offering("resources")`: the servers that have some.
fn offering(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let what = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let servers = Run::of(context).catalog.servers();
    let having = servers.iter().filter(|server| match what.as_str() {
        "resources" => server.offers.resources,
        _ => server.offers.prompts,
    });
    let names: Vec<JsValue> =
        having.map(|server| JsString::from(server.identifier.as_str()).into()).collect();
    Ok(JsArray::from_iter(names, context).into())
}
