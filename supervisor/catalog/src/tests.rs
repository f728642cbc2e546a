//! The catalog as a whole, built from definitions as upstream servers write them.

use crate::{Catalog, Coverage, Detail, FileError, SearchRequest, ServerDefinitions};
use guest_protocol::message::JsonType;
use guest_protocol::offers::{Offer, Offers};
use serde_json::{Value, json};

fn catalog(tools: Vec<Value>) -> Catalog {
    let tools = tools.into_iter().map(Into::into).collect();
    Catalog::build(vec![ServerDefinitions { name: "shop".into(), tools, ..ServerDefinitions::default() }])
}

/// The file of the only tool, named `t`, with this input schema.
fn file(input: &Value) -> String {
    let tool = json!({ "name": "t", "description": "Does it.", "inputSchema": input });
    catalog(vec![tool]).read("/servers/shop/t.ts").expect("the tool has a file")
}

fn signature(input: Value, output: Value) -> String {
    let tool = json!({ "name": "t", "inputSchema": input, "outputSchema": output });
    catalog(vec![tool]).tool("shop", "t").expect("the tool is there").signature().to_owned()
}

fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

fn search(catalog: &Catalog, query: &str) -> crate::SearchAnswer {
    catalog.search(&SearchRequest { query: query.into(), ..SearchRequest::default() })
}

#[test]
fn every_construct_has_its_type() {
    for (schema, expected) in [
        (json!({ "type": ["string", "null"] }), "string | null"),
        (json!({ "type": "integer", "nullable": true }), "number | null"),
        (json!({ "enum": ["a", 1, null] }), "\"a\" | 1 | null"),
        (json!({ "const": -2 }), "-2"),
        (json!({ "type": "array", "items": { "enum": ["a", "b"] } }), "(\"a\" | \"b\")[]"),
        (
            json!({ "prefixItems": [{ "type": "string" }, { "type": "number" }], "items": false }),
            "[string, number]",
        ),
        (
            json!({ "type": "array", "items": [{ "type": "string" }], "minItems": 0, "additionalItems": { "type": "null" } }),
            "[string?, ...null[]]",
        ),
        (
            json!({ "type": "object", "additionalProperties": { "type": "number" } }),
            "{ [key: string]: number }",
        ),
        (json!({ "patternProperties": { "^x-": { "type": "string" } } }), "{ [key: string]: string }"),
        (
            json!({ "allOf": [object(json!({ "a": { "type": "string" } })), { "required": ["a"] }] }),
            "{\n    a: string;\n  }",
        ),
        (json!({ "type": "string", "anyOf": [{ "enum": ["a"] }, { "enum": ["b"] }] }), "\"a\" | \"b\""),
        (json!({ "oneOf": [{ "type": "string" }, { "$ref": "#/components/schemas/Gone" }] }), "unknown"),
        (json!({ "not": {} }), "never"),
        (json!(false), "never"),
        (json!({ "type": "nonsense" }), "unknown"),
        (json!({ "allOf": [{ "type": "string" }, { "type": "number" }] }), "string & number"),
        (json!({ "allOf": [{ "const": 1 }, false] }), "never"),
        (json!({ "const": {} }), "{ [key: string]: never }"),
        (json!({ "$ref": 7, "type": ["string", 7] }), "unknown"),
        (json!({ "$ref": "#/properties/p" }), "P"),
        (json!({ "type": "string", "$ref": "https://example.com/x" }), "string"),
        (json!({ "type": "array", "items": 7 }), "unknown[]"),
        (json!({ "type": "object", "properties": ["a"], "required": "a" }), "{ [key: string]: unknown }"),
        (json!({ "enum": "a", "allOf": "b", "anyOf": {}, "oneOf": [] }), "unknown"),
        (json!({ "enum": vec!["a"; 300] }), "string"),
        (
            json!({ "properties": { "__proto__": { "type": "null" }, "*/": {} } }),
            "{\n    __proto__?: null;\n    \"*/\"?: unknown;\n  }",
        ),
        (json!(7), "unknown"),
    ] {
        let text = file(&object(json!({ "p": schema })));
        assert!(text.contains(&format!("  p?: {expected};\n")), "{schema}\n{text}");
    }
}

#[test]
fn references_become_declarations_and_circles_end() {
    let text = file(&json!({
        "type": "object",
        "properties": { "tree": { "$ref": "#/$defs/tree~1node" }, "loop": { "$ref": "#/$defs/A" }, "a-b": { "$ref": "#" } },
        "$defs": {
            "tree/node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/tree~1node" } } },
            "A": { "anyOf": [{ "$ref": "#/$defs/B" }, { "type": "null" }] },
            "B": { "$ref": "#/$defs/A" },
        },
    }));
    assert!(text.contains("next?: Tree1node"), "{text}");
    assert!(text.contains("export type B = unknown;"), "{text}");
    assert!(text.contains("\"a-b\"?: Node;"), "{text}");
}

#[test]
fn hostile_words_stay_in_their_comment() {
    let words = "Ends here */ export const owned = 1; /*\u{2028}\u{202e}x";
    let tool = json!({ "name": "t", "description": words, "inputSchema": object(json!({ "p": { "description": words } })) });
    let text = catalog(vec![tool]).read("/servers/shop/t").expect("found without .ts");
    assert!(!text.replace(" */\n", "").contains("*/"), "{text}");
    assert!(!text.contains('\u{202e}') && !text.contains('\u{2028}'));
}

#[test]
fn endless_and_enormous_schemas_are_bounded() {
    let mut deep = json!({ "type": "string" });
    for _ in 0..500 {
        deep = json!({ "type": "object", "properties": { "x": deep } });
    }
    assert!(file(&deep).contains("larger than is shown"));
    let itself =
        json!({ "allOf": vec![json!({ "$ref": "#" }); 50], "anyOf": vec![json!({ "$ref": "#" }); 50] });
    assert!(file(&itself).contains("export declare function t"));
    let wide: serde_json::Map<String, Value> = (0..20_000)
        .map(|n| (format!("property{n}"), json!({ "type": "string", "description": "x".repeat(100) })))
        .collect();
    let tool = json!({ "name": "t", "inputSchema": object(Value::Object(wide)) });
    let catalog = catalog(vec![tool]);
    assert!(catalog.read("/servers/shop/t.ts").is_ok_and(|text| text.len() < 512 * 1024));
    assert!(catalog.tool("shop", "t").is_some_and(|tool| tool.signature().chars().count() <= 300));
}

#[test]
fn signatures_are_one_short_line() {
    let order = json!({ "type": "object", "properties": { "id": { "type": "string" }, "total": { "type": "number" } }, "required": ["id"] });
    assert_eq!(
        signature(order.clone(), order),
        "t(args: { id: string; total?: number }): Promise<{ id: string; total?: number }>"
    );
    assert_eq!(signature(object(json!({})), json!(null)), "t(): Promise<unknown>");
    let wrapped = json!({ "type": "object", "properties": { "result": { "type": "string" } }, "x-fastmcp-wrap-result": true });
    assert_eq!(signature(object(json!({})), wrapped), "t(): Promise<string>");
    let many: serde_json::Map<String, Value> =
        (0..90).map(|n| (format!("parameter{n}"), json!({ "type": "string" }))).collect();
    let long = signature(object(Value::Object(many)), json!(null));
    assert!(long.chars().count() <= 300 && long.contains("more }"), "{long}");
}

#[test]
fn a_call_is_checked_against_what_the_schema_allows() {
    let catalog = catalog(vec![
        json!({ "name": "closed", "inputSchema": { "type": "object", "required": ["b"], "properties": {
            "a": { "type": ["integer", "null"] }, "b": { "$ref": "#/definitions/S" } }, "definitions": { "S": { "enum": ["x"] } } } }),
        json!({ "name": "variants", "inputSchema": { "type": "object", "oneOf": [
            { "properties": { "kind": {}, "x": {} }, "required": ["kind"] },
            { "properties": { "kind": {}, "y": {} }, "required": ["kind"] }] } }),
        json!({ "name": "free", "inputSchema": { "type": "object" } }),
        json!({ "name": "dangling", "inputSchema": { "$ref": "#/gone" } }),
        json!({ "name": "absurd", "inputSchema": 7, "outputSchema": "x" }),
    ]);
    let shape = catalog.shape("shop").expect("the server is there");
    let names = |tool: &str| {
        let tool = shape.tools.iter().find(|it| it.name == tool).expect("the tool is there");
        let parameters = tool.parameters.iter();
        (parameters.map(|it| (it.name.as_str(), it.required)).collect::<Vec<_>>(), tool.open)
    };
    assert_eq!(names("closed"), (vec![("b", true), ("a", false)], false));
    assert_eq!(names("variants"), (vec![("kind", true), ("x", false), ("y", false)], false));
    assert!(names("free").1 && names("dangling").1);
    let closed = &shape.tools.first().expect("the first tool").parameters;
    let types: Vec<_> = closed.iter().map(|it| it.types.clone()).collect();
    assert_eq!(types, [vec![JsonType::String], vec![JsonType::Integer, JsonType::Null]]);
}

#[test]
fn malformed_tools_do_not_take_the_others_with_them() {
    let catalog = catalog(vec![
        json!(null),
        json!({}),
        json!({ "name": 3 }),
        json!({ "name": "ok" }),
        json!({ "name": "ok" }),
    ]);
    assert_eq!(catalog.shape("shop").map(|shape| shape.tools.len()), Some(1));
    assert!(catalog.read("/servers/shop/README.md").is_ok_and(|text| text.contains("4 of its definitions")));
}

#[test]
fn both_names_reach_a_tool_and_errors_name_the_nearest() {
    let definitions = ["get-order", "delete"].map(|name| json!({ "name": name }).into());
    let mut servers =
        vec![ServerDefinitions { name: "my-shop".into(), tools: definitions.into(), ..Default::default() }];
    servers.push(ServerDefinitions {
        name: "mail".into(),
        failed: Some("exited with 1".into()),
        ..Default::default()
    });
    let catalog = Catalog::build(servers);
    for (server, tool) in [("my-shop", "get-order"), ("myShop", "getOrder"), ("my-shop", "delete_")] {
        assert!(catalog.tool(server, tool).is_some(), "{server} {tool}");
    }
    assert!(catalog.unknown_server("myshp").contains("Did you mean tools.myShop?"));
    assert!(catalog.unknown_tool("myShop", "getOrdr").contains("Did you mean tools.myShop.getOrder("));
    assert!(catalog.unknown_tool("mail", "send").contains("not available"));
    assert!(matches!(catalog.read("/servers/myShop"), Err(FileError::IsDirectory { .. })));
    assert!(matches!(catalog.list("/servers/my-shop/getOrder.ts"), Err(FileError::NotDirectory { .. })));
    let missing = catalog.read("/servers/myShop/../../etc/passwd").expect_err("there is no such file");
    assert!(
        missing.to_string().contains("has no tool") || missing.to_string().contains("files only"),
        "{missing}"
    );
    let listed: Vec<_> =
        catalog.list("/servers/myShop/").expect("a directory").into_iter().map(|it| it.name).collect();
    assert_eq!(listed, ["README.md", "delete_.ts", "getOrder.ts", "index.ts"]);
}

#[test]
fn search_ranks_pages_and_says_what_is_missing() {
    let tools =
        (0..30).map(|n| json!({ "name": format!("list_orders_{n:02}"), "description": "Lists orders." }));
    let other = json!({ "name": "sendMail", "description": "Sends a mail to a customer." });
    let catalog = catalog(tools.chain([other]).collect());
    assert_eq!(
        search(&catalog, "mail the customers").results.first().map(|hit| hit.call.as_str()),
        Some("tools.shop.sendMail")
    );
    let mut request = SearchRequest {
        query: "orders".into(),
        detail: Detail::Names,
        limit: Some(20),
        ..Default::default()
    };
    let first = catalog.search(&request);
    assert_eq!((first.total, first.coverage), (30, Coverage::Partial { shown: 20, total: 30 }));
    request.cursor = first.cursor;
    let second = catalog.search(&request);
    assert_eq!(
        (second.results.len(), second.coverage, second.cursor.clone()),
        (10, Coverage::Complete, None)
    );
    assert_eq!(second.results.first().map(|hit| hit.tool.as_str()), Some("list_orders_20"));
    request.query = "mail".into();
    assert!(catalog.search(&request).note.is_some_and(|note| note.contains("another query")));
    assert_eq!(search(&catalog, "custmoer").did_you_mean, ["tools.shop.sendMail"]);
    assert_eq!(search(&catalog, " ").servers.first().map(|hit| hit.tools), Some(31));
}

#[test]
fn a_full_answer_stays_within_what_a_model_can_take() {
    let words = "word ".repeat(1_500);
    let tools = (0..40).map(|n| json!({ "name": format!("report_{n}"), "description": words }));
    let request =
        SearchRequest { query: "report".into(), detail: Detail::Full, limit: Some(40), ..Default::default() };
    let answer = catalog(tools.collect()).search(&request);
    assert!(serde_json::to_string(&answer).is_ok_and(|text| text.len() < 40_000));
    assert!(matches!(answer.coverage, Coverage::Partial { total: 40, .. }));
}

#[test]
fn definitions_that_tools_share_are_printed_once_and_others_told_apart() {
    let tool = |name: &str, schema: Value| json!({ "name": name, "inputSchema": schema });
    let with = |leaf: Value| {
        json!({ "type": "object", "properties": { "node": { "$ref": "#/$defs/Node" } }, "$defs": {
            "Node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/Node" }, "leaf": { "$ref": "#/$defs/Leaf" } } },
            "Leaf": leaf } })
    };
    let (text, number) = (json!({ "enum": ["a"] }), json!({ "type": "number" }));
    let mut tools = vec![
        tool("b", with(number.clone())),
        tool("a", with(text.clone())),
        tool("c", with(text)),
        tool("d", with(number)),
        tool("e", with(json!({ "type": "boolean" }))),
    ];
    let read = |tools: &[Value], path: &str| {
        catalog(tools.to_vec()).read(&format!("/servers/shop/{path}")).unwrap_or_default()
    };
    let types = read(&tools, "types.ts");
    for line in [
        "export type Leaf = \"a\";",
        "export type Leaf2 = number;",
        "export interface Node {\n  next?: Node;\n  leaf?: Leaf;\n}",
        "export interface Node2 {\n  next?: Node2;\n  leaf?: Leaf2;\n}",
    ] {
        assert_eq!(types.matches(line).count(), 1, "{line}\n{types}");
    }
    assert!(!types.contains("boolean"), "{types}");
    let (b, e) = (read(&tools, "b.ts"), read(&tools, "e.ts"));
    assert!(
        b.contains("import type { Node2 as Node } from \"./types.ts\";") && !b.contains("interface Node"),
        "{b}"
    );
    assert!(e.contains("export type Leaf = boolean;") && !e.contains("import"), "{e}");
    tools.reverse();
    assert_eq!(read(&tools, "types.ts"), types);
    assert_eq!(read(&tools, "b.ts"), b);
    assert!(read(&tools[..1], "README.md").contains("1 tool") && read(&tools[..1], "types.ts").is_empty());
}

#[test]
fn a_server_says_what_it_has_besides_tools() {
    let offers = Offers { resources: true, prompts: false };
    let docs = ServerDefinitions { name: "docs".into(), offers, ..ServerDefinitions::default() };
    let plain = ServerDefinitions { name: "plain".into(), ..ServerDefinitions::default() };
    let catalog = Catalog::build(vec![docs, plain]);
    let readme = |server: &str| catalog.read(&format!("/servers/{server}/README.md")).unwrap_or_default();
    assert!(
        readme("docs").contains("resources.read(\"docs\", uri: string)")
            && !readme("docs").contains("prompts")
    );
    assert!(!readme("plain").contains("resources"));
    assert!(catalog.read("/servers/README.md").is_ok_and(|text| text.contains("0 tools, resources\n")));
    let listed = catalog.search(&SearchRequest::default()).servers;
    assert_eq!(listed.iter().map(|hit| hit.also).collect::<Vec<_>>(), [Some("resources"), None]);
    assert!(catalog.not_offered("plain", Offer::Resources).contains("Servers that have some: docs"));
    assert!(catalog.not_offered("docs", Offer::Prompts).contains("no other server has any"));
}

#[test]
fn the_tree_can_be_listed_to_its_leaves() {
    let catalog = catalog(vec![json!({ "name": "get-order" })]);
    let names = |path: &str| -> Vec<String> {
        catalog.list_all(path).unwrap_or_default().into_iter().map(|entry| entry.name).collect()
    };
    assert_eq!(
        names("/servers/"),
        ["README.md", "index.ts", "shop", "shop/README.md", "shop/getOrder.ts", "shop/index.ts"]
    );
    assert_eq!(names("/").len(), 7);
    assert!(catalog.stat("/servers/shop/").is_ok_and(|it| it.directory && it.size == 0));
    assert!(catalog.stat("/servers/shop/getOrder").is_ok_and(|it| !it.directory && it.size > 0));
    assert!(catalog.stat("/servers/shop/none").is_err());
}
