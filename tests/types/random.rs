//! Schemas that nobody would write, from a fixed seed: whatever comes, its file is TypeScript.

use serde_json::{Map, Value, json};

const TOOLS: usize = 300;
/// Keywords, and what is no keyword.
const KEYS: [&str; 30] = [
    "type",
    "properties",
    "required",
    "items",
    "prefixItems",
    "additionalProperties",
    "patternProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "enum",
    "const",
    "$ref",
    "$defs",
    "definitions",
    "nullable",
    "description",
    "title",
    "default",
    "format",
    "minItems",
    "maxItems",
    "additionalItems",
    "$anchor",
    "$dynamicRef",
    "pattern",
    "examples",
    "x-other",
    "unevaluatedProperties",
];
const WORDS: [&str; 24] = [
    "string",
    "number",
    "integer",
    "boolean",
    "null",
    "array",
    "object",
    "any",
    "#",
    "#/$defs/a",
    "#/$defs/b",
    "#/definitions/a",
    "#/$defs/gone",
    "#a",
    "#/properties/a",
    "https://example.com/x",
    "*/ export const x = 1; /*",
    "__proto__",
    "constructor",
    "\u{2028}line\u{2029}",
    "\u{202e}txet",
    "`${1}`",
    "\\\"",
    "аdmin",
];

/// A linear congruential generator (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 16 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(self.below(5)),
            3 | 4 => json!(self.of(&WORDS)),
            5..=7 => (0..self.below(5)).map(|_| self.value(depth - 1)).collect(),
            8 | 9 => self.object(&["a", "b", "*/", "__proto__", "x-y", "", "2"], depth),
            _ => self.object(&KEYS, depth),
        }
    }

    fn object(&mut self, keys: &[&str], depth: usize) -> Value {
        let mut object = Map::new();
        for _ in 0..self.below(7) {
            let key = self.of(keys);
            let of = match key {
                // Otherwise almost none would say anything.
                "type" if self.below(3) > 0 => json!(self.of(&WORDS[..7])),
                "$ref" | "$dynamicRef" if self.below(4) > 0 => json!(self.of(&WORDS[8..15])),
                "properties" | "$defs" | "definitions" if self.below(4) > 0 => {
                    self.object(&["a", "b", "*/", "constructor"], depth.saturating_sub(1))
                }
                _ => self.value(depth.saturating_sub(1)),
            };
            object.insert(key.to_owned(), of);
        }
        Value::Object(object)
    }
}

/// A catalog file's text: random tools, and some that are too deep, too wide or too long.
pub(super) fn catalog() -> String {
    let mut dice = Dice(20_261_121);
    let mut tools: Vec<String> = (0..TOOLS)
        .map(|n| {
            let (input, output) = (dice.object(&KEYS, 7), dice.value(5));
            json!({ "name": format!("tool {n}"), "description": dice.of(&WORDS), "inputSchema": input, "outputSchema": output })
                .to_string()
        })
        .collect();
    let deep = format!("{}{{}}{}", r#"{"items":"#.repeat(10_000), "}".repeat(10_000));
    let wide: Value =
        (0..100_000).map(|n| (format!("p{n}"), json!({ "type": "string" }))).collect::<Map<_, _>>().into();
    let choices: Value = (0..100_000).map(|n| json!(format!("choice {n}"))).collect();
    // Ten references to the next of thirty definitions: written out, 10^30 of them.
    let bomb: Value = (0..30)
        .map(|n| {
            (
                format!("l{n}"),
                json!({ "anyOf": vec![json!({ "$ref": format!("#/$defs/l{}", (n + 1) % 30) }); 10] }),
            )
        })
        .collect::<Map<_, _>>()
        .into();
    for (name, schema) in [
        ("deep", deep),
        ("wide", json!({ "type": "object", "properties": wide }).to_string()),
        ("choices", json!({ "properties": { "a": { "enum": choices } } }).to_string()),
        ("bomb", json!({ "$ref": "#/$defs/l0", "$defs": bomb }).to_string()),
        (
            "numbers",
            r#"{"properties":{"a":{"const":1e999},"\ud800":{"type":"string"},"b":{"type":"number"}}}"#.into(),
        ),
    ] {
        tools.push(format!(r#"{{"name":"{name}","inputSchema":{schema}}}"#));
    }
    format!(r#"{{"tools":[{}]}}"#, tools.join(","))
}
