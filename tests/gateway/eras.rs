//! Each revision of MCP, from the handshake to a run.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::{Gateway, MODERN};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};

/// Revisions that begin with `initialize`.
const LEGACY_VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

pub(super) fn add(trials: &mut Trials) {
    for version in LEGACY_VERSIONS {
        trials.both(&format!("eras/{version}"), &[], move |bench| legacy(bench, version));
    }
    trials.both(&format!("eras/{MODERN}"), &[], modern);
    trials.both("eras/a revision that nobody knows", &[], unknown);
    trials.both("eras/tools before the handshake", &[], before_handshake);
}

fn start(bench: &Bench) -> Result<Gateway, Failed> {
    let config = bench.config("")?;
    Gateway::start(bench.oubliette(&["serve", "--config", &config])?)
}

fn legacy(bench: &Bench, version: &'static str) -> Verdict {
    let mut gateway = start(bench)?;
    let hello = gateway.initialize(version)?;
    ensure!(hello["protocolVersion"] == version, "{hello}");
    ensure!(hello["serverInfo"]["name"] == "oubliette", "{hello}");
    ensure!(hello["instructions"].as_str().is_some_and(|text| text.len() < 2048), "{hello}");
    let ping = gateway.ask("ping", &json!({}))?;
    gateway.result(ping)?;
    let list = gateway.ask("tools/list", &json!({}))?;
    check_tools(&gateway.result(list)?)?;
    let call =
        gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": "return 6 * 7" } }))?;
    check_result(&gateway.result(call)?, version >= "2025-06-18")?;
    gateway.close().map(|_| ())
}

fn modern(bench: &Bench) -> Verdict {
    let mut gateway = start(bench)?;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" }
    });
    let discover = gateway.ask("server/discover", &json!({ "_meta": meta }))?;
    let discovered = gateway.result(discover)?;
    ensure!(
        discovered["supportedVersions"].as_array().is_some_and(|known| known.contains(&json!(MODERN))),
        "{discovered}"
    );
    ensure!(discovered["ttlMs"].is_u64() && discovered["cacheScope"] == "public", "{discovered}");
    let list = gateway.ask("tools/list", &json!({ "_meta": meta }))?;
    let listed = gateway.result(list)?;
    check_tools(&listed)?;
    ensure!(listed["ttlMs"].is_u64() && listed["resultType"] == "complete", "{listed}");
    let call = json!({ "_meta": meta, "name": "execute", "arguments": { "code": "return 6 * 7" } });
    let call = gateway.ask("tools/call", &call)?;
    let result = gateway.result(call)?;
    ensure!(result["resultType"] == "complete", "{result}");
    check_result(&result, true)?;
    gateway.close().map(|_| ())
}

fn unknown(bench: &Bench) -> Verdict {
    let mut gateway = start(bench)?;
    let hello = gateway.initialize("2031-01-01")?;
    ensure!(hello["protocolVersion"] == "2025-11-25", "{hello}");
    ensure!(gateway.execute("return 1")?["ok"] == true, "no run after that");
    gateway.close().map(|_| ())
}

fn before_handshake(bench: &Bench) -> Verdict {
    let mut gateway = start(bench)?;
    let list = gateway.ask("tools/list", &json!({}))?;
    check_tools(&gateway.result(list)?)?;
    gateway.initialize("2025-06-18")?;
    ensure!(gateway.execute("return 1")?["ok"] == true, "no run after that");
    gateway.close().map(|_| ())
}

fn check_tools(listed: &Value) -> Verdict {
    let tools = listed["tools"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    ensure!(names == ["search", "execute"], "{names:?}");
    for tool in &tools {
        ensure!(tool["inputSchema"]["type"] == "object", "{tool}");
        ensure!(tool["description"].as_str().is_some_and(|text| text.len() < 2048), "{tool}");
    }
    Ok(())
}

fn check_result(result: &Value, structured: bool) -> Verdict {
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let told: Value = serde_json::from_str(text).map_err(|error| format!("{error}: {result}"))?;
    ensure!(told["ok"] == true && told["value"] == 42, "{result}");
    ensure!(result.get("structuredContent").is_some() == structured, "{result}");
    ensure!(!structured || result["structuredContent"] == told, "two different answers: {result}");
    ensure!(result["isError"] != true, "{result}");
    Ok(())
}
