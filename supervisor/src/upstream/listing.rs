//! A server's tools, read leniently: what is wrong with one tool does not hide the others.

use std::collections::HashSet;
use std::time::Duration;

use catalog::ToolText;
use rmcp::model::{ClientRequest, ErrorCode, ListToolsRequest, PaginatedRequestParams};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::connection::{Connection, Unanswered};
use super::http::{MirrorsOfTools, of_schema};

/// Most pages of one listing.
const MAX_PAGES: usize = 500;
/// Most tools of one server. The largest known, Microsoft Graph, has 11,422 operations.
const MAX_TOOLS: usize = 20_000;
/// Most bytes of one listing that are read, all pages together.
const MAX_BYTES: usize = 256 << 20;
/// Bytes of one listing that are kept; later tools lose their schemas. The largest known, of Kubernetes, has 14.5 MB.
const MAX_KEPT_BYTES: usize = 32 << 20;
/// Longest definition of one tool that is kept whole, bytes. The largest known, of Kubernetes, has 315 KB.
const MAX_TOOL_BYTES: usize = 2 << 20;
/// Bytes of a description that is kept of a tool without its schemas.
const MAX_WORDS: usize = 2_000;
/// Longest name of a tool, bytes. The specification says 128 characters; longer ones are seen.
const MAX_NAME: usize = 256;
/// Most reasons that are kept.
const MAX_LOST: usize = 100;

/// The tools of a server.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Listing {
    /// Each as it was sent, unless `lost` says otherwise.
    pub(super) tools: Vec<ToolText>,
    /// Their names.
    pub(super) names: HashSet<String>,
    /// Which arguments are sent in headers too.
    pub(super) mirrors: MirrorsOfTools,
    /// For how long the server says that it stays as it is, milliseconds; 0 where it does not say.
    pub(super) ttl_ms: u64,
    /// What was left out, and why: the first of it.
    lost: Vec<String>,
    /// How much more was left out.
    lost_beyond: usize,
    /// Of the tools, bytes.
    kept: usize,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
    #[serde(default, rename = "nextCursor")]
    next_cursor: Option<String>,
    #[serde(default, borrow, rename = "ttlMs")]
    ttl_ms: Option<&'a RawValue>,
    /// Set by [`super::cut`], not by a server.
    #[serde(default, rename = "oubliette/cut")]
    cut: Option<String>,
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
        if let Some(why) = page.cut {
            listing.lose(format!("the rest of the listing: {why}"));
        }
        listing.ttl_ms = page.ttl_ms.and_then(|ttl| ttl.get().parse().ok()).unwrap_or(0);
        for tool in page.tools {
            listing.add(tool, connection.has_headers());
        }
        let Some(next) = page.next_cursor.filter(|next| !next.is_empty()) else {
            return Ok(listing);
        };
        if bytes > MAX_BYTES || listing.tools.len() >= MAX_TOOLS {
            listing.lose(format!("the rest of the listing: over {MAX_BYTES} bytes or {MAX_TOOLS} tools"));
            return Ok(listing);
        }
        if !seen.insert(next.clone()) {
            listing.lose("the rest of the listing: the server gave the same cursor twice".into());
            return Ok(listing);
        }
        cursor = Some(next);
    }
    listing.lose(format!("the rest of the listing: over {MAX_PAGES} pages"));
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
        Err(Unanswered::Lost(loss)) => Err(format!("asked for its tools: {}", loss.why)),
        Err(Unanswered::Closed { why, .. }) => Err(format!("while it was asked for its tools, {why}")),
    }
}

impl Listing {
    /// What was left out, and why; its last line counts what is not listed.
    pub(super) fn lost(&self) -> Vec<String> {
        let more = (self.lost_beyond > 0).then(|| format!("the same of {} more", self.lost_beyond));
        self.lost.iter().cloned().chain(more).collect()
    }

    /// `with_headers`: arguments may be mirrored into headers, and a tool with wrong ones must be left out.
    fn add(&mut self, text: &RawValue, with_headers: bool) {
        if self.tools.len() >= MAX_TOOLS {
            return self.lose(format!("a tool after the first {MAX_TOOLS}"));
        }
        let tool = ToolText::new(text);
        let checked = check(&tool, &self.names).and_then(|name| {
            let schema = tool.fields().get("inputSchema").unwrap_or_default().to_owned();
            let mirrors = if with_headers { of_schema(&schema) } else { Ok(Vec::new()) };
            mirrors.map(|mirrors| (name.clone(), mirrors)).map_err(|why| format!("{name}: {why}"))
        });
        match checked {
            Ok((name, mirrors)) => {
                if !mirrors.is_empty() {
                    self.mirrors.insert(name.clone(), mirrors);
                }
                let tool = self.within_bounds(tool, &name);
                self.kept += tool.bytes();
                self.names.insert(name);
                self.tools.push(tool);
            }
            Err(why) => self.lose(why),
        }
    }

    /// The tool, or what can be called of it where there is no room for all that it says.
    fn within_bounds(&mut self, tool: ToolText, name: &str) -> ToolText {
        let bytes = tool.bytes();
        if bytes > MAX_TOOL_BYTES {
            self.lose(format!(
                "{name}: its schemas; it has {bytes} bytes, at most {MAX_TOOL_BYTES} are kept"
            ));
        } else if self.kept + bytes > MAX_KEPT_BYTES {
            self.lose(format!(
                "{name}: its schemas; those before it fill the {MAX_KEPT_BYTES} bytes that are kept"
            ));
        } else {
            return tool;
        }
        let mut words = tool.fields().words("description").unwrap_or_default();
        words.truncate(words.floor_char_boundary(MAX_WORDS));
        json!({ "name": name, "description": words, "inputSchema": { "type": "object" } }).into()
    }

    fn lose(&mut self, what: String) {
        if self.lost.len() < MAX_LOST {
            self.lost.push(what);
        } else {
            self.lost_beyond += 1;
        }
    }
}

/// The name of a tool that can be called: one of its own, and an object for its schema; the rest may be as it is.
fn check(tool: &ToolText, names: &HashSet<String>) -> Result<String, String> {
    let fields = tool.fields();
    let name = match fields.words("name") {
        Some(name) if !name.is_empty() && name.len() <= MAX_NAME => name,
        Some(_) => return Err(format!("a tool whose name is empty or over {MAX_NAME} bytes")),
        None => return Err("a tool without a name".into()),
    };
    if name.chars().any(char::is_control) {
        return Err(format!("{name:?}: control characters in its name"));
    }
    if !fields.get("inputSchema").is_some_and(|text| text.starts_with('{')) {
        return Err(format!("{name}: its inputSchema is not an object"));
    }
    if fields.get("description").is_some_and(|text| !text.starts_with('"') && text != "null") {
        return Err(format!("{name}: its description is not a text"));
    }
    if names.contains(&name) {
        return Err(format!("{name}: a second tool of this name"));
    }
    Ok(name)
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
            listing.add(tool, false);
        }
        let names: Vec<_> = listing.tools.iter().filter_map(|tool| tool.fields().words("name")).collect();
        assert_eq!(names, ["a", "d"]);
        assert_eq!(listing.tools[0].fields().get("x"), Some("1"));
        assert_eq!(listing.lost().len(), 5, "{:?}", listing.lost());
    }

    #[test]
    fn a_tool_that_says_too_much_loses_its_schemas_and_stays() {
        let much = format!(
            r#"{{"name":"much","description":"Does much.","inputSchema":{{"description":"{}"}}}}"#,
            "x".repeat(super::MAX_TOOL_BYTES)
        );
        let mut listing = Listing::default();
        for text in [&*much, r#"{"name":"deep","inputSchema":{"a":[[[1]]]}}"#] {
            let text = serde_json::value::RawValue::from_string(text.to_owned()).expect("it is JSON");
            listing.add(&text, false);
        }
        let fields = listing.tools[0].fields();
        assert_eq!(
            (fields.words("name"), fields.words("description")),
            (Some("much".into()), Some("Does much.".into()))
        );
        assert_eq!(fields.get("inputSchema"), Some(r#"{"type":"object"}"#));
        assert_eq!(listing.tools[1].fields().get("inputSchema"), Some(r#"{"a":[[[1]]]}"#));
        assert!(listing.lost()[0].starts_with("much: its schemas"), "{:?}", listing.lost());
    }
}
