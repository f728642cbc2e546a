//! From the text of a result to a result: known to be one and to be small enough, and otherwise left as it came.
//! It only passes through on its way to the guest, so it is looked at, not parsed into a tree.

use guest_protocol::limits::{Limits, check_json};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::CallFailure;

/// Longer texts are looked through where they do not hold up the connections.
const READ_IN_PLACE: usize = 1 << 20;

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct CallResult {
    /// The `CallToolResult`, exactly as it was sent.
    pub(crate) text: Box<RawValue>,
    /// Whether it says that it is an error.
    pub(crate) is_error: bool,
}

/// What makes a result one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Of a tool: `content`, where there is any, is a list.
    Content,
    /// Of a resource: `contents` is a list.
    Contents,
    /// Of a prompt: `messages` is a list.
    Messages,
    /// Nothing but its size.
    Any,
}

/// Reads a result. `tool` is a tool's name, or a method's.
///
/// # Errors
/// When it is too long, too deep, has too many values, or is not what is wanted.
pub(super) async fn read(
    text: String,
    limit_bytes: usize,
    server: &str,
    tool: &str,
    wanted: Wanted,
) -> Result<CallResult, CallFailure> {
    if text.len() > limit_bytes {
        return Err(CallFailure::too_long(server, tool, text.len(), limit_bytes));
    }
    let result = if text.len() > READ_IN_PLACE {
        let result = tokio::task::spawn_blocking(move || look(text, wanted)).await;
        result.unwrap_or_else(|_| Err(Unfit::NoResult("text that could not be read".into())))
    } else {
        look(text, wanted)
    };
    result.map_err(|unfit| match unfit {
        Unfit::TooComplex(how) => CallFailure::too_complex(server, tool, &how),
        Unfit::NoResult(what) => CallFailure::no_result(server, tool, &what),
    })
}

enum Unfit {
    TooComplex(guest_protocol::limits::JsonTooLarge),
    NoResult(String),
}

/// The members of a result that say what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    contents: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    is_error: Option<&'a RawValue>,
    #[serde(borrow)]
    result_type: Option<&'a RawValue>,
}

fn look(text: String, wanted: Wanted) -> Result<CallResult, Unfit> {
    let Limits { json_depth, json_nodes, .. } = Limits::default();
    // One level is the envelope's, on the way to the guest.
    check_json(text.as_bytes(), json_depth - 1, json_nodes).map_err(Unfit::TooComplex)?;
    let no_result = |what: &str| Unfit::NoResult(what.into());
    let no_json = |error: serde_json::Error| Unfit::NoResult(format!("text that is no JSON: {error}"));
    let text = RawValue::from_string(text).map_err(no_json)?;
    if !text.get().starts_with('{') {
        return Err(no_result("something that is no object"));
    }
    let members: Members<'_> = serde_json::from_str(text.get()).map_err(no_json)?;
    let is_list = |member: &RawValue| member.get().starts_with('[');
    match wanted {
        Wanted::Content if !members.content.is_none_or(is_list) => {
            return Err(no_result("content that is no array"));
        }
        Wanted::Contents if !members.contents.is_some_and(is_list) => {
            return Err(no_result("something without a list of contents"));
        }
        Wanted::Messages if !members.messages.is_some_and(is_list) => {
            return Err(no_result("something without a list of messages"));
        }
        _ => {}
    }
    match members.result_type.map(RawValue::get) {
        None | Some(r#""complete""#) => {}
        Some(r#""input_required""#) => {
            return Err(no_result("a question to a person, which nobody here can answer"));
        }
        Some(r#""task""#) => {
            return Err(no_result("a task to ask for later, which it was not invited to do"));
        }
        Some(_) => return Err(no_result("a kind of result that is not known")),
    }
    let is_error =
        wanted == Wanted::Content && members.is_error.is_some_and(|is_error| is_error.get() == "true");
    Ok(CallResult { text, is_error })
}
