//! Tools that an operator exposes as they are: listed beside `search` and `execute`, called without a program.

use super::http::host;
use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn add(trials: &mut Trials) {
    trials.both("direct/chosen tools are listed and called", &[], chosen);
    trials.both("direct/only what the profile grants", &[], granted);
    trials.both("direct/a host is told of changes", &[], changes);
    trials.both("direct/a cancelled call is cancelled at the server", &[], cancelled);
}

/// The scripted server with `expose`, the demo shop without.
fn config(bench: &Bench, more: &str, expose: &str) -> Result<String, Failed> {
    let (scripted, oubliette) = (bench.binary("scripted-upstream")?, bench.binary("oubliette")?);
    let servers = format!(
        "{more}\n[servers.scripted]\ncommand = {scripted:?}\nexpose = {expose}\n\
         [servers.shop]\ncommand = {oubliette:?}\nargs = [\"demo-server\"]\n"
    );
    bench.write("direct.toml", servers)
}

fn names(gateway: &mut Gateway) -> Result<Vec<String>, Failed> {
    let list = gateway.ask("tools/list", &json!({}))?;
    let listed = gateway.result(list)?;
    let tools = listed["tools"].as_array().cloned().unwrap_or_default();
    Ok(tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect())
}

fn call(gateway: &mut Gateway, name: &str, arguments: &Value) -> Result<Value, Failed> {
    let id = gateway.ask("tools/call", &json!({ "name": name, "arguments": arguments }))?;
    gateway.answer(id)
}

fn chosen(bench: &Bench) -> Verdict {
    let config = config(bench, "", r#"{ tools = ["echo", "picture", "fail", "die"] }"#)?;
    let mut gateway = bench.serve(&config)?;
    let listed = names(&mut gateway)?;
    let expected =
        ["search", "execute", "scripted__echo", "scripted__die", "scripted__fail", "scripted__picture"];
    ensure!(listed == expected, "{listed:?}");
    let echo = call(&mut gateway, "scripted__echo", &json!({ "value": { "deep": [1, null] } }))?;
    ensure!(echo["result"]["structuredContent"]["value"] == json!({ "deep": [1, null] }), "{echo}");
    let misfit = call(&mut gateway, "scripted__echo", &json!({ "valu": 1 }))?;
    let words = misfit["result"]["content"][0]["text"].as_str().unwrap_or_default();
    ensure!(misfit["result"]["isError"] == true && words.contains("do not fit"), "{misfit}");
    let picture = call(&mut gateway, "scripted__picture", &json!({}))?;
    ensure!(
        picture["result"]["content"] == json!([{ "type": "image", "data": "AAAA", "mimeType": "image/png" }]),
        "{picture}"
    );
    let fail = call(&mut gateway, "scripted__fail", &json!({ "message": "no luck" }))?;
    ensure!(fail["result"]["isError"] == true && fail["result"]["content"][0]["text"] == "no luck", "{fail}");
    let die = call(&mut gateway, "scripted__die", &json!({}))?;
    let words = die["result"]["content"][0]["text"].as_str().unwrap_or_default();
    ensure!(die["result"]["isError"] == true && words.contains("`scripted` failed during `die`"), "{die}");
    // Not chosen, and not another way to programs' tools.
    for name in ["scripted__text", "echo", "shop__list_orders"] {
        let refused = call(&mut gateway, name, &json!({}))?;
        ensure!(refused["error"]["code"] == -32602, "{name}: {refused}");
    }
    let report = gateway.execute("return (await tools.scripted.text({ value: 'both' })).length")?;
    ensure!(report["ok"] == true, "{report}");
    gateway.close().map(|_| ())
}

fn granted(bench: &Bench) -> Verdict {
    bench.write(
        "narrow.toml",
        "name = \"narrow\"\nwhy = \"a test\"\nparent = \"default\"\n[[grants]]\nserver = \"scripted\"\ntools = [\"echo\"]\nverdict = \"allow\"\nwhy = \"to hear itself\"\n",
    )?;
    let config = config(bench, "profile = \"narrow.toml\"", r#"{ tools = ["echo", "text"], prefix = "" }"#)?;
    let mut gateway = bench.serve(&config)?;
    let listed = names(&mut gateway)?;
    ensure!(listed == ["search", "execute", "echo"], "{listed:?}");
    ensure!(call(&mut gateway, "text", &json!({ "value": "x" }))?["error"]["code"] == -32602, "called");
    gateway.close().map(|_| ())
}

fn changes(bench: &Bench) -> Verdict {
    let path = config(bench, "", "\"direct\"")?;
    let served = oubliette_tests::served::Served::start(bench.oubliette(&[
        "serve",
        "--config",
        &path,
        "--http",
        "127.0.0.1:0",
    ])?)?;
    let mut session = host(&served).begin("2025-11-25")?;
    let mut stream = session.send("GET", b"")?;
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    let mut modern = host(&served);
    let mut listening = modern.ask_modern("subscriptions/listen", &listen)?;
    let acknowledged = listening.message()?;
    ensure!(acknowledged["method"] == "notifications/subscriptions/acknowledged", "{acknowledged}");
    let (id, mut reply) = session.ask("tools/list", &json!({}))?;
    let before = reply.answer(id)?["result"]["tools"].as_array().map_or(0, Vec::len);
    let (id, mut reply) = session.ask("tools/call", &json!({ "name": "scripted__grow", "arguments": {} }))?;
    reply.answer(id)?;
    for told in [stream.message()?, listening.message()?] {
        ensure!(told["method"] == "notifications/tools/list_changed", "{told}");
    }
    let (id, mut reply) = session.ask("tools/list", &json!({}))?;
    let after = reply.answer(id)?["result"]["tools"].as_array().map_or(0, Vec::len);
    ensure!(after == before + 1, "{before} tools, then {after}");
    drop((stream, listening));
    served.stop().map(|_| ())
}

fn cancelled(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&config(bench, "", "\"direct\"")?)?;
    let id = gateway.ask("tools/call", &json!({ "name": "scripted__slow", "arguments": { "ms": 60000 } }))?;
    ensure!(gateway.answer_within(id, Duration::from_millis(500))?.is_none(), "answered at once");
    gateway.send(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
    )?;
    let begun = std::time::Instant::now();
    loop {
        let told = call(&mut gateway, "scripted__cancelled", &json!({}))?;
        if told["result"]["structuredContent"]["calls"] == 1 {
            return gateway.close().map(|_| ());
        }
        ensure!(begun.elapsed() < Duration::from_secs(10), "the server was not told: {told}");
    }
}
