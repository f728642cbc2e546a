//! JSON that two parsers could read in two ways, lengths at their borders, and words out of turn.

use crate::attackers::{Attack, FINISHED, breach, frame, frames, notification, request};
use serde_json::{Value, json};

const MAX_FRAME: u32 = 8 * 1024 * 1024;

pub(super) fn all() -> Vec<Attack> {
    [lengths(), numbers(), names(), turns()].into_iter().flatten().collect()
}

/// What is let through: the run ends well.
fn harmless(name: &'static str, steps: Value) -> Attack {
    Attack { name, steps, kind: None, says: "" }
}

fn lengths() -> Vec<Attack> {
    let finished = notification("run.finished", FINISHED);
    let whole = u32::try_from(finished.len()).unwrap_or_default().to_le_bytes();
    let bytes: Vec<Value> = whole
        .iter()
        .chain(finished.as_bytes())
        .map(|byte| json!({ "bytes": [{ "bytes": [byte] }] }))
        .collect();
    let spaces = json!({ "text": " ", "times": MAX_FRAME as usize - finished.len() });
    vec![
        breach("length of two gigabytes", json!([{ "header": 1_u32 << 31 }, "listen"]), "at most 8388608"),
        breach("a frame of one byte", json!([frames(&[json!({ "text": "1" })], 1), "listen"]), ""),
        breach(
            "a longest frame of zeroes",
            json!([frames(&[json!({ "bytes": [0], "times": MAX_FRAME })], 1), "listen"]),
            "",
        ),
        breach(
            "64 MiB without a length",
            json!([{ "bytes": [{ "text": "x", "times": 64 << 20 }] }, "listen"]),
            "at most 8388608",
        ),
        breach(
            "depth 4,000,000",
            json!([frames(&[json!({ "text": "[", "times": 4_000_000 })], 1), "listen"]),
            "nested deeper",
        ),
        harmless("a frame byte by byte", json!(bytes)),
        harmless(
            "a longest frame, most of it spaces",
            json!([frames(&[spaces, json!({ "text": finished })], 1)]),
        ),
    ]
}

/// A call whose arguments hold this number, or what claims to be one.
fn argument(value: &str) -> Value {
    let params = format!(r#"{{"server":"scripted","tool":"echo","arguments":{{"value":{value}}}}}"#);
    json!([frame(&request(1, "tool.call", &params)), "listen"])
}

fn sleep(id: &str) -> Value {
    json!([
        frame(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"timer.sleep","params":{{"ms":1}}}}"#)),
        "listen"
    ])
}

fn numbers() -> Vec<Attack> {
    vec![
        breach("a number that is NaN", argument("NaN"), ""),
        breach("a number that is Infinity", argument("-Infinity"), ""),
        breach("a number with a leading zero", argument("01"), ""),
        breach("a number in hexadecimal", argument("0x10"), ""),
        breach("half of a surrogate pair", argument(r#""\ud800""#), ""),
        breach("a text with a raw NUL", argument("\"a\u{0}b\""), ""),
        breach(
            "a byte order mark",
            json!([frame(&format!("\u{feff}{}", notification("run.finished", FINISHED))), "listen"]),
            "",
        ),
        breach("a comma at the end", argument("[1,]"), ""),
        breach("an id that is a fraction", sleep("1.0"), ""),
        breach("an id that is negative", sleep("-1"), ""),
        breach("an id of 2^64", sleep("18446744073709551616"), ""),
        breach("an id that is null", sleep("null"), ""),
    ]
}

fn names() -> Vec<Attack> {
    let twice =
        r#"{"jsonrpc":"2.0","id":1,"method":"timer.sleep","method":"run.finished","params":{"ms":1}}"#;
    let twice_within = r#"{"ms":60000,"ms":1}"#;
    vec![
        breach("a member that is there twice", json!([frame(twice), "listen"]), ""),
        // One parser reads it, and what goes on is written anew: nobody else can read it in another way.
        harmless(
            "of a parameter that is there twice the last counts",
            json!([
                frame(&request(1, "timer.sleep", twice_within)),
                "hear",
                frame(&notification("run.finished", FINISHED))
            ]),
        ),
        breach(
            "a method in capitals",
            json!([frame(&request(1, "Tool.Call", "{}")), "listen"]),
            "no such method",
        ),
        breach(
            "a method with a NUL at its end",
            json!([frame(&request(1, "tool.call\\u0000", "{}")), "listen"]),
            "no such method",
        ),
        breach(
            "a method in letters that look the same",
            json!([frame(&request(1, "tооl.call", "{}")), "listen"]),
            "no such method",
        ),
        breach(
            "two messages in one frame",
            json!([frame(&notification("run.finished", FINISHED).repeat(2)), "listen"]),
            "",
        ),
        breach(
            "parameters with __proto__",
            json!([frame(&request(1, "timer.sleep", r#"{"ms":1,"__proto__":{}}"#)), "listen"]),
            "",
        ),
    ]
}

fn turns() -> Vec<Attack> {
    let never = request(1, "tool.call", r#"{"server":"scripted","tool":"never","arguments":{}}"#);
    let line = notification("console.write", r#"{"level":"log","text":"late"}"#);
    let gone = |name, steps| Attack { name, steps, kind: Some("internal"), says: "left with status 0" };
    vec![
        gone("gone with a call outstanding", json!([frame(&never), { "exit": 0 }])),
        harmless(
            "finished with a call outstanding",
            json!([frame(&never), frame(&notification("run.finished", FINISHED))]),
        ),
        harmless(
            "a line after the end",
            json!([frame(&notification("run.finished", FINISHED)), frame(&line), "listen"]),
        ),
        breach(
            "answers to calls of another guest",
            json!([frame(r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]}}"#), "listen"]),
            "nobody asked for",
        ),
    ]
}
