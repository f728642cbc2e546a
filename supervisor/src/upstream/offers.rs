//! What a server has besides tools: resources and prompts. Lists are read leniently and to their end, as listings of
//! tools are; what is read or filled in passes through as it came.

use std::collections::HashSet;
use std::sync::Arc;

use guest_protocol::message::ToolFailureCode;
use guest_protocol::offers::{Asked, Entries, Offer};
use policies::Allowed;
use rmcp::model::{
    ClientRequest, GetPromptRequest, GetPromptRequestParams, JsonObject, ListPromptsRequest,
    ListResourceTemplatesRequest, ListResourcesRequest, PaginatedRequestParams, ReadResourceRequest,
    ReadResourceRequestParams,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::CallResult;
use super::connection::{Connection, Unanswered};
use super::failure::CallFailure;
use super::result::{self, Wanted};
use super::server::Server;

/// Most pages of one list.
const MAX_PAGES: usize = 500;
/// Most entries of one list: a program that needs more reads what it needs by its address.
const MAX_ENTRIES: usize = 10_000;
/// JSON-RPC's code for a resource that is not there, up to 2025-11-25 (server/resources, Error Handling).
const NO_SUCH_RESOURCE: i32 = -32_002;
/// JSON-RPC's own code, which 2026-07-28 uses for it.
const INVALID_PARAMS: i32 = -32_602;

/// Asks `server`; the answer as [`super::Upstreams::ask`] gives it.
///
/// # Errors
/// When there is none.
pub(super) async fn ask(
    server: &Arc<Server>,
    allowed: &Allowed,
    asked: Asked,
    limit_bytes: usize,
) -> Result<CallResult, CallFailure> {
    let (name, method) = (server.name(), allowed.tool());
    if method != asked.method() {
        return Err(CallFailure::not_offered(name, asked.method(), "the permission is for another method"));
    }
    let question = Question { server, method, offer: asked.offer(), limit_bytes };
    match asked {
        Asked::Resources | Asked::Templates | Asked::Prompts => question.list(&asked).await,
        Asked::Resource { uri } => {
            let request = ReadResourceRequest::new(ReadResourceRequestParams::new(uri));
            question.one(ClientRequest::ReadResourceRequest(request), Wanted::Contents).await
        }
        Asked::Prompt { name, arguments } => {
            let arguments = arguments.into_iter().map(|(name, text)| (name, Value::String(text)));
            let params = GetPromptRequestParams::new(name).with_arguments(arguments.collect::<JsonObject>());
            let request = GetPromptRequest::new(params);
            question.one(ClientRequest::GetPromptRequest(request), Wanted::Messages).await
        }
    }
}

/// One question to one server.
struct Question<'a> {
    server: &'a Arc<Server>,
    method: &'a str,
    offer: Offer,
    limit_bytes: usize,
}

/// One page of any of the lists.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, alias = "resources", alias = "resourceTemplates", alias = "prompts")]
    entries: Vec<&'a RawValue>,
    #[serde(default, rename = "nextCursor")]
    next_cursor: Option<String>,
}

impl Question<'_> {
    async fn one(&self, request: ClientRequest, wanted: Wanted) -> Result<CallResult, CallFailure> {
        let text = self.text(request).await?;
        result::read(text, self.limit_bytes, self.server.name(), self.method, wanted).await
    }

    /// All pages as one list. What is too long is cut, and says so.
    async fn list(&self, asked: &Asked) -> Result<CallResult, CallFailure> {
        let mut gathered = Gathered::new(asked, self.limit_bytes);
        let (mut cursor, mut seen) = (None, HashSet::new());
        for _ in 0..MAX_PAGES {
            let text = self.text(page_request(asked, cursor)).await?;
            let page: Page<'_> = serde_json::from_str(&text).map_err(|error| {
                CallFailure::no_result(self.server.name(), self.method, &format!("no list ({error})"))
            })?;
            if !page.entries.into_iter().all(|entry| gathered.add(entry)) {
                return self.listed(gathered).await;
            }
            let Some(next) = page.next_cursor.filter(|next| !next.is_empty()) else {
                return self.listed(gathered).await;
            };
            if !seen.insert(next.clone()) {
                gathered.cut = Some("the rest is left out: the server gave the same cursor twice".into());
                return self.listed(gathered).await;
            }
            cursor = Some(next);
        }
        gathered.cut = Some(format!("the rest is left out: it has more than {MAX_PAGES} pages"));
        self.listed(gathered).await
    }

    async fn listed(&self, gathered: Gathered<'_>) -> Result<CallResult, CallFailure> {
        let entries = gathered.kept.iter().map(AsRef::as_ref).collect();
        let text = to_raw_value(&Entries { entries, cut: gathered.said() })
            .map_err(|error| CallFailure::no_result(self.server.name(), self.method, &error.to_string()))?;
        let (server, method) = (self.server.name(), self.method);
        result::read(text.get().to_owned(), usize::MAX, server, method, Wanted::Any).await
    }

    async fn text(&self, request: ClientRequest) -> Result<String, CallFailure> {
        let server = self.server;
        let offers = |connection: &Connection| {
            if connection.greeting().offers.has(self.offer) {
                return Ok(());
            }
            let why = format!("the server does not say that it has {}", self.offer.name());
            Err(CallFailure::not_offered(server.name(), self.method, &why))
        };
        let answer = server.ask(request, offers).await.map_err(|failure| server.hidden(failure))?;
        answer.map_err(|why| {
            let unknown = matches!(&why, Unanswered::Refused(error)
                if matches!(error.code.0, NO_SUCH_RESOURCE | INVALID_PARAMS));
            let mut failure = CallFailure::unanswered(self.server.name(), self.method, why);
            if unknown {
                failure.failure.code = ToolFailureCode::InvalidArguments;
                let list = if self.method.starts_with("prompts") { "prompts.list" } else { "resources.list" };
                let hint = format!("{list}(\"{}\") says what there is.", self.server.name());
                failure.failure.hint = Some(hint);
            }
            server.hidden(failure)
        })
    }
}

fn page_request(asked: &Asked, cursor: Option<String>) -> ClientRequest {
    let params = PaginatedRequestParams::default().with_cursor(cursor);
    match asked.method() {
        "resources/list" => ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(params)),
        "resources/templates/list" => {
            ClientRequest::ListResourceTemplatesRequest(ListResourceTemplatesRequest::with_param(params))
        }
        _ => ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(params)),
    }
}

/// The entries so far.
struct Gathered<'a> {
    asked: &'a Asked,
    kept: Vec<Box<RawValue>>,
    left: usize,
    limit: usize,
    malformed: usize,
    cut: Option<String>,
}

/// What an entry is found by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address<'a> {
    #[serde(borrow)]
    uri: Option<&'a RawValue>,
    #[serde(borrow)]
    uri_template: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

impl<'a> Gathered<'a> {
    fn new(asked: &'a Asked, limit: usize) -> Self {
        Self { asked, kept: Vec::new(), left: limit, limit, malformed: 0, cut: None }
    }

    /// Keeps an entry; `false` where there is no room for it or any after it.
    fn add(&mut self, entry: &RawValue) -> bool {
        let address: Option<Address<'_>> = serde_json::from_str(entry.get()).ok();
        let address = address.and_then(|address| match self.asked {
            Asked::Resources => address.uri,
            Asked::Templates => address.uri_template,
            _ => address.name,
        });
        if !address.is_some_and(|address| address.get().starts_with('"')) {
            self.malformed += 1;
            return true;
        }
        let Some(left) = self.left.checked_sub(entry.get().len() + 1) else {
            self.cut = Some(format!("the rest is left out: it has more than {} bytes", self.limit));
            return false;
        };
        if self.kept.len() >= MAX_ENTRIES {
            self.cut = Some(format!("the rest is left out: it has more than {MAX_ENTRIES} entries"));
            return false;
        }
        self.left = left;
        self.kept.push(entry.to_owned());
        true
    }

    fn said(&self) -> Option<String> {
        let malformed = (self.malformed > 0)
            .then(|| format!("{} entries that name nothing are left out", self.malformed));
        let said: Vec<String> = malformed.into_iter().chain(self.cut.clone()).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Gathered};
    use serde_json::value::RawValue;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("it is JSON")
    }

    #[test]
    fn one_malformed_entry_does_not_hide_the_others() {
        let mut gathered = Gathered::new(&Asked::Resources, 1000);
        for entry in
            [r#"{"uri":"a:1","x":[1]}"#, r#"{"name":"no address"}"#, "7", r#"{"uri":7}"#, r#"{"uri":"a:2"}"#]
        {
            assert!(gathered.add(&raw(entry)), "{entry}");
        }
        assert_eq!(gathered.kept.len(), 2);
        assert_eq!(gathered.said().as_deref(), Some("3 entries that name nothing are left out"));
    }

    #[test]
    fn a_list_that_is_too_long_is_cut_and_says_so() {
        let mut gathered = Gathered::new(&Asked::Prompts, 40);
        assert!(gathered.add(&raw(r#"{"name":"a"}"#)));
        assert!(!gathered.add(&raw(r#"{"name":"b","description":"far too many words"}"#)));
        assert!(gathered.said().is_some_and(|said| said.contains("more than 40 bytes")));
    }
}
