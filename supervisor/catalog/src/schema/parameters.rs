//! What a call's one object argument may hold: names, whether they are required, and their JSON types.

use super::inner::Inside;
use super::lower::resolve;
use guest_protocol::message::{Inner, JsonType, ParameterShape};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Schemas inside each other that are looked into.
const MAX_DEPTH: usize = 12;
/// Schemas and parameters that are looked at for one tool.
const MAX_NODES: usize = 10_000;
/// And for all tools of one server.
const MAX_SERVER_NODES: usize = 20_000_000;
/// Most parameters of one tool; more are reached by passing them, the tool counts as open.
const MAX_PARAMETERS: usize = 500;
/// Longest parameter name, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The parameters of a tool.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// Required ones first, in the schema's order.
    pub(crate) list: Vec<ParameterShape>,
    /// Whether properties that are not listed may be passed.
    pub(crate) open: bool,
}

/// The parameters that `schema` allows, of one among `peers` tools of a server.
///
/// A schema that lists properties and says nothing about others is taken as closed: JSON Schema leaves it open,
/// but such servers ignore what they do not know, and a misspelt name would be lost without a word.
pub(crate) fn parameters(schema: &Value, peers: usize) -> Parameters {
    let left = MAX_NODES.min(MAX_SERVER_NODES / peers.max(1));
    let mut found = Reader { document: schema, left, inside: Inside::new(schema, peers) }.schema(schema, 0);
    found.list.sort_by_key(|parameter| !parameter.required);
    let says_no = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if found.list.is_empty() && !says_no && schema.as_object().is_some_and(|schema| !says_empty(schema)) {
        found.open = true;
    }
    found
}

/// `{ "type": "object", "properties": {} }` is how a tool without parameters is written.
fn says_empty(schema: &Map<String, Value>) -> bool {
    schema.get("properties").is_some_and(Value::is_object)
}

struct Reader<'a> {
    document: &'a Value,
    /// Schemas and parameters that may still be looked at: references can make a small schema endless.
    left: usize,
    inside: Inside<'a>,
}

impl Reader<'_> {
    fn spend(&mut self, depth: usize) -> bool {
        let enough = self.left > 0 && depth <= MAX_DEPTH;
        self.left = self.left.saturating_sub(1);
        enough
    }

    fn schema(&mut self, schema: &Value, depth: usize) -> Parameters {
        let Value::Object(keywords) = schema else {
            return Parameters { list: Vec::new(), open: schema == &Value::Bool(true) };
        };
        if !self.spend(depth) {
            return Parameters { list: Vec::new(), open: true };
        }
        let mut found = self.own(keywords);
        if let Some(pointer) = keywords.get("$ref").and_then(Value::as_str) {
            match resolve(self.document, pointer) {
                Some(target) => merge(&mut found, self.schema(target, depth + 1)),
                None => found.open = true,
            }
        }
        for member in members(keywords, "allOf") {
            merge(&mut found, self.schema(member, depth + 1));
        }
        for key in ["oneOf", "anyOf"] {
            let variants: Vec<Parameters> =
                members(keywords, key).iter().map(|variant| self.schema(variant, depth + 1)).collect();
            merge(&mut found, one_of(&variants));
        }
        let required = required_names(keywords);
        for parameter in &mut found.list {
            parameter.required |= required.contains(parameter.name.as_str());
        }
        found
    }

    fn own(&mut self, schema: &Map<String, Value>) -> Parameters {
        let more = schema.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false));
        let mut found =
            Parameters { list: Vec::new(), open: more || schema.contains_key("patternProperties") };
        let listed = schema.get("properties").and_then(Value::as_object);
        for (name, of) in listed.into_iter().flatten() {
            if name.len() > MAX_NAME_BYTES || found.list.len() >= MAX_PARAMETERS || self.left == 0 {
                found.open = true;
                continue;
            }
            let required = of.get("required") == Some(&Value::Bool(true));
            let (types, inner) = (self.types(of, 0), self.inside.inner(of));
            found.list.push(ParameterShape { name: name.clone(), required, types, inner });
        }
        for name in required_names(schema) {
            let known = listed.is_some_and(|listed| listed.contains_key(name));
            if !known && name.len() <= MAX_NAME_BYTES && self.spend(0) {
                let (name, types) = (name.to_owned(), Vec::new());
                add(&mut found, ParameterShape { name, required: true, types, inner: Inner::Any });
            }
        }
        found
    }

    /// The JSON types that `schema` allows, as far as it says so; empty where any may fit.
    fn types(&mut self, schema: &Value, depth: usize) -> Vec<JsonType> {
        let Value::Object(keywords) = schema else { return Vec::new() };
        if !self.spend(depth) {
            return Vec::new();
        }
        let mut found = stated(keywords);
        let target = keywords.get("$ref").and_then(Value::as_str).and_then(|at| resolve(self.document, at));
        if let Some(target) = target {
            found.extend(self.types(target, depth + 1));
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            let each: Vec<_> =
                members(keywords, key).iter().map(|member| self.types(member, depth + 1)).collect();
            let says_all = key == "allOf" || each.iter().all(|types| !types.is_empty());
            if found.is_empty() && says_all {
                found.extend(each.into_iter().flatten());
            }
        }
        if !found.is_empty() && keywords.get("nullable") == Some(&Value::Bool(true)) {
            found.push(JsonType::Null);
        }
        let mut once = Vec::new();
        for of in found {
            if !once.contains(&of) {
                once.push(of);
            }
        }
        once
    }
}

fn required_names(schema: &Map<String, Value>) -> BTreeSet<&str> {
    members(schema, "required").iter().filter_map(Value::as_str).collect()
}

/// A call fits one variant: a parameter is required where all variants require it.
fn one_of(variants: &[Parameters]) -> Parameters {
    let mut requirers: BTreeMap<&str, usize> = BTreeMap::new();
    for parameter in variants.iter().flat_map(|variant| &variant.list).filter(|parameter| parameter.required)
    {
        *requirers.entry(&parameter.name).or_default() += 1;
    }
    let mut merged = Parameters { list: Vec::new(), open: variants.iter().any(|variant| variant.open) };
    for parameter in variants.iter().flat_map(|variant| &variant.list) {
        let required = requirers.get(parameter.name.as_str()) == Some(&variants.len());
        add(&mut merged, ParameterShape { required, ..parameter.clone() });
    }
    merged
}

fn merge(into: &mut Parameters, from: Parameters) {
    into.open |= from.open;
    from.list.into_iter().for_each(|parameter| add(into, parameter));
}

/// Adds a parameter, or what is known about it to the one of the same name.
fn add(into: &mut Parameters, parameter: ParameterShape) {
    let Some(known) = into.list.iter_mut().find(|known| known.name == parameter.name) else {
        if into.list.len() < MAX_PARAMETERS {
            into.list.push(parameter);
        } else {
            into.open = true;
        }
        return;
    };
    known.required |= parameter.required;
    if known.inner != parameter.inner {
        known.inner = Inner::Any;
    }
    for of in parameter.types {
        if !known.types.contains(&of) {
            known.types.push(of);
        }
    }
}

pub(super) fn stated(schema: &Map<String, Value>) -> Vec<JsonType> {
    match schema.get("type") {
        Some(Value::String(name)) => return json_type(name).into_iter().collect(),
        Some(Value::Array(names)) => {
            // One that there is not may stand for anything.
            let known: Option<Vec<_>> = names.iter().map(|name| json_type(name.as_str()?)).collect();
            return known.unwrap_or_default();
        }
        _ => {}
    }
    let constants = schema.get("const").into_iter().chain(members(schema, "enum"));
    constants.map(type_of).collect()
}

fn json_type(name: &str) -> Option<JsonType> {
    Some(match name {
        "null" => JsonType::Null,
        "boolean" => JsonType::Boolean,
        "integer" => JsonType::Integer,
        "number" => JsonType::Number,
        "string" => JsonType::String,
        "array" => JsonType::Array,
        "object" => JsonType::Object,
        _ => return None,
    })
}

fn type_of(value: &Value) -> JsonType {
    match value {
        Value::Null => JsonType::Null,
        Value::Bool(_) => JsonType::Boolean,
        Value::Number(_) => JsonType::Number,
        Value::String(_) => JsonType::String,
        Value::Array(_) => JsonType::Array,
        Value::Object(_) => JsonType::Object,
    }
}

pub(super) fn members<'v>(schema: &'v Map<String, Value>, key: &str) -> &'v [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
