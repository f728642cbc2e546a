//! What the shop has besides tools: documents to read, and a letter to fill in.

use rmcp::model::{
    ErrorData, GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate, Role,
};
use serde_json::{Value, json};

use super::answers::Shop;

/// A picture of 24 by 24 pixels, as it is sent.
const LOGO: &str = include_str!("logo.png.base64");
const LOGO_TYPE: &str = "image/png";

const TERMS: &str = "# Returns\n\nGoods can be sent back within 30 days. We refund what was paid, without the \
    postage. Opened software is not taken back.\n";

const ORDERS: &str = "shop://orders/";

/// The shop's logo, base64.
pub(super) fn logo() -> (&'static str, &'static str) {
    (LOGO.trim_end(), LOGO_TYPE)
}

pub(super) fn resources() -> Vec<Resource> {
    vec![
        Resource::new("shop://terms", "terms")
            .with_description("What can be sent back, and until when.")
            .with_mime_type("text/markdown"),
        Resource::new("shop://logo", "logo").with_description("The shop's logo.").with_mime_type(LOGO_TYPE),
    ]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{ORDERS}{{id}}"), "order")
            .with_description("One order with its items.")
            .with_mime_type("application/json"),
    ]
}

pub(super) fn read(shop: &Shop, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let contents = match uri {
        "shop://terms" => ResourceContents::text(TERMS, uri).with_mime_type("text/markdown"),
        "shop://logo" => ResourceContents::blob(logo().0, uri).with_mime_type(LOGO_TYPE),
        _ => {
            let order = uri.strip_prefix(ORDERS).and_then(|id| shop.order(id));
            let order = order.ok_or_else(|| {
                ErrorData::resource_not_found(format!("there is no {uri}"), Some(json!({ "uri": uri })))
            })?;
            ResourceContents::text(order.to_string(), uri).with_mime_type("application/json")
        }
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

pub(super) fn prompts() -> Vec<Prompt> {
    let order = PromptArgument::new("orderId").with_description("As in O-00001.").with_required(true);
    let tone = PromptArgument::new("tone").with_description("friendly (the default) or firm");
    vec![Prompt::new(
        "ask_for_review",
        Some("Asks for a letter to whoever ordered."),
        Some(vec![order, tone]),
    )]
}

pub(super) fn prompt(
    shop: &Shop,
    name: &str,
    arguments: Option<&JsonObject>,
) -> Result<GetPromptResult, ErrorData> {
    if name != "ask_for_review" {
        return Err(ErrorData::invalid_params(format!("there is no prompt {name}"), None));
    }
    let text = |name: &str| arguments.and_then(|all| all.get(name)).and_then(Value::as_str);
    let order = text("orderId").and_then(|id| shop.order(id));
    let order = order.ok_or_else(|| ErrorData::invalid_params("orderId names no order", None))?;
    let tone = text("tone").unwrap_or("friendly");
    let words = format!("Write a short, {tone} letter that asks for a review of this order: {order}");
    let messages = vec![PromptMessage::new_text(Role::User, words)];
    Ok(GetPromptResult::new(messages).with_description("A letter that asks for a review"))
}
