use super::{MAX_ANSWER, shown, size};
use crate::guest::tier::Tier;
use crate::report::{CallRecord, Held, LogLine, RunReport, RunUsage};
use guest_protocol::message::Level;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

fn report(value: &Value) -> RunReport {
    RunReport {
        ok: true,
        value: Some(to_raw_value(value).expect("a value is JSON")),
        logs: Vec::new(),
        calls: Vec::new(),
        error: None,
        warnings: Vec::new(),
        manifest: Vec::new(),
        dynamic: Vec::new(),
        denied: Vec::new(),
        held: Held { tier: Tier::Full, lowered: Vec::new(), policy: String::new() },
        truncated: Vec::new(),
        usage: RunUsage::default(),
    }
}

#[test]
fn what_fits_is_not_touched() {
    let value = json!({ "a": [1, 2, 3], "b": "ü\n" });
    let answer = shown(report(&value));
    assert_eq!(answer.get("value"), Some(&value));
    assert_eq!(answer.get("truncated"), Some(&json!([])));
}

#[test]
fn whatever_is_returned_the_answer_stays_small_and_says_what_is_missing() {
    let rows: Vec<Value> = (0..5_000).map(|n| json!({ "id": n, "name": "x".repeat(50) })).collect();
    let mut deep = json!("x".repeat(100_000));
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let wide: Value =
        (0..9_000).map(|n| (format!("key{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let escapes = json!("\u{1}\"\\".repeat(30_000));
    let texts = json!({ "small": 1, "a": "é".repeat(90_000), "rows": rows });
    for value in [json!(rows), deep, wide, escapes, texts, json!(vec!["y".repeat(30_000); 6])] {
        let answer = shown(report(&value));
        assert!(size(&answer) <= MAX_ANSWER, "{}", size(&answer));
        assert!(answer.get("truncated").and_then(Value::as_array).is_some_and(|notes| !notes.is_empty()));
    }
}

#[test]
fn a_list_keeps_its_first_elements_whole() {
    let rows: Vec<Value> = (0..5_000).map(|n| json!({ "id": n })).collect();
    let answer = shown(report(&json!({ "rows": rows, "total": 5_000 })));
    let kept = answer.pointer("/value/rows").and_then(Value::as_array).map_or(0, Vec::len);
    assert!(kept > 1_000 && answer.pointer("/value/rows/7/id") == Some(&json!(7)));
    assert_eq!(answer.pointer("/value/total"), Some(&json!(5_000)));
    let note = answer.pointer("/truncated/0").and_then(Value::as_str).unwrap_or_default();
    assert!(note.contains("value.rows") && note.contains("of 5000") && note.contains("slice"), "{note}");
}

#[test]
fn logs_and_calls_lose_their_middle() {
    let mut long = report(&json!(null));
    long.logs = (0..900).map(|n| LogLine { level: Level::Log, text: format!("line {n}") }).collect();
    let call = CallRecord { server: "s".into(), tool: "t".repeat(60), ok: true, ms: 1, note: None };
    long.calls = vec![call; 256];
    let answer = shown(long);
    let logs = answer.get("logs").and_then(Value::as_array).expect("there are logs");
    assert_eq!(logs.first().and_then(|line| line.get("text")), Some(&json!("line 0")));
    assert_eq!(logs.last().and_then(|line| line.get("text")), Some(&json!("line 899")));
    assert_eq!(answer.get("truncated").and_then(Value::as_array).map(Vec::len), Some(2));
    assert!(size(&answer) <= MAX_ANSWER);
}
