//! Whole calls against schemas as servers write them, broken and hostile ones among them.

use super::{Judgement, Usable, Validation};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn validation(schema: &Value) -> Validation {
    Validation::new(schema, schema.to_string().len())
}

fn judge(schema: &Value, arguments: Value) -> Judgement {
    validation(schema).judge(&arguments)
}

fn misfit(schema: &Value, arguments: Value) -> Vec<String> {
    match judge(schema, arguments) {
        Judgement::Misfit(lines) => lines,
        other => panic!("{other:?} by {schema}"),
    }
}

fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "pattern": "^O-[0-9]+$" },
            "limit": { "type": "integer", "minimum": 1, "maximum": 50 },
            "status": { "enum": ["open", "shipped", "closed"] },
            "filters": { "type": "array", "items": { "$ref": "#/$defs/filter" } },
            "when": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
            "by": { "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "name" }, "name": { "type": "string" } }, "required": ["kind", "name"] },
                { "type": "object", "properties": { "kind": { "const": "age" }, "age": { "type": "number" } }, "required": ["kind", "age"] },
            ] },
        },
        "required": ["id"],
        "$defs": { "filter": { "type": "object", "properties": { "field": { "type": "string" }, "op": { "enum": ["eq", "ne"] } }, "required": ["field"], "additionalProperties": false } },
    })
}

#[test]
fn every_problem_says_where_it_is_and_what_to_write() {
    for (arguments, expected) in [
        (json!({}), "`id` is missing (string)."),
        (json!({ "id": 7 }), "`id` is the number 7; it must be a string. Write \"7\", in quotes."),
        (json!({ "id": "x" }), "`id` is \"x\"; it must match the pattern ^O-[0-9]+$."),
        (
            json!({ "id": "O-1", "limit": "5" }),
            "`limit` is the string \"5\"; it must be an integer. Write 5, without quotes.",
        ),
        (
            json!({ "id": "O-1", "limit": 2.5 }),
            "`limit` is the number 2.5; it must be an integer. Use a whole number: Math.round, Math.floor or Math.ceil.",
        ),
        (json!({ "id": "O-1", "limit": 99 }), "`limit` is 99; it must be at most 50."),
        (
            json!({ "id": "O-1", "limit": null }),
            "`limit` is null; it must be an integer. Leave it out, or give a value.",
        ),
        (
            json!({ "id": "O-1", "status": "shiped" }),
            "`status` is \"shiped\"; allowed: \"open\", \"shipped\", \"closed\". Did you mean \"shipped\"?",
        ),
        (
            json!({ "id": "O-1", "filters": { "field": "a" } }),
            "`filters` is {\"field\":\"a\"}; it must be an array. Write [{\"field\":\"a\"}], an array.",
        ),
        (
            json!({ "id": "O-1", "filters": "[{}]" }),
            "`filters` is the string \"[{}]\"; it must be an array. Pass the array itself, not JSON text of it.",
        ),
        (
            json!({ "id": "O-1", "filters": [{ "field": "a" }, { "feild": "b" }] }),
            "`filters[1].feild` is not known. Did you mean `field`?",
        ),
        (
            json!({ "id": "O-1", "filters": [{ "field": "a", "op": "=" }] }),
            "`filters[0].op` is \"=\"; allowed: \"eq\", \"ne\".",
        ),
        (
            json!({ "id": "O-1", "when": 5 }),
            "`when` is the number 5; it must be a string or null. Write \"5\", in quotes.",
        ),
        (
            json!({ "id": "O-1", "by": { "kind": "age", "age": "40" } }),
            "`by.age` is the string \"40\"; it must be a number. Write 40, without quotes.",
        ),
        (json!({ "id": "O-1", "by": { "kind": "name" } }), "`by.name` is missing (string)."),
        (
            json!({ "id": "O-1", "by": "{\"kind\":\"name\"}" }),
            "`by` is the string \"{\\\"kind\\\":\\\"name\\\"}\"; it must be an object. Pass the object itself, not JSON text of it.",
        ),
    ] {
        let lines = misfit(&order(), arguments.clone());
        assert!(lines.iter().any(|line| line == expected), "{arguments}\n{lines:#?}\n{expected}");
    }
    let all = json!({ "id": "O-1", "limit": 5, "status": "open", "filters": [{ "field": "a", "op": "eq" }], "when": null, "by": { "kind": "age", "age": 3 } });
    assert_eq!(judge(&order(), all), Judgement::Fit);
}

#[test]
fn of_many_problems_five_are_told() {
    let filters: Vec<Value> = (0..40).map(|_| json!({ "field": 1 })).collect();
    let lines = misfit(&order(), json!({ "id": "O-1", "filters": filters }));
    assert_eq!((lines.len(), lines.last().map(String::as_str)), (6, Some("and 35 more")));
}

#[test]
fn each_draft_means_what_it_says() {
    let tuple = json!({ "type": "array", "items": [{ "type": "string" }], "additionalItems": false });
    for (schema, arguments, fits) in [
        (
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "properties": { "a": tuple } }),
            json!({ "a": ["x", 1] }),
            false,
        ),
        (json!({ "properties": { "a": tuple } }), json!({ "a": ["x", 1] }), false),
        (
            json!({ "properties": { "a": { "prefixItems": [{ "type": "string" }], "items": false } } }),
            json!({ "a": ["x", 1] }),
            false,
        ),
        (
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "properties": { "a": { "$ref": "#/definitions/s", "maxLength": 1 } }, "definitions": { "s": { "type": "string" } } }),
            json!({ "a": "long" }),
            true,
        ),
        (
            json!({ "properties": { "a": { "$ref": "#/definitions/s", "maxLength": 1 } }, "definitions": { "s": { "type": "string" } } }),
            json!({ "a": "long" }),
            false,
        ),
        (
            json!({ "$schema": "http://json-schema.org/draft-04/schema#", "properties": { "a": { "minimum": 1, "exclusiveMinimum": true } } }),
            json!({ "a": 1 }),
            false,
        ),
        (
            json!({ "$schema": "https://example.com/own", "properties": { "a": { "exclusiveMinimum": 1 } } }),
            json!({ "a": 1 }),
            false,
        ),
        (
            json!({ "properties": { "a": { "type": "string", "nullable": true } } }),
            json!({ "a": null }),
            true,
        ),
        (json!({ "dependentRequired": { "a": ["b"] } }), json!({ "a": 1 }), false),
        (
            json!({ "$schema": "http://json-schema.org/draft-07/schema", "dependencies": { "a": ["b"] } }),
            json!({ "a": 1 }),
            false,
        ),
        (json!({ "properties": { "a": { "format": "email" } } }), json!({ "a": "no" }), true),
    ] {
        let judged = judge(&schema, arguments.clone());
        assert_eq!(judged == Judgement::Fit, fits, "{schema} {arguments} {judged:?}");
    }
}

#[test]
fn what_is_broken_says_nothing_and_the_rest_still_counts() {
    let beside = |broken: Value| json!({ "type": "object", "properties": { "a": broken, "b": { "type": "string" } }, "additionalProperties": false });
    for broken in [
        json!({ "$ref": "#/components/schemas/Gone" }),
        json!({ "$ref": "https://example.com/schema.json" }),
        json!({ "$ref": 7 }),
        json!({ "type": "any" }),
        json!({ "type": 7, "enum": "a", "required": true, "minimum": "low", "properties": { "type": { "type": "none" } } }),
        json!({ "pattern": "(" }),
        json!({ "pattern": "(?=lookahead)x" }),
        json!({ "pattern": format!("(a{{1000}}){{1000}}") }),
        json!({ "patternProperties": { "(": false } }),
        json!({ "allOf": 7, "anyOf": [], "oneOf": {} }),
        json!({ "anyOf": [7] }),
        json!({ "enum": [] }),
        json!(7),
        json!({ "properties": ["a"], "additionalProperties": false }),
        json!({ "$id": "https://example.com/a", "$anchor": "x", "$schema": "https://example.com/nothing", "type": "nothing" }),
    ] {
        let schema = beside(broken);
        let compiled = validation(&schema);
        assert!(matches!(compiled.usable(), Usable::Partly(_)), "{:?} {schema}", compiled.usable());
        for value in [json!("x"), json!({ "type": 1 })] {
            assert_eq!(
                compiled.judge(&json!({ "a": value })),
                Judgement::Fit,
                "{schema} {:?}",
                compiled.schema
            );
        }
        assert!(matches!(compiled.judge(&json!({ "b": 1 })), Judgement::Misfit(_)), "{schema}");
        assert!(matches!(compiled.judge(&json!({ "c": 1 })), Judgement::Misfit(_)), "{schema}");
    }
}

#[test]
fn what_could_never_be_called_is_read_as_it_is_meant() {
    let beside = json!({
        "type": "object",
        "properties": { "org": { "type": "string" } },
        "required": ["org"],
        "oneOf": [{ "$ref": "#/$defs/named" }, { "properties": { "id": { "type": "integer" } }, "required": ["id"], "additionalProperties": false }],
        "$defs": { "named": { "properties": { "name": { "type": "string" } }, "required": ["name"], "additionalProperties": false } },
    });
    assert_eq!(judge(&beside, json!({ "org": "a", "name": "b" })), Judgement::Fit);
    assert_eq!(misfit(&beside, json!({ "org": "a" })), ["`name` is missing (string)."]);
    let overlapping = json!({ "properties": { "id": { "oneOf": [{ "type": "string", "format": "uuid" }, { "type": "string" }] } } });
    assert_eq!(judge(&overlapping, json!({ "id": "a" })), Judgement::Fit);
    assert!(matches!(judge(&overlapping, json!({ "id": 1 })), Judgement::Misfit(_)));
    let alone = json!({ "properties": { "by": { "oneOf": [{ "$ref": "#/$defs/a" }, { "type": "null" }] } }, "$defs": { "a": { "properties": { "x": {} }, "additionalProperties": false } } });
    assert_eq!(misfit(&alone, json!({ "by": { "y": 1 } })), ["`by.y` is not known. Known: x."]);
}

#[test]
fn a_required_property_among_the_forbidden_can_be_given() {
    let schema = json!({ "properties": {}, "required": ["a"], "additionalProperties": false });
    assert_eq!(judge(&schema, json!({ "a": 1 })), Judgement::Fit);
}

/// The budget of each is a second, in a build for tests.
fn in_time(what: &str, schema: &Value, arguments: &Value) -> Judgement {
    let begun = Instant::now();
    let judged = validation(schema).judge(arguments);
    assert!(begun.elapsed() < Duration::from_secs(4), "{what} took {:?}", begun.elapsed());
    judged
}

#[test]
fn what_would_take_for_ever_is_left_to_the_server() {
    let level = |n: usize, of: usize| {
        (
            format!("l{n}"),
            json!({ "anyOf": vec![json!({ "$ref": format!("#/$defs/l{}", (n + 1) % of) }); 10] }),
        )
    };
    let circle: serde_json::Map<String, Value> = (0..30).map(|n| level(n, 30)).collect();
    let bomb = json!({ "$ref": "#/$defs/l0", "$defs": circle });
    assert!(matches!(in_time("bomb", &bomb, &json!({})), Judgement::Unvalidated(_)));

    let itself = json!({ "$ref": "#" });
    assert_eq!(in_time("itself", &itself, &json!({ "a": 1 })), Judgement::Fit);

    let branching =
        json!({ "anyOf": vec![json!({ "properties": { "x": { "$ref": "#" } }, "required": ["y"] }); 10] });
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({ "x": deep });
    }
    in_time("branching", &branching, &deep);

    let choices: Vec<Value> = (0..100_000).map(|n| json!(format!("choice {n}"))).collect();
    let many: Vec<Value> = (0..50_000).map(|_| json!("none of them")).collect();
    let huge = json!({ "properties": { "a": { "items": { "enum": choices } } } });
    assert!(matches!(in_time("enum", &huge, &json!({ "a": many })), Judgement::Unvalidated(_)));

    let pattern = json!({ "properties": { "a": { "pattern": "^(a+)+$" } } });
    let text = format!("{}b", "a".repeat(100_000));
    assert!(matches!(in_time("backtracking", &pattern, &json!({ "a": text })), Judgement::Misfit(_)));

    let mut nested = json!({});
    for _ in 0..100 {
        nested = json!({ "properties": { "x": nested }, "items": nested });
        if nested.to_string().len() > 500_000 {
            break;
        }
    }
    assert_eq!(in_time("nested", &nested, &deep), Judgement::Fit);

    let chain: serde_json::Map<String, Value> =
        (0..5_000).map(|n| (format!("c{n}"), json!({ "$ref": format!("#/$defs/c{}", n + 1) }))).collect();
    in_time("chain", &json!({ "$ref": "#/$defs/c0", "$defs": chain }), &json!({}));
    let steps: serde_json::Map<String, Value> = (0..5_000)
        .map(|n| {
            (format!("c{n}"), json!({ "properties": { "x": { "$ref": format!("#/$defs/c{}", n + 1) } } }))
        })
        .collect();
    in_time("steps", &json!({ "$ref": "#/$defs/c0", "$defs": steps }), &deep);

    let enormous = json!({ "description": "x".repeat(2 << 20) });
    assert!(matches!(in_time("enormous", &enormous, &json!({})), Judgement::Unvalidated(_)));
}
