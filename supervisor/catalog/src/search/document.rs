//! What of a tool is searched.

use crate::server::Server;
use crate::tool::Tool;
use serde_json::{Map, Value};

/// Schemas inside each other whose properties are indexed.
const MAX_DEPTH: usize = 6;

/// Every text of a tool, with the place of its field in [`super::weights::FIELDS`]: the server's name, the tool's
/// name, title and description, the names of its parameters, and what is said of them.
pub(super) fn fields(server: &Server, tool: &Tool, take: &mut impl FnMut(usize, &str)) {
    take(0, &server.name);
    take(1, &tool.name);
    take(2, &tool.title);
    take(3, &tool.description);
    parameters(&tool.input_schema(), 0, take);
}

/// Names and descriptions of properties, at any place inside the schema.
fn parameters(schema: &Value, depth: usize, take: &mut impl FnMut(usize, &str)) {
    let Value::Object(keywords) = schema else { return };
    if depth > MAX_DEPTH {
        return;
    }
    for (name, of) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
        take(4, name);
        let said = ["title", "description"].iter().filter_map(|key| of.get(*key)?.as_str());
        said.for_each(|text| take(5, text));
        parameters(of, depth + 1, take);
    }
    let inside = ["items", "$defs", "definitions", "allOf", "oneOf", "anyOf"];
    for value in inside.iter().filter_map(|key| keywords.get(*key)) {
        match value {
            Value::Array(members) => members.iter().for_each(|member| parameters(member, depth + 1, take)),
            Value::Object(named) if !named.contains_key("type") && !named.contains_key("properties") => {
                members_of(named).for_each(|member| parameters(member, depth + 1, take));
            }
            one => parameters(one, depth + 1, take),
        }
    }
}

fn members_of(named: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    named.values().filter(|value| value.is_object())
}
