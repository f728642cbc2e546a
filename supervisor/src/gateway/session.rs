//! What a host may ask of the gateway, and what it is answered, in every revision of MCP from 2024-11-05 on.

use super::definitions::{self, EXECUTE, SEARCH};
use super::execute::Shown;
use super::progress::Progress;
use super::{execute, search};
use crate::supervisor::Supervisor;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, DiscoverResult, ErrorCode, Implementation, InitializeRequestParams, InitializeResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::RwLock;

/// How long the tools and the instructions may be taken as fresh, milliseconds. They never change while we run.
const FRESH_MS: u64 = 3_600_000;

/// Where a result says what held its guest (tier, digest of the policy).
const HELD: &str = "oubliette/held";

/// One host's connection.
pub(super) struct Session {
    supervisor: Arc<Supervisor>,
    /// Held for reading by every call: whoever gets it for writing knows that none is left.
    calls: Arc<RwLock<()>>,
    initialized: AtomicBool,
}

impl Session {
    pub(super) fn new(supervisor: Arc<Supervisor>) -> Self {
        Self { supervisor, calls: Arc::default(), initialized: AtomicBool::new(false) }
    }

    /// The lock that every call holds for reading.
    pub(super) fn calls(&self) -> Arc<RwLock<()>> {
        Arc::clone(&self.calls)
    }

    async fn run(
        &self,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let version = context.protocol_version();
        match request.name.as_ref() {
            SEARCH => Ok(match search::search(&self.supervisor.catalog(), arguments) {
                Ok(answer) => result(answer, true, version),
                Err(words) => refused(words),
            }),
            EXECUTE => {
                let mut request = match execute::request(arguments) {
                    Ok(request) => request,
                    Err(words) => return Ok(refused(words)),
                };
                let mut progress =
                    Progress::new(context.peer.clone(), context.meta.get_progress_token(), &mut request);
                tokio::select! {
                    shown = execute::execute(&self.supervisor, request, version.as_ref()) => {
                        progress.finish().await;
                        ran(shown, version)
                    }
                    () = context.ct.cancelled() => Err(ErrorData::internal_error("The run was cancelled.", None)),
                    never = progress.report() => match never {},
                }
            }
            other => {
                let words = format!(
                    "There is no tool {other:?} here. Call it from a program with `execute`, see `search`."
                );
                Err(ErrorData::invalid_params(words, None))
            }
        }
    }
}

impl ServerHandler for Session {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let itself = Implementation::new("oubliette", env!("CARGO_PKG_VERSION")).with_title("Oubliette");
        let mut config = ServerConfig::new(capabilities).with_instructions(definitions::INSTRUCTIONS);
        config.server_info = itself;
        config.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        config
    }

    async fn initialize(
        &self,
        mut request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let answer = self.negotiate_initialize(&request)?;
        if self.initialized.swap(true, Ordering::Relaxed) {
            return Err(ErrorData::invalid_request("This session is initialized already.", None));
        }
        request.protocol_version = answer.protocol_version.clone();
        context.peer.set_peer_info(request);
        Ok(answer)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let mut answer = DiscoverResult::from_server_info(versions, self.get_info());
        (answer.ttl_ms, answer.cache_scope) = (FRESH_MS, CacheScope::Public);
        Ok(answer)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut answer = ListToolsResult::with_all_items(definitions::tools());
        if is_modern(context.protocol_version().as_ref()) {
            (answer.ttl_ms, answer.cache_scope) = (Some(FRESH_MS), Some(CacheScope::Public));
        }
        Ok(answer)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let _held = self.calls.read().await;
        self.run(request, &context).await.map(CallToolResponse::Complete)
    }

    /// The SDK takes a request whose parameters do not fit for one of a method that it does not know.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        Err(match method.as_str() {
            "initialize" | "server/discover" | "tools/list" | "tools/call" => ErrorData::invalid_params(
                format!("The parameters of {method} are not those that it has."),
                None,
            ),
            _ => ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                format!("There is no method {method} here."),
                None,
            ),
        })
    }
}

fn is_modern(version: Option<&ProtocolVersion>) -> bool {
    version.is_some_and(|version| *version >= ProtocolVersion::V_2026_07_28)
}

/// The JSON in `structuredContent`, which hosts that know it show the model, and once as text: every revision up to
/// 2026-07-28 asks for that (`server/tools`, Structured Content), for hosts that show only text. Before 2025-06-18
/// there is no `structuredContent`, so text is all.
/// The result of a run. What held the guest goes with it for the host's record, where no model reads it.
fn ran(shown: Shown, version: Option<ProtocolVersion>) -> Result<CallToolResult, ErrorData> {
    let held = serde_json::to_value(shown.held)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let mut result = result(shown.report, shown.ok, version);
    result.content.extend(shown.content);
    result.meta.get_or_insert_default().insert(HELD.into(), held);
    Ok(result)
}

fn result(json: Value, ok: bool, version: Option<ProtocolVersion>) -> CallToolResult {
    let mut result =
        if ok { CallToolResult::structured(json) } else { CallToolResult::structured_error(json) };
    if version.is_some_and(|version| version < ProtocolVersion::V_2025_06_18) {
        result.structured_content = None;
    }
    result
}

/// A tool error in words: a model reads it and tries again.
fn refused(words: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(words)])
}
