//! A guest that was taken over, and says what no honest guest says. Each attack ends its own run and nothing
//! else: the supervisor serves the next one at once.

use crate::nonsense;
use oubliette_tests::bench::Bench;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde_json::{Value, json};
use std::sync::Arc;

/// One attack: its steps, the kind of error it ends in (none: it is let through), words of the message.
pub(super) struct Attack {
    pub(super) name: &'static str,
    pub(super) steps: Value,
    pub(super) kind: Option<&'static str>,
    pub(super) says: &'static str,
}

pub(super) fn breach(name: &'static str, steps: Value, says: &'static str) -> Attack {
    Attack { name, steps, kind: Some("protocol"), says }
}

/// One frame with this payload.
pub(super) fn frame(payload: &str) -> Value {
    frames(&[json!({ "text": payload })], 1)
}

pub(super) fn frames(payload: &[Value], count: usize) -> Value {
    json!({ "frames": { "payload": payload, "count": count } })
}

pub(super) fn request(id: u64, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

pub(super) fn notification(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#)
}

pub(super) const FINISHED: &str = r#"{"outcome":{"value":1},"usage":{"instructions":0,"memory_bytes":0}}"#;

fn framing() -> Vec<Attack> {
    vec![
        breach("length zero", json!([{ "header": 0 }, "listen"]), "a frame of 0 bytes"),
        breach(
            "length one above the bound",
            json!([{ "header": 8 * 1024 * 1024 + 1 }, "listen"]),
            "at most 8388608",
        ),
        breach("length of four gigabytes", json!([{ "header": u32::MAX }, "listen"]), "at most 8388608"),
        breach(
            "end inside a frame",
            json!([{ "header": 100 }, { "bytes": [{ "text": "{}" }] }, { "exit": 0 }]),
            "socket",
        ),
        breach("no JSON", json!([frame("hello"), "listen"]), ""),
        breach(
            "no UTF-8",
            json!([frames(&[json!({ "bytes": [123, 34, 255, 254, 34, 125] })], 1), "listen"]),
            "",
        ),
        breach("zeroes", json!([frames(&[json!({ "bytes": [0], "times": 4096 })], 1), "listen"]), ""),
        breach(
            "a batch",
            json!([frame(&format!("[{}]", notification("console.write", "{}"))), "listen"]),
            "",
        ),
        breach(
            "another version",
            json!([frame(r#"{"jsonrpc":"1.0","method":"a","params":{}}"#), "listen"]),
            "",
        ),
        breach(
            "an id that is a text",
            json!([
                frame(r#"{"jsonrpc":"2.0","id":"1","method":"timer.sleep","params":{"ms":1}}"#),
                "listen"
            ]),
            "",
        ),
        breach(
            "a member that nobody knows",
            json!([frame(r#"{"jsonrpc":"2.0","method":"console.write","params":{},"more":1}"#), "listen"]),
            "",
        ),
        breach("depth 1,000", json!([deep(1_000), "listen"]), "nested deeper"),
        breach("depth 1,000,000", json!([deep(1_000_000), "listen"]), "nested deeper"),
        breach("six million values", json!([wide(6_000_000), "listen"]), "values"),
    ]
}

fn deep(depth: usize) -> Value {
    let (open, close) = (json!({ "text": "[", "times": depth }), json!({ "text": "]", "times": depth }));
    let begin = json!({ "text": r#"{"jsonrpc":"2.0","method":"run.finished","params":"# });
    frames(&[begin, open, close, json!({ "text": "}" })], 1)
}

fn wide(values: usize) -> Value {
    let begin = json!({ "text": r#"{"jsonrpc":"2.0","method":"run.finished","params":[0"# });
    frames(&[begin, json!({ "text": ",", "times": values }), json!({ "text": "]}" })], 1)
}

fn methods() -> Vec<Attack> {
    let long_name = "x".repeat(100_000);
    vec![
        breach(
            "unknown method",
            json!([frame(&request(1, "file.write", "{}")), "listen"]),
            "no such method: file.write",
        ),
        breach(
            "a method of 100,000 characters",
            json!([frame(&request(1, &long_name, "{}")), "listen"]),
            "no such method",
        ),
        breach(
            "ready once more",
            json!([frame(&notification("guest.ready", r#"{"version":1,"filter_digest":""}"#)), "listen"]),
            "no such method",
        ),
        breach(
            "a request as a notification",
            json!([frame(&notification("tool.call", "{}")), "listen"]),
            "wrong kind",
        ),
        breach(
            "a notification as a request",
            json!([frame(&request(1, "run.finished", FINISHED)), "listen"]),
            "wrong kind",
        ),
        breach(
            "an answer that nobody asked for",
            json!([frame(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), "listen"]),
            "nobody asked for",
        ),
        breach(
            "an error that nobody asked for",
            json!([frame(r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#), "listen"]),
            "nobody asked for",
        ),
    ]
}

fn parameters() -> Vec<Attack> {
    vec![
        breach(
            "parameters of another method",
            json!([frame(&request(1, "tool.call", r#"{"ms":1}"#)), "listen"]),
            "",
        ),
        breach("parameters that are no object", json!([frame(&request(1, "tool.call", "7")), "listen"]), ""),
        breach(
            "arguments that are no object",
            json!([
                frame(&request(1, "tool.call", r#"{"server":"scripted","tool":"echo","arguments":[1]}"#)),
                "listen"
            ]),
            "",
        ),
        breach(
            "a finished without an outcome",
            json!([frame(&notification("run.finished", "{}")), "listen"]),
            "outcome",
        ),
        breach(
            "a fault of a kind that nobody knows",
            json!([frame(&notification("run.fault", r#"{"kind":"bored"}"#)), "listen"]),
            "",
        ),
    ]
}

fn besides_tools() -> Vec<Attack> {
    let ask = |asked: &str| {
        let params = format!(r#"{{"server":"shop","asked":{asked}}}"#);
        json!([frame(&request(1, "server.ask", &params)), "listen"])
    };
    let emit =
        |bytes: usize| notification("progress.emit", &format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes)));
    let read = r#"{"server":"shop","asked":{"method":"resources/read","params":{"uri":"shop://terms"}}}"#;
    let reads: Vec<Value> = (1..100).map(|id| frame(&request(id, "server.ask", read))).collect();
    vec![
        breach("a tool asked for as something else", ask(r#"{"method":"tools/call","params":{}}"#), ""),
        breach("a resource without an address", ask(r#"{"method":"resources/read","params":{}}"#), "uri"),
        breach(
            "arguments of a prompt that are no text",
            ask(r#"{"method":"prompts/get","params":{"name":"p","arguments":{"a":1}}}"#),
            "",
        ),
        breach(
            "99 questions at the same time",
            json!(reads.into_iter().chain([json!("listen")]).collect::<Vec<_>>()),
            "unanswered",
        ),
        breach("a word of progress of 4,097 bytes", json!([frame(&emit(4097)), "listen"]), "4097 bytes"),
        breach(
            "1,001 words of progress",
            json!([frames(&[json!({ "text": emit(1) })], 1001), "listen"]),
            "more than 1000 times",
        ),
    ]
}

fn floods() -> Vec<Attack> {
    let sleep = |id: u64| request(id, "timer.sleep", r#"{"ms":60000}"#);
    let call = |id: u64| request(id, "tool.call", r#"{"server":"scripted","tool":"never","arguments":{}}"#);
    let calls: Vec<Value> = (1..100).map(|id| frame(&call(id))).chain([json!("listen")]).collect();
    let sleeps: Vec<Value> = (1..3000).map(|id| frame(&sleep(id))).chain([json!("listen")]).collect();
    let line = notification("console.write", r#"{"level":"log","text":"0123456789abcdef"}"#);
    let big = |method: &str, before: &str, bytes: usize, after: &str| {
        let text = format!(
            r#"{{"jsonrpc":"2.0",{}"method":"{method}","params":{before}"#,
            if method == "tool.call" { r#""id":1,"# } else { "" }
        );
        frames(
            &[
                json!({ "text": text }),
                json!({ "text": "x", "times": bytes }),
                json!({ "text": format!("{after}}}") }),
            ],
            1,
        )
    };
    let argument =
        big("tool.call", r#"{"server":"scripted","tool":"text","arguments":{"value":""#, 3 << 20, r#""}}"#);
    let value = big(
        "run.finished",
        r#"{"outcome":{"value":""#,
        6 << 20,
        r#""},"usage":{"instructions":0,"memory_bytes":0}}"#,
    );
    vec![
        breach("an id used twice", json!([frame(&sleep(1)), frame(&sleep(1)), "listen"]), "used twice"),
        breach("99 calls at the same time", json!(calls), "unanswered"),
        breach("2,999 sleeps at the same time", json!(sleeps), "unanswered"),
        breach(
            "a million lines on the console",
            json!([frames(&[json!({ "text": line })], 1_000_000), "listen"]),
            "console",
        ),
        breach("arguments of three megabytes", json!([argument, "listen"]), "bytes of arguments"),
        breach("a value of six megabytes", json!([value, "listen"]), "a value of"),
    ]
}

fn stallers() -> Vec<Attack> {
    let deaf: Vec<Value> = (1..=32)
        .map(|id| {
            frame(&request(
                id,
                "tool.call",
                r#"{"server":"scripted","tool":"big","arguments":{"bytes":4000000}}"#,
            ))
        })
        .chain([json!("spin")])
        .collect();
    let end = |name, steps, kind, says| Attack { name, steps, kind, says };
    vec![
        end(
            "two bytes of a header, then silence",
            json!([{ "bytes": [{ "bytes": [9, 0] }] }, "listen"]),
            Some("time_limit"),
            "2 s",
        ),
        end("a header, then silence", json!([{ "header": 1000 }, "listen"]), Some("time_limit"), "2 s"),
        end("silence", json!(["listen"]), Some("time_limit"), "2 s"),
        end("32 large answers that are never read", json!(deaf), Some("time_limit"), "2 s"),
        end("gone without a word", json!([{ "exit": 0 }]), Some("internal"), "left with status 0"),
        end(
            "finished twice",
            json!([
                frame(&notification("run.finished", FINISHED)),
                frame(&notification("run.finished", FINISHED)),
                "listen"
            ]),
            None,
            "",
        ),
    ]
}

pub(super) fn add(trials: &mut Trials) {
    let attacks: Vec<Attack> =
        [framing(), methods(), parameters(), besides_tools(), floods(), stallers(), nonsense::all()]
            .into_iter()
            .flatten()
            .collect();
    for attack in attacks {
        let attack = Arc::new(attack);
        let name = format!("attackers/{}", attack.name);
        trials.both(&name, &[], move |bench| attacked(bench, &attack));
    }
}

fn attacked(bench: &Bench, attack: &Attack) -> Verdict {
    let mut gateway = bench.serve_hostile("[limits]\nwall_ms = 2000\nsource_bytes = 4000000\n")?;
    let report = gateway.execute(&attack.steps.to_string())?;
    match attack.kind {
        None => ensure!(report["ok"] == true, "{report}"),
        Some(kind) => {
            let error = &report["error"];
            ensure!(error["kind"] == kind, "{report}");
            let blame = if kind == "internal" { "us" } else { "guest" };
            ensure!(error["blame"] == blame || kind == "time_limit", "blame on {}: {report}", error["blame"]);
            let message = error["message"].as_str().unwrap_or_default();
            ensure!(message.contains(attack.says), "{message:?} says nothing of {:?}", attack.says);
            ensure!(message.len() < 1000, "the attacker wrote {} bytes of the message", message.len());
        }
    }
    let next = gateway.execute("[]")?;
    ensure!(next["ok"] == true, "the next run: {next}");
    gateway.close().map(|_| ())
}
