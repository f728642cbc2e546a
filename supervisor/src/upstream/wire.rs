//! The wire to one server: messages out, messages in. What carries them, `stdio` and `http` know.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rmcp::RoleClient;
use rmcp::model::{CustomResult, JsonRpcMessage, ServerResult};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::sync::mpsc;

use super::message::{Incoming, Loss, NoResult};

/// Messages read but not yet delivered. Few: each may be as long as a message may be.
const INCOMING: usize = 4;
/// Messages written but not yet taken by the server.
const OUTGOING: usize = 64;

/// Our end of the wire.
pub(super) struct Wire {
    incoming: mpsc::Receiver<Incoming>,
    outgoing: Option<mpsc::Sender<Vec<u8>>>,
    fate: Fate,
}

/// The carrier's end of the wire.
pub(super) struct Ends {
    /// Takes what the server says.
    pub(super) deliver: mpsc::Sender<Incoming>,
    /// What is to be said to the server, message by message.
    pub(super) to_send: mpsc::Receiver<Vec<u8>>,
    /// For answers that the carrier gives itself. Does not keep the wire open.
    pub(super) reply: mpsc::WeakSender<Vec<u8>>,
    /// Where it says why it cut the wire.
    pub(super) fate: Fate,
}

/// Why the wire was cut by us, where it was: a server that broke the rules of the wire.
pub(super) type Fate = Arc<OnceLock<String>>;

/// The wire is closed.
#[derive(Debug, thiserror::Error)]
#[error("the connection to the server is closed")]
pub(super) struct Closed;

impl Wire {
    /// A wire with nothing at its other end yet.
    pub(super) fn new() -> (Self, Ends) {
        let (deliver, incoming) = mpsc::channel(INCOMING);
        let (outgoing, to_send) = mpsc::channel(OUTGOING);
        let fate = Fate::default();
        let ends = Ends { deliver, to_send, reply: outgoing.downgrade(), fate: fate.clone() };
        (Self { incoming, outgoing: Some(outgoing), fate }, ends)
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
        outgoing.send(text_of(message)?).await.map_err(|_| Closed)
    }

    /// The next message; `None` when the wire is closed. May be cancelled without losing one.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        self.incoming.recv().await
    }
}

impl Transport<RoleClient> for Wire {
    type Error = Closed;

    fn name() -> Cow<'static, str> {
        "upstream".into()
    }

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Closed>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        async move {
            let outgoing = outgoing.ok_or(Closed)?;
            outgoing.send(text_of(&message)?).await.map_err(|_| Closed)
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let answer = match self.incoming.recv().await? {
            Incoming::Answer(answer) => answer,
            Incoming::Other(message) => return Some(*message),
        };
        let result = match answer.result {
            Ok(text) => Value::String(text),
            Err(NoResult::Error(error)) => return Some(JsonRpcMessage::error(error, Some(answer.id))),
            Err(NoResult::Lost(loss)) => wrapped(&loss),
        };
        Some(JsonRpcMessage::response(ServerResult::CustomResult(CustomResult(result)), answer.id))
    }

    async fn close(&mut self) -> Result<(), Closed> {
        self.outgoing = None;
        self.incoming.close();
        Ok(())
    }
}

/// A loss on its way through rmcp, which knows results and errors only. A result is a text there, and this is none.
fn wrapped(loss: &Loss) -> Value {
    // A loss is two texts and a number: it has a JSON form.
    serde_json::to_value(loss).unwrap_or_default()
}

/// What [`Wire`] made of an answer on its way through rmcp.
pub(super) fn unwrapped(result: Value) -> Option<Result<String, Loss>> {
    match result {
        Value::String(text) => Some(Ok(text)),
        loss => serde_json::from_value(loss).ok().map(Err),
    }
}

fn text_of(message: &impl serde::Serialize) -> Result<Vec<u8>, Closed> {
    serde_json::to_vec(message).map_err(|_| Closed)
}
