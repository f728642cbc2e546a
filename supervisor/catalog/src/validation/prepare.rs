//! A schema as the validator is given it: what can be reached and decides, and nothing that would keep it from being
//! compiled. Whatever is broken is left out where it stands, and counted.
//!
//! Two habits of generated schemas would keep tools from ever being called, and are read as they are meant. "No others"
//! inside an alternative forbids what stands beside the alternatives: there it says nothing. Alternatives of which exactly
//! one may fit often differ in their formats only, which are not compared: any number of them may fit.
//!
//! Every reference is one to a definition of the prepared schema itself: whatever the original pointed at, with
//! whatever kind of pointer, is copied there once. So nothing is ever fetched, and what nothing refers to costs nothing.

use super::{broken, circles};
use crate::schema::resolve;
use jsonschema::Draft;
use serde_json::{Map, Value};
use std::collections::{HashMap, VecDeque};

/// Schemas in all; later ones say nothing. The largest real tool, of an OpenAPI document, has about 8,000.
const MAX_NODES: usize = 50_000;
/// Definitions that are referred to.
const MAX_DEFINITIONS: usize = 2_000;

/// Keywords whose value is one schema …
pub(super) const ONE: [&str; 11] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// … a list of them …
pub(super) const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// … or one by each name.
pub(super) const NAMED: [&str; 4] = ["dependentSchemas", "dependencies", "patternProperties", "properties"];
/// Keywords that compare. Others are notes, or formats, which servers mean differently.
const PLAIN: [&str; 19] = [
    "const",
    "dependentRequired",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "required",
    "type",
    "uniqueItems",
];

/// What became of a schema.
pub(super) struct Prepared {
    pub(super) schema: Value,
    /// Places where something was left out.
    pub(super) broken: usize,
}

/// Prepares `document`.
pub(super) fn prepare(document: &Value) -> Prepared {
    let draft = draft_of(document);
    let before_2019 = matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7);
    let mut preparation = Preparation {
        document,
        before_2019,
        nodes: 0,
        broken: 0,
        places: HashMap::new(),
        waiting: VecDeque::new(),
    };
    let mut root = match preparation.schema(document, Role::Alone) {
        Value::Object(root) => root,
        never_or_anything => Map::from_iter([("allOf".to_owned(), Value::from(vec![never_or_anything]))]),
    };
    let mut definitions = Vec::new();
    while let Some((target, role)) = preparation.waiting.pop_front() {
        definitions.push(preparation.schema(target, role));
    }
    let mut broken = preparation.broken + circles::cut(&mut definitions);
    let definitions = definitions.into_iter().enumerate().map(|(place, of)| (place.to_string(), of));
    root.insert(preparation.definitions_key().to_owned(), Value::Object(definitions.collect()));
    root.insert("$schema".to_owned(), Value::from(name_of(draft)));
    let mut schema = Value::Object(root);
    broken += broken::leave_out(&mut schema);
    Prepared { schema, broken }
}

/// The draft that a schema says it is written in; without a word, or an unknown one, the newest.
fn draft_of(document: &Value) -> Draft {
    match Draft::default().detect(document) {
        draft @ (Draft::Draft4 | Draft::Draft6 | Draft::Draft7 | Draft::Draft201909) => draft,
        _ => Draft::Draft202012,
    }
}

fn name_of(draft: Draft) -> &'static str {
    match draft {
        Draft::Draft4 => "http://json-schema.org/draft-04/schema#",
        Draft::Draft6 => "http://json-schema.org/draft-06/schema#",
        Draft::Draft7 => "http://json-schema.org/draft-07/schema#",
        Draft::Draft201909 => "https://json-schema.org/draft/2019-09/schema",
        _ => "https://json-schema.org/draft/2020-12/schema",
    }
}

/// Whether a schema has a value to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Alone,
    /// Others describe the same object.
    Part,
}

struct Preparation<'a> {
    document: &'a Value,
    /// Drafts in which nothing counts beside a reference.
    before_2019: bool,
    nodes: usize,
    broken: usize,
    /// Which definition a pointer became; another one where it is a part of something.
    places: HashMap<(&'a str, Role), usize>,
    waiting: VecDeque<(&'a Value, Role)>,
}

impl<'a> Preparation<'a> {
    fn definitions_key(&self) -> &'static str {
        if self.before_2019 { "definitions" } else { "$defs" }
    }

    fn left_out(&mut self) -> Value {
        self.broken += 1;
        Value::Bool(true)
    }

    fn schema(&mut self, schema: &'a Value, role: Role) -> Value {
        self.nodes += 1;
        match schema {
            _ if self.nodes > MAX_NODES => self.left_out(),
            Value::Bool(_) => schema.clone(),
            Value::Object(keywords) => self.keywords(keywords, role),
            _ => self.left_out(),
        }
    }

    fn keywords(&mut self, keywords: &'a Map<String, Value>, role: Role) -> Value {
        let mut kept = Map::new();
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(pointer) = keywords.get(key) {
                let role = if keywords.contains_key("properties") { Role::Part } else { role };
                kept.extend(self.reference(pointer, role).map(|reference| ("$ref".to_owned(), reference)));
            }
        }
        if !(self.before_2019 && kept.contains_key("$ref")) {
            self.beside_references(keywords, role, &mut kept);
        }
        let kept = Value::Object(kept);
        // OpenAPI 3.0's way to allow null.
        if keywords.get("nullable") == Some(&Value::Bool(true)) {
            return serde_json::json!({ "anyOf": [kept, { "type": "null" }] });
        }
        kept
    }

    fn beside_references(
        &mut self,
        keywords: &'a Map<String, Value>,
        role: Role,
        kept: &mut Map<String, Value>,
    ) {
        for (key, value) in keywords {
            match (key.as_str(), value) {
                ("items", Value::Array(each)) => self.tuple(each, keywords.get("additionalItems"), kept),
                ("additionalItems", _) if kept_as_items(keywords, self.before_2019) => {}
                ("additionalProperties" | "unevaluatedProperties", Value::Bool(false))
                    if role == Role::Part =>
                {
                    self.broken += 1;
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(each)) => {
                    let parts = self.parts(key, each, keywords, role);
                    add(kept, if key == "allOf" { key } else { "anyOf" }, parts);
                }
                ("enum", Value::Array(values)) if values.is_empty() => self.broken += 1,
                ("pattern", Value::String(pattern)) if super::is_pattern(pattern) => {
                    kept.insert(key.clone(), value.clone());
                }
                (key, value) => {
                    if let Some(prepared) = self.keyword(key, value) {
                        kept.insert(key.to_owned(), prepared);
                    }
                }
            }
        }
        self.keep_satisfiable(keywords, kept);
    }

    fn keyword(&mut self, key: &str, value: &'a Value) -> Option<Value> {
        match (key, value) {
            (key, _) if ONE.contains(&key) => Some(self.schema(value, Role::Alone)),
            ("prefixItems", Value::Array(each)) => {
                Some(each.iter().map(|one| self.schema(one, Role::Alone)).collect())
            }
            (key, Value::Object(named)) if NAMED.contains(&key) => Some(self.named(key, named)),
            (key, _) if LIST.contains(&key) || NAMED.contains(&key) || key == "pattern" => {
                self.broken += 1;
                None
            }
            (key, _) => PLAIN.contains(&key).then(|| value.clone()),
        }
    }

    /// Alternatives, or parts of a whole. Of a single one that has nothing beside it all counts.
    fn parts(&mut self, key: &str, each: &'a [Value], keywords: &Map<String, Value>, role: Role) -> Value {
        let beside = ["$ref", "allOf", "anyOf", "oneOf", "properties"];
        let beside = beside.iter().filter(|other| **other != key && keywords.contains_key(**other)).count();
        let whole = if key == "allOf" { each.len() == 1 } else { true };
        let role = if beside == 0 && whole { role } else { Role::Part };
        each.iter().map(|one| self.schema(one, role)).collect()
    }

    fn named(&mut self, key: &str, named: &'a Map<String, Value>) -> Value {
        let mut kept = Map::new();
        for (name, value) in named {
            if key == "patternProperties" && !super::is_pattern(name) {
                self.broken += 1;
                continue;
            }
            let list_of_names = key == "dependencies" && value.is_array();
            kept.insert(
                name.clone(),
                if list_of_names { value.clone() } else { self.schema(value, Role::Alone) },
            );
        }
        Value::Object(kept)
    }

    /// `items` as a list is how drafts before 2020-12 say `prefixItems`, and found in schemas that name no draft.
    fn tuple(&mut self, each: &'a [Value], rest: Option<&'a Value>, kept: &mut Map<String, Value>) {
        let each: Value = each.iter().map(|one| self.schema(one, Role::Alone)).collect();
        let rest = rest.map(|rest| self.schema(rest, Role::Alone));
        let (first, then) =
            if self.before_2019 { ("items", "additionalItems") } else { ("prefixItems", "items") };
        kept.insert(first.to_owned(), each);
        kept.extend(rest.map(|rest| (then.to_owned(), rest)));
    }

    /// A list of properties that could not be read must not make "no others" mean "none at all", nor may a required
    /// property be one of the forbidden others: such a tool could never be called.
    fn keep_satisfiable(&mut self, keywords: &Map<String, Value>, kept: &mut Map<String, Value>) {
        let lost = |key: &str| {
            let size = |of: &Map<String, Value>| of.get(key).and_then(Value::as_object).map(Map::len);
            keywords.contains_key(key) && (size(kept).is_none() || size(keywords) != size(kept))
        };
        if lost("properties") || lost("patternProperties") {
            kept.remove("additionalProperties");
            kept.remove("unevaluatedProperties");
        }
        if kept.get("additionalProperties") != Some(&Value::Bool(false)) {
            return;
        }
        let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<String> = required.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        if let Some(properties) = kept.get_mut("properties").and_then(Value::as_object_mut) {
            required.into_iter().for_each(|name| {
                properties.entry(name).or_insert(Value::Bool(true));
            });
        }
    }

    /// The prepared reference to what `pointer` names.
    fn reference(&mut self, pointer: &'a Value, role: Role) -> Option<Value> {
        let target = pointer.as_str().and_then(|pointer| Some((pointer, resolve(self.document, pointer)?)));
        let Some((pointer, target)) = target else {
            self.broken += 1;
            return None;
        };
        let next = self.places.len();
        if next >= MAX_DEFINITIONS && !self.places.contains_key(&(pointer, role)) {
            self.broken += 1;
            return None;
        }
        let place = *self.places.entry((pointer, role)).or_insert_with(|| {
            self.waiting.push_back((target, role));
            next
        });
        Some(Value::from(format!("#/{}/{place}", self.definitions_key())))
    }
}

/// Adds a list of alternatives or parts. A second list of alternatives must hold as well.
fn add(kept: &mut Map<String, Value>, key: &str, each: Value) {
    let (key, each) = match kept.contains_key(key) {
        true if key == "anyOf" => ("allOf", Value::from(vec![serde_json::json!({ "anyOf": each })])),
        _ => (key, each),
    };
    match (kept.get_mut(key), each) {
        (Some(Value::Array(present)), Value::Array(more)) => present.extend(more),
        (_, each) => {
            kept.insert(key.to_owned(), each);
        }
    }
}

/// Whether `additionalItems` was already taken together with the list before it.
fn kept_as_items(keywords: &Map<String, Value>, before_2019: bool) -> bool {
    !before_2019 || keywords.get("items").is_some_and(Value::is_array)
}
