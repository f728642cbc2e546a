//! Everything a model is told before it does anything: two tools and the instructions. It is paid for in every
//! conversation, so it stays below 600 tokens (o200k: the bench `tokens`
//! asserts it), whatever is upstream.

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use std::sync::Arc;

/// The name of the tool that finds tools.
pub(super) const SEARCH: &str = "search";
/// The name of the tool that runs programs.
pub(super) const EXECUTE: &str = "execute";

/// Sent with `initialize` and `server/discover`.
pub(super) const INSTRUCTIONS: &str = "The tools of many servers, behind two. Find tools with `search`, then call them \
    from one TypeScript program with `execute`: chain, loop and filter there, and return only what you need.";

const SEARCH_DESCRIPTION: &str = "Finds tools by what they do, with a TypeScript signature each. An empty query lists \
    the servers. `full` gives all types, docs and an example.";

const EXECUTE_DESCRIPTION: &str = r#"Runs a TypeScript program in a fresh sandbox, e.g.
const orders = await tools.shop.listOrders({ status: "open" });
return orders.filter((o) => o.total > 100).map((o) => o.id);
- Call what `search` found: `await tools.<server>.<tool>({ … })`, or `import { listOrders } from "/servers/shop/listOrders.ts"`. Full types: `await readFile("/servers/shop/listOrders.ts")`.
- Also: resources.list/read/templates(server, …), prompts.list/get(server, …), emit(value) for progress.
- Run independent calls with Promise.all. A failed call throws ToolError { server, tool, code, message, retryable }; `calls` says what already happened.
- Top-level await and return work. Return a small value: above 10,000 tokens it is cut, and `truncated` says how to page.
- No network, process or require; nothing is kept between runs. 30 s and 256 calls unless configured otherwise."#;

/// Both tools, always in this order.
pub(super) fn tools() -> Vec<Tool> {
    vec![search(), execute()]
}

fn search() -> Tool {
    let input = json!({
        "type": "object",
        "properties": {
            "query": { "type": "string" },
            "server": { "type": "string", "description": "Only this server's tools" },
            "detail": { "enum": ["names", "signatures", "full"], "default": "signatures" },
            "limit": { "type": "integer", "minimum": 1, "maximum": 50, "default": 10 },
            "cursor": { "type": "string", "description": "From a PARTIAL answer" },
        },
        "required": ["query"],
        "additionalProperties": false,
    });
    let output = json!({
        "type": "object",
        "required": ["results", "coverage"],
    });
    let hints = ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false);
    Tool::new(SEARCH, SEARCH_DESCRIPTION, object(input))
        .with_title("Find tools")
        .with_raw_output_schema(object(output))
        .with_annotations(hints)
}

fn execute() -> Tool {
    let input = json!({
        "type": "object",
        "properties": {
            "code": { "type": "string" },
            "timeout_ms": { "type": "integer", "minimum": 1 },
            "check_only": { "type": "boolean", "description": "Do not run; list the tools it calls" },
        },
        "required": ["code"],
        "additionalProperties": false,
    });
    let output = json!({
        "type": "object",
        "properties": { "ok": { "type": "boolean" }, "value": {}, "calls": { "type": "array" }, "error": { "type": "object" }, "truncated": { "type": "array" } },
        "required": ["ok"],
    });
    let hints = ToolAnnotations::new().read_only(false).destructive(true).idempotent(false).open_world(true);
    Tool::new(EXECUTE, EXECUTE_DESCRIPTION, object(input))
        .with_title("Run a program")
        .with_raw_output_schema(object(output))
        .with_annotations(hints)
}

fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(schema) => Arc::new(schema),
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{INSTRUCTIONS, tools};

    /// A token of o200k is rarely shorter than three bytes in such text; the hosts' own bound is 2 KiB each.
    #[test]
    fn a_model_is_told_little_beforehand() {
        let tools = tools();
        let told: usize =
            tools.iter().filter_map(|tool| serde_json::to_string(tool).ok()).map(|text| text.len()).sum();
        assert!(told + INSTRUCTIONS.len() < 3_000, "{told}");
        assert!(tools.iter().all(|tool| tool.description.as_ref().is_some_and(|text| text.len() < 2_048)));
    }
}
