//! An upstream server with the tools that the official conformance suite asks for by name: MCP over standard input and
//! output, as plain JSON lines. What each must answer is what the suite's scenarios say of it.

use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the tool that comes and goes is there.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// One red pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// No sample at all.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(id) = message.get("id") else { continue };
        let params = &message["params"];
        let answer = match message["method"].as_str().unwrap_or_default() {
            "initialize" => json!({ "result": {
                "protocolVersion": params["protocolVersion"],
                "capabilities": { "tools": {} },
                "serverInfo": { "name": "fixture", "version": "1" }
            } }),
            "tools/list" => json!({ "result": { "tools": tools() } }),
            "tools/call" => call(params["name"].as_str().unwrap_or_default()),
            "ping" => json!({ "result": {} }),
            _ => json!({ "error": { "code": -32601, "message": "Method not found" } }),
        };
        let mut line = answer;
        (line["jsonrpc"], line["id"]) = (json!("2.0"), id.clone());
        write_line(&line.to_string());
    }
}

fn write_line(line: &str) {
    let mut out = std::io::stdout().lock();
    // The client may have gone: then there is nobody to answer.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn call(tool: &str) -> Value {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let resource = |uri: &str, mime: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } });
    let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
    let content = match tool {
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_image_content" => json!([image]),
        "test_audio_content" => json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }]),
        "test_embedded_resource" => {
            json!([resource("test://embedded-resource", "text/plain", "An embedded resource.")])
        }
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image,
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#)
        ]),
        "test_error_handling" => {
            let content = json!([text("This tool intentionally returns an error for testing")]);
            return json!({ "result": { "content": content, "isError": true } });
        }
        "test_trigger_tool_change" => {
            CHANGED.fetch_xor(true, Ordering::SeqCst);
            write_line(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
            json!([text("changed")])
        }
        "json_schema_2020_12_tool" => json!([text("accepted")]),
        _ => return json!({ "error": { "code": -32602, "message": format!("Unknown tool: {tool}") } }),
    };
    json!({ "result": { "content": content } })
}

fn tools() -> Vec<Value> {
    let plain = [
        ("test_simple_text", "Returns a text"),
        ("test_image_content", "Returns an image"),
        ("test_audio_content", "Returns a sound"),
        ("test_embedded_resource", "Returns a resource"),
        ("test_multiple_content_types", "Returns a text, an image and a resource"),
        ("test_error_handling", "Returns an error"),
        ("test_trigger_tool_change", "Adds a tool, or takes it away again"),
    ];
    let named = |(name, description)| json!({ "name": name, "description": description, "inputSchema": { "type": "object", "properties": {} } });
    let mut tools: Vec<Value> = plain.map(named).to_vec();
    tools.push(json!({ "name": "json_schema_2020_12_tool", "description": "Takes what JSON Schema 2020-12 can say", "inputSchema": schema() }));
    if CHANGED.load(Ordering::SeqCst) {
        tools.push(named(("test_changed", "Comes and goes")));
    }
    tools
}

/// Every keyword that the suite looks for.
fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}
