//! From the text of a result to its value, within bounds.

use guest_protocol::limits::{Limits, check_json};
use serde_json::Value;

use super::failure::CallFailure;

/// Longer texts are parsed where they do not hold up the connections: parsing 64 MiB takes some hundred
/// milliseconds.
const PARSE_IN_PLACE: usize = 256 << 10;

/// The `CallToolResult` exactly as it was sent, once it is known to be one and to be small enough.
///
/// # Errors
/// When it is too long, too deep, has too many values, or is not the result of a tool.
pub(super) async fn read(
    text: String,
    limit_bytes: usize,
    server: &str,
    tool: &str,
) -> Result<Value, CallFailure> {
    if text.len() > limit_bytes {
        return Err(CallFailure::too_long(server, tool, text.len(), limit_bytes));
    }
    let parsed = if text.len() > PARSE_IN_PLACE {
        let parsed = tokio::task::spawn_blocking(move || parse(&text)).await;
        parsed.unwrap_or_else(|_| Err(Unread::NotJson("text that could not be parsed".into())))
    } else {
        parse(&text)
    };
    match parsed {
        Ok(value) => check(value, server, tool),
        Err(Unread::TooComplex(how)) => Err(CallFailure::too_complex(server, tool, &how)),
        Err(Unread::NotJson(what)) => Err(CallFailure::no_result(server, tool, &what)),
    }
}

enum Unread {
    TooComplex(guest_protocol::limits::JsonTooLarge),
    NotJson(String),
}

fn parse(text: &str) -> Result<Value, Unread> {
    let Limits { json_depth, json_nodes, .. } = Limits::default();
    // A value takes many times the memory of its text; one bracket too many would end in the parser's own bound.
    check_json(text.as_bytes(), json_depth - 1, json_nodes).map_err(Unread::TooComplex)?;
    serde_json::from_str(text).map_err(|error| Unread::NotJson(format!("text that is no JSON: {error}")))
}

fn check(value: Value, server: &str, tool: &str) -> Result<Value, CallFailure> {
    let Some(result) = value.as_object() else {
        return Err(CallFailure::no_result(server, tool, "something that is no object"));
    };
    if result.get("content").is_some_and(|content| !content.is_array()) {
        return Err(CallFailure::no_result(server, tool, "content that is no array"));
    }
    let what = match result.get("resultType").and_then(Value::as_str) {
        None | Some("complete") => return Ok(value),
        Some("input_required") => "a question to a person, which nobody here can answer",
        Some("task") => "a task to ask for later, which it was not invited to do",
        Some(_) => "a kind of result that is not known",
    };
    Err(CallFailure::no_result(server, tool, what))
}
