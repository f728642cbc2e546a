//! What a literal deep in a call's arguments can be compared with before the program runs: enumerations, elements and
//! properties, where a schema says them in one plain way. Anything less plain says nothing here, and is left to the
//! validation of the call itself.

use super::lower::resolve;
use super::parameters::{members, stated};
use guest_protocol::message::{Inner, JsonType, ObjectShape, ParameterShape, ValueShape};
use serde_json::{Map, Value};

/// Levels below a parameter.
const MAX_DEPTH: usize = 4;
/// Schemas looked at for one tool …
const MAX_NODES: usize = 150;
/// … and for all tools of a server, whose shapes are sent to a guest together.
const MAX_SERVER_NODES: usize = 40_000;
/// Most values of an enumeration.
const MAX_VALUES: usize = 40;
/// Longest of them, and longest property name, bytes.
const MAX_BYTES: usize = 80;
/// References followed from one schema.
const MAX_HOPS: usize = 8;

/// Keywords that make the properties beside them depend on something else.
const CONDITIONAL: [&str; 9] =
    ["allOf", "anyOf", "dependencies", "dependentSchemas", "else", "if", "not", "oneOf", "patternProperties"];

/// Reads one tool's schema, as far as there is room.
pub(super) struct Inside<'a> {
    document: &'a Value,
    left: usize,
}

impl<'a> Inside<'a> {
    /// Of one tool among `peers`.
    pub(super) fn new(document: &'a Value, peers: usize) -> Self {
        Self { document, left: MAX_NODES.min(MAX_SERVER_NODES / peers.max(1)) }
    }

    /// What `schema` says of what is in a value.
    pub(super) fn inner(&mut self, schema: &Value) -> Inner {
        self.at(schema, 0)
    }

    fn at(&mut self, schema: &Value, depth: usize) -> Inner {
        if self.left == 0 || depth > MAX_DEPTH {
            return Inner::Any;
        }
        self.left -= 1;
        let Some(keywords) = self.followed(schema) else { return Inner::Any };
        let of = match keywords {
            _ if keywords.contains_key("const") || keywords.contains_key("enum") => values(keywords),
            _ if ["anyOf", "oneOf"].iter().any(|key| keywords.contains_key(*key)) => {
                self.either(keywords, depth)
            }
            _ if CONDITIONAL.iter().any(|key| keywords.contains_key(*key)) => Inner::Any,
            _ if keywords.get("properties").is_some_and(Value::is_object) => self.properties(keywords, depth),
            _ if keywords.get("items").is_some_and(Value::is_object) => self.items(keywords, depth),
            _ => Inner::Any,
        };
        let nullable = [schema.get("nullable"), keywords.get("nullable")].contains(&Some(&Value::Bool(true)));
        if nullable { or_null(of) } else { of }
    }

    /// The keywords that count: those of the schema that `schema` refers to, where it does nothing else.
    fn followed<'v>(&self, schema: &'v Value) -> Option<&'v Map<String, Value>>
    where
        'a: 'v,
    {
        let mut keywords = schema.as_object()?;
        for _ in 0..MAX_HOPS {
            let Some(pointer) = keywords.get("$ref") else { return Some(keywords) };
            let beside = ["enum", "const", "properties", "items"].iter().chain(&CONDITIONAL);
            if beside.into_iter().any(|key| keywords.contains_key(*key)) {
                return None;
            }
            keywords = resolve(self.document, pointer.as_str()?)?.as_object()?;
        }
        None
    }

    /// Null beside one schema is that schema; several enumerations are one; anything else is not plain.
    fn either(&mut self, keywords: &Map<String, Value>, depth: usize) -> Inner {
        let conditions = CONDITIONAL.iter().filter(|key| keywords.contains_key(**key)).count();
        if conditions > 1 || keywords.contains_key("properties") || keywords.contains_key("items") {
            return Inner::Any;
        }
        let all = [members(keywords, "anyOf"), members(keywords, "oneOf")].concat();
        let is_null = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("null");
        let null = all.iter().any(|one| is_null(&one));
        let others: Vec<&Value> = all.iter().filter(|one| !is_null(one)).collect();
        let each: Vec<Inner> = others.iter().take(MAX_VALUES).map(|one| self.at(one, depth)).collect();
        let of = match each.as_slice() {
            [only] if others.len() == 1 => only.clone(),
            several => joined(several).filter(|_| several.len() == others.len()).unwrap_or_default(),
        };
        if null { or_null(of) } else { of }
    }

    fn items(&mut self, keywords: &Map<String, Value>, depth: usize) -> Inner {
        match keywords.get("items") {
            Some(items) if !keywords.contains_key("prefixItems") => {
                let (types, inner) = self.value(items, depth);
                Inner::Items(Box::new(ValueShape { types, inner }))
            }
            _ => Inner::Any,
        }
    }

    fn properties(&mut self, keywords: &Map<String, Value>, depth: usize) -> Inner {
        let listed = keywords.get("properties").and_then(Value::as_object);
        let required = members(keywords, "required");
        let mut properties = Vec::new();
        for (name, of) in listed.into_iter().flatten() {
            if self.left == 0 || name.len() > MAX_BYTES {
                return Inner::Any;
            }
            let (types, inner) = self.value(of, depth);
            let required = required.iter().any(|one| one.as_str() == Some(name));
            properties.push(ParameterShape { name: name.clone(), required, types, inner });
        }
        let unlisted = required
            .iter()
            .filter_map(Value::as_str)
            .any(|name| listed.is_none_or(|it| !it.contains_key(name)));
        let closed = keywords.get("additionalProperties") == Some(&Value::Bool(false)) && !unlisted;
        Inner::Properties(ObjectShape { properties, closed })
    }

    fn value(&mut self, schema: &Value, depth: usize) -> (Vec<JsonType>, Inner) {
        let inner = self.at(schema, depth + 1);
        let mut types = match self.followed(schema) {
            Some(keywords) if !CONDITIONAL.iter().any(|key| keywords.contains_key(*key)) => stated(keywords),
            _ => Vec::new(),
        };
        let nullable = schema.get("nullable") == Some(&Value::Bool(true));
        if schema.get("$ref").is_some() && schema.get("type").is_some() {
            types.clear();
        } else if nullable && !types.is_empty() {
            types.push(JsonType::Null);
        }
        (types, inner)
    }
}

/// The scalars that `const` or `enum` allows; nothing where one is no scalar, or there are many.
fn values(keywords: &Map<String, Value>) -> Inner {
    let each: Vec<&Value> = match keywords.get("const") {
        Some(one) => vec![one],
        None => members(keywords, "enum").iter().collect(),
    };
    let plain = |value: &&Value| !value.is_array() && !value.is_object();
    if each.is_empty() || each.len() > MAX_VALUES || !each.iter().all(plain) {
        return Inner::Any;
    }
    let texts: Vec<String> = each.into_iter().map(Value::to_string).collect();
    if texts.iter().any(|text| text.len() > MAX_BYTES) { Inner::Any } else { Inner::Values(texts) }
}

fn joined(each: &[Inner]) -> Option<Inner> {
    let mut all: Vec<String> = Vec::new();
    for one in each {
        let Inner::Values(values) = one else { return None };
        all.extend(values.iter().filter(|value| !all.contains(value)).cloned().collect::<Vec<_>>());
    }
    Some(Inner::Values(all)).filter(|_| !each.is_empty())
}

fn or_null(of: Inner) -> Inner {
    match of {
        Inner::Values(mut values) => {
            if !values.iter().any(|value| value == "null") {
                values.push("null".into());
            }
            Inner::Values(values)
        }
        other => other,
    }
}
