//! Results that the operator lets us keep: those of tools that only read.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::JsonObject;
use serde_json::Value;
use tokio::time::Instant;

/// Longest result that is kept, bytes.
const MAX_RESULT: usize = 1 << 20;
/// Of all results of one server, with their keys, bytes.
const MAX_BYTES: usize = 16 << 20;
/// Most results of one server.
const MAX_RESULTS: usize = 4096;

/// The kept results of one server.
#[derive(Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    results: HashMap<String, String>,
    /// Keys in the order of their ends, which is the order in which they came: all are kept equally long.
    order: VecDeque<(Instant, String)>,
    bytes: usize,
}

impl Cache {
    /// The result that is kept, if it is still good.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(|ends| ends <= Instant::now());
        kept.results.get(key).cloned()
    }

    /// Keeps a result, in the place of the oldest ones where there is no room.
    pub(super) fn put(&self, key: String, text: &str, ttl: Duration) {
        let bytes = key.len() * 2 + text.len();
        if text.len() > MAX_RESULT || bytes > MAX_BYTES {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        kept.forget(|ends| ends <= now);
        if kept.results.contains_key(&key) {
            return;
        }
        while kept.bytes + bytes > MAX_BYTES || kept.results.len() >= MAX_RESULTS {
            kept.forget_oldest();
        }
        kept.bytes += bytes;
        kept.order.push_back((now + ttl, key.clone()));
        kept.results.insert(key, text.to_owned());
    }

    /// Forgets everything: the server's tools are others now.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }
}

impl Kept {
    fn forget(&mut self, over: impl Fn(Instant) -> bool) {
        while self.order.front().is_some_and(|(ends, _)| over(*ends)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, key)) = self.order.pop_front() else { return };
        if let Some(text) = self.results.remove(&key) {
            self.bytes -= key.len() * 2 + text.len();
        }
    }
}

/// What a call is known by: equal for equal arguments, in whatever order they are written.
pub(super) fn key(tool: &str, arguments: &JsonObject) -> String {
    let sorted: BTreeMap<&String, Value> =
        arguments.iter().map(|(name, value)| (name, canonical(value))).collect();
    // A map of values has a JSON form.
    format!("{tool}\0{}", serde_json::to_string(&sorted).unwrap_or_default())
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, MAX_BYTES, MAX_RESULT, key};
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_order_of_arguments_means_nothing_and_their_values_everything() {
        let of = |text| key("t", &serde_json::from_str(text).expect("it is an object"));
        assert_eq!(of(r#"{"a":{"x":1,"y":[2]},"b":null}"#), of(r#"{"b":null,"a":{"y":[2],"x":1}}"#));
        for other in [r#"{"a":{"x":1,"y":[3]},"b":null}"#, r#"{"a":{"x":1,"y":[2]}}"#] {
            assert_ne!(of(r#"{"a":{"x":1,"y":[2]},"b":null}"#), of(other));
        }
    }

    #[test]
    fn results_end_and_make_room() {
        let cache = Cache::default();
        cache.put("a".into(), "1", LONG);
        assert_eq!(cache.get("a").as_deref(), Some("1"));
        cache.clear();
        cache.put("b".into(), "1", Duration::ZERO);
        assert_eq!((cache.get("a"), cache.get("b")), (None, None));
        cache.put("large".into(), &"x".repeat(MAX_RESULT + 1), LONG);
        assert_eq!(cache.get("large"), None);
        let text = "x".repeat(MAX_RESULT);
        for n in 0..40 {
            cache.put(n.to_string(), &text, LONG);
        }
        assert!(cache.get("0").is_none() && cache.get("39").is_some());
        assert!(cache.0.lock().expect("nobody panicked").bytes <= MAX_BYTES);
        cache.clear();
        assert_eq!(cache.get("39"), None);
    }
}
