use super::{MAX_ANSWER, shown, tokens};
use crate::guest::tier::Tier;
use crate::report::{CallRecord, Held, LogLine, RunReport, RunUsage};
use guest_protocol::message::Level;
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

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

fn size(value: &Value) -> usize {
    tokens::of(value, usize::MAX / 20)
}

fn notes(answer: &Value) -> Vec<&str> {
    answer
        .get("truncated")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn line(text: String) -> LogLine {
    LogLine { level: Level::Log, text }
}

fn call(tool: &str, ok: bool) -> CallRecord {
    CallRecord { server: "shop".into(), tool: tool.into(), ok, ms: 1, note: None }
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
    let mut bushy = json!(1);
    for _ in 0..6 {
        bushy = json!(vec![bushy; 7]);
    }
    let wide: Value = (0..9_000).map(|n| (format!("key{n}"), json!(n))).collect::<Map<_, _>>().into();
    let named: Value = json!({ "x".repeat(90_000): 1, "b": 2 });
    let escapes = json!("\u{1}\"\\".repeat(30_000));
    let texts = json!({ "small": 1, "a": "é".repeat(90_000), "rows": rows });
    let many = json!(vec!["y".repeat(30_000); 6]);
    for value in [json!(rows), deep, bushy, wide, named, escapes, texts, many] {
        let answer = shown(report(&value));
        assert!(size(&answer) <= MAX_ANSWER, "{}", size(&answer));
        assert!(!notes(&answer).is_empty());
    }
}

#[test]
fn a_list_keeps_its_first_elements_whole() {
    let rows: Vec<Value> = (0..5_000).map(|n| json!({ "id": n })).collect();
    let answer = shown(report(&json!({ "rows": rows, "total": 5_000 })));
    let kept = answer.pointer("/value/rows").and_then(Value::as_array).map_or(0, Vec::len);
    assert!(kept > 1_000 && answer.pointer("/value/rows/7/id") == Some(&json!(7)), "{kept}");
    assert_eq!(answer.pointer("/value/total"), Some(&json!(5_000)));
    let more = format!("For more, return value.rows.slice({kept}, {}), or fewer fields of each", kept * 2);
    let note = format!("value.rows: the first {kept} of 5000 elements are shown. {more}");
    assert_eq!(notes(&answer), [note]);
}

#[test]
fn what_is_cut_is_named_by_an_expression() {
    let keys: Map<String, Value> = (0..9_000).map(|n| (format!("key {n}"), json!("v".repeat(9)))).collect();
    let value = json!({ "a b": { "c": ["é".repeat(90_000), 1] }, "keys": keys });
    let answer = shown(report(&value));
    let said = notes(&answer).join("\n");
    assert!(said.contains("return value[\"a b\"].c[0].slice("), "{said}");
    assert!(said.contains(" of 90000 characters"), "{said}");
    assert!(said.contains("return Object.fromEntries(Object.entries(value.keys).slice("), "{said}");
    assert!(said.contains(" of 9000 properties"), "{said}");
}

#[test]
fn logs_lose_their_middle_and_long_lines_theirs() {
    let mut long = report(&json!(null));
    long.logs = (0..3_000).map(|n| line(format!("line {n}"))).collect();
    long.logs.insert(0, line("x y".repeat(40_000) + "the end"));
    let answer = shown(long);
    let logs = answer.get("logs").and_then(Value::as_array).expect("there are logs");
    let first = logs.first().and_then(|line| line.get("text")).and_then(Value::as_str).unwrap_or_default();
    assert!(
        first.starts_with("x yx y") && first.ends_with("the end") && first.contains("left out"),
        "{first:.99}"
    );
    assert_eq!(logs.last().and_then(|line| line.get("text")), Some(&json!("line 2999")));
    assert!(notes(&answer).iter().any(|note| note.contains("of 3001 lines")));
    assert!(logs.len() > 200, "a small value leaves room for more than {} lines", logs.len());
    assert!(size(&answer) <= MAX_ANSWER);
}

#[test]
fn of_many_calls_those_that_failed_stay() {
    let mut many = report(&json!("v".repeat(200_000)));
    many.calls = (0..255).map(|n| call("list_orders_of_a_customer", n != 120)).collect();
    many.calls.push(call("refund", false));
    let answer = shown(many);
    let calls = answer.get("calls").and_then(Value::as_array).expect("there are calls");
    assert!(calls.len() < 256);
    let failed: Vec<_> = calls.iter().filter(|call| call.get("ok") == Some(&json!(false))).collect();
    assert_eq!(failed.len(), 2, "the one in the middle and the last");
    assert_eq!(calls.last().and_then(|call| call.get("tool")), Some(&json!("refund")));
    let left_out = format!("{} of 256 are shown; not shown: {} × shop.list", calls.len(), 256 - calls.len());
    assert!(notes(&answer).iter().any(|note| note.contains(&left_out)), "{:?}", notes(&answer));
    assert!(size(&answer) <= MAX_ANSWER);
}

/// Numbers that are the same in every run (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound).unwrap_or(0)
    }

    fn text(&mut self, longest: u64) -> String {
        const ALPHABET: [char; 12] =
            ['a', 'Z', '7', ' ', '"', '\\', '\n', '\u{1}', 'é', '漢', '🦀', '\u{2028}'];
        let (length, kinds) = (self.below(longest), self.below(12) + 1);
        (0..length).map(|_| ALPHABET.get(self.below(kinds as u64)).copied().unwrap_or('x')).collect()
    }

    fn value(&mut self, depth: usize, left: &mut usize) -> Value {
        *left = left.saturating_sub(1);
        let most = if depth == 0 || *left == 0 { 5 } else { 9 };
        match self.below(most) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(self.below(u64::MAX)),
            3 => json!(self.text(12)),
            4 => {
                let longest = if self.below(40) == 0 { 60_000 } else { 60 };
                json!(self.text(longest))
            }
            5 | 6 => {
                let wide = if self.below(8) == 0 { 2_000 } else { 9 };
                (0..self.below(wide)).map(|_| self.value(depth - 1, left)).collect()
            }
            _ => {
                let wide = if self.below(8) == 0 { 300 } else { 9 };
                let width = self.below(wide);
                Value::Object((0..width).map(|_| (self.text(9), self.value(depth - 1, left))).collect())
            }
        }
    }
}

/// Every part that differs between what was returned and what is shown is beside or above a note's place; here: no
/// cut without a note, and no note without a cut.
#[test]
fn any_value_is_cut_to_size_and_never_in_silence() {
    let mut random = Random(0x0b11_e77e);
    let mut cut = 0;
    for _ in 0..60 {
        let (depth, mut left) = (random.below(40), 8_000);
        let value = random.value(depth, &mut left);
        let answer = shown(report(&value));
        assert!(size(&answer) <= MAX_ANSWER, "{} tokens", size(&answer));
        let changed = answer.get("value") != Some(&value);
        assert_eq!(changed, !notes(&answer).is_empty(), "{:?}", notes(&answer));
        cut += usize::from(changed);
    }
    assert!((5..56).contains(&cut), "{cut} of 60 were cut: the values try nothing");
}
