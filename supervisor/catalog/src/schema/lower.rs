//! From JSON Schema to [`Type`]. Never fails: what cannot be expressed becomes `unknown` at that very node.
//!
//! Read are 2020-12, draft 4 to 7 and the OpenAPI 3.0 dialect (`nullable`), as they are found mixed in the wild.
//! References resolve inside the document only; nothing is fetched.

use super::types::{Declaration, Doc, Keyword, Object, Others, Property, Tuple, Type, intersection, union};
use super::words;
use crate::names;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How much of a schema is lowered. What lies beyond is `unknown`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Schemas inside each other.
    pub(crate) depth: usize,
    /// Schemas in all.
    pub(crate) nodes: usize,
}

/// Most members of one enumeration that are listed; a longer one is printed as its scalar types.
const MAX_LITERALS: usize = 256;
/// Longest property name or string literal, in bytes.
const MAX_LITERAL_BYTES: usize = 256;
/// Most named declarations of one tool.
const MAX_DECLARATIONS: usize = 500;
/// Depth of a `const` or `enum` member that is an object or an array.
const MAX_CONST_DEPTH: usize = 4;

/// Names and types that the two schemas of a tool share one file for.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    pub(crate) list: Vec<Declaration>,
    taken: BTreeSet<String>,
    /// Schemas that were lowered so far.
    pub(crate) nodes: usize,
    /// Whether anything was left out because of [`Bounds`].
    pub(crate) cut: bool,
    /// Where `unknown` stands, and why.
    pub(crate) unknowns: Unknowns,
}

/// How often a schema came out as `unknown`, by reason. One that takes in another counts as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unknowns {
    /// The schema says nothing of the value, or there is no schema.
    pub unsaid: usize,
    /// The schema is broken: a reference to nothing or to itself, a type that there is not.
    pub broken: usize,
    /// There was no room for the schema.
    pub cut: usize,
}

impl Declarations {
    /// Keeps `name` from being given to a declaration.
    pub(crate) fn reserve(&mut self, name: &str) -> String {
        names::claim_type(name, &mut self.taken)
    }
}

/// The type of `schema`, whose references point into `document`; what they name is added to `declarations`.
pub(crate) fn lower(
    schema: &Value,
    document: &Value,
    bounds: Bounds,
    declarations: &mut Declarations,
) -> Type {
    let first = declarations.list.len();
    let mut lowering = Lowering {
        document,
        bounds,
        nodes: 0,
        declarations,
        places: BTreeMap::new(),
        waiting: VecDeque::new(),
    };
    let root = lowering.schema(schema, 0);
    while let Some((place, target)) = lowering.waiting.pop_front() {
        let of = lowering.schema(target, 0);
        if let Some(declaration) = lowering.declarations.list.get_mut(place) {
            declaration.of = of;
        }
    }
    let nodes = lowering.nodes;
    declarations.nodes += nodes;
    declarations.unknowns.broken += super::cycles::break_cycles(&mut declarations.list, first);
    root
}

struct Lowering<'a, 'd> {
    document: &'a Value,
    bounds: Bounds,
    nodes: usize,
    declarations: &'d mut Declarations,
    /// Where each pointer's declaration is.
    places: BTreeMap<String, usize>,
    /// Declared, not yet lowered: a queue, so that a long chain of references is not a deep recursion.
    waiting: VecDeque<(usize, &'a Value)>,
}

impl<'a> Lowering<'a, '_> {
    fn schema(&mut self, schema: &Value, depth: usize) -> Type {
        if depth > self.bounds.depth || self.nodes >= self.bounds.nodes {
            return self.cut();
        }
        self.nodes += 1;
        let broken = self.declarations.unknowns.broken;
        let of = match schema {
            Value::Bool(false) => Type::Never,
            Value::Object(keywords) => self.keywords(keywords, depth),
            Value::Bool(true) => Type::Unknown,
            _ => self.broken(),
        };
        let unknowns = &mut self.declarations.unknowns;
        unknowns.unsaid += usize::from(of == Type::Unknown && unknowns.broken == broken);
        of
    }

    fn cut(&mut self) -> Type {
        self.declarations.cut = true;
        self.declarations.unknowns.cut += 1;
        Type::Unknown
    }

    fn broken(&mut self) -> Type {
        self.declarations.unknowns.broken += 1;
        Type::Unknown
    }

    /// Every keyword of a schema must hold: what they say is intersected.
    fn keywords(&mut self, schema: &Map<String, Value>, depth: usize) -> Type {
        let mut all = Vec::new();
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(pointer) = schema.get(key).and_then(Value::as_str) {
                all.push(self.reference(pointer));
            }
        }
        all.push(self.own(schema, depth));
        for member in array(schema, "allOf") {
            all.push(self.schema(member, depth + 1));
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(members) =
                schema.get(key).and_then(Value::as_array).filter(|members| !members.is_empty())
            {
                all.push(union(members.iter().map(|member| self.schema(member, depth + 1)).collect()));
            }
        }
        if schema.get("not").is_some_and(|not| not == &Value::Bool(true) || not == &Value::Object(Map::new()))
        {
            return Type::Never;
        }
        let of = intersection(all);
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            return union(vec![of, Type::Keyword(Keyword::Null)]);
        }
        of
    }

    /// What a schema says by itself, without its references and combinators.
    fn own(&mut self, schema: &Map<String, Value>, depth: usize) -> Type {
        if let Some(value) = schema.get("const") {
            return self.constant(value, 0);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.enumeration(values);
        }
        match schema.get("type") {
            Some(Value::String(name)) => self.typed(name, schema, depth),
            Some(Value::Array(names)) if !names.is_empty() => union(
                names
                    .iter()
                    .map(|name| self.typed(name.as_str().unwrap_or_default(), schema, depth))
                    .collect(),
            ),
            _ if ["properties", "required", "additionalProperties", "patternProperties"]
                .iter()
                .any(|key| schema.contains_key(*key)) =>
            {
                self.object(schema, depth)
            }
            _ if ["items", "prefixItems"].iter().any(|key| schema.contains_key(*key)) => {
                self.list(schema, depth)
            }
            _ => Type::Unknown,
        }
    }

    fn typed(&mut self, name: &str, schema: &Map<String, Value>, depth: usize) -> Type {
        match name {
            "null" => Type::Keyword(Keyword::Null),
            "boolean" => Type::Keyword(Keyword::Boolean),
            "integer" | "number" => Type::Keyword(Keyword::Number),
            "string" => Type::Keyword(Keyword::String),
            "array" => self.list(schema, depth),
            "object" => self.object(schema, depth),
            _ => self.broken(),
        }
    }

    fn enumeration(&mut self, values: &[Value]) -> Type {
        if values.len() <= MAX_LITERALS {
            return union(values.iter().map(|value| self.constant(value, 0)).collect());
        }
        self.declarations.cut = true;
        union(values.iter().map(|value| keyword_of(value).map_or(Type::Unknown, Type::Keyword)).collect())
    }

    fn list(&mut self, schema: &Map<String, Value>, depth: usize) -> Type {
        let old_style = schema.get("items").and_then(Value::as_array);
        let Some(places) = schema.get("prefixItems").and_then(Value::as_array).or(old_style) else {
            let items = self.schema(schema.get("items").unwrap_or(&Value::Bool(true)), depth + 1);
            return Type::Array(Box::new(items));
        };
        let rest = if old_style.is_some() { schema.get("additionalItems") } else { schema.get("items") };
        let count = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let closed = count("maxItems").is_some_and(|most| most <= places.len());
        let items: Vec<Type> = places.iter().map(|place| self.schema(place, depth + 1)).collect();
        let rest = match rest {
            Some(Value::Bool(false)) => None,
            _ if closed => None,
            rest => Some(Box::new(self.schema(rest.unwrap_or(&Value::Bool(true)), depth + 1))),
        };
        let required = count("minItems").unwrap_or(items.len()).min(items.len());
        Type::Tuple(Tuple { items, required, rest })
    }

    fn object(&mut self, schema: &Map<String, Value>, depth: usize) -> Type {
        let required: BTreeSet<&str> = array(schema, "required").iter().filter_map(Value::as_str).collect();
        let listed = schema.get("properties").and_then(Value::as_object);
        let mut properties = Vec::new();
        for (name, of) in listed.into_iter().flatten() {
            if name.len() > MAX_LITERAL_BYTES || self.nodes >= self.bounds.nodes {
                self.declarations.cut = true;
                continue;
            }
            let old_style = of.get("required") == Some(&Value::Bool(true));
            properties.push(Property {
                name: name.clone(),
                required: old_style || required.contains(name.as_str()),
                doc: of.as_object().map(words::doc).unwrap_or_default(),
                of: self.schema(of, depth + 1),
            });
        }
        let known = |name: &str| listed.is_some_and(|listed| listed.contains_key(name));
        for name in required.iter().filter(|name| !known(name) && name.len() <= MAX_LITERAL_BYTES) {
            let (name, of) = ((*name).to_owned(), self.schema(&Value::Bool(true), depth + 1));
            properties.push(Property { name, required: true, doc: Doc::default(), of });
        }
        let others = self.others(schema, depth);
        // Printed as an index signature of `unknown`: there is none for all but the listed properties.
        let unsaid =
            if properties.is_empty() { others == Others::Unstated } else { matches!(others, Others::Of(_)) };
        self.declarations.unknowns.unsaid += usize::from(unsaid);
        Type::Object(Object { properties, others })
    }

    fn others(&mut self, schema: &Map<String, Value>, depth: usize) -> Others {
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let mut kinds: Vec<Type> =
            patterns.into_iter().flat_map(Map::values).map(|of| self.schema(of, depth + 1)).collect();
        match schema.get("additionalProperties").or_else(|| schema.get("unevaluatedProperties")) {
            None if kinds.is_empty() => return Others::Unstated,
            Some(Value::Bool(false)) if kinds.is_empty() => return Others::Forbidden,
            None | Some(Value::Bool(false)) => {}
            Some(of) => kinds.push(self.schema(of, depth + 1)),
        }
        Others::Of(Box::new(union(kinds)))
    }

    /// The declaration that `pointer` names; made when it is met for the first time.
    fn reference(&mut self, pointer: &str) -> Type {
        if let Some(place) = self.places.get(pointer) {
            return Type::Reference(*place);
        }
        let Some(target) = resolve(self.document, pointer) else { return self.broken() };
        let place = self.declarations.list.len();
        if place >= MAX_DECLARATIONS {
            return self.cut();
        }
        let name = self.declarations.reserve(&names::type_name(last_name(pointer), "Node"));
        let doc = target.as_object().map(words::doc).unwrap_or_default();
        self.declarations.list.push(Declaration { name, doc, of: Type::Unknown });
        self.places.insert(pointer.to_owned(), place);
        self.waiting.push_back((place, target));
        Type::Reference(place)
    }

    /// The type that only `value` has.
    fn constant(&mut self, value: &Value, depth: usize) -> Type {
        match value {
            Value::Null => Type::Keyword(Keyword::Null),
            Value::String(text) if text.len() > MAX_LITERAL_BYTES => Type::Keyword(Keyword::String),
            Value::Array(values) if depth < MAX_CONST_DEPTH && values.len() <= MAX_LITERALS => {
                Type::Tuple(Tuple {
                    items: values.iter().map(|value| self.constant(value, depth + 1)).collect(),
                    required: values.len(),
                    rest: None,
                })
            }
            Value::Object(values) if depth < MAX_CONST_DEPTH && values.len() <= MAX_LITERALS => {
                let short = values.iter().filter(|(name, _)| name.len() <= MAX_LITERAL_BYTES);
                let property = |(name, value): (&String, &Value)| Property {
                    name: name.clone(),
                    required: true,
                    doc: Doc::default(),
                    of: self.constant(value, depth + 1),
                };
                Type::Object(Object { properties: short.map(property).collect(), others: Others::Forbidden })
            }
            scalar => match keyword_of(scalar) {
                Some(keyword) => Type::Literal(scalar.to_string(), keyword),
                None => self.cut(),
            },
        }
    }
}

/// What `pointer` names inside `document`: a JSON pointer (RFC 6901) in a fragment, or an anchor of a definition.
pub(crate) fn resolve<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    let fragment = pointer.strip_prefix('#')?;
    if fragment.is_empty() || fragment.starts_with('/') {
        return document.pointer(&percent_decoded(fragment));
    }
    ["$defs", "definitions"]
        .iter()
        .filter_map(|key| document.get(*key)?.as_object())
        .flat_map(Map::values)
        .find(|definition| {
            ["$anchor", "$dynamicAnchor"]
                .iter()
                .any(|key| definition.get(*key).and_then(Value::as_str) == Some(fragment))
        })
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits =
            tail.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The last segment of a pointer that names something: `#/properties/order/items` is about an `order`.
fn last_name(pointer: &str) -> &str {
    let keyword = |segment: &&str| {
        !matches!(
            *segment,
            "#" | ""
                | "properties"
                | "items"
                | "$defs"
                | "definitions"
                | "anyOf"
                | "oneOf"
                | "allOf"
                | "schema"
        ) && !segment.bytes().all(|byte| byte.is_ascii_digit())
    };
    pointer.rsplit('/').find(keyword).map_or("", |segment| segment.trim_start_matches('#'))
}

fn array<'v>(schema: &'v Map<String, Value>, key: &str) -> &'v [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn keyword_of(value: &Value) -> Option<Keyword> {
    match value {
        Value::Null => Some(Keyword::Null),
        Value::Bool(_) => Some(Keyword::Boolean),
        Value::Number(_) => Some(Keyword::Number),
        Value::String(_) => Some(Keyword::String),
        Value::Array(_) | Value::Object(_) => None,
    }
}
