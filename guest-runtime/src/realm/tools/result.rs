//! What a tool answered, as the value a program gets.

use super::super::{define, json};
use super::error::value_of;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsNativeError, JsResult, JsString, JsValue, js_string};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `CallToolResult` of MCP (2025-11-25, server/tools). Unread parts stay text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallToolResult<'a> {
    #[serde(default, borrow)]
    content: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    structured_content: Option<&'a RawValue>,
    #[serde(default)]
    is_error: bool,
}

#[derive(Deserialize)]
struct TextContent {
    r#type: String,
    text: String,
}

/// What a tool said in place of a result.
pub(super) struct Failed {
    pub(super) message: String,
    pub(super) details: Option<JsValue>,
}

/// The value of `answer`: its structured content, else its only text (as JSON where it is JSON), else its
/// contents as they are.
pub(super) fn decode(
    answer: &RawValue,
    unwrap: bool,
    context: &mut Context,
) -> JsResult<Result<JsValue, Failed>> {
    let result: CallToolResult<'_> = serde_json::from_str(answer.get()).map_err(|error| {
        JsNativeError::error().with_message(format!("the server's result is not a CallToolResult: {error}"))
    })?;
    if result.is_error {
        return failed(&result, context).map(Err);
    }
    if let Some(structured) = value_of(result.structured_content, context)? {
        let wrapped = structured.as_object().filter(|_| unwrap);
        let value = match wrapped {
            Some(object) => object.get(js_string!("result"), context)?,
            None => structured,
        };
        beside(&value, &result.content, context)?;
        return Ok(Ok(value));
    }
    contents(&result.content, context).map(Ok)
}

/// Text beside a structure says the same again, a picture does not: then the structure has all contents as a `content`
/// that is not listed, unless it has one of its own.
fn beside(structured: &JsValue, content: &[&RawValue], context: &mut Context) -> JsResult<()> {
    let Some(object) = structured.as_object().filter(|_| content.iter().any(|one| text(one).is_none()))
    else {
        return Ok(());
    };
    if !object.has_own_property(js_string!("content"), context)? {
        let list = list(content, context)?;
        define(&object, "content", list, context)?;
    }
    Ok(())
}

fn list(content: &[&RawValue], context: &mut Context) -> JsResult<JsValue> {
    let values: JsResult<Vec<JsValue>> =
        content.iter().map(|one| json::incoming(one.get(), context)).collect();
    Ok(JsArray::from_iter(values?, context).into())
}

fn contents(content: &[&RawValue], context: &mut Context) -> JsResult<JsValue> {
    match content {
        [] => Ok(JsValue::undefined()),
        [only] => match text(only) {
            Some(text) => Ok(json::incoming(&text, context).unwrap_or_else(|_| JsString::from(text).into())),
            None => json::incoming(only.get(), context),
        },
        several => list(several, context),
    }
}

fn text(content: &RawValue) -> Option<String> {
    let content: TextContent = serde_json::from_str(content.get()).ok()?;
    (content.r#type == "text").then_some(content.text)
}

fn failed(result: &CallToolResult<'_>, context: &mut Context) -> JsResult<Failed> {
    let texts: Vec<String> = result.content.iter().filter_map(|content| text(content)).collect();
    let message =
        if texts.is_empty() { "the tool reports an error without a text".into() } else { texts.join("\n") };
    let details = match value_of(result.structured_content, context)? {
        Some(structured) => Some(structured),
        None => texts.first().and_then(|text| json::incoming(text, context).ok()).filter(JsValue::is_object),
    };
    Ok(Failed { message, details })
}
