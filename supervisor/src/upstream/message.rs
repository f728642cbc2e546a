//! What a server says, one message at a time.
//!
//! A result is not read here but handed on as text: rmcp's own types would drop what they do not know and refuse
//! what is malformed, and a large result would be parsed several times over, one result after the other. Whoever
//! asked for it parses it, within the limits that hold there.

use std::borrow::Cow;

use rmcp::RoleClient;
use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Longest message a server may send, bytes: the largest result, 64 MiB, with room for its envelope.
pub(super) const MAX_MESSAGE: usize = 65 << 20;
/// Longest error message that is kept, characters.
const MAX_ERROR_MESSAGE: usize = 4000;
/// Notifications that mean something here. All others, logging above all, end at the reader.
const NOTIFICATIONS: [&str; 4] = [
    "notifications/progress",
    "notifications/cancelled",
    "notifications/tools/list_changed",
    "notifications/subscriptions/acknowledged",
];

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
    /// The text of the result.
    pub(super) result: Result<String, NoResult>,
}

/// Why a request has no result.
pub(super) enum NoResult {
    /// The server answered with an error.
    Error(ErrorData),
    /// There is no answer, and none will come.
    Lost(Loss),
}

/// What became of a request that has no answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Loss {
    /// For operator and model to read; begins in the middle of a sentence, after the server's name.
    pub(super) why: String,
    /// What kind of loss.
    pub(super) kind: LossKind,
    /// How long the server asks to be left alone, milliseconds.
    pub(super) pause_ms: Option<u64>,
}

/// Kinds of [`Loss`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LossKind {
    /// The request did not get there: no address, no connection, no TLS.
    Unreached,
    /// The server wants a credential that it was not given.
    Unauthorized,
    /// The session is over, and the request was not looked at.
    Expired,
    /// An HTTP status that is no success.
    Refused,
    /// Something came that is no answer.
    Nonsense,
    /// The answer ended before its end.
    Broken,
}

impl Loss {
    pub(super) fn new(kind: LossKind, why: impl Into<String>) -> Self {
        Self { why: why.into(), kind, pause_ms: None }
    }

    /// Whether the same request may go better later.
    pub(super) fn retryable(&self) -> bool {
        match self.kind {
            LossKind::Unreached | LossKind::Expired | LossKind::Broken => true,
            LossKind::Refused => self.pause_ms.is_some(),
            LossKind::Unauthorized | LossKind::Nonsense => false,
        }
    }
}

/// What a text of a server turns out to be.
pub(super) enum Heard {
    /// A message for us.
    Message(Incoming),
    /// A request that cannot be read; the line that refuses it, or the server would wait.
    Refusal(Vec<u8>),
    /// A message that means nothing here, or white space.
    Nothing,
    /// No message at all.
    Stray,
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

/// Reads one text of this server.
pub(super) fn hear(server: &str, text: &[u8]) -> Heard {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Heard::Nothing;
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(text) else {
        return Heard::Stray;
    };
    match (envelope.method, envelope.id) {
        (Some(method), id) => {
            if id.is_some() && method != "ping" {
                tracing::warn!(target: "upstream", server, "it asked for {method:.64}: declined, nothing is offered");
            }
            hear_other(text, &method, id)
        }
        (None, Some(id)) => {
            let result = match (envelope.result, envelope.error) {
                (_, Some(error)) => Err(NoResult::Error(error.into())),
                (result, None) => Ok(result.map_or("null", RawValue::get).to_owned()),
            };
            Heard::Message(Incoming::Answer(Answer { id, result }))
        }
        (None, None) => Heard::Stray,
    }
}

/// The error in a text that is a JSON-RPC error, whatever its id: an HTTP status often comes with `null` there.
pub(super) fn error_in(text: &[u8]) -> Option<ErrorData> {
    #[derive(Deserialize)]
    struct Failure {
        jsonrpc: String,
        error: WireError,
    }
    let failure: Failure = serde_json::from_slice(text).ok()?;
    (failure.jsonrpc == "2.0").then(|| failure.error.into())
}

fn hear_other(text: &[u8], method: &str, id: Option<RequestId>) -> Heard {
    if id.is_none() && !NOTIFICATIONS.contains(&method) {
        return Heard::Nothing;
    }
    match (serde_json::from_slice(text), id) {
        (Ok(message), _) => Heard::Message(Incoming::Other(Box::new(message))),
        (Err(_), Some(id)) => refusal(id, method),
        (Err(_), None) => Heard::Stray,
    }
}

fn refusal(id: RequestId, method: &str) -> Heard {
    let error = ErrorData::invalid_params(format!("the parameters of {method} are malformed"), None);
    let refusal: TxJsonRpcMessage<RoleClient> = JsonRpcMessage::error(error, Some(id));
    serde_json::to_vec(&refusal).map_or(Heard::Stray, Heard::Refusal)
}

impl From<WireError> for ErrorData {
    fn from(error: WireError) -> Self {
        let code = i32::try_from(error.code).unwrap_or(ErrorCode::INTERNAL_ERROR.0);
        let message: String = error.message.chars().take(MAX_ERROR_MESSAGE).collect();
        Self::new(ErrorCode(code), message, error.data)
    }
}
