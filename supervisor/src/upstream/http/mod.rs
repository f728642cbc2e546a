//! A server elsewhere: Streamable HTTP, one POST for each message, answers as JSON or as events.
//!
//! rmcp's client parses every answer into its own types, and bounds it at 16 MiB; here answers are handed on as they
//! came, as those of a program are. What both eras need of sessions and streams is small.

mod body;
mod client;
mod dialogue;
mod events;
mod exchange;
mod follow;
mod mirror;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Response, StatusCode, Url};
use rmcp::model::{ProtocolVersion, RequestId};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;

use self::body::Room;
use self::dialogue::{Dialogue, Outgoing};
use self::exchange::exchange;
use super::message::{Incoming, Loss};
use super::wire::{Ends, Wire};
use crate::config::{Remote, ServerConfig};

pub(super) use mirror::{MirrorsOfTools, of_schema};

/// How long a notification may take to be taken: the next message waits for it, or `initialized` might come late.
const NOTIFICATION: Duration = Duration::from_secs(10);
/// How long the end of a session may take to be taken.
const GOODBYE: Duration = Duration::from_secs(2);
/// Answers to requests of the server that are under way at the same time. It gets none to more.
const ANSWERS: usize = 16;
/// How long to wait before the rest of an answer is asked for, where the server does not say.
const RESUME_PAUSE: Duration = Duration::from_secs(1);

/// A living connection to a remote server.
pub(super) struct Session {
    dialogue: Arc<Dialogue>,
    pump: Mutex<Option<JoinHandle<()>>>,
}

/// All that an exchange needs.
struct Line {
    server: String,
    client: Client,
    url: Url,
    dialogue: Arc<Dialogue>,
    room: Room,
    deliver: mpsc::Sender<Incoming>,
    reply: mpsc::WeakSender<Vec<u8>>,
    /// The session is over, and with it the connection.
    expired: Notify,
}

/// A wire to the server. Nothing is sent yet.
///
/// # Errors
/// When no client can be made; in words.
pub(super) fn open(config: &ServerConfig, remote: &Remote) -> Result<(Wire, Session), String> {
    let (wire, ends) = Wire::new();
    let dialogue = Arc::new(Dialogue::default());
    let Ends { deliver, to_send, reply, .. } = ends;
    let line = Line {
        server: config.name.clone(),
        client: client::build(remote)?,
        url: remote.url.clone(),
        dialogue: dialogue.clone(),
        room: Room::new(),
        deliver,
        reply,
        expired: Notify::new(),
    };
    let pump = tokio::spawn(pump(Arc::new(line), to_send));
    Ok((wire, Session { dialogue, pump: Mutex::new(Some(pump)) }))
}

impl Session {
    /// An initialized server speaks this revision from here on.
    pub(super) fn agree(&self, version: &ProtocolVersion, tells_changes: bool) {
        self.dialogue.agree(version, tells_changes);
    }

    /// Which arguments are mirrored into headers from here on.
    pub(super) fn mirror(&self, mirrors: MirrorsOfTools) {
        self.dialogue.mirror(mirrors);
    }

    /// Waits until the server was told that the session is over. The wire must be closed already.
    pub(super) async fn ended(&self) {
        let pump = self.pump.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut pump) = pump
            && timeout(GOODBYE, &mut pump).await.is_err()
        {
            pump.abort();
        }
    }
}

/// Sends messages until the wire closes or the session is over, each request in a task of its own.
async fn pump(line: Arc<Line>, mut to_send: mpsc::Receiver<Vec<u8>>) {
    let mut open = Open::default();
    loop {
        let message = tokio::select! {
            message = to_send.recv() => message,
            () = line.expired.notified() => None,
            Some(_) = open.tasks.join_next() => continue,
        };
        let Some(message) = message else { break };
        open.send(&line, message).await;
    }
    open.tasks.abort_all();
    if line.dialogue.has_session() {
        // The server forgets the session by itself where this does not reach it.
        let goodbye = line.client.delete(line.url.clone()).headers(line.dialogue.stream_headers(None));
        let _ = timeout(GOODBYE, goodbye.send()).await;
    }
}

/// What is under way.
#[derive(Default)]
struct Open {
    tasks: JoinSet<()>,
    requests: HashMap<RequestId, AbortHandle>,
    answers: Vec<AbortHandle>,
}

impl Open {
    async fn send(&mut self, line: &Arc<Line>, message: Vec<u8>) {
        let Ok(outgoing) = serde_json::from_slice::<Outgoing<'_>>(&message) else {
            return;
        };
        if let Some(id) = outgoing.cancelled() {
            // To close the stream is how a modern server is told, and all it is told.
            if let Some(request) = self.requests.remove(id) {
                request.abort();
            }
            if !line.dialogue.is_legacy() {
                return;
            }
        }
        let request = outgoing.id.clone().filter(|_| !outgoing.method.is_empty());
        let initialized = outgoing.method == "notifications/initialized";
        if let Some(id) = request {
            self.requests.retain(|_, request| !request.is_finished());
            let line = line.clone();
            let task = self.tasks.spawn(async move { exchange(&line, message).await });
            self.requests.insert(id, task);
        } else if initialized {
            // Nothing may overtake it.
            let _ = timeout(NOTIFICATION, exchange(line, message)).await;
            if line.dialogue.tells_changes() {
                self.tasks.spawn(follow::follow(line.clone()));
            }
        } else {
            self.answers.retain(|answer| !answer.is_finished());
            if self.answers.len() < ANSWERS {
                let line = line.clone();
                self.answers.push(self.tasks.spawn(async move {
                    let _ = timeout(NOTIFICATION, exchange(&line, message)).await;
                }));
            }
        }
    }
}

impl Line {
    async fn post(&self, headers: HeaderMap, message: Vec<u8>) -> Result<Response, Loss> {
        let request = self.client.post(self.url.clone()).headers(headers).body(message);
        request.send().await.map_err(client::loss)
    }

    async fn get(&self, headers: HeaderMap) -> Result<Response, Loss> {
        self.client.get(self.url.clone()).headers(headers).send().await.map_err(client::loss)
    }

    async fn deliver(&self, message: Incoming) {
        // Nobody listens any more: then nobody waits either.
        let _ = self.deliver.send(message).await;
    }

    /// Whether this status says that the session is over (2025-11-25, basic/transports, "Session management").
    fn is_expired(&self, status: StatusCode) -> bool {
        status == StatusCode::NOT_FOUND && self.dialogue.has_session()
    }
}
