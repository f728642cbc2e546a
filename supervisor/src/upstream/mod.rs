//! The upstream servers: started, spoken to in the revision of MCP that each knows, called, ended.
//!
//! Everything that comes from a server is bounded where it is read (`stdio`, `http`, `listing`, `result`), and
//! what it does to itself, it does to itself only: a server that fails to start, lies, hangs or dies fails its
//! own calls, and the next call starts it again.

mod cache;
mod carrier;
mod connection;
mod cut;
mod failure;
mod gate;
mod handshake;
mod http;
pub(crate) mod lines;
mod listing;
mod message;
mod offers;
mod result;
mod server;
mod starts;
mod stdio;
mod wire;

use std::sync::Arc;

use catalog::ServerDefinitions;
use guest_protocol::offers::Asked;
use policies::Allowed;
use rmcp::model::JsonObject;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::server::Server;
use crate::config::ServerConfig;

pub(crate) use failure::CallFailure;
pub(crate) use result::CallResult;

/// All upstream servers.
pub(crate) struct Upstreams {
    servers: Vec<Arc<Server>>,
    generation: Arc<watch::Sender<u64>>,
}

/// How a server is, for the operator.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ServerState {
    /// As the operator calls it.
    pub(crate) name: String,
    /// Whether it is connected.
    pub(crate) state: StateKind,
    /// The revision of MCP that was agreed on, once it was.
    pub(crate) protocol: Option<String>,
    /// How many tools can be called.
    pub(crate) tools: usize,
    /// What was left out of its listing, and why.
    pub(crate) dropped_tools: Vec<String>,
    /// What it tells a model about itself.
    pub(crate) instructions: Option<String>,
    /// Why it is not connected.
    pub(crate) error: Option<String>,
}

/// Whether a server is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StateKind {
    /// Connected.
    Ready,
    /// Not connected: it could not be started, or it died.
    Failed,
}

impl Upstreams {
    /// Starts all servers at once, disabled ones excepted, and waits until each is ready or has failed.
    pub(crate) async fn start(servers: Vec<ServerConfig>) -> Self {
        let generation = Arc::new(watch::channel(1).0);
        let enabled = servers.into_iter().filter(|server| !server.disabled);
        let servers: Vec<_> = enabled.map(|server| Server::new(server, generation.clone())).collect();
        let mut starting = JoinSet::new();
        for server in &servers {
            let server = server.clone();
            // The reason of a failure is in its state.
            starting.spawn(async move { server.connection().await.is_ok() });
        }
        starting.join_all().await;
        Self { servers, generation }
    }

    /// How each server is, in the order of the configuration.
    pub(crate) fn states(&self) -> Vec<ServerState> {
        self.servers.iter().map(|server| server.state()).collect()
    }

    /// What each server offers, in the order of the configuration.
    pub(crate) fn definitions(&self) -> Vec<ServerDefinitions> {
        self.servers.iter().map(|server| server.definitions()).collect()
    }

    /// Grows whenever [`Upstreams::definitions`] changed.
    pub(crate) fn generation(&self) -> u64 {
        *self.generation.borrow()
    }

    /// Tells whenever [`Upstreams::generation`] grew.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// Calls the tool that `allowed` names, and no other, and gives its `CallToolResult` exactly as it was sent, of at most `limit_bytes` bytes.
    /// A server that is not connected is started first. Dropping the future cancels the call at the server.
    ///
    /// # Errors
    /// When there is no result; a result that says it is an error is a result.
    pub(crate) async fn call(
        &self,
        allowed: Allowed,
        arguments: JsonObject,
        limit_bytes: usize,
    ) -> Result<CallResult, CallFailure> {
        match self.servers.iter().find(|server| server.name() == allowed.server()) {
            Some(server) => server.call(allowed, arguments, limit_bytes).await,
            None => {
                let known: Vec<_> = self.servers.iter().map(|server| server.name()).collect();
                Err(CallFailure::unknown_server(allowed.server(), &known))
            }
        }
    }

    /// Asks the server that `allowed` names, by the method that it names, for what it has besides tools. Lists are
    /// given as [`guest_protocol::offers::Entries`], the rest exactly as it was sent, of at most `limit_bytes` bytes.
    ///
    /// # Errors
    /// When there is no result.
    pub(crate) async fn ask(
        &self,
        allowed: Allowed,
        asked: Asked,
        limit_bytes: usize,
    ) -> Result<CallResult, CallFailure> {
        match self.servers.iter().find(|server| server.name() == allowed.server()) {
            Some(server) => offers::ask(server, &allowed, asked, limit_bytes).await,
            None => {
                let known: Vec<_> = self.servers.iter().map(|server| server.name()).collect();
                Err(CallFailure::unknown_server(allowed.server(), &known))
            }
        }
    }

    /// Ends all servers: first by closing their input, then by SIGTERM, then by SIGKILL. Returns when they and
    /// all they started in their groups are gone.
    pub(crate) async fn shutdown(&self) {
        let mut closing = JoinSet::new();
        for server in &self.servers {
            let server = server.clone();
            closing.spawn(async move { server.close().await });
        }
        closing.join_all().await;
    }
}

/// Text that is safe to show: no escape sequence for a terminal, none of the server's own secrets.
fn clean(config: &ServerConfig, bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    config.hide(text.trim().replace(|each: char| each.is_control() && each != '\t', "\u{fffd}"))
}
