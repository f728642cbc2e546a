//! One configured server: connected at the start, again after it died, and its tools as they are now.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::Duration;

use policies::Allowed;
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest, JsonObject};
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::connection::Connection;
use super::failure::CallFailure;
use super::handshake::{Era, Greeting};
use super::listing::{self, Listing};
use super::stderr::clean;
use super::{CallResult, ServerDefinitions, ServerState, StateKind, result};
use crate::config::ServerConfig;

/// What a listing lost is told whole in the server's state; so much of it is logged.
const MAX_LOST_TOLD: usize = 3;
/// Changes that come in quick succession are listed once.
const SETTLE: Duration = Duration::from_millis(250);
/// Least time between two starts of a server; doubled with every start that failed.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// Most doublings: about a minute.
const MAX_DOUBLINGS: u32 = 6;
/// A call waits this long for a start that is due, and fails at once where it is due later.
const WORTH_WAITING: Duration = Duration::from_secs(2);

/// One configured server.
pub(super) struct Server {
    config: Arc<ServerConfig>,
    now: RwLock<Now>,
    /// Held while it is started, so that many calls start it once.
    starts: Mutex<Starts>,
    /// Shared by all servers: grows with every change of definitions.
    generation: Arc<watch::Sender<u64>>,
}

#[derive(Default)]
struct Now {
    connection: Option<Arc<Connection>>,
    greeting: Option<Greeting>,
    /// What it listed last; kept when it dies, for the next call starts it again.
    listing: Option<Arc<Listing>>,
    /// Why the last start or listing failed.
    error: Option<String>,
}

#[derive(Default)]
struct Starts {
    last: Option<Instant>,
    failed: u32,
}

impl Server {
    pub(super) fn new(config: ServerConfig, generation: Arc<watch::Sender<u64>>) -> Arc<Self> {
        let error = config.unsupported.clone();
        let now = RwLock::new(Now { error, ..Now::default() });
        Arc::new(Self { config: Arc::new(config), now, starts: Mutex::default(), generation })
    }

    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    /// Its connection, started where there is none.
    ///
    /// # Errors
    /// Why it cannot be had now.
    pub(super) async fn connection(self: &Arc<Self>) -> Result<Arc<Connection>, String> {
        if let Some(connection) = self.open_connection() {
            return Ok(connection);
        }
        if let Some(why) = &self.config.unsupported {
            return Err(why.clone());
        }
        let mut starts = self.starts.lock().await;
        if let Some(connection) = self.open_connection() {
            return Ok(connection);
        }
        starts.take_turn().await.map_err(|wait| self.not_again_yet(wait))?;
        match self.start().await {
            Ok(connection) => {
                starts.failed = 0;
                Ok(connection)
            }
            Err(why) => {
                starts.failed += 1;
                tracing::warn!(target: "upstream", server = self.name(), "cannot be started: {why}");
                self.now_mut().error = Some(why.clone());
                Err(why)
            }
        }
    }

    /// Calls the tool that `allowed` names.
    ///
    /// # Errors
    /// When there is no result; a result that says it is an error is a result.
    pub(super) async fn call(
        self: &Arc<Self>,
        allowed: Allowed,
        arguments: JsonObject,
        limit_bytes: usize,
    ) -> Result<CallResult, CallFailure> {
        let (server, tool) = (allowed.server(), allowed.tool());
        let connection =
            self.connection().await.map_err(|why| CallFailure::unavailable(server, &self.hide(&why)))?;
        let listed = self.now().listing.as_ref().is_some_and(|listing| listing.names.contains(tool));
        if !listed {
            return Err(CallFailure::unknown_tool(server, tool));
        }
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        match connection.request(request, self.patience()).await {
            Ok(text) => result::read(text, limit_bytes, server, tool, result::Wanted::Content).await,
            Err(why) => {
                let mut failure = CallFailure::unanswered(server, tool, why);
                failure.message = self.hide(&failure.message);
                Err(failure)
            }
        }
    }

    /// Its definitions as they are now.
    pub(super) fn definitions(&self) -> ServerDefinitions {
        let now = self.now();
        ServerDefinitions {
            name: self.config.name.clone(),
            instructions: now.greeting.as_ref().and_then(|greeting| greeting.instructions.clone()),
            offers: now.greeting.as_ref().map(|greeting| greeting.offers).unwrap_or_default(),
            tools: now.listing.as_ref().map(|listing| listing.tools.clone()).unwrap_or_default(),
            lost: now.listing.as_ref().map(|listing| listing.lost()).unwrap_or_default(),
            failed: if now.listing.is_some() { None } else { now.error.clone() },
        }
    }

    /// How it is.
    pub(super) fn state(&self) -> ServerState {
        let now = self.now();
        let open = now.connection.as_ref().is_some_and(|connection| connection.is_open());
        let error = match (open, &now.error) {
            (true, _) => None,
            (false, Some(error)) => Some(error.clone()),
            (false, None) => Some("it ended; the next call starts it again".into()),
        };
        ServerState {
            name: self.config.name.clone(),
            state: if open { StateKind::Ready } else { StateKind::Failed },
            protocol: now.greeting.as_ref().map(|greeting| greeting.protocol.to_string()),
            tools: now.listing.as_ref().map_or(0, |listing| listing.tools.len()),
            dropped_tools: now.listing.as_ref().map(|listing| listing.lost()).unwrap_or_default(),
            instructions: now.greeting.as_ref().and_then(|greeting| greeting.instructions.clone()),
            error,
        }
    }

    /// Closes its connection. A later call would start it again.
    pub(super) async fn close(&self) {
        let connection = self.now_mut().connection.take();
        if let Some(connection) = connection {
            connection.close().await;
        }
    }

    /// How long a request may be without an answer or a sign of progress.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_millis(self.config.timeout_ms)
    }

    async fn start(self: &Arc<Self>) -> Result<Arc<Connection>, String> {
        let changed = Arc::new(Notify::new());
        let known = self.now().greeting.as_ref().map(|greeting| greeting.era);
        let connection = self.open(known, &changed).await.map_err(|why| self.hide(&why))?;
        let listing = match self.list(&connection).await {
            Ok(listing) => listing,
            Err(why) => {
                let why = connection.with_last_words(why).await;
                connection.close().await;
                return Err(self.hide(&why));
            }
        };
        let connection = Arc::new(connection);
        self.take_over(&connection, listing);
        connection.while_open(follow(Arc::downgrade(self), Arc::downgrade(&connection), changed));
        Ok(connection)
    }

    /// A server that ended at the probe is started once more and only asked `initialize`.
    async fn open(&self, known: Option<Era>, changed: &Arc<Notify>) -> Result<Connection, String> {
        match Connection::open(&self.config, known, changed).await {
            Err(first) if first.ended && known != Some(Era::Legacy) => {
                let second = Connection::open(&self.config, Some(Era::Legacy), changed).await;
                second.map_err(|second| second.why)
            }
            other => other.map_err(|unopened| unopened.why),
        }
    }

    async fn list(&self, connection: &Connection) -> Result<Listing, String> {
        let ms = self.config.start_timeout_ms;
        let patience = Duration::from_millis(ms);
        let listing = timeout(patience, listing::list(connection, patience)).await;
        listing
            .unwrap_or_else(|_| Err(format!("its tools were not listed within {ms} ms (start_timeout_ms)")))
    }

    fn take_over(&self, connection: &Arc<Connection>, listing: Listing) {
        let mut now = self.now_mut();
        now.connection = Some(connection.clone());
        now.error = None;
        let greeting = connection.greeting().clone();
        let same = |before: &Greeting| {
            before.instructions == greeting.instructions && before.offers == greeting.offers
        };
        let same = now.greeting.as_ref().is_some_and(same);
        now.greeting = Some(greeting);
        self.replace_listing(&mut now, listing, same);
    }

    fn replace_listing(&self, now: &mut Now, listing: Listing, same_greeting: bool) {
        if same_greeting && now.listing.as_deref() == Some(&listing) {
            return;
        }
        let lost = listing.lost();
        if !lost.is_empty() {
            let (count, first) = (lost.len(), lost.iter().take(MAX_LOST_TOLD).cloned().collect::<Vec<_>>());
            let first = first.join("; ");
            tracing::warn!(target: "upstream", server = self.name(), count, "left out of its tools: {first}");
        }
        now.listing = Some(Arc::new(listing));
        self.generation.send_modify(|generation| *generation += 1);
    }

    fn open_connection(&self) -> Option<Arc<Connection>> {
        self.now().connection.clone().filter(|connection| connection.is_open())
    }

    fn not_again_yet(&self, wait: Duration) -> String {
        let why = self.now().error.clone().unwrap_or_else(|| "it ended".into());
        format!("{why} (it is not started again for another {} s)", wait.as_secs() + 1)
    }

    /// What a server says of itself may hold what it was given to keep.
    pub(super) fn hide(&self, text: &str) -> String {
        clean(&self.config, text.as_bytes())
    }

    fn now(&self) -> RwLockReadGuard<'_, Now> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_mut(&self) -> RwLockWriteGuard<'_, Now> {
        self.now.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Starts {
    /// Waits for the next start where it is due soon.
    ///
    /// # Errors
    /// How long it is until then, where it is not worth waiting for.
    async fn take_turn(&mut self) -> Result<(), Duration> {
        if let Some(last) = self.last {
            let due = last + RESTART_PAUSE * 2_u32.pow(self.failed.min(MAX_DOUBLINGS));
            let wait = due.saturating_duration_since(Instant::now());
            if wait > WORTH_WAITING {
                return Err(wait);
            }
            sleep_until(due).await;
        }
        self.last = Some(Instant::now());
        Ok(())
    }
}

/// Lists the tools again whenever the server says that they changed.
async fn follow(server: Weak<Server>, connection: Weak<Connection>, changed: Arc<Notify>) {
    loop {
        changed.notified().await;
        sleep(SETTLE).await;
        let (Some(server), Some(connection)) = (server.upgrade(), connection.upgrade()) else {
            return;
        };
        match server.list(&connection).await {
            Ok(listing) => server.replace_listing(&mut server.now_mut(), listing, true),
            Err(why) => {
                tracing::warn!(target: "upstream", server = server.name(), "its changed tools are not known: {why}");
            }
        }
    }
}
