//! What a broken or hostile host can send. Each is answered or passed over, and the next run is served.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::LEGACY;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde_json::json;

pub(super) fn add(trials: &mut Trials) {
    type Line = fn() -> Vec<u8>;
    let lines: [(&str, Line); 12] = [
        ("a line of 32 MB", || vec![b'x'; 32 << 20]),
        ("a request of 32 MB", || {
            let text = "x".repeat(32 << 20);
            format!(r#"{{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{{"name":"execute","arguments":{{"code":"{text}"}}}}}}"#).into_bytes()
        }),
        ("nesting of 10^5", || [b"[".repeat(100_000), b"]".repeat(100_000)].concat()),
        ("nesting in parameters", || {
            format!(
                r#"{{"jsonrpc":"2.0","id":901,"method":"ping","params":{}{}}}"#,
                "[".repeat(100_000),
                "]".repeat(100_000)
            )
            .into_bytes()
        }),
        ("two million values", || [b"[0".as_slice(), &b",0".repeat(2_000_000), b"]"].concat()),
        ("garbage", || (0..=255).filter(|byte| *byte != b'\n').cycle().take(100_000).collect()),
        ("no UTF-8", || b"{\"jsonrpc\":\"2.0\",\"id\":902,\"method\":\"\xff\xfe\"}".to_vec()),
        ("half a message", || b"{\"jsonrpc\":\"2.0\",\"id\":903,\"meth".to_vec()),
        ("empty lines", || b"\n\n\r\n   \n".to_vec()),
        ("a batch", || br#"[{"jsonrpc":"2.0","id":904,"method":"ping"}]"#.to_vec()),
        ("an answer that nobody asked for", || br#"{"jsonrpc":"2.0","id":905,"result":{}}"#.to_vec()),
        ("a notification that nobody knows", || {
            br#"{"jsonrpc":"2.0","method":"notifications/weather","params":{"rain":true}}"#.to_vec()
        }),
    ];
    for (name, line) in lines {
        trials.both(&format!("nonsense/{name}"), &[], move |bench| survives(bench, &line()));
    }
    trials.both("nonsense/a second initialize", &[], second_initialize);
    trials.both("nonsense/methods and tools that do not exist", &[], unknown);
    trials.both("nonsense/arguments that are missing or wrong", &[], wrong_arguments);
}

fn survives(bench: &Bench, line: &[u8]) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    gateway.send_line(line)?;
    let report = gateway.execute("return 6 * 7")?;
    ensure!(report["value"] == 42, "{report}");
    gateway.close().map(|_| ())
}

fn second_initialize(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let again = gateway.ask("initialize", &json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } }))?;
    let answer = gateway.answer(again)?;
    ensure!(answer.get("error").is_some() || answer.get("result").is_some(), "{answer}");
    ensure!(gateway.execute("return 6 * 7")?["value"] == 42, "no run after a second initialize");
    gateway.close().map(|_| ())
}

fn unknown(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let method = gateway.ask("weather/today", &json!({}))?;
    let answer = gateway.answer(method)?;
    ensure!(answer["error"]["code"] == -32601, "{answer}");
    let tool = gateway.ask("tools/call", &json!({ "name": "list_orders", "arguments": {} }))?;
    let answer = gateway.answer(tool)?;
    let said = answer.to_string();
    ensure!(said.contains("list_orders") && said.contains("execute"), "{answer}");
    ensure!(gateway.execute("return 6 * 7")?["value"] == 42, "no run after that");
    gateway.close().map(|_| ())
}

fn wrong_arguments(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let calls = [
        json!({ "name": "execute" }),
        json!({ "name": "search" }),
        json!({ "name": "execute", "arguments": {} }),
        json!({ "name": "execute", "arguments": { "code": 7 } }),
        json!({ "name": "execute", "arguments": { "code": "return 1", "codes": 1 } }),
        json!({ "name": "execute", "arguments": { "code": "return 1", "timeout_ms": -1 } }),
    ];
    for call in calls {
        let id = gateway.ask("tools/call", &call)?;
        let result = gateway.result(id)?;
        // `search` without arguments may be read as the empty query.
        ensure!(result["isError"] == true || call["name"] == "search", "{call}: {result}");
        ensure!(
            result["content"][0]["text"].as_str().is_some_and(|text| !text.is_empty()),
            "{call}: {result}"
        );
    }
    ensure!(gateway.execute("return 6 * 7")?["value"] == 42, "no run after that");
    gateway.close().map(|_| ())
}
