//! An example of a call: the required arguments, with values the schema itself offers where it does.

use super::lower::resolve;
use super::parameters::{members, parameters, stated};
use super::print::property_name;
use crate::validation::matches;
use guest_protocol::message::{JsonType, ParameterShape};
use serde_json::{Map, Value};

/// Most arguments in an example.
const MAX_SHOWN: usize = 40;
/// Longest value taken from the schema, in bytes.
const MAX_VALUE_BYTES: usize = 80;
/// References and alternatives followed to find an example.
const MAX_HOPS: usize = 8;
/// Objects and arrays inside each other.
const MAX_DEPTH: usize = 5;
/// Most elements, and characters, that are made up because a schema asks for so many at least.
const MAX_LEAST: usize = 64;

/// Texts that patterns of real servers ask for.
const USUAL: [&str; 12] = [
    "example",
    "EXAMPLE",
    "1",
    "1.0.0",
    "2025-01-31",
    "2025-01-31T12:00:00Z",
    "#000000",
    "AAAA",
    "someone@example.com",
    "https://example.com/",
    "00000000-0000-4000-8000-000000000000",
    "0000000000000000000000000000000000000000",
];

/// `{ id: "…", count: 1 }`, or nothing where no argument is required.
pub(crate) fn example_arguments(schema: &Value) -> String {
    let example = example(schema);
    let shown: Vec<String> =
        example.iter().map(|(name, value)| format!("{}: {value}", property_name(name))).collect();
    if shown.is_empty() { String::new() } else { format!("{{ {} }}", shown.join(", ")) }
}

/// The required arguments, each with a value that its schema allows, as far as it says so in types and bounds.
pub(crate) fn example(schema: &Value) -> Map<String, Value> {
    let (list, named) = (parameters(schema, 1).list, required(schema, schema, 0));
    let needed = |parameter: &ParameterShape| parameter.required || named.contains(&parameter.name.as_str());
    let required = list.into_iter().filter(needed).take(MAX_SHOWN);
    let value = |name: &str| property(schema, name, schema, 0).and_then(|own| value(own, schema, 1));
    required
        .map(|parameter| {
            let of = || placeholder(parameter.types.first().copied());
            (parameter.name.clone(), value(&parameter.name).unwrap_or_else(of))
        })
        .collect()
}

/// What is required, by the first of several alternatives too.
fn required<'v>(schema: &'v Value, document: &'v Value, hops: usize) -> Vec<&'v str> {
    let Some(keywords) = schema.as_object().filter(|_| hops <= MAX_HOPS) else { return Vec::new() };
    let target = keywords.get("$ref").and_then(|pointer| resolve(document, pointer.as_str()?));
    let either = ["anyOf", "oneOf"].iter().filter_map(|key| members(keywords, key).first());
    let parts = target.into_iter().chain(members(keywords, "allOf").iter().take(MAX_HOPS)).chain(either);
    let inside = parts.flat_map(|part| required(part, document, hops + 1));
    members(keywords, "required").iter().filter_map(Value::as_str).chain(inside).take(MAX_SHOWN).collect()
}

/// The schema of a property, also where it is listed in a part of `schema`.
fn property<'v>(schema: &'v Value, name: &str, document: &'v Value, hops: usize) -> Option<&'v Value> {
    if hops > MAX_HOPS {
        return None;
    }
    let own = schema.get("properties").and_then(|listed| listed.get(name));
    let target = || resolve(document, schema.get("$ref")?.as_str()?);
    let parts = || {
        let keywords = schema.as_object()?;
        let mut parts = ["allOf", "oneOf", "anyOf"].iter().flat_map(|key| members(keywords, key));
        parts.find_map(|part| property(part, name, document, hops + 1))
    };
    own.or_else(|| property(target()?, name, document, hops + 1)).or_else(parts)
}

fn value(schema: &Value, document: &Value, depth: usize) -> Option<Value> {
    let mut schema = schema;
    for _ in 0..MAX_HOPS {
        let keywords = schema.as_object()?;
        if let Some(offered) = offered(keywords) {
            return Some(offered);
        }
        let is_null = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("null");
        let mut parts = ["anyOf", "oneOf", "allOf"].iter().flat_map(|key| members(keywords, key));
        let target = keywords.get("$ref").and_then(|pointer| resolve(document, pointer.as_str()?));
        match target.or_else(|| parts.find(|one| !is_null(one))) {
            Some(inner) if !keywords.contains_key("properties") => schema = inner,
            _ => return Some(made_up(keywords, document, depth)),
        }
    }
    None
}

/// A value that the schema itself gives.
fn offered(keywords: &Map<String, Value>) -> Option<Value> {
    let first = |key: &str| keywords.get(key)?.as_array()?.first();
    let types = stated(keywords);
    let fits = |value: &&Value| types.is_empty() || types.iter().any(|of| is(value, *of));
    let value = keywords
        .get("const")
        .or_else(|| keywords.get("example").filter(fits))
        .or_else(|| first("examples").filter(fits))
        .or_else(|| keywords.get("default").filter(|value| !value.is_null()).filter(fits))
        .or_else(|| first("enum"))?;
    Some(value.clone()).filter(|value| value.to_string().len() <= MAX_VALUE_BYTES)
}

fn is(value: &Value, of: JsonType) -> bool {
    match of {
        JsonType::Null => value.is_null(),
        JsonType::Boolean => value.is_boolean(),
        JsonType::Integer => value.is_i64() || value.is_u64(),
        JsonType::Number => value.is_number(),
        JsonType::String => value.is_string(),
        JsonType::Array => value.is_array(),
        JsonType::Object => value.is_object(),
    }
}

fn made_up(keywords: &Map<String, Value>, document: &Value, depth: usize) -> Value {
    let implied = if keywords.contains_key("properties") { Some(JsonType::Object) } else { None };
    match stated(keywords).first().copied().or(implied) {
        Some(JsonType::String) => Value::from(text(keywords)),
        Some(JsonType::Integer | JsonType::Number) => number(keywords),
        Some(JsonType::Array) if depth < MAX_DEPTH => {
            let of = keywords.get("items").and_then(|items| value(items, document, depth + 1));
            (0..least(keywords, "minItems")).map(|_| of.clone().unwrap_or(Value::Null)).collect()
        }
        Some(JsonType::Object) if depth < MAX_DEPTH => {
            let listed = keywords.get("properties");
            let required = members(keywords, "required").iter().filter_map(Value::as_str);
            let member = |name: &str| {
                let of = listed.and_then(|listed| value(listed.get(name)?, document, depth + 1));
                (name.to_owned(), of.unwrap_or_else(|| placeholder(None)))
            };
            Value::Object(required.map(member).collect())
        }
        other => placeholder(other),
    }
}

/// What is usual for a format, or as many characters as must be.
fn text(keywords: &Map<String, Value>) -> String {
    match keywords.get("format").and_then(Value::as_str) {
        Some("date") => "2025-01-31".into(),
        Some("date-time") => "2025-01-31T12:00:00Z".into(),
        Some("uri" | "url") => "https://example.com/".into(),
        Some("email") => "someone@example.com".into(),
        Some("uuid") => "00000000-0000-4000-8000-000000000000".into(),
        _ => {
            let long = "…".repeat(least(keywords, "minLength").max(1));
            let pattern = keywords.get("pattern").and_then(Value::as_str);
            let usual = pattern.and_then(|pattern| patterned(pattern, &long).map(ToOwned::to_owned));
            usual.unwrap_or(long)
        }
    }
}

/// The first of some usual texts that matches.
fn patterned<'t>(pattern: &str, long: &'t str) -> Option<&'t str> {
    std::iter::once(long).chain(USUAL).find(|text| matches(pattern, text))
}

fn least(keywords: &Map<String, Value>, key: &str) -> usize {
    let least = keywords.get(key).and_then(Value::as_u64).unwrap_or(0);
    usize::try_from(least).map_or(MAX_LEAST, |least| least.min(MAX_LEAST))
}

/// 1, or the number next to it that is allowed.
fn number(keywords: &Map<String, Value>) -> Value {
    let bound = |key: &str| keywords.get(key).filter(|bound| bound.is_number()).cloned();
    let figure = |key: &str| bound(key).as_ref().and_then(Value::as_f64);
    match (figure("minimum"), figure("exclusiveMinimum"), figure("maximum")) {
        (Some(least), ..) if least > 1.0 => bound("minimum").unwrap_or_default(),
        (_, Some(below), _) if below >= 1.0 => Value::from(below.floor() as i64 + 1),
        (_, _, Some(most)) if most < 1.0 => bound("maximum").unwrap_or_default(),
        _ => bound("multipleOf").unwrap_or(Value::from(1)),
    }
}

fn placeholder(of: Option<JsonType>) -> Value {
    match of {
        Some(JsonType::Null) => Value::Null,
        Some(JsonType::Boolean) => Value::Bool(true),
        Some(JsonType::Integer | JsonType::Number) => Value::from(1),
        Some(JsonType::Array) => Value::Array(Vec::new()),
        Some(JsonType::Object) => Value::Object(Map::new()),
        Some(JsonType::String) | None => Value::from("…"),
    }
}
