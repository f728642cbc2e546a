//! What a validation would take, counted before it is made: the work of some schemas grows tenfold with each level of
//! the value, and a thread that validates cannot be stopped.
//!
//! Every pair of a schema and a value is counted once, and assumed to be looked into as far as it can be.

use super::circles::place_of;
use super::prepare::LIST;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Steps that a validation may take.
const MAX_STEPS: u64 = 10_000_000;
/// Schemas inside each other, with the value's levels between: what a thread's stack has room for.
const MAX_DEPTH: usize = 400;
/// Pairs that are counted before a validation is given up on.
const MAX_PAIRS: usize = 400_000;
/// Steps for each byte that a pattern is tried on: a pattern of the largest size that is taken has as many states.
const PATTERN_STEPS: u64 = 32;
/// How often what stands beside `unevaluatedProperties` is looked into again.
const AGAIN: u64 = 4;

/// The steps of validating `value` by a prepared schema; nothing when they are too many.
pub(super) fn steps(schema: &Value, value: &Value) -> Option<u64> {
    let definitions = ["$defs", "definitions"].iter().find_map(|key| schema.get(*key)?.as_object());
    let mut count = Count { definitions, pairs: HashMap::new() };
    count.pair(schema, value, 0)
}

struct Count<'s> {
    definitions: Option<&'s Map<String, Value>>,
    /// Steps of what was counted already, by the addresses of a schema and a value, which both stay where they are.
    pairs: HashMap<(usize, usize), u64>,
}

impl Count<'_> {
    fn pair(&mut self, schema: &Value, value: &Value, depth: usize) -> Option<u64> {
        let Value::Object(keywords) = schema else { return Some(1) };
        let pair = (std::ptr::from_ref(schema).addr(), std::ptr::from_ref(value).addr());
        if let Some(known) = self.pairs.get(&pair) {
            return Some(*known);
        }
        if depth > MAX_DEPTH || self.pairs.len() > MAX_PAIRS {
            return None;
        }
        let here = self.here(keywords, value, depth)?;
        let below = match value {
            Value::Object(members) => self.members(keywords, members, depth)?,
            Value::Array(items) => self.items(keywords, items, depth)?,
            _ => 0,
        };
        let steps = here.saturating_add(below);
        self.pairs.insert(pair, steps);
        (steps <= MAX_STEPS).then_some(steps)
    }

    /// The keywords that look at `value` itself.
    fn here(&mut self, keywords: &Map<String, Value>, value: &Value, depth: usize) -> Option<u64> {
        let mut steps = 1 + keywords.len() as u64;
        for (key, of) in keywords {
            steps += match (key.as_str(), of) {
                ("$ref", of) => {
                    let target = place_of(of).and_then(|place| self.definitions?.get(&place.to_string()));
                    target.map_or(Some(0), |target| self.pair(target, value, depth + 1))?
                }
                ("enum", Value::Array(values)) => values.len() as u64,
                ("pattern", _) => value.as_str().map_or(0, |text| PATTERN_STEPS * text.len() as u64),
                ("if" | "then" | "else" | "not", one) => self.pair(one, value, depth + 1)?,
                (key, Value::Array(each)) if LIST.contains(&key) && key != "prefixItems" => {
                    self.sum(each.iter().map(|one| (one, value)), depth)?
                }
                ("dependentSchemas" | "dependencies", Value::Object(named)) => {
                    self.sum(named.values().map(|one| (one, value)), depth)?
                }
                _ => 0,
            };
        }
        let again =
            ["unevaluatedProperties", "unevaluatedItems"].iter().any(|key| keywords.contains_key(*key));
        Some(if again { steps.saturating_mul(AGAIN) } else { steps })
    }

    fn members(
        &mut self,
        keywords: &Map<String, Value>,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Option<u64> {
        let listed = keywords.get("properties").and_then(Value::as_object);
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        let names = u64::from(keywords.contains_key("propertyNames"));
        let mut steps = 0_u64;
        for (name, member) in members {
            let tried = patterns.map_or(0, |patterns| patterns.len() as u64) + names;
            steps += 1 + PATTERN_STEPS * tried * name.len() as u64;
            let own = listed.and_then(|listed| listed.get(name));
            let others =
                ["additionalProperties", "unevaluatedProperties"].iter().filter_map(|key| keywords.get(*key));
            let schemas = own.into_iter().chain(patterns.into_iter().flat_map(Map::values)).chain(others);
            steps = steps.saturating_add(self.sum(schemas.map(|one| (one, member)), depth)?);
        }
        Some(steps)
    }

    fn items(&mut self, keywords: &Map<String, Value>, items: &[Value], depth: usize) -> Option<u64> {
        let first = ["prefixItems", "items"].iter().find_map(|key| keywords.get(*key)?.as_array());
        let rest = ["items", "additionalItems", "contains", "unevaluatedItems"];
        let rest: Vec<&Value> = rest.iter().filter_map(|key| keywords.get(*key)).collect();
        // Whether items are unique is found by comparing hashes, of all that is in them.
        let unique = u64::from(keywords.contains_key("uniqueItems")) * 16;
        let mut steps = 0_u64;
        for (place, item) in items.iter().enumerate() {
            let own = first.and_then(|first| first.get(place));
            let schemas = own.into_iter().chain(rest.iter().copied());
            steps = steps.saturating_add(1 + unique + self.sum(schemas.map(|one| (one, item)), depth)?);
        }
        Some(steps)
    }

    fn sum<'p>(&mut self, pairs: impl Iterator<Item = (&'p Value, &'p Value)>, depth: usize) -> Option<u64> {
        let mut steps = 0_u64;
        for (schema, value) in pairs {
            steps = steps.saturating_add(self.pair(schema, value, depth + 1)?);
        }
        Some(steps)
    }
}
