//! What was agreed with a remote server, and the headers that say so.

use std::sync::{PoisonError, RwLock};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use rmcp::model::{ProtocolVersion, RequestId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::mirror::{self, MirrorsOfTools};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// Longest id of a session that is kept, bytes. Those of known servers have 32 to a few hundred.
const MAX_SESSION: usize = 4096;

/// What was agreed so far.
#[derive(Default)]
pub(super) struct Dialogue {
    agreed: RwLock<Agreed>,
}

#[derive(Default)]
struct Agreed {
    session: Option<HeaderValue>,
    /// Of an initialized server; a modern one is told the revision by each message.
    version: Option<HeaderValue>,
    /// Whether it tells changes over a stream of its own.
    tells_changes: bool,
    mirrors: MirrorsOfTools,
}

/// A message of ours, as far as its headers need it.
#[derive(Deserialize)]
pub(super) struct Outgoing<'a> {
    pub(super) id: Option<RequestId>,
    #[serde(default)]
    pub(super) method: String,
    #[serde(default, borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: Option<String>,
    uri: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
    #[serde(rename = "requestId")]
    request: Option<RequestId>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<String>,
}

impl Outgoing<'_> {
    /// The revision that the message itself names: that of a modern server.
    pub(super) fn version(&self) -> Option<&str> {
        self.params.as_ref()?.meta.as_ref()?.version.as_deref()
    }

    /// Which request this message takes back.
    pub(super) fn cancelled(&self) -> Option<&RequestId> {
        self.params.as_ref().filter(|_| self.method == "notifications/cancelled")?.request.as_ref()
    }

    /// Whether its answer may be a listing.
    pub(super) fn lists_tools(&self) -> bool {
        self.method == "tools/list"
    }
}

impl Dialogue {
    /// An initialized server speaks this revision from here on.
    pub(super) fn agree(&self, version: &ProtocolVersion, tells_changes: bool) {
        let mut agreed = self.agreed.write().unwrap_or_else(PoisonError::into_inner);
        agreed.version = HeaderValue::from_str(version.as_str()).ok();
        agreed.tells_changes = tells_changes;
    }

    /// Which arguments are mirrored from here on.
    pub(super) fn mirror(&self, mirrors: MirrorsOfTools) {
        self.agreed.write().unwrap_or_else(PoisonError::into_inner).mirrors = mirrors;
    }

    /// The server gave this session.
    pub(super) fn begin_session(&self, id: &HeaderValue) {
        if id.len() <= MAX_SESSION {
            let mut id = id.clone();
            id.set_sensitive(true);
            self.agreed.write().unwrap_or_else(PoisonError::into_inner).session = Some(id);
        }
    }

    /// Whether there is a session that could be over.
    pub(super) fn has_session(&self) -> bool {
        self.read().session.is_some()
    }

    /// Whether an initialized server tells changes.
    pub(super) fn tells_changes(&self) -> bool {
        self.read().tells_changes
    }

    /// Whether the server was initialized, and so speaks a revision before 2026-07-28.
    pub(super) fn is_legacy(&self) -> bool {
        self.read().version.is_some()
    }

    /// The headers of a message.
    pub(super) fn headers(&self, outgoing: &Outgoing<'_>) -> HeaderMap {
        let agreed = self.read();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        if let Some(version) = outgoing.version().and_then(|version| HeaderValue::from_str(version).ok()) {
            headers.insert(VERSION, version);
            modern(&mut headers, outgoing, &agreed);
        } else if outgoing.method != "initialize" {
            agreed.identify(&mut headers);
        }
        headers
    }

    /// The headers for a stream of what the server says unasked, or for the rest of one that broke off.
    pub(super) fn stream_headers(&self, after: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        self.read().identify(&mut headers);
        if let Some(after) = after.and_then(|after| HeaderValue::from_str(after).ok()) {
            headers.insert(LAST_EVENT, after);
        }
        headers
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Agreed> {
        self.agreed.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Agreed {
    fn identify(&self, headers: &mut HeaderMap) {
        headers.extend(self.session.clone().map(|session| (SESSION, session)));
        headers.extend(self.version.clone().map(|version| (VERSION, version)));
    }
}

/// What 2026-07-28 wants in headers too (basic/transports/streamable-http, "Standard headers").
fn modern(headers: &mut HeaderMap, outgoing: &Outgoing<'_>, agreed: &Agreed) {
    headers.extend(mirror::as_header(&outgoing.method).map(|method| (METHOD, method)));
    let Some(params) = &outgoing.params else { return };
    let name = match outgoing.method.as_str() {
        "tools/call" | "prompts/get" => params.name.as_deref(),
        "resources/read" => params.uri.as_deref(),
        _ => None,
    };
    headers.extend(name.and_then(mirror::as_header).map(|name| (NAME, name)));
    if let (true, Some(name), Some(arguments)) =
        (outgoing.method == "tools/call", &params.name, params.arguments)
        && let Some(mirrors) = agreed.mirrors.get(name)
    {
        headers.extend(mirror::headers(mirrors, arguments));
    }
}
