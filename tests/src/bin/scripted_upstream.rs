//! An upstream server that misbehaves on request: MCP over standard input and output, as plain JSON lines and
//! without an SDK, so that it can also say what no SDK would.
//!
//! What it does in a call is the tool's name; what it does at the start is its first argument. `replay FILE` makes
//! it the server whose catalog the file is: it lists those tools, and a call gives back its own arguments.

use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Calls of `together` at this moment, and the most there ever were.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Tools per page when it is started with `pages`.
const PAGE: usize = 7;
const PAGED_TOOLS: usize = 40;

fn main() {
    let script = std::env::args().nth(1).unwrap_or_default();
    match script.as_str() {
        "dies-at-start" => {
            say_to_operator("cannot reach the database\n");
            std::process::exit(9);
        }
        "junk-first" => write_line("Loading configuration ... done\n{not json}\n\n"),
        _ => {}
    }
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if let Some(id) = message.get("id").cloned() {
            answer(&script, &id, &message);
        }
    }
}

fn answer(script: &str, id: &Value, message: &Value) {
    let params = message.get("params").cloned().unwrap_or_default();
    match message.get("method").and_then(Value::as_str) {
        Some("initialize") if script != "silent" => result(id, &hello(&params)),
        Some("tools/list") => result(id, &listing(script, &params)),
        Some("tools/call") if matches!(script, "replay" | "weird") => result_of_replay(id, &params),
        Some("tools/call") => {
            let id = id.clone();
            std::thread::spawn(move || call(&id, &params));
        }
        Some(method) if script == "weird" && method.contains("s/") => offered(id, method, &params),
        Some("ping") => result(id, &json!({})),
        _ if script == "silent" => {}
        _ => error(id, -32601, "Method not found"),
    }
}

fn hello(params: &Value) -> Value {
    let mut hello = json!({
        "protocolVersion": params["protocolVersion"],
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "scripted", "version": "1" }
    });
    let script = std::env::args().nth(1).unwrap_or_default();
    if script == "weird" {
        hello["capabilities"] = json!({ "tools": {}, "resources": {}, "prompts": {} });
    }
    if script == "replay"
        && let instructions @ Value::String(_) = replayed()["instructions"].take()
    {
        hello["instructions"] = instructions;
    }
    hello
}

/// The catalog that is replayed.
fn replayed() -> Value {
    let file = std::env::args().nth(2).unwrap_or_default();
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
        say_to_operator(&format!("{file}: {error}\n"));
        std::process::exit(9);
    });
    serde_json::from_str(&text).unwrap_or_default()
}

fn listing(script: &str, params: &Value) -> Value {
    match script {
        "replay" => {
            let tools = replayed()["tools"].take();
            // When it answered, for whoever wants to know; where that cannot be written, nobody does.
            let _ = std::fs::write(std::env::args().nth(2).unwrap_or_default() + ".listed", "");
            json!({ "tools": tools })
        }
        "enormous" => enormous(),
        "pages" => page(params),
        "endless-pages" => {
            json!({ "tools": [tool("again", "One page after the other", json!({}))], "nextCursor": "same" })
        }
        "malformed" => malformed(),
        "weird" => json!({ "tools": weird() }),
        _ => json!({ "tools": tools() }),
    }
}

fn page(params: &Value) -> Value {
    let start = params["cursor"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let end = PAGED_TOOLS.min(start + PAGE);
    let named = |n| tool(&format!("tool_{n}"), &format!("Returns the number {n}"), json!({}));
    let mut page = json!({ "tools": (start..end).map(named).collect::<Vec<_>>() });
    if end < PAGED_TOOLS {
        page["nextCursor"] = json!(end.to_string());
    }
    page
}

/// One good tool among what real servers have been seen to send.
fn malformed() -> Value {
    json!({ "tools": [
        { "name": "no_schema", "description": "has no inputSchema" },
        { "name": "null_schema", "inputSchema": null },
        { "name": "true_schema", "inputSchema": true },
        { "name": "odd_output", "inputSchema": { "type": "object" }, "outputSchema": true },
        { "name": "odd_annotations", "inputSchema": { "type": "object" }, "annotations": { "readOnlyHint": "yes" } },
        { "name": 7, "inputSchema": { "type": "object" } },
        "not a tool",
        { "name": "dangling", "inputSchema": { "type": "object", "properties": { "a": { "$ref": "#/components/schemas/A" } } } },
        { "name": "closing", "description": "ends */ the comment", "inputSchema": { "type": "object" } },
        tool("echo", "Returns its value", json!({ "value": {} })),
    ] })
}

/// Names that are no identifiers, and arguments in every position.
fn weird() -> Vec<Value> {
    let optional = json!({
        "name": "translate",
        "description": "Gives back its arguments",
        "inputSchema": {
            "type": "object",
            "properties": {
                "to": { "type": "string" }, "text": { "type": "string" }, "options": { "type": "object" }
            },
            "required": ["text"],
            "additionalProperties": false
        }
    });
    let weird = |name| tool(name, "Gives back its arguments", json!({ "value": { "type": "integer" } }));
    vec![weird("weird.tool"), weird("delete"), weird("send-email"), optional]
}

/// Resources and prompts as no SDK would send them.
fn offered(id: &Value, method: &str, params: &Value) {
    let cursor = params["cursor"].as_str();
    let named = |n: u64| json!({ "uri": format!("weird:{n}"), "name": format!("number {n}"), "extra": [n] });
    match (method, cursor, params["uri"].as_str()) {
        ("resources/list", None, _) => {
            let page = json!([named(1), { "name": "no address" }, 7, named(2)]);
            result(id, &json!({ "resources": page, "nextCursor": "two" }));
        }
        ("resources/list", ..) => result(id, &json!({ "resources": [named(3)], "nextCursor": "two" })),
        ("resources/templates/list", ..) => error(id, -32603, "the templates are lost"),
        ("resources/read", _, Some("weird:1")) => {
            result(
                id,
                &json!({ "contents": [{ "uri": "weird:1", "text": "one" }, { "uri": "weird:1b", "blob": "AAAA" }] }),
            );
        }
        ("resources/read", _, Some("weird:2")) => result(id, &json!({ "contents": "two" })),
        ("resources/read", ..) => error(id, -32002, "Resource not found"),
        ("prompts/list", ..) => result(id, &json!({ "prompts": {} })),
        ("prompts/get", ..) => result(id, &json!({ "messages": [], "asked": params })),
        _ => error(id, -32601, "Method not found"),
    }
}

/// 190 MB of schemas in one line: tools like any other, only far too many words about them.
fn enormous() -> Value {
    let words = "word ".repeat(200);
    let property = |n| (format!("property_{n}"), json!({ "type": "string", "description": words }));
    let properties: Value = Value::Object((0..90).map(property).collect());
    let named = |n| tool(&format!("tool_{n}"), &format!("Does thing number {n}"), properties.clone());
    json!({ "tools": (0..2_000).map(named).collect::<Vec<_>>() })
}

fn tools() -> Vec<Value> {
    let bytes = json!({ "bytes": { "type": "integer" } });
    vec![
        tool("echo", "Returns its value as structured content", json!({ "value": {} })),
        tool("text", "Returns its value as a text", json!({ "value": { "type": "string" } })),
        tool("environment", "Returns the environment of this server", json!({})),
        tool("die", "Ends this server in the middle of the call", json!({})),
        tool("never", "Never answers", json!({})),
        tool("slow", "Answers after a while", json!({ "ms": { "type": "integer" } })),
        tool(
            "together",
            "Returns how many calls were open at the same time",
            json!({ "ms": { "type": "integer" } }),
        ),
        tool("fail", "Returns a result that is an error", json!({ "message": { "type": "string" } })),
        tool("refuse", "Answers with a protocol error", json!({ "message": { "type": "string" } })),
        tool("big", "Returns a text of so many bytes", bytes.clone()),
        tool("rows", "Returns so many bytes of small objects", bytes.clone()),
        tool("long_line", "Writes a line of so many bytes that is no message, then answers", bytes),
        tool("deep", "Returns arrays inside each other", json!({ "depth": { "type": "integer" } })),
        tool("junk", "Writes lines that are no messages, then answers", json!({})),
        tool("wrong_id", "Answers a request that nobody made, then its own", json!({})),
        tool("twice", "Answers twice", json!({})),
        tool("not_a_result", "Answers with a result of the wrong shape", json!({})),
        tool("picture", "Returns an image", json!({})),
        tool("both", "Returns structured content and an image", json!({})),
        tool("contents", "Returns these contents", json!({ "content": { "type": "array" } })),
    ]
}

fn tool(name: &str, description: &str, properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|p| p.keys()).collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    json!({ "name": name, "description": description, "inputSchema": schema })
}

fn call(id: &Value, params: &Value) {
    let arguments = &params["arguments"];
    let bytes = || usize::try_from(arguments["bytes"].as_u64().unwrap_or(0)).unwrap_or(0);
    match params["name"].as_str().unwrap_or_default() {
        "echo" => structured(id, json!({ "value": arguments["value"] })),
        "text" => result(id, &text(arguments["value"].as_str().unwrap_or_default())),
        "environment" => structured(id, environment()),
        "die" => std::process::exit(3),
        "never" => {}
        "slow" => {
            pause(arguments);
            structured(id, json!({ "slept": arguments["ms"] }));
        }
        "together" => structured(id, together(arguments)),
        "fail" => {
            let mut failed = text(arguments["message"].as_str().unwrap_or_default());
            failed["isError"] = json!(true);
            result(id, &failed);
        }
        "refuse" => error(id, -32603, arguments["message"].as_str().unwrap_or_default()),
        "big" => result(id, &text(&"x".repeat(bytes()))),
        "rows" => rows(id, bytes()),
        "long_line" => {
            write_line(&"x".repeat(bytes()));
            result(id, &text("after a long line"));
        }
        "deep" => deep(id, arguments["depth"].as_u64().unwrap_or(0)),
        "junk" => {
            write_line("warning: cache is cold\n\n{\"half\": \n\u{fffd}\u{1b}[31mred\u{1b}[0m");
            result(id, &text("after some junk"));
        }
        "wrong_id" => {
            result(&json!(987_654_321), &text("for nobody"));
            result(id, &text("for you"));
        }
        "twice" => {
            result(id, &text("first"));
            result(id, &text("second"));
        }
        "not_a_result" => result(id, &json!({ "content": "not an array" })),
        "picture" => {
            result(id, &json!({ "content": [{ "type": "image", "data": "AAAA", "mimeType": "image/png" }] }))
        }
        "contents" => result(id, &json!({ "content": arguments["content"] })),
        "both" => {
            let picture = json!({ "type": "image", "data": "AAAA", "mimeType": "image/png" });
            let content = json!([{ "type": "text", "text": "{\"width\":1}" }, picture]);
            result(id, &json!({ "content": content, "structuredContent": { "width": 1 } }));
        }
        name => structured(id, json!({ "tool": name })),
    }
}

/// With `result`, because some catalogs say that this is where the result is.
fn result_of_replay(id: &Value, params: &Value) {
    let (tool, arguments) = (&params["name"], &params["arguments"]);
    structured(id, json!({ "tool": tool, "arguments": arguments, "result": { "tool": tool } }));
}

fn environment() -> Value {
    Value::Object(std::env::vars().map(|(name, value)| (name, Value::String(value))).collect())
}

fn together(arguments: &Value) -> Value {
    let open = OPEN.fetch_add(1, Ordering::SeqCst) + 1;
    MOST.fetch_max(open, Ordering::SeqCst);
    pause(arguments);
    OPEN.fetch_sub(1, Ordering::SeqCst);
    json!({ "most": MOST.load(Ordering::SeqCst) })
}

fn pause(arguments: &Value) {
    std::thread::sleep(Duration::from_millis(arguments["ms"].as_u64().unwrap_or(0)));
}

/// Rows are written as text: building twenty megabytes of values takes longer than the trial.
fn rows(id: &Value, bytes: usize) {
    let row = r#"{"id":1234567,"name":"a row of some length","open":true,"price":12.5},"#;
    let rows = row.repeat(bytes / row.len());
    let rows = rows.trim_end_matches(',');
    write_line(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"structuredContent":{{"rows":[{rows}]}}}}}}"#
    ));
}

fn deep(id: &Value, depth: u64) {
    let depth = usize::try_from(depth).unwrap_or(0);
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    write_line(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"structuredContent":{{"value":{open}{close}}}}}}}"#
    ));
}

fn text(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

fn structured(id: &Value, content: Value) {
    let shown = content.to_string();
    result(id, &json!({ "content": [{ "type": "text", "text": shown }], "structuredContent": content }));
}

fn result(id: &Value, result: &Value) {
    write_line(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
}

fn error(id: &Value, code: i64, message: &str) {
    write_line(
        &json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string(),
    );
}

fn write_line(line: &str) {
    let mut out = std::io::stdout().lock();
    // The client may have gone: then there is nobody to answer.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

fn say_to_operator(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
