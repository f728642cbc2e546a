//! What goes to a host beside the structured value: pictures and their like, and progress as the program runs.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn add(trials: &mut Trials) {
    trials.both("content/an image alone, in a list, in an object", &[], images);
    trials.both("content/every kind, once each", &[], kinds);
    trials.both("content/what is too much is left out and said", &[], bounds);
    trials.both("content/what only looks like content stays", &[], lookalikes);
    trials.both("content/old hosts get what their revision has", &[], revisions);
    trials.both("content/progress as the program runs", &[], progress);
    trials.both("content/without a listener progress is in the log", &[], unheard);
    trials.both("content/resources pass the grants and the record", &[], granted);
}

fn execute(gateway: &mut Gateway, code: &str) -> Result<Value, Failed> {
    let id = gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": code } }))?;
    gateway.result(id)
}

/// The blocks after the report's own text, which must be the same as the structured content.
fn blocks(result: &Value) -> Result<&[Value], Failed> {
    let content = result["content"].as_array().ok_or_else(|| format!("no content: {result:.500}"))?;
    let (text, blocks) = content.split_first().ok_or("empty content")?;
    let text: Value = serde_json::from_str(text["text"].as_str().unwrap_or_default())
        .map_err(|error| format!("{error}: {text:.500}"))?;
    if !result["structuredContent"].is_null() {
        ensure!(text == result["structuredContent"], "the text is not the structure: {text}");
    }
    Ok(blocks)
}

fn images(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    for (code, at, count) in [
        ("return await tools.shop.getLogo();", "/value/data", 1),
        ("const logo = await tools.shop.getLogo(); return ['a', logo, logo];", "/value/1/data", 2),
        ("return { deep: { logo: await tools.shop.getLogo(), n: 7 } };", "/value/deep/logo/data", 1),
    ] {
        let result = execute(&mut gateway, code)?;
        let blocks = blocks(&result)?;
        ensure!(blocks.len() == count, "{code}: {} blocks", blocks.len());
        let data = blocks[0]["data"].as_str().unwrap_or_default();
        ensure!(blocks[0]["type"] == "image" && blocks[0]["mimeType"] == "image/png", "{code}: {blocks:?}");
        ensure!(data.starts_with("iVBORw0KGgo"), "{code}: {data:.40}");
        let words = result["structuredContent"].pointer(at).and_then(Value::as_str).unwrap_or_default();
        ensure!(words.contains("content[1] of this result"), "{code}: {words:?}");
        ensure!(result.to_string().matches(data).count() == count, "{code}: the bytes are there again");
    }
    gateway.close().map(|_| ())
}

/// One of each, as a program.
const KINDS: &str = r#"return await tools.scripted.contents({ content: [
  { type: "text", text: "words" },
  { type: "image", data: "AAAA", mimeType: "image/png" },
  { type: "audio", data: "BBBB", mimeType: "audio/wav" },
  { type: "resource", resource: { uri: "a:text", text: "some text" } },
  { type: "resource", resource: { uri: "a:blob", blob: "CCCC", mimeType: "application/pdf" } },
  { type: "resource_link", uri: "a:link", name: "link" },
] });"#;

fn kinds(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let result = execute(&mut gateway, KINDS)?;
    let types: Vec<&str> = blocks(&result)?.iter().filter_map(|block| block["type"].as_str()).collect();
    ensure!(types == ["image", "audio", "resource", "resource", "resource_link"], "{types:?}");
    let report = &result["structuredContent"];
    let said = report["value"].to_string();
    for bytes in ["AAAA", "BBBB", "some text", "CCCC"] {
        ensure!(!said.contains(bytes), "{bytes} is in the value too: {said}");
    }
    ensure!(report["value"][0]["text"] == "words", "{said}");
    ensure!(report["value"][4]["resource"]["uri"] == "a:blob", "{said}");
    ensure!(report["truncated"] == json!([]), "{report}");
    let logo = execute(&mut gateway, "return await resources.read('shop', 'shop://logo');")?;
    let resource = &blocks(&logo)?[0]["resource"];
    ensure!(resource["uri"] == "shop://logo" && resource["mimeType"] == "image/png", "{resource}");
    let read = &logo["structuredContent"]["value"]["contents"][0];
    ensure!(read["blob"].as_str().is_some_and(|words| words.starts_with("[content[1]")), "{read}");
    let text = format!("return {{ text: {:?}, type: 'resource' }};", "x".repeat(9_000));
    let long =
        format!("return {{ type: 'resource', resource: {{ uri: 'a:b', text: {:?} }} }};", "y".repeat(9_000));
    for code in [text, long] {
        let result = execute(&mut gateway, &code)?;
        ensure!(blocks(&result)?.is_empty(), "a long text is the value's: {:.300}", result.to_string());
    }
    gateway.close().map(|_| ())
}

fn bounds(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let large =
        "const image = (n: number) => ({ type: 'image', data: 'A'.repeat(n), mimeType: 'image/png' });
        return { one: image(1_500_000), two: image(1_000_000), three: image(400) };";
    let result = execute(&mut gateway, large)?;
    ensure!(blocks(&result)?.len() == 2, "{} blocks", blocks(&result)?.len());
    let report = &result["structuredContent"];
    ensure!(report["value"]["two"]["data"] == "[left out: 1000000 bytes of base64]", "{report:.900}");
    let notes = report["truncated"].to_string();
    ensure!(notes.contains("value.two") && notes.contains("at most 2097152 bytes"), "{notes}");
    let many =
        "return Array.from({ length: 500 }, () => ({ type: 'image', data: 'AAAA', mimeType: 'image/png' }));";
    let result = execute(&mut gateway, many)?;
    ensure!(blocks(&result)?.len() == 16, "{} blocks", blocks(&result)?.len());
    let notes = result["structuredContent"]["truncated"].to_string();
    ensure!(notes.contains("at most 16") && notes.contains("and 476 more"), "{notes}");
    gateway.close().map(|_| ())
}

fn lookalikes(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let value = json!([
        { "type": "image", "data": "not base64!", "mimeType": "image/png" },
        { "type": "image", "data": "AAAA", "mimeType": "text/plain" },
        { "type": "image", "src": "a.png" },
        { "type": "audio", "data": 7, "mimeType": "audio/wav" },
        { "type": "resource", "resource": { "uri": "a:b" } },
        { "type": "resource_link", "name": "no address" },
        { "uri": "a:b", "blob": "not base64!" },
        { "uri": 7, "blob": "AAAA" },
    ]);
    let result = execute(&mut gateway, &format!("return {value};"))?;
    ensure!(blocks(&result)?.is_empty(), "{result}");
    ensure!(result["structuredContent"]["value"] == value, "{result}");
    gateway.close().map(|_| ())
}

fn revisions(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    for (revision, expected, noted) in [
        ("2024-11-05", &["image", "resource", "resource"][..], 2),
        ("2025-03-26", &["image", "audio", "resource", "resource"], 1),
        ("2025-11-25", &["image", "audio", "resource", "resource", "resource_link"], 0),
    ] {
        let mut gateway = Gateway::start(bench.oubliette(&["serve", "--config", &config])?)?;
        gateway.initialize(revision)?;
        let result = execute(&mut gateway, KINDS)?;
        let types: Vec<&str> = blocks(&result)?.iter().filter_map(|block| block["type"].as_str()).collect();
        ensure!(types == expected, "{revision}: {types:?}");
        let report: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap_or_default())
            .map_err(|error| error.to_string())?;
        let notes = report["truncated"].as_array().map_or(0, Vec::len);
        ensure!(notes == noted, "{revision}: {}", report["truncated"]);
        gateway.close()?;
    }
    Ok(())
}

fn progress(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let code = "emit('first'); await sleep(1500); emit({ done: 2 }); emit('last'); return 'value';";
    let params =
        json!({ "name": "execute", "arguments": { "code": code }, "_meta": { "progressToken": "t" } });
    let id = gateway.ask("tools/call", &params)?;
    ensure!(gateway.answer_within(id, Duration::from_millis(700))?.is_none(), "answered too early");
    let report = gateway.structured(id)?;
    ensure!(report["value"] == "value" && report["logs"] == json!([]), "{report}");
    let heard: Vec<Value> = gateway.notifications("notifications/progress");
    let words: Vec<&str> = heard.iter().filter_map(|one| one["message"].as_str()).collect();
    ensure!(words == ["first", "{\"done\":2}", "last"], "{words:?}");
    ensure!(heard.iter().all(|one| one["progressToken"] == "t"), "{heard:?}");
    let figures: Vec<f64> = heard.iter().filter_map(|one| one["progress"].as_f64()).collect();
    ensure!(figures.is_sorted_by(|one, next| one < next), "{figures:?}");
    ensure!(figures[1] - figures[0] > 1.0, "not as it runs: {figures:?}");
    gateway.close().map(|_| ())
}

fn unheard(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let report = gateway.execute("emit('half'); console.log('log'); return 1;")?;
    let expected = json!([{ "level": "info", "text": "half" }, { "level": "log", "text": "log" }]);
    ensure!(report["logs"] == expected, "{report}");
    gateway.close().map(|_| ())
}

const PROFILE: &str = r#"
name = "listener"
why = "a trial"
parent = "default"

[[grants]]
server = "shop"
tools = ["get_order", "resources/list", "resources/read"]
verdict = "allow"
why = "to read"
"#;

fn granted(bench: &Bench) -> Verdict {
    bench.write("listener.toml", PROFILE)?;
    let config = bench.config("profile = \"listener.toml\"\n[limits]\ncalls = 3\n")?;
    let mut gateway = bench.serve(&config)?;
    let code = r#"const said = [];
        for (const ask of [() => prompts.list("shop"), () => resources.templates("shop"), () => resources.list(),
          () => resources.read("shop", "shop://terms"), () => resources.read("shop", "shop://none"), () => resources.list("shop")]) {
          try { await ask(); said.push("answered"); } catch (error) { said.push(error.code); }
        }
        return said;"#;
    let report = gateway.execute(code)?;
    let expected = json!(["denied", "denied", "answered", "answered", "invalid_arguments", "limit"]);
    ensure!(report["value"] == expected, "{report}");
    let calls: Value = report["calls"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|call| json!([call["tool"], call["ok"], call["note"].is_string()]))
        .collect();
    let expected = json!([
        ["prompts/list", false, true],
        ["resources/templates/list", false, true],
        ["resources/list", true, false],
        ["resources/read", true, false],
        ["resources/read", false, false],
        ["resources/list", false, true]
    ]);
    ensure!(calls == expected, "{report}");
    let checked = gateway.call("execute", &json!({ "code": code, "check_only": true }))?;
    let denied = json!([{ "server": "shop", "tool": "prompts/list" }, { "server": "shop", "tool": "resources/templates/list" }]);
    ensure!(checked["denied"] == denied, "{checked}");
    gateway.close().map(|_| ())
}
