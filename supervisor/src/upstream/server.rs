//! One configured server: connected at the start, again after it died, and its tools as they are now.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::Duration;

use policies::Allowed;
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest, JsonObject};
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::{sleep, timeout};

use super::cache::{self, Cache};
use super::connection::{Connection, Unanswered};
use super::failure::CallFailure;
use super::gate::Gate;
use super::handshake::{Era, Greeting};
use super::listing::{self, Listing};
use super::message::LossKind;
use super::starts::Starts;
use super::{CallResult, ServerDefinitions, ServerState, StateKind, clean, result};
use crate::config::ServerConfig;

/// What a listing lost is told whole in the server's state; so much of it is logged.
const MAX_LOST_TOLD: usize = 3;
/// Changes that come in quick succession are listed once.
const SETTLE: Duration = Duration::from_millis(250);
/// What a server says about how long its tools stay as they are is believed within these bounds.
const MIN_TTL: Duration = Duration::from_secs(60);
const MAX_TTL: Duration = Duration::from_secs(24 * 3600);

/// One configured server.
pub(super) struct Server {
    config: Arc<ServerConfig>,
    now: RwLock<Now>,
    /// Held while it is started, so that many calls start it once.
    starts: Mutex<Starts>,
    /// Shared by all servers: grows with every change of definitions.
    generation: Arc<watch::Sender<u64>>,
    gate: Gate,
    cache: Cache,
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

impl Server {
    pub(super) fn new(config: ServerConfig, generation: Arc<watch::Sender<u64>>) -> Arc<Self> {
        let error = config.unsupported.clone();
        let now = RwLock::new(Now { error, ..Now::default() });
        let gate = Gate::new(&config.name, &config.traffic);
        Arc::new(Self {
            config: Arc::new(config),
            now,
            starts: Mutex::default(),
            generation,
            gate,
            cache: Cache::default(),
        })
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
                starts.succeeded();
                Ok(connection)
            }
            Err(why) => {
                starts.failed();
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
        let kept = self.config.traffic.cache.as_ref().filter(|cache| cache.covers(tool));
        let kept = kept.map(|cache| (cache::key(tool, &arguments), Duration::from_millis(cache.ttl_ms)));
        if let Some(text) = kept.as_ref().and_then(|(key, _)| self.cache.get(key)) {
            return result::read(text, limit_bytes, server, tool, result::Wanted::Content).await;
        }
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let listed = |_: &Connection| {
            let listed = self.now().listing.as_ref().is_some_and(|listing| listing.names.contains(tool));
            if listed { Ok(()) } else { Err(CallFailure::unknown_tool(server, tool)) }
        };
        let answer = self.ask(request, listed).await.map_err(|failure| self.hidden(failure))?;
        let text = answer.map_err(|why| self.hidden(CallFailure::unanswered(server, tool, why)))?;
        let result = result::read(text, limit_bytes, server, tool, result::Wanted::Content).await?;
        if let Some((key, ttl)) = kept.filter(|_| !result.is_error) {
            self.cache.put(key, result.text.get(), ttl);
        }
        Ok(result)
    }

    /// Makes the request, once the gate lets it pass; twice where the session was over before the server looked at
    /// it. `fits` says whether this connection is one to ask.
    ///
    /// # Errors
    /// When it was not asked.
    pub(super) async fn ask(
        self: &Arc<Self>,
        request: ClientRequest,
        fits: impl Fn(&Connection) -> Result<(), CallFailure>,
    ) -> Result<Result<String, Unanswered>, CallFailure> {
        let pass = self.gate.enter(self.patience()).await?;
        let mut answer = self.ask_once(request.clone(), &fits).await?;
        if matches!(&answer, Err(Unanswered::Lost(loss)) if loss.kind == LossKind::Expired) {
            answer = self.ask_once(request, &fits).await?;
        }
        match &answer {
            Ok(_) | Err(Unanswered::Refused(_)) => pass.answered(),
            Err(why) => {
                let pause_ms = if let Unanswered::Lost(loss) = why { loss.pause_ms } else { None };
                pass.failed(&self.hide(&why.to_string()), pause_ms);
            }
        }
        Ok(answer)
    }

    async fn ask_once(
        self: &Arc<Self>,
        request: ClientRequest,
        fits: impl Fn(&Connection) -> Result<(), CallFailure>,
    ) -> Result<Result<String, Unanswered>, CallFailure> {
        let connection =
            self.connection().await.map_err(|why| CallFailure::unavailable(self.name(), &why))?;
        fits(&connection)?;
        Ok(connection.request(request, self.patience()).await)
    }

    /// Without what only this server may learn.
    pub(super) fn hidden(&self, mut failure: CallFailure) -> CallFailure {
        failure.message = self.hide(&failure.message);
        failure
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
    fn patience(&self) -> Duration {
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
        connection.mirror(listing.mirrors.clone());
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
        self.cache.clear();
    }

    /// For how long its tools may be taken to be what they are.
    fn listing_ttl(&self) -> Option<Duration> {
        let ms = self.now().listing.as_ref().map(|listing| listing.ttl_ms).filter(|ms| *ms > 0)?;
        Some(Duration::from_millis(ms).clamp(MIN_TTL, MAX_TTL))
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

/// Lists the tools again whenever the server says that they changed, or said that they may have by now.
async fn follow(server: Weak<Server>, connection: Weak<Connection>, changed: Arc<Notify>) {
    loop {
        let Some(ttl) = server.upgrade().map(|server| server.listing_ttl()) else { return };
        tokio::select! {
            () = changed.notified() => sleep(SETTLE).await,
            () = sleep(ttl.unwrap_or(MAX_TTL)) => if ttl.is_none() { continue },
        }
        let (Some(server), Some(connection)) = (server.upgrade(), connection.upgrade()) else {
            return;
        };
        match server.list(&connection).await {
            Ok(listing) => {
                connection.mirror(listing.mirrors.clone());
                server.replace_listing(&mut server.now_mut(), listing, true);
            }
            Err(why) => {
                let why = server.hide(&why);
                tracing::warn!(target: "upstream", server = server.name(), "its changed tools are not known: {why}");
            }
        }
    }
}
