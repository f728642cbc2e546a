//! `tools.<server>.<tool>(…)`: the upstream servers as a program reaches them.

mod arguments;
mod call;
pub(crate) mod catalog;
pub(crate) mod error;
mod result;

use super::{define, object};
use crate::nearest;
use crate::run::Run;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsFunction, JsProxy};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsArgs, JsError, JsResult, JsString, JsSymbol, JsValue, NativeFunction};
pub(crate) use catalog::Catalog;
use error::ToolError;
use guest_protocol::message::ServerShape;

/// How many similar names an error lists.
const SUGGESTIONS: usize = 3;
/// What programs look up on any object without meaning a tool: promises, JSON and consoles do.
const NOT_TOOLS: [&str; 8] =
    ["then", "toJSON", "constructor", "toString", "valueOf", "hasOwnProperty", "inspect", "__proto__"];

/// Adds `ToolError` to the realm. `tools` follows when the servers are known.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    error::install(context)
}

/// Adds `tools`, now that the servers are known.
pub(crate) fn open(context: &mut Context) -> JsResult<()> {
    let target = object(context);
    let servers = Run::of(context).catalog.servers();
    for (index, server) in servers.iter().enumerate() {
        let get = super::named(
            context,
            &server.identifier,
            0,
            NativeFunction::from_copy_closure(move |_, _, context| {
                namespace(index, context).map(JsValue::from)
            }),
        );
        accessor(&target, &server.identifier, true, get.clone(), context)?;
        if server.name != server.identifier {
            accessor(&target, &server.name, false, get, context)?;
        }
    }
    let tools = JsProxy::builder(target).get(get_server).build(context)?;
    define(&context.global_object(), "tools", tools, context)
}

fn accessor(
    target: &JsObject,
    name: &str,
    listed: bool,
    get: JsFunction,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder().get(get).enumerable(listed).configurable(true);
    target.define_property_or_throw(JsString::from(name), property, context).map(drop)
}

/// The object of one server: its tools under both of their names.
pub(crate) fn namespace(server: usize, context: &mut Context) -> JsResult<JsObject> {
    let run = Run::of(context);
    if let Some(known) = run.catalog.namespace(server) {
        return Ok(known);
    }
    let shape = catalog::describe(&run, server, context)?;
    let target = object(context);
    for index in 0..shape.tools.len() {
        let tool = &shape.tools[index];
        let function = call::function(server, index, &tool.identifier, context);
        target.create_data_property_or_throw(
            JsString::from(tool.identifier.as_str()),
            function.clone(),
            context,
        )?;
        if tool.name != tool.identifier {
            define(&target, &tool.name, function, context)?;
        }
    }
    let name = run.catalog.servers()[server].name.clone();
    target.define_property_or_throw(
        server_symbol(),
        PropertyDescriptor::builder().value(JsString::from(name)),
        context,
    )?;
    let namespace: JsObject = JsProxy::builder(target).get(get_tool).build(context)?.into();
    run.catalog.keep_namespace(server, namespace.clone());
    Ok(namespace)
}

/// Where a namespace remembers its server's name: `Symbol.toStringTag`, so that it also prints well.
fn server_symbol() -> PropertyKey {
    JsSymbol::to_string_tag().into()
}

fn get_server(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (target, key) = trapped(arguments, context)?;
    if let Some(name) = missing(&target, &key, context)? {
        return Err(unknown_server(&name, context)?);
    }
    target.get(key, context)
}

fn get_tool(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (target, key) = trapped(arguments, context)?;
    if let Some(name) = missing(&target, &key, context)? {
        let server = target.get(server_symbol(), context)?.to_string(context)?.to_std_string_lossy();
        return Err(unknown_tool(&server, &name, context)?);
    }
    target.get(key, context)
}

fn trapped(arguments: &[JsValue], context: &mut Context) -> JsResult<(JsObject, PropertyKey)> {
    let target = arguments.get_or_undefined(0).to_object(context)?;
    let key = arguments.get_or_undefined(1).to_property_key(context)?;
    Ok((target, key))
}

/// The name of a tool or server that somebody looked for and that is not there.
fn missing(target: &JsObject, key: &PropertyKey, context: &mut Context) -> JsResult<Option<String>> {
    let PropertyKey::String(name) = key else { return Ok(None) };
    let name = name.to_std_string_lossy();
    if NOT_TOOLS.contains(&name.as_str()) || target.has_own_property(key.clone(), context)? {
        return Ok(None);
    }
    Ok(Some(name))
}

/// The error for a server that is not there.
pub(crate) fn unknown_server(name: &str, context: &mut Context) -> JsResult<JsError> {
    let servers = Run::of(context).catalog.servers();
    let identifiers: Vec<&str> = servers.iter().map(|server| server.identifier.as_str()).collect();
    let near = nearest::to(name, &identifiers, SUGGESTIONS);
    let message = if identifiers.is_empty() {
        format!("there is no server \"{name}\": no server is configured")
    } else if near.is_empty() {
        format!("there is no server \"{name}\". Servers: {}", identifiers.join(", "))
    } else {
        format!("there is no server \"{name}\". Did you mean {}?", near.join(" or "))
    };
    ToolError::new(name, "", "unknown_server", message).throw(context)
}

/// The error for a tool that is not there.
pub(crate) fn unknown_tool(server: &str, name: &str, context: &mut Context) -> JsResult<JsError> {
    let run = Run::of(context);
    let Some(index) = run.catalog.find(server) else { return unknown_server(server, context) };
    let shape = catalog::describe(&run, index, context)?;
    let message = format!("server \"{server}\" has no tool \"{name}\". {}", similar_tools(&shape, name));
    ToolError::new(server, name, "unknown_tool", message).throw(context)
}

fn similar_tools(shape: &ServerShape, name: &str) -> String {
    let identifiers: Vec<&str> = shape.tools.iter().map(|tool| tool.identifier.as_str()).collect();
    let near = nearest::to(name, &identifiers, SUGGESTIONS);
    let signatures: Vec<&str> = shape
        .tools
        .iter()
        .filter(|tool| near.contains(&tool.identifier.as_str()))
        .map(|tool| tool.signature.as_str())
        .collect();
    if signatures.is_empty() {
        return format!("Its tools: {}", identifiers.join(", "));
    }
    format!("The nearest: {}", signatures.join("; "))
}
