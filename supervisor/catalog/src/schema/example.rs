//! An example of a call: the required arguments, with values the schema itself offers where it does.

use super::lower::resolve;
use super::parameters::parameters;
use super::print::property_name;
use guest_protocol::message::JsonType;
use serde_json::Value;

/// Most arguments in an example.
const MAX_SHOWN: usize = 12;
/// Longest value taken from the schema, in bytes.
const MAX_VALUE_BYTES: usize = 80;
/// References followed to find an example.
const MAX_HOPS: usize = 8;

/// `{ id: "…", count: 1 }`, or nothing where no argument is required.
pub(crate) fn example_arguments(schema: &Value) -> String {
    let shown: Vec<String> = parameters(schema, 1)
        .list
        .iter()
        .filter(|parameter| parameter.required)
        .take(MAX_SHOWN)
        .map(|parameter| {
            let own = schema.get("properties").and_then(|listed| listed.get(&parameter.name));
            let offered = own.and_then(|own| offered(own, schema));
            let value = offered.unwrap_or_else(|| placeholder(parameter.types.first().copied()).to_owned());
            format!("{}: {value}", property_name(&parameter.name))
        })
        .collect();
    if shown.is_empty() { String::new() } else { format!("{{ {} }}", shown.join(", ")) }
}

/// A value that the schema itself gives.
fn offered(schema: &Value, document: &Value) -> Option<String> {
    let mut schema = schema;
    for _ in 0..MAX_HOPS {
        let first = |key: &str| schema.get(key)?.as_array()?.first();
        let value = schema
            .get("const")
            .or_else(|| schema.get("example"))
            .or_else(|| first("examples"))
            .or_else(|| schema.get("default").filter(|value| !value.is_null()))
            .or_else(|| first("enum"));
        if let Some(value) = value {
            return Some(value.to_string()).filter(|text| text.len() <= MAX_VALUE_BYTES);
        }
        schema = resolve(document, schema.get("$ref")?.as_str()?)?;
    }
    None
}

fn placeholder(of: Option<JsonType>) -> &'static str {
    match of {
        Some(JsonType::Null) => "null",
        Some(JsonType::Boolean) => "true",
        Some(JsonType::Integer | JsonType::Number) => "1",
        Some(JsonType::Array) => "[]",
        Some(JsonType::Object) => "{}",
        Some(JsonType::String) | None => "\"…\"",
    }
}
