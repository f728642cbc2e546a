//! What the shop's tools are called, take and give.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::answers::{MAX_EXPORT, MAX_LIMIT, MAX_SECONDS};
use super::data::{KINDS, STATUSES};

/// All tools, in the order they are listed.
pub(super) fn all() -> Vec<Tool> {
    let mut tools = vec![
        list("customers", customer(), json!({})),
        get("customer", "C-0001", customer()),
        list("orders", order(), json!({})),
        get("order", "O-00001", order_in_full()),
        search_orders(),
        list(
            "invoices",
            invoice(),
            json!({ "unpaidOnly": { "type": "boolean", "description": "Only those not paid." } }),
        ),
        get("invoice", "I-00001", invoice()),
        list(
            "documents",
            document(),
            json!({ "kind": { "enum": KINDS, "description": "Only those of this kind." } }),
        ),
        get("document", "D-001", document_in_full()),
        create_refund(),
        export_orders(),
        slow_report(),
        get_logo(),
    ];
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    tools
}

fn list(what: &'static str, one: Value, more: Value) -> Tool {
    let mut takes = json!({
        "all": { "type": "boolean", "description": "All of them at once. page and limit are then not looked at." },
        "page": { "type": "integer", "minimum": 1, "default": 1 },
        "limit": { "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50 },
    });
    if let (Some(takes), Value::Object(more)) = (takes.as_object_mut(), more) {
        takes.extend(more);
    }
    let gives = json!({
        what: { "type": "array", "items": one },
        "total": { "type": "integer", "description": "How many there are on all pages." },
        "page": { "type": "integer" },
        "pages": { "type": "integer" },
    });
    let description =
        format!("Lists {what}: a page of them, or all of them at once. Amounts are in cents (EUR).");
    reads(Tool::new(format!("list_{what}"), description, object(takes, &[])), gives)
}

fn get(what: &'static str, example: &str, gives: Value) -> Tool {
    let takes = json!({ "id": { "type": "string", "description": format!("As in {example}.") } });
    let tool =
        Tool::new(format!("get_{what}"), format!("Gets one {what} by its id."), object(takes, &["id"]));
    reads(tool, gives.get("properties").cloned().unwrap_or_default())
}

fn search_orders() -> Tool {
    let takes = json!({
        "customerId": { "type": "string" },
        "status": { "enum": STATUSES },
        "from": { "type": "string", "format": "date", "description": "Of this day or later, YYYY-MM-DD." },
        "to": { "type": "string", "format": "date", "description": "Of this day or earlier, YYYY-MM-DD." },
        "minCents": { "type": "integer", "minimum": 0 },
        "maxCents": { "type": "integer", "minimum": 0 },
        "limit": { "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50 },
    });
    let gives = json!({
        "orders": { "type": "array", "items": order() },
        "total": { "type": "integer", "description": "How many match, those over the limit included." },
    });
    let description =
        "Finds orders by customer, status, day and amount; every filter that is given must match.";
    reads(Tool::new("search_orders", description, object(takes, &[])), gives)
}

fn create_refund() -> Tool {
    let takes = json!({
        "orderId": { "type": "string" },
        "amountCents": { "type": "integer", "minimum": 1 },
        "reason": { "type": "string", "maxLength": 500 },
    });
    let gives = json!({
        "id": { "type": "string" },
        "orderId": { "type": "string" },
        "amountCents": { "type": "integer" },
        "reason": { "type": "string" },
    });
    let description =
        "Refunds a part of an order. The same order, amount and reason again is the same refund.";
    let takes = object(takes, &["orderId", "amountCents", "reason"]);
    let hints = ToolAnnotations::new().read_only(false).destructive(false).idempotent(true).open_world(false);
    Tool::new("create_refund", description, takes)
        .with_raw_output_schema(all_of(gives))
        .with_annotations(hints)
}

fn export_orders() -> Tool {
    let takes = json!({
        "bytes": {
            "type": "integer", "minimum": 1, "maximum": MAX_EXPORT,
            "description": "About how long: the orders are repeated or cut. All of them once where it is not given.",
        },
    });
    let gives = json!({ "csv": { "type": "string" }, "rows": { "type": "integer" } });
    reads(Tool::new("export_orders", "Exports the orders as CSV, one a line.", object(takes, &[])), gives)
}

fn get_logo() -> Tool {
    let hints = ToolAnnotations::new().read_only(true).open_world(false);
    Tool::new("get_logo", "Gets the shop's logo: an image.", object(json!({}), &[])).with_annotations(hints)
}

fn slow_report() -> Tool {
    let takes = json!({ "seconds": { "type": "number", "minimum": 0, "maximum": MAX_SECONDS } });
    let gives = json!({ "revenueCents": { "type": "integer" }, "seconds": { "type": "number" } });
    let description = "Adds up the year's revenue, as slowly as asked, and tells its progress.";
    reads(Tool::new("slow_report", description, object(takes, &["seconds"])), gives)
}

fn reads(tool: Tool, gives: Value) -> Tool {
    let hints = ToolAnnotations::new().read_only(true).open_world(false);
    tool.with_raw_output_schema(all_of(gives)).with_annotations(hints)
}

fn customer() -> Value {
    described(json!({
        "id": { "type": "string" }, "name": { "type": "string" }, "email": { "type": "string" },
        "country": { "type": "string", "description": "ISO 3166, two letters." }, "city": { "type": "string" },
        "since": { "type": "string", "format": "date" },
    }))
}

fn order() -> Value {
    described(json!({
        "id": { "type": "string" }, "customerId": { "type": "string" },
        "date": { "type": "string", "format": "date" }, "status": { "enum": STATUSES },
        "totalCents": { "type": "integer" },
    }))
}

fn order_in_full() -> Value {
    let item = described(json!({
        "article": { "type": "string" }, "quantity": { "type": "integer" }, "priceCents": { "type": "integer" },
    }));
    with(
        order(),
        "items",
        json!({ "type": "array", "items": item }),
        "refundedCents",
        json!({ "type": "integer" }),
    )
}

fn invoice() -> Value {
    described(json!({
        "id": { "type": "string" }, "orderId": { "type": "string" }, "customerId": { "type": "string" },
        "issued": { "type": "string", "format": "date" }, "amountCents": { "type": "integer" },
        "paid": { "type": "boolean" },
    }))
}

fn document() -> Value {
    described(json!({
        "id": { "type": "string" }, "kind": { "enum": KINDS }, "title": { "type": "string" },
        "customerId": { "type": "string" }, "orderId": { "type": "string" },
    }))
}

fn document_in_full() -> Value {
    let text = json!({ "type": "string" });
    with(document(), "text", text, "words", json!({ "type": "integer" }))
}

fn with(mut schema: Value, name: &str, one: Value, other_name: &str, other: Value) -> Value {
    schema["properties"][name] = one;
    schema["properties"][other_name] = other;
    Value::Object(all_of(schema["properties"].take()).as_ref().clone())
}

fn described(properties: Value) -> Value {
    Value::Object(all_of(properties).as_ref().clone())
}

/// An object in which every property is there.
fn all_of(properties: Value) -> Arc<Map<String, Value>> {
    let names: Vec<String> =
        properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    object(properties, &names)
}

fn object(properties: Value, required: &[&str]) -> Arc<Map<String, Value>> {
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties);
    schema.insert("required".into(), required.into());
    schema.insert("additionalProperties".into(), false.into());
    Arc::new(schema)
}
