//! A host's call of an upstream tool, without a program: its result goes through as it came.

use super::host::Host;
use crate::direct::{DirectTool, Uncalled};
use crate::supervisor::Supervisor;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::Deserialize;
use serde_json::Value;

/// A result, read so that one part that is not known does not lose the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    #[serde(default)]
    content: Vec<Value>,
    #[serde(default, deserialize_with = "there")]
    structured_content: Option<Value>,
    #[serde(default)]
    is_error: Value,
    #[serde(rename = "_meta", default)]
    meta: Value,
}

/// `null` is content, too.
fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Calls a tool for a host. Dropping the future cancels the call.
pub(super) async fn call(
    supervisor: &Supervisor,
    host: &Host,
    tool: &DirectTool,
    arguments: JsonObject,
) -> CallToolResult {
    match supervisor.call_direct(tool, arguments, host.lane()).await {
        Ok(result) => passed_on(result.text.get()),
        Err(uncalled) => CallToolResult::error(vec![ContentBlock::text(words(uncalled))]),
    }
}

/// A kind of content that the protocol does not know goes on as the text it came as.
fn passed_on(text: &str) -> CallToolResult {
    let parts: Parts = match serde_json::from_str(text) {
        Ok(parts) => parts,
        Err(error) => {
            let words = format!("The server's result is nested too deeply or is none: {error}.");
            return CallToolResult::error(vec![ContentBlock::text(words)]);
        }
    };
    let block = |content: Value| {
        let text = content.to_string();
        serde_json::from_value(content).unwrap_or_else(|_| ContentBlock::text(text))
    };
    let mut result = CallToolResult::success(parts.content.into_iter().map(block).collect());
    result.structured_content = parts.structured_content;
    result.is_error = parts.is_error.as_bool();
    result.meta = serde_json::from_value(parts.meta).ok();
    result
}

fn words(uncalled: Uncalled) -> String {
    match uncalled {
        Uncalled::Denied(why) => {
            let why = why.unwrap_or_else(|| "no entry of its [[grants]] names this tool".into());
            format!("The operator's profile does not grant this tool: {why}. Go on without it.")
        }
        Uncalled::Busy => "Too many calls are waiting; this one was not made. Try again later.".into(),
        Uncalled::Failed(failure) => match failure.failure.hint {
            Some(hint) => format!("{}. {hint}", failure.message),
            None => failure.message,
        },
    }
}
