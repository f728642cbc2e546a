//! The wire to one server: JSON-RPC messages, one a line, over its standard input and output.
//!
//! A result is not read here but handed on as text, wrapped in a JSON string: rmcp's own types would drop what
//! they do not know and refuse what is malformed, and a large result would be parsed several times over, one
//! result after the other. Whoever asked for it parses it, within the limits that hold there.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rmcp::RoleClient;
use rmcp::model::{CustomResult, ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerResult};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::cut;
use super::lines::{self, Line};
use super::process::Pipes;

/// Longest line a server may send, bytes: the largest result, 64 MiB, with room for its envelope.
const MAX_LINE: usize = 65 << 20;
/// Messages read but not yet delivered. Few: each may be as long as [`MAX_LINE`].
const INCOMING: usize = 4;
/// Messages written but not yet taken by the server.
const OUTGOING: usize = 64;
/// Longest error message that is kept, characters.
const MAX_ERROR_MESSAGE: usize = 4000;
/// Notifications that mean something here. All others, logging above all, end at the reader.
const NOTIFICATIONS: [&str; 4] = [
    "notifications/progress",
    "notifications/cancelled",
    "notifications/tools/list_changed",
    "notifications/subscriptions/acknowledged",
];

/// Our end of the wire.
pub(super) struct Wire {
    incoming: mpsc::Receiver<Incoming>,
    outgoing: Option<mpsc::Sender<Vec<u8>>>,
    fate: Fate,
}

/// One message of a server.
pub(super) enum Incoming {
    /// The answer to a request of ours.
    Answer(Answer),
    /// A request or a notification.
    Other(Box<RxJsonRpcMessage<RoleClient>>),
}

/// The answer to a request of ours.
pub(super) struct Answer {
    /// Which request.
    pub(super) id: RequestId,
    /// The text of the result, or the error.
    pub(super) result: Result<String, ErrorData>,
}

/// Why the wire was cut by us, where it was: a server that broke the rules of the wire.
pub(super) type Fate = Arc<OnceLock<String>>;

/// The wire is closed.
#[derive(Debug, thiserror::Error)]
#[error("the connection to the server is closed")]
pub(super) struct Closed;

impl Wire {
    /// Reads and writes in the background until either end closes.
    pub(super) fn over(pipes: Pipes, server: &str) -> Self {
        let (deliver, incoming) = mpsc::channel(INCOMING);
        let (outgoing, to_write) = mpsc::channel(OUTGOING);
        let fate = Fate::default();
        tokio::spawn(write(pipes.stdin, to_write));
        let reader = Reader { server: server.to_owned(), deliver, reply: outgoing.downgrade(), strays: 0 };
        tokio::spawn(read(pipes.stdout, reader, fate.clone()));
        Self { incoming, outgoing: Some(outgoing), fate }
    }

    /// Why the wire was cut by us; empty where it was not.
    pub(super) fn fate(&self) -> Fate {
        self.fate.clone()
    }

    /// Sends one message as it is.
    ///
    /// # Errors
    /// When the wire is closed.
    pub(super) async fn put(&self, message: &Value) -> Result<(), Closed> {
        let outgoing = self.outgoing.as_ref().ok_or(Closed)?;
        outgoing.send(line_of(message)?).await.map_err(|_| Closed)
    }

    /// The next message; `None` when the wire is closed. May be cancelled without losing one.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        self.incoming.recv().await
    }
}

impl Transport<RoleClient> for Wire {
    type Error = Closed;

    fn name() -> Cow<'static, str> {
        "stdio".into()
    }

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Closed>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        async move {
            let outgoing = outgoing.ok_or(Closed)?;
            outgoing.send(line_of(&message)?).await.map_err(|_| Closed)
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let answer = match self.incoming.recv().await? {
            Incoming::Answer(answer) => answer,
            Incoming::Other(message) => return Some(*message),
        };
        Some(match answer.result {
            Ok(text) => {
                let text = ServerResult::CustomResult(CustomResult(Value::String(text)));
                JsonRpcMessage::response(text, answer.id)
            }
            Err(error) => JsonRpcMessage::error(error, Some(answer.id)),
        })
    }

    async fn close(&mut self) -> Result<(), Closed> {
        self.outgoing = None;
        self.incoming.close();
        Ok(())
    }
}

fn line_of(message: &impl serde::Serialize) -> Result<Vec<u8>, Closed> {
    let mut line = serde_json::to_vec(message).map_err(|_| Closed)?;
    line.push(b'\n');
    Ok(line)
}

/// A task of its own, so that a caller that gives up never leaves half a line behind.
async fn write(mut stdin: ChildStdin, mut lines: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

struct Reader {
    server: String,
    deliver: mpsc::Sender<Incoming>,
    reply: mpsc::WeakSender<Vec<u8>>,
    strays: u64,
}

async fn read(stdout: ChildStdout, mut reader: Reader, fate: Fate) {
    let mut stdout = BufReader::with_capacity(64 << 10, stdout);
    loop {
        let message = match lines::next(&mut stdout, MAX_LINE).await {
            Ok(Some(Line::Whole(line))) => reader.understand(&line),
            Ok(Some(Line::Cut(line))) => match rest_of_listing(&line, &mut stdout).await {
                Some(answer) => Some(Incoming::Answer(answer)),
                None => {
                    let _ = fate.set(format!("it sent a line longer than {MAX_LINE} bytes and was stopped"));
                    return;
                }
            },
            Ok(None) | Err(_) => return,
        };
        if let Some(message) = message
            && reader.deliver.send(message).await.is_err()
        {
            return;
        }
    }
}

/// Nothing but a listing is worth reading to the end of an endless line.
async fn rest_of_listing(line: &[u8], stdout: &mut BufReader<ChildStdout>) -> Option<Answer> {
    let listing = cut::listing(line)?;
    let tail = lines::skip_rest(stdout).await.ok()?;
    let (id, text) = listing.ended(&tail)?;
    Some(Answer { id, result: Ok(text) })
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    id: Option<RequestId>,
    #[serde(default, borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<Value>,
}

impl Reader {
    /// What a line says; `None` where it is nothing for us.
    fn understand(&mut self, line: &[u8]) -> Option<Incoming> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(line) else {
            self.stray(line);
            return None;
        };
        match (envelope.method, envelope.id) {
            (Some(method), id) => self.understand_other(line, &method, id),
            (None, Some(id)) => {
                let result = match (envelope.result, envelope.error) {
                    (_, Some(error)) => Err(error.into()),
                    (result, None) => Ok(result.map_or("null", RawValue::get).to_owned()),
                };
                Some(Incoming::Answer(Answer { id, result }))
            }
            (None, None) => {
                self.stray(line);
                None
            }
        }
    }

    fn understand_other(&mut self, line: &[u8], method: &str, id: Option<RequestId>) -> Option<Incoming> {
        if id.is_none() && !NOTIFICATIONS.contains(&method) {
            return None;
        }
        match (serde_json::from_slice(line), id) {
            (Ok(message), _) => return Some(Incoming::Other(Box::new(message))),
            (Err(_), Some(id)) => self.refuse(&id, method),
            (Err(_), None) => self.stray(line),
        }
        None
    }

    /// A request that cannot be read is answered all the same, or the server would wait for it.
    fn refuse(&self, id: &RequestId, method: &str) {
        let message = format!("the parameters of {method} are malformed");
        let error = ErrorData::invalid_params(message, None);
        let refusal: TxJsonRpcMessage<RoleClient> = JsonRpcMessage::error(error, Some(id.clone()));
        // A queue that is full belongs to a server that does not read: it gets no answer.
        if let (Some(reply), Ok(line)) = (self.reply.upgrade(), line_of(&refusal)) {
            let _ = reply.try_send(line);
        }
    }

    /// Text between the messages: prints that should have gone to standard error. Only the first is told.
    fn stray(&mut self, line: &[u8]) {
        self.strays += 1;
        if self.strays == 1 {
            let bytes = line.len();
            tracing::warn!(
                target: "upstream",
                server = self.server,
                bytes,
                "it writes lines to standard output that are no JSON-RPC message; they are passed over"
            );
        }
    }
}

impl From<WireError> for ErrorData {
    fn from(error: WireError) -> Self {
        let code = i32::try_from(error.code).unwrap_or(ErrorCode::INTERNAL_ERROR.0);
        let message: String = error.message.chars().take(MAX_ERROR_MESSAGE).collect();
        Self::new(ErrorCode(code), message, error.data)
    }
}
