//! JSON-RPC 2.0 (jsonrpc.org/specification). The one place where jsonrpc-core is used.
//!
//! Its types name the parts of the envelope and its `IoHandler` finds and calls the supervisor's methods.
//! Payloads that only pass through are borrowed as raw text: jsonrpc-core's own `Output` is an
//! untagged enum, which buffers everything twice.

use jsonrpc_core::{Error, ErrorCode, Id, Version};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// A message, its parts still text. What it claims to be is not believed before the monitor has looked.
#[derive(Debug)]
pub enum Message<'a> {
    /// Wants an answer under this id.
    Request {
        /// The id to answer under.
        id: u64,
        /// Which method.
        method: String,
        /// Its parameters.
        params: &'a RawValue,
    },
    /// Wants no answer.
    Notification {
        /// Which method.
        method: String,
        /// Its parameters.
        params: &'a RawValue,
    },
    /// Answers the request with this id.
    Answer {
        /// The id of the request.
        id: u64,
        /// Its result or its error.
        result: Result<&'a RawValue, Refusal>,
    },
}

/// The error member of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// A code of the specification, or one of ours from -32000 down.
    pub code: i64,
    /// For the model to read.
    pub message: String,
    /// What belongs to the method.
    pub data: Option<serde_json::Value>,
}

impl Refusal {
    /// The code of every refusal that carries a [`crate::message::ToolFailure`].
    pub const TOOL_FAILURE: i64 = -32_000;

    /// The method knows its parameters, and these are not they.
    #[must_use]
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidParams.code(), message: message.into(), data: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[expect(dead_code, reason = "parsing it is the check: anything but \"2.0\" is refused")]
    jsonrpc: Version,
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default, borrow)]
    params: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Error>,
}

/// A member that is there, be it `null`: an answer of `null` is an answer.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(member: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(member).map(Some)
}

/// Reads one message. The caller has bounded its length, depth and size.
///
/// # Errors
/// When it is not exactly one request, notification or answer of JSON-RPC 2.0 with a numeric id.
pub fn read(payload: &[u8]) -> Result<Message<'_>, String> {
    let envelope: Envelope<'_> = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let id = match envelope.id {
        None => None,
        Some(Id::Num(id)) => Some(id),
        Some(_) => return Err("an id that is not a number".into()),
    };
    match (id, envelope.method, envelope.params, envelope.result, envelope.error) {
        (Some(id), Some(method), Some(params), None, None) => Ok(Message::Request { id, method, params }),
        (None, Some(method), Some(params), None, None) => Ok(Message::Notification { method, params }),
        (Some(id), None, None, Some(result), None) => Ok(Message::Answer { id, result: Ok(result) }),
        (Some(id), None, None, None, Some(error)) => Ok(Message::Answer {
            id,
            result: Err(Refusal { code: error.code.code(), message: error.message, data: error.data }),
        }),
        _ => Err("neither a request, nor a notification, nor an answer".into()),
    }
}

#[derive(Serialize)]
struct Outgoing<'a, P: Serialize> {
    jsonrpc: Version,
    method: &'a str,
    params: P,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
}

#[derive(Serialize)]
struct Success<'a> {
    jsonrpc: Version,
    result: &'a RawValue,
    id: u64,
}

/// A request.
///
/// # Errors
/// When `params` cannot be written as JSON.
pub fn request<P: Serialize>(id: u64, method: &str, params: P) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Outgoing { jsonrpc: Version::V2, method, params, id: Some(id) })
}

/// A notification.
///
/// # Errors
/// When `params` cannot be written as JSON.
pub fn notification<P: Serialize>(method: &str, params: P) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Outgoing { jsonrpc: Version::V2, method, params, id: None })
}

/// An answer with a result that passes through as it is.
///
/// # Errors
/// Never in practice: raw JSON can be written as JSON.
pub fn success(id: u64, result: &RawValue) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Success { jsonrpc: Version::V2, result, id })
}

/// An answer with an error.
///
/// # Errors
/// Never in practice: its parts can be written as JSON.
pub fn failure(id: u64, refusal: Refusal) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&jsonrpc_core::Failure {
        jsonrpc: Some(Version::V2),
        error: Error { code: ErrorCode::from(refusal.code), message: refusal.message, data: refusal.data },
        id: Id::Num(id),
    })
}

/// Parameters as the type their method has.
///
/// # Errors
/// When they are anything else.
pub fn params<'a, P: Deserialize<'a>>(params: &'a RawValue) -> Result<P, String> {
    serde_json::from_str(params.get()).map_err(|error| error.to_string())
}

/// A value as raw JSON, for [`success`].
///
/// # Errors
/// When `value` cannot be written as JSON.
pub fn raw<V: Serialize>(value: &V) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw_value(value)
}

/// The supervisor's methods by name, each with what belongs to the run that asks.
#[cfg(feature = "dispatch")]
pub struct Methods<R: Send + Sync + 'static>(jsonrpc_core::MetaIoHandler<std::sync::Arc<R>>);

#[cfg(feature = "dispatch")]
impl<R: Send + Sync + 'static> Default for Methods<R> {
    fn default() -> Self {
        Self(jsonrpc_core::MetaIoHandler::default())
    }
}

#[cfg(feature = "dispatch")]
impl<R: Send + Sync + 'static> Methods<R> {
    /// Adds a method. Its parameters arrive as their type, or it is not called.
    pub fn add<P, A, F>(&mut self, method: &'static str, answer: A)
    where
        P: serde::de::DeserializeOwned,
        A: Fn(P, std::sync::Arc<R>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<serde_json::Value, Refusal>> + Send + 'static,
    {
        self.0.add_method_with_meta(method, move |params: jsonrpc_core::Params, run| {
            let answered = params.parse::<P>().map(|params| answer(params, run));
            let future: jsonrpc_core::BoxFuture<_> = Box::pin(async move {
                answered?.await.map_err(|refusal| Error {
                    code: ErrorCode::from(refusal.code),
                    message: refusal.message,
                    data: refusal.data,
                })
            });
            future
        });
    }

    /// Calls a method and returns the answer's payload.
    ///
    /// # Errors
    /// When there is no such method or the parameters are not its parameters: no honest guest sends either.
    pub async fn call(
        &self,
        id: u64,
        method: String,
        params: &RawValue,
        run: std::sync::Arc<R>,
    ) -> Result<Vec<u8>, String> {
        let params = match serde_json::from_str(params.get()).map_err(|error| error.to_string())? {
            serde_json::Value::Object(members) => jsonrpc_core::Params::Map(members),
            serde_json::Value::Array(items) => jsonrpc_core::Params::Array(items),
            _ => return Err(format!("{method}: parameters that are neither an object nor an array")),
        };
        let call = jsonrpc_core::MethodCall { jsonrpc: Some(Version::V2), method, params, id: Id::Num(id) };
        let output = self.0.handle_call(jsonrpc_core::Call::MethodCall(call), run).await;
        match output {
            Some(jsonrpc_core::Output::Failure(failure))
                if matches!(failure.error.code, ErrorCode::MethodNotFound | ErrorCode::InvalidParams) =>
            {
                Err(failure.error.message)
            }
            Some(output) => serde_json::to_vec(&output).map_err(|error| error.to_string()),
            None => Err("a request without an answer".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, read};

    #[test]
    fn one_of_three_or_nothing() {
        assert!(matches!(
            read(br#"{"jsonrpc":"2.0","id":1,"method":"a","params":{}}"#),
            Ok(Message::Request { id: 1, .. })
        ));
        assert!(matches!(
            read(br#"{"jsonrpc":"2.0","method":"a","params":[]}"#),
            Ok(Message::Notification { .. })
        ));
        assert!(matches!(
            read(br#"{"jsonrpc":"2.0","id":7,"result":{}}"#),
            Ok(Message::Answer { id: 7, result: Ok(_) })
        ));
        assert!(matches!(
            read(br#"{"jsonrpc":"2.0","id":7,"result":null}"#),
            Ok(Message::Answer { id: 7, result: Ok(_) })
        ));
        for wrong in [
            &br#"{"jsonrpc":"1.0","method":"a","params":{}}"#[..],
            br#"{"jsonrpc":"2.0","id":"1","method":"a","params":{}}"#,
            br#"{"jsonrpc":"2.0","id":1,"method":"a","params":{},"result":1}"#,
            br#"{"jsonrpc":"2.0","id":1,"method":"a","params":{},"deadline":1}"#,
            br#"[{"jsonrpc":"2.0","method":"a","params":{}}]"#,
            br#"{"jsonrpc":"2.0","id":-1,"method":"a","params":{}}"#,
        ] {
            assert!(read(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
