//! What a host may ask of the gateway, and what it is answered, in every revision of MCP from 2024-11-05 on.

use super::definitions::{self, EXECUTE, SEARCH};
use super::execute::Shown;
use super::host::Host;
use super::progress::Progress;
use super::{changes, direct, execute, search};
use crate::supervisor::Supervisor;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, DiscoverResult, ErrorCode, Implementation, InitializeRequestParams, InitializeResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SubscriptionFilter, Tool,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

/// How long the tools and the instructions may be taken as fresh, milliseconds. They never change while we run.
const FRESH_MS: u64 = 3_600_000;
/// How long a list with tools of upstream servers in it may be, milliseconds.
const FRESH_DIRECT_MS: u64 = 60_000;

/// Where a result says what held its guest (tier, digest of the policy).
const HELD: &str = "oubliette/held";

/// One host's connection.
pub(super) struct Session {
    supervisor: Arc<Supervisor>,
    /// Held for reading by every call: whoever gets it for writing knows that none is left.
    calls: Arc<RwLock<()>>,
    initialized: AtomicBool,
    /// Ends with the session.
    followers: Mutex<JoinSet<()>>,
}

impl Session {
    /// A session whose calls hold `calls` for reading.
    pub(super) fn new(supervisor: Arc<Supervisor>, calls: Arc<RwLock<()>>) -> Self {
        Self { supervisor, calls, initialized: AtomicBool::new(false), followers: Mutex::default() }
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
                let host = Host::of(context);
                let (peer, token) = (context.peer.clone(), context.meta.get_progress_token());
                let mut progress = Progress::new(peer, token, &mut request);
                let shown = execute::execute(&self.supervisor, host.lane(), request, version.as_ref());
                let shown = while_awaited(context, host.clone(), &mut progress, shown).await?;
                progress.finish().await;
                ran(shown, version)
            }
            other => {
                if let Some(tool) =
                    self.supervisor.direct_tools().iter().find(|tool| tool.listed.name == other)
                {
                    let host = Host::of(context);
                    let (peer, token) = (context.peer.clone(), context.meta.get_progress_token());
                    let (mut progress, _silent) = Progress::of_call(peer, token);
                    let result = direct::call(&self.supervisor, &host, tool, arguments);
                    return while_awaited(context, host.clone(), &mut progress, result).await;
                }
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
        // Hosts ask for prompts whether they are declared or not: there are none.
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts();
        let capabilities = match self.supervisor.exposes() {
            true => capabilities.enable_tool_list_changed().build(),
            false => capabilities.build(),
        };
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
        let direct = self.supervisor.direct_tools();
        let tools = definitions::tools().into_iter().chain(direct.iter().map(|tool| tool.listed.clone()));
        let mut answer = ListToolsResult::with_all_items(tools.collect());
        if is_modern(context.protocol_version().as_ref()) {
            let fresh = if self.supervisor.exposes() { FRESH_DIRECT_MS } else { FRESH_MS };
            (answer.ttl_ms, answer.cache_scope) = (Some(fresh), Some(CacheScope::Public));
        }
        Ok(answer)
    }

    /// There are none: upstream ones are for programs.
    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let words =
            format!("There is no resource {:?} here. Programs read those of the servers.", request.uri);
        Err(ErrorData::invalid_params(words, Some(json!({ "uri": request.uri }))))
    }

    /// The SDK compares a call's `Mcp-Param-` headers with what the tool's schema says of them.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        let direct = self.supervisor.direct_tools();
        direct.iter().find(|tool| tool.listed.name == name).map(|tool| tool.listed.clone())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.supervisor.exposes() {
            let told = changes::tell(Arc::clone(&self.supervisor), context.peer);
            self.followers.lock().unwrap_or_else(PoisonError::into_inner).spawn(told);
        }
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.supervisor.exposes().then(|| SubscriptionFilter::builder().tools_list_changed().build())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        changes::tell_subscriber(&self.supervisor, subscription).await;
        Ok(())
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
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        // Since 2026-07-28 there is no handshake.
        let gone = method == "initialize" && is_modern(context.protocol_version().as_ref());
        Err(match method.as_str() {
            "initialize" | "server/discover" | "tools/list" | "tools/call" if !gone => {
                ErrorData::invalid_params(
                    format!("The parameters of {method} are not those that it has."),
                    None,
                )
            }
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

/// What `doing` comes to, unless the host cancels the request or goes away; signs of life in between.
async fn while_awaited<T>(
    context: &RequestContext<RoleServer>,
    mut host: Host,
    progress: &mut Progress,
    doing: impl Future<Output = T>,
) -> Result<T, ErrorData> {
    let cancelled = || Err(ErrorData::internal_error("The call was cancelled.", None));
    tokio::select! {
        done = doing => Ok(done),
        () = context.ct.cancelled() => cancelled(),
        () = host.gone() => cancelled(),
        never = progress.report() => match never {},
    }
}

/// The result of a run. What held the guest goes with it for the host's record, where no model reads it.
fn ran(shown: Shown, version: Option<ProtocolVersion>) -> Result<CallToolResult, ErrorData> {
    let held = serde_json::to_value(shown.held)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let mut result = result(shown.report, shown.ok, version);
    result.content.extend(shown.content);
    result.meta.get_or_insert_default().insert(HELD.into(), held);
    Ok(result)
}

/// The JSON in `structuredContent`, which hosts that know it show the model, and once as text: every revision up to
/// 2026-07-28 asks for that (`server/tools`, Structured Content), for hosts that show only text. Before 2025-06-18
/// there is no `structuredContent`, so text is all.
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
