//! A server's tools, read leniently: what is wrong with one tool does not hide the others.

use std::collections::HashSet;
use std::time::Duration;

use rmcp::model::{ClientRequest, ErrorCode, ListToolsRequest, PaginatedRequestParams};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::connection::{Connection, Unanswered};

/// Most pages of one listing.
const MAX_PAGES: usize = 500;
/// Most tools of one server. The largest known, Microsoft Graph, has 11,422 operations.
const MAX_TOOLS: usize = 20_000;
/// Most bytes of one listing, all pages together.
const MAX_BYTES: usize = 64 << 20;
/// Longest definition of one tool, bytes. The largest known, of Kubernetes, has 315 KB.
const MAX_TOOL_BYTES: usize = 2 << 20;
/// Longest name of a tool, bytes. The specification says 128 characters; longer ones are seen.
const MAX_NAME: usize = 256;
/// Most reasons that are kept.
const MAX_DROPPED: usize = 100;

/// The tools of a server.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Listing {
    /// Each as it was sent.
    pub(super) tools: Vec<Value>,
    /// Their names.
    pub(super) names: HashSet<String>,
    /// What was left out, and why.
    pub(super) dropped: Vec<String>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
    #[serde(default, rename = "nextCursor")]
    next_cursor: Option<String>,
}

/// Asks for all pages.
///
/// # Errors
/// When a page cannot be had. A listing that is too long is cut, and says so.
pub(super) async fn list(connection: &Connection, patience: Duration) -> Result<Listing, String> {
    let mut listing = Listing::default();
    let mut cursor = None;
    let mut seen = HashSet::new();
    let mut bytes = 0;
    for _ in 0..MAX_PAGES {
        let Some(text) = page(connection, cursor, patience).await? else {
            return Ok(listing);
        };
        bytes += text.len();
        let page: Page<'_> = serde_json::from_str(&text)
            .map_err(|error| format!("its tools/list is not a listing: {error}"))?;
        for tool in page.tools {
            listing.add(tool);
        }
        let Some(next) = page.next_cursor.filter(|next| !next.is_empty()) else {
            return Ok(listing);
        };
        if bytes > MAX_BYTES || listing.tools.len() >= MAX_TOOLS {
            listing.drop(format!("the rest of the listing: over {MAX_BYTES} bytes or {MAX_TOOLS} tools"));
            return Ok(listing);
        }
        if !seen.insert(next.clone()) {
            listing.drop("the rest of the listing: the server gave the same cursor twice".into());
            return Ok(listing);
        }
        cursor = Some(next);
    }
    listing.drop(format!("the rest of the listing: over {MAX_PAGES} pages"));
    Ok(listing)
}

/// The text of one page; `None` where the server has no tools at all.
async fn page(
    connection: &Connection,
    cursor: Option<String>,
    patience: Duration,
) -> Result<Option<String>, String> {
    let params = PaginatedRequestParams::default().with_cursor(cursor);
    let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
    match connection.request(request, patience).await {
        Ok(text) => Ok(Some(text)),
        Err(Unanswered::Refused(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => Ok(None),
        Err(Unanswered::Refused(error)) => Err(format!("it refused tools/list: {}", error.message)),
        Err(Unanswered::Late(time)) => {
            Err(format!("it did not answer tools/list within {} ms", time.as_millis()))
        }
        Err(Unanswered::Closed { why, .. }) => Err(format!("while it was asked for its tools, {why}")),
    }
}

impl Listing {
    fn add(&mut self, text: &RawValue) {
        if self.tools.len() >= MAX_TOOLS {
            return self.drop(format!("a tool after the first {MAX_TOOLS}"));
        }
        match check(text.get(), &self.names) {
            Ok((name, tool)) => {
                self.names.insert(name);
                self.tools.push(tool);
            }
            Err(why) => self.drop(why),
        }
    }

    fn drop(&mut self, what: String) {
        if self.dropped.len() < MAX_DROPPED {
            self.dropped.push(what);
        }
    }
}

/// A tool that can be called has a name of its own and an object for its schema; the rest may be as it is.
fn check(text: &str, names: &HashSet<String>) -> Result<(String, Value), String> {
    if text.len() > MAX_TOOL_BYTES {
        return Err(format!("a tool of {} bytes; at most {MAX_TOOL_BYTES} are read", text.len()));
    }
    let tool: Value =
        serde_json::from_str(text).map_err(|error| format!("a tool that cannot be read: {error}"))?;
    let name = match tool.get("name") {
        Some(Value::String(name)) if !name.is_empty() && name.len() <= MAX_NAME => name.clone(),
        Some(Value::String(_)) => return Err(format!("a tool whose name is empty or over {MAX_NAME} bytes")),
        _ => return Err("a tool without a name".into()),
    };
    if name.chars().any(char::is_control) {
        return Err(format!("{name:?}: control characters in its name"));
    }
    if !tool.get("inputSchema").is_some_and(Value::is_object) {
        return Err(format!("{name}: its inputSchema is not an object"));
    }
    if tool.get("description").is_some_and(|text| !text.is_string() && !text.is_null()) {
        return Err(format!("{name}: its description is not a text"));
    }
    if names.contains(&name) {
        return Err(format!("{name}: a second tool of this name"));
    }
    Ok((name, tool))
}

#[cfg(test)]
mod tests {
    use super::Listing;

    #[test]
    fn one_malformed_tool_does_not_hide_the_others() {
        let tools = r#"[{"name":"a","inputSchema":{},"x":1},{"name":"b"},{"name":"c","inputSchema":true},3,
            {"inputSchema":{}},{"name":"a","inputSchema":{}},{"name":"d","inputSchema":{},"outputSchema":true}]"#;
        let mut listing = Listing::default();
        for tool in serde_json::from_str::<Vec<&serde_json::value::RawValue>>(tools).unwrap_or_default() {
            listing.add(tool);
        }
        let names: Vec<_> = listing.tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, ["a", "d"]);
        assert_eq!(listing.tools[0]["x"], 1);
        assert_eq!(listing.dropped.len(), 5, "{:?}", listing.dropped);
    }
}
