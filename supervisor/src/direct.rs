//! Tools of upstream servers that hosts call themselves, without a program: chosen by the operator (`expose`), granted
//! by the profile, within the same limits as in a run.

use crate::arguments::{self, Validated};
use crate::config::{Exposure, ServerConfig};
use crate::queue::{Lane, Queue};
use crate::supervisor::Supervisor;
use crate::upstream::{CallFailure, CallResult, Upstreams};
use catalog::ToolText;
use guest_protocol::limits::Limits;
use guest_protocol::message::ToolCall;
use policies::{Grants, Verdict};
use rmcp::model::{JsonObject, Tool};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How many calls of all hosts may wait for their turn.
const WAITING_CALLS: usize = 256;

/// The tools that hosts call themselves.
pub(crate) struct Direct {
    exposures: Vec<(String, Exposure)>,
    /// As many calls at the same time as one run may have open, in turns among hosts.
    queue: Arc<Queue>,
    listed: Mutex<(u64, Arc<Vec<DirectTool>>)>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DirectTool {
    server: String,
    tool: String,
    /// As a host sees it.
    pub(crate) listed: Tool,
}

/// Why a call has no result.
pub(crate) enum Uncalled {
    /// The profile does not grant it; the reason, where an entry gives one.
    Denied(Option<String>),
    /// As many calls wait as may.
    Busy,
    /// Its arguments do not fit, or the server did not answer it.
    Failed(CallFailure),
}

impl Direct {
    /// What the configuration chooses.
    pub(crate) fn new(servers: &[ServerConfig], limits: &Limits) -> Self {
        let enabled = servers.iter().filter(|server| !server.disabled);
        let exposed = enabled.filter_map(|server| Some((server.name.clone(), server.expose.clone()?)));
        Self {
            exposures: exposed.collect(),
            queue: Queue::new(limits.calls_in_flight as usize, WAITING_CALLS),
            listed: Mutex::default(),
        }
    }

    /// Whether there can ever be any.
    pub(crate) fn is_empty(&self) -> bool {
        self.exposures.is_empty()
    }

    /// Those that are there and granted now, in the order of the configuration and of each server's own listing.
    pub(crate) fn tools(&self, upstreams: &Upstreams, grants: &Grants) -> Arc<Vec<DirectTool>> {
        if self.is_empty() {
            return Arc::default();
        }
        let generation = upstreams.generation();
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.0 != generation {
            *listed = (generation, Arc::new(self.list(upstreams, grants)));
        }
        Arc::clone(&listed.1)
    }

    fn list(&self, upstreams: &Upstreams, grants: &Grants) -> Vec<DirectTool> {
        let definitions = upstreams.definitions();
        let mut taken = HashSet::new();
        let mut tools = Vec::new();
        for (server, exposure) in &self.exposures {
            let offered = definitions.iter().filter(|one| one.name == *server).flat_map(|one| &one.tools);
            for text in offered {
                let tool = text.fields().words("name").unwrap_or_default();
                let Some(name) = exposure.name_of(&tool) else { continue };
                let granted = matches!(grants.decide(server, &tool), Verdict::Allowed(_));
                if granted && taken.insert(name.clone()) {
                    tools.push(DirectTool { server: server.clone(), listed: listed(text, name), tool });
                }
            }
        }
        tools
    }
}

impl Supervisor {
    /// Calls one of them at the turn of `lane`, its arguments validated as a program's are; its result as its server
    /// sent it. Dropping the future cancels the call at the server.
    ///
    /// # Errors
    /// When there is no result; a result that says it is an error is a result.
    pub(crate) async fn call_direct(
        &self,
        tool: &DirectTool,
        arguments: JsonObject,
        lane: &Lane,
    ) -> Result<CallResult, Uncalled> {
        let allowed = match self.grants.decide(&tool.server, &tool.tool) {
            Verdict::Allowed(allowed) => allowed,
            Verdict::Denied(why) => return Err(Uncalled::Denied(why)),
        };
        let _turn = self.direct.queue.turn(lane).await.ok_or(Uncalled::Busy)?;
        let call = ToolCall { server: tool.server.clone(), tool: tool.tool.clone(), arguments };
        let arguments = match arguments::validated(&self.catalog(), call).await {
            Validated::Fit(arguments) | Validated::Unvalidated(arguments, _) => arguments,
            Validated::Misfit(failure) => return Err(Uncalled::Failed(failure)),
        };
        let called = self.upstreams.call(allowed, arguments, self.limits.result_bytes).await;
        called.map_err(Uncalled::Failed)
    }
}

/// A tool's definition under another name. What does not fit the protocol is left out of it, as it is of the catalog.
fn listed(text: &ToolText, name: String) -> Tool {
    let fields = text.fields();
    let object =
        |field: &str| fields.get(field).and_then(|text| serde_json::from_str::<JsonObject>(text).ok());
    let empty = || JsonObject::from_iter([("type".to_owned(), "object".into())]);
    let input = object("inputSchema").unwrap_or_else(empty);
    let mut tool = Tool::new(name, fields.words("description").unwrap_or_default(), Arc::new(input));
    tool.title = fields.words("title");
    tool.output_schema = object("outputSchema").map(Arc::new);
    tool.annotations = fields.get("annotations").and_then(|text| serde_json::from_str(text).ok());
    tool.meta = fields.get("_meta").and_then(|text| serde_json::from_str(text).ok());
    tool
}
