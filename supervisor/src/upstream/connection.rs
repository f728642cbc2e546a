//! One living connection to one server: requests with timeouts, cancelled when nobody waits for them any more.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{
    ClientCapabilities, ClientConfig, ClientRequest, CustomResult, ErrorData, Implementation,
    ProgressNotificationParam, ProgressToken, ServerCapabilities, ServerPeerInfo, ServerResult,
    SubscriptionFilter,
};
use rmcp::service::{
    NotificationContext, Peer, PeerRequestOptions, RequestHandle, RunningService, ServiceError,
    serve_directly,
};
use rmcp::{ClientHandler, RoleClient};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::carrier::Carrier;
use super::handshake::{Era, Greeting, Ungreeted, greet};
use super::http::MirrorsOfTools;
use super::message::{Loss, LossKind};
use super::wire::{Fate, unwrapped};
use crate::config::ServerConfig;

/// Pauses before a server is asked again to tell changes, after it stopped: the first and the longest.
const LISTEN_PAUSE: Duration = Duration::from_secs(1);
const MAX_LISTEN_PAUSE: Duration = Duration::from_secs(60);

/// One living connection. Dropping it closes it and ends the server in the background.
pub(super) struct Connection {
    peer: Peer<RoleClient>,
    service: Mutex<Option<RunningService<RoleClient, Ear>>>,
    carrier: Carrier,
    fate: Fate,
    /// The session is over: the next call needs another connection.
    expired: AtomicBool,
    /// Progress cannot lengthen a request beyond this.
    total: Duration,
    progress: Arc<Progress>,
    greeting: Greeting,
    followers: Mutex<JoinSet<()>>,
}

/// Why a request has no result.
pub(super) enum Unanswered {
    /// The server answered with an error.
    Refused(ErrorData),
    /// It did not answer within this time.
    Late(Duration),
    /// Its answer was lost on the way.
    Lost(Loss),
    /// The connection closed; why, and whether another try may go better.
    Closed { why: String, retryable: bool },
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "it refused: {}", error.message),
            Self::Late(time) => write!(f, "it did not answer within {} ms", time.as_millis()),
            Self::Lost(loss) => f.write_str(&loss.why),
            Self::Closed { why, .. } => f.write_str(why),
        }
    }
}

/// Why there is no connection.
pub(super) struct Unopened {
    /// For the operator to read.
    pub(super) why: String,
    /// Whether the server ended before it was greeted: some do, of a probe that they do not know.
    pub(super) ended: bool,
}

impl Connection {
    /// Starts a server and greets it. `changed` is notified whenever it says that its tools changed.
    ///
    /// # Errors
    /// With the last lines of the server's standard error.
    pub(super) async fn open(
        config: &Arc<ServerConfig>,
        known: Option<Era>,
        changed: &Arc<Notify>,
    ) -> Result<Self, Unopened> {
        let (mut wire, carrier) = Carrier::open(config).map_err(|why| Unopened { why, ended: false })?;
        let patience = Duration::from_millis(config.start_timeout_ms);
        let greeting = match tokio::time::timeout(patience, greet(&mut wire, &carrier, known)).await {
            Ok(Ok(greeting)) => greeting,
            Ok(Err(Ungreeted::Ended)) => {
                let why = format!("it ended before it was initialized ({})", carrier.exit().await);
                return Err(Unopened { why: carrier.with_last_words(why).await, ended: true });
            }
            Ok(Err(Ungreeted::Strange(why))) => {
                return Err(Unopened { why: carrier.with_last_words(why).await, ended: false });
            }
            Err(_) => {
                let why = format!("it was not ready after {} ms (start_timeout_ms)", config.start_timeout_ms);
                return Err(Unopened { why: carrier.with_last_words(why).await, ended: false });
            }
        };
        let fate = wire.fate();
        let progress = Arc::new(Progress::default());
        let ear = Ear { progress: progress.clone(), changed: changed.clone() };
        // The capabilities are left empty on purpose: nothing here asks rmcp for them.
        let info = ServerPeerInfo::new(greeting.protocol.clone(), ServerCapabilities::default());
        let service = serve_directly(ear, wire, Some(info));
        let connection = Self {
            peer: service.peer().clone(),
            service: Mutex::new(Some(service)),
            carrier,
            fate,
            expired: AtomicBool::new(false),
            total: Duration::from_millis(config.total_timeout_ms),
            progress,
            greeting,
            followers: Mutex::default(),
        };
        connection.listen(changed);
        Ok(connection)
    }

    /// What the server says of itself.
    pub(super) fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// Whether requests can still be made.
    pub(super) fn is_open(&self) -> bool {
        !self.peer.is_transport_closed() && self.fate.get().is_none() && !self.expired.load(Ordering::Relaxed)
    }

    /// Whether arguments can be mirrored into headers, and tools with wrong headers must be left out.
    pub(super) fn has_headers(&self) -> bool {
        self.greeting.era == Era::Modern && self.carrier.is_remote()
    }

    /// Which arguments are mirrored into headers from here on.
    pub(super) fn mirror(&self, mirrors: MirrorsOfTools) {
        self.carrier.mirror(mirrors);
    }

    /// Runs something for as long as the connection is there.
    pub(super) fn while_open(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }

    /// Makes a request and gives the text of its result. `patience` starts anew with every sign of progress.
    /// Dropping the future tells the server that nobody waits any more.
    ///
    /// # Errors
    /// When there is no result.
    pub(super) async fn request(
        &self,
        request: ClientRequest,
        patience: Duration,
    ) -> Result<String, Unanswered> {
        let handle = self.peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
        let handle = match handle {
            Ok(handle) => handle,
            Err(_) => return Err(self.closed().await),
        };
        let answer = Pending::new(handle, &self.progress).answer(patience, self.total).await;
        match answer {
            Some(Ok(ServerResult::CustomResult(CustomResult(result)))) => match unwrapped(result) {
                Some(Ok(text)) => Ok(text),
                Some(Err(loss)) => Err(self.lost(loss)),
                None => Err(self.closed().await),
            },
            Some(Err(ServiceError::McpError(error))) => Err(Unanswered::Refused(error)),
            Some(_) => Err(self.closed().await),
            None => Err(Unanswered::Late(patience)),
        }
    }

    fn lost(&self, loss: Loss) -> Unanswered {
        if loss.kind == LossKind::Expired {
            self.expired.store(true, Ordering::Relaxed);
        }
        Unanswered::Lost(loss)
    }

    async fn closed(&self) -> Unanswered {
        match self.fate.get() {
            Some(why) => Unanswered::Closed { why: why.clone(), retryable: false },
            None => Unanswered::Closed { why: self.carrier.obituary().await, retryable: true },
        }
    }

    /// Closes the connection and ends the server. Returns when the server is gone.
    pub(super) async fn close(&self) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(service) = service {
            // Closes the server's input. An error would be a panic in rmcp; the process is ended all the same.
            let _ = service.cancel().await;
        }
        self.carrier.stop().await;
    }

    /// Why the last thing that failed did, with the last lines of standard error.
    pub(super) async fn with_last_words(&self, why: String) -> String {
        self.carrier.with_last_words(why).await
    }

    /// A modern server tells changes only to those who listen.
    fn listen(&self, changed: &Arc<Notify>) {
        if self.greeting.era != Era::Modern || !self.greeting.tells_changes {
            return;
        }
        let (peer, changed) = (self.peer.clone(), changed.clone());
        self.while_open(async move {
            let mut pause = LISTEN_PAUSE;
            loop {
                let filter = SubscriptionFilter::builder().tools_list_changed().build();
                match peer.listen(filter).await {
                    Ok(mut subscription) => {
                        while let Ok(Some(_)) = subscription.next().await {
                            pause = LISTEN_PAUSE;
                            changed.notify_one();
                        }
                    }
                    // It does not tell after all.
                    Err(ServiceError::McpError(_)) => return,
                    Err(_) => {}
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MAX_LISTEN_PAUSE);
                // What it said in between, nobody heard.
                changed.notify_one();
            }
        });
    }
}

/// Hears what a server says unasked. What it asks of us is answered by rmcp's defaults: no roots, every question
/// to a person declined, no sampling; none of the three is offered to it either, and the log has that it asked.
struct Ear {
    progress: Arc<Progress>,
    changed: Arc<Notify>,
}

impl ClientHandler for Ear {
    async fn on_progress(&self, said: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.heard(&said.progress_token);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }

    fn get_info(&self) -> ClientConfig {
        let client = Implementation::new("oubliette", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), client)
    }
}

/// Which requests wait for signs of progress.
#[derive(Default)]
struct Progress(Mutex<HashMap<ProgressToken, Arc<Notify>>>);

impl Progress {
    fn expect(&self, token: &ProgressToken) -> Arc<Notify> {
        let sign = Arc::new(Notify::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), sign.clone());
        sign
    }

    fn heard(&self, token: &ProgressToken) {
        if let Some(sign) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token) {
            sign.notify_one();
        }
    }

    fn forget(&self, token: &ProgressToken) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

/// A request that is waited for. rmcp's own waiting forgets nothing when its future is dropped: neither the
/// progress token, nor does the server hear of it.
struct Pending<'a> {
    handle: Option<RequestHandle<RoleClient>>,
    token: ProgressToken,
    progress: &'a Progress,
    sign: Arc<Notify>,
}

impl<'a> Pending<'a> {
    fn new(handle: RequestHandle<RoleClient>, progress: &'a Progress) -> Self {
        let token = handle.progress_token.clone();
        let sign = progress.expect(&token);
        Self { handle: Some(handle), token, progress, sign }
    }

    /// The answer; `None` when it is late, and then the server is told.
    async fn answer(
        mut self,
        patience: Duration,
        total: Duration,
    ) -> Option<Result<ServerResult, ServiceError>> {
        let last = Instant::now() + total.max(patience);
        let mut deadline = Instant::now() + patience;
        let handle = self.handle.as_mut()?;
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut handle.rx => break answer.unwrap_or(Err(ServiceError::TransportClosed)),
                () = self.sign.notified() => deadline = (Instant::now() + patience).min(last),
                () = sleep_until(deadline) => return None,
            }
        };
        self.handle = None;
        Some(answer)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.progress.forget(&self.token);
        let Some(handle) = self.handle.take() else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // A connection that is closed needs no cancellation.
                let _ = handle.cancel(Some("nobody waits for the answer any more".into())).await;
            });
        }
    }
}
